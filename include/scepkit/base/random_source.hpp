// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/result.hpp>

#include <cstdint>
#include <memory>
#include <span>

namespace scepkit::inline v0 {

/// Where nonces, transaction ids, content keys, IVs and serials come from. Tests pin it.
class SCEPKIT_API random_source
{
public:
    virtual ~random_source();
    virtual result<void> fill(std::span<std::uint8_t> out) = 0;
};

/// The operating system's generator, through OpenSSL. Thread-safe.
SCEPKIT_API random_source& system_random() noexcept;

} // namespace scepkit::inline v0
