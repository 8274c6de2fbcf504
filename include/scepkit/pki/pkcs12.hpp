// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/pki/certificate.hpp>

namespace scepkit::inline v0::pki {

/// What a PKCS#12 file (RFC 7292) holds for one key.
struct SCEPKIT_API pkcs12 {
    private_key key;
    pki::certificate certificate;         ///< The one of `key`.
    std::vector<pki::certificate> others; ///< In the file's order.

    /// The MAC is checked before anything inside is decrypted; iterations are bounded (a file can ask for years of
    /// work). errc::too_large, bad_key (wrong passphrase, no MAC, not PKCS#12), unsupported (RC2 and other ciphers that
    /// OpenSSL's default provider lacks), key_not_allowed, bad_certificate.
    static result<pkcs12> read(bytes_view file, secret_bytes const& passphrase, limits const& bounds = {},
                               crypto_context const& context = crypto_context::default_context());
};

} // namespace scepkit::inline v0::pki
