// SPDX-License-Identifier: BSL-1.0
#include <scepkit/pki/private_key.hpp>

#include <scepkit/asn1/oids.hpp>

#include <base/try.hpp>
#include <pki/detail/errors.hpp>
#include <pki/detail/keys.hpp>
#include <pki/detail/post_quantum.hpp>

#include <gsl/gsl>
#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

namespace scepkit::inline v0::pki {
namespace {

namespace oids = asn1::oids;

result<bytes> number_of(EVP_PKEY const* key, char const* parameter)
{
    BIGNUM* raw = nullptr;
    if(EVP_PKEY_get_bn_param(key, parameter, &raw) != 1)
        return detail::crypto_error(errc::bad_key, "a key that does not tell its public half");
    detail::bn_ptr const number(raw);
    bytes out(gsl::narrow<std::size_t>(BN_num_bytes(number.get())));
    BN_bn2bin(number.get(), out.data());
    return out;
}

result<bytes> rsa_spki(EVP_PKEY const* key)
{
    SCEPKIT_TRY(auto const modulus, number_of(key, OSSL_PKEY_PARAM_RSA_N));
    SCEPKIT_TRY(auto const exponent, number_of(key, OSSL_PKEY_PARAM_RSA_E));
    auto const numbers = asn1::encode([&](asn1::writer& w) {
        w.sequence([&] {
            w.unsigned_integer(modulus);
            w.unsigned_integer(exponent);
        });
    });
    return asn1::encode([&](asn1::writer& w) {
        w.sequence([&] {
            w.algorithm(oids::rsa_encryption, true);
            w.bit_string(numbers);
        });
    });
}

// From the coordinates, because the encoded point keeps the form (compressed, hybrid) that the key's file had.
result<bytes> ec_spki(EVP_PKEY const* key)
{
    std::array<char, 80> name{};
    std::size_t size = 0;
    if(EVP_PKEY_get_group_name(key, name.data(), name.size(), &size) != 1)
        return detail::crypto_error(errc::key_not_allowed, "an EC key whose curve is not a named one");
    std::string_view const group(name.data(), size);
    key_kind kind{};
    asn1::oid curve;
    if(group == "prime256v1" || group == "P-256")
        kind = key_kind::ec_p256, curve = oids::secp256r1;
    else if(group == "secp384r1" || group == "P-384")
        kind = key_kind::ec_p384, curve = oids::secp384r1;
    else if(group == "secp521r1" || group == "P-521")
        kind = key_kind::ec_p521, curve = oids::secp521r1;
    else
        return detail::fail(errc::key_not_allowed,
                            "the curve " + std::string(group) + "; allowed are P-256, P-384, P-521");
    SCEPKIT_TRY(auto const x, number_of(key, OSSL_PKEY_PARAM_EC_PUB_X));
    SCEPKIT_TRY(auto const y, number_of(key, OSSL_PKEY_PARAM_EC_PUB_Y));
    auto const width = detail::coordinate_size(kind);
    if(x.size() > width || y.size() > width)
        return detail::fail(errc::bad_key, "an EC key with a coordinate wider than its field");
    bytes point(1 + 2 * width);
    point[0] = 4;
    std::ranges::copy(x, point.begin() + gsl::narrow<std::ptrdiff_t>(1 + width - x.size()));
    std::ranges::copy(y, point.end() - gsl::narrow<std::ptrdiff_t>(y.size()));
    return asn1::encode([&](asn1::writer& w) {
        w.sequence([&] {
            w.sequence([&] {
                w.oid(oids::ec_public_key);
                w.oid(curve);
            });
            w.bit_string(point);
        });
    });
}

result<bytes> post_quantum_spki(EVP_PKEY const* key, key_kind kind)
{
    bytes encoded(detail::public_key_size(kind));
    std::size_t size = 0;
    if(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, encoded.data(), encoded.size(), &size) != 1 ||
       size != encoded.size())
        return detail::crypto_error(errc::bad_key, "a key that does not tell its public half");
    return asn1::encode([&](asn1::writer& w) {
        w.sequence([&] {
            w.algorithm(detail::oid_of(kind), false);
            w.bit_string(encoded);
        });
    });
}

result<bytes> spki_of(EVP_PKEY const* key)
{
    if(EVP_PKEY_is_a(key, "RSA") == 1)
        return rsa_spki(key);
    if(EVP_PKEY_is_a(key, "EC") == 1)
        return ec_spki(key);
    auto const* const name = EVP_PKEY_get0_type_name(key);
    if(auto const kind = detail::kind_of_name(name))
        return post_quantum_spki(key, *kind);
    return detail::fail(errc::key_not_allowed, "a private key of the kind " +
                                                   std::string(name != nullptr ? name : "?") +
                                                   "; allowed are RSA, EC, ML-DSA and ML-KEM");
}

result<bytes> sign_ml_dsa(private_key::data const& key, bytes_view message)
{
    auto const& handles = key.context.handles();
    detail::md_ctx_ptr const context(EVP_MD_CTX_new());
    if(!context || EVP_DigestSignInit_ex(context.get(), nullptr, nullptr, handles.library.get(), handles.query(),
                                         key.key.get(), nullptr) != 1)
        return detail::crypto_error(errc::crypto_failed, "OpenSSL cannot sign with this algorithm");
    bytes out(gsl::narrow<std::size_t>(EVP_PKEY_get_size(key.key.get())));
    auto size = out.size();
    if(EVP_DigestSign(context.get(), out.data(), &size, message.data(), message.size()) != 1 || size > out.size())
        return detail::crypto_error(errc::crypto_failed, "signing failed");
    out.resize(size);
    return out;
}

} // namespace

namespace detail {

result<private_key> make_private_key(pkey_ptr key, crypto_context const& context)
{
    SCEPKIT_TRY(auto const spki, spki_of(key.get()));
    SCEPKIT_TRY(auto other_half, public_key::from_spki(spki, {}, context));
    return private_key(std::make_shared<private_key::data>(std::move(key), std::move(other_half), context));
}

result<EVP_PKEY*> own_key(private_key const& key)
{
    if(auto* const own = key.native().key.get())
        return own;
    return fail(errc::key_not_allowed, "only a signer has this key; it signs, and does nothing else");
}

} // namespace detail

signer::~signer() = default;

result<private_key> private_key::generate(key_kind kind, std::size_t rsa_bits, crypto_context const& context)
{
    detail::queue_guard const guard;
    auto const& handles = context.handles();
    bool const rsa = kind == key_kind::rsa;
    if(!is_available(kind))
        return detail::fail(errc::unsupported, "an " + std::string(name_of(kind)) +
                                                   " key needs OpenSSL 3.5, and this build has an older one");
    if(rsa && (rsa_bits < limits{}.rsa_minimum_bits || rsa_bits > limits{}.rsa_maximum_bits))
        return detail::fail(errc::key_not_allowed,
                            "an RSA key of " + std::to_string(rsa_bits) + " bits is not made here");
    std::string const name(is_ec(kind) ? "EC" : name_of(kind));
    detail::pkey_ctx_ptr const maker(EVP_PKEY_CTX_new_from_name(handles.library.get(), name.c_str(), handles.query()));
    EVP_PKEY* key = nullptr;
    if(!maker || EVP_PKEY_keygen_init(maker.get()) != 1 ||
       (rsa && EVP_PKEY_CTX_set_rsa_keygen_bits(maker.get(), gsl::narrow<int>(rsa_bits)) != 1) ||
       (is_ec(kind) && EVP_PKEY_CTX_set_group_name(maker.get(), detail::group_name(kind)) != 1) ||
       EVP_PKEY_generate(maker.get(), &key) != 1)
        return detail::crypto_error(errc::crypto_failed, "making a key failed");
    return detail::make_private_key(detail::pkey_ptr(key), context);
}

result<private_key> private_key::from_signer(pki::public_key key, std::shared_ptr<signer const> by)
{
    if(!by)
        return detail::fail(errc::invalid_argument, "no signer");
    if(!can_sign(key.kind()))
        return detail::fail(errc::key_not_allowed, "an ML-KEM key signs nothing");
    return private_key(std::make_shared<data>(std::move(by), std::move(key)));
}

pki::public_key const& private_key::public_key() const noexcept { return data_->public_half; }

result<secret_bytes> private_key::to_pem() const
{
    detail::queue_guard const guard;
    SCEPKIT_TRY(auto* const own, detail::own_key(*this));
    detail::pkcs8_ptr const encoded(EVP_PKEY2PKCS8(own));
    detail::bio_ptr const out(BIO_new(BIO_s_secmem())); // Wiped when it goes.
    char* text = nullptr;
    if(!encoded)
        return detail::crypto_error(errc::key_not_allowed, "this private key cannot leave the place it is in");
    if(!out || PEM_write_bio_PKCS8_PRIV_KEY_INFO(out.get(), encoded.get()) != 1)
        return detail::crypto_error(errc::crypto_failed, "this private key cannot be written");
    auto const size = BIO_get_mem_data(out.get(), &text);
    return secret_bytes(as_bytes({text, gsl::narrow<std::size_t>(size)}));
}

signature_scheme private_key::default_scheme() const noexcept
{
    if(public_key().is_rsa())
        return signature_scheme::rsa_pkcs1_v1_5;
    return is_ec(kind()) ? signature_scheme::ecdsa : signature_scheme::ml_dsa;
}

result<bytes> private_key::sign(signature_scheme scheme, digest_algorithm digest, bytes_view message) const
{
    if(!fits(scheme, kind()))
        return detail::fail(errc::invalid_argument, "a signature scheme that does not fit the key");
    if(data_->outside) {
        data_->signatures.fetch_add(1, std::memory_order_relaxed);
        return data_->outside->sign(scheme, digest, message);
    }
    detail::queue_guard const guard;
    if(scheme == signature_scheme::ml_dsa) {
        data_->signatures.fetch_add(1, std::memory_order_relaxed);
        return sign_ml_dsa(*data_, message);
    }
    signature_algorithm const algorithm{scheme, digest};
    auto context = data_->signing.take();
    if(!context || !context->is_for(algorithm)) {
        SCEPKIT_TRY(context, detail::signature_context::create(detail::signature_context::purpose::sign,
                                                               data_->context.handles().context_of(data_->key.get()),
                                                               algorithm, data_->context));
    }
    data_->signatures.fetch_add(1, std::memory_order_relaxed);
    SCEPKIT_TRY(auto out, context->sign(message));
    data_->signing.keep(std::move(context));
    return out;
}

result<secret_bytes> private_key::agree(pki::public_key const& peer) const
{
    if(!is_ec(kind()) || peer.kind() != kind())
        return detail::fail(errc::key_not_allowed, "an " + std::string(name_of(kind())) + " key and an " +
                                                       std::string(name_of(peer.kind())) + " key agree on nothing");
    SCEPKIT_TRY(auto* const own, detail::own_key(*this));
    detail::queue_guard const guard;
    auto const& handles = data_->context.handles();
    bool const same_library = &peer.native().context.handles() == &handles;
    SCEPKIT_TRY(auto const other, same_library ? result<pki::public_key>(peer)
                                               : pki::public_key::from_spki(peer.spki(), {}, data_->context));
    auto* const theirs = other.native().key();
    if(theirs == nullptr)
        return detail::crypto_error(errc::bad_key, "the peer's point is not on its curve");
    auto const context = handles.context_of(own);
    if(!context || EVP_PKEY_derive_init(context.get()) != 1)
        return detail::crypto_error(errc::crypto_failed, "OpenSSL cannot agree on keys with this key");
    if(EVP_PKEY_derive_set_peer(context.get(), theirs) != 1) // Which validates the point (SP 800-56A, 5.6.2.3).
        return detail::crypto_error(errc::bad_key, "OpenSSL refuses the peer's key");
    secret_bytes out(detail::coordinate_size(kind()));
    auto size = out.size();
    data_->decryptions.fetch_add(1, std::memory_order_relaxed);
    if(EVP_PKEY_derive(context.get(), out.data(), &size) != 1 || size != out.size())
        return detail::crypto_error(errc::crypto_failed, "key agreement failed");
    return out;
}

result<secret_bytes> private_key::decapsulate(bytes_view ciphertext) const
{
    if(!is_ml_kem(kind()))
        return detail::fail(errc::key_not_allowed, "an " + std::string(name_of(kind())) + " key decapsulates nothing");
    if(ciphertext.size() != detail::ciphertext_size(kind()))
        return detail::fail(errc::decryption_failed, "a ciphertext of " + std::to_string(ciphertext.size()) +
                                                         " bytes for an " + std::string(name_of(kind())) + " key");
    SCEPKIT_TRY(auto* const own, detail::own_key(*this));
    detail::queue_guard const guard;
    auto const& handles = data_->context.handles();
    auto const context = handles.context_of(own);
    std::size_t size = 0;
    if(!context || EVP_PKEY_decapsulate_init(context.get(), nullptr) != 1 ||
       EVP_PKEY_decapsulate(context.get(), nullptr, &size, ciphertext.data(), ciphertext.size()) != 1)
        return detail::crypto_error(errc::crypto_failed, "OpenSSL cannot decapsulate with this key");
    secret_bytes out(size);
    data_->decryptions.fetch_add(1, std::memory_order_relaxed);
    if(EVP_PKEY_decapsulate(context.get(), out.data(), &size, ciphertext.data(), ciphertext.size()) != 1 ||
       size != out.size())
        return detail::crypto_error(errc::crypto_failed, "decapsulating failed");
    return out;
}

key_operations private_key::operations() const noexcept
{
    return {data_->signatures.load(std::memory_order_relaxed), data_->decryptions.load(std::memory_order_relaxed)};
}

} // namespace scepkit::inline v0::pki
