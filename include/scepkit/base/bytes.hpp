// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/result.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace scepkit::inline v0 {

using bytes = std::vector<std::uint8_t>;
/// Borrowed bytes; valid as long as what they point into.
using bytes_view = std::span<std::uint8_t const>;

inline bytes_view as_bytes(std::string_view text) noexcept
{
    return {reinterpret_cast<std::uint8_t const*>(text.data()), text.size()};
}
inline std::string_view as_text(bytes_view data) noexcept
{
    return {reinterpret_cast<char const*>(data.data()), data.size()};
}
inline bytes to_bytes(bytes_view data) { return {data.begin(), data.end()}; }

SCEPKIT_API bool equal(bytes_view a, bytes_view b) noexcept;
/// Takes the same time whatever the contents; the lengths are not secret.
SCEPKIT_API bool equal_constant_time(bytes_view a, bytes_view b) noexcept;

SCEPKIT_API std::string to_hex(bytes_view data, std::string_view separator = {});
/// Accepts upper and lower case, and ':' or blanks between pairs, as fingerprints are written.
SCEPKIT_API result<bytes> from_hex(std::string_view text);
/// Standard alphabet with padding (RFC 4648, section 4).
SCEPKIT_API std::string to_base64(bytes_view data);
/// Standard alphabet; line breaks and blanks are skipped, anything else is errc::bad_value with its offset.
SCEPKIT_API result<bytes> from_base64(std::string_view text);

/// `text` with control characters, DEL, C1 and bidirectional overrides written as \xNN or \u{NNNN}, so that
/// hostile evidence cannot drive a terminal. Bytes that are not UTF-8 are written as \xNN.
SCEPKIT_API std::string escape_controls(std::string_view text);

/// The whole of a file, up to `maximum` bytes; errc::too_large beyond.
SCEPKIT_API result<bytes> read_file(std::string const& path, std::size_t maximum);
/// Creates `path` with `mode` and writes all of it, or leaves nothing; errc::file_exists if it is there.
SCEPKIT_API result<void> write_new_file(std::string const& path, bytes_view data, unsigned mode);
/// Writes a sibling and renames it over `path`, so that a reader sees the old or the new, never half.
SCEPKIT_API result<void> replace_file(std::string const& path, bytes_view data, unsigned mode);

} // namespace scepkit::inline v0
