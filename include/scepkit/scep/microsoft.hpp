// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/config.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace scepkit::inline v0::scep {

/// A Windows HRESULT, as NDES puts it into refusals (signed decimal text in 1.3.6.1.4.1.311.21.33).
struct SCEPKIT_API hresult {
    std::uint32_t value = 0;

    std::string to_string() const;          ///< "0x80070057"
    std::string_view name() const noexcept; ///< "E_INVALIDARG"; empty if this library does not know it.
    std::string_view hint() const noexcept; ///< What it means between NDES and its CA, one sentence; may be empty.
    friend bool operator==(hresult, hresult) noexcept = default;
};

} // namespace scepkit::inline v0::scep
