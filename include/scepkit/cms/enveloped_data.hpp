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

enum class content_cipher { aes128_cbc, aes192_cbc, aes256_cbc, des_ede3_cbc, des_cbc };
SCEPKIT_API std::string_view name_of(content_cipher c) noexcept; ///< "AES-128-CBC", "DES-EDE3-CBC", "DES-CBC"
SCEPKIT_API std::size_t key_size_of(content_cipher c) noexcept;
SCEPKIT_API std::size_t block_size_of(content_cipher c) noexcept;

/// One RecipientInfo as far as it was understood. Kinds other than key transport are kept by name only.
struct recipient {
    enum class kind { key_transport, key_agreement, key_encryption, password, other };
    kind type{};
    certificate_identifier identifier;           ///< key_transport only
    std::optional<pki::key_transport> transport; ///< Absent: an algorithm this library refuses.
    bytes encrypted_key;
    bool oaep_empty_parameters = false; ///< RSAES-OAEP with an empty SEQUENCE or none: SHA-1, as NDES means it.
};

/// An EnvelopedData that parsed. No key has been touched.
class SCEPKIT_API enveloped_data
{
public:
    /// errc::wrong_content_type (AuthEnvelopedData, EncryptedData …), algorithm_not_allowed (also AEAD and stream
    /// ciphers, an IV of the wrong size), no_recipient (nobody at all), content_missing, bad_length (not whole blocks),
    /// too_large, too_many, and those of the ASN.1 reader. Leniencies: ber_encoding, triple_des, single_des.
    static result<enveloped_data> parse(bytes_view message, quirk_set allowed, limits const& bounds = {});

    std::vector<recipient> const& recipients() const& noexcept { return recipients_; }
    content_cipher cipher() const noexcept { return cipher_; }
    bytes_view iv() const& noexcept { return iv_; }
    bytes_view encrypted_content() const& noexcept { return encrypted_content_; }
    quirk_set tolerances() const noexcept { return tolerances_; }

private:
    enveloped_data() = default;
    std::vector<recipient> recipients_;
    content_cipher cipher_{};
    bytes iv_;
    bytes encrypted_content_;
    quirk_set tolerances_;
};

struct opened {
    secret_bytes content;
    content_cipher cipher{};
    pki::key_transport transport;
    quirk_set tolerances;
};

/// Decrypts with the key of `own`.
///
/// Exactly one key-transport entry must name `own`; entries for others are ignored; none is errc::no_recipient, two are
/// errc::several_recipients, an entry of another kind (key agreement, password) anywhere errc::recipient_unsupported,
/// an algorithm or leniency that is off errc::algorithm_not_allowed: all before the key is used. After that there is
/// one failure, errc::decryption_failed, whatever was wrong: key, padding or length.
/// Leniencies: oaep_key_transport, oaep_empty_parameters.
SCEPKIT_API result<opened> open(enveloped_data const& envelope, pki::certificate const& own, pki::decrypter const& key,
                                quirk_set allowed,
                                pki::crypto_context const& context = pki::crypto_context::default_context());

struct seal_options {
    content_cipher cipher = content_cipher::aes128_cbc;
    pki::key_transport transport;
    bool oaep_empty_parameters = false; ///< Writes the empty SEQUENCE that NDES sends (simulator).
};
/// DER of an EnvelopedData with one entry for each recipient (issuer and serial); errc::key_not_allowed for EC keys,
/// errc::invalid_argument without a recipient. The content key and the IV come from `random`.
SCEPKIT_API result<bytes> seal(bytes_view content, std::span<pki::certificate const> recipients,
                               seal_options const& options, random_source& random,
                               pki::crypto_context const& context = pki::crypto_context::default_context());

} // namespace scepkit::inline v0::cms
