// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace scepkit::bench {

/// On a disk rather than in memory; TMPDIR chooses another place.
class work_folder
{
public:
    work_folder()
    {
        auto const* const place = std::getenv("TMPDIR");
        auto pattern = std::string(place != nullptr ? place : "/var/tmp") + "/scepkit-ledger-XXXXXX";
        if(::mkdtemp(pattern.data()) == nullptr)
            throw std::runtime_error("no folder to work in");
        path_ = pattern;
    }
    ~work_folder() { std::filesystem::remove_all(path_); }
    work_folder(work_folder const&) = delete;
    work_folder& operator=(work_folder const&) = delete;
    std::filesystem::path const& path() const noexcept { return path_; }

private:
    std::filesystem::path path_;
};

} // namespace scepkit::bench
