// SPDX-License-Identifier: BSL-1.0
// Runs a fuzz target over files, for compilers without libFuzzer: every seed is a unit test.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);

namespace {

bool replay(std::filesystem::path const& path)
{
    std::ifstream in(path, std::ios::binary);
    if(!in) {
        std::fprintf(stderr, "cannot read %s\n", path.c_str());
        return false;
    }
    std::vector<std::uint8_t> const data{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    LLVMFuzzerTestOneInput(data.data(), data.size());
    return true;
}

} // namespace

int main(int argc, char** argv)
{
    std::size_t inputs = 0;
    for(int i = 1; i < argc; ++i) {
        std::filesystem::path const path = argv[i];
        if(!std::filesystem::is_directory(path)) {
            if(!replay(path))
                return 1;
            ++inputs;
            continue;
        }
        for(auto const& entry : std::filesystem::recursive_directory_iterator(path)) {
            if(!entry.is_regular_file())
                continue;
            if(!replay(entry.path()))
                return 1;
            ++inputs;
        }
    }
    std::printf("replayed %zu inputs\n", inputs);
    return inputs == 0 ? 1 : 0;
}
