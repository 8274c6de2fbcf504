// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/diagnosis/rule.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// How rules look at facts: questions with plain answers, so that a rule reads like its row of the catalogue.

namespace scepkit::inline v0::diagnosis::detail {

using facts::http_exchange;
using facts::question;

bool is_same_text(std::string_view a, std::string_view b) noexcept;    ///< Ignoring case (ASCII).
bool contains(std::string_view text, std::string_view lower) noexcept; ///< Ignoring case (ASCII).
std::string lower_case(std::string_view text);
/// "1 attempt", "3 attempts".
std::string counted(std::uint64_t count, std::string_view one);
std::string joined(std::vector<std::string> const& list, std::string_view separator = ", ");

// Exchanges.
std::size_t index_of(rule_context const& c, http_exchange const& e) noexcept;
/// Null if that was not asked or no response came.
http_exchange const* answered(rule_context const& c, question q) noexcept;
bool has_status(http_exchange const* e, std::int64_t status) noexcept;
bool is_redirect(http_exchange const& e) noexcept;
std::string_view header(http_exchange const& e, std::string_view name) noexcept;
bool has_marker(http_exchange const& e, std::string_view name) noexcept;
bool is_operation(question q) noexcept; ///< GetCACaps or GetCACert at the URL as given.
bool is_post(question q) noexcept;
std::string_view name_of(question q) noexcept; ///< "GetCACaps", "the empty PKIOperation" …

/// A Location, taken apart.
struct place {
    std::string scheme, host, path, query;
    std::string port;
};
std::optional<place> read_place(http_exchange const& asked, std::string_view location);
place place_of(http_exchange const& e);
enum class redirect_kind { none, slash, https, login, loop, host, elsewhere };
redirect_kind kind_of_redirect(http_exchange const& e);

// The server.
bool from_iis(http_exchange const& e) noexcept;
bool from_httpsys(http_exchange const& e) noexcept;
bool is_ndes(rule_context const& c); ///< IIS, or the path or an RA certificate of NDES.
bool capabilities_read(rule_context const& c) noexcept;
bool certificates_read(rule_context const& c) noexcept;
bool offers(rule_context const& c, std::string_view word) noexcept;
bool offers_post(rule_context const& c) noexcept;
/// The empty POST met no refusal: neither a redirect nor 401, 403, 404, 405, 406, 501.
bool takes_post(http_exchange const* e) noexcept;
bool refuses_method(std::int64_t status) noexcept;

// The target's path, lower case, percent-escapes as they are.
std::string target_path(rule_context const& c);
bool is_folder_path(std::string_view lower_path) noexcept; ///< /certsrv/mscep, with or without "/" or "/pkiclient.exe".
std::string with_dll(rule_context const& c);               ///< The URL as it should be.
bool is_private_address(std::string_view address) noexcept;
bool is_address(std::string_view host) noexcept;

// Times.
std::optional<time_point> read_http_date(std::string_view text);
std::string day_of(std::string_view iso8601); ///< "2026-11-20"
std::string span_of(std::string_view first, std::string_view last);

// Logs.
struct call_ref {
    facts::iis_call_count const* call;
    fact_ref ref;
};
struct attempt_ref {
    facts::iis_attempt_count const* attempt;
    fact_ref ref;
};
std::vector<call_ref> calls(rule_context const& c);
std::vector<attempt_ref> attempts(rule_context const& c);
bool is_mscep(facts::iis_call_count const& call) noexcept; ///< At NDES' application, not at mscep_admin.
bool is_at_dll(std::string_view stem) noexcept;
bool is_folder_base(std::string_view base) noexcept;
bool is_device(facts::iis_attempt_count const& a) noexcept; ///< Not a browser or a script.
/// Of one operation ("caps", "cert", "pki"): the status of each call and of what followed its redirect (0: nothing
/// did).
std::vector<std::pair<int, int>> statuses(facts::iis_attempt_count const& a, std::string_view operation);
int last_status(facts::iis_attempt_count const& a, std::string_view operation); ///< 0: not called.

/// Attempts of devices for which `wanted` holds, and when; `good`: the same for those that came through.
/// Single requests are not enough: checks with a browser or with this tool leave lines in the log, too.
struct device_rows {
    std::vector<attempt_ref> bad;
    std::uint64_t count = 0, good_count = 0;
    std::string first, last, last_good;
};
template <class Bad, class Good>
device_rows devices(rule_context const& c, Bad bad, Good good)
{
    device_rows out;
    for(auto const& ref : attempts(c)) {
        auto const& a = *ref.attempt;
        if(!is_device(a))
            continue;
        if(bad(a)) {
            out.bad.push_back(ref);
            out.count += a.count;
            if(!a.first.empty() && (out.first.empty() || a.first < out.first))
                out.first = a.first;
            out.last = std::max(out.last, a.last);
        } else if(good(a)) {
            out.good_count += a.count;
            out.last_good = std::max(out.last_good, a.last);
        }
    }
    return out;
}

/// Whether what was failing until `last_bad` has worked since (ISO 8601; empty: never).
enum class when { now, now_and_then, mended };
when state_of(std::string_view last_bad, std::string_view last_good);

} // namespace scepkit::inline v0::diagnosis::detail
