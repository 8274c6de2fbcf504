// SPDX-License-Identifier: BSL-1.0
#include <cms/detail/content_encryption.hpp>

#include <cms/detail/reading.hpp>
#include <pki/detail/context.hpp>
#include <scepkit/asn1/oids.hpp>

#include <algorithm>
#include <climits>
#include <gsl/gsl>
#include <openssl/err.h>
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
};

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
    auto const drained = gsl::finally([] { ERR_clear_error(); });
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

error decryption_failure()
{
    return failure(errc::decryption_failed, "The envelope could not be opened.", {}, "RFC 5652, 6.3");
}

result<secret_bytes> decrypt_cbc(pki::crypto_context const& context, content_cipher cipher, bytes_view key,
                                 bytes_view iv, bytes_view encrypted)
{
    auto const& facts = facts_of(cipher);
    if(key.size() != facts.key_size || iv.size() != facts.block_size || encrypted.empty() ||
       encrypted.size() % facts.block_size != 0)
        return decryption_failure();
    secret_bytes plain(encrypted.size());
    if(!run_cbc(context, facts, direction::decrypt, key, iv, encrypted, plain.data()))
        return decryption_failure();
    auto const padding = padding_of(plain.view(), facts.block_size);
    if(padding == 0)
        return decryption_failure();
    plain.truncate(plain.size() - padding);
    return plain;
}

result<bytes> encrypt_cbc(pki::crypto_context const& context, content_cipher cipher, bytes_view key, bytes_view iv,
                          bytes_view content)
{
    auto const& facts = facts_of(cipher);
    Expects(key.size() == facts.key_size && iv.size() == facts.block_size);
    if(content.size() > static_cast<std::size_t>(INT_MAX) - 2 * facts.block_size)
        return failure(errc::too_large, "Content of this size does not fit an envelope.");
    auto const padding = facts.block_size - content.size() % facts.block_size;
    secret_bytes padded(content.size() + padding);
    std::ranges::copy(content, padded.data());
    std::fill_n(padded.data() + content.size(), padding, static_cast<std::uint8_t>(padding));
    bytes out(padded.size());
    if(!run_cbc(context, facts, direction::encrypt, key, iv, padded.view(), out.data()))
        return failure(errc::crypto_failed, std::string(facts.name) + " is not available in this crypto context.");
    return out;
}

} // namespace detail

} // namespace scepkit::inline v0::cms
