// SPDX-License-Identifier: BSL-1.0
#include <scepkit/pki/decrypter.hpp>

#include <pki/detail/mac_key.hpp>
#include <pki/detail/spare.hpp>

#include "vectors.hpp"

#include <atomic>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

namespace scepkit::inline v0::pki {
namespace {

using test::key;

constexpr auto message = std::string_view("what is signed");

bytes opened(decrypter const& with, key_transport transport, bytes_view encrypted, std::size_t size)
{
    auto const out = with.decrypt(transport, encrypted, size).value();
    return to_bytes(out.view());
}

template <class Work>
void on_threads(unsigned threads, Work const& work)
{
    std::vector<std::thread> crowd;
    for(unsigned t = 0; t != threads; ++t)
        crowd.emplace_back(work);
    for(auto& one : crowd)
        one.join();
}

TEST(Spare, GivesBackWhatItWasGivenOnce)
{
    detail::spare<int> kept;
    EXPECT_EQ(kept.take(), nullptr);
    kept.keep(std::make_unique<int>(1));
    kept.keep(std::make_unique<int>(2)); // The last to come back stays.
    auto const one = kept.take();
    ASSERT_NE(one, nullptr);
    EXPECT_EQ(*one, 2);
    EXPECT_EQ(kept.take(), nullptr);
}

TEST(Spare, LendsToOneThreadAtATime)
{
    struct counter {
        std::atomic<unsigned> users{0};
    };
    detail::spare<counter> kept;
    std::atomic<unsigned> shared{0};
    on_threads(4, [&] {
        for(unsigned i = 0; i != 10'000; ++i) {
            auto one = kept.take();
            if(!one)
                one = std::make_unique<counter>();
            if(one->users++ != 0)
                ++shared;
            --one->users;
            kept.keep(std::move(one));
        }
    });
    EXPECT_EQ(shared, 0u);
}

TEST(KeyReuse, OneKeyUsesEachAlgorithmInTurn)
{
    auto const rsa = key("rsa-pkcs8");
    auto const other_half = rsa.public_key();
    for(int round = 0; round != 3; ++round)
        for(auto const scheme : {signature_scheme::rsa_pkcs1_v1_5, signature_scheme::rsa_pss})
            for(auto const digest : {digest_algorithm::sha256, digest_algorithm::sha512, digest_algorithm::sha1}) {
                auto const signature = rsa.sign(scheme, digest, as_bytes(message)).value();
                EXPECT_TRUE(other_half.verify(scheme, digest, as_bytes(message), signature));
                EXPECT_EQ(other_half.verify(scheme, digest, as_bytes("something else"), signature).error(),
                          errc::signature_invalid);
                auto const other =
                    digest == digest_algorithm::sha256 ? digest_algorithm::sha384 : digest_algorithm::sha256;
                EXPECT_FALSE(other_half.verify(scheme, other, as_bytes(message), signature));
            }
}

TEST(KeyReuse, VerifyingAndEncryptingTakeTurnsWithOneKey)
{
    auto const rsa = key("rsa-pkcs8");
    auto const other_half = rsa.public_key();
    auto const opens = software_decrypter::create(rsa).value();
    auto const signature =
        rsa.sign(signature_scheme::rsa_pkcs1_v1_5, digest_algorithm::sha256, as_bytes(message)).value();
    key_transport const oaep{.scheme = key_transport::kind::rsa_oaep};
    bytes const content_key(16, 0x42);
    for(int round = 0; round != 3; ++round)
        for(auto const& transport : {key_transport{}, oaep, key_transport{}}) {
            auto const encrypted = other_half.encrypt(transport, content_key).value();
            EXPECT_EQ(opened(*opens, transport, encrypted, content_key.size()), content_key);
            EXPECT_TRUE(other_half.verify(signature_scheme::rsa_pkcs1_v1_5, digest_algorithm::sha256, as_bytes(message),
                                          signature));
        }
}

TEST(KeyReuse, ManyThreadsUseOneKeyAtOnce)
{
    for(auto const* const name : {"rsa-pkcs8", "p256-pkcs8"}) {
        auto const own = key(name);
        // A half of its own for the crowd: that OpenSSL's key is made by whoever comes first is part of the test.
        auto const other_half = public_key::from_spki(own.public_key().spki()).value();
        auto const scheme = own.default_scheme();
        std::atomic<unsigned> wrong{0};
        on_threads(4, [&] {
            for(unsigned i = 0; i != 20; ++i) {
                auto const digest = i % 2 == 0 ? digest_algorithm::sha256 : digest_algorithm::sha384;
                auto const signature = own.sign(scheme, digest, as_bytes(message));
                if(!signature || !other_half.verify(scheme, digest, as_bytes(message), *signature) ||
                   other_half.verify(scheme, digest, as_bytes("something else"), *signature))
                    ++wrong;
            }
        });
        EXPECT_EQ(wrong, 0u) << name;
    }
}

TEST(KeyReuse, ManyThreadsDecryptWithOneKeyAtOnce)
{
    auto const rsa = key("rsa-pkcs8");
    bytes const content_key(16, 0x42);
    auto const good = rsa.public_key().encrypt({}, content_key).value();
    auto broken = good;
    broken.back() ^= 1;
    auto const rejected = opened(*software_decrypter::create(rsa).value(), {}, broken, content_key.size());
    std::atomic<unsigned> wrong{0};
    on_threads(4, [&] {
        auto const opens = software_decrypter::create(rsa).value();
        for(unsigned i = 0; i != 20; ++i)
            if(opened(*opens, {}, good, content_key.size()) != content_key ||
               opened(*opens, {}, broken, content_key.size()) != rejected)
                ++wrong;
    });
    EXPECT_EQ(wrong, 0u);
}

TEST(KeyReuse, OneMacKeyServesManyThreads)
{
    auto const mac = detail::mac_key::create(as_bytes("a key of some length")).value();
    auto const first = mac.compute({as_bytes(message)}).value();
    std::atomic<unsigned> wrong{0};
    on_threads(4, [&] {
        for(unsigned i = 0; i != 500; ++i)
            if(mac.compute({as_bytes(message)}).value() != first)
                ++wrong;
    });
    EXPECT_EQ(wrong, 0u);
}

} // namespace
} // namespace scepkit::inline v0::pki
