// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "common.hpp"

#include <scepkit/scep/responder.hpp>

#include <string>

// scep-responder's command line, and what it comes to.

namespace scepkit::inline v0::cli::responder_tool {

inline constexpr std::string_view tool = "scep-responder";

struct settings {
    // Where.
    std::string listen = "127.0.0.1:0";
    bool tls = false;
    std::string host;
    unsigned threads = 2;
    // Who it is.
    std::string state;
    std::string ca_key = "rsa2048";
    bool ra_pair = false;
    bool next_ca = false;
    bool list = false; ///< Print the ledger of --state and end.
    std::string durability = "power";
    // Who may have what.
    std::string challenge_file;
    bool one_time = false;
    bool hold = false;
    bool renewals = false;
    unsigned renewal_days = 0;
    std::string queries = "holders";
    // How it speaks.
    std::string profile = "rfc8894";
    std::string replies = "chain";
    std::string reply_order = "leaf-first";
    std::string bag_order = "ca-first";
    bool pss = false;
    bool oaep = false;
    bool password_requests = false;
};

void describe(CLI::App& app, settings& to);
result<void> complete(settings& set);

scep::query_policy query_policy_of(settings const& set);
scep::reply_certificates replies_of(settings const& set);

} // namespace scepkit::inline v0::cli::responder_tool
