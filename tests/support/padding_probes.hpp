// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <functional>
#include <memory>
#include <openssl/bn.h>
#include <stdexcept>
#include <string>
#include <support/der_tree.hpp>
#include <support/scripted_ca.hpp>
#include <vector>

/// What whoever looks for a padding oracle sends: encrypted keys of six classes (Bleichenbacher 1998; the ROBOT paper).
namespace scepkit::test {

// c = m^e mod n, without any padding of its own.
inline bytes raw_rsa(pki::public_key const& key, bytes_view block)
{
    auto const spki = der_node::parse(key.spki());
    auto const bits = spki.children.at(1).content;
    auto const numbers = der_node::parse(bytes_view(bits).subspan(1));
    auto const number = [](bytes_view b) {
        return std::unique_ptr<BIGNUM, decltype(&BN_free)>(BN_bin2bn(b.data(), static_cast<int>(b.size()), nullptr),
                                                           BN_free);
    };
    auto const n = number(numbers.children.at(0).content);
    auto const e = number(numbers.children.at(1).content);
    auto const m = number(block);
    std::unique_ptr<BN_CTX, decltype(&BN_CTX_free)> const context(BN_CTX_new(), BN_CTX_free);
    std::unique_ptr<BIGNUM, decltype(&BN_free)> const c(BN_new(), BN_free);
    bytes out(block.size());
    if(BN_mod_exp(c.get(), m.get(), e.get(), n.get(), context.get()) != 1 ||
       BN_bn2binpad(c.get(), out.data(), static_cast<int>(out.size())) != static_cast<int>(out.size()))
        throw std::logic_error("no such number");
    return out;
}

/// An envelope for the CA whose encryptedKey is this.
inline bytes envelope_with(scripted_ca const& ca, bytes_view encrypted_key, device const& who = {})
{
    auto tree = der_node::parse(seal_for(ca.recipient().certificate, who.request().der()));
    // ContentInfo [0] EnvelopedData: version, recipientInfos { version, rid, algorithm, encryptedKey }
    tree[1][0][1][0][3].content = to_bytes(encrypted_key);
    return tree.encode();
}

inline constexpr std::size_t modulus_size = 256;

/// Well made around `content_key`; the padding differs from probe to probe.
inline bytes padded(bytes_view content_key, unsigned seed)
{
    bytes block(modulus_size, 0x5a);
    block[10] = static_cast<std::uint8_t>(1 + seed % 255);
    block[11] = static_cast<std::uint8_t>(1 + seed / 255 % 255);
    block[0] = 0;
    block[1] = 2;
    block[modulus_size - content_key.size() - 1] = 0;
    std::copy(content_key.begin(), content_key.end(), block.end() - static_cast<std::ptrdiff_t>(content_key.size()));
    return block;
}

struct padding_class {
    std::string name;
    std::function<bytes(unsigned seed)> block;
};

inline std::vector<padding_class> const padding_classes{
    {"valid padding, another key", [](unsigned s) { return padded(bytes(16, static_cast<std::uint8_t>(s)), s); }},
    {"bad first byte",
     [](unsigned s) {
         auto b = padded(bytes(16, static_cast<std::uint8_t>(s)), s);
         b[0] = 1;
         return b;
     }},
    {"bad block type",
     [](unsigned s) {
         auto b = padded(bytes(16, static_cast<std::uint8_t>(s)), s);
         b[1] = 1;
         return b;
     }},
    {"no zero",
     [](unsigned s) {
         auto b = padded(bytes(16, static_cast<std::uint8_t>(s | 1)), s);
         b[modulus_size - 17] = 7;
         return b;
     }},
    {"short padding",
     [](unsigned s) {
         auto b = padded(bytes(16, static_cast<std::uint8_t>(s)), s);
         b[5] = 0;
         return b;
     }},
    {"another length", [](unsigned s) { return padded(bytes(32, static_cast<std::uint8_t>(s)), s); }},
};

} // namespace scepkit::test
