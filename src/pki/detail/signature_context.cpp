// SPDX-License-Identifier: BSL-1.0
#include <pki/detail/signature_context.hpp>

#include <base/try.hpp>
#include <pki/detail/errors.hpp>

#include <gsl/gsl>
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

namespace scepkit::inline v0::pki::detail {

result<std::unique_ptr<signature_context>> signature_context::create(purpose use, pkey_ctx_ptr of_key,
                                                                     signature_algorithm const& algorithm,
                                                                     crypto_context const& library)
{
    Expects(algorithm.digest && algorithm.scheme != signature_scheme::ml_dsa);
    auto const& handles = library.handles();
    std::unique_ptr<signature_context> made(new signature_context(algorithm));
    made->digest_ = handles.digest(*algorithm.digest);
    if(made->digest_ == nullptr)
        return fail(errc::unsupported, "no provider offers " + std::string(name_of(*algorithm.digest)));

    std::string digest = EVP_MD_get0_name(made->digest_);
    int padding = RSA_PKCS1_PSS_PADDING;
    int salt = use == purpose::sign            ? RSA_PSS_SALTLEN_DIGEST
               : algorithm.pss_salt_length < 0 ? RSA_PSS_SALTLEN_AUTO
                                               : algorithm.pss_salt_length;
    auto const pss = algorithm.scheme == signature_scheme::rsa_pss;
    std::array const parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, digest.data(), 0),
        pss ? OSSL_PARAM_construct_int(OSSL_SIGNATURE_PARAM_PAD_MODE, &padding) : OSSL_PARAM_construct_end(),
        OSSL_PARAM_construct_int(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, &salt), OSSL_PARAM_construct_end()};
    auto* const init = use == purpose::sign ? EVP_PKEY_sign_init_ex : EVP_PKEY_verify_init_ex;
    made->hashing_.reset(EVP_MD_CTX_new());
    made->context_ = std::move(of_key);
    if(!made->hashing_ || !made->context_ || init(made->context_.get(), parameters.data()) != 1)
        return crypto_error(errc::crypto_failed, use == purpose::sign
                                                     ? "OpenSSL cannot sign with this key and algorithm"
                                                     : "OpenSSL cannot verify with this key and algorithm");
    return made;
}

result<bytes_view> signature_context::hash(bytes_view message, digest_value& out)
{
    unsigned size = 0;
    if(EVP_DigestInit_ex2(hashing_.get(), digest_, nullptr) != 1 ||
       EVP_DigestUpdate(hashing_.get(), message.data(), message.size()) != 1 ||
       EVP_DigestFinal_ex(hashing_.get(), out.data(), &size) != 1)
        return crypto_error(errc::crypto_failed, "computing a digest failed");
    return bytes_view(out.data(), size);
}

result<bytes> signature_context::sign(bytes_view message)
{
    digest_value space;
    SCEPKIT_TRY(auto const hashed, hash(message, space));
    bytes out(gsl::narrow<std::size_t>(EVP_PKEY_get_size(EVP_PKEY_CTX_get0_pkey(context_.get()))));
    auto size = out.size();
    // OpenSSL 3.0 gives the ECDSA signature that it could not encode the length -1, and calls that a success.
    if(EVP_PKEY_sign(context_.get(), out.data(), &size, hashed.data(), hashed.size()) != 1 || size > out.size())
        return crypto_error(errc::crypto_failed, "signing failed");
    out.resize(size);
    return out;
}

result<void> signature_context::verify(bytes_view message, bytes_view signature)
{
    digest_value space;
    SCEPKIT_TRY(auto const hashed, hash(message, space));
    if(EVP_PKEY_verify(context_.get(), signature.data(), signature.size(), hashed.data(), hashed.size()) != 1)
        return crypto_error(errc::signature_invalid, "the signature does not verify with this key");
    return success();
}

} // namespace scepkit::inline v0::pki::detail
