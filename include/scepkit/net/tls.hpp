// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/pki/certificate.hpp>

#include <optional>
#include <string>
#include <vector>

namespace scepkit::inline v0::net {

/// What a client believes, and what it does when it does not.
struct tls_client_options {
    enum class mode {
        require, ///< An untrusted chain or a wrong name ends the exchange (tls_not_trusted, name_mismatch). TLS 1.2 up.
        observe, ///< The handshake goes on, with old versions too, and the observation says what was wrong. Never for
                 ///< enrolment.
    };
    mode verification = mode::require;
    /// Anchors from a file (PEM). Absent: the system's (OpenSSL's default locations, SSL_CERT_FILE/SSL_CERT_DIR
    /// honoured).
    std::optional<std::string> ca_file;
    std::vector<pki::certificate> anchors; ///< More anchors, given as values.
};

/// What a server shows.
struct tls_server_options {
    std::vector<pki::certificate> chain; ///< Leaf first.
    pki::private_key key;
};

} // namespace scepkit::inline v0::net
