// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/secret.hpp>
#include <scepkit/pki/public_key.hpp>

#include <cstdint>
#include <memory>
#include <string_view>

namespace scepkit::inline v0::pki {

/// How many private-key operations a process has done, by kind: tests assert that refusals cost none.
struct key_operations {
    std::uint64_t signatures = 0;
    std::uint64_t decryptions = 0; ///< Key agreements and decapsulations too.
};

/// Signs with a key that this process cannot read: a token, a service, another process. Implementations are
/// thread-safe; their errors come back to the caller as they are.
class SCEPKIT_API signer
{
public:
    virtual ~signer();
    /// The whole message, not its digest, in the form `scheme` has in a certificate (ECDSA: DER of r and s).
    virtual result<bytes> sign(signature_scheme scheme, digest_algorithm digest, bytes_view message) const = 0;
};

/// A private key, in memory, in an OpenSSL provider, or behind a `signer`. Immutable, cheap to copy (copies share the
/// key), thread-safe.
class SCEPKIT_API private_key
{
public:
    static result<private_key> generate(key_kind kind, std::size_t rsa_bits = 2048,
                                        crypto_context const& context = crypto_context::default_context());
    /// The first of PKCS#8, PKCS#1 or SEC1, unencrypted; errc::bad_pem, bad_key, key_not_allowed, and
    /// errc::unsupported for an encrypted one.
    static result<private_key> from_pem(bytes_view pem,
                                        crypto_context const& context = crypto_context::default_context());
    /// The same, and ENCRYPTED PRIVATE KEY too (PBES2 with PBKDF2; at most a million iterations, errc::too_large);
    /// errc::bad_key for a wrong passphrase, unsupported for other schemes and the old encrypted form with headers.
    static result<private_key> from_pem(bytes_view pem, secret_bytes const& passphrase,
                                        crypto_context const& context = crypto_context::default_context());
    static result<private_key> from_pkcs8(bytes_view der,
                                          crypto_context const& context = crypto_context::default_context());
    /// What a provider of `context` finds under a URI: "pkcs11:token=ra;object=signing;type=private" (RFC 7512) where
    /// a PKCS#11 provider is loaded, "file:/etc/scep/ra.pem" always. The key stays where it is. A PIN is given as
    /// `pin`, never within the URI (errc::invalid_argument): URIs end in logs. errc::file_unreadable, bad_key.
    /// Whether a wrong PIN shows is the token's affair: where this process is logged in already, it does not.
    /// OpenSSL reads the file by itself, without the bounds of `from_pem`: for files of one's own only.
    static result<private_key> from_uri(std::string_view uri, secret_bytes const& pin = {},
                                        crypto_context const& context = crypto_context::default_context());
    /// A key of which only the public half is here; errc::invalid_argument, key_not_allowed (ML-KEM). It signs; what
    /// else a private key does is errc::key_not_allowed.
    static result<private_key> from_signer(pki::public_key key, std::shared_ptr<signer const> by);

    pki::public_key const& public_key() const noexcept;
    key_kind kind() const noexcept { return public_key().kind(); }
    result<secret_bytes> to_pem() const; ///< PKCS#8; errc::key_not_allowed where the key cannot leave its place.

    /// The scheme this library signs with: RSA v1.5 for RSA keys, ECDSA for EC keys, ML-DSA (an ML-KEM key has none,
    /// and `sign` refuses).
    signature_scheme default_scheme() const noexcept;
    /// errc::invalid_argument where the scheme does not fit the key. ML-DSA ignores `digest` (it signs the message).
    result<bytes> sign(signature_scheme scheme, digest_algorithm digest, bytes_view message) const;
    /// The shared secret of ECDH (the x coordinate) with a key of the same curve; errc::key_not_allowed, bad_key.
    result<secret_bytes> agree(pki::public_key const& peer) const;
    /// The shared secret inside an ML-KEM ciphertext (FIPS 203; a bad one gives another secret, never an error).
    /// errc::decryption_failed for one of the wrong length, errc::key_not_allowed.
    result<secret_bytes> decapsulate(bytes_view ciphertext) const;

    key_operations operations() const noexcept; ///< Of this key, since it was made.

    struct data; ///< Defined in src only.
    explicit private_key(std::shared_ptr<data> d) noexcept : data_(std::move(d)) {}
    data& native() const noexcept { return *data_; }

private:
    std::shared_ptr<data> data_;
};

} // namespace scepkit::inline v0::pki
