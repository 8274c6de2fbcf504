// SPDX-License-Identifier: BSL-1.0
#include "iis_log.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <gsl/gsl>
#include <system_error>
#include <unistd.h>

namespace scepkit::inline v0::simulator::detail {

namespace {

/// One field: blanks and what cannot be printed become '+', nothing becomes "-".
std::string field(std::string_view text)
{
    if(text.empty())
        return "-";
    std::string out(text);
    for(char& c : out) {
        auto const value = static_cast<unsigned char>(c);
        if(value <= 0x20 || value == 0x7f)
            c = '+';
    }
    return out;
}

/// "2026-11-20 08:11:52"
std::string date_and_time(time_point when)
{
    auto text = to_iso8601(when);
    text[10] = ' ';
    text.pop_back();
    return text;
}

} // namespace

std::string to_text(log_line const& line)
{
    std::array<std::string, 14> const fields{date_and_time(line.sent),
                                             field(line.server_address),
                                             field(line.method),
                                             field(line.stem),
                                             field(line.query),
                                             std::to_string(line.server_port),
                                             "-", // cs-username: nobody logs on
                                             field(line.client_address),
                                             field(line.user_agent),
                                             field(line.referer),
                                             std::to_string(line.status),
                                             std::to_string(line.substatus),
                                             std::to_string(line.win32),
                                             std::to_string(line.taken.count())};
    std::string out;
    for(auto const& f : fields) {
        if(!out.empty())
            out += ' ';
        out += f;
    }
    return out;
}

std::string log_header(time_point now)
{
    // The default fields of IIS 8 to 10 (IIS reference, "Log File Settings for a Web Site").
    return "#Software: Microsoft Internet Information Services 10.0\r\n#Version: 1.0\r\n#Date: " + date_and_time(now) +
           "\r\n#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) "
           "cs(Referer) sc-status sc-substatus sc-win32-status time-taken\r\n";
}

result<std::unique_ptr<iis_log>> iis_log::open(std::string const& path, time_point now, observer* trace)
{
    auto const failed = [&](int reason) {
        return error(errc::file_unwritable,
                     diagnostics{.message = path + ": " + std::generic_category().message(reason), .layer = "file"});
    };
    int const file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if(file < 0)
        return failed(errno);
    std::unique_ptr<iis_log> out(new iis_log(file, trace));
    if(auto const reason = out->append(log_header(now)); reason != 0)
        return failed(reason);
    return out;
}

iis_log::~iis_log() { ::close(file_); }

void iis_log::write(log_line const& line)
{
    auto const text = to_text(line) + "\r\n";
    std::lock_guard const lock(mutex_);
    auto const reason = append(text);
    if(reason != 0 && trace_ != nullptr)
        trace_->on_event({.layer = "iis-log",
                          .name = "write-failed",
                          .detail = std::generic_category().message(reason),
                          .took = {}});
}

int iis_log::append(std::string_view text)
{
    while(!text.empty()) {
        auto const written = ::write(file_, text.data(), text.size());
        if(written < 0 && errno == EINTR)
            continue;
        if(written < 0)
            return errno;
        text.remove_prefix(gsl::narrow_cast<std::size_t>(written));
    }
    return 0;
}

} // namespace scepkit::inline v0::simulator::detail
