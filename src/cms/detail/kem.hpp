// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/cms/enveloped_data.hpp>

/// KEMRecipientInfo (RFC 9629) with ML-KEM, HKDF-SHA256 and AES key wrap (RFC 9936).
namespace scepkit::inline v0::cms::detail {

/// An OtherRecipientInfo; of another kind than KEM it is kept as recipient::kind::other. Never fails for an algorithm
/// it does not know.
result<recipient> read_other(asn1::reader& from, limits const& bounds);

/// The policy, before `own` key is used: errc::algorithm_not_allowed.
result<void> check_kem(recipient const& entry, pki::public_key const& own, quirk_set allowed, quirk_set& noted);
/// Any error means one thing: it cannot be opened.
result<secret_bytes> open_kem(recipient const& entry, pki::decrypter const& key, std::size_t content_key_size,
                              pki::crypto_context const& context);

result<bytes> seal_kem(pki::certificate const& to, pki::public_key const& key, seal_options const& options,
                       bytes_view content_key, pki::crypto_context const& context);

} // namespace scepkit::inline v0::cms::detail
