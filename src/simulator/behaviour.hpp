// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/simulator/ndes.hpp>

#include <cstddef>

// What can be otherwise than on a healthy server: one knob a place, turned by the fault table (faults.cpp) and
// read by the site and the certificate maker. No other code knows a fault by its name.

namespace scepkit::inline v0::simulator::detail {

struct behaviour {
    enum class url { dll, application, admin };
    url printed = url::dll; ///< The URL an administrator would have put into the profile.

    /// What stands before IIS and answers itself; none of it is in IIS's log.
    enum class gate { open, login_redirect, post_blocked, closes, closes_on_caps };
    gate front = gate::open;

    /// HTTP.sys: the application pool, and MaxRequestBytes / MaxFieldLength.
    enum class pool_state { running, stopped };
    pool_state pool = pool_state::running;
    std::size_t request_limit = 65534;

    /// IIS: rules for the whole site, request filtering, and the application below /certsrv/mscep.
    enum class site_rule { none, https_redirect, addresses_refused };
    site_rule site = site_rule::none;
    std::size_t query_limit = 65534; ///< maxQueryString as Microsoft wants it for NDES; IIS's own default is 2048.
    enum class application_state { present, missing, anonymous_off };
    application_state application = application_state::present;

    /// NDES itself.
    enum class service_state { running, start_failed, impersonation_missing };
    service_state service = service_state::running;
    enum class bare_answer { by_product, page };
    bare_answer bare = bare_answer::by_product;
    enum class caps_answer { list, empty, html };
    caps_answer caps = caps_answer::list;
    enum class bag_answer { full, html, ca_only };
    bag_answer bag = bag_answer::full;

    /// Certificates.
    enum class dates { healthy, expiring, expired };
    dates ra_dates = dates::healthy;
    dates ca_dates = dates::healthy;
    enum class ra_issuer { ca, old_ca_key };
    ra_issuer issuer = ra_issuer::ca;
    enum class tls_fault { none, other_name, expired, intermediate_missing };
    tls_fault tls = tls_fault::none;
};

/// The faults of `options.faults` as behaviour. A fault that only exists with TLS or with the Intune module turns that
/// on in `options`. errc::invalid_argument: an unknown id, or two faults of one place.
result<behaviour> behave(ndes_options& options);

} // namespace scepkit::inline v0::simulator::detail
