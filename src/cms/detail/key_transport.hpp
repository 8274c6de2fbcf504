// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/cms/enveloped_data.hpp>

/// The keyEncryptionAlgorithm of a KeyTransRecipientInfo.
namespace scepkit::inline v0::cms::detail {

struct transport_algorithm {
    std::optional<pki::key_transport> transport; ///< Absent: well formed, and refused here.
    bool empty_parameters = false;               ///< RSAES-OAEP with an empty SEQUENCE, or with none.
};

/// Never fails for an algorithm it does not know: the entry may be for somebody else.
result<transport_algorithm> read_transport(asn1::reader& from);
void write_transport(asn1::writer& to, pki::key_transport const& transport, bool empty_parameters);

} // namespace scepkit::inline v0::cms::detail
