// SPDX-License-Identifier: BSL-1.0
#include <scepkit/asn1/oid.hpp>

#include <base/try.hpp>

namespace scepkit::inline v0::asn1 {

namespace {

// Arcs are unbounded, and 128-bit ones exist (2.25 with a UUID), so arithmetic is done on digits of a
// small base, most significant first. An oid's size bounds the work.

/// `digits` · factor + addend in `base`.
void multiply_add(bytes& digits, unsigned base, unsigned factor, unsigned addend)
{
    unsigned carry = addend;
    for(auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
        carry += *digit * factor;
        *digit = static_cast<std::uint8_t>(carry % base);
        carry /= base;
    }
    for(; carry != 0; carry /= base)
        digits.insert(digits.begin(), static_cast<std::uint8_t>(carry % base));
}

/// `digits` in base 10 less `value`, which is not larger.
void subtract(bytes& digits, unsigned value)
{
    int borrow = static_cast<int>(value);
    for(auto digit = digits.rbegin(); digit != digits.rend() && borrow != 0; ++digit) {
        int const rest = *digit - borrow % 10;
        borrow = borrow / 10 + (rest < 0 ? 1 : 0);
        *digit = static_cast<std::uint8_t>(rest < 0 ? rest + 10 : rest);
    }
    while(!digits.empty() && digits.front() == 0)
        digits.erase(digits.begin());
}

std::string decimal_text(bytes const& digits)
{
    if(digits.empty())
        return "0";
    std::string out;
    for(auto const digit : digits)
        out += static_cast<char>('0' + digit);
    return out;
}

error bad(std::string message) { return {errc::bad_value, std::move(message)}; }

} // namespace

result<oid> oid::from_content(bytes_view content)
{
    if(content.empty())
        return bad("an object identifier without content");
    if(content.size() > maximum_size)
        return error(errc::too_large, "an object identifier of " + std::to_string(content.size()) + " bytes");
    if(content.back() >= 0x80)
        return bad("an object identifier that ends within an arc");
    bool starts_arc = true;
    for(auto const octet : content) {
        if(starts_arc && octet == 0x80)
            return bad("an object identifier with an arc longer than needed");
        starts_arc = octet < 0x80;
    }
    oid out;
    std::ranges::copy(content, out.content_.begin());
    out.size_ = static_cast<std::uint8_t>(content.size());
    return out;
}

result<oid> oid::from_dotted(std::string_view dotted)
{
    // A decimal digit holds more than three bits, an octet seven: longer text cannot fit, and is not looked at.
    if(dotted.size() > maximum_size * 4)
        return error(errc::too_large, "an object identifier of " + std::to_string(dotted.size()) + " characters");
    bytes content;
    unsigned first = 0;
    std::size_t index = 0;
    for(bool more = true; more; ++index) {
        auto const dot = dotted.find('.');
        auto const arc = dotted.substr(0, dot);
        more = dot != std::string_view::npos;
        dotted.remove_prefix(more ? dot + 1 : dotted.size());
        if(arc.empty() || (arc.size() > 1 && arc[0] == '0'))
            return bad("an object identifier is numbers without leading zeros, between dots");
        bytes digits;
        for(char const c : arc) {
            if(c < '0' || c > '9')
                return bad("an object identifier is numbers between dots");
            multiply_add(digits, 128, 10, static_cast<unsigned>(c - '0'));
        }
        if(index == 0) {
            if(arc.size() != 1 || arc[0] > '2')
                return bad("an object identifier starts with 0, 1 or 2");
            first = static_cast<unsigned>(arc[0] - '0');
            continue;
        }
        if(index == 1) {
            if(first < 2 && (digits.size() > 1 || (digits.size() == 1 && digits[0] >= 40)))
                return bad("the second number of this object identifier is below 40");
            multiply_add(digits, 128, 1, first * 40);
        }
        if(digits.empty())
            digits.push_back(0);
        for(std::size_t i = 0; i < digits.size(); ++i)
            content.push_back(static_cast<std::uint8_t>(digits[i] | (i + 1 < digits.size() ? 0x80 : 0)));
    }
    if(index < 2)
        return bad("an object identifier has at least two numbers");
    return from_content(content);
}

std::string oid::to_dotted() const
{
    std::string out;
    bytes digits;
    for(auto const octet : content()) {
        multiply_add(digits, 10, 128, octet & 0x7fu);
        if(octet >= 0x80)
            continue;
        if(out.empty()) {
            // The first octets hold 40 · first + second, where only first = 2 lets second exceed 39.
            unsigned const value = digits.size() > 2    ? 80
                                   : digits.size() == 2 ? digits[0] * 10u + digits[1]
                                   : digits.empty()     ? 0
                                                        : digits[0];
            unsigned const first = value >= 80 ? 2 : value / 40;
            subtract(digits, first * 40);
            out = std::to_string(first);
        }
        out += '.' + decimal_text(digits);
        digits.clear();
    }
    return out;
}

} // namespace scepkit::inline v0::asn1
