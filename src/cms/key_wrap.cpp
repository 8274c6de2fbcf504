// SPDX-License-Identifier: BSL-1.0
#include <cms/detail/key_wrap.hpp>

#include <base/try.hpp>
#include <cms/detail/content_encryption.hpp>
#include <cms/detail/reading.hpp>
#include <pki/detail/context.hpp>

#include <algorithm>
#include <gsl/gsl>
#include <openssl/evp.h>

namespace scepkit::inline v0::cms::detail {

using asn1::tag;

namespace {

struct wrap_facts {
    key_wrap wrap;
    asn1::oid id;
    std::size_t kek_size;
    std::size_t added; ///< Bytes by which the wrapped key is longer.
    pki::detail::cipher_kind kind;
};

constexpr wrap_facts wraps[] = {
    {key_wrap::aes128, asn1::oid{"2.16.840.1.101.3.4.1.5"}, 16, 8, pki::detail::cipher_kind::aes128_wrap},
    {key_wrap::aes192, asn1::oid{"2.16.840.1.101.3.4.1.25"}, 24, 8, pki::detail::cipher_kind::aes192_wrap},
    {key_wrap::aes256, asn1::oid{"2.16.840.1.101.3.4.1.45"}, 32, 8, pki::detail::cipher_kind::aes256_wrap},
    {key_wrap::des_ede3, asn1::oid{"1.2.840.113549.1.9.16.3.6"}, 24, 16, pki::detail::cipher_kind::des_ede3_wrap},
};

wrap_facts const& facts_of(key_wrap w) noexcept
{
    auto const found = std::ranges::find(wraps, w, &wrap_facts::wrap);
    Expects(found != std::end(wraps));
    return *found;
}

enum class direction : int { unwrap = 0, wrap = 1 };

bool run(pki::crypto_context const& context, wrap_facts const& facts, direction way, bytes_view kek, bytes_view in,
         secret_bytes& out)
{
    pki::detail::queue_guard const guard;
    auto const* cipher = context.handles().cipher(facts.kind);
    pki::detail::cipher_ctx_ptr const state(EVP_CIPHER_CTX_new());
    if(cipher == nullptr || !state)
        return false;
    auto const expected = way == direction::wrap ? in.size() + facts.added : in.size() - facts.added;
    // Room for both directions, whatever a cipher uses on its way.
    out = secret_bytes(in.size() + 2 * facts.added);
    EVP_CIPHER_CTX_set_flags(state.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    int written = 0;
    if(EVP_CipherInit_ex2(state.get(), cipher, kek.data(), nullptr, static_cast<int>(way), nullptr) != 1 ||
       EVP_CipherUpdate(state.get(), out.data(), &written, in.data(), gsl::narrow<int>(in.size())) != 1 ||
       written < 0 || gsl::narrow<std::size_t>(written) != expected)
        return false;
    out.truncate(expected);
    return true;
}

} // namespace

std::size_t kek_size_of(key_wrap w) noexcept { return facts_of(w).kek_size; }

result<wrap_algorithm> read_key_wrap(asn1::reader& from)
{
    SCEPKIT_TRY(auto whole, from.read(tag::sequence));
    SCEPKIT_TRY(auto inside, from.inside(whole));
    SCEPKIT_TRY(auto id, inside.read_oid());
    wrap_algorithm found{.wrap = std::nullopt, .der = to_bytes(whole.encoded), .has_parameters = !inside.at_end()};
    // RFC 3565 wants no parameters, RFC 3370 NULL; writers of both kinds mix them up.
    bool const plain = inside.at_end() || (inside.read_null() && inside.finish());
    auto const known = std::ranges::find(wraps, id, &wrap_facts::id);
    if(plain && known != std::end(wraps))
        found.wrap = known->wrap;
    return found;
}

bytes encode_key_wrap(key_wrap w)
{
    return asn1::encode([&](asn1::writer& to) { to.algorithm(facts_of(w).id, w == key_wrap::des_ede3); });
}

result<key_wrap> wrap_for(content_cipher cipher)
{
    switch(cipher) {
    case content_cipher::aes128_cbc:
    case content_cipher::aes128_gcm: return key_wrap::aes128;
    case content_cipher::aes192_cbc: return key_wrap::aes192;
    case content_cipher::aes256_cbc:
    case content_cipher::aes256_gcm: return key_wrap::aes256;
    case content_cipher::des_ede3_cbc: return key_wrap::des_ede3;
    case content_cipher::des_cbc: break;
    }
    return failure(errc::unsupported, "A single DES key fits no key wrap: choose another cipher for this recipient.",
                   {}, "RFC 3394, 2");
}

result<bytes> wrap_key(pki::crypto_context const& context, key_wrap w, bytes_view kek, bytes_view content_key)
{
    auto const& facts = facts_of(w);
    Expects(kek.size() == facts.kek_size && content_key.size() >= 16 && content_key.size() % 8 == 0);
    secret_bytes out;
    if(!run(context, facts, direction::wrap, kek, content_key, out))
        return failure(errc::crypto_failed, "The key wrap is not available in this crypto context.");
    return to_bytes(out.view());
}

result<secret_bytes> unwrap_key(pki::crypto_context const& context, key_wrap w, bytes_view kek, bytes_view wrapped,
                                std::size_t content_key_size)
{
    auto const& facts = facts_of(w);
    if(kek.size() != facts.kek_size || content_key_size < 16 || wrapped.size() != content_key_size + facts.added)
        return decryption_failure();
    secret_bytes out;
    if(!run(context, facts, direction::unwrap, kek, wrapped, out))
        return decryption_failure();
    return out;
}

} // namespace scepkit::inline v0::cms::detail
