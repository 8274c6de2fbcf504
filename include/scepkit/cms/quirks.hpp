// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/config.hpp>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace scepkit::inline v0::cms {

/// The leniencies of this library, each with a name. A profile says which are on; a result says which were needed.
enum class quirk : std::uint8_t {
    ber_encoding,                   ///< Indefinite lengths, strings in pieces (Apple, Cisco; RFC 5652 allows them).
    sha1_signature,                 ///< NDES signs its replies with SHA-1.
    md5_signature,                  ///< Read only: old Cisco IOS.
    triple_des,                     ///< Content encrypted with 3DES (GetCACaps "DES3").
    single_des,                     ///< Old IOS and Go's clients; RFC 8894 forbids it.
    oaep_key_transport,             ///< NDES (with AES) and Windows clients.
    oaep_empty_parameters,          ///< NDES writes RSAES-OAEP-params as an empty SEQUENCE: all defaults.
    signer_certificate_outside,     ///< NDES sends no certificates; the signer is found in the GetCACert bag.
    content_in_refusal,             ///< NDES sends one zero byte where RFC 8894 wants no content.
    signer_key_differs,             ///< Windows signs PKCSReq with a throw-away key that is not the CSR's.
    lone_ca_recipient,              ///< A single CA certificate is encrypted to whatever its keyUsage says.
    short_nonce,                    ///< Nonces that are not 16 bytes (iOS once sent 8).
    sender_nonce_missing,           ///< In replies of old servers.
    fail_info_unknown,              ///< failInfo outside 0–4 ("14606" was seen).
    content_type_attribute_missing, ///< A reply of OpenXPKI.
    attributes_unsorted,            ///< Signed attributes not in DER order; hashed as received.
    text_attribute_type,            ///< A SCEP text attribute that is not a PrintableString.
    bag_with_content,               ///< A "degenerate" message with an (empty) content.
    wrong_media_type,               ///< Content-Type differs from RFC 8894, section 4.
    renewal_unadvertised,           ///< Renewal by type 17 with a server that does not list "Renewal".
    renewal_as_pkcs_req,           ///< Renewal as a PKCSReq signed by the old certificate (NDES' "Renewal", Cisco IOS).
    key_agreement,                 ///< A content key by ECDH: NDES answers EC subjects so.
    key_agreement_null_curve,      ///< NDES writes NULL where the originator key's curve belongs.
    password_recipient,            ///< A content key under the challenge (RFC 8894, 3.1), for keys that only sign.
    kem_recipient,                 ///< A content key by ML-KEM (RFC 9629).
    authenticated_envelope,        ///< AuthEnvelopedData with AES-GCM (RFC 5083) instead of EnvelopedData.
    enveloped_content_type,        ///< eContentType id-envelopedData where RFC 8894 wants id-data.
    capabilities_missing,          ///< GetCACaps fails or is cut (NDES of 2003 and 2008): read as an empty list.
    empty_post_answer,             ///< POST is answered with 200 and nothing (Server 2012): sent again by GET.
    existing_certificate_returned, ///< A renewal with the same key answered with the old certificate (NDES).
    weak_pin,                      ///< A pin by MD5 or SHA-1 (Apple, IX509SCEPEnrollment).
    loose_get_message,             ///< message= with raw '+', base64url, line breaks or no padding (Apple, Cisco).
    challenge_in_clear,     ///< challengePassword as a signed attribute of the message (macOS): read, never used.
    signer_subject_differs, ///< The self-signed signer is called otherwise than the request (Cisco IOS).
};

SCEPKIT_API std::string_view name_of(quirk q) noexcept; ///< "sha1_signature"
SCEPKIT_API std::optional<quirk> quirk_from_name(std::string_view name) noexcept;
SCEPKIT_API std::span<quirk const> all_quirks() noexcept;

/// A set of quirks; small, by value.
class quirk_set
{
public:
    constexpr quirk_set() noexcept = default;
    constexpr quirk_set(std::initializer_list<quirk> list) noexcept
    {
        for(auto q : list)
            insert(q);
    }
    constexpr void insert(quirk q) noexcept { bits_ |= bit(q); }
    constexpr void erase(quirk q) noexcept { bits_ &= ~bit(q); }
    constexpr void insert(quirk_set const& other) noexcept { bits_ |= other.bits_; }
    constexpr bool contains(quirk q) const noexcept { return (bits_ & bit(q)) != 0; }
    constexpr bool empty() const noexcept { return bits_ == 0; }
    SCEPKIT_API std::vector<quirk> list() const;
    friend constexpr bool operator==(quirk_set, quirk_set) noexcept = default;

private:
    static constexpr std::uint64_t bit(quirk q) noexcept { return std::uint64_t{1} << static_cast<unsigned>(q); }
    std::uint64_t bits_ = 0;
};

} // namespace scepkit::inline v0::cms
