// SPDX-License-Identifier: BSL-1.0
#include <scepkit/base/bytes.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <gsl/gsl>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace scepkit::inline v0 {

namespace {

error file_error(errc code, std::string const& path, int reason)
{
    return {code, diagnostics{.message = path + ": " + std::generic_category().message(reason), .layer = "file"}};
}

/// A descriptor that is closed with the object.
class descriptor
{
public:
    explicit descriptor(int value) noexcept : value_(value) {}
    descriptor(descriptor const&) = delete;
    descriptor& operator=(descriptor const&) = delete;
    ~descriptor()
    {
        if(value_ >= 0)
            ::close(value_);
    }
    bool is_open() const noexcept { return value_ >= 0; }
    int value() const noexcept { return value_; }
    /// Zero, or the errno: a full disk on a network file system may only be known now.
    int close() noexcept { return ::close(std::exchange(value_, -1)) == 0 ? 0 : errno; }

private:
    int value_;
};

/// Zero, or the errno of what failed. The bytes are on the disk then, not only in the cache.
int write_all(descriptor& file, bytes_view data)
{
    while(!data.empty()) {
        auto const written = ::write(file.value(), data.data(), data.size());
        if(written < 0 && errno == EINTR)
            continue;
        if(written < 0)
            return errno;
        data = data.subspan(gsl::narrow_cast<std::size_t>(written));
    }
    // What cannot be synchronised (a pipe, some virtual file systems) says EINVAL and has nothing to lose.
    if(::fsync(file.value()) != 0 && errno != EINVAL && errno != EROFS)
        return errno;
    return file.close();
}

/// So that the new name survives a power cut as well; a folder that cannot be synchronised is no failure.
void sync_folder_of(std::string const& path)
{
    auto const slash = path.rfind('/');
    auto const folder = slash == std::string::npos ? std::string(".") : path.substr(0, slash + 1);
    descriptor const open(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if(open.is_open())
        static_cast<void>(::fsync(open.value()));
}

} // namespace

result<bytes> read_file(std::string const& path, std::size_t maximum)
{
    descriptor const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if(!file.is_open())
        return file_error(errc::file_unreadable, path, errno);
    struct stat status {
    };
    if(::fstat(file.value(), &status) != 0)
        return file_error(errc::file_unreadable, path, errno);

    // The size is a hint: a file can grow while it is read, and a pipe has none.
    constexpr std::size_t block = 64u << 10;
    bytes out;
    if(S_ISREG(status.st_mode) && status.st_size > 0)
        out.reserve(std::min(maximum, gsl::narrow_cast<std::size_t>(status.st_size)));
    while(true) {
        auto const have = out.size();
        // One byte more than allowed is asked for, to tell a full file from a longer one.
        auto const want = have < maximum ? std::min(block, maximum - have) : std::size_t{1};
        out.resize(have + want);
        auto const got = ::read(file.value(), out.data() + have, want);
        if(got < 0 && errno != EINTR)
            return file_error(errc::file_unreadable, path, errno);
        out.resize(have + (got > 0 ? gsl::narrow_cast<std::size_t>(got) : 0));
        if(got == 0)
            return out;
        if(out.size() > maximum)
            return error(errc::too_large,
                         diagnostics{.message = path + " is larger than " + std::to_string(maximum) + " bytes",
                                     .layer = "file"});
    }
}

result<void> write_new_file(std::string const& path, bytes_view data, unsigned mode)
{
    descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, static_cast<mode_t>(mode)));
    if(!file.is_open())
        return file_error(errno == EEXIST ? errc::file_exists : errc::file_unwritable, path, errno);
    if(auto const reason = write_all(file, data); reason != 0) {
        ::unlink(path.c_str());
        return file_error(errc::file_unwritable, path, reason);
    }
    sync_folder_of(path);
    return success();
}

result<void> replace_file(std::string const& path, bytes_view data, unsigned mode)
{
    auto sibling = path + ".XXXXXX";
    descriptor file(::mkostemp(sibling.data(), O_CLOEXEC));
    if(!file.is_open())
        return file_error(errc::file_unwritable, path, errno);
    auto reason = ::fchmod(file.value(), static_cast<mode_t>(mode)) == 0 ? 0 : errno;
    if(reason == 0)
        reason = write_all(file, data);
    if(reason == 0 && std::rename(sibling.c_str(), path.c_str()) != 0)
        reason = errno;
    if(reason != 0) {
        ::unlink(sibling.c_str());
        return file_error(errc::file_unwritable, path, reason);
    }
    sync_folder_of(path);
    return success();
}

} // namespace scepkit::inline v0
