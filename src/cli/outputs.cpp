// SPDX-License-Identifier: BSL-1.0
#include "outputs.hpp"

#include <base/try.hpp>

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <gsl/gsl>
#include <system_error>
#include <unistd.h>

namespace scepkit::inline v0::cli {

namespace {

namespace fs = std::filesystem;

error unwritable(std::string const& path, std::string const& why)
{
    return {errc::file_unwritable, diagnostics{.message = path + ": " + why, .layer = "file"}};
}
error unwritable(std::string const& path, int reason)
{
    return unwritable(path, std::generic_category().message(reason));
}

/// The file itself where `path` is a link to one: a link is kept and what it names is replaced.
std::string behind_links(std::string const& path)
{
    std::error_code failed;
    if(!fs::is_symlink(fs::symlink_status(path, failed)))
        return path;
    auto const real = fs::canonical(path, failed);
    return failed ? path : real.string();
}

result<void> write_stream(std::string const& path, bytes_view data)
{
    int const file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if(file < 0)
        return unwritable(path, errno);
    auto const closing = gsl::finally([&] { ::close(file); });
    while(!data.empty()) {
        auto const written = ::write(file, data.data(), data.size());
        if(written < 0 && errno == EINTR)
            continue;
        if(written < 0)
            return unwritable(path, errno);
        data = data.subspan(gsl::narrow_cast<std::size_t>(written));
    }
    return success();
}

} // namespace

target target_of(std::string const& path)
{
    // /dev/stdout and its like lead through /proc even to a regular file, which is not ours to replace.
    if(behind_links(path).starts_with("/proc/") || path.starts_with("/dev/"))
        return target::stream;
    std::error_code failed;
    auto const status = fs::status(path, failed);
    return !fs::exists(status) || fs::is_regular_file(status) || fs::is_directory(status) ? target::file
                                                                                          : target::stream;
}

result<void> try_output(std::string const& path)
{
    if(target_of(path) == target::stream)
        return success();
    auto const real = behind_links(path);
    std::error_code failed;
    if(fs::is_directory(real, failed))
        return unwritable(path, "is a folder");
    // Large enough for a certificate with its chain.
    constexpr std::array<std::uint8_t, 32768> blank{};
    auto const trial = real + ".trial-" + std::to_string(::getpid());
    SCEPKIT_CHECK(write_new_file(trial, blank, 0600));
    if(!fs::remove(trial, failed))
        return unwritable(trial, "could not be removed again");
    return success();
}

result<void> write_output(std::string const& path, bytes_view data, unsigned mode)
{
    if(target_of(path) == target::stream)
        return write_stream(path, data);
    return replace_file(behind_links(path), data, mode);
}

} // namespace scepkit::inline v0::cli
