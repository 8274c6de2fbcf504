// SPDX-License-Identifier: BSL-1.0
#include <scepkit/base/random_source.hpp>

#include <openssl/err.h>
#include <openssl/rand.h>

namespace scepkit::inline v0 {

namespace {

class openssl_random final : public random_source
{
public:
    result<void> fill(std::span<std::uint8_t> out) override
    {
        if(out.empty())
            return success();
        if(RAND_bytes_ex(nullptr, out.data(), out.size(), 0) == 1)
            return success();
        char text[256] = {};
        ERR_error_string_n(ERR_peek_last_error(), text, sizeof(text));
        ERR_clear_error();
        return error(errc::crypto_failed, diagnostics{.message = "the random generator gave nothing; "
                                                                 "see whether the system's entropy source is there",
                                                      .layer = "random",
                                                      .crypto = text});
    }
};

} // namespace

random_source::~random_source() = default;

random_source& system_random() noexcept
{
    static openssl_random source;
    return source;
}

} // namespace scepkit::inline v0
