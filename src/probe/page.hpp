// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/bytes.hpp>
#include <scepkit/facts/live.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace scepkit::inline v0::probe {

/// What a body is, told from its bytes alone, and what a page says of itself.
struct page {
    facts::body_kind kind = facts::body_kind::empty;
    std::string title;                ///< Escaped, at most 200 bytes.
    std::vector<std::string> markers; ///< Of a fixed list; never a piece of the page.
};

/// Reads the first 64 KiB. UTF-16, with or without a byte order mark, is read as text: NDES's own pages come that way.
page look_at(bytes_view body);

/// The body as UTF-8 where it is UTF-16, else as it is; at most `maximum` bytes are looked at.
std::string as_readable(bytes_view body, std::size_t maximum);

/// Foreign text made fit for a report: controls escaped, at most `maximum` bytes, "..." where something was cut.
std::string bounded(std::string_view text, std::size_t maximum);

} // namespace scepkit::inline v0::probe
