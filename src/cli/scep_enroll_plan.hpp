// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "scep_enroll_arguments.hpp"

#include <scepkit/http/endpoint.hpp>
#include <scepkit/scep/query.hpp>

// What scep-enroll is about to do, complete before anything is sent.

namespace scepkit::inline v0::cli::enroll {

struct plan {
    http::endpoint server;
    bool key_is_new = false; ///< To be written beside the certificate.
    pki::private_key key;
    scep::enrollment enrollment;
};

result<http::endpoint> server_of(settings const& set);
/// A first enrolment, a renewal, or one that goes on.
result<plan> prepare(settings const& set, time_point now);
/// The question of --get.
result<scep::query> prepare_query(settings const& set);

} // namespace scepkit::inline v0::cli::enroll
