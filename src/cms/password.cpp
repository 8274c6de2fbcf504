// SPDX-License-Identifier: BSL-1.0
#include <cms/detail/password.hpp>

#include <base/try.hpp>
#include <cms/detail/content_encryption.hpp>
#include <cms/detail/key_derivation.hpp>
#include <cms/detail/reading.hpp>

#include <algorithm>
#include <gsl/gsl>
#include <limits>

namespace scepkit::inline v0::cms::detail {

using asn1::tag;
using pki::digest_algorithm;

namespace {

constexpr asn1::oid pbkdf2_id{"1.2.840.113549.1.5.12"};
constexpr asn1::oid pwri_kek{"1.2.840.113549.1.9.16.3.9"};
constexpr std::size_t most_salt = 1024;
constexpr std::size_t salt_size = 16;
/// Length and three check bytes in front of the key (RFC 3211, 2.3.1).
constexpr std::size_t header_size = 4;
/// A key of 255 bytes, which is the most that the length can say, and a block.
constexpr std::size_t most_wrapped = 272;

struct prf_facts {
    asn1::oid id;
    digest_algorithm digest;
};
constexpr prf_facts prfs[] = {
    {asn1::oid{"1.2.840.113549.2.7"}, digest_algorithm::sha1},
    {asn1::oid{"1.2.840.113549.2.9"}, digest_algorithm::sha256},
    {asn1::oid{"1.2.840.113549.2.10"}, digest_algorithm::sha384},
    {asn1::oid{"1.2.840.113549.2.11"}, digest_algorithm::sha512},
};

result<digest_algorithm> read_prf(asn1::reader& from)
{
    SCEPKIT_TRY(auto algorithm, from.enter(tag::sequence));
    SCEPKIT_TRY(auto id, algorithm.read_oid());
    if(!algorithm.at_end())
        SCEPKIT_CHECK(algorithm.read_null());
    SCEPKIT_CHECK(algorithm.finish());
    auto const known = std::ranges::find(prfs, id, &prf_facts::id);
    if(known == std::end(prfs))
        return errc::algorithm_not_allowed;
    return known->digest;
}

/// KEK cipher and IV out of the parameters of id-alg-PWRI-KEK.
result<void> read_kek_algorithm(asn1::reader algorithm, recipient::password_info& into)
{
    SCEPKIT_TRY(auto id, algorithm.read_oid());
    if(id != pwri_kek)
        return errc::algorithm_not_allowed;
    SCEPKIT_TRY(auto cipher, algorithm.enter(tag::sequence));
    SCEPKIT_CHECK(algorithm.finish());
    SCEPKIT_TRY(auto cipher_id, cipher.read_oid());
    SCEPKIT_TRY(auto iv, cipher.read_octet_string());
    SCEPKIT_CHECK(cipher.finish());
    auto const known = content_cipher_of(cipher_id);
    if(!known || is_authenticated(*known) || *known == content_cipher::des_cbc || iv.size() != iv_size_of(*known))
        return errc::algorithm_not_allowed;
    into.kek_cipher = *known;
    into.kek_iv = to_bytes(iv);
    return success();
}

result<void> read_derivation(asn1::reader derivation, recipient::password_info& into)
{
    SCEPKIT_TRY(auto id, derivation.read_oid());
    if(id != pbkdf2_id)
        return errc::algorithm_not_allowed;
    SCEPKIT_TRY(auto parameters, derivation.enter(tag::sequence));
    SCEPKIT_CHECK(derivation.finish());
    SCEPKIT_TRY(auto salt, parameters.read_octet_string());
    into.salt = to_bytes(salt);
    SCEPKIT_TRY(auto iterations, parameters.read_small_integer());
    if(iterations < 1 || iterations > std::int64_t{std::numeric_limits<std::uint32_t>::max()})
        return errc::algorithm_not_allowed;
    into.iterations = static_cast<std::uint32_t>(iterations);
    if(parameters.next_is(tag::integer)) {
        SCEPKIT_TRY(auto key_size, parameters.read_small_integer());
        if(key_size != gsl::narrow<std::int64_t>(key_size_of(into.kek_cipher)))
            return errc::algorithm_not_allowed;
    }
    if(!parameters.at_end()) {
        SCEPKIT_TRY(into.prf, read_prf(parameters));
    }
    return parameters.finish();
}

std::size_t wrapped_size(std::size_t content_key_size, std::size_t block)
{
    auto const blocks = (header_size + content_key_size + block - 1) / block;
    return std::max<std::size_t>(blocks, 2) * block;
}

result<secret_bytes> decrypt_twice(pki::crypto_context const& context, recipient::password_info const& info,
                                   bytes_view kek, bytes_view wrapped)
{
    auto const block = block_size_of(info.kek_cipher);
    auto const front = wrapped.first(wrapped.size() - block);
    auto const decrypt = [&](bytes_view iv, bytes_view what) {
        return decrypt_blocks(context, info.kek_cipher, kek, iv, what);
    };
    // The last block of the inner layer was the IV of the outer one (RFC 3211, 2.3.2).
    SCEPKIT_TRY(auto last, decrypt(front.last(block), wrapped.last(block)));
    SCEPKIT_TRY(auto first, decrypt(last.view(), front));
    secret_bytes inner(wrapped.size());
    std::ranges::copy(last.view(), std::ranges::copy(first.view(), inner.data()).out);
    return decrypt(info.kek_iv, inner.view());
}

content_cipher kek_cipher_for(content_cipher cipher) noexcept
{
    bool const des = cipher == content_cipher::des_ede3_cbc || cipher == content_cipher::des_cbc;
    return des ? content_cipher::des_ede3_cbc : content_cipher::aes256_cbc;
}

} // namespace

result<recipient> read_password(asn1::reader& from)
{
    recipient r;
    r.type = recipient::kind::password;
    SCEPKIT_TRY(auto info, from.enter(asn1::context_constructed(3)));
    auto const version_offset = info.offset();
    SCEPKIT_TRY(auto version, info.read_small_integer());
    if(version != 0)
        return failure(errc::bad_value, "A PasswordRecipientInfo of version " + std::to_string(version) + ".",
                       version_offset, "RFC 5652, 6.2.4");
    SCEPKIT_TRY(auto derivation, info.enter_optional(asn1::context_constructed(0)));
    SCEPKIT_TRY(auto algorithm, info.enter(tag::sequence));
    SCEPKIT_TRY(auto encrypted_key, info.read_octet_string());
    SCEPKIT_CHECK(info.finish());
    r.encrypted_key = to_bytes(encrypted_key);
    recipient::password_info found;
    // Without a derivation the key-encryption key would have to come by other means: there are none here.
    if(derivation && read_kek_algorithm(algorithm, found) && read_derivation(*derivation, found))
        r.password = std::move(found);
    return r;
}

result<void> check_password(recipient const& entry, std::uint32_t most_iterations, quirk_set allowed, quirk_set& noted)
{
    SCEPKIT_CHECK(tolerate(quirk::password_recipient, allowed, noted,
                           failure(errc::algorithm_not_allowed,
                                   "The content key is under a password, which this profile does not accept.", {},
                                   "RFC 8894, 3.1")));
    if(!entry.password)
        return failure(errc::algorithm_not_allowed,
                       "A password recipient that is not read: PBKDF2 and PWRI-KEK with AES-CBC or triple DES are.", {},
                       "RFC 5652, 6.2.4");
    if(entry.password->iterations > most_iterations)
        return failure(errc::algorithm_not_allowed, "PBKDF2 with " + std::to_string(entry.password->iterations) +
                                                        " iterations; " + std::to_string(most_iterations) +
                                                        " are the most.");
    if(entry.password->salt.size() > most_salt)
        return failure(errc::algorithm_not_allowed,
                       "PBKDF2 with a salt of " + std::to_string(entry.password->salt.size()) + " bytes.");
    return success();
}

result<secret_bytes> open_password(recipient const& entry, bytes_view password, std::size_t content_key_size,
                                   pki::crypto_context const& context)
{
    auto const& info = *entry.password;
    auto const& wrapped = entry.encrypted_key;
    auto const block = block_size_of(info.kek_cipher);
    if(wrapped.size() % block != 0 || wrapped.size() < wrapped_size(content_key_size, block) ||
       wrapped.size() > most_wrapped)
        return decryption_failure();
    SCEPKIT_TRY(auto kek,
                pbkdf2(context, info.prf, password, info.salt, info.iterations, key_size_of(info.kek_cipher)));
    SCEPKIT_TRY(auto plain, decrypt_twice(context, info, kek.view(), wrapped));
    SCEPKIT_TRY(auto mac, context.hmac(digest_algorithm::sha256, kek.view(), wrapped));
    secret_bytes const made_up(std::move(mac));
    Expects(content_key_size <= made_up.size());

    auto const p = plain.view();
    unsigned wrong = unsigned{p[0]} ^ static_cast<unsigned>(content_key_size);
    for(std::size_t i = 1; i != header_size; ++i)
        wrong |= 0xffu ^ p[i] ^ p[i + header_size - 1];
    // 0xff where anything was wrong, 0 where nothing was; no branch.
    auto const mask = static_cast<std::uint8_t>((0u - ((0u - wrong) >> 31)) & 0xff);
    secret_bytes key(content_key_size);
    for(std::size_t i = 0; i != content_key_size; ++i)
        key.data()[i] = static_cast<std::uint8_t>((p[header_size + i] & static_cast<std::uint8_t>(~mask)) |
                                                  (made_up.view()[i] & mask));
    return key;
}

result<bytes> seal_password(bytes_view password, seal_options const& options, bytes_view content_key,
                            random_source& random, pki::crypto_context const& context)
{
    auto const cipher = kek_cipher_for(options.cipher);
    auto const block = block_size_of(cipher);
    bytes salt(salt_size);
    SCEPKIT_CHECK(random.fill(salt));
    bytes iv(block);
    SCEPKIT_CHECK(random.fill(iv));
    secret_bytes plain(wrapped_size(content_key.size(), block));
    SCEPKIT_CHECK(random.fill({plain.data(), plain.size()}));
    plain.data()[0] = gsl::narrow<std::uint8_t>(content_key.size());
    for(std::size_t i = 1; i != header_size; ++i)
        plain.data()[i] = static_cast<std::uint8_t>(~content_key[i - 1]);
    std::ranges::copy(content_key, plain.data() + header_size);

    SCEPKIT_TRY(auto kek, pbkdf2(context, digest_algorithm::sha256, password, salt, options.password_iterations,
                                 key_size_of(cipher)));
    SCEPKIT_TRY(auto once, encrypt_blocks(context, cipher, kek.view(), iv, plain.view()));
    SCEPKIT_TRY(auto wrapped, encrypt_blocks(context, cipher, kek.view(), bytes_view(once).last(block), once));

    return asn1::encode([&](asn1::writer& w) {
        w.constructed(asn1::context_constructed(3), [&] {
            w.integer(0);
            w.constructed(asn1::context_constructed(0), [&] {
                w.oid(pbkdf2_id);
                w.sequence([&] {
                    w.octet_string(salt);
                    w.integer(options.password_iterations);
                    w.algorithm(prfs[1].id, true);
                });
            });
            w.sequence([&] {
                w.oid(pwri_kek);
                w.sequence([&] {
                    w.oid(oid_of(cipher));
                    w.octet_string(iv);
                });
            });
            w.octet_string(wrapped);
        });
    });
}

} // namespace scepkit::inline v0::cms::detail
