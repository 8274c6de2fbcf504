// SPDX-License-Identifier: BSL-1.0
#include <scepkit/base/error.hpp>

#include <base/error_table.hpp>
#include <scepkit/base/bytes.hpp>

#include <algorithm>
#include <ostream>

namespace scepkit::inline v0 {

namespace {

// Fixed ids: a code made in one shared object compares equal in another, whatever the addresses.
constexpr std::uint64_t error_category_id = 0x8c1f2b5e7a934d06u;
constexpr std::uint64_t condition_category_id = 0x8c1f2b5e7a934d07u;

constexpr auto codes = [] {
    std::array<errc, detail::error_entries.size()> out{};
    std::ranges::transform(detail::error_entries, out.begin(), &detail::error_entry::code);
    return out;
}();
static_assert(std::ranges::is_sorted(codes));
static_assert(std::ranges::adjacent_find(codes) == codes.end());

detail::error_entry const* find(errc code) noexcept
{
    auto const found = std::ranges::lower_bound(codes, code);
    if(found == codes.end() || *found != code)
        return nullptr;
    return &detail::error_entries[static_cast<std::size_t>(found - codes.begin())];
}

std::string_view text_of(condition value) noexcept
{
    switch(value) {
    case condition::api_misuse: return "The call has to be mended.";
    case condition::peer_misbehaved: return "The peer broke a rule; retrying changes nothing.";
    case condition::peer_unsupported: return "The peer wants what is not built or not allowed here.";
    case condition::not_trusted: return "A check of identity or integrity failed.";
    case condition::transport: return "Nothing or not enough arrived; retrying can help.";
    case condition::limit_exceeded: return "A limit was reached.";
    case condition::refused: return "The peer said no.";
    case condition::environment: return "A file or the crypto library of this machine failed.";
    }
    return "No error.";
}

// Boost's destructor is protected on purpose: categories are never deleted through their base.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"

class error_category final : public boost::system::error_category
{
public:
    constexpr error_category() noexcept : boost::system::error_category(error_category_id) {}
    char const* name() const noexcept override { return "scepkit"; }
    std::string message(int value) const override { return std::string(scepkit::text_of(static_cast<errc>(value))); }
    boost::system::error_condition default_error_condition(int value) const noexcept override
    {
        return make_error_condition(condition_of(static_cast<errc>(value)));
    }
};

class condition_category_type final : public boost::system::error_category
{
public:
    constexpr condition_category_type() noexcept : boost::system::error_category(condition_category_id) {}
    char const* name() const noexcept override { return "scepkit.condition"; }
    std::string message(int value) const override { return std::string(text_of(static_cast<condition>(value))); }
};

#pragma GCC diagnostic pop

constexpr error_category the_errors;
constexpr condition_category_type the_conditions;

} // namespace

boost::system::error_category const& scepkit_category() noexcept { return the_errors; }
boost::system::error_category const& condition_category() noexcept { return the_conditions; }

boost::system::error_code make_error_code(errc code) noexcept { return {static_cast<int>(code), scepkit_category()}; }

boost::system::error_condition make_error_condition(condition value) noexcept
{
    return {static_cast<int>(value), condition_category()};
}

condition condition_of(errc code) noexcept
{
    auto const* entry = find(code);
    return entry != nullptr ? entry->condition : condition{};
}

std::string_view name_of(errc code) noexcept
{
    if(code == errc{})
        return "no_error";
    auto const* entry = find(code);
    return entry != nullptr ? entry->name : "unknown_error";
}

std::string_view name_of(condition value) noexcept
{
    switch(value) {
    case condition::api_misuse: return "api_misuse";
    case condition::peer_misbehaved: return "peer_misbehaved";
    case condition::peer_unsupported: return "peer_unsupported";
    case condition::not_trusted: return "not_trusted";
    case condition::transport: return "transport";
    case condition::limit_exceeded: return "limit_exceeded";
    case condition::refused: return "refused";
    case condition::environment: return "environment";
    }
    return "no_condition";
}

std::string_view text_of(errc code) noexcept
{
    if(code == errc{})
        return "No error.";
    auto const* entry = find(code);
    return entry != nullptr ? entry->text : "A code that this version does not know.";
}

std::span<errc const> all_errc() noexcept { return codes; }

error::error(errc code, diagnostics details)
    : code_(code), details_(std::make_shared<diagnostics const>(std::move(details)))
{
}

error::error(errc code, std::string message) : error(code, diagnostics{.message = std::move(message)}) {}

diagnostics const& error::details() const noexcept
{
    static diagnostics const none;
    return details_ ? *details_ : none;
}

std::string error::to_string() const
{
    auto const& d = details();
    std::string out(name_of(code_));
    if(!d.layer.empty())
        out += " [" + d.layer + ']';
    if(d.line)
        out += " line " + std::to_string(*d.line);
    if(d.offset)
        out += " offset " + std::to_string(*d.offset);
    if(d.index)
        out += " element " + std::to_string(*d.index);
    if(d.http_status)
        out += " HTTP " + std::to_string(*d.http_status);
    out += ": ";
    out += d.message.empty() ? std::string(text_of(code_)) : d.message;
    if(!d.crypto.empty())
        out += " (OpenSSL: " + d.crypto + ')';
    if(!d.reference.empty())
        out += " (" + d.reference + ')';
    return escape_controls(out);
}

error error::in(std::string_view layer) const
{
    auto details = this->details();
    if(details.layer.empty())
        details.layer = layer;
    return {code_, std::move(details)};
}

error error::at(std::size_t base_offset) const
{
    if(!details().offset)
        return *this;
    auto details = this->details();
    *details.offset += base_offset;
    return {code_, std::move(details)};
}

std::ostream& operator<<(std::ostream& out, error const& e) { return out << e.to_string(); }
std::ostream& operator<<(std::ostream& out, errc code) { return out << name_of(code); }

exception::exception(scepkit::error e) : std::runtime_error(e.to_string()), error_(std::move(e)) {}

void throw_exception_from_error(error const& e, boost::source_location const&) { throw exception(e); }

} // namespace scepkit::inline v0
