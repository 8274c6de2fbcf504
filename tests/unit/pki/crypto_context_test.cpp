// SPDX-License-Identifier: BSL-1.0
#include <scepkit/openssl.hpp>
#include <scepkit/pki/crypto_context.hpp>

#include "vectors.hpp"

#include <gtest/gtest.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <thread>

namespace scepkit::inline v0::pki {
namespace {

using test::code_of;

std::string hex_digest(digest_algorithm d)
{
    return to_hex(crypto_context::default_context().digest(d, as_bytes("abc")).value());
}

TEST(CryptoContext, ComputesThePublishedDigestsOfAbc)
{
    EXPECT_EQ(hex_digest(digest_algorithm::md5), "900150983cd24fb0d6963f7d28e17f72");
    EXPECT_EQ(hex_digest(digest_algorithm::sha1), "a9993e364706816aba3e25717850c26c9cd0d89d");
    EXPECT_EQ(hex_digest(digest_algorithm::sha256), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hex_digest(digest_algorithm::sha384), "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
                                                    "8086072ba1e7cc2358baeca134c825a7");
    EXPECT_EQ(hex_digest(digest_algorithm::sha512), "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                                                    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

TEST(CryptoContext, ComputesTheHmacOfRfc4231)
{
    bytes const key(20, 0x0b);
    auto const& context = crypto_context::default_context();
    EXPECT_EQ(to_hex(context.hmac(digest_algorithm::sha256, key, as_bytes("Hi There")).value()),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(to_hex(context.hmac(digest_algorithm::sha512, key, as_bytes("Hi There")).value()),
              "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4"
              "be9d914eeb61f1702e696c203a126854");
}

TEST(CryptoContext, ComputesAnHmacWithAnEmptyKeyAndEmptyData)
{
    EXPECT_EQ(to_hex(crypto_context::default_context().hmac(digest_algorithm::sha256, {}, {}).value()),
              "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(CryptoContext, SizesAgreeWithWhatIsComputed)
{
    for(auto const d : {digest_algorithm::md5, digest_algorithm::sha1, digest_algorithm::sha256,
                        digest_algorithm::sha384, digest_algorithm::sha512})
        EXPECT_EQ(crypto_context::default_context().digest(d, {}).value().size(), size_of(d)) << name_of(d);
}

TEST(CryptoContext, IsALibraryContextOfItsOwn)
{
    auto const other = crypto_context::create().value();
    EXPECT_NE(native_handle(other), native_handle(crypto_context::default_context()));
    EXPECT_NE(native_handle(other), nullptr);
}

TEST(CryptoContext, RefusesPropertiesThatNoProviderMeets)
{
    EXPECT_EQ(code_of(crypto_context::create("provider=nobody")), errc::crypto_failed);
    EXPECT_EQ(code_of(crypto_context::create("this is = = no query")), errc::crypto_failed);
    EXPECT_EQ(ERR_peek_error(), 0u);
}

TEST(CryptoContext, LoadsAConfigurationAndProvidersByName)
{
    scepkit::test::temporary_folder const folder;
    auto const write = [&](char const* name, std::string_view content) {
        auto const path = (folder.path() / name).string();
        EXPECT_TRUE(write_new_file(path, as_bytes(content), 0600).has_value());
        return path;
    };
    auto const file = write("good.cnf", "openssl_conf = start\n[start]\nproviders = list\n[list]\nnull = nothing\n"
                                        "[nothing]\nactivate = 1\n");
    auto const context =
        crypto_context::create({.properties = "", .configuration = file, .providers = {"base"}}).value();
    EXPECT_EQ(OSSL_PROVIDER_available(native_handle(context), "null"), 1) << "by the configuration";
    EXPECT_EQ(OSSL_PROVIDER_available(native_handle(context), "base"), 1) << "by name";
    EXPECT_EQ(OSSL_PROVIDER_available(native_handle(context), "default"), 1);
    EXPECT_EQ(OSSL_PROVIDER_available(native_handle(crypto_context::default_context()), "null"), 0);
    EXPECT_TRUE(context.digest(digest_algorithm::sha256, {}).has_value());

    EXPECT_EQ(code_of(crypto_context::create({.configuration = (folder.path() / "none.cnf").string()})),
              errc::file_unreadable);
    auto const broken = write("broken.cnf", "openssl_conf = start\n[start\nproviders");
    EXPECT_EQ(code_of(crypto_context::create({.configuration = broken})), errc::crypto_failed);
    auto const missing = crypto_context::create({.providers = {"scepkit-nobody"}});
    EXPECT_EQ(code_of(missing), errc::crypto_failed);
    EXPECT_NE(missing.error().to_string().find("scepkit-nobody"), std::string::npos);
}

TEST(CryptoContext, TellsWhatIsMissingUnderItsProperties)
{
    // Every algorithm of the default provider but MD5 carries fips=yes in OpenSSL's own provider only; a query that
    // the default provider meets in full shows that the properties reach the fetch.
    auto const context = crypto_context::create("provider=default").value();
    EXPECT_TRUE(context.digest(digest_algorithm::md5, {}).has_value());
    EXPECT_TRUE(context.hmac(digest_algorithm::sha1, as_bytes("k"), {}).has_value());
    auto const key = private_key::generate(key_kind::ec_p256, 0, context).value();
    auto const signature = key.sign(signature_scheme::ecdsa, digest_algorithm::sha256, as_bytes("m")).value();
    EXPECT_TRUE(key.public_key()
                    .verify(signature_scheme::ecdsa, digest_algorithm::sha256, as_bytes("m"), signature)
                    .has_value());
}

TEST(CryptoContext, OutlivesItsHandleInWhatWasMadeFromIt)
{
    std::optional<crypto_context> context = crypto_context::create().value();
    auto const key = private_key::generate(key_kind::ec_p256, 0, *context).value();
    context.reset();
    auto const signature = key.sign(signature_scheme::ecdsa, digest_algorithm::sha256, as_bytes("m")).value();
    EXPECT_TRUE(key.public_key()
                    .verify(signature_scheme::ecdsa, digest_algorithm::sha256, as_bytes("m"), signature)
                    .has_value());
}

TEST(CryptoContext, ServesSeveralThreads)
{
    auto const parsed = test::cert("leaf");
    auto const ca = test::cert("intermediate");
    std::array<bool, 4> good{};
    {
        std::vector<std::jthread> threads;
        for(auto& g : good)
            threads.emplace_back([&] {
                g = true;
                for(int i = 0; i != 50; ++i)
                    g = g && parsed.is_issued_by(ca) && parsed.sha256().size() == 32;
            });
    }
    EXPECT_EQ(good, (std::array{true, true, true, true}));
}

} // namespace
} // namespace scepkit::inline v0::pki
