// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/random_source.hpp>
#include <scepkit/base/secret.hpp>
#include <scepkit/cms/signed_data.hpp>
#include <scepkit/pki/decrypter.hpp>

#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace scepkit::inline v0::cms {

/// The GCM ciphers belong to AuthEnvelopedData (RFC 5083, 5084) and to nothing else; the others to EnvelopedData.
enum class content_cipher { aes128_cbc, aes192_cbc, aes256_cbc, des_ede3_cbc, des_cbc, aes128_gcm, aes256_gcm };
constexpr bool is_authenticated(content_cipher c) noexcept
{
    return c == content_cipher::aes128_gcm || c == content_cipher::aes256_gcm;
}
SCEPKIT_API std::string_view name_of(content_cipher c) noexcept; ///< "AES-128-CBC", "DES-EDE3-CBC", "AES-256-GCM"
SCEPKIT_API std::size_t key_size_of(content_cipher c) noexcept;
SCEPKIT_API std::size_t block_size_of(content_cipher c) noexcept;

/// How a content key is wrapped: AES (RFC 3394), triple DES (RFC 3217).
enum class key_wrap { aes128, aes192, aes256, des_ede3 };

/// One RecipientInfo (RFC 5652, 6.2) as far as it was understood. Kinds that no profile can enable are kept by name.
struct recipient {
    enum class kind { key_transport, key_agreement, key_encryption, password, kem, other };
    kind type{};
    certificate_identifier identifier; ///< key_transport, key_agreement, kem
    bytes encrypted_key;

    std::optional<pki::key_transport> transport; ///< key_transport; absent: an algorithm this library refuses.
    bool oaep_empty_parameters = false; ///< RSAES-OAEP with an empty SEQUENCE or none: SHA-1, as NDES means it.

    /// Ephemeral-static ECDH with the X9.63 key derivation (RFC 5753).
    struct agreement {
        std::optional<bytes> originator_spki; ///< Absent: it names no curve, so that is the recipient's.
        bytes originator_point;               ///< The public key's BIT STRING.
        bool null_curve = false;              ///< NULL where the curve belongs (nothing at all is RFC 5753).
        pki::digest_algorithm kdf_digest{};
        bool cofactor = false; ///< dhSinglePass-cofactorDH: the same on the curves this library has.
        key_wrap wrap{};
        std::optional<bytes> ukm;
        bytes wrap_algorithm_der; ///< As it goes into ECC-CMS-SharedInfo.
    };
    std::optional<agreement> key_agreement; ///< Absent: not ephemeral ECDH, or an algorithm this library refuses.

    /// PBKDF2 and the wrapping of RFC 3211.
    struct password_info {
        bytes salt;
        std::uint32_t iterations = 0;
        pki::digest_algorithm prf = pki::digest_algorithm::sha1;
        content_cipher kek_cipher{};
        bytes kek_iv;
    };
    std::optional<password_info> password; ///< Absent: another derivation or none, or an algorithm that is refused.

    /// ML-KEM with HKDF (RFC 9629, RFC 9936).
    struct kem_info {
        pki::key_kind kem{};
        bytes ciphertext;
        key_wrap wrap{};
        std::optional<bytes> ukm;
    };
    std::optional<kem_info> kem; ///< Absent: an algorithm this library refuses.
};

/// An EnvelopedData or, by leniency, an AuthEnvelopedData that parsed. No key has been touched.
class SCEPKIT_API enveloped_data
{
public:
    /// errc::wrong_content_type (EncryptedData …, AuthEnvelopedData without its leniency), algorithm_not_allowed
    /// (stream ciphers, CBC in AuthEnvelopedData and GCM elsewhere, an IV, nonce or tag of the wrong size),
    /// no_recipient (nobody at all), content_missing, bad_length (not whole blocks), too_large, too_many, and those of
    /// the ASN.1 reader; of authenticated attributes attribute_missing, attribute_doubled, attribute_malformed. A key
    /// agreement with several recipients counts as so many. Leniencies: ber_encoding, triple_des, single_des,
    /// authenticated_envelope.
    static result<enveloped_data> parse(bytes_view message, quirk_set allowed, limits const& bounds = {});

    std::vector<recipient> const& recipients() const& noexcept { return recipients_; }
    content_cipher cipher() const noexcept { return cipher_; }
    bytes_view iv() const& noexcept { return iv_; }                                             ///< GCM: the nonce.
    bytes_view tag() const& noexcept { return tag_; }                                           ///< GCM only.
    bytes_view authenticated_attributes() const& noexcept { return authenticated_attributes_; } ///< As hashed (SET OF).
    bytes_view encrypted_content() const& noexcept { return encrypted_content_; }
    quirk_set tolerances() const noexcept { return tolerances_; }

private:
    enveloped_data() = default;
    std::vector<recipient> recipients_;
    content_cipher cipher_{};
    bytes iv_;
    bytes tag_;
    bytes authenticated_attributes_;
    bytes encrypted_content_;
    quirk_set tolerances_;
};

struct opened {
    secret_bytes content;
    content_cipher cipher{};
    recipient::kind by{};
    pki::key_transport transport; ///< Where `by` is key_transport.
    quirk_set tolerances;
};

/// Decrypts with the key of `own`.
///
/// Exactly one entry must name `own`, of the kind that fits its key: key transport for RSA, key agreement for EC, KEM
/// for ML-KEM; entries of that kind for others are ignored; none is errc::no_recipient, two are
/// errc::several_recipients, an entry of another kind anywhere errc::recipient_unsupported (how oracles are built), an
/// algorithm or leniency that is off, or an originator's key of another curve, errc::algorithm_not_allowed: all before
/// the key is used. After that there is one failure, errc::decryption_failed, whatever was wrong: key, padding, tag or
/// length. errc::key_not_allowed where `own` has a key that only signs.
/// Leniencies: oaep_key_transport, oaep_empty_parameters, key_agreement, key_agreement_null_curve, kem_recipient,
/// authenticated_envelope (checked when parsed).
SCEPKIT_API result<opened> open(enveloped_data const& envelope, pki::certificate const& own, pki::decrypter const& key,
                                quirk_set allowed,
                                pki::crypto_context const& context = pki::crypto_context::default_context());

/// Decrypts with a password: the one entry must be a password recipient (quirk password_recipient). Work is bounded
/// before it is done: `most_iterations` of PBKDF2, 1 KiB of salt (errc::algorithm_not_allowed beyond). A wrong password
/// and a damaged message are one errc::decryption_failed. errc::invalid_argument for an empty password,
/// errc::recipient_unsupported beside other kinds, errc::several_recipients.
SCEPKIT_API result<opened> open_with_password(
    enveloped_data const& envelope, secret_bytes const& password, quirk_set allowed,
    std::uint32_t most_iterations = 1'000'000,
    pki::crypto_context const& context = pki::crypto_context::default_context());

struct seal_options {
    content_cipher cipher = content_cipher::aes128_cbc; ///< A GCM cipher makes an AuthEnvelopedData.
    pki::key_transport transport;                       ///< RSA recipients.
    bool oaep_empty_parameters = false;                 ///< Writes the empty SEQUENCE that NDES sends (simulator).
    pki::digest_algorithm agreement_digest = pki::digest_algorithm::sha256; ///< EC recipients: of the KDF.
    bool agreement_null_curve = false;           ///< Writes NULL for the originator's curve, as NDES (simulator).
    std::uint32_t password_iterations = 100'000; ///< PBKDF2 with HMAC-SHA-256; at least 1.
};
/// DER of an EnvelopedData or AuthEnvelopedData with one entry for each recipient (issuer and serial), of the kind that
/// its key asks for; errc::key_not_allowed for keys that only sign, errc::invalid_argument without a recipient,
/// errc::unsupported for single DES to EC and ML-KEM keys (no key wrap takes eight bytes). The key wrap is as strong as
/// the content's cipher. Content key, IV and salt come from `random`; ephemeral keys and KEM secrets are OpenSSL's own.
SCEPKIT_API result<bytes> seal(bytes_view content, std::span<pki::certificate const> recipients,
                               seal_options const& options, random_source& random,
                               pki::crypto_context const& context = pki::crypto_context::default_context());
/// The same for whoever knows a password, under AES-256 (3DES where the content has it); errc::invalid_argument for an
/// empty one.
SCEPKIT_API result<bytes> seal_with_password(
    bytes_view content, secret_bytes const& password, seal_options const& options, random_source& random,
    pki::crypto_context const& context = pki::crypto_context::default_context());

} // namespace scepkit::inline v0::cms
