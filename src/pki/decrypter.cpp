// SPDX-License-Identifier: BSL-1.0
#include <scepkit/pki/decrypter.hpp>

#include <base/try.hpp>
#include <pki/detail/errors.hpp>
#include <pki/detail/keys.hpp>
#include <pki/detail/rsa_padding.hpp>

#include <gsl/gsl>
#include <openssl/core_names.h>
#include <openssl/rsa.h>

namespace scepkit::inline v0::pki {
namespace {

result<detail::mac_key> derive_rejection(private_key::data const& key)
{
    Expects(key.key);
    BIGNUM* raw = nullptr;
    if(EVP_PKEY_get_bn_param(key.key.get(), OSSL_PKEY_PARAM_RSA_D, &raw) != 1)
        return detail::crypto_error(errc::key_not_allowed, "the private exponent cannot be read: a key in a token "
                                                           "needs a rejection secret that is kept with the state");
    detail::bn_ptr const exponent(raw);
    secret_bytes padded((key.public_half.bits() + 7) / 8);
    if(BN_bn2binpad(exponent.get(), padded.data(), gsl::narrow<int>(padded.size())) < 0)
        return detail::crypto_error(errc::bad_key, "an RSA key whose private exponent is longer than its modulus");
    SCEPKIT_TRY(auto derived,
                key.context.hmac(digest_algorithm::sha256, padded.view(), as_bytes("scepkit implicit rejection")));
    secret_bytes const secret(std::move(derived));
    return detail::mac_key::create(secret.view(), key.context);
}

// Without padding, for OAEP too: a token may know fewer digests than we do, and a fault of the machine must not look
// like a broken padding.
result<secret_bytes> raw_operation(private_key::data const& key, bytes_view ciphertext)
{
    auto context = key.decrypting.take();
    if(!context) {
        context = key.context.handles().context_of(key.key.get());
        if(!context || EVP_PKEY_decrypt_init(context.get()) != 1)
            return detail::crypto_error(errc::crypto_failed, "OpenSSL cannot decrypt with this key");
        if(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_NO_PADDING) != 1)
            return detail::crypto_error(errc::crypto_failed, "OpenSSL refuses plain RSA");
    }
    secret_bytes block(ciphertext.size());
    auto size = block.size();
    if(EVP_PKEY_decrypt(context.get(), block.data(), &size, ciphertext.data(), ciphertext.size()) != 1 ||
       size != block.size())
        return detail::crypto_error(errc::crypto_failed, "the private RSA operation failed");
    key.decrypting.keep(std::move(context));
    return block;
}

result<void> check_kind(private_key const& key)
{
    if(is_ml_dsa(key.kind()))
        return detail::fail(errc::key_not_allowed, "an ML-DSA key opens no envelope");
    SCEPKIT_CHECK(detail::own_key(key));
    return success();
}

} // namespace

result<std::shared_ptr<detail::mac_key const>> private_key::data::rejection() const
{
    std::lock_guard const lock(deriving_);
    if(!rejection_) {
        SCEPKIT_TRY(auto derived, derive_rejection(*this));
        rejection_ = std::make_shared<detail::mac_key const>(std::move(derived));
    }
    return rejection_;
}

decrypter::~decrypter() = default;

result<secret_bytes> decrypter::agree(pki::public_key const&) const
{
    return detail::fail(errc::unsupported, "this decrypter does no key agreement");
}

result<secret_bytes> decrypter::decapsulate(bytes_view) const
{
    return detail::fail(errc::unsupported, "this decrypter does no KEM");
}

software_decrypter::software_decrypter(private_key key, std::shared_ptr<detail::mac_key const> rejection)
    : key_(std::move(key)), rejection_(std::move(rejection))
{
}

result<std::shared_ptr<software_decrypter const>> software_decrypter::create(private_key key)
{
    detail::queue_guard const guard;
    SCEPKIT_CHECK(check_kind(key));
    std::shared_ptr<detail::mac_key const> rejection;
    if(key.public_key().is_rsa()) {
        SCEPKIT_TRY(rejection, key.native().rejection());
    }
    return std::shared_ptr<software_decrypter const>(new software_decrypter(std::move(key), std::move(rejection)));
}

result<std::shared_ptr<software_decrypter const>> software_decrypter::create(private_key key,
                                                                             secret_bytes rejection_secret)
{
    detail::queue_guard const guard;
    SCEPKIT_CHECK(check_kind(key));
    SCEPKIT_TRY(auto bound, detail::bind_rejection_secret(key.native().context, key.public_key(), rejection_secret));
    return std::shared_ptr<software_decrypter const>(
        new software_decrypter(std::move(key), std::make_shared<detail::mac_key const>(std::move(bound))));
}

result<secret_bytes> software_decrypter::decrypt(key_transport transport, bytes_view encrypted_key,
                                                 std::size_t content_key_size) const
{
    if(!key_.public_key().is_rsa())
        return detail::fail(errc::key_not_allowed,
                            "an " + std::string(name_of(key_.kind())) + " key does no key transport");
    auto& key = key_.native();
    auto const modulus = key.public_half.native().modulus;
    if(content_key_size == 0 || content_key_size > modulus.size() - 11)
        return detail::fail(errc::invalid_argument, "no RSA key carries a content key of that size");

    detail::queue_guard const guard;
    SCEPKIT_TRY(auto out, detail::rejection_key(*rejection_, encrypted_key, content_key_size));
    if(!detail::is_in_range(encrypted_key, modulus))
        return out;

    key.decryptions.fetch_add(1, std::memory_order_relaxed);
    SCEPKIT_TRY(auto const block, raw_operation(key, encrypted_key));
    if(transport.scheme == key_transport::kind::rsa_v1_5)
        detail::open_v1_5(block.view(), out);
    else
        SCEPKIT_CHECK(detail::open_oaep(key.context, transport, block.view(), out));
    return out;
}

result<secret_bytes> software_decrypter::agree(pki::public_key const& originator) const
{
    return key_.agree(originator);
}

result<secret_bytes> software_decrypter::decapsulate(bytes_view ciphertext) const
{
    return key_.decapsulate(ciphertext);
}

} // namespace scepkit::inline v0::pki
