// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/bytes.hpp>

#include <cstddef>

namespace scepkit::inline v0 {

/// Overwrites memory in a way the optimiser keeps.
SCEPKIT_API void wipe(void* data, std::size_t size) noexcept;

/// Bytes that are wiped when they go: keys, challenges, decrypted content. Move-only, never printed.
class SCEPKIT_API secret_bytes
{
public:
    secret_bytes() noexcept = default;
    explicit secret_bytes(std::size_t size);
    explicit secret_bytes(bytes_view copy_of);
    /// Takes the buffer over; it is wiped with this object.
    explicit secret_bytes(bytes&& taken) noexcept : data_(std::move(taken)) {}
    secret_bytes(secret_bytes&& other) noexcept;
    secret_bytes& operator=(secret_bytes&& other) noexcept;
    secret_bytes(secret_bytes const&) = delete;
    secret_bytes& operator=(secret_bytes const&) = delete;
    ~secret_bytes();

    static secret_bytes from_text(std::string_view text);
    secret_bytes clone() const { return secret_bytes(view()); }

    bytes_view view() const& noexcept { return data_; }
    bytes_view view() const&& = delete;
    std::uint8_t* data() noexcept { return data_.data(); }
    std::size_t size() const noexcept { return data_.size(); }
    bool empty() const noexcept { return data_.empty(); }
    /// Keeps the first `size` bytes and wipes the rest.
    void truncate(std::size_t size) noexcept;

private:
    bytes data_;
};

} // namespace scepkit::inline v0
