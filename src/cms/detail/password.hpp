// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/random_source.hpp>
#include <scepkit/cms/enveloped_data.hpp>

/// PasswordRecipientInfo: PBKDF2 and the double encryption of RFC 3211 (RFC 5652, 6.2.4; RFC 8018).
namespace scepkit::inline v0::cms::detail {

/// Never fails for an algorithm it does not know, or where the derivation is absent.
result<recipient> read_password(asn1::reader& from);

/// The policy, before any work: errc::algorithm_not_allowed.
result<void> check_password(recipient const& entry, std::uint32_t most_iterations, quirk_set allowed, quirk_set& noted);
/// A content key, whatever the password: the one inside, or one made up from the password's key and the message, so
/// that a wrong password and a damaged message fail at the same place, at the content. errc::decryption_failed where
/// the size tells beforehand that nothing can be inside; other errors are faults of the machine.
result<secret_bytes> open_password(recipient const& entry, bytes_view password, std::size_t content_key_size,
                                   pki::crypto_context const& context);

result<bytes> seal_password(bytes_view password, seal_options const& options, bytes_view content_key,
                            random_source& random, pki::crypto_context const& context);

} // namespace scepkit::inline v0::cms::detail
