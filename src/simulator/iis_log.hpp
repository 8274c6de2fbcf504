// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/observer.hpp>
#include <scepkit/base/result.hpp>
#include <scepkit/base/time.hpp>

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace scepkit::inline v0::simulator::detail {

/// One answer, as IIS' W3C extended log tells it.
struct log_line {
    time_point sent;            ///< When the answer went out: IIS writes the line then.
    std::string server_address; ///< s-ip
    std::string method;
    std::string stem;              ///< The path, decoded.
    std::string query;             ///< As sent, without "?".
    std::uint16_t server_port = 0; ///< s-port
    std::string client_address;    ///< c-ip
    std::string user_agent;
    std::string referer;
    unsigned status = 0;
    unsigned substatus = 0;
    std::uint32_t win32 = 0;
    std::chrono::milliseconds taken{0};
};

/// The line without its end: fifteen fields, one blank between them, "-" for nothing, '+' for blanks and controls.
std::string to_text(log_line const& line);
/// The directives IIS writes before the first line after its start.
std::string log_header(time_point now);

/// Appends to the file that IIS would write, a line at a time. IIS itself writes late, when its buffer is full.
/// Once open, a write that fails is told to the observer and costs that line only. Thread-safe.
class iis_log
{
public:
    /// errc::file_unwritable
    static result<std::unique_ptr<iis_log>> open(std::string const& path, time_point now, observer* trace);
    ~iis_log();
    iis_log(iis_log const&) = delete;
    iis_log& operator=(iis_log const&) = delete;

    void write(log_line const& line);

private:
    iis_log(int file, observer* trace) noexcept : file_(file), trace_(trace) {}
    /// Zero, or the errno.
    int append(std::string_view text);

    std::mutex mutex_;
    int file_;
    observer* trace_;
};

} // namespace scepkit::inline v0::simulator::detail
