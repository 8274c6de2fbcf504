// SPDX-License-Identifier: BSL-1.0
#include <scepkit/openssl.hpp>
#include <scepkit/pki/decrypter.hpp>

#include "vectors.hpp"

#include <gtest/gtest.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <openssl/params.h>
#include <openssl/provider.h>

namespace scepkit::inline v0::pki {
namespace {

using test::code_of;
using test::vector;

std::string file_uri(std::string const& name)
{
    return "file:" + scepkit::test::vector_path("pki/containers/" + name).string();
}
secret_bytes secret(std::string_view text) { return secret_bytes::from_text(text); }
private_key ec() { return private_key::from_pem(vector("containers/ec.key.pem")).value(); }

TEST(KeyUri, ReadsAFile)
{
    EXPECT_EQ(private_key::from_uri(file_uri("ec.key.pem")).value().public_key(), ec().public_key());
    EXPECT_EQ(private_key::from_uri(file_uri("key-pbes2.pem"), secret("secret")).value().public_key(),
              ec().public_key());
}

TEST(KeyUri, FailuresAreTypedAndNobodyIsAsked)
{
    EXPECT_EQ(code_of(private_key::from_uri(file_uri("key-pbes2.pem"), secret("wrong"))), errc::bad_key);
    EXPECT_EQ(code_of(private_key::from_uri(file_uri("key-pbes2.pem"))), errc::bad_key);
    EXPECT_EQ(code_of(private_key::from_uri(file_uri("ca.der"))), errc::bad_key) << "a certificate only";
    EXPECT_EQ(code_of(private_key::from_uri(file_uri("is-not-there.pem"))), errc::file_unreadable);
    EXPECT_EQ(code_of(private_key::from_uri("pkcs11:token=ra;object=signing;type=private")), errc::file_unreadable)
        << "no provider for the scheme";
    EXPECT_EQ(code_of(private_key::from_uri("")), errc::invalid_argument);
    EXPECT_EQ(code_of(private_key::from_uri(std::string_view("file:\0x", 7))), errc::invalid_argument);
    EXPECT_EQ(code_of(private_key::from_uri(file_uri("ec.key.pem"), secret_bytes(5000))), errc::invalid_argument);
}

TEST(KeyUri, APinInsideIsRefusedAndNotRepeated)
{
    for(auto const* const uri : {"pkcs11:token=ra?pin-value=1234hidden", "pkcs11:token=ra?pin-source=file:/1234hidden",
                                 "pkcs11:token=ra?PIN-Value=1234hidden"}) {
        auto const k = private_key::from_uri(uri, secret("1234"));
        EXPECT_EQ(code_of(k), errc::invalid_argument);
        EXPECT_EQ(k.error().to_string().find("hidden"), std::string::npos);
    }
}

// A provider with one store, "scepkit-test:", which gives an EC key to who knows its PIN: what a PKCS#11 provider looks
// like from here.
constexpr std::string_view right_pin = "2468";

struct opened_store {
    bool done = false;
};

void* store_open(void*, char const* uri)
{
    return std::string_view(uri) == "scepkit-test:object=ra" ? new opened_store : nullptr;
}
int store_set_parameters(void*, OSSL_PARAM const*) { return 1; }
int store_load(void* state, OSSL_CALLBACK* give, void* give_data, OSSL_PASSPHRASE_CALLBACK* ask, void* ask_data)
{
    auto& store = *static_cast<opened_store*>(state);
    store.done = true;
    std::array<char, 64> pin{};
    std::size_t size = 0;
    if(ask == nullptr || ask(pin.data(), pin.size(), &size, nullptr, ask_data) != 1 ||
       std::string_view(pin.data(), size) != right_pin)
        return 0;
    auto const pem = vector("containers/ec.key.pem");
    auto const text = std::string(as_text(pem));
    auto const begin = text.find('\n') + 1;
    auto der = from_base64(text.substr(begin, text.find("-----END") - begin)).value();
    int type = OSSL_OBJECT_PKEY;
    char algorithm[] = "EC";
    char structure[] = "PrivateKeyInfo";
    std::array const parameters{OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &type),
                                OSSL_PARAM_construct_utf8_string(OSSL_OBJECT_PARAM_DATA_TYPE, algorithm, 0),
                                OSSL_PARAM_construct_utf8_string(OSSL_OBJECT_PARAM_DATA_STRUCTURE, structure, 0),
                                OSSL_PARAM_construct_octet_string(OSSL_OBJECT_PARAM_DATA, der.data(), der.size()),
                                OSSL_PARAM_construct_end()};
    return give(parameters.data(), give_data);
}
int store_eof(void* state) { return static_cast<opened_store*>(state)->done ? 1 : 0; }
int store_close(void* state)
{
    delete static_cast<opened_store*>(state);
    return 1;
}

template <class Function>
OSSL_DISPATCH entry(int id, Function* function)
{
    return {id, reinterpret_cast<void (*)(void)>(function)};
}

OSSL_ALGORITHM const* query(void*, int operation, int* no_cache)
{
    static std::array const functions{
        entry(OSSL_FUNC_STORE_OPEN, &store_open),   entry(OSSL_FUNC_STORE_SET_CTX_PARAMS, &store_set_parameters),
        entry(OSSL_FUNC_STORE_LOAD, &store_load),   entry(OSSL_FUNC_STORE_EOF, &store_eof),
        entry(OSSL_FUNC_STORE_CLOSE, &store_close), OSSL_DISPATCH{0, nullptr}};
    static std::array const stores{OSSL_ALGORITHM{"scepkit-test", "provider=scepkit-test", functions.data(), "a store"},
                                   OSSL_ALGORITHM{nullptr, nullptr, nullptr, nullptr}};
    *no_cache = 0;
    return operation == OSSL_OP_STORE ? stores.data() : nullptr;
}

int start(OSSL_CORE_HANDLE const* handle, OSSL_DISPATCH const*, OSSL_DISPATCH const** out, void** context)
{
    static std::array const functions{entry(OSSL_FUNC_PROVIDER_QUERY_OPERATION, &query), OSSL_DISPATCH{0, nullptr}};
    *out = functions.data();
    *context = const_cast<OSSL_CORE_HANDLE*>(handle);
    return 1;
}

TEST(KeyUri, AsksAProvidersStoreAndHandsThePinOver)
{
    auto const context = crypto_context::create().value();
    ASSERT_EQ(OSSL_PROVIDER_add_builtin(native_handle(context), "scepkit-test", &start), 1);
    auto* const provider = OSSL_PROVIDER_load(native_handle(context), "scepkit-test");
    ASSERT_NE(provider, nullptr);
    constexpr auto uri = "scepkit-test:object=ra";
    auto const k = private_key::from_uri(uri, secret(right_pin), context);
    ASSERT_TRUE(k.has_value()) << k.error();
    EXPECT_EQ(k->public_key(), ec().public_key());
    EXPECT_EQ(code_of(private_key::from_uri(uri, secret("1357"), context)), errc::bad_key);
    EXPECT_EQ(code_of(private_key::from_uri(uri, {}, context)), errc::bad_key);
    EXPECT_EQ(code_of(private_key::from_uri("scepkit-test:object=other", secret(right_pin), context)),
              errc::file_unreadable);
    EXPECT_EQ(code_of(private_key::from_uri(uri, secret(right_pin))), errc::file_unreadable)
        << "another context does not have the provider";
    EXPECT_EQ(OSSL_PROVIDER_unload(provider), 1);
}

} // namespace
} // namespace scepkit::inline v0::pki
