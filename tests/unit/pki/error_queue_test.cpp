// SPDX-License-Identifier: BSL-1.0
#include <scepkit/openssl.hpp>
#include <scepkit/pki/crl.hpp>
#include <scepkit/pki/decrypter.hpp>
#include <scepkit/pki/pkcs12.hpp>

#include "vectors.hpp"

#include <gtest/gtest.h>
#include <openssl/err.h>

// No decision rests on OpenSSL's error queue: a failure that leaves it empty is a typed error all the same, and an
// entry that another call left behind makes nothing fail and is not blamed on us.

namespace scepkit::inline v0::pki {
namespace {

using test::code_of;
using test::key;
using test::vector;

constexpr auto message = std::string_view("what is signed");

TEST(ThreatD8, AFailureThatLeavesTheQueueEmptyIsTyped)
{
    // Before version 4, OpenSSL says nothing where an ECDSA signature is well formed and wrong.
    auto const ec = key("p256-pkcs8");
    auto const signature = ec.sign(signature_scheme::ecdsa, digest_algorithm::sha256, as_bytes(message)).value();
    auto const wrong =
        ec.public_key().verify(signature_scheme::ecdsa, digest_algorithm::sha256, as_bytes("other"), signature);
    EXPECT_EQ(code_of(wrong), errc::signature_invalid);
    // Nor where a key has no such number.
    auto const half = adopt_private_key(native_handle(key("rsa-pkcs8").public_key())).value();
    EXPECT_EQ(code_of(software_decrypter::create(half)), errc::key_not_allowed);
    EXPECT_EQ(code_of(half.to_pem()), errc::key_not_allowed);
    // A device that fails has nothing to do with OpenSSL at all.
    auto const device = make_decrypter(
        key("rsa-pkcs8").public_key(), [](bytes_view) -> result<secret_bytes> { return errc::io_failed; },
        secret_bytes(bytes(32, 1)));
    EXPECT_EQ(code_of(device.value()->decrypt({}, bytes(256, 1), 16)), errc::io_failed);
    auto const locked = pkcs12::read(vector("containers/ec.p12"), secret_bytes::from_text("wrong"));
    EXPECT_EQ(code_of(locked), errc::bad_key);
    EXPECT_EQ(locked.error().details().crypto, "");
    EXPECT_EQ(ERR_peek_error(), 0u);
}

TEST(ThreatD8, AStaleEntryMakesNothingFailAndIsGoneAfterwards)
{
    auto const poisoned = [](auto&& work) {
        ERR_raise(ERR_LIB_PROV, ERR_R_INTERNAL_ERROR);
        EXPECT_NE(ERR_peek_error(), 0u);
        auto const done = work();
        EXPECT_TRUE(done.has_value()) << done.error();
        EXPECT_EQ(ERR_peek_error(), 0u);
    };
    auto const rsa = key("rsa-pkcs8");
    auto const ec = key("p256-pkcs8");
    auto const signature = ec.sign(signature_scheme::ecdsa, digest_algorithm::sha256, as_bytes(message)).value();
    auto const encrypted = rsa.public_key().encrypt({}, bytes(16, 1)).value();
    auto const decrypter = software_decrypter::create(rsa).value();
    auto const passphrase = secret_bytes::from_text("secret");
    poisoned([&] { return ec.sign(signature_scheme::ecdsa, digest_algorithm::sha256, as_bytes(message)); });
    poisoned([&] {
        return ec.public_key().verify(signature_scheme::ecdsa, digest_algorithm::sha256, as_bytes(message), signature);
    });
    poisoned([&] { return rsa.public_key().encrypt({}, bytes(16, 1)); });
    poisoned([&] { return decrypter->decrypt({}, encrypted, 16); });
    poisoned([&] { return decrypter->decrypt({}, bytes(256, 1), 16); });
    poisoned([&] { return ec.agree(ec.public_key()); });
    poisoned([&] { return private_key::from_pem(vector("keys/rsa-pkcs8.pem")); });
    poisoned([&] { return private_key::from_pem(vector("containers/key-pbes2.pem"), passphrase); });
    poisoned([&] { return pkcs12::read(vector("containers/ec.p12"), passphrase); });
    poisoned([&] { return crypto_context::create(); });
    poisoned([&] { return crypto_context::default_context().digest(digest_algorithm::sha256, {}); });
    poisoned([&] { return rsa.to_pem(); });
}

} // namespace
} // namespace scepkit::inline v0::pki
