// SPDX-License-Identifier: BSL-1.0
#include <pki/detail/rsa_padding.hpp>

#include <base/try.hpp>
#include <pki/detail/errors.hpp>

#include <gsl/gsl>

#include <algorithm>
#include <array>

namespace scepkit::inline v0::pki::detail {
namespace {

using mask = std::uint32_t; // All ones or all zeros.

// Keeps the optimiser from turning arithmetic on masks back into branches.
mask opaque(mask value) noexcept
{
    mask volatile hidden = value;
    return hidden;
}
mask is_zero(std::uint32_t value) noexcept { return opaque(0u - ((~value & (value - 1u)) >> 31)); }
mask is_equal(std::uint32_t a, std::uint32_t b) noexcept { return is_zero(a ^ b); }

void select(mask use_message, bytes_view message, secret_bytes& key) noexcept
{
    auto* const out = key.data();
    for(std::size_t i = 0; i != key.size(); ++i)
        out[i] = static_cast<std::uint8_t>((message[i] & use_message) | (out[i] & ~use_message));
}

// 00 02 PS 00 M, with M of exactly `size` bytes and PS of eight or more, none of them zero.
mask has_v1_5_padding(bytes_view block, std::size_t size) noexcept
{
    auto const separator = block.size() - size - 1;
    mask good = is_equal(block[0], 0) & is_equal(block[1], 2) & is_equal(block[separator], 0);
    for(std::size_t i = 2; i != separator; ++i)
        good &= ~is_zero(block[i]);
    return good;
}

// MGF1 (RFC 8017, B.2.1) of `seed`, added to `out`.
result<void> unmask(crypto_context const& context, digest_algorithm digest, bytes_view seed,
                    std::span<std::uint8_t> out)
{
    secret_bytes input(seed.size() + 4);
    std::ranges::copy(seed, input.data());
    std::size_t at = 0;
    for(std::uint32_t counter = 0; at != out.size(); ++counter) {
        for(unsigned i = 0; i != 4; ++i)
            input.data()[seed.size() + i] = static_cast<std::uint8_t>(counter >> (24 - 8 * i));
        SCEPKIT_TRY(auto hash, context.digest(digest, input.view()));
        secret_bytes const block(std::move(hash));
        auto const piece = std::min(out.size() - at, block.size());
        for(std::size_t i = 0; i != piece; ++i)
            out[at + i] ^= block.view()[i];
        at += piece;
    }
    return success();
}

} // namespace

void open_v1_5(bytes_view block, secret_bytes& key) noexcept
{
    select(has_v1_5_padding(block, key.size()), block.last(key.size()), key);
}

// RFC 8017, 7.1.2: 00 maskedSeed maskedDB, and in DB: lHash PS 01 M, PS all zero.
result<void> open_oaep(crypto_context const& context, key_transport transport, bytes_view block, secret_bytes& key)
{
    SCEPKIT_TRY(auto const label_hash, context.digest(transport.oaep_digest, {}));
    auto const width = label_hash.size();
    if(block.size() < 2 * width + 2 || key.size() > block.size() - 2 * width - 2)
        return success(); // No message of that size fits this key, whatever stands in the block.
    secret_bytes copy(block);
    std::span<std::uint8_t> const seed(copy.data() + 1, width);
    std::span<std::uint8_t> const data(copy.data() + 1 + width, block.size() - 1 - width);
    SCEPKIT_CHECK(unmask(context, transport.mgf1_digest, data, seed));
    SCEPKIT_CHECK(unmask(context, transport.mgf1_digest, seed, data));

    auto const separator = data.size() - key.size() - 1;
    mask good = is_zero(copy.view()[0]) & is_equal(data[separator], 1);
    for(std::size_t i = 0; i != width; ++i)
        good &= is_equal(data[i], label_hash[i]);
    for(std::size_t i = width; i != separator; ++i)
        good &= is_zero(data[i]);
    select(good, data.last(key.size()), key);
    return success();
}

result<mac_key> bind_rejection_secret(crypto_context const& context, public_key const& key, secret_bytes const& given)
{
    constexpr std::size_t least = 32;
    if(given.size() < least)
        return fail(errc::invalid_argument,
                    "a rejection secret has " + std::to_string(least) + " bytes or more, and stays the same for good");
    auto input = to_bytes(as_bytes("scepkit implicit rejection "));
    input.insert(input.end(), key.spki().begin(), key.spki().end());
    SCEPKIT_TRY(auto bound, context.hmac(digest_algorithm::sha256, given.view(), input));
    secret_bytes const secret(std::move(bound));
    return mac_key::create(secret.view(), context);
}

// A pseudorandom function in counter mode (SP 800-108).
result<secret_bytes> rejection_key(mac_key const& secret, bytes_view ciphertext, std::size_t size)
{
    secret_bytes out(size);
    std::size_t at = 0;
    for(std::uint32_t counter = 0; at != size; ++counter) {
        std::array<std::uint8_t, 8> label{};
        for(unsigned i = 0; i != 4; ++i) {
            label[i] = static_cast<std::uint8_t>(counter >> (8 * i));
            label[4 + i] = static_cast<std::uint8_t>(gsl::narrow<std::uint32_t>(size) >> (8 * i));
        }
        SCEPKIT_TRY(auto hash, secret.compute({as_bytes("content key"), label, ciphertext}));
        secret_bytes const block(std::move(hash));
        auto const piece = std::min(size - at, block.size());
        std::copy_n(block.view().begin(), piece, out.data() + at);
        at += piece;
    }
    return out;
}

bool is_in_range(bytes_view ciphertext, bytes_view modulus) noexcept
{
    return ciphertext.size() == modulus.size() && std::ranges::lexicographical_compare(ciphertext, modulus);
}

} // namespace scepkit::inline v0::pki::detail
