// SPDX-License-Identifier: BSL-1.0
#include "behaviour.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace scepkit::inline v0::simulator {

namespace detail {

namespace {

/// Two faults of one place cannot be seen at once, so they are refused together.
enum class place {
    url,
    front,
    pool,
    request_limit,
    site,
    query_limit,
    application,
    service,
    bare,
    caps,
    bag,
    ra_dates,
    ca_dates,
    ra_issuer,
    tls
};
enum class needs { nothing, tls, plain_http, intune };

struct entry {
    fault shown;
    detail::place place;
    detail::needs needs;
    void (*turn)(behaviour&);
};

// Sorted by place, from the device inwards. The ids are those of the findings.
constexpr std::array table{
    entry{{"url-missing-mscep-dll", "Nothing is broken; the URL that is printed lacks /mscep.dll"},
          place::url,
          needs::nothing,
          [](behaviour& b) { b.printed = behaviour::url::application; }},
    entry{{"url-mscep-admin", "Nothing is broken; the URL that is printed is that of the challenge page"},
          place::url,
          needs::nothing,
          [](behaviour& b) { b.printed = behaviour::url::admin; }},
    entry{{"redir-login", "A proxy with pre-authentication sends everybody to a login page"},
          place::front,
          needs::nothing,
          [](behaviour& b) { b.front = behaviour::gate::login_redirect; }},
    entry{{"waf-post-block", "A firewall in front refuses every POST with 403"},
          place::front,
          needs::nothing,
          [](behaviour& b) { b.front = behaviour::gate::post_blocked; }},
    entry{{"conn-closed-no-data", "Connections are closed without an answer"},
          place::front,
          needs::nothing,
          [](behaviour& b) { b.front = behaviour::gate::closes; }},
    entry{{"caps-conn-closed", "Connections are closed without an answer to GetCACaps only"},
          place::front,
          needs::nothing,
          [](behaviour& b) { b.front = behaviour::gate::closes_on_caps; }},
    entry{{"tls-name-mismatch", "The TLS certificate names another host"},
          place::tls,
          needs::tls,
          [](behaviour& b) { b.tls = behaviour::tls_fault::other_name; }},
    entry{{"tls-expired", "The TLS certificate has expired"},
          place::tls,
          needs::tls,
          [](behaviour& b) { b.tls = behaviour::tls_fault::expired; }},
    entry{{"tls-missing-intermediate", "The TLS certificate comes from an intermediate CA that is not sent"},
          place::tls,
          needs::tls,
          [](behaviour& b) { b.tls = behaviour::tls_fault::intermediate_missing; }},
    entry{{"http-503-httpsys", "The application pool is stopped: HTTP.sys answers 503, and IIS logs nothing"},
          place::pool,
          needs::nothing,
          [](behaviour& b) { b.pool = behaviour::pool_state::stopped; }},
    entry{{"longurl-httpsys", "HTTP.sys' limits are the default 16,384: longer requests get 400 from it"},
          place::request_limit,
          needs::nothing,
          [](behaviour& b) { b.request_limit = 16384; }},
    entry{{"longurl-iis-query", "maxQueryString is IIS' default 2,048: longer queries get 404 (404.15 in the log)"},
          place::query_limit,
          needs::nothing,
          [](behaviour& b) { b.query_limit = 2048; }},
    entry{{"redir-https", "A rule of the site sends http to https (which nobody serves here)"},
          place::site,
          needs::plain_http,
          [](behaviour& b) { b.site = behaviour::site_rule::https_redirect; }},
    entry{{"http-403-blocked", "The site refuses the client's address: 403 to everything (403.6 in the log)"},
          place::site,
          needs::nothing,
          [](behaviour& b) { b.site = behaviour::site_rule::addresses_refused; }},
    entry{{"http-404", "The application /certsrv/mscep does not exist"},
          place::application,
          needs::nothing,
          [](behaviour& b) { b.application = behaviour::application_state::missing; }},
    entry{{"http-401", "Anonymous authentication is off for /certsrv/mscep (401.2 in the log)"},
          place::application,
          needs::nothing,
          [](behaviour& b) { b.application = behaviour::application_state::anonymous_off; }},
    entry{{"iis-anonymous-off", "The same as http-401, under the name that a log gives it"},
          place::application,
          needs::nothing,
          [](behaviour& b) { b.application = behaviour::application_state::anonymous_off; }},
    entry{{"http-500-start", "NDES cannot start: 500 to everything below mscep.dll"},
          place::service,
          needs::nothing,
          [](behaviour& b) { b.service = behaviour::service_state::start_failed; }},
    entry{{"iis-impersonation-right", "IIS_IUSRS lacks the right to impersonate: 500, win32 status 1346 in the log"},
          place::service,
          needs::nothing,
          [](behaviour& b) { b.service = behaviour::service_state::impersonation_missing; }},
    entry{{"policy-module-inactive", "The Intune policy module is not loaded: the bare URL shows a page, not 403"},
          place::bare,
          needs::intune,
          [](behaviour& b) { b.bare = behaviour::bare_answer::page; }},
    entry{{"caps-empty", "GetCACaps is answered with nothing"},
          place::caps,
          needs::nothing,
          [](behaviour& b) { b.caps = behaviour::caps_answer::empty; }},
    entry{{"caps-html", "GetCACaps is answered with a page, as when a rule drops the query"},
          place::caps,
          needs::nothing,
          [](behaviour& b) { b.caps = behaviour::caps_answer::html; }},
    entry{{"cacert-html", "GetCACert is answered with a page"},
          place::bag,
          needs::nothing,
          [](behaviour& b) { b.bag = behaviour::bag_answer::html; }},
    entry{{"cacert-single-on-ndes", "GetCACert holds the CA certificate alone, no RA certificates"},
          place::bag,
          needs::nothing,
          [](behaviour& b) { b.bag = behaviour::bag_answer::ca_only; }},
    entry{{"ra-expired", "Both RA certificates have expired while the service was running"},
          place::ra_dates,
          needs::nothing,
          [](behaviour& b) { b.ra_dates = behaviour::dates::expired; }},
    entry{{"ra-expiring", "Both RA certificates expire in ten days"},
          place::ra_dates,
          needs::nothing,
          [](behaviour& b) { b.ra_dates = behaviour::dates::expiring; }},
    entry{{"ra-wrong-issuer", "The RA certificates were issued with another key of a CA of that name"},
          place::ra_issuer,
          needs::nothing,
          [](behaviour& b) { b.issuer = behaviour::ra_issuer::old_ca_key; }},
    entry{{"ca-expired", "The CA certificate has expired"},
          place::ca_dates,
          needs::nothing,
          [](behaviour& b) { b.ca_dates = behaviour::dates::expired; }},
};

constexpr auto shown = [] {
    std::array<fault, table.size()> out{};
    for(std::size_t i = 0; i < table.size(); ++i)
        out[i] = table[i].shown;
    return out;
}();

error refused(std::string message) { return {errc::invalid_argument, std::move(message)}; }

} // namespace

result<behaviour> behave(ndes_options& options)
{
    behaviour out;
    std::map<place, std::string_view> taken;
    bool plain = false;
    for(auto const& id : options.faults) {
        auto const found = std::find_if(table.begin(), table.end(), [&](entry const& e) { return e.shown.id == id; });
        if(found == table.end())
            return refused("no fault is called \"" + id + "\"; --list-faults names them");
        if(auto const [other, first] = taken.emplace(found->place, found->shown.id); !first)
            return refused("the faults " + std::string(other->second) + " and " + id + " exclude each other");
        if(found->needs == needs::tls)
            options.tls = true;
        if(found->needs == needs::intune)
            options.product = product::ndes_intune;
        plain = plain || found->needs == needs::plain_http;
        found->turn(out);
    }
    if(plain && options.tls)
        return refused("redir-https is a fault of plain HTTP, and TLS is on");
    return out;
}

} // namespace detail

std::span<fault const> all_faults() { return detail::shown; }

std::optional<product> product_from_name(std::string_view name) noexcept
{
    for(auto const p : {product::ndes, product::ndes_intune}) {
        if(name == name_of(p))
            return p;
    }
    return std::nullopt;
}

std::string_view name_of(product p) noexcept { return p == product::ndes ? "ndes" : "ndes-intune"; }

} // namespace scepkit::inline v0::simulator
