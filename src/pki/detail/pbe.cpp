// SPDX-License-Identifier: BSL-1.0
#include <pki/detail/pbe.hpp>

#include <base/try.hpp>
#include <pki/detail/errors.hpp>
#include <pki/detail/keys.hpp>

#include <gsl/gsl>
#include <openssl/pkcs12.h>

namespace scepkit::inline v0::pki::detail {
namespace {

using signature_ptr = std::unique_ptr<X509_SIG, deleter<X509_SIG_free>>;
using algorithm_ptr = std::unique_ptr<X509_ALGOR, deleter<X509_ALGOR_free>>;

constexpr asn1::oid pbes2{"1.2.840.113549.1.5.13"};
constexpr asn1::oid pbkdf2{"1.2.840.113549.1.5.12"};
constexpr asn1::oid pbe_sha1_des3{"1.2.840.113549.1.12.1.3"};

error unknown(asn1::reader const& at, asn1::oid const& id)
{
    return at.fail(errc::unsupported, "password-based encryption by " + id.to_dotted() +
                                          "; supported are PBES2 with PBKDF2, and SHA-1 with three-key triple DES");
}

// RFC 8018, A.4 and A.2.
result<std::int64_t> read_pbes2(asn1::reader parameters)
{
    SCEPKIT_TRY(auto derivation, parameters.enter(asn1::tag::sequence));
    SCEPKIT_TRY(auto const id, derivation.read_oid());
    if(id != pbkdf2)
        return unknown(derivation, id);
    SCEPKIT_TRY(auto inside, derivation.enter(asn1::tag::sequence));
    SCEPKIT_CHECK(derivation.finish());
    SCEPKIT_CHECK(read_salt(inside));
    return read_iteration_count(inside);
}

} // namespace

result<std::int64_t> read_iteration_count(asn1::reader& from)
{
    auto const offset = from.offset();
    SCEPKIT_TRY(auto const digits, from.read_unsigned());
    std::int64_t count = 0;
    for(auto const digit : digits) {
        count = count * 256 + digit;
        if(count > maximum_iterations)
            return fail(errc::too_large, "more than " + std::to_string(maximum_iterations) + " iterations asked for",
                        offset);
    }
    if(count < 1)
        return fail(errc::bad_value, "no iterations at all", offset);
    return count;
}

result<std::int64_t> read_pbe_iterations(asn1::reader& from)
{
    SCEPKIT_TRY(auto algorithm, from.enter(asn1::tag::sequence));
    SCEPKIT_TRY(auto const id, algorithm.read_oid());
    if(id != pbes2 && id != pbe_sha1_des3)
        return unknown(algorithm, id);
    SCEPKIT_TRY(auto parameters, algorithm.enter(asn1::tag::sequence));
    SCEPKIT_CHECK(algorithm.finish());
    if(id == pbes2)
        return read_pbes2(parameters);
    SCEPKIT_CHECK(read_salt(parameters));
    SCEPKIT_TRY(auto const count, read_iteration_count(parameters));
    SCEPKIT_CHECK(parameters.finish());
    return count;
}

result<bytes_view> read_salt(asn1::reader& from)
{
    auto const offset = from.offset();
    SCEPKIT_TRY(auto const salt, from.read_octet_string());
    if(salt.size() > maximum_salt)
        return fail(errc::too_large, "a salt of " + std::to_string(salt.size()) + " bytes", offset);
    return salt;
}

passphrase_view view_of(secret_bytes const& passphrase) noexcept
{
    auto const text = as_text(passphrase.view());
    return {text.empty() ? "" : text.data(), static_cast<int>(text.size())};
}

result<secret_bytes> decrypt_content(bytes_view algorithm, bytes_view content, passphrase_view passphrase,
                                     crypto_context const& context)
{
    auto const& handles = context.handles();
    auto const* at = algorithm.data();
    algorithm_ptr const how(d2i_X509_ALGOR(nullptr, &at, gsl::narrow<long>(algorithm.size())));
    unsigned char* out = nullptr;
    int size = 0;
    if(!how || PKCS12_pbe_crypt_ex(how.get(), passphrase.text, passphrase.size, content.data(),
                                   gsl::narrow<int>(content.size()), &out, &size, 0, handles.library.get(),
                                   handles.query()) == nullptr)
        return crypto_error(errc::bad_key, "what is encrypted under the passphrase does not decrypt");
    auto const buffer_size = gsl::narrow<std::size_t>(size);
    auto const wiping = gsl::finally([&] { OPENSSL_clear_free(out, buffer_size); });
    return secret_bytes(bytes_view(out, buffer_size));
}

result<private_key> decrypt_private_key(bytes_view der, passphrase_view passphrase, crypto_context const& context)
{
    auto const& handles = context.handles();
    auto const* at = der.data();
    signature_ptr const encrypted(d2i_X509_SIG(nullptr, &at, gsl::narrow<long>(der.size())));
    pkcs8_ptr const plain(encrypted ? PKCS8_decrypt_ex(encrypted.get(), passphrase.text, passphrase.size,
                                                       handles.library.get(), handles.query())
                                    : nullptr);
    if(!plain)
        return crypto_error(errc::bad_key, "the private key does not decrypt: a wrong passphrase, most likely");
    pkey_ptr key(EVP_PKCS82PKEY_ex(plain.get(), handles.library.get(), handles.query()));
    if(!key)
        return crypto_error(errc::bad_key, "what was encrypted is no private key that OpenSSL can read");
    return make_private_key(std::move(key), context);
}

} // namespace scepkit::inline v0::pki::detail
