// SPDX-License-Identifier: BSL-1.0
#include <scepkit/pki/public_key.hpp>

#include <scepkit/asn1/oids.hpp>
#include <scepkit/asn1/reader.hpp>

#include <base/try.hpp>
#include <pki/detail/errors.hpp>
#include <pki/detail/keys.hpp>
#include <pki/detail/post_quantum.hpp>

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <bit>

namespace scepkit::inline v0::pki {
namespace {

namespace oids = asn1::oids;

std::size_t bit_length(bytes_view magnitude) noexcept
{
    auto const first = std::ranges::find_if(magnitude, [](std::uint8_t b) { return b != 0; });
    if(first == magnitude.end())
        return 0;
    auto const rest = static_cast<std::size_t>(magnitude.end() - first - 1);
    return rest * 8 + static_cast<std::size_t>(std::bit_width(unsigned{*first}));
}

// The checks stand before any arithmetic: a modulus or exponent out of bounds makes one verification cost what a
// thousand others do (CVE-2023-6237, CVE-2023-3446).
result<void> check_rsa(bytes_view modulus, bytes_view exponent, limits const& bounds, std::size_t offset)
{
    auto const size = bit_length(modulus);
    if(size < bounds.rsa_minimum_bits || size > bounds.rsa_maximum_bits)
        return detail::fail(errc::key_not_allowed,
                            "an RSA key of " + std::to_string(size) + " bits; allowed are " +
                                std::to_string(bounds.rsa_minimum_bits) + " to " +
                                std::to_string(bounds.rsa_maximum_bits),
                            offset);
    if((modulus.back() & 1) == 0)
        return detail::fail(errc::key_not_allowed, "an RSA key with an even modulus", offset);
    auto const exponent_bits = bit_length(exponent);
    if(exponent_bits < 2 || exponent_bits > bounds.rsa_exponent_bits || (exponent.back() & 1) == 0)
        return detail::fail(errc::key_not_allowed,
                            "an RSA exponent of " + std::to_string(exponent_bits) +
                                " bits; it must be odd, 3 or more, of at most " +
                                std::to_string(bounds.rsa_exponent_bits) + " bits",
                            offset);
    return success();
}

struct parsed_key {
    key_kind kind{};
    std::size_t bits = 0;
    bytes_view modulus, exponent, point;
};

result<parsed_key> read_rsa(asn1::reader& algorithm, asn1::reader& body, limits const& bounds)
{
    // RFC 3279 demands NULL; some devices leave it out.
    if(!algorithm.at_end())
        SCEPKIT_CHECK(algorithm.read_null());
    SCEPKIT_CHECK(algorithm.finish());
    SCEPKIT_TRY(auto const bits, body.read_bit_string());
    SCEPKIT_TRY(auto outer, body.nested(bits, body.offset() - bits.size()));
    SCEPKIT_CHECK(body.finish());
    auto const offset = outer.offset();
    SCEPKIT_TRY(auto numbers, outer.enter(asn1::tag::sequence));
    SCEPKIT_CHECK(outer.finish());
    parsed_key out{key_kind::rsa, 0, {}, {}, {}};
    SCEPKIT_TRY(out.modulus, numbers.read_unsigned());
    SCEPKIT_TRY(out.exponent, numbers.read_unsigned());
    SCEPKIT_CHECK(numbers.finish());
    SCEPKIT_CHECK(check_rsa(out.modulus, out.exponent, bounds, offset));
    out.bits = bit_length(out.modulus);
    return out;
}

result<parsed_key> read_ec(asn1::reader& algorithm, asn1::reader& body)
{
    if(!algorithm.next_is(asn1::tag::object_identifier))
        return algorithm.fail(errc::key_not_allowed, "an EC key whose curve is not a named one");
    auto const offset = algorithm.offset();
    SCEPKIT_TRY(auto const curve, algorithm.read_oid());
    SCEPKIT_CHECK(algorithm.finish());
    parsed_key out;
    if(curve == oids::secp256r1)
        out = {key_kind::ec_p256, 256, {}, {}, {}};
    else if(curve == oids::secp384r1)
        out = {key_kind::ec_p384, 384, {}, {}, {}};
    else if(curve == oids::secp521r1)
        out = {key_kind::ec_p521, 521, {}, {}, {}};
    else
        return detail::fail(errc::key_not_allowed,
                            "the curve " + curve.to_dotted() + "; allowed are P-256, P-384, P-521", offset);
    auto const point_offset = body.offset();
    SCEPKIT_TRY(out.point, body.read_bit_string());
    SCEPKIT_CHECK(body.finish());
    auto const coordinate = detail::coordinate_size(out.kind);
    if(out.point.size() == 1 + coordinate && (out.point[0] == 2 || out.point[0] == 3))
        return detail::fail(errc::key_not_allowed, "a compressed EC point", point_offset);
    if(out.point.size() != 1 + 2 * coordinate || out.point[0] != 4)
        return detail::fail(errc::bad_key, "an EC point of the wrong size or form", point_offset);
    return out;
}

// RFC 9881 and RFC 9935: no parameters; the BIT STRING is the key as FIPS 204 and FIPS 203 encode it.
result<parsed_key> read_post_quantum(key_kind kind, asn1::reader& algorithm, asn1::reader& body)
{
    SCEPKIT_CHECK(algorithm.finish());
    auto const offset = body.offset();
    parsed_key out{kind, 0, {}, {}, {}};
    SCEPKIT_TRY(out.point, body.read_bit_string());
    SCEPKIT_CHECK(body.finish());
    auto const size = detail::public_key_size(kind);
    if(out.point.size() != size)
        return detail::fail(errc::bad_key,
                            "an " + std::string(name_of(kind)) + " key of " + std::to_string(out.point.size()) +
                                " bytes; it has " + std::to_string(size),
                            offset);
    out.bits = size * 8;
    if(!is_available(kind))
        return detail::fail(
            errc::unsupported,
            "an " + std::string(name_of(kind)) + " key needs OpenSSL 3.5, and this build has an older one", offset);
    return out;
}

result<parsed_key> read_spki(bytes_view spki, limits const& bounds)
{
    asn1::reader input(spki, bounds);
    SCEPKIT_TRY(auto body, input.enter(asn1::tag::sequence));
    SCEPKIT_CHECK(input.finish());
    SCEPKIT_TRY(auto algorithm, body.enter(asn1::tag::sequence));
    auto const offset = algorithm.offset();
    SCEPKIT_TRY(auto const id, algorithm.read_oid());
    if(id == oids::rsa_encryption)
        return read_rsa(algorithm, body, bounds);
    if(id == oids::ec_public_key)
        return read_ec(algorithm, body);
    if(auto const kind = detail::kind_of(id))
        return read_post_quantum(*kind, algorithm, body);
    return detail::fail(errc::key_not_allowed,
                        "a key of the kind " + id.to_dotted() + "; allowed are RSA, EC, ML-DSA and ML-KEM", offset);
}

// OSSL_PARAM wants numbers as the machine has them.
bytes native_number(bytes_view big_endian)
{
    bytes out(big_endian.begin(), big_endian.end());
    if constexpr(std::endian::native == std::endian::little)
        std::ranges::reverse(out);
    return out;
}

detail::pkey_ctx_ptr maker_of(crypto_context::native const& handles, char const* kind)
{
    detail::pkey_ctx_ptr made(EVP_PKEY_CTX_new_from_name(handles.library.get(), kind, handles.query()));
    if(made && EVP_PKEY_fromdata_init(made.get()) != 1)
        made.reset();
    return made;
}

detail::pkey_ptr build(EVP_PKEY_CTX* maker, OSSL_PARAM* parameters)
{
    EVP_PKEY* key = nullptr;
    if(maker == nullptr || EVP_PKEY_fromdata(maker, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
        return nullptr;
    return detail::pkey_ptr(key);
}

detail::pkey_ptr build_rsa(crypto_context::native const& handles, OSSL_PARAM* parameters)
{
    auto maker = handles.rsa_maker.take();
    if(!maker)
        maker = maker_of(handles, "RSA");
    auto key = build(maker.get(), parameters);
    if(key)
        handles.rsa_maker.keep(std::move(maker));
    return key;
}

result<void> verify_ml_dsa(crypto_context::native const& handles, EVP_PKEY* key, bytes_view message,
                           bytes_view signature)
{
    detail::md_ctx_ptr const context(EVP_MD_CTX_new());
    if(!context || EVP_DigestVerifyInit_ex(context.get(), nullptr, nullptr, handles.library.get(), handles.query(), key,
                                           nullptr) != 1)
        return detail::crypto_error(errc::crypto_failed, "OpenSSL cannot verify with this algorithm");
    if(EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) != 1)
        return detail::crypto_error(errc::signature_invalid, "the signature does not verify with this key");
    return success();
}

/// An RSA key has nothing left that OpenSSL could object to; a point may lie off its curve.
error no_key(key_kind kind)
{
    return kind == key_kind::rsa
               ? detail::crypto_error(errc::crypto_failed, "OpenSSL cannot take over an RSA key")
               : detail::crypto_error(errc::bad_key, "the key is well formed, and OpenSSL refuses it");
}

} // namespace

namespace detail {

char const* group_name(key_kind kind) noexcept
{
    return kind == key_kind::ec_p256 ? "prime256v1" : kind == key_kind::ec_p384 ? "secp384r1" : "secp521r1";
}

std::size_t coordinate_size(key_kind kind) noexcept
{
    return kind == key_kind::ec_p256 ? 32u : kind == key_kind::ec_p384 ? 48u : 66u;
}

} // namespace detail

EVP_PKEY* public_key::data::key() const
{
    if(auto* const made = key_.load(std::memory_order_acquire))
        return made;
    auto own = make();
    EVP_PKEY* others = nullptr;
    if(!key_.compare_exchange_strong(others, own.get(), std::memory_order_acq_rel))
        return others;
    return own.release();
}

detail::pkey_ptr public_key::data::make() const
{
    if(kind == key_kind::rsa) {
        auto n = native_number(modulus);
        auto e = native_number(exponent);
        std::array parameters{OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, n.data(), n.size()),
                              OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, e.data(), e.size()),
                              OSSL_PARAM_construct_end()};
        return build_rsa(context.handles(), parameters.data());
    }
    auto encoded = to_bytes(point);
    if(!is_ec(kind)) {
        std::array parameters{
            OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, encoded.data(), encoded.size()),
            OSSL_PARAM_construct_end()};
        return build(maker_of(context.handles(), std::string(name_of(kind)).c_str()).get(), parameters.data());
    }
    std::string group = detail::group_name(kind);
    std::array parameters{OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), 0),
                          OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, encoded.data(), encoded.size()),
                          OSSL_PARAM_construct_end()};
    return build(maker_of(context.handles(), "EC").get(), parameters.data());
}

detail::pkey_ctx_ptr public_key::data::any_context(EVP_PKEY* of_key) const
{
    if(auto idle_one = idle.take())
        return idle_one;
    if(auto verifier = verifying.take())
        return std::move(*verifier).release();
    return context.handles().context_of(of_key);
}

result<public_key> public_key::from_spki(bytes_view spki, limits const& bounds, crypto_context const& context)
{
    // Read from the copy, so that the views into it need no adjusting.
    auto made = std::make_shared<data>(to_bytes(spki), context);
    auto parsed = read_spki(made->spki, bounds);
    if(!parsed)
        return parsed.error() == errc::key_not_allowed || parsed.error() == errc::unsupported
                   ? parsed.error()
                   : detail::recode(parsed.error(), errc::bad_key);
    made->kind = parsed->kind;
    made->bits = parsed->bits;
    made->modulus = parsed->modulus;
    made->exponent = parsed->exponent;
    made->point = parsed->point;
    return public_key(std::move(made));
}

key_kind public_key::kind() const noexcept { return data_->kind; }
std::size_t public_key::bits() const noexcept { return data_->bits; }
bytes_view public_key::spki() const& noexcept { return data_->spki; }

result<void> public_key::verify(signature_scheme scheme, digest_algorithm digest, bytes_view message,
                                bytes_view signature) const
{
    return verify(signature_algorithm{scheme, digest}, message, signature);
}

result<void> public_key::verify(signature_algorithm const& algorithm, bytes_view message, bytes_view signature) const
{
    bool const ml_dsa = algorithm.scheme == signature_scheme::ml_dsa;
    if(!ml_dsa && !algorithm.digest)
        return detail::fail(errc::algorithm_not_allowed, "a signature whose digest is not named");
    if(!fits(algorithm.scheme, kind()) || (algorithm.kind && algorithm.kind != kind()))
        return detail::fail(errc::algorithm_not_allowed, "a signature algorithm that does not fit the key");

    detail::queue_guard const guard;
    auto* const key = data_->key();
    if(key == nullptr)
        return no_key(kind());
    if(ml_dsa)
        return verify_ml_dsa(data_->context.handles(), key, message, signature);
    auto context = data_->verifying.take();
    if(!context || !context->is_for(algorithm)) {
        auto of_key = context ? std::move(*context).release() : data_->any_context(key);
        SCEPKIT_TRY(context, detail::signature_context::create(detail::signature_context::purpose::verify,
                                                               std::move(of_key), algorithm, data_->context));
    }
    SCEPKIT_CHECK(context->verify(message, signature));
    data_->verifying.keep(std::move(context));
    return success();
}

result<bytes> public_key::encrypt(key_transport transport, bytes_view content_key) const
{
    if(!is_rsa())
        return detail::fail(errc::key_not_allowed, "an " + std::string(name_of(kind())) + " key does no key transport");
    auto const& handles = data_->context.handles();
    auto const* const digest = handles.digest(transport.oaep_digest);
    auto const* const mask_digest = handles.digest(transport.mgf1_digest);

    detail::queue_guard const guard;
    auto* const key = data_->key();
    if(key == nullptr)
        return no_key(kind());
    auto context = data_->any_context(key);
    if(!context || EVP_PKEY_encrypt_init(context.get()) != 1)
        return detail::crypto_error(errc::crypto_failed, "OpenSSL cannot encrypt with this key");
    if(transport.scheme == key_transport::kind::rsa_oaep) {
        if(digest == nullptr || mask_digest == nullptr)
            return detail::fail(errc::unsupported, "no provider offers the digest of this OAEP");
        if(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) != 1 ||
           EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), digest) != 1 ||
           EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), mask_digest) != 1)
            return detail::crypto_error(errc::crypto_failed, "OpenSSL refuses this OAEP");
    } else if(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) != 1)
        return detail::crypto_error(errc::crypto_failed, "OpenSSL refuses RSA v1.5 encryption");
    bytes out((bits() + 7) / 8);
    auto size = out.size();
    if(EVP_PKEY_encrypt(context.get(), out.data(), &size, content_key.data(), content_key.size()) != 1 ||
       size > out.size())
        return detail::crypto_error(errc::crypto_failed, "encrypting a content key failed");
    data_->idle.keep(std::move(context));
    out.resize(size);
    return out;
}

result<public_key::encapsulation> public_key::encapsulate() const
{
    if(!is_ml_kem(kind()))
        return detail::fail(errc::key_not_allowed, "an " + std::string(name_of(kind())) + " key encapsulates nothing");
    detail::queue_guard const guard;
    auto const& handles = data_->context.handles();
    auto* const key = data_->key();
    if(key == nullptr)
        return no_key(kind());
    auto const context = handles.context_of(key);
    std::size_t secret_size = 0;
    std::size_t ciphertext_size = 0;
    if(!context || EVP_PKEY_encapsulate_init(context.get(), nullptr) != 1 ||
       EVP_PKEY_encapsulate(context.get(), nullptr, &ciphertext_size, nullptr, &secret_size) != 1)
        return detail::crypto_error(errc::crypto_failed, "OpenSSL cannot encapsulate with this key");
    encapsulation out{secret_bytes(secret_size), bytes(ciphertext_size)};
    if(EVP_PKEY_encapsulate(context.get(), out.ciphertext.data(), &ciphertext_size, out.secret.data(), &secret_size) !=
           1 ||
       secret_size != out.secret.size() || ciphertext_size != out.ciphertext.size())
        return detail::crypto_error(errc::crypto_failed, "encapsulating failed");
    return out;
}

} // namespace scepkit::inline v0::pki
