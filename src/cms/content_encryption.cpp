// SPDX-License-Identifier: BSL-1.0
#include <cms/detail/content_encryption.hpp>

#include <cms/detail/reading.hpp>
#include <pki/detail/context.hpp>
#include <scepkit/asn1/oids.hpp>

#include <algorithm>
#include <climits>
#include <gsl/gsl>
#include <openssl/evp.h>

namespace scepkit::inline v0::cms {

namespace {

struct cipher_facts {
    content_cipher cipher;
    asn1::oid id;
    std::string_view name;
    std::size_t key_size;
    std::size_t block_size;
    pki::detail::cipher_kind kind;
};

// Single DES is triple DES with one key three times, so no legacy provider is needed to read old devices.
constexpr cipher_facts ciphers[] = {
    {content_cipher::aes128_cbc, asn1::oids::aes128_cbc, "AES-128-CBC", 16, 16, pki::detail::cipher_kind::aes128_cbc},
    {content_cipher::aes192_cbc, asn1::oids::aes192_cbc, "AES-192-CBC", 24, 16, pki::detail::cipher_kind::aes192_cbc},
    {content_cipher::aes256_cbc, asn1::oids::aes256_cbc, "AES-256-CBC", 32, 16, pki::detail::cipher_kind::aes256_cbc},
    {content_cipher::des_ede3_cbc, asn1::oids::des_ede3_cbc, "DES-EDE3-CBC", 24, 8,
     pki::detail::cipher_kind::des_ede3_cbc},
    {content_cipher::des_cbc, asn1::oids::des_cbc, "DES-CBC", 8, 8, pki::detail::cipher_kind::des_ede3_cbc},
    {content_cipher::aes128_gcm, asn1::oid{"2.16.840.1.101.3.4.1.6"}, "AES-128-GCM", 16, 16,
     pki::detail::cipher_kind::aes128_gcm},
    {content_cipher::aes256_gcm, asn1::oid{"2.16.840.1.101.3.4.1.46"}, "AES-256-GCM", 32, 16,
     pki::detail::cipher_kind::aes256_gcm},
};

constexpr std::size_t gcm_nonce = 12;

cipher_facts const& facts_of(content_cipher c) noexcept
{
    auto const found = std::ranges::find(ciphers, c, &cipher_facts::cipher);
    Expects(found != std::end(ciphers));
    return *found;
}

secret_bytes expanded_key(content_cipher c, bytes_view key)
{
    if(c != content_cipher::des_cbc)
        return secret_bytes(key);
    secret_bytes tripled(3 * key.size());
    for(std::size_t i = 0; i != 3; ++i)
        std::ranges::copy(key, tripled.data() + i * key.size());
    return tripled;
}

enum class direction : int { decrypt = 0, encrypt = 1 };

/// Whole blocks in, whole blocks out: the padding is the caller's, so that OpenSSL has no say in how it fails.
bool run_cbc(pki::crypto_context const& context, cipher_facts const& facts, direction way, bytes_view key,
             bytes_view iv, bytes_view in, std::uint8_t* out)
{
    pki::detail::queue_guard const guard;
    if(in.size() > static_cast<std::size_t>(INT_MAX) - facts.block_size)
        return false;
    auto const* cipher = context.handles().cipher(facts.kind);
    pki::detail::cipher_ctx_ptr const state(EVP_CIPHER_CTX_new());
    if(cipher == nullptr || !state)
        return false;
    auto const full_key = expanded_key(facts.cipher, key);
    int written = 0;
    int last = 0;
    return EVP_CipherInit_ex2(state.get(), cipher, full_key.view().data(), iv.data(), static_cast<int>(way), nullptr) ==
               1 &&
           EVP_CIPHER_CTX_set_padding(state.get(), 0) == 1 &&
           EVP_CipherUpdate(state.get(), out, &written, in.data(), gsl::narrow<int>(in.size())) == 1 &&
           EVP_CipherFinal_ex(state.get(), out + written, &last) == 1 &&
           gsl::narrow<std::size_t>(written + last) == in.size();
}

/// Both directions of GCM; `tag` is read when decrypting and written when encrypting.
bool run_gcm(pki::crypto_context const& context, cipher_facts const& facts, direction way, bytes_view key,
             bytes_view nonce, bytes_view authenticated, bytes_view in, std::uint8_t* out, std::span<std::uint8_t> tag)
{
    pki::detail::queue_guard const guard;
    constexpr auto most = static_cast<std::size_t>(INT_MAX) - 64;
    if(in.size() > most || authenticated.size() > most)
        return false;
    auto const* cipher = context.handles().cipher(facts.kind);
    pki::detail::cipher_ctx_ptr const state(EVP_CIPHER_CTX_new());
    if(cipher == nullptr || !state)
        return false;
    auto const tag_size = gsl::narrow<int>(tag.size());
    int written = 0;
    int last = 0;
    std::uint8_t nothing = 0;
    if(EVP_CipherInit_ex2(state.get(), cipher, key.data(), nonce.data(), static_cast<int>(way), nullptr) != 1)
        return false;
    if(!authenticated.empty() && EVP_CipherUpdate(state.get(), nullptr, &written, authenticated.data(),
                                                  gsl::narrow<int>(authenticated.size())) != 1)
        return false;
    written = 0;
    if(!in.empty() && EVP_CipherUpdate(state.get(), out, &written, in.data(), gsl::narrow<int>(in.size())) != 1)
        return false;
    if(way == direction::decrypt && EVP_CIPHER_CTX_ctrl(state.get(), EVP_CTRL_AEAD_SET_TAG, tag_size, tag.data()) != 1)
        return false;
    if(EVP_CipherFinal_ex(state.get(), &nothing, &last) != 1 || gsl::narrow<std::size_t>(written) != in.size() ||
       last != 0)
        return false;
    return way == direction::decrypt ||
           EVP_CIPHER_CTX_ctrl(state.get(), EVP_CTRL_AEAD_GET_TAG, tag_size, tag.data()) == 1;
}

/// The length of the padding, or 0 if it is wrong; looks at one whole block whatever it finds.
std::size_t padding_of(bytes_view plain, std::size_t block) noexcept
{
    unsigned const claimed = plain.back();
    unsigned wrong = static_cast<unsigned>(claimed == 0) | static_cast<unsigned>(claimed > block);
    for(std::size_t i = 0; i != block; ++i) {
        unsigned const counts = static_cast<unsigned>(i < claimed);
        wrong |= counts & static_cast<unsigned>(plain[plain.size() - 1 - i] != claimed);
    }
    return wrong != 0 ? 0 : claimed;
}

} // namespace

std::string_view name_of(content_cipher c) noexcept { return facts_of(c).name; }
std::size_t key_size_of(content_cipher c) noexcept { return facts_of(c).key_size; }
std::size_t block_size_of(content_cipher c) noexcept { return facts_of(c).block_size; }

namespace detail {

std::optional<content_cipher> content_cipher_of(asn1::oid const& id) noexcept
{
    auto const found = std::ranges::find(ciphers, id, &cipher_facts::id);
    if(found == std::end(ciphers))
        return std::nullopt;
    return found->cipher;
}

asn1::oid const& oid_of(content_cipher c) noexcept { return facts_of(c).id; }

std::size_t iv_size_of(content_cipher c) noexcept { return is_authenticated(c) ? gcm_nonce : block_size_of(c); }

error decryption_failure()
{
    return failure(errc::decryption_failed, "The envelope could not be opened.", {}, "RFC 5652, 6.3");
}

result<secret_bytes> decrypt_blocks(pki::crypto_context const& context, content_cipher cipher, bytes_view key,
                                    bytes_view iv, bytes_view encrypted)
{
    auto const& facts = facts_of(cipher);
    Expects(!is_authenticated(cipher));
    if(key.size() != facts.key_size || iv.size() != facts.block_size || encrypted.empty() ||
       encrypted.size() % facts.block_size != 0)
        return decryption_failure();
    secret_bytes plain(encrypted.size());
    if(!run_cbc(context, facts, direction::decrypt, key, iv, encrypted, plain.data()))
        return decryption_failure();
    return plain;
}

result<secret_bytes> decrypt_cbc(pki::crypto_context const& context, content_cipher cipher, bytes_view key,
                                 bytes_view iv, bytes_view encrypted)
{
    auto plain = decrypt_blocks(context, cipher, key, iv, encrypted);
    if(!plain)
        return plain;
    auto const padding = padding_of(plain->view(), block_size_of(cipher));
    if(padding == 0)
        return decryption_failure();
    plain->truncate(plain->size() - padding);
    return plain;
}

result<bytes> encrypt_blocks(pki::crypto_context const& context, content_cipher cipher, bytes_view key, bytes_view iv,
                             bytes_view blocks)
{
    auto const& facts = facts_of(cipher);
    Expects(!is_authenticated(cipher) && key.size() == facts.key_size && iv.size() == facts.block_size);
    Expects(blocks.size() % facts.block_size == 0);
    bytes out(blocks.size());
    if(!run_cbc(context, facts, direction::encrypt, key, iv, blocks, out.data()))
        return failure(errc::crypto_failed, std::string(facts.name) + " is not available in this crypto context.");
    return out;
}

result<bytes> encrypt_cbc(pki::crypto_context const& context, content_cipher cipher, bytes_view key, bytes_view iv,
                          bytes_view content)
{
    auto const block = block_size_of(cipher);
    if(content.size() > static_cast<std::size_t>(INT_MAX) - 2 * block)
        return failure(errc::too_large, "Content of this size does not fit an envelope.");
    auto const padding = block - content.size() % block;
    secret_bytes padded(content.size() + padding);
    std::ranges::copy(content, padded.data());
    std::fill_n(padded.data() + content.size(), padding, static_cast<std::uint8_t>(padding));
    return encrypt_blocks(context, cipher, key, iv, padded.view());
}

result<secret_bytes> decrypt_gcm(pki::crypto_context const& context, content_cipher cipher, bytes_view key,
                                 bytes_view nonce, bytes_view authenticated, bytes_view encrypted, bytes_view tag)
{
    auto const& facts = facts_of(cipher);
    Expects(is_authenticated(cipher));
    if(key.size() != facts.key_size || nonce.size() != gcm_nonce || tag.size() < shortest_tag || tag.size() > full_tag)
        return decryption_failure();
    auto expected = to_bytes(tag);
    // Until the tag has proved right this is nobody's to see: wiped where it does not.
    secret_bytes plain(encrypted.size());
    if(!run_gcm(context, facts, direction::decrypt, key, nonce, authenticated, encrypted, plain.data(), expected))
        return decryption_failure();
    return plain;
}

result<authenticated_content> encrypt_gcm(pki::crypto_context const& context, content_cipher cipher, bytes_view key,
                                          bytes_view nonce, bytes_view authenticated, bytes_view content)
{
    auto const& facts = facts_of(cipher);
    Expects(is_authenticated(cipher) && key.size() == facts.key_size && nonce.size() == gcm_nonce);
    if(content.size() > static_cast<std::size_t>(INT_MAX) - 64)
        return failure(errc::too_large, "Content of this size does not fit an envelope.");
    authenticated_content out{.encrypted = bytes(content.size()), .tag = bytes(full_tag)};
    if(!run_gcm(context, facts, direction::encrypt, key, nonce, authenticated, content, out.encrypted.data(), out.tag))
        return failure(errc::crypto_failed, std::string(facts.name) + " is not available in this crypto context.");
    return out;
}

} // namespace detail

} // namespace scepkit::inline v0::cms
