// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/evidence/iis_log.hpp>
#include <scepkit/facts/json.hpp>

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>
#include <string>
#include <string_view>

// Synthetic logs: the layout is that of IIS 10, names, addresses and times are invented.

namespace scepkit::test {

inline constexpr std::string_view head =
    "#Software: Microsoft Internet Information Services 10.0\r\n"
    "#Version: 1.0\r\n"
    "#Date: 2026-11-20 08:11:52\r\n"
    "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) "
    "sc-status sc-substatus sc-win32-status time-taken\r\n";

inline constexpr std::string_view ios = "profiled/1.0+CFNetwork/1498.700.2+Darwin/23.6.0";
inline constexpr std::string_view windows = "Mozilla/4.0+(compatible;+Win32;+NDES+client+10.0.22621.2506/ni_release)";
inline constexpr std::string_view android = "Dalvik/2.1.0+(Linux;+U;+Android+14;+Pixel+8+Build/AP2A)";

struct request {
    std::string_view time; ///< "08:12:03"
    std::string_view method, stem, query;
    std::string_view status = "200 0 0"; ///< With substatus and win32 status.
    std::string_view agent = ios;
    std::string_view client = "10.1.5.31";
    std::string_view date = "2026-11-20";
};

inline std::string line(request const& r)
{
    std::string out;
    for(auto const part : {r.date, r.time, std::string_view("10.1.5.20"), r.method, r.stem, r.query,
                           std::string_view("443 -"), r.client, r.agent, std::string_view("-"), r.status})
        out.append(part).append(" ");
    return out + "15\r\n";
}

inline result<facts::iis_summary> read(std::string_view text, evidence::iis_reader_options options = {})
{
    evidence::iis_log_reader reader("test.log", options);
    reader.feed(text);
    return reader.finish();
}

inline std::string text_of(result<facts::iis_summary> const& s)
{
    if(!s)
        return "error " + std::string(name_of(s.error().code()));
    facts::fact_set f;
    f.iis_logs.push_back(*s);
    return boost::json::serialize(facts::to_json(f));
}

/// The seed of this project: a profile without /mscep.dll, one try of an iPhone.
inline std::string short_url_attempt(std::string_view client = "10.1.5.31", std::string_view minute = "08:14:")
{
    auto const at = [&](char const* second) { return std::string(minute) + second; };
    constexpr std::string_view cert = "operation=GetCACert&message=SCEP%20Authority",
                               caps = "operation=GetCACaps&message=SCEP%20Authority";
    return line({at("41"), "GET", "/certsrv/mscep", cert, "301 0 0", ios, client}) +
           line({at("41"), "GET", "/certsrv/mscep/", cert, "200 0 0", ios, client}) +
           line({at("42"), "GET", "/certsrv/mscep", caps, "301 0 0", ios, client}) +
           line({at("42"), "GET", "/certsrv/mscep/", caps, "200 0 0", ios, client}) +
           line({at("43"), "POST", "/certsrv/mscep", "operation=PKIOperation", "405 0 1", ios, client});
}

inline std::string good_attempt(std::string_view client = "10.1.5.31", std::string_view minute = "08:12:")
{
    auto const at = [&](char const* second) { return std::string(minute) + second; };
    constexpr std::string_view stem = "/certsrv/mscep/mscep.dll";
    return line({at("03"), "GET", stem, "operation=GetCACert&message=SCEP%20Authority", "200 0 0", ios, client}) +
           line({at("04"), "GET", stem, "operation=GetCACaps&message=SCEP%20Authority", "200 0 0", ios, client}) +
           line({at("06"), "POST", stem, "operation=PKIOperation", "200 0 0", ios, client});
}

} // namespace scepkit::test
