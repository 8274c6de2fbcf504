// SPDX-License-Identifier: BSL-1.0
#include <scepkit/openssl.hpp>
#include <scepkit/pki/decrypter.hpp>
#include <scepkit/pki/pkcs12.hpp>

#include "raw_rsa.hpp"
#include "vectors.hpp"

#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <ostream>

// Every block of this program, OpenSSL's included, comes from here and knows its size, so that what lies in it can be
// looked at in the moment it is given back, while it still belongs to the program. Nothing freed is read.

namespace {

constexpr std::size_t header = alignof(std::max_align_t);

enum class origin { ours, openssl };
struct traces {
    int ours = 0;
    int openssl = 0;
    friend bool operator==(traces const&, traces const&) = default;
    friend std::ostream& operator<<(std::ostream& out, traces const& t)
    {
        return out << t.ours << " of ours, " << t.openssl << " of OpenSSL's";
    }
};

class watchman
{
public:
    void look_for(scepkit::bytes_view secret)
    {
        std::scoped_lock const lock(mutex_);
        size_ = std::min(secret.size(), pattern_.size());
        std::copy_n(secret.begin(), size_, pattern_.begin());
        found_ = {};
        armed_ = true;
    }
    traces stop()
    {
        std::scoped_lock const lock(mutex_);
        armed_ = false;
        return found_;
    }
    void inspect(unsigned char const* block, std::size_t size, origin from)
    {
        if(!armed_)
            return;
        std::scoped_lock const lock(mutex_);
        // A big number stands in words, the lowest first: backwards on the machines this runs on.
        if(armed_ && size >= size_ &&
           (std::search(block, block + size, pattern_.cbegin(), at_end()) != block + size ||
            std::search(block, block + size, std::make_reverse_iterator(at_end()),
                        std::make_reverse_iterator(pattern_.cbegin())) != block + size))
            ++(from == origin::ours ? found_.ours : found_.openssl);
    }

private:
    std::array<unsigned char, 16>::const_iterator at_end() const
    {
        return pattern_.begin() + static_cast<std::ptrdiff_t>(size_);
    }
    std::mutex mutex_;
    std::atomic<bool> armed_{false};
    std::array<unsigned char, 16> pattern_{};
    std::size_t size_ = 0;
    traces found_;
};
watchman& watch()
{
    static auto* const one = ::new(std::malloc(sizeof(watchman))) watchman;
    return *one;
}

void* give(std::size_t size)
{
    auto* const block = static_cast<unsigned char*>(std::malloc(size + header));
    if(block == nullptr)
        return nullptr;
    std::memcpy(block, &size, sizeof(size));
    return block + header;
}
std::size_t size_of_block(void const* given)
{
    std::size_t size = 0;
    std::memcpy(&size, static_cast<unsigned char const*>(given) - header, sizeof(size));
    return size;
}
void take_back(void* given, origin from)
{
    if(given == nullptr)
        return;
    watch().inspect(static_cast<unsigned char const*>(given), size_of_block(given), from);
    std::free(static_cast<unsigned char*>(given) - header);
}

void* openssl_malloc(std::size_t size, char const*, int) { return size == 0 ? nullptr : give(size); }
void openssl_free(void* given, char const*, int) { take_back(given, origin::openssl); }
void* openssl_realloc(void* given, std::size_t size, char const*, int)
{
    if(size == 0) {
        take_back(given, origin::openssl);
        return nullptr;
    }
    auto* const fresh = give(size);
    if(fresh != nullptr && given != nullptr) {
        std::memcpy(fresh, given, std::min(size, size_of_block(given)));
        take_back(given, origin::openssl);
    }
    return fresh;
}
// Before main, when OpenSSL has allocated nothing yet.
bool const openssl_is_watched = CRYPTO_set_mem_functions(&openssl_malloc, &openssl_realloc, &openssl_free) == 1;

} // namespace

void* operator new(std::size_t size)
{
    if(auto* const block = give(size))
        return block;
    throw std::bad_alloc();
}
void* operator new[](std::size_t size) { return ::operator new(size); }
void* operator new(std::size_t size, std::nothrow_t const&) noexcept { return give(size); }
void* operator new[](std::size_t size, std::nothrow_t const&) noexcept { return give(size); }
void operator delete(void* given) noexcept { take_back(given, origin::ours); }
void operator delete[](void* given) noexcept { take_back(given, origin::ours); }
void operator delete(void* given, std::size_t) noexcept { take_back(given, origin::ours); }
void operator delete[](void* given, std::size_t) noexcept { take_back(given, origin::ours); }
void operator delete(void* given, std::nothrow_t const&) noexcept { take_back(given, origin::ours); }
void operator delete[](void* given, std::nothrow_t const&) noexcept { take_back(given, origin::ours); }

namespace scepkit::inline v0::pki {
namespace {

using test::key;
using test::vector;

constexpr std::string_view pattern = "wipe me, I am 16";

template <class Work>
traces left_behind(bytes_view secret, Work&& work)
{
    watch().look_for(secret);
    work();
    return watch().stop();
}

TEST(ThreatR12, WhatIsNotWipedIsFound)
{
    ASSERT_TRUE(openssl_is_watched);
    EXPECT_EQ(left_behind(as_bytes(pattern), [] { bytes const copy = to_bytes(as_bytes(pattern)); }), (traces{1, 0}));
    EXPECT_EQ(left_behind(as_bytes(pattern),
                          [] {
                              void* const block = OPENSSL_malloc(pattern.size());
                              std::memcpy(block, pattern.data(), pattern.size());
                              OPENSSL_free(block);
                          }),
              (traces{0, 1}));
}

TEST(ThreatR12, SecretBytesAreWipedHoweverTheyGo)
{
    EXPECT_EQ(left_behind(as_bytes(pattern),
                          [] {
                              auto a = secret_bytes::from_text(pattern);
                              auto b = a.clone();
                              a = std::move(b);
                              secret_bytes c(to_bytes(as_bytes(pattern)));
                              c.truncate(0);
                              b = std::move(c);
                          }),
              traces{});
}

TEST(ThreatR12, ContentKeysAreWiped)
{
    constexpr key_transport v1_5{};
    constexpr key_transport oaep{key_transport::kind::rsa_oaep, digest_algorithm::sha256, digest_algorithm::sha256};
    auto const k = key("rsa-pkcs8");
    auto const raw = make_decrypter(k.public_key(), test::raw_operation(k), secret_bytes(bytes(32, 1))).value();
    auto const software = software_decrypter::create(k).value();
    for(auto const& transport : {v1_5, oaep}) {
        auto const ciphertext = k.public_key().encrypt(transport, as_bytes(pattern)).value();
        for(decrypter const* const d : {raw.get(), static_cast<decrypter const*>(software.get())})
            EXPECT_EQ(left_behind(as_bytes(pattern),
                                  [&] { EXPECT_EQ(d->decrypt(transport, ciphertext, pattern.size())->size(), 16u); }),
                      traces{});
        EXPECT_EQ(left_behind(as_bytes(pattern), [&] { (void)k.public_key().encrypt(transport, as_bytes(pattern)); }),
                  traces{});
    }
}

TEST(ThreatR12, AgreedSecretsAreWiped)
{
    auto const a = key("p256-pkcs8");
    auto const b = key("p256-sec1");
    auto const secret = a.agree(b.public_key()).value();
    EXPECT_EQ(left_behind(secret.view(), [&] { EXPECT_TRUE(a.agree(b.public_key()).has_value()); }), traces{});
}

// The first bytes of the private number.
bytes number_of(private_key const& k, char const* parameter)
{
    BIGNUM* number = nullptr;
    EXPECT_EQ(EVP_PKEY_get_bn_param(native_handle(k), parameter, &number), 1);
    bytes out(static_cast<std::size_t>(BN_num_bytes(number)));
    BN_bn2bin(number, out.data());
    BN_clear_free(number);
    return out;
}

TEST(ThreatR12, NoBufferOfOursKeepsAPrivateNumber)
{
    // OpenSSL's decoders leave some of their own behind: that is counted apart, and is its affair.
    for(auto const& [name, parameter] :
        {std::pair("rsa-pkcs8", OSSL_PKEY_PARAM_RSA_D), std::pair("rsa-pkcs1", OSSL_PKEY_PARAM_RSA_FACTOR1),
         std::pair("p256-pkcs8", OSSL_PKEY_PARAM_PRIV_KEY), std::pair("p384-pkcs8", OSSL_PKEY_PARAM_PRIV_KEY)}) {
        auto const pem = vector(std::string("keys/") + name + ".pem");
        auto const number = number_of(key(name), parameter);
        EXPECT_EQ(left_behind(number,
                              [&] {
                                  auto const k = private_key::from_pem(pem).value();
                                  EXPECT_TRUE(k.sign(k.default_scheme(), digest_algorithm::sha256, {}).has_value());
                                  EXPECT_TRUE(software_decrypter::create(k).has_value());
                                  EXPECT_TRUE(k.to_pem().has_value());
                              })
                      .ours,
                  0)
            << name;
    }
}

TEST(ThreatR12, NoBufferOfOursKeepsWhatAPassphraseOpens)
{
    auto const ec = private_key::from_pem(vector("containers/ec.key.pem")).value();
    auto const number = number_of(ec, OSSL_PKEY_PARAM_PRIV_KEY);
    auto const pem = vector("containers/key-pbes2.pem");
    auto const file = vector("containers/ec.p12");
    EXPECT_EQ(left_behind(number,
                          [&] {
                              auto const passphrase = secret_bytes::from_text("secret");
                              EXPECT_TRUE(private_key::from_pem(pem, passphrase).has_value());
                              EXPECT_TRUE(pkcs12::read(file, passphrase).has_value());
                          })
                  .ours,
              0);
}

} // namespace
} // namespace scepkit::inline v0::pki
