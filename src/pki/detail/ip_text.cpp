// SPDX-License-Identifier: BSL-1.0
#include <pki/detail/ip_text.hpp>

#include <array>
#include <charconv>

namespace scepkit::inline v0::pki::detail {
namespace {

std::optional<bytes> parse_v4(std::string_view text)
{
    bytes out;
    while(true) {
        auto const dot = text.find('.');
        auto const part = text.substr(0, dot);
        unsigned value = 0;
        auto const [end, status] = std::from_chars(part.data(), part.data() + part.size(), value);
        bool const padded = part.size() > 1 && part[0] == '0'; // Some readers take 010 for eight.
        if(status != std::errc{} || end != part.data() + part.size() || value > 255 || padded || out.size() == 4)
            return std::nullopt;
        out.push_back(static_cast<std::uint8_t>(value));
        if(dot == std::string_view::npos)
            break;
        text.remove_prefix(dot + 1);
    }
    return out.size() == 4 ? std::optional(out) : std::nullopt;
}

// The groups between colons; an empty text has none. Only what ends the whole address may end in IPv4's form.
enum class place { before_gap, at_end };
std::optional<bytes> parse_groups(std::string_view text, place where)
{
    bytes out;
    while(!text.empty()) {
        auto const colon = text.find(':');
        auto const part = text.substr(0, colon);
        if(where == place::at_end && colon == std::string_view::npos && part.find('.') != std::string_view::npos) {
            auto const tail = parse_v4(part);
            if(!tail)
                return std::nullopt;
            out.insert(out.end(), tail->begin(), tail->end());
            break;
        }
        unsigned value = 0;
        auto const [end, status] = std::from_chars(part.data(), part.data() + part.size(), value, 16);
        if(part.empty() || part.size() > 4 || status != std::errc{} || end != part.data() + part.size() ||
           out.size() > 14)
            return std::nullopt;
        out.push_back(static_cast<std::uint8_t>(value >> 8));
        out.push_back(static_cast<std::uint8_t>(value & 0xff));
        if(colon == std::string_view::npos)
            break;
        text.remove_prefix(colon + 1);
        if(text.empty())
            return std::nullopt; // A single colon at the end.
    }
    return out;
}

} // namespace

std::optional<bytes> parse_ip(std::string_view text)
{
    if(text.size() > 45)
        return std::nullopt;
    if(text.find(':') == std::string_view::npos)
        return parse_v4(text);
    auto const gap = text.find("::");
    auto head = parse_groups(text.substr(0, gap), gap == std::string_view::npos ? place::at_end : place::before_gap);
    if(!head)
        return std::nullopt;
    if(gap == std::string_view::npos)
        return head->size() == 16 ? head : std::nullopt;
    auto const tail = parse_groups(text.substr(gap + 2), place::at_end);
    if(!tail || head->size() + tail->size() > 14)
        return std::nullopt;
    head->resize(16 - tail->size());
    head->insert(head->end(), tail->begin(), tail->end());
    return head;
}

std::string ip_text(bytes_view address)
{
    std::string out;
    if(address.size() == 4) {
        for(auto const part : address)
            out += (out.empty() ? "" : ".") + std::to_string(part);
        return out;
    }
    if(address.size() != 16)
        return out;
    std::array<unsigned, 8> groups{};
    for(std::size_t i = 0; i != groups.size(); ++i)
        groups[i] = (unsigned{address[2 * i]} << 8) | address[2 * i + 1];
    // RFC 5952: the longest run of two or more zero groups becomes "::", the first of equals.
    std::size_t best = 0, best_length = 1;
    for(std::size_t i = 0; i != groups.size(); ++i) {
        auto end = i;
        while(end != groups.size() && groups[end] == 0)
            ++end;
        if(end - i > best_length) {
            best = i;
            best_length = end - i;
        }
    }
    for(std::size_t i = 0; i != groups.size(); ++i) {
        if(best_length > 1 && i == best) {
            out += "::";
            i += best_length - 1;
            continue;
        }
        if(!out.empty() && out.back() != ':')
            out += ':';
        std::array<char, 4> digits{};
        auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), groups[i], 16).ptr;
        out.append(digits.data(), end);
    }
    return out;
}

} // namespace scepkit::inline v0::pki::detail
