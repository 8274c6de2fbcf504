// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/bytes.hpp>

#include <string>

// Where a tool's files go, looked at before the work that cannot be repeated is done.

namespace scepkit::inline v0::cli {

/// What a path leads to. A device or pipe is written to; everything else is replaced whole.
enum class target { file, stream };
target target_of(std::string const& path);

/// Whether a file of ordinary size could be written there now: folder, rights and space are tried with a file beside it
/// that is removed again. Streams are not tried. errc::file_unwritable.
result<void> try_output(std::string const& path);

/// Writes all of `data`, or says why not; a file that was there is replaced whole or stays.
result<void> write_output(std::string const& path, bytes_view data, unsigned mode);

} // namespace scepkit::inline v0::cli
