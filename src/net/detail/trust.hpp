// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/net/tls.hpp>

#include <openssl/types.h>

#include <string>

namespace scepkit::inline v0::net::detail {

/// Fills `store` with the anchors the options name and says where they came from, for people:
/// "/etc/ssl/certs (412 certificates)", "file ca.pem (1)", "none installed". errc::file_unreadable, bad_pem.
result<std::string> load_trust(X509_STORE* store, tls_client_options const& options);

} // namespace scepkit::inline v0::net::detail
