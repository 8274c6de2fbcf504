// SPDX-License-Identifier: BSL-1.0
#include "replies.hpp"

namespace scepkit::inline v0::scep {
namespace {

using namespace scepkit::test;

constexpr std::chrono::hours day{24};

certificate_wish device_wish()
{
    return {.subject = "CN=device 1,O=Contoso",
            .usage = pki::key_usage::digital_signature,
            .extended_usage = {asn1::oids::client_auth},
            .names = {pki::general_name::dns("device.contoso.example").value()}};
}

/// What a renewal asks for; a good one if nothing is changed.
struct renewal_wish {
    std::string subject = "CN=device 1,O=Contoso";
    std::vector<pki::general_name> names{};
    std::vector<asn1::oid> extended_usage{};
    std::string key = "device 1, next";
    std::string challenge{};
    pki::key_kind kind = pki::key_kind::rsa;

    bytes request() const
    {
        pki::certificate_request_builder builder;
        builder.subject(dn(subject));
        for(auto const& n : names)
            builder.add(n);
        for(auto const& id : extended_usage)
            builder.extended_usage(id);
        if(!challenge.empty())
            builder.challenge_password(secret_bytes::from_text(challenge));
        return to_bytes(builder.sign(key_of(kind, key)).value().der());
    }
};

class ServedRenewal : public ::testing::Test
{
protected:
    std::shared_ptr<responder> make(std::function<void(responder_options&)> const& change = {})
    {
        auto options = ca.options();
        options.renewals.allowed = true;
        if(change)
            change(options);
        return responder::create(std::move(options)).value();
    }
    authority old_of(certificate_wish const& wish = device_wish(), pki::key_kind kind = pki::key_kind::rsa) const
    {
        auto const& key = key_of(kind, "device 1");
        return {ca.ca.issue(wish, key.public_key()), key};
    }
    responder::answer renew(responder& r, authority const& by, renewal_wish const& wish = {},
                            message_type type = message_type::renewal_req, time_point now = noon) const
    {
        return r.pki_operation(make_message(ca, {.type = type, .content = wish.request(), .signer = by}), now);
    }

    scripted_ca ca;
};

TEST_F(ServedRenewal, TheOldCertificateIsTheOnlyTicket)
{
    auto const r = make();
    auto const old = old_of();
    auto const a = renew(*r, old);
    ASSERT_TRUE(succeeds(a));
    auto const leaf = leaf_in(a, old);
    EXPECT_EQ(*leaf.key(), rsa_key("device 1, next").public_key());
    EXPECT_EQ(leaf.subject(), old.certificate.subject());
    // Absent: as before.
    ASSERT_EQ(leaf.extensions().subject_alt_names.size(), 1u);
    EXPECT_EQ(leaf.extensions().subject_alt_names[0].text, "device.contoso.example");
    EXPECT_EQ(ca.authorizer->asked, 1u);
    EXPECT_TRUE(a.tolerances.empty());
}

TEST_F(ServedRenewal, TheSameNamesMayBeAskedForInAnyOrder)
{
    auto wish = device_wish();
    auto const other = pki::general_name::dns("other.contoso.example").value();
    wish.names.push_back(other);
    auto const a = renew(*make(), old_of(wish), {.names = {other, wish.names[0]}});
    EXPECT_TRUE(succeeds(a));
}

TEST_F(ServedRenewal, IsOffUnlessAskedFor)
{
    auto const a = renew(*responder::create(ca.options()).value(), old_of());
    EXPECT_TRUE(fails_with(fail_info::bad_request, a));
    EXPECT_EQ(ca.authorizer->asked, 0u);
    EXPECT_EQ(ca.decrypter->decrypted, 0u);
}

TEST_F(ServedRenewal, TheAuthorizerLearnsThatItIsOne)
{
    auto const old = old_of();
    auto const r = make([&](responder_options& o) {
        o.authorizer = make_authorizer([&](enrollment_claim const& claim) -> result<decision> {
            EXPECT_TRUE(claim.is_renewal);
            EXPECT_EQ(claim.message_type, message_type::renewal_req);
            EXPECT_EQ(claim.signer, old.certificate);
            EXPECT_EQ(claim.challenge, nullptr);
            return decision{refuse{fail_info::bad_time, "not today", {}}};
        });
    });
    auto const a = renew(*r, old);
    EXPECT_TRUE(fails_with(fail_info::bad_time, a));
    EXPECT_EQ(ca.issuer->issued, 0u);
}

TEST_F(ServedRenewal, TheChallengeStoreLetsRenewalsPassWhateverTheyBring)
{
    auto const r = make([](responder_options& o) {
        std::vector<secret_bytes> one;
        one.push_back(secret_bytes::from_text(right_challenge));
        o.authorizer = std::make_shared<challenge_store>(std::move(one), challenge_store::use::once);
    });
    auto const old = old_of();
    EXPECT_TRUE(succeeds(renew(*r, old, {.challenge = "wrong"})));
    EXPECT_TRUE(succeeds(renew(*r, old)));
    EXPECT_TRUE(succeeds(renew(*r, old, {.challenge = std::string(right_challenge)})));
    EXPECT_EQ(ca.issuer->issued, 3u);
    // None of them spent it.
    EXPECT_TRUE(succeeds(r->pki_operation(make_message(ca, {.transaction_id = "a first one"}), noon)));
}

TEST_F(ServedRenewal, AsPkcsReqNeedsItsQuirk)
{
    auto const old = old_of();
    auto const plain = renew(*make(), old, {}, message_type::pkcs_req);
    EXPECT_TRUE(fails_with(fail_info::bad_message_check, plain));
    EXPECT_EQ(ca.issuer->issued, 0u);
    auto const r = make([](responder_options& o) { o.profile = profile::windows(); });
    auto const a = renew(*r, old, {}, message_type::pkcs_req);
    EXPECT_TRUE(succeeds(a));
    EXPECT_TRUE(a.tolerances.contains(quirk::renewal_as_pkcs_req));
    EXPECT_FALSE(a.tolerances.contains(quirk::signer_key_differs));
}

TEST_F(ServedRenewal, APkcsReqSignedByAStrangersCertificateIsNoRenewal)
{
    auto const r = make([](responder_options& o) { o.profile = profile::windows(); });
    auto const evil = authority::self_signed(ca_wish("CN=Other CA"), rsa_key("evil"));
    authority const signer{evil.issue(device_wish(), rsa_key("device 1").public_key()), rsa_key("device 1")};
    EXPECT_TRUE(fails_with(fail_info::bad_message_check, renew(*r, signer, {}, message_type::pkcs_req)));
    EXPECT_EQ(ca.issuer->issued, 0u);
    // With the challenge it is a first enrolment.
    auto const a = renew(*r, signer, {.challenge = std::string(right_challenge)}, message_type::pkcs_req);
    EXPECT_TRUE(succeeds(a));
    EXPECT_FALSE(a.tolerances.contains(quirk::renewal_as_pkcs_req));
}

TEST_F(ServedRenewal, TheWindowOpensLate)
{
    auto const r = make([](responder_options& o) { o.renewals.window = 30 * day; });
    auto const old = old_of();
    auto const opens = old.certificate.not_after() - 30 * day;
    auto const type = message_type::renewal_req;
    EXPECT_TRUE(fails_with(fail_info::bad_request, renew(*r, old, {}, type, opens - std::chrono::seconds{1})));
    EXPECT_EQ(ca.authorizer->asked, 0u);
    EXPECT_TRUE(succeeds(renew(*r, old, {}, type, opens)));
}

TEST_F(ServedRenewal, TheSameKeyIsAMatterOfPolicy)
{
    auto const old = old_of();
    auto const strict = make([](responder_options& o) { o.renewals.same_key_allowed = false; });
    EXPECT_TRUE(fails_with(fail_info::bad_message_check, renew(*strict, old, {.key = "device 1"})));
    EXPECT_TRUE(succeeds(renew(*strict, old)));
    EXPECT_TRUE(succeeds(renew(*make(), old, {.key = "device 1"})));
}

pki::crl list_of(authority const& by, std::vector<pki::revoked_certificate> entries,
                 time_point next_update = noon + std::chrono::hours{1})
{
    return pki::make_crl(
               {.this_update = noon - std::chrono::hours{1}, .next_update = next_update, .entries = std::move(entries)},
               by.certificate, by.key)
        .value();
}

TEST(ThreatS8, ARevokedCertificateHasNoSuccessor)
{
    scripted_ca const ca;
    auto const& key = rsa_key("device 1");
    authority const old{ca.ca.issue(device_wish(), key.public_key()), key};
    auto const twin = authority::self_signed(ca_wish("CN=Scripted CA,O=Contoso"), rsa_key("evil"));
    auto const serial = to_bytes(old.certificate.serial());
    using reason = pki::revocation_reason;
    struct test_case {
        std::string name;
        std::function<result<pki::crl>()> list;
        bool renewed = false;
    };
    std::vector<test_case> const cases{
        {"nobody is revoked", [&] { return list_of(ca.ca, {}); }, true},
        {"somebody else is",
         [&] {
             return list_of(ca.ca, {{bytes{0x01}, noon, {}}});
         },
         true},
        {"revoked",
         [&] {
             return list_of(ca.ca, {{serial, noon, {}}});
         }},
        {"on hold",
         [&] {
             return list_of(ca.ca, {{serial, noon, reason::certificate_hold}});
         }},
        {"no list to be had", [] { return result<pki::crl>(errc::timed_out); }},
        {"a list of another CA", [&] { return list_of(twin, {}); }},
        {"an old list", [&] { return list_of(ca.ca, {}, noon - std::chrono::seconds{1}); }},
    };
    for(auto const& c : cases) {
        auto options = ca.options();
        options.renewals.allowed = true;
        options.crl = [&](time_point now) {
            EXPECT_EQ(now, noon);
            return c.list();
        };
        auto const asked = ca.authorizer->asked.load();
        auto const a = responder::create(std::move(options))
                           .value()
                           ->pki_operation(make_message(ca, {.type = message_type::renewal_req,
                                                             .content = renewal_wish{}.request(),
                                                             .signer = old}),
                                           noon);
        EXPECT_EQ(static_cast<bool>(succeeds(a)), c.renewed) << c.name;
        EXPECT_EQ(ca.authorizer->asked, asked + (c.renewed ? 1 : 0)) << c.name;
    }
}

// A device that keeps its key sends the very same bytes every year.
TEST_F(ServedRenewal, TheSuccessorCanRenewItselfWithTheSameRequest)
{
    auto const r = make();
    auto const old = old_of();
    renewal_wish const wish{.key = "device 1"};
    auto const first = renew(*r, old, wish);
    ASSERT_TRUE(succeeds(first));
    auto const leaf = leaf_in(first, old);
    EXPECT_EQ(leaf_in(renew(*r, old, wish), old), leaf);
    EXPECT_EQ(ca.issuer->issued, 1u);
    authority const next{leaf, old.key};
    auto const second = renew(*r, next, wish);
    ASSERT_TRUE(succeeds(second));
    EXPECT_FALSE(leaf_in(second, next) == leaf);
    EXPECT_EQ(ca.issuer->issued, 2u);
}

TEST_F(ServedRenewal, AHeldOneIsPolledAndCheckedAgain)
{
    bool decided = false;
    auto const r = make([&](responder_options& o) {
        o.authorizer = make_authorizer([&](enrollment_claim const& claim) -> result<decision> {
            EXPECT_TRUE(claim.is_renewal);
            if(decided)
                return decision{accept{}};
            return decision{hold{}};
        });
    });
    auto wish = device_wish();
    wish.not_after = noon + day;
    auto const old = old_of(wish);
    EXPECT_EQ(said_in(renew(*r, old)).pki_status, pki_status::pending);
    decided = true;
    auto const poll =
        make_message(ca, {.type = message_type::cert_poll,
                          .content = make_issuer_and_subject(ca.ca.certificate.subject(), old.certificate.subject()),
                          .signer = old});
    // What was asked for in time may be had when the old certificate is over.
    auto const a = r->pki_operation(poll, noon + 2 * day);
    EXPECT_TRUE(succeeds(a));
}

TEST(ThreatS8, OnlyDevicesOfThisCaRenewTheirOwnCertificates)
{
    scripted_ca const ca;
    auto options = ca.options();
    options.renewals.allowed = true;
    options.profile = profile::windows();
    auto const r = responder::create(std::move(options)).value();
    auto const& key = rsa_key("device 1");
    auto const by_ca = [&](std::function<void(certificate_wish&)> const& change) {
        auto wish = device_wish();
        change(wish);
        return authority{ca.ca.issue(wish, key.public_key()), key};
    };
    auto const good = by_ca([](auto&) {});
    auto const sibling_key = rsa_key("sibling ca");
    authority const sibling{ca.ca.issue(ca_wish("CN=Sibling CA,O=Contoso"), sibling_key.public_key()), sibling_key};
    auto const twin = authority::self_signed(ca_wish("CN=Scripted CA,O=Contoso"), rsa_key("evil"));

    struct test_case {
        std::string name;
        authority signer;
        renewal_wish wish;
        bool inside = false; ///< What is wrong is in the envelope: badMessageCheck, as everything there.
    };
    std::vector<test_case> const cases{
        {"sibling CA", {sibling.issue(device_wish(), key.public_key()), key}, {}},
        {"another CA with the same name", {twin.issue(device_wish(), key.public_key()), key}, {}},
        {"self-signed", authority::self_signed(device_wish(), key), {}},
        {"expired by a second", by_ca([](auto& w) { w.not_after = noon - std::chrono::seconds{1}; }), {}},
        {"not yet valid", by_ca([](auto& w) { w.not_before = noon + std::chrono::seconds{1}; }), {}},
        {"for TLS servers only", by_ca([](auto& w) { w.extended_usage = {asn1::oids::server_auth}; }), {}},
        {"an enrolment agent",
         by_ca([](auto& w) {
             w.extended_usage = {asn1::oids::client_auth, asn1::oids::certificate_request_agent};
         }),
         {}},
        {"for any purpose, so an agent too",
         by_ca([](auto& w) { w.extended_usage = {asn1::oids::any_extended_key_usage}; }),
         {}},
        {"not for signatures", by_ca([](auto& w) { w.usage = pki::key_usage::key_encipherment; }), {}},
        {"a CA's", by_ca([](auto& w) { w.constraints = pki::basic_constraints{.ca = true}; }), {}},
        {"the signing RA's own", *ca.signing_ra, {.subject = "CN=SCEP-MSCEP-RA,C=DE"}},
        {"the CA's own", ca.ca, {.subject = "CN=Scripted CA,O=Contoso"}},
        {"another subject", good, {.subject = "CN=device 2,O=Contoso"}, true},
        {"no subject", good, {.subject = ""}, true},
        {"another name", good, {.names = {pki::general_name::dns("admin.contoso.example").value()}}, true},
        {"one name more",
         good,
         {.names = {device_wish().names[0], pki::general_name::upn("admin@contoso.example").value()}},
         true},
        {"one purpose more", good, {.extended_usage = {asn1::oids::client_auth, asn1::oids::server_auth}}, true},
    };
    for(auto const type : {message_type::renewal_req, message_type::pkcs_req})
        for(auto const& c : cases) {
            // As PKCSReq, whoever is not of this CA asks for a first certificate, and has no challenge.
            auto const first = type == message_type::pkcs_req && !c.signer.certificate.is_issued_by(ca.ca.certificate);
            auto const expected = c.inside || first ? fail_info::bad_message_check : fail_info::bad_request;
            auto const decrypted = ca.decrypter->decrypted.load();
            auto const asked = ca.authorizer->asked.load();
            auto const a = r->pki_operation(
                make_message(ca, {.type = type, .content = c.wish.request(), .signer = c.signer}), noon);
            EXPECT_TRUE(fails_with(expected, a)) << c.name << " " << name_of(type);
            if(!first) {
                EXPECT_EQ(ca.authorizer->asked, asked) << c.name;
            }
            if(!first && !c.inside) {
                EXPECT_EQ(ca.decrypter->decrypted, decrypted) << c.name;
            }
        }
    EXPECT_EQ(ca.issuer->issued, 0u);
    EXPECT_TRUE(succeeds(r->pki_operation(
        make_message(ca, {.type = message_type::renewal_req, .content = renewal_wish{}.request(), .signer = good}),
        noon)));
}

} // namespace
} // namespace scepkit::inline v0::scep
