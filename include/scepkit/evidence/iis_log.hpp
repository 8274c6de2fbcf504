// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/result.hpp>
#include <scepkit/facts/iis_summary.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace scepkit::inline v0::evidence {

/// One request line of an IIS W3C extended log, under Log Parser's field names. Views die with the next line.
struct iis_entry {
    std::uint64_t line = 0;
    std::optional<time_point> time; ///< date + time, UTC, the moment the answer was sent.
    std::string_view s_ip, cs_method, cs_uri_stem, cs_uri_query, cs_username, c_ip, cs_user_agent, cs_host;
    std::string_view client_address; ///< A logged X-Forwarded-For or similar, else c_ip.
    std::optional<std::int64_t> s_port, sc_status, sc_substatus, time_taken;
    std::optional<std::uint64_t> sc_win32_status;
};

struct iis_reader_options {
    std::size_t longest_line = 128u << 10; ///< IIS writes up to 65,536; longer ones are bad lines.
    std::size_t open_attempts = 20000;     ///< Attempts followed at the same time.
    std::size_t rows = 2000;               ///< Different calls and shapes kept.
    /// Reading stops at the next block after it becomes true (Ctrl-C); the summary holds what was read so far.
    std::atomic<bool> const* cancel = nullptr;
};

/// Reads W3C extended logs in blocks of any size: feed the bytes, take the summary.
///
/// Obeys `#Fields` wherever it stands (any order, any subset, again and again), `#Date` where the date field is
/// missing, CRLF or LF, a BOM, NUL padding; a bad line is counted with its number and never stops the run. Source:
/// Microsoft, "W3C Extended Log File Examples", IIS documentation of logFile; Log Parser, "IISW3C input format".
class SCEPKIT_API iis_log_reader
{
public:
    explicit iis_log_reader(std::string source_name, iis_reader_options options = {});
    iis_log_reader(iis_log_reader&&) noexcept;
    iis_log_reader& operator=(iis_log_reader&&) noexcept;
    ~iis_log_reader();

    void feed(std::string_view block);
    /// Ends this file and goes on with another one of the same server; attempts are followed across the seam.
    /// The error says why the file that ended gave nothing: errc::no_fields_directive, errc::unsupported (UTF-16).
    result<void> next_source(std::string source_name);
    /// Ends the input. The last file's error if nothing could be read from any file.
    result<facts::iis_summary> finish();

    /// `sink` sees every well-formed entry, before it is summed up. Slower than reading without.
    void on_entry(std::function<void(iis_entry const&)> sink);

private:
    struct state;
    std::unique_ptr<state> state_;
};

/// Reads a file in blocks (never mapped: a cut file would kill the process).
SCEPKIT_API result<facts::iis_summary> read_iis_log(std::string const& path, iis_reader_options const& options = {});
/// Several files of one server, in order of their names (numbers in them counted as numbers), attempts followed across
/// the seams. Fails with the first file's error that cannot be read; `collect` goes on instead.
SCEPKIT_API result<facts::iis_summary> read_iis_logs(std::vector<std::string> const& paths,
                                                     iis_reader_options const& options = {});

/// What kind of evidence the first bytes of a file are.
enum class kind { iis_log, unknown };
SCEPKIT_API kind recognise(std::string_view first_bytes) noexcept;

/// Reads files and folders (their files, not deeper) into facts; what cannot be used is listed, never fatal.
struct collected {
    std::vector<facts::iis_summary> iis_logs; ///< One a folder: the files of one folder are taken for one server's.
    std::vector<std::pair<std::string, error>> unreadable;
};
SCEPKIT_API collected collect(std::vector<std::string> const& paths, iis_reader_options const& options = {});

} // namespace scepkit::inline v0::evidence
