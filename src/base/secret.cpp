// SPDX-License-Identifier: BSL-1.0
#include <scepkit/base/secret.hpp>

#include <openssl/crypto.h>
#include <utility>

namespace scepkit::inline v0 {

namespace {

void wipe_all(bytes& data) noexcept
{
    // A buffer that was taken over may hold old bytes behind its size.
    data.resize(data.capacity());
    wipe(data.data(), data.size());
    data.clear();
}

} // namespace

void wipe(void* data, std::size_t size) noexcept
{
    if(size != 0)
        OPENSSL_cleanse(data, size);
}

secret_bytes::secret_bytes(std::size_t size) : data_(size) {}

secret_bytes::secret_bytes(bytes_view copy_of) : data_(copy_of.begin(), copy_of.end()) {}

secret_bytes::secret_bytes(secret_bytes&& other) noexcept : data_(std::exchange(other.data_, {})) {}

secret_bytes& secret_bytes::operator=(secret_bytes&& other) noexcept
{
    if(this != &other) {
        wipe_all(data_);
        data_ = std::exchange(other.data_, {});
    }
    return *this;
}

secret_bytes::~secret_bytes() { wipe_all(data_); }

secret_bytes secret_bytes::from_text(std::string_view text) { return secret_bytes(as_bytes(text)); }

void secret_bytes::truncate(std::size_t size) noexcept
{
    if(size >= data_.size())
        return;
    wipe(data_.data() + size, data_.size() - size);
    data_.resize(size);
}

} // namespace scepkit::inline v0
