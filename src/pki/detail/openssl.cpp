// SPDX-License-Identifier: BSL-1.0
#include <pki/detail/openssl.hpp>

#include <array>

namespace scepkit::inline v0::pki::detail {

std::string drain_errors()
{
    std::string all;
    while(auto const code = ERR_get_error()) {
        std::array<char, 256> text{};
        ERR_error_string_n(code, text.data(), text.size());
        if(!all.empty())
            all += "; ";
        all += text.data();
    }
    return all;
}

error crypto_error(errc code, std::string message)
{
    return {code, diagnostics{.message = std::move(message), .layer = "crypto", .crypto = drain_errors()}};
}

} // namespace scepkit::inline v0::pki::detail
