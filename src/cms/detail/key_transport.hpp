// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/cms/enveloped_data.hpp>

/// KeyTransRecipientInfo: RSA v1.5 and OAEP (RFC 5652, 6.2.1; RFC 4055).
namespace scepkit::inline v0::cms::detail {

/// Never fails for an algorithm it does not know: the entry may be for somebody else.
result<recipient> read_key_transport(asn1::reader& from, limits const& bounds);

/// The policy, before the key: errc::algorithm_not_allowed.
result<void> check_key_transport(recipient const& entry, quirk_set allowed, quirk_set& noted);

/// errc::invalid_argument where the options contradict each other.
result<void> check_key_transport(seal_options const& options);
result<bytes> seal_key_transport(pki::certificate const& to, pki::public_key const& key, seal_options const& options,
                                 bytes_view content_key);

} // namespace scepkit::inline v0::cms::detail
