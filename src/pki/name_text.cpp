// SPDX-License-Identifier: BSL-1.0
#include <scepkit/pki/name.hpp>

#include <scepkit/asn1/oids.hpp>

#include <base/try.hpp>
#include <pki/detail/attribute_types.hpp>
#include <pki/detail/errors.hpp>

#include <algorithm>
#include <array>

// Names as text: RFC 4514, read as generously as it allows and written so that it reads back.

namespace scepkit::inline v0::pki {
namespace {

namespace oids = asn1::oids;

struct keyword_row {
    std::string_view keyword;
    asn1::oid type;
};
// The first row of a type is the one that is written. RFC 4514 and RFC 4519, then what Intune's profiles and
// certreq use.
constexpr std::array keywords{
    keyword_row{"CN", oids::common_name},
    keyword_row{"commonName", oids::common_name},
    keyword_row{"C", oids::country},
    keyword_row{"countryName", oids::country},
    keyword_row{"L", oids::locality},
    keyword_row{"localityName", oids::locality},
    keyword_row{"ST", oids::state_or_province},
    keyword_row{"S", oids::state_or_province},
    keyword_row{"stateOrProvinceName", oids::state_or_province},
    keyword_row{"STREET", oids::street},
    keyword_row{"streetAddress", oids::street},
    keyword_row{"O", oids::organization},
    keyword_row{"organizationName", oids::organization},
    keyword_row{"OU", oids::organizational_unit},
    keyword_row{"organizationalUnitName", oids::organizational_unit},
    keyword_row{"DC", oids::domain_component},
    keyword_row{"domainComponent", oids::domain_component},
    keyword_row{"UID", oids::user_id},
    keyword_row{"userId", oids::user_id},
    keyword_row{"E", oids::email_address},
    keyword_row{"EMAIL", oids::email_address},
    keyword_row{"emailAddress", oids::email_address},
    keyword_row{"G", oids::given_name},
    keyword_row{"GN", oids::given_name},
    keyword_row{"givenName", oids::given_name},
    keyword_row{"SN", oids::surname},
    keyword_row{"SURNAME", oids::surname},
    keyword_row{"SERIALNUMBER", oids::serial_number},
    keyword_row{"T", oids::title},
    keyword_row{"TITLE", oids::title},
    keyword_row{"I", asn1::oid{"2.5.4.43"}},
    keyword_row{"initials", asn1::oid{"2.5.4.43"}},
    keyword_row{"dnQualifier", asn1::oid{"2.5.4.46"}},
    keyword_row{"description", asn1::oid{"2.5.4.13"}},
    keyword_row{"postalCode", asn1::oid{"2.5.4.17"}},
    keyword_row{"pseudonym", asn1::oid{"2.5.4.65"}},
    keyword_row{"unstructuredName", oids::unstructured_name},
    keyword_row{"unstructuredAddress", oids::unstructured_address},
};

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

constexpr int hex_digit(char c) noexcept
{
    if(c >= '0' && c <= '9')
        return c - '0';
    auto const l = lower(c);
    return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

constexpr std::string_view special = ",+\"\\<>;=# ";

class text_reader
{
public:
    explicit text_reader(std::string_view text) noexcept : text_(text) {}

    /// In the order of the text.
    result<std::vector<name::attribute>> run()
    {
        std::vector<name::attribute> out;
        skip_blanks();
        if(at_end())
            return out;
        for(bool joined = false;; joined = text_[at_++] == '+') {
            if(out.size() == limits{}.name_parts)
                return fail("a name of too many parts");
            name::attribute part;
            SCEPKIT_TRY(part.type, read_type());
            SCEPKIT_CHECK(read_value(part));
            part.same_rdn = joined;
            out.push_back(std::move(part));
            if(at_end())
                return out;
        }
    }

private:
    bool at_end() const noexcept { return at_ == text_.size(); }
    bool at_separator() const noexcept { return text_[at_] == ',' || text_[at_] == ';' || text_[at_] == '+'; }
    void skip_blanks() noexcept
    {
        while(!at_end() && text_[at_] == ' ')
            ++at_;
    }
    error fail(std::string message) const { return detail::fail(errc::bad_name, std::move(message), at_); }

    result<asn1::oid> read_type()
    {
        skip_blanks();
        auto const equals = text_.find('=', at_);
        if(equals == std::string_view::npos)
            return fail("no '=' behind the attribute type");
        auto word = text_.substr(at_, equals - at_);
        while(word.ends_with(' '))
            word.remove_suffix(1);
        auto dotted = word;
        if(dotted.size() > 4 && lower(dotted[0]) == 'o' && lower(dotted[1]) == 'i' && lower(dotted[2]) == 'd' &&
           dotted[3] == '.')
            dotted.remove_prefix(4);
        if(!dotted.empty() && dotted[0] >= '0' && dotted[0] <= '9') {
            auto type = asn1::oid::from_dotted(dotted);
            if(!type)
                return fail("no object identifier");
            at_ = equals + 1;
            return *type;
        }
        auto const type = detail::attribute_of_keyword(word);
        if(!type)
            return fail("unknown attribute type '" + std::string(word.substr(0, 40)) +
                        "'; write its object identifier instead");
        at_ = equals + 1;
        return *type;
    }

    result<void> read_value(name::attribute& part)
    {
        skip_blanks();
        auto const first = at_end() ? '\0' : text_[at_];
        SCEPKIT_CHECK(first == '#' ? read_hex(part) : first == '"' ? read_quoted(part.value) : read_plain(part.value));
        skip_blanks();
        if(!at_end() && !at_separator())
            return fail("something behind the value that is no separator");
        if(part.value.empty())
            return fail("an empty value");
        return success();
    }

    result<void> read_hex(name::attribute& part)
    {
        auto const start = at_++;
        while(!at_end() && hex_digit(text_[at_]) >= 0)
            ++at_;
        part.value = text_.substr(start, at_ - start);
        part.is_hex = true;
        return success();
    }

    // RFC 1779's form, which people still write.
    result<void> read_quoted(std::string& out)
    {
        for(++at_; !at_end(); ++at_) {
            if(text_[at_] == '"') {
                ++at_;
                return success();
            }
            SCEPKIT_CHECK(text_[at_] == '\\' ? read_escape(out) : append(out, text_[at_]));
        }
        return fail("a quote that does not end");
    }

    result<void> read_plain(std::string& out)
    {
        std::size_t kept = 0; // Blanks at the end belong to the value only when escaped.
        for(; !at_end() && !at_separator(); ++at_) {
            if(text_[at_] == '"')
                return fail("a quote inside a value must be escaped");
            bool const blank = text_[at_] == ' ';
            SCEPKIT_CHECK(text_[at_] == '\\' ? read_escape(out) : append(out, text_[at_]));
            if(!blank)
                kept = out.size();
        }
        out.resize(kept);
        return success();
    }

    /// Leaves `at_` on the last character of the escape.
    result<void> read_escape(std::string& out)
    {
        if(at_ + 1 == text_.size())
            return fail("a backslash at the end");
        auto const c = text_[at_ + 1];
        if(at_ + 2 < text_.size() && hex_digit(c) >= 0 && hex_digit(text_[at_ + 2]) >= 0) {
            SCEPKIT_CHECK(append(out, static_cast<char>(hex_digit(c) * 16 + hex_digit(text_[at_ + 2]))));
            at_ += 2;
            return success();
        }
        if(special.find(c) == std::string_view::npos)
            return fail("an escape that RFC 4514 does not know");
        out.push_back(c);
        ++at_;
        return success();
    }

    result<void> append(std::string& out, char c) const
    {
        if(c == '\0')
            return fail("a NUL inside a name");
        out.push_back(c);
        return success();
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

// Length of the character at `at` that must not reach a terminal, or 0: C0, DEL, C1, and what changes the direction
// of writing. The text is valid UTF-8.
std::size_t dangerous(std::string_view text, std::size_t at) noexcept
{
    auto const byte = [&](std::size_t i) -> unsigned {
        return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u;
    };
    if(byte(0) < 0x20 || byte(0) == 0x7f)
        return 1;
    if(byte(0) == 0xc2 && byte(1) >= 0x80 && byte(1) <= 0x9f)
        return 2;
    if(byte(0) == 0xd8 && byte(1) == 0x9c) // U+061C
        return 2;
    if(byte(0) == 0xe2 && byte(1) == 0x80 &&
       (byte(2) == 0x8e || byte(2) == 0x8f || (byte(2) >= 0xa8 && byte(2) <= 0xae)))
        return 3; // U+200E, U+200F, U+2028 to U+202E
    if(byte(0) == 0xe2 && byte(1) == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xa9)
        return 3; // U+2066 to U+2069
    return 0;
}

void print_value(std::string& out, std::string_view value)
{
    for(std::size_t at = 0; at < value.size();) {
        if(auto const size = dangerous(value, at); size != 0) {
            for(auto const end = at + size; at != end; ++at)
                out += '\\' + to_hex(as_bytes(value.substr(at, 1)));
            continue;
        }
        auto const c = value[at];
        bool const at_edge = at == 0 || at + 1 == value.size();
        if(std::string_view(",+\"\\<>;").find(c) != std::string_view::npos || (c == ' ' && at_edge) ||
           (c == '#' && at == 0))
            out += '\\';
        out += c;
        ++at;
    }
}

} // namespace

namespace detail {

std::optional<asn1::oid> attribute_of_keyword(std::string_view keyword) noexcept
{
    for(auto const& row : keywords)
        if(std::ranges::equal(row.keyword, keyword, {}, lower, lower))
            return row.type;
    return std::nullopt;
}

std::string_view keyword_of_attribute(asn1::oid const& type) noexcept
{
    auto const found = std::ranges::find(keywords, type, &keyword_row::type);
    return found == keywords.end() ? std::string_view() : found->keyword;
}

} // namespace detail

result<name> name::parse(std::string_view text)
{
    SCEPKIT_TRY(auto parts, text_reader(text).run());
    // The text runs from the inside to the outside, the encoding the other way; parts of one RDN stay together.
    std::vector<attribute> encoded_order;
    encoded_order.reserve(parts.size());
    for(auto end = parts.end(); end != parts.begin();) {
        auto begin = end - 1;
        while(begin->same_rdn)
            --begin;
        std::move(begin, end, std::back_inserter(encoded_order));
        end = begin;
    }
    return from_attributes(encoded_order);
}

std::string name::to_string() const
{
    std::string out;
    for(auto end = attributes_.end(); end != attributes_.begin();) {
        auto begin = end - 1;
        while(begin->same_rdn)
            --begin;
        for(auto part = begin; part != end; ++part) {
            if(!out.empty())
                out += part == begin ? ',' : '+';
            auto const keyword = detail::keyword_of_attribute(part->type);
            out += keyword.empty() ? part->type.to_dotted() : std::string(keyword);
            out += '=';
            if(part->is_hex)
                out += part->value;
            else
                print_value(out, part->value);
        }
        end = begin;
    }
    return out;
}

} // namespace scepkit::inline v0::pki
