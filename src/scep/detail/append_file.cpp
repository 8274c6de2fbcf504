// SPDX-License-Identifier: BSL-1.0
#include <scep/detail/append_file.hpp>

#include <base/try.hpp>

#include <cerrno>
#include <fcntl.h>
#include <gsl/gsl>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace scepkit::inline v0::scep::detail {

std::atomic<file_calls const*> at_file_calls{nullptr};

namespace {

constexpr char const* cutting = "cutting away an unfinished record";

constexpr file_calls system_calls{::pwrite, ::fdatasync, ::ftruncate};

file_calls const& calls() noexcept
{
    auto const* const given = at_file_calls.load(std::memory_order_relaxed);
    return given != nullptr ? *given : system_calls;
}

error file_error(errc code, std::string const& path, std::string const& text)
{
    return {code, diagnostics{.message = path + ": " + text, .layer = "file"}};
}

std::string text_of(int reason) { return std::generic_category().message(reason); }

off_t offset_of(std::uint64_t at) { return gsl::narrow<off_t>(at); }

} // namespace

result<append_file> append_file::open(std::string path)
{
    auto const file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if(file < 0)
        return file_error(errc::file_unwritable, path, text_of(errno));
    append_file out(std::move(path), file, 0); // Closes it from here on.
    if(::flock(file, LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK ? file_error(errc::file_exists, out.path_,
                                                 "another process, or another part of this one, has it open")
                                    : file_error(errc::file_unwritable, out.path_, text_of(errno));
    struct stat status {
    };
    if(::fstat(file, &status) != 0 || !S_ISREG(status.st_mode))
        return file_error(errc::file_unwritable, out.path_, "is no regular file");
    out.end_ = gsl::narrow<std::uint64_t>(status.st_size);
    return out;
}

append_file::append_file(append_file&& other) noexcept
    : path_(std::move(other.path_)), file_(std::exchange(other.file_, -1)), end_(other.end_), has_tail_(other.has_tail_)
{
}

append_file::~append_file()
{
    if(file_ >= 0)
        ::close(file_);
}

error append_file::failed(char const* what, int reason) const
{
    return file_error(errc::io_failed, path_, std::string(what) + ": " + text_of(reason));
}

result<void> append_file::read(std::uint64_t at, std::span<std::uint8_t> out) const
{
    while(!out.empty()) {
        auto const got = ::pread(file_, out.data(), out.size(), offset_of(at));
        if(got < 0 && errno == EINTR)
            continue;
        if(got < 0)
            return failed("reading", errno);
        if(got == 0)
            return file_error(errc::io_failed, path_, "ends before a record does; it was cut while in use");
        at += gsl::narrow<std::uint64_t>(got);
        out = out.subspan(gsl::narrow<std::size_t>(got));
    }
    return success();
}

result<void> append_file::append(bytes_view data)
{
    if(auto const reason = try_cut_tail(); reason != 0)
        return failed(cutting, reason);
    // A program that does not ask for the lock may have written or cut: a record in the wrong place is lost.
    // Asked by lseek, whose position nobody uses: fstat looks at the time of the last write, and Linux makes each write
    // after that store a new one.
    auto const size = ::lseek(file_, 0, SEEK_END);
    if(size < 0)
        return failed("looking at its size", errno);
    if(gsl::narrow<std::uint64_t>(size) != end_)
        return file_error(errc::io_failed, path_, "was changed by somebody else while in use");
    // One call writes a record; the loop only finds out why one wrote less.
    auto left = data;
    auto at = end_;
    while(!left.empty()) {
        auto const written = calls().write(file_, left.data(), left.size(), offset_of(at));
        if(written < 0 && errno == EINTR)
            continue;
        if(written <= 0) {
            auto const reason = written < 0 ? errno : EIO;
            has_tail_ = at != end_;
            try_cut_tail();
            return failed("writing", reason);
        }
        at += gsl::narrow<std::uint64_t>(written);
        left = left.subspan(gsl::narrow<std::size_t>(written));
    }
    end_ = at;
    return success();
}

int append_file::try_cut(std::uint64_t end) noexcept
{
    Expects(end <= end_);
    has_tail_ = has_tail_ || end != end_;
    end_ = end;
    return try_cut_tail();
}

result<void> append_file::cut(std::uint64_t end)
{
    if(auto const reason = try_cut(end); reason != 0)
        return failed(cutting, reason);
    return success();
}

int append_file::try_cut_tail() noexcept
{
    if(!has_tail_)
        return 0;
    while(calls().truncate(file_, offset_of(end_)) != 0)
        if(errno != EINTR)
            return errno;
    has_tail_ = false;
    return 0;
}

int append_file::try_sync() const noexcept
{
    while(calls().sync(file_) != 0)
        if(errno != EINTR)
            return errno;
    return 0;
}

result<void> append_file::sync() const
{
    if(auto const reason = try_sync(); reason != 0)
        return failed("synchronising", reason);
    return success();
}

result<void> make_private_directory(std::string const& path)
{
    if(::mkdir(path.c_str(), 0700) != 0)
        return errno == EEXIST ? success() : file_error(errc::file_unwritable, path, text_of(errno));
    // So that the new name survives a power cut as well; a folder that cannot be synchronised is no failure.
    if(auto const parent = ::open((path + "/..").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); parent >= 0) {
        static_cast<void>(::fsync(parent));
        ::close(parent);
    }
    return success();
}

bool exists(std::string const& path) noexcept { return ::access(path.c_str(), F_OK) == 0 || errno != ENOENT; }

} // namespace scepkit::inline v0::scep::detail
