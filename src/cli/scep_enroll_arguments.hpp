// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "common.hpp"

#include <scepkit/scep/enrollment.hpp>

#include <string>
#include <vector>

// scep-enroll's command line, and what it comes to.

namespace scepkit::inline v0::cli::enroll {

inline constexpr std::string_view tool = "scep-enroll";

struct settings {
    std::string url;
    // What is wanted.
    std::string subject;
    std::vector<std::string> names; ///< "dns:HOST", "upn:USER@DOMAIN" …
    std::string request_file;
    std::string challenge_file;
    std::string renew;
    std::string renew_key;
    std::string resume;
    std::string get; ///< "ca", "next-ca", "certificate", "crl"; empty: a certificate of one's own.
    std::string as;
    std::string as_key;
    std::string serial;
    // Whom to believe.
    std::string ca_fingerprint;
    std::string ca_file;
    bool first_use = false;
    std::string tls_ca_file;
    // Keys and files.
    std::string key;
    std::string key_kind = "rsa2048";
    std::string key_secret_file;
    std::string openssl_configuration;
    std::string out;
    std::string chain_out;
    std::string pending_file;
    // How.
    std::string profile = "ndes";
    std::string renewal = "automatic";
    std::string cipher;
    std::string digest;
    std::string oaep;
    bool pss = false;
    std::string id_form = "sha256";
    unsigned polls = 0;
    unsigned poll_interval = 30;
    unsigned poll_deadline = 0;
};

void describe(CLI::App& app, settings& to);
/// Fills in names that follow from others; errc::invalid_argument for options that do not go together.
result<void> complete(settings& set);

result<scep::ca_trust> trust_of(settings const& set);
result<scep::enrollment_options> options_of(settings const& set);

} // namespace scepkit::inline v0::cli::enroll
