// SPDX-License-Identifier: BSL-1.0
#include <scepkit/scep/ca_identity.hpp>

#include <gtest/gtest.h>
#include <support/scripted_ca.hpp>

namespace scepkit::inline v0::scep {
namespace {

using namespace scepkit::test;

cms::certificate_bag bag_of(std::vector<pki::certificate> certificates)
{
    cms::certificate_bag bag;
    bag.certificates = std::move(certificates);
    return bag;
}

ca_trust pin(pki::certificate const& c) { return ca_trust::pinned(c.sha256()).value(); }
ca_trust anchor(pki::certificate const& c) { return ca_trust::anchored({c}).value(); }

/// As NDES: root, issuing CA, and an RA pair with one subject.
struct hierarchy {
    authority root = authority::self_signed(ca_wish("CN=Root,O=Contoso"), rsa_key("root"));
    authority issuing{root.issue(ca_wish("CN=Issuing,O=Contoso"), rsa_key("issuing").public_key()), rsa_key("issuing")};
    pki::certificate signing = ra(pki::key_usage::digital_signature, "signing ra");
    pki::certificate encryption = ra(pki::key_usage::key_encipherment, "encryption ra");

    pki::certificate ra(pki::key_usage usage, std::string const& key, time_point from = noon - std::chrono::hours{24},
                        time_point to = noon + std::chrono::hours{24}) const
    {
        return issuing.issue({.subject = "CN=SCEP-MSCEP-RA,C=DE",
                              .usage = usage,
                              .extended_usage = {asn1::oids::certificate_request_agent},
                              .not_before = from,
                              .not_after = to},
                             rsa_key(key).public_key());
    }
    pki::certificate device(std::vector<asn1::oid> purposes) const
    {
        return issuing.issue({.subject = "CN=device",
                              .usage = pki::key_usage::digital_signature | pki::key_usage::key_encipherment,
                              .extended_usage = std::move(purposes),
                              .not_before = noon - std::chrono::hours{1}},
                             rsa_key("device 1").public_key());
    }
};

hierarchy const& h()
{
    static hierarchy const one;
    return one;
}

TEST(CaTrust, APinIsAFingerprintByItsLength)
{
    for(std::size_t const size : {16u, 20u, 32u, 48u, 64u})
        EXPECT_TRUE(ca_trust::pinned(bytes(size, 1))) << size;
    for(std::size_t const size : {0u, 1u, 15u, 17u, 28u, 31u, 33u, 63u, 65u})
        EXPECT_EQ(ca_trust::pinned(bytes(size, 1)).error(), errc::invalid_argument) << size;
    auto const hex = to_hex(h().root.certificate.sha256(), ":");
    EXPECT_EQ(ca_trust::pinned_hex(hex).value().pin(), to_bytes(h().root.certificate.sha256()));
    for(auto const* wrong : {"", "zz", "d41d8cd98f00b204e9800998ecf842"})
        EXPECT_EQ(ca_trust::pinned_hex(wrong).error(), errc::invalid_argument) << wrong;
    EXPECT_EQ(ca_trust::anchored({}).error(), errc::invalid_argument);
    EXPECT_TRUE(ca_trust::trust_on_first_use().is_first_use());
    EXPECT_FALSE(pin(h().root.certificate).is_first_use());
    EXPECT_FALSE(anchor(h().root.certificate).is_first_use());
}

TEST(CaIdentity, OrderNeverMatters)
{
    std::vector<pki::certificate> all{h().root.certificate, h().issuing.certificate, h().signing, h().encryption};
    std::vector<std::size_t> order{0, 1, 2, 3};
    unsigned permutations = 0;
    do {
        std::vector<pki::certificate> shuffled;
        for(auto i : order)
            shuffled.push_back(all[i]);
        auto const id = ca_identity::choose(bag_of(shuffled), pin(h().root.certificate), profile::ndes(), noon);
        ASSERT_TRUE(id) << id.error();
        EXPECT_EQ(id->issuing_ca, h().issuing.certificate);
        EXPECT_EQ(id->recipient, h().encryption);
        EXPECT_EQ(id->reply_signers, (std::vector<pki::certificate>{h().issuing.certificate, h().signing}));
        EXPECT_TRUE(id->tolerances.empty());
        ++permutations;
    } while(std::next_permutation(order.begin(), order.end()));
    EXPECT_EQ(permutations, 24u);
}

TEST(CaIdentity, AnyCertificateOfTheSetCanBeThePin)
{
    std::vector<pki::certificate> const all{h().root.certificate, h().issuing.certificate, h().signing, h().encryption};
    for(auto const& c : all)
        EXPECT_TRUE(ca_identity::choose(bag_of(all), pin(c), profile::ndes(), noon)) << c.subject().to_string();
}

TEST(CaIdentity, APinOutsideTheBagIsRefused)
{
    auto const bag = bag_of({h().issuing.certificate, h().signing, h().encryption});
    EXPECT_EQ(ca_identity::choose(bag, pin(h().root.certificate), profile::ndes(), noon).error(),
              errc::ca_certificate_not_pinned);
    EXPECT_EQ(ca_identity::choose(bag_of({}), pin(h().root.certificate), profile::ndes(), noon).error(),
              errc::no_usable_recipient);
}

// Whoever answers GetCACert can put the pinned certificate beside his own.
TEST(ThreatP6, ThePinnedCertificateMustHaveToDoWithTheRoles)
{
    auto const evil = authority::self_signed(ca_wish("CN=Evil"), rsa_key("evil"));
    auto const evil_ra =
        evil.issue({.subject = "CN=RA", .usage = pki::key_usage::key_encipherment | pki::key_usage::digital_signature},
                   rsa_key("evil ra").public_key());
    for(auto const& trusted : {h().root.certificate, h().issuing.certificate}) {
        auto const bag = bag_of({h().root.certificate, h().issuing.certificate, evil.certificate, evil_ra});
        auto const pinned = ca_identity::choose(bag, pin(trusted), profile::ndes(), noon);
        EXPECT_EQ(pinned.error(), errc::ca_certificate_not_pinned);
        EXPECT_EQ(ca_identity::choose(bag, anchor(trusted), profile::ndes(), noon).error(), errc::not_trusted);
    }
    // And his own, newer certificates do not push the right ones aside.
    auto const mixed =
        bag_of({evil.certificate, evil_ra, h().root.certificate, h().issuing.certificate, h().signing, h().encryption});
    auto const id = ca_identity::choose(mixed, pin(h().root.certificate), profile::ndes(), noon);
    ASSERT_TRUE(id) << id.error();
    EXPECT_EQ(id->recipient, h().encryption);
    EXPECT_EQ(std::count(id->reply_signers.begin(), id->reply_signers.end(), evil_ra), 0);
}

TEST(ThreatP6, ACaOfTheSameNameIsAnother)
{
    auto const twin = authority::self_signed(ca_wish("CN=Issuing,O=Contoso"), rsa_key("evil"));
    auto const twin_ra = twin.issue({.subject = "CN=SCEP-MSCEP-RA,C=DE",
                                     .usage = pki::key_usage::key_encipherment,
                                     .extended_usage = {asn1::oids::certificate_request_agent}},
                                    rsa_key("evil ra").public_key());
    auto const bag = bag_of({h().root.certificate, h().issuing.certificate, twin.certificate, twin_ra});
    EXPECT_FALSE(ca_identity::choose(bag, pin(h().issuing.certificate), profile::ndes(), noon));
}

// Every device of the CA has a certificate that the CA signed.
TEST(ThreatP8, ADevicesCertificateIsNoRegistrationAuthority)
{
    auto const device = h().device({asn1::oids::client_auth});
    auto const bag = bag_of({device, h().root.certificate, h().issuing.certificate, h().signing, h().encryption});
    auto const id = ca_identity::choose(bag, pin(h().root.certificate), profile::ndes(), noon);
    ASSERT_TRUE(id) << id.error();
    EXPECT_EQ(id->recipient, h().encryption);
    EXPECT_EQ(std::count(id->reply_signers.begin(), id->reply_signers.end(), device), 0);
    // Unless the caller says that it is the one.
    auto const named =
        ca_identity::choose(bag_of({device, h().issuing.certificate}), pin(device), profile::ndes(), noon);
    ASSERT_TRUE(named) << named.error();
    EXPECT_EQ(named->recipient, device);
}

TEST(CaIdentity, ALoneCaIsTheRecipientByItsQuirk)
{
    scripted_ca const ca(scripted_ca::layout::lone_ca);
    auto const bag = bag_of({ca.ca.certificate});
    auto const id = ca_identity::choose(bag, ca.pin(), profile::rfc8894(), noon);
    ASSERT_TRUE(id) << id.error();
    EXPECT_EQ(id->recipient, ca.ca.certificate);
    EXPECT_EQ(id->issuing_ca, ca.ca.certificate);
    EXPECT_TRUE(id->tolerances.contains(quirk::lone_ca_recipient));
    EXPECT_EQ(ca_identity::choose(bag, ca.pin(), profile::strict(), noon).error(), errc::no_usable_recipient);

    auto wish = ca_wish("CN=Does it all");
    wish.usage = wish.usage | pki::key_usage::key_encipherment;
    auto const able = authority::self_signed(wish, rsa_key("ca"));
    auto const plain = ca_identity::choose(bag_of({able.certificate}), pin(able.certificate), profile::strict(), noon);
    ASSERT_TRUE(plain) << plain.error();
    EXPECT_TRUE(plain->tolerances.empty());
}

TEST(CaIdentity, OfAChainWithoutRaTheLowestCaIsTheRecipient)
{
    for(auto const& order : {std::vector{h().root.certificate, h().issuing.certificate},
                             std::vector{h().issuing.certificate, h().root.certificate}}) {
        auto const id = ca_identity::choose(bag_of(order), pin(h().root.certificate), profile::rfc8894(), noon);
        ASSERT_TRUE(id) << id.error();
        EXPECT_EQ(id->recipient, h().issuing.certificate);
    }
}

TEST(CaIdentity, AnAnchorOutsideTheBagIsEnough)
{
    auto const bag = bag_of({h().issuing.certificate, h().signing, h().encryption});
    for(auto const& trusted : {h().root.certificate, h().issuing.certificate})
        EXPECT_TRUE(ca_identity::choose(bag, anchor(trusted), profile::ndes(), noon));
    auto const stranger = authority::self_signed(ca_wish("CN=Stranger"), rsa_key("evil"));
    EXPECT_EQ(ca_identity::choose(bag, anchor(stranger.certificate), profile::ndes(), noon).error(), errc::not_trusted);
}

TEST(CaIdentity, ExpiredRegistrationAuthoritiesAreNotChosen)
{
    auto const day = std::chrono::hours{24};
    auto const old = h().ra(pki::key_usage::key_encipherment, "old ra", noon - 30 * day, noon - day);
    auto const later = h().ra(pki::key_usage::key_encipherment, "later ra", noon + day, noon + 30 * day);
    auto const all =
        std::vector{old, later, h().root.certificate, h().issuing.certificate, h().signing, h().encryption};
    EXPECT_EQ(ca_identity::choose(bag_of(all), pin(h().root.certificate), profile::ndes(), noon).value().recipient,
              h().encryption);
    EXPECT_EQ(
        ca_identity::choose(bag_of({old, h().issuing.certificate}), pin(h().issuing.certificate), profile::ndes(), noon)
            .error(),
        errc::certificate_expired);
    auto const old_signer = h().ra(pki::key_usage::digital_signature, "old signer", noon - 30 * day, noon - day);
    auto const id = ca_identity::choose(bag_of({old_signer, h().encryption, h().issuing.certificate}),
                                        pin(h().issuing.certificate), profile::ndes(), noon);
    EXPECT_EQ(id.value().reply_signers, std::vector{h().issuing.certificate});
}

TEST(CaIdentity, TheNewestOfTwoGoodOnesIsChosen)
{
    auto const newer = h().ra(pki::key_usage::key_encipherment, "newer ra", noon - std::chrono::hours{1});
    for(auto const& order : {std::vector{newer, h().encryption, h().issuing.certificate},
                             std::vector{h().encryption, newer, h().issuing.certificate}})
        EXPECT_EQ(
            ca_identity::choose(bag_of(order), pin(h().issuing.certificate), profile::ndes(), noon).value().recipient,
            newer);
}

TEST(CaIdentity, OnlyASigningRaIsNotEnough)
{
    EXPECT_EQ(ca_identity::choose(bag_of({h().issuing.certificate, h().signing}), pin(h().issuing.certificate),
                                  profile::ndes(), noon)
                  .error(),
              errc::no_usable_recipient);
}

TEST(CaIdentity, AnEcKeyReceivesWhereTheProfileAgreesOnKeys)
{
    auto const key = pki::private_key::generate(pki::key_kind::ec_p256).value();
    auto const ec = authority::self_signed(ca_wish("CN=EC"), key);
    auto const no_way = profile::named("rfc8894-password_recipient").value();
    EXPECT_EQ(ca_identity::choose(bag_of({ec.certificate}), pin(ec.certificate), no_way, noon).error(),
              errc::no_usable_recipient);
    auto const signs = ca_identity::choose(bag_of({ec.certificate}), pin(ec.certificate), profile::rfc8894(), noon);
    ASSERT_TRUE(signs) << signs.error();
    EXPECT_EQ(signs->tolerances, quirk_set{quirk::password_recipient});
    auto const lone = ca_identity::choose(bag_of({ec.certificate}), pin(ec.certificate), profile::ndes(), noon);
    ASSERT_TRUE(lone) << lone.error();
    EXPECT_EQ(lone->recipient, ec.certificate);
    EXPECT_EQ(lone->tolerances, (quirk_set{quirk::key_agreement, quirk::lone_ca_recipient}));
    auto const agreeing = profile::named("strict+key_agreement").value();
    EXPECT_EQ(ca_identity::choose(bag_of({ec.certificate}), pin(ec.certificate), agreeing, noon).error(),
              errc::no_usable_recipient);
    auto const ec_ra = ec.issue({.subject = "CN=EC RA", .usage = pki::key_usage::key_agreement},
                                pki::private_key::generate(pki::key_kind::ec_p384).value().public_key());
    auto const with_ra = ca_identity::choose(bag_of({ec.certificate, ec_ra}), pin(ec.certificate), agreeing, noon);
    ASSERT_TRUE(with_ra) << with_ra.error();
    EXPECT_EQ(with_ra->recipient, ec_ra);
    // With an RA of RSA it is fine.
    auto const ra = ec.issue({.subject = "CN=RA"}, rsa_key("encryption ra").public_key());
    auto const id = ca_identity::choose(bag_of({ec.certificate, ra}), pin(ec.certificate), profile::rfc8894(), noon);
    ASSERT_TRUE(id) << id.error();
    EXPECT_EQ(id->recipient, ra);
}

TEST(CaIdentity, AWeakPinNeedsItsQuirk)
{
    auto const bag = bag_of({h().issuing.certificate, h().signing, h().encryption});
    auto const fingerprint = [](pki::digest_algorithm d) {
        return pki::crypto_context::default_context().digest(d, h().issuing.certificate.der()).value();
    };
    using d = pki::digest_algorithm;
    auto const tolerant = profile::named("rfc8894+weak_pin").value();
    for(auto const digest : {d::md5, d::sha1, d::sha256, d::sha384, d::sha512}) {
        SCOPED_TRACE(pki::name_of(digest));
        auto const trust = ca_trust::pinned(fingerprint(digest)).value();
        auto const weak = digest == d::md5 || digest == d::sha1;
        auto const strict = ca_identity::choose(bag, trust, profile::rfc8894(), noon);
        EXPECT_EQ(strict.has_value(), !weak);
        if(weak) {
            EXPECT_EQ(strict.error(), errc::algorithm_not_allowed);
        }
        auto const id = ca_identity::choose(bag, trust, tolerant, noon);
        ASSERT_TRUE(id) << id.error();
        EXPECT_EQ(id->tolerances.contains(quirk::weak_pin), weak);

        auto other = fingerprint(digest);
        other.back() ^= 1;
        EXPECT_EQ(ca_identity::choose(bag, ca_trust::pinned(other).value(), tolerant, noon).error(),
                  errc::ca_certificate_not_pinned);
    }
}

TEST(CaIdentity, AnExpiredCaIsRefused)
{
    auto const bag = bag_of({h().issuing.certificate, h().signing, h().encryption});
    auto const much_later = noon + std::chrono::hours{24 * 400};
    EXPECT_EQ(ca_identity::choose(bag, pin(h().issuing.certificate), profile::ndes(), much_later).error(),
              errc::certificate_expired);
    auto const lone = bag_of({h().issuing.certificate});
    EXPECT_EQ(ca_identity::choose(lone, pin(h().issuing.certificate), profile::ndes(), much_later).error(),
              errc::certificate_expired);
    EXPECT_EQ(
        ca_identity::choose(lone, pin(h().issuing.certificate), profile::ndes(), noon - std::chrono::hours{48}).error(),
        errc::certificate_not_yet_valid);
}

TEST(CaCertificates, AreJudgedByTheirBytes)
{
    auto const lone = parse_ca_certificates(h().root.certificate.der(), profile::strict());
    ASSERT_TRUE(lone) << lone.error();
    EXPECT_EQ(lone->certificates, std::vector{h().root.certificate});
    auto const all = std::vector{h().root.certificate, h().issuing.certificate, h().signing};
    auto const bag = parse_ca_certificates(cms::certificate_bag::make(all), profile::strict());
    ASSERT_TRUE(bag) << bag.error();
    EXPECT_EQ(bag->certificates, all);
}

TEST(CaCertificates, WhatIsNoneIsNamed)
{
    EXPECT_EQ(parse_ca_certificates({}, profile::legacy()).error(), errc::truncated);
    EXPECT_EQ(parse_ca_certificates(as_bytes("<html><body>Sign in</body></html>"), profile::legacy()).error(),
              errc::html_instead_of_scep);
    auto const pem = h().root.certificate.to_pem();
    EXPECT_FALSE(parse_ca_certificates(as_bytes(pem), profile::legacy()));
    auto const der = to_bytes(h().root.certificate.der());
    for(std::size_t size : {1u, 2u, 3u, 4u, 100u})
        EXPECT_FALSE(parse_ca_certificates(bytes_view(der).first(size), profile::legacy())) << size;
}

} // namespace
} // namespace scepkit::inline v0::scep
