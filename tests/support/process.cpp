// SPDX-License-Identifier: BSL-1.0
#include <support/process.hpp>

#include <cstdio>
#include <gtest/gtest.h>
#include <memory>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace scepkit::test {

std::string this_program;

namespace {

struct close_file {
    void operator()(std::FILE* f) const noexcept { std::fclose(f); }
};
// Files rather than pipes: a program that neither reads nor writes in our order cannot block us.
using file = std::unique_ptr<std::FILE, close_file>;

std::vector<std::uint8_t> contents(std::FILE* f)
{
    std::rewind(f);
    std::vector<std::uint8_t> all;
    std::uint8_t block[4096];
    while(auto const n = std::fread(block, 1, sizeof(block), f))
        all.insert(all.end(), block, block + n);
    return all;
}

} // namespace

process_result run(std::vector<std::string> const& arguments, std::vector<std::uint8_t> const& input)
{
    file const in(std::tmpfile());
    file const out(std::tmpfile());
    file const err(std::tmpfile());
    if(!in || !out || !err) {
        ADD_FAILURE() << "cannot make temporary files";
        return {};
    }
    std::fwrite(input.data(), 1, input.size(), in.get());
    std::fflush(in.get());
    std::rewind(in.get());

    std::vector<char*> argv;
    for(auto const& a : arguments)
        argv.push_back(const_cast<char*>(a.c_str()));
    argv.push_back(nullptr);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fileno(in.get()), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(out.get()), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(err.get()), STDERR_FILENO);
    pid_t child = -1;
    int const started = posix_spawnp(&child, argv.front(), &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if(started != 0) {
        ADD_FAILURE() << "cannot start " << arguments.front();
        return {};
    }
    int status = 0;
    waitpid(child, &status, 0);

    process_result result;
    result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    result.out = contents(out.get());
    auto const text = contents(err.get());
    result.err.assign(text.begin(), text.end());
    return result;
}

} // namespace scepkit::test
