// SPDX-License-Identifier: BSL-1.0
#include <scepkit/asn1/writer.hpp>

#include <asn1/encode.hpp>
#include <base/civil_time.hpp>

#include <algorithm>
#include <gsl/gsl>

namespace scepkit::inline v0::asn1 {

void writer::set_of(std::vector<bytes> encodings)
{
    // X.690, 11.6. No encoding is a prefix of another one, so padding with zeros makes no difference.
    std::ranges::sort(encodings,
                      [](bytes const& a, bytes const& b) { return std::ranges::lexicographical_compare(a, b); });
    set([&] {
        for(auto const& encoding : encodings)
            raw(encoding);
    });
}

void writer::primitive(tag t, bytes_view content)
{
    detail::append_header(out_, t, content.size());
    raw(content);
}

void writer::raw(bytes_view encoded) { out_.insert(out_.end(), encoded.begin(), encoded.end()); }

void writer::oid(asn1::oid const& value)
{
    Expects(!value.empty());
    primitive(tag::object_identifier, value.content());
}

void writer::integer(std::int64_t value)
{
    std::array<std::uint8_t, 8> octets{};
    auto rest = static_cast<std::uint64_t>(value);
    for(auto octet = octets.rbegin(); octet != octets.rend(); ++octet, rest >>= 8)
        *octet = static_cast<std::uint8_t>(rest);
    bytes_view content(octets);
    // As long as the first nine bits are alike, the first octet says nothing.
    while(content.size() > 1 && ((content[0] == 0 && content[1] < 0x80) || (content[0] == 0xff && content[1] >= 0x80)))
        content = content.subspan(1);
    primitive(tag::integer, content);
}

void writer::unsigned_integer(bytes_view magnitude)
{
    while(!magnitude.empty() && magnitude[0] == 0)
        magnitude = magnitude.subspan(1);
    bool const needs_zero = magnitude.empty() || magnitude[0] >= 0x80;
    detail::append_header(out_, tag::integer, magnitude.size() + (needs_zero ? 1 : 0));
    if(needs_zero)
        out_.push_back(0);
    raw(magnitude);
}

void writer::boolean(bool value)
{
    std::uint8_t const octet = value ? 0xff : 0x00;
    primitive(tag::boolean, {&octet, 1});
}

void writer::null() { primitive(tag::null, {}); }

void writer::bit_string(bytes_view content)
{
    detail::append_header(out_, tag::bit_string, content.size() + 1);
    out_.push_back(0);
    raw(content);
}

void writer::named_bits(std::uint32_t bits)
{
    std::array<std::uint8_t, 5> content{};
    std::size_t size = 1;
    for(unsigned bit = 0; bit < 32; ++bit) {
        if((bits >> bit & 1u) == 0)
            continue;
        size = 2 + bit / 8;
        content[size - 1] = static_cast<std::uint8_t>(content[size - 1] | 0x80u >> bit % 8);
        content[0] = static_cast<std::uint8_t>(7 - bit % 8);
    }
    primitive(tag::bit_string, bytes_view(content).first(size));
}

void writer::directory_string(std::string_view text)
{
    string(is_printable_string(text) ? tag::printable_string : tag::utf8_string, text);
}

void writer::time(time_point value)
{
    using scepkit::detail::padded;
    auto const t = scepkit::detail::to_civil(value);
    Expects(t.year >= 0 && t.year <= 9999);
    bool const short_year = t.year >= 1950 && t.year < 2050;
    auto const year = static_cast<unsigned>(t.year);
    auto const text = (short_year ? padded(year % 100, 2) : padded(year, 4)) + padded(t.month, 2) + padded(t.day, 2) +
                      padded(t.hour, 2) + padded(t.minute, 2) + padded(t.second, 2) + 'Z';
    string(short_year ? tag::utc_time : tag::generalized_time, text);
}

void writer::algorithm(asn1::oid const& id, bool null_parameters)
{
    sequence([&] {
        oid(id);
        if(null_parameters)
            null();
    });
}

std::size_t writer::open(tag t)
{
    out_.push_back(static_cast<std::uint8_t>(t));
    out_.push_back(0);
    return out_.size();
}

void writer::close(std::size_t start)
{
    auto const length = out_.size() - start;
    detail::length_octets const octets(length);
    out_[start - 1] = octets.view()[0];
    auto const more = octets.view().subspan(1);
    out_.insert(out_.begin() + gsl::narrow<std::ptrdiff_t>(start), more.begin(), more.end());
}

} // namespace scepkit::inline v0::asn1
