// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/bytes.hpp>

#include <string>
#include <vector>

namespace scepkit::inline v0::pki::detail {

/// One BEGIN … END block; views into the text.
struct pem_block {
    std::string_view label;
    std::string_view body;    ///< Between the two lines: base64, and RFC 1421 headers where there are any.
    std::uint64_t line = 0;   ///< Of BEGIN, from 1.
    bool has_headers = false; ///< "Proc-Type: 4,ENCRYPTED" and the like.
};

/// Every block of a text, in order; whatever stands outside is skipped, a byte order mark and any line ending are fine.
/// errc::bad_pem (with the line) for a block that does not end or ends under another label; errc::too_large.
result<std::vector<pem_block>> find_pem_blocks(bytes_view text);
/// errc::bad_pem.
result<bytes> decode_pem(pem_block const& block);
/// Lines of 64 characters.
std::string encode_pem(std::string_view label, bytes_view der);

} // namespace scepkit::inline v0::pki::detail
