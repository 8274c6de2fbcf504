// SPDX-License-Identifier: BSL-1.0
#include <support/files.hpp>

#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <stdexcept>
#include <unistd.h>

namespace scepkit::test {

std::vector<std::uint8_t> read_bytes(std::filesystem::path const& path)
{
    std::ifstream in(path, std::ios::binary);
    if(!in) {
        ADD_FAILURE() << "cannot read " << path;
        return {};
    }
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::string read_text(std::filesystem::path const& path)
{
    auto const bytes = read_bytes(path);
    return {bytes.begin(), bytes.end()};
}

std::filesystem::path vector_path(std::string const& relative)
{
    return std::filesystem::path(SCEPKIT_SOURCE_DIR) / "tests/vectors" / relative;
}

std::optional<std::filesystem::path> fixtures()
{
    char const* folder = std::getenv("SCEPKIT_FIXTURES");
    if(folder == nullptr || *folder == '\0')
        return std::nullopt;
    return std::filesystem::path(folder);
}

temporary_folder::temporary_folder()
{
    std::string pattern = (std::filesystem::temp_directory_path() / "scepkit-test-XXXXXX").string();
    if(::mkdtemp(pattern.data()) == nullptr)
        throw std::runtime_error("cannot make a temporary folder");
    path_ = pattern;
}

temporary_folder::~temporary_folder()
{
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

} // namespace scepkit::test
