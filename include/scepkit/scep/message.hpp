// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/random_source.hpp>
#include <scepkit/cms/certificate_bag.hpp>
#include <scepkit/cms/enveloped_data.hpp>
#include <scepkit/scep/microsoft.hpp>
#include <scepkit/scep/profile.hpp>

#include <optional>
#include <string>
#include <vector>

namespace scepkit::inline v0::scep {

/// messageType, RFC 8894 section 3.2.1.2. A closed set: anything else is errc::unknown_message_type.
enum class message_type : int {
    cert_rep = 3,
    renewal_req = 17,
    update_req = 18, ///< Dropped by RFC 8894; recognised so that it can be refused.
    pkcs_req = 19,
    cert_poll = 20,
    get_cert = 21,
    get_crl = 22,
};
enum class pki_status : int { success = 0, failure = 2, pending = 3 };
enum class fail_info : int { bad_alg = 0, bad_message_check = 1, bad_request = 2, bad_time = 3, bad_cert_id = 4 };

SCEPKIT_API std::string_view name_of(message_type t) noexcept; ///< "PKCSReq"
SCEPKIT_API std::string_view name_of(pki_status s) noexcept;   ///< "SUCCESS"
SCEPKIT_API std::string_view name_of(fail_info f) noexcept;    ///< "badRequest"

/// The attributes of section 3.2.1 with their types.
struct message_attributes {
    scep::message_type message_type{};
    std::string transaction_id;
    bytes sender_nonce; ///< 16 bytes (quirk short_nonce, sender_nonce_missing)
    std::optional<bytes> recipient_nonce;
    std::optional<scep::pki_status> pki_status; ///< Replies.
    std::optional<scep::fail_info> fail_info;   ///< FAILURE replies; absent with `fail_info_code` if unknown.
    std::optional<std::string> fail_info_code;  ///< The text of a failInfo outside 0–4.
    std::optional<std::string> fail_info_text;
    std::optional<hresult> microsoft_error;           ///< 1.3.6.1.4.1.311.21.33 (NDES refusals)
    std::optional<std::string> microsoft_disposition; ///< 1.3.6.1.4.1.311.21.38 (NDES successes, "Issued")
};

/// A pkiMessage that parsed: shape and attributes are right, nothing is proved.
///
/// Attributes are read from the signed attributes only, each once and with one value. A reply must have pkiStatus and
/// recipientNonce, a FAILURE failInfo; FAILURE and PENDING must be without content (quirk content_in_refusal). What a
/// message of its type does not need is not looked at, but a challenge among the signed attributes is refused (quirk
/// challenge_in_clear), and content of another type than id-data too (enveloped_content_type). A Microsoft attribute
/// that cannot be read is left out: it is a hint, never a decision. errc::unknown_message_type, attribute_missing,
/// attribute_doubled, attribute_malformed, wrong_content_type, bad_value (content in a refusal), and those of
/// cms::signed_data.
class SCEPKIT_API parsed_message
{
public:
    /// `known` as for cms::signed_data::parse; on a client, the GetCACert bag.
    static result<parsed_message> parse(bytes_view message, profile const& tolerances, limits const& bounds = {},
                                        pki::crypto_context const& context = pki::crypto_context::default_context(),
                                        std::span<pki::certificate const> known = {});
    message_attributes const& attributes() const& noexcept { return attributes_; }
    cms::signed_data const& signed_data() const& noexcept { return signed_; }
    quirk_set tolerances() const noexcept { return tolerances_; }

private:
    friend class verified_message;
    parsed_message(cms::signed_data s, message_attributes a, quirk_set t, pki::crypto_context c);
    cms::signed_data signed_;
    message_attributes attributes_;
    quirk_set tolerances_;
    pki::crypto_context context_;
};

/// A pkiMessage whose signature was checked. Who may sign is the next question (client: the pinned RA or CA).
class SCEPKIT_API verified_message
{
public:
    /// `others`: where the signer is looked for beside the message, the GetCACert bag on a client.
    static result<verified_message> verify(parsed_message message, std::span<pki::certificate const> others,
                                           profile const& tolerances);
    message_attributes const& attributes() const& noexcept { return message_.attributes(); }
    pki::certificate const& signer() const& noexcept { return verified_.signer(); }
    std::optional<bytes_view> content() const& noexcept { return verified_.message().content(); }
    pki::digest_algorithm digest() const noexcept { return verified_.message().digest(); }
    quirk_set tolerances() const noexcept { return tolerances_; }

    /// The inner EnvelopedData, decrypted; errc::content_missing where there is none.
    result<cms::opened> open(pki::certificate const& own, pki::decrypter const& key, profile const& tolerances,
                             limits const& bounds = {}) const;
    /// The same with the challenge (RFC 8894, 3.1).
    result<cms::opened> open_with_password(secret_bytes const& password, profile const& tolerances,
                                           std::uint32_t most_iterations = 1'000'000, limits const& bounds = {}) const;

private:
    verified_message(parsed_message m, cms::verified_signed_data v, quirk_set t);
    parsed_message message_;
    cms::verified_signed_data verified_;
    quirk_set tolerances_;
};

/// A message to be sent: attributes in, DER out. Attributes are written in DER order.
struct outgoing_message {
    message_attributes attributes;
    std::optional<bytes> enveloped;             ///< DER EnvelopedData or, for replies, what RFC 8894 3.3 says.
    std::vector<pki::certificate> certificates; ///< Sent along.
    pki::digest_algorithm digest = pki::digest_algorithm::sha256;
    std::optional<pki::signature_scheme> scheme; ///< Absent: the key's own.
};
SCEPKIT_API result<bytes> build_message(outgoing_message const& message, pki::certificate const& signer,
                                        pki::private_key const& key);

/// What a transactionID made of a key looks like. All are the same on every retry.
enum class transaction_id_form {
    sha256_hex,    ///< SHA-256 of the SubjectPublicKeyInfo, lower-case hex: FIPS-clean, the default.
    sha256_base64, ///< The same in base64.
    sha1_hex,      ///< jscep, strongSwan
    sha1_base64,   ///< micromdm
    md5_hex,       ///< sscep
    apple,         ///< Upper-case hex of SHA-1 over the RSAPublicKey.
};
/// errc::key_not_allowed for `apple` with a key that is not RSA.
SCEPKIT_API result<std::string> transaction_id_for(
    pki::public_key const& key, transaction_id_form form = transaction_id_form::sha256_hex,
    pki::crypto_context const& context = pki::crypto_context::default_context());

/// Content of CertPoll: IssuerAndSubject (section 3.3.3).
SCEPKIT_API bytes make_issuer_and_subject(pki::name const& issuer, pki::name const& subject);
struct issuer_and_subject {
    pki::name issuer;
    pki::name subject;
    SCEPKIT_API static result<issuer_and_subject> from_der(bytes_view der);
};
/// Content of GetCert and GetCRL: IssuerAndSerialNumber (RFC 8894, 3.3.4, 3.3.5; RFC 5652, 10.2.4).
struct issuer_and_serial {
    pki::name issuer;
    bytes serial; ///< INTEGER content octets.
    SCEPKIT_API static issuer_and_serial of(pki::certificate const& c);
    SCEPKIT_API static result<issuer_and_serial> from_der(bytes_view der);
    SCEPKIT_API bytes to_der() const;
};

/// The answer to GetNextCACert (RFC 8894, 4.7.1): a SignedData over a degenerate bag of `next`, the next issuing CA
/// first. `signer` must be today's issuing CA: clients take nobody else's word for a new CA, an RA's neither.
/// errc::invalid_argument without a certificate or where the key is not the signer's.
SCEPKIT_API result<bytes> make_next_ca_message(std::span<pki::certificate const> next, pki::certificate const& signer,
                                               pki::private_key const& key,
                                               pki::digest_algorithm digest = pki::digest_algorithm::sha256);
/// Verifies one with today's CA and opens it. Certificates beside the signed content are not read: nobody signed them.
/// errc::content_missing, wrong_content_type, wrong_signer, signature_invalid, digest_mismatch, and those of
/// cms::signed_data and cms::certificate_bag. Whether the next CA is a fit one is query::next_ca's to say.
SCEPKIT_API result<cms::certificate_bag> open_next_ca_message(
    bytes_view message, pki::certificate const& ca, profile const& tolerances, limits const& bounds = {},
    pki::crypto_context const& context = pki::crypto_context::default_context());

} // namespace scepkit::inline v0::scep
