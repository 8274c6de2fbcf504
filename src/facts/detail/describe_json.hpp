// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/result.hpp>

#include <base/try.hpp>
#include <base/utf8.hpp>

#include <boost/describe.hpp>
#include <boost/json.hpp>
#include <boost/mp11/algorithm.hpp>

#include <concepts>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

// Described structs to JSON and back. Total in both directions: text that is no UTF-8 is mended on the way out,
// and whatever stands in the document, reading it gives a value or an error with the path of the wrong element.

namespace scepkit::inline v0::facts::detail {

/// `text` with U+FFFD for each byte that belongs to no code point.
inline std::string valid_utf8(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    while(!text.empty()) {
        auto const point = v0::detail::decode_utf8(text);
        if(point)
            out.append(text.substr(0, point->size));
        else
            out += "\xef\xbf\xbd";
        text.remove_prefix(point ? point->size : 1);
    }
    return out;
}

template <class T>
concept described_struct = boost::describe::has_describe_members<T>::value && !std::is_union_v<T>;
template <class T>
concept described_enum = std::is_enum_v<T> && boost::describe::has_describe_enumerators<T>::value;

inline boost::json::value write(std::string const& text) { return boost::json::string(valid_utf8(text)); }
inline boost::json::value write(bool value) { return value; }
template <std::integral T>
boost::json::value write(T value)
{
    if constexpr(std::is_signed_v<T>)
        return static_cast<std::int64_t>(value);
    else
        return static_cast<std::uint64_t>(value);
}
template <described_enum T>
boost::json::value write(T value)
{
    return boost::json::string(boost::describe::enum_to_string(value, ""));
}
template <class T>
boost::json::value write(std::optional<T> const& value);
template <class T>
boost::json::value write(std::vector<T> const& list);

template <described_struct T>
boost::json::value write(T const& value)
{
    boost::json::object out;
    boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>(
        [&](auto member) { out.emplace(member.name, write(value.*member.pointer)); });
    return out;
}
template <class T>
boost::json::value write(std::optional<T> const& value)
{
    return value ? write(*value) : boost::json::value(nullptr);
}
template <class T>
boost::json::value write(std::vector<T> const& list)
{
    boost::json::array out;
    out.reserve(list.size());
    for(auto const& element : list)
        out.push_back(write(element));
    return out;
}

inline error wrong_type(std::string const& path, char const* expected)
{
    return {errc::bad_value,
            diagnostics{.message = (path.empty() ? "the document" : path) + " should be " + expected, .layer = "json"}};
}

inline result<void> read(boost::json::value const& v, std::string& out, std::string const& path)
{
    if(!v.is_string())
        return wrong_type(path, "a string");
    out.assign(v.get_string().data(), v.get_string().size());
    return success();
}
inline result<void> read(boost::json::value const& v, bool& out, std::string const& path)
{
    if(!v.is_bool())
        return wrong_type(path, "true or false");
    out = v.get_bool();
    return success();
}
template <std::integral T>
result<void> read(boost::json::value const& v, T& out, std::string const& path)
{
    boost::system::error_code range;
    if(!v.is_int64() && !v.is_uint64())
        return wrong_type(path, "an integer");
    out = v.to_number<T>(range);
    if(range)
        return wrong_type(path, "an integer of its range");
    return success();
}
template <described_enum T>
result<void> read(boost::json::value const& v, T& out, std::string const& path)
{
    std::string name;
    SCEPKIT_CHECK(read(v, name, path));
    if(!boost::describe::enum_from_string(name.c_str(), out))
        return wrong_type(path, "one of the names defined for it");
    return success();
}
template <class T>
result<void> read(boost::json::value const& v, std::optional<T>& out, std::string const& path);
template <class T>
result<void> read(boost::json::value const& v, std::vector<T>& out, std::string const& path);

template <described_struct T>
result<void> read(boost::json::value const& v, T& out, std::string const& path)
{
    if(!v.is_object())
        return wrong_type(path, "an object");
    auto const& object = v.get_object();
    result<void> state = success();
    boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>([&](auto member) {
        if(!state)
            return;
        if(auto const* found = object.if_contains(member.name))
            state = read(*found, out.*member.pointer, path.empty() ? member.name : path + '.' + member.name);
    });
    return state;
}
template <class T>
result<void> read(boost::json::value const& v, std::optional<T>& out, std::string const& path)
{
    out.reset();
    return v.is_null() ? success() : read(v, out.emplace(), path);
}
template <class T>
result<void> read(boost::json::value const& v, std::vector<T>& out, std::string const& path)
{
    if(!v.is_array())
        return wrong_type(path, "a list");
    out.clear();
    for(auto const& element : v.get_array()) {
        auto const where = path + '[' + std::to_string(out.size()) + ']';
        SCEPKIT_CHECK(read(element, out.emplace_back(), where));
    }
    return success();
}

} // namespace scepkit::inline v0::facts::detail
