// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/config.hpp>

#include <cstddef>

namespace scepkit::inline v0 {

/// Bounds of every parser of foreign bytes. The defaults are safe; raise one on purpose.
struct limits {
    std::size_t message_size = 2u << 20; ///< Bytes of a CMS message (micromdm's own limit is the same).
    std::size_t nesting = 32;            ///< ASN.1 levels.
    std::size_t certificates = 64;       ///< Certificates of one message.
    std::size_t attributes = 32;         ///< Attributes of one set.
    std::size_t extensions = 128;        ///< Extensions, or names of one extension.
    std::size_t name_parts = 64;         ///< Attributes of one distinguished name.
    std::size_t recipients = 16;         ///< Entries that are read before the policy refuses.
    std::size_t capability_lines = 64;
    std::size_t capabilities_size = 64u << 10;
    std::size_t rsa_minimum_bits = 2048;
    std::size_t rsa_maximum_bits = 8192;
    std::size_t rsa_exponent_bits = 33; ///< A 3071-bit exponent costs a hundredfold (CPU bomb).
};

} // namespace scepkit::inline v0
