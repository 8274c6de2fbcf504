// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/bytes.hpp>

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <sys/types.h>

/// A file that only grows, locked, with the system calls behind a table so that tests can let each of them fail.
namespace scepkit::inline v0::scep::detail {

struct file_calls {
    ssize_t (*write)(int file, void const* data, std::size_t size, off_t at); ///< As pwrite.
    int (*sync)(int file);                                                    ///< As fdatasync.
    int (*truncate)(int file, off_t size);                                    ///< As ftruncate.
};
/// Null: the system's. A test program's table outlives every use.
SCEPKIT_API extern std::atomic<file_calls const*> at_file_calls;

/// Not thread-safe, but for `sync` and `read`, which may run beside everything else.
class append_file
{
public:
    /// Opens `path`, made with mode 0600 where it is not there, and locks it; errc::file_exists where another holds
    /// the lock, errc::file_unwritable.
    static result<append_file> open(std::string path);
    append_file(append_file&& other) noexcept;
    append_file& operator=(append_file&&) = delete;
    append_file(append_file const&) = delete;
    append_file& operator=(append_file const&) = delete;
    ~append_file();

    std::string const& path() const noexcept { return path_; }
    /// Where the next record begins; at first the size of the file.
    std::uint64_t end() const noexcept { return end_; }
    /// Exactly `out.size()` bytes from `at`; errc::io_failed, also where the file has been cut meanwhile.
    result<void> read(std::uint64_t at, std::span<std::uint8_t> out) const;
    /// All of `data` behind the end, or nothing: what was written of it is cut away again. errc::io_failed, where
    /// trying again is worth it.
    result<void> append(bytes_view data);
    /// Cuts away what is behind `end`. Where the system refuses now, the next `append` does it first.
    result<void> cut(std::uint64_t end);
    result<void> sync() const;
    // The same where memory may be short: what went wrong as errno, 0 for nothing.
    int try_cut(std::uint64_t end) noexcept;
    int try_sync() const noexcept;
    /// What to say of a failure.
    error failed(char const* what, int reason) const;

private:
    append_file(std::string path, int file, std::uint64_t end) noexcept : path_(std::move(path)), file_(file), end_(end)
    {
    }
    int try_cut_tail() noexcept;

    std::string path_;
    int file_;
    std::uint64_t end_;
    bool has_tail_ = false; ///< Bytes of nobody behind `end_`.
};

/// A folder of mode 0700, made where it is not there; errc::file_unwritable.
result<void> make_private_directory(std::string const& path);
bool exists(std::string const& path) noexcept;

} // namespace scepkit::inline v0::scep::detail
