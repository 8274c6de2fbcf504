// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scep/detail/append_file.hpp>
#include <scep/detail/ledger_chain.hpp>

#include <functional>

namespace scepkit::inline v0::scep::detail {

struct scanned_record {
    bytes_view body;
    std::uint64_t offset = 0;
    std::size_t size = 0;
    ledger_chain::check check{};
};

/// Calls `take` for every record before `end`, in order. Gives the end of the last whole one: what may follow is a
/// record that was cut short, or zeros that a power cut left; anything else is errc::bad_value with its offset.
result<std::uint64_t> scan_records(append_file const& file, ledger_chain const& chain, std::uint64_t end,
                                   std::function<result<void>(scanned_record const&)> const& take);

/// `inner`, said of the record at `offset` of `path`.
error at_record(error const& inner, std::string const& path, std::uint64_t offset);

} // namespace scepkit::inline v0::scep::detail
