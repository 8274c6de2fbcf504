// SPDX-License-Identifier: BSL-1.0
#include <scepkit/openssl.hpp>
#include <scepkit/pki/decrypter.hpp>

#include "vectors.hpp"

#include <gtest/gtest.h>

namespace scepkit::inline v0::pki {
namespace {

using test::code_of;
using test::key;

// What a token does, with a key that lies here.
class remote_signer final : public signer
{
public:
    explicit remote_signer(private_key behind) : key_(std::move(behind)) {}
    result<bytes> sign(signature_scheme scheme, digest_algorithm digest, bytes_view message) const override
    {
        if(digest == digest_algorithm::sha512)
            return errc::timed_out;
        return key_.sign(scheme, digest, message);
    }

private:
    private_key key_;
};

private_key remote(char const* name)
{
    auto const k = key(name);
    return private_key::from_signer(k.public_key(), std::make_shared<remote_signer const>(k)).value();
}

TEST(Signer, SignsRequestsAndCertificates)
{
    for(auto const* const name : {"rsa-pkcs8", "p256-pkcs8"}) {
        auto const k = remote(name);
        auto const subject = name::parse("CN=token").value();
        auto const request = certificate_request_builder().subject(subject).sign(k).value();
        EXPECT_EQ(code_of(request.verify()), errc{});
        auto const made = make_certificate({.subject = subject,
                                            .not_before = test::today(),
                                            .not_after = test::today(),
                                            .serial = {1},
                                            .extensions = {}},
                                           k.public_key(), subject, k)
                              .value();
        EXPECT_TRUE(made.is_issued_by(made));
        EXPECT_EQ(k.operations().signatures, 2u);
    }
}

TEST(Signer, ItsErrorsComeBackAsTheyAre)
{
    auto const k = remote("rsa-pkcs8");
    EXPECT_EQ(code_of(k.sign(signature_scheme::rsa_pss, digest_algorithm::sha512, {})), errc::timed_out);
    EXPECT_EQ(code_of(k.sign(signature_scheme::ecdsa, digest_algorithm::sha256, {})), errc::invalid_argument)
        << "what does not fit the key is not asked";
    EXPECT_EQ(k.operations().signatures, 1u);
}

TEST(Signer, WhatNeedsTheKeyItselfIsRefused)
{
    auto const rsa = remote("rsa-pkcs8");
    auto const ec = remote("p256-pkcs8");
    EXPECT_EQ(code_of(rsa.to_pem()), errc::key_not_allowed);
    EXPECT_EQ(code_of(software_decrypter::create(rsa)), errc::key_not_allowed);
    EXPECT_EQ(code_of(software_decrypter::create(ec)), errc::key_not_allowed);
    EXPECT_EQ(code_of(ec.agree(key("p256-pkcs8").public_key())), errc::key_not_allowed);
    EXPECT_EQ(native_handle(rsa), nullptr);
    EXPECT_EQ(rsa.operations().decryptions, 0u);
}

TEST(Signer, MustBeThere)
{
    EXPECT_EQ(code_of(private_key::from_signer(key("rsa-pkcs8").public_key(), nullptr)), errc::invalid_argument);
}

} // namespace
} // namespace scepkit::inline v0::pki
