// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/cms/enveloped_data.hpp>

/// KeyAgreeRecipientInfo: ephemeral-static ECDH (RFC 5652, 6.2.2; RFC 5753, 3.1).
namespace scepkit::inline v0::cms::detail {

/// Appends one recipient for each RecipientEncryptedKey: they share the originator's key. Never fails for an algorithm
/// or a kind of originator it does not know; errc::too_many beyond `bounds.recipients` in all.
result<void> read_key_agreement(asn1::reader& from, limits const& bounds, std::vector<recipient>& into);

/// The policy, before `own` key is used; gives the originator's key. errc::algorithm_not_allowed.
result<pki::public_key> check_key_agreement(recipient const& entry, pki::public_key const& own, quirk_set allowed,
                                            quirk_set& noted);
/// Any error means one thing: it cannot be opened.
result<secret_bytes> open_key_agreement(recipient const& entry, pki::public_key const& originator,
                                        pki::decrypter const& key, std::size_t content_key_size,
                                        pki::crypto_context const& context);

result<bytes> seal_key_agreement(pki::certificate const& to, pki::public_key const& key, seal_options const& options,
                                 bytes_view content_key, pki::crypto_context const& context);

} // namespace scepkit::inline v0::cms::detail
