// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/asn1/normalise.hpp>
#include <scepkit/asn1/reader.hpp>
#include <scepkit/cms/signed_data.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What the three readers of this room share.
namespace scepkit::inline v0::cms::detail {

error failure(errc code, std::string message, std::optional<std::size_t> offset = {}, std::string reference = {});

/// Notes a leniency that is on; gives the refusal where it is off.
result<void> tolerate(quirk q, quirk_set allowed, quirk_set& noted, error refusal);

/// True for the codes with which a DER reader meets BER.
bool is_encoding_error(errc code) noexcept;

/// A ContentInfo whose content nobody has looked at.
struct content_info {
    asn1::oid type;
    std::size_t offset = 0; ///< Of the type.
    asn1::reader content;   ///< In front of the [0].

    result<asn1::reader> enter(); ///< The SEQUENCE inside.
};
result<content_info> read_content_info(bytes_view message, limits const& bounds);
/// errc::wrong_content_type.
error wrong_content_type(content_info const& came, asn1::oid const& wanted);
/// Enters the SEQUENCE inside a ContentInfo of the wanted type; errc::wrong_content_type names the one that came.
result<asn1::reader> enter_content(bytes_view message, asn1::oid const& wanted, limits const& bounds);

/// "SignedData" or the dotted form.
std::string content_type_name(asn1::oid const& type);

/// The inside of `certificates [0]`: X.509 certificates only, in the order of the message.
result<std::vector<pki::certificate>> read_certificates(asn1::reader from, limits const& bounds,
                                                        pki::crypto_context const& context,
                                                        std::span<pki::certificate const> known);

/// IssuerAndSerialNumber, or [0] SubjectKeyIdentifier (RFC 5652, 5.3 and 6.2.1).
result<certificate_identifier> read_identifier(asn1::reader& from, limits const& bounds);
void write_issuer_and_serial(asn1::writer& to, pki::certificate const& c);

result<attribute> read_attribute(asn1::reader& from, limits const& bounds);
/// True where all of `content` is the DER of a SET OF Attribute.
bool is_set_of_attributes(bytes_view content, limits const& bounds);

/// Calls `read(bytes_view)` on the message as it is, and only where its encoding is the trouble and BER is allowed,
/// once more on the normalised form: DER costs no second pass and no copy. `read` gives a result<T> whose T has
/// `tolerances`.
template <class Read>
auto read_der_or_ber(bytes_view message, quirk_set allowed, limits const& bounds, Read&& read)
    -> decltype(read(message))
{
    if(message.size() > bounds.message_size)
        return failure(errc::too_large, "The message has " + std::to_string(message.size()) + " bytes; " +
                                            std::to_string(bounds.message_size) + " are read.");
    auto strict = read(message);
    if(strict || !allowed.contains(quirk::ber_encoding) || !is_encoding_error(strict.error().code()))
        return strict;
    auto const rewritten = asn1::normalise_ber(message, bounds);
    // Left as it was: it failed for the reason found first. Unreadable as BER too: the first reason, unless that was
    // just that it is BER.
    if(!rewritten)
        return strict.error().code() == errc::not_der ? rewritten.error() : strict;
    if(rewritten->was_der)
        return strict;
    auto lenient = read(rewritten->der);
    if(lenient)
        lenient->tolerances.insert(quirk::ber_encoding);
    return lenient;
}

} // namespace scepkit::inline v0::cms::detail
