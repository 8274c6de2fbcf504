// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <diagnosis/detail/look.hpp>

namespace scepkit::inline v0::diagnosis::detail {

/// Builds a finding of an entry. Evidence that is added is also what the finding rests on.
class make
{
public:
    explicit make(catalogue_entry const& entry);

    make& is(severity s) { return f_.severity = s, *this; }
    make& is(confidence c) { return f_.confidence = c, *this; }
    make& is(when state); ///< `mended` and `now_and_then` lower the severity.
    make& saw(std::string text) { return f_.saw = std::move(text), *this; }
    make& fix_first(std::string step);
    make& fix_instead_of_first(std::string step);

    make& on(rule_context const& c, http_exchange const& e);
    make& on(rule_context const& c, http_exchange const* e) { return e != nullptr ? on(c, *e) : *this; }
    make& on(attempt_ref const& a);
    make& on(call_ref const& call);
    make& on_target(rule_context const& c, std::string saw);
    make& on_lookup(rule_context const& c, std::string saw);
    make& on_connection(rule_context const& c, std::size_t index);
    make& on_tls(rule_context const& c, std::string saw);
    make& on_capabilities(rule_context const& c, std::string saw);
    make& on_certificate(rule_context const& c, std::size_t index, std::string saw);
    make& on_ca(rule_context const& c, std::string saw);

    make& predict(fact_ref ref) { return f_.predicts.push_back(ref), *this; }
    make& predict(rule_context const& c, http_exchange const& e);
    make& predict_target() { return predict({fact_ref::kind::target}); }
    make& predict_capabilities() { return predict({fact_ref::kind::capabilities}); }
    make& predict_ca() { return predict({fact_ref::kind::ca}); }
    /// Nothing of a device in the logs: follows when nobody reaches the server.
    make& predict_silence(rule_context const& c);
    /// Everything that was asked over HTTP, and what was read from it.
    make& predict_http(rule_context const& c);

    operator std::optional<finding>() { return std::move(f_); } // NOLINT: rules end with the chain.

private:
    make& add(evidence_item item, fact_ref ref);
    finding f_;
};

/// Place of the fact "no SCEP call in log `log`".
constexpr fact_ref silence(std::size_t log) noexcept
{
    return {fact_ref::kind::iis_call, static_cast<std::size_t>(-1), log};
}
/// The list as a whole; a single certificate is {ca, index + 1}.
constexpr fact_ref whole_bag() noexcept { return {fact_ref::kind::ca, 0}; }

std::string describe(http_exchange const& e);

using picks = std::vector<http_exchange const*>;
make on_all(catalogue_entry const& entry, rule_context const& c, picks const& list);
/// "GetCACaps and GetCACert"
std::string list_of(picks const& list);

// The groups of rules, each in the order in which its findings lead a report.
std::span<rule const> url_rules();
std::span<rule const> reach_rules();
std::span<rule const> tls_rules();
std::span<rule const> redirect_rules();
std::span<rule const> http_rules();
std::span<rule const> post_rules();
std::span<rule const> caps_rules();
std::span<rule const> cacert_rules();
std::span<rule const> longurl_rules();
std::span<rule const> iis_rules();
std::span<rule const> attempt_rules();
std::span<rule const> evidence_rules();

/// Where a finding stands among equals: smaller leads.
std::size_t priority_of(std::string_view id);

} // namespace scepkit::inline v0::diagnosis::detail
