// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/asn1/oid.hpp>
#include <scepkit/asn1/reader.hpp>
#include <scepkit/base/limits.hpp>

#include <array>
#include <string>
#include <vector>

namespace scepkit::inline v0::pki {

/// A distinguished name, kept as the DER it came in: comparing is comparing bytes.
class SCEPKIT_API name
{
public:
    struct attribute {
        asn1::oid type;
        std::string value;     ///< UTF-8; may hold anything, so escape before printing.
        bool same_rdn = false; ///< Joined to the attribute before it in one RDN ("+").
        bool is_hex = false;   ///< Not a string type: `value` is '#' and the hex of the DER (RFC 4514, 2.4).
    };

    name() noexcept = default; ///< The empty name.
    /// The DER of an RDNSequence; errc::bad_name. NUL in a value is refused.
    static result<name> from_der(bytes_view der, limits const& bounds = {});
    /// The next value of `from`; errors carry the offset there.
    static result<name> read(asn1::reader& from, limits const& bounds);
    /// RFC 4514 text, most specific part first as people write it ("CN=device 7,O=Contoso"), plus the keywords
    /// of Intune's profiles (E, G, SN, SERIALNUMBER, T, OID forms). The encoded order is reversed, as RFC 4514 says.
    static result<name> parse(std::string_view text);
    /// In encoded order, outermost first.
    static result<name> from_attributes(std::vector<attribute> const& attributes);

    bytes_view der() const& noexcept { return der_.empty() ? bytes_view(empty_der) : bytes_view(der_); }
    bytes_view der() const&& = delete;
    std::vector<attribute> const& attributes() const noexcept { return attributes_; }
    std::string first(asn1::oid const& type) const; ///< Empty if there is none.
    bool empty() const noexcept { return attributes_.empty(); }
    /// RFC 4514, control characters escaped as \XX. `parse` reads it back, but for the string types. Types without a
    /// keyword are written as dotted numbers, their value as text where it is text.
    std::string to_string() const;

    friend bool operator==(name const& a, name const& b) noexcept { return equal(a.der(), b.der()); }

private:
    static constexpr std::array<std::uint8_t, 2> empty_der{0x30, 0x00};
    bytes der_; ///< Nothing for the empty name: most names are made to be filled.
    std::vector<attribute> attributes_;
};

} // namespace scepkit::inline v0::pki
