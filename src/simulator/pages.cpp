// SPDX-License-Identifier: BSL-1.0
#include "pages.hpp"

#include <scepkit/base/bytes.hpp>

#include <algorithm>
#include <array>
#include <cstdio>

namespace scepkit::inline v0::simulator::detail {

namespace {

struct status_words {
    unsigned status;
    std::string_view reason;
    std::string_view title; ///< Of IIS' custom error page; empty where it has none.
    std::string_view text;
};

constexpr std::array words{
    status_words{200, "OK", "", ""},
    status_words{301, "Moved Permanently", "", ""},
    status_words{302, "Found", "", ""},
    status_words{400, "Bad Request", "400 - Bad request.", "The request cannot be understood."},
    status_words{401, "Unauthorized", "401 - Unauthorized: Access is denied due to invalid credentials.",
                 "The credentials that were sent give no right to this page."},
    status_words{403, "Forbidden", "403 - Forbidden: Access is denied.",
                 "The credentials that were sent give no right to this directory or page."},
    status_words{404, "Not Found", "404 - File or directory not found.",
                 "The resource was removed, renamed, or cannot be reached at present."},
    status_words{405, "Method Not Allowed", "405 - HTTP verb used to access this page is not allowed.",
                 "The page cannot be shown because it was asked for with an HTTP verb that it does not take."},
    status_words{413, "Request Entity Too Large", "413 - Request entity too large.", "The request is too large."},
    status_words{500, "Internal Server Error", "500 - Internal server error.",
                 "The resource has a problem and cannot be shown."},
    status_words{503, "Service Unavailable", "503 - Service Unavailable", "The service is unavailable."},
};

status_words const& words_of(unsigned status) noexcept
{
    auto const found = std::find_if(words.begin(), words.end(), [=](auto const& w) { return w.status == status; });
    return found != words.end() ? *found : words.front();
}

bytes body_of(std::string_view text) { return to_bytes(as_bytes(text)); }

std::string html_escaped(std::string_view text)
{
    std::string out;
    for(char const c : text) {
        switch(c) {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '"': out += "&quot;"; break;
        default: out += c;
        }
    }
    return out;
}

} // namespace

std::string http_date(time_point when)
{
    using namespace std::chrono;
    constexpr std::array<std::string_view, 7> days_{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<std::string_view, 12> months_{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    auto const midnight = floor<days>(when);
    // "2026-11-20T08:11:52Z"
    auto const iso = to_iso8601(when);
    auto const month = static_cast<unsigned>(year_month_day(midnight).month());
    std::string out(days_[weekday(midnight).c_encoding()]);
    out += ", " + iso.substr(8, 2) + ' ';
    out += months_[month - 1];
    out += ' ' + iso.substr(0, 4) + ' ' + iso.substr(11, 8) + " GMT";
    return out;
}

std::string_view reason_of(unsigned status) noexcept { return words_of(status).reason; }

http::response iis_response(unsigned status, std::string type, std::string_view body, time_point now)
{
    http::response out;
    out.status = status;
    out.reason = reason_of(status);
    if(!type.empty())
        out.fields.add("Content-Type", std::move(type));
    out.fields.add("Server", "Microsoft-IIS/10.0");
    out.fields.add("X-Powered-By", "ASP.NET");
    out.fields.add("Date", http_date(now));
    out.body = body_of(body);
    return out;
}

http::response iis_error(unsigned status, time_point now)
{
    auto const& w = words_of(status);
    std::string const title(w.title);
    auto const body = "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\" "
                      "\"http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd\">\r\n"
                      "<html xmlns=\"http://www.w3.org/1999/xhtml\">\r\n<head>\r\n"
                      "<meta http-equiv=\"Content-Type\" content=\"text/html; charset=iso-8859-1\"/>\r\n<title>" +
                      title +
                      "</title>\r\n</head>\r\n<body>\r\n<div id=\"header\"><h1>Server Error</h1></div>\r\n"
                      "<div id=\"content\"><fieldset><h2>" +
                      title + "</h2><h3>" + std::string(w.text) + "</h3></fieldset></div>\r\n</body>\r\n</html>\r\n";
    return iis_response(status, "text/html", body, now);
}

http::response iis_moved(unsigned status, std::string const& location, time_point now)
{
    auto out = iis_response(status, "text/html; charset=UTF-8",
                            "<head><title>Document Moved</title></head>\n<body><h1>Object Moved</h1>"
                            "This document may be found <a HREF=\"" +
                                html_escaped(location) + "\">here</a></body>",
                            now);
    out.fields.add("Location", location);
    return out;
}

http::response httpsys_error(unsigned status, std::string_view detail, std::string_view sentence, time_point now)
{
    std::string const reason(reason_of(status));
    auto heading = reason;
    if(!detail.empty())
        heading.append(" - ").append(detail);
    http::response out;
    out.status = status;
    out.reason = reason;
    out.fields.add("Content-Type", "text/html; charset=us-ascii");
    out.fields.add("Server", "Microsoft-HTTPAPI/2.0");
    out.fields.add("Date", http_date(now));
    out.fields.add("Connection", "close");
    out.body = body_of("<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\"\"http://www.w3.org/TR/html4/strict.dtd\">"
                       "\r\n<HTML><HEAD><TITLE>" +
                       reason +
                       "</TITLE>\r\n<META HTTP-EQUIV=\"Content-Type\" Content=\"text/html; charset=us-ascii\"></HEAD>"
                       "\r\n<BODY><h2>" +
                       heading + "</h2>\r\n<hr><p>HTTP Error " + std::to_string(status) + ". " + std::string(sentence) +
                       "</p>\r\n</BODY></HTML>\r\n");
    return out;
}

http::response foreign_response(unsigned status, std::string_view body, time_point now)
{
    http::response out;
    out.status = status;
    out.reason = reason_of(status);
    if(!body.empty())
        out.fields.add("Content-Type", "text/html; charset=utf-8");
    out.fields.add("Date", http_date(now));
    out.body = body_of(body);
    return out;
}

std::string_view ndes_page() noexcept
{
    return "<HTML><Head><Title>Network Device Enrollment Service</Title></Head>\r\n"
           "<Body><H1>Network Device Enrollment Service</H1>\r\n"
           "<P>This service gives certificates to network devices by the Simple Certificate Enrollment Protocol "
           "(SCEP).</P>\r\n</Body></HTML>\r\n";
}

std::string_view welcome_page() noexcept
{
    return "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\" "
           "\"http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd\">\r\n"
           "<html xmlns=\"http://www.w3.org/1999/xhtml\">\r\n<head><title>IIS Windows Server</title></head>\r\n"
           "<body><h1>Internet Information Services</h1></body>\r\n</html>\r\n";
}

std::string_view waf_page() noexcept
{
    return "<html><head><title>Request blocked</title></head>"
           "<body><h1>Request blocked</h1><p>The request was stopped by a security rule.</p></body></html>\n";
}

} // namespace scepkit::inline v0::simulator::detail
