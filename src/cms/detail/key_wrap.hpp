// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/asn1/reader.hpp>
#include <scepkit/asn1/writer.hpp>
#include <scepkit/cms/enveloped_data.hpp>

#include <optional>

/// Content keys under other keys: AES key wrap (RFC 3394) and, for triple DES, that of RFC 3217.
namespace scepkit::inline v0::cms::detail {

std::size_t kek_size_of(key_wrap w) noexcept;

struct wrap_algorithm {
    std::optional<key_wrap> wrap; ///< Absent: well formed, and refused here.
    bytes der;                    ///< As received: key derivations hash it.
    bool has_parameters = false;
};
/// Fails for what is not an AlgorithmIdentifier, never for one that is not known.
result<wrap_algorithm> read_key_wrap(asn1::reader& from);
bytes encode_key_wrap(key_wrap w);

/// The wrap that OpenSSL chooses too: as strong as the content's key, triple DES for triple DES.
/// errc::unsupported for the eight bytes of single DES, which no wrap takes.
result<key_wrap> wrap_for(content_cipher cipher);

result<bytes> wrap_key(pki::crypto_context const& context, key_wrap w, bytes_view kek, bytes_view content_key);
/// errc::decryption_failed, also where what comes out would not have `content_key_size` bytes; then without any work.
result<secret_bytes> unwrap_key(pki::crypto_context const& context, key_wrap w, bytes_view kek, bytes_view wrapped,
                                std::size_t content_key_size);

} // namespace scepkit::inline v0::cms::detail
