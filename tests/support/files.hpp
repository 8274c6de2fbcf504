// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace scepkit::test {

/// The bytes of a file; fails the running test and returns nothing where it cannot be read.
std::vector<std::uint8_t> read_bytes(std::filesystem::path const& path);
std::string read_text(std::filesystem::path const& path);

/// A vector kept with the project, by its path below tests/vectors.
std::filesystem::path vector_path(std::string const& relative);

/// The folder SCEPKIT_FIXTURES names, or nothing. Callers skip with a line of their own.
std::optional<std::filesystem::path> fixtures();

/// A folder that is removed with the object.
class temporary_folder
{
public:
    temporary_folder();
    ~temporary_folder();
    temporary_folder(temporary_folder const&) = delete;
    temporary_folder& operator=(temporary_folder const&) = delete;
    std::filesystem::path const& path() const noexcept { return path_; }

private:
    std::filesystem::path path_;
};

} // namespace scepkit::test

/// Leaves the test with a clear line where the real messages are not on this machine.
#define SCEPKIT_NEED_FIXTURE(variable, relative)                                                                       \
    if(!::scepkit::test::fixtures())                                                                                   \
        GTEST_SKIP() << "SCEPKIT_FIXTURES is not set; this test reads " << (relative) << " there";                     \
    auto const variable = *::scepkit::test::fixtures() / (relative)
