// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/asn1/reader.hpp>
#include <scepkit/base/secret.hpp>
#include <scepkit/pki/private_key.hpp>

namespace scepkit::inline v0::pki::detail {

/// A file can ask for years of work. Programs write 2,048 to 600,000.
inline constexpr std::int64_t maximum_iterations = 1'000'000;
/// PKCS #12's derivation goes over the whole salt in each iteration. Programs write 8 to 32 bytes.
inline constexpr std::size_t maximum_salt = 256;

/// Iterations of the password-based encryption that the next AlgorithmIdentifier of `from` asks for: PBES2 with PBKDF2,
/// or PKCS #12's own with three-key triple DES. errc::unsupported for others, too_large beyond the bound.
result<std::int64_t> read_pbe_iterations(asn1::reader& from);
/// The INTEGER that a count is, held to the bound; errc::bad_value below 1.
result<std::int64_t> read_iteration_count(asn1::reader& from);

/// errc::too_large beyond the bound.
result<bytes_view> read_salt(asn1::reader& from);

/// As OpenSSL takes it: PKCS #12 tells an empty passphrase from none at all.
struct passphrase_view {
    char const* text = nullptr;
    int size = 0;
};
passphrase_view view_of(secret_bytes const& passphrase) noexcept;

// The iterations were bounded before. errc::bad_key where it does not decrypt.
result<secret_bytes> decrypt_content(bytes_view algorithm, bytes_view content, passphrase_view passphrase,
                                     crypto_context const& context);
/// An EncryptedPrivateKeyInfo.
result<private_key> decrypt_private_key(bytes_view der, passphrase_view passphrase, crypto_context const& context);

} // namespace scepkit::inline v0::pki::detail
