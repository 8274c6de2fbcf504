// SPDX-License-Identifier: BSL-1.0
#include <scepkit/pki/private_key.hpp>

#include "vectors.hpp"

#include <gtest/gtest.h>
#include <sstream>

namespace scepkit::inline v0::pki {
namespace {

using test::code_of;
using test::hex_of;
using test::key;

TEST(KeyAgreement, ComputesWhatAnotherImplementationDoes)
{
    // Two a curve, one of them with a secret that begins with zeros.
    std::istringstream in(scepkit::test::read_text(scepkit::test::vector_path("pki/agreement/agreement.txt")));
    int rows = 0;
    for(std::string line; std::getline(in, line);) {
        if(line.starts_with('#'))
            continue;
        std::istringstream words(line);
        std::string curve, own, peer, secret;
        words >> curve >> own >> peer >> secret;
        auto const k = private_key::from_pkcs8(from_hex(own).value()).value();
        EXPECT_EQ(name_of(k.kind()), curve);
        auto const agreed = k.agree(public_key::from_spki(from_hex(peer).value()).value()).value();
        EXPECT_EQ(to_hex(agreed.view()), secret) << curve;
        EXPECT_EQ(k.operations().decryptions, 1u);
        ++rows;
    }
    EXPECT_EQ(rows, 6);
}

TEST(KeyAgreement, BothSidesAgree)
{
    for(auto const kind : {key_kind::ec_p256, key_kind::ec_p384, key_kind::ec_p521}) {
        auto const a = private_key::generate(kind).value();
        auto const b = private_key::generate(kind).value();
        auto const ab = a.agree(b.public_key()).value();
        EXPECT_EQ(to_hex(ab.view()), hex_of(b.agree(a.public_key())));
        EXPECT_EQ(ab.size(), (a.public_key().bits() + 7) / 8);
    }
}

TEST(KeyAgreement, TakesAPeerOfAnotherCryptoContext)
{
    auto const elsewhere = crypto_context::create().value();
    auto const a = private_key::generate(key_kind::ec_p256).value();
    auto const b = private_key::generate(key_kind::ec_p256, 0, elsewhere).value();
    auto const ab = a.agree(b.public_key()).value();
    EXPECT_EQ(to_hex(ab.view()), hex_of(b.agree(a.public_key())));
}

TEST(KeyAgreement, RefusesPeersOfAnotherKindOrOffTheCurve)
{
    auto const k = key("p256-pkcs8");
    EXPECT_EQ(code_of(k.agree(key("p384-pkcs8").public_key())), errc::key_not_allowed);
    EXPECT_EQ(code_of(k.agree(key("rsa-pkcs8").public_key())), errc::key_not_allowed);
    EXPECT_EQ(code_of(key("rsa-pkcs8").agree(k.public_key())), errc::key_not_allowed);
    // An invalid point would give the private key away, a few bits an answer.
    EXPECT_EQ(code_of(k.agree(test::spki("p256-off-curve").value())), errc::bad_key);
    EXPECT_EQ(k.operations().decryptions, 0u);
}

TEST(KeyAgreement, KeysThatAreNoKemKeysEncapsulateNothing)
{
    for(auto const* const name : {"rsa-pkcs8", "p256-pkcs8"}) {
        EXPECT_EQ(code_of(key(name).public_key().encapsulate()), errc::key_not_allowed);
        EXPECT_EQ(code_of(key(name).decapsulate(bytes(1088))), errc::key_not_allowed);
    }
}

} // namespace
} // namespace scepkit::inline v0::pki
