// SPDX-License-Identifier: BSL-1.0
#include <scepkit/pki/private_key.hpp>

#include <base/try.hpp>
#include <pki/detail/errors.hpp>
#include <pki/detail/keys.hpp>
#include <pki/detail/pbe.hpp>
#include <pki/detail/pem.hpp>

#include <gsl/gsl>
#include <openssl/store.h>
#include <openssl/ui.h>

#include <algorithm>
#include <cctype>

namespace scepkit::inline v0::pki {
namespace {

using ui_ptr = std::unique_ptr<UI_METHOD, detail::deleter<UI_destroy_method>>;
using store_ptr = std::unique_ptr<OSSL_STORE_CTX, detail::deleter<OSSL_STORE_close>>;
using store_info_ptr = std::unique_ptr<OSSL_STORE_INFO, detail::deleter<OSSL_STORE_INFO_free>>;

constexpr std::size_t maximum_passphrase = 1024; // What OpenSSL's callbacks hold.

error at_line(errc code, std::string message, std::uint64_t line)
{
    return {code, diagnostics{.message = std::move(message), .layer = "pki", .line = line}};
}

result<private_key> decode(bytes_view der, crypto_context const& context)
{
    detail::queue_guard const guard;
    auto const& handles = context.handles();
    if(der.size() > limits{}.message_size)
        return detail::fail(errc::too_large,
                            "a private key of more than " + std::to_string(limits{}.message_size) + " bytes");
    auto const* at = der.data();
    detail::pkey_ptr key(
        d2i_AutoPrivateKey_ex(nullptr, &at, gsl::narrow<long>(der.size()), handles.library.get(), handles.query()));
    if(!key)
        return detail::crypto_error(errc::bad_key, "no private key that OpenSSL can read");
    if(at != der.data() + der.size())
        return detail::fail(errc::bad_key, "bytes behind the private key", static_cast<std::size_t>(at - der.data()));
    return detail::make_private_key(std::move(key), context);
}

// EncryptedPrivateKeyInfo (RFC 5958, 3). The work it asks for is bounded before OpenSSL does any of it.
result<void> check_encrypted(bytes_view der)
{
    asn1::reader input(der);
    SCEPKIT_TRY(auto outer, input.enter(asn1::tag::sequence));
    SCEPKIT_CHECK(input.finish());
    SCEPKIT_CHECK(detail::read_pbe_iterations(outer));
    SCEPKIT_CHECK(outer.read_octet_string());
    return outer.finish();
}

result<private_key> decrypt(bytes_view der, secret_bytes const& passphrase, crypto_context const& context)
{
    if(auto const checked = check_encrypted(der); !checked)
        return checked.error() == errc::unsupported ? checked.error() : detail::recode(checked.error(), errc::bad_key);
    detail::queue_guard const guard;
    return detail::decrypt_private_key(der, detail::view_of(passphrase), context);
}

result<private_key> read_pem(bytes_view pem, secret_bytes const* passphrase, crypto_context const& context)
{
    SCEPKIT_TRY(auto const blocks, detail::find_pem_blocks(pem));
    for(auto const& block : blocks) {
        bool const plain =
            block.label == "PRIVATE KEY" || block.label == "RSA PRIVATE KEY" || block.label == "EC PRIVATE KEY";
        bool const encrypted = block.label == "ENCRYPTED PRIVATE KEY";
        if(!plain && !encrypted)
            continue;
        if(plain && block.has_headers)
            return at_line(
                errc::unsupported,
                "a private key in the old encrypted form, which derives its key by one round of MD5; convert "
                "it first (openssl pkcs8 -topk8 -in … -out …)",
                block.line);
        if(encrypted && passphrase == nullptr)
            return at_line(errc::unsupported, "an encrypted private key, and no passphrase was given", block.line);
        SCEPKIT_TRY(auto der, detail::decode_pem(block));
        secret_bytes const wiped(std::move(der));
        return encrypted ? decrypt(wiped.view(), *passphrase, context) : decode(wiped.view(), context);
    }
    return detail::fail(errc::bad_pem, "no PRIVATE KEY block");
}

// Nobody is asked: without a PIN the store hears that there is none.
extern "C" int scepkit_give_pin(char* buffer, int size, int, void* data)
{
    auto const& pin = *static_cast<secret_bytes const*>(data);
    if(pin.empty() || size < 0 || pin.size() > static_cast<std::size_t>(size))
        return -1;
    std::ranges::copy(as_text(pin.view()), buffer);
    return static_cast<int>(pin.size());
}

result<void> check_uri(std::string_view uri)
{
    if(uri.empty() || uri.find('\0') != std::string_view::npos)
        return detail::fail(errc::invalid_argument, "no URI");
    std::string lower(uri);
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    for(auto const* const forbidden : {"pin-value=", "pin-source="})
        if(lower.find(forbidden) != std::string::npos)
            return detail::fail(errc::invalid_argument,
                                "a PIN is given as a parameter of its own, never within the URI: URIs end in logs");
    return success();
}

} // namespace

result<private_key> private_key::from_pem(bytes_view pem, crypto_context const& context)
{
    return read_pem(pem, nullptr, context);
}

result<private_key> private_key::from_pem(bytes_view pem, secret_bytes const& passphrase, crypto_context const& context)
{
    if(passphrase.size() > maximum_passphrase)
        return detail::fail(errc::invalid_argument,
                            "a passphrase of more than " + std::to_string(maximum_passphrase) + " bytes");
    return read_pem(pem, &passphrase, context);
}

result<private_key> private_key::from_pkcs8(bytes_view der, crypto_context const& context)
{
    return decode(der, context);
}

result<private_key> private_key::from_uri(std::string_view uri, secret_bytes const& pin, crypto_context const& context)
{
    SCEPKIT_CHECK(check_uri(uri));
    if(pin.size() > maximum_passphrase)
        return detail::fail(errc::invalid_argument,
                            "a PIN of more than " + std::to_string(maximum_passphrase) + " bytes");
    detail::queue_guard const guard;
    auto const& handles = context.handles();
    auto const text = std::string(uri);
    ui_ptr const ui(UI_UTIL_wrap_read_pem_callback(&scepkit_give_pin, 0));
    auto const answer = pin.clone(); // OpenSSL takes a pointer to what may change.
    if(!ui)
        return detail::crypto_error(errc::crypto_failed, "OpenSSL gave no way to hand a PIN over");
    store_ptr const store(OSSL_STORE_open_ex(text.c_str(), handles.library.get(), handles.query(), ui.get(),
                                             const_cast<secret_bytes*>(&answer), nullptr, nullptr, nullptr));
    if(!store)
        return detail::crypto_error(errc::file_unreadable, "nothing can be opened under this URI: no such file or "
                                                           "token, or no provider for its scheme");
    (void)OSSL_STORE_expect(store.get(), OSSL_STORE_INFO_PKEY);
    // A token can hold many objects; what does not load is passed over, a bounded number of times.
    constexpr int maximum_objects = 1000;
    for(int i = 0; i != maximum_objects && OSSL_STORE_eof(store.get()) == 0; ++i) {
        store_info_ptr const found(OSSL_STORE_load(store.get()));
        if(!found || OSSL_STORE_INFO_get_type(found.get()) != OSSL_STORE_INFO_PKEY)
            continue;
        detail::pkey_ptr key(OSSL_STORE_INFO_get1_PKEY(found.get()));
        if(key)
            return detail::make_private_key(std::move(key), context);
    }
    return detail::crypto_error(errc::bad_key, "no private key under this URI, or a wrong PIN");
}

} // namespace scepkit::inline v0::pki
