// SPDX-License-Identifier: BSL-1.0
#include "replies.hpp"

namespace scepkit::inline v0::scep {
namespace {

using namespace scepkit::test;

class Questions : public ::testing::Test
{
protected:
    std::shared_ptr<responder> make(std::function<void(responder_options&)> const& change = {})
    {
        auto options = ca.options();
        if(change)
            change(options);
        return responder::create(std::move(options)).value();
    }
    /// Enrols device 1; what it then signs with.
    authority enrol(responder& r)
    {
        auto const signer = device{}.signer();
        return {leaf_in(r.pki_operation(make_message(ca, {.signer = signer}), noon), signer), device{}.key()};
    }
    responder::answer ask(responder& r, authority const& by, issuer_and_serial const& wanted,
                          message_type type = message_type::get_cert, time_point now = noon) const
    {
        return r.pki_operation(make_message(ca, {.type = type, .content = wanted.to_der(), .signer = by}), now);
    }

    scripted_ca ca;
};

TEST_F(Questions, AHolderGetsACertificateByItsNumber)
{
    auto const r = make();
    auto const holder = enrol(*r);
    auto const asked = ca.authorizer->asked.load();
    auto const a = ask(*r, holder, issuer_and_serial::of(holder.certificate));
    ASSERT_TRUE(succeeds(a));
    EXPECT_EQ(bag_in(a, holder).certificates, std::vector{holder.certificate});
    EXPECT_EQ(ca.authorizer->asked, asked);
    EXPECT_EQ(ca.issuer->issued, 1u);

    auto const of_ca = ask(*r, holder, issuer_and_serial::of(ca.ca.certificate));
    ASSERT_TRUE(succeeds(of_ca));
    EXPECT_EQ(leaf_in(of_ca, holder), ca.ca.certificate);
}

TEST_F(Questions, WhatIsNotThereIsBadCertId)
{
    auto const r = make();
    auto const holder = enrol(*r);
    auto wanted = issuer_and_serial::of(holder.certificate);
    wanted.serial.back() ^= 1;
    EXPECT_TRUE(fails_with(fail_info::bad_cert_id, ask(*r, holder, wanted)));
    wanted = issuer_and_serial::of(holder.certificate);
    wanted.issuer = dn("CN=Other CA");
    EXPECT_TRUE(fails_with(fail_info::bad_cert_id, ask(*r, holder, wanted)));
}

TEST_F(Questions, WhatIsNoQuestionLooksLikeABadEnvelope)
{
    auto const r = make();
    auto const holder = enrol(*r);
    for(auto const& content : {bytes{}, bytes(20, 0x30), to_bytes(device{}.request().der())}) {
        auto const message = make_message(ca, {.type = message_type::get_cert, .content = content, .signer = holder});
        EXPECT_TRUE(fails_with(fail_info::bad_message_check, r->pki_operation(message, noon)));
    }
}

TEST_F(Questions, TheListIsServedAloneWhereThereIsOne)
{
    auto const list =
        pki::make_crl({.this_update = noon, .next_update = noon + std::chrono::hours{24}}, ca.ca.certificate, ca.ca.key)
            .value();
    auto const plain = make();
    auto const holder = enrol(*plain);
    auto const wanted = issuer_and_serial::of(holder.certificate);
    auto const type = message_type::get_crl;
    EXPECT_TRUE(fails_with(fail_info::bad_request, ask(*plain, holder, wanted, type)));

    auto const r = make([&](responder_options& o) { o.crl = [&](time_point) { return list; }; });
    auto const a = ask(*r, holder, wanted, type);
    ASSERT_TRUE(succeeds(a));
    auto const bag = bag_in(a, holder);
    EXPECT_TRUE(bag.certificates.empty());
    EXPECT_EQ(bag.crls, (std::vector<bytes>{to_bytes(list.der())}));
    auto other = wanted;
    other.issuer = dn("CN=Other CA");
    EXPECT_TRUE(fails_with(fail_info::bad_cert_id, ask(*r, holder, other, type)));

    auto const broken = make([&](responder_options& o) {
        o.crl = [](time_point) -> result<pki::crl> { return errc::timed_out; };
        o.queries = query_policy::everybody;
    });
    EXPECT_TRUE(fails_with(fail_info::bad_request, ask(*broken, holder, wanted, type)));
}

TEST_F(Questions, WhoIsRevokedHoldsNothing)
{
    auto const plain = make();
    auto const holder = enrol(*plain);
    auto const r = make([&](responder_options& o) {
        o.crl = [&](time_point) {
            return pki::make_crl({.this_update = noon,
                                  .next_update = noon + std::chrono::hours{24},
                                  .entries = {{to_bytes(holder.certificate.serial()), noon, {}}}},
                                 ca.ca.certificate, ca.ca.key);
        };
    });
    auto const wanted = issuer_and_serial::of(ca.ca.certificate);
    EXPECT_TRUE(fails_with(fail_info::bad_request, ask(*r, holder, wanted)));
    EXPECT_TRUE(fails_with(fail_info::bad_request, ask(*r, holder, wanted, message_type::get_crl)));
    EXPECT_EQ(ca.decrypter->decrypted, 1u); // The enrolment.
}

TEST_F(Questions, TheNextCaIsAnnouncedByTodays)
{
    auto const next = authority::self_signed(ca_wish("CN=Next CA,O=Contoso"), rsa_key("next ca"));
    auto const served = [&](std::function<void(responder_options&)> const& change) {
        auto options = ca.options();
        options.next_ca = {next.certificate};
        change(options);
        return responder::create(std::move(options));
    };
    EXPECT_EQ(make()->get_next_ca_cert().http_status, 404u);
    // An RA cannot speak for the CA.
    EXPECT_EQ(served([](auto&) {}).error(), errc::invalid_argument);
    EXPECT_EQ(served([&](auto& o) {
                  o.next_ca_signing = identity{next.certificate, next.key};
              }).error(),
              errc::invalid_argument);
    auto const r = served([&](auto& o) { o.next_ca_signing = identity{ca.ca.certificate, ca.ca.key}; }).value();
    auto const a = r->get_next_ca_cert();
    EXPECT_EQ(a.http_status, 200u);
    EXPECT_EQ(a.content_type, "application/x-x509-next-ca-cert");
    auto const bag = open_next_ca_message(a.body, ca.ca.certificate, profile::strict()).value();
    EXPECT_EQ(bag.certificates, std::vector{next.certificate});
}

TEST(ThreatP10, QuestionsAreAnsweredToHoldersOnlyUnlessPolicySaysOtherwise)
{
    scripted_ca const ca;
    auto options = ca.options();
    auto const r = responder::create(options).value();
    auto const stranger = device{.name = "device 2"}.signer();
    auto const evil = authority::self_signed(ca_wish("CN=Scripted CA,O=Contoso"), rsa_key("evil"));
    certificate_wish const wish{.subject = "CN=device 3"};
    auto expired = wish;
    expired.not_after = noon - std::chrono::seconds{1};
    auto const& key = rsa_key("device 3");
    auto const holder = authority{ca.ca.issue(wish, key.public_key()), key};
    auto const ask = [&](responder& whom, authority const& by) {
        return whom.pki_operation(make_message(ca, {.type = message_type::get_cert,
                                                    .content = issuer_and_serial::of(ca.ca.certificate).to_der(),
                                                    .signer = by}),
                                  noon);
    };
    for(auto const& by :
        {stranger, {evil.issue(wish, key.public_key()), key}, authority{ca.ca.issue(expired, key.public_key()), key}})
        EXPECT_TRUE(fails_with(fail_info::bad_request, ask(*r, by)));
    EXPECT_EQ(ca.decrypter->decrypted, 0u);
    EXPECT_TRUE(succeeds(ask(*r, holder)));

    options.queries = query_policy::everybody;
    EXPECT_TRUE(succeeds(ask(*responder::create(options).value(), stranger)));
    options.queries = query_policy::refuse;
    EXPECT_TRUE(fails_with(fail_info::bad_request, ask(*responder::create(options).value(), holder)));
    EXPECT_EQ(ca.authorizer->asked, 0u);
}

TEST(ThreatP10, AnotherDevicesTransactionCannotBePolled)
{
    scripted_ca const ca;
    auto const r = responder::create(ca.options()).value();
    EXPECT_TRUE(succeeds(r->pki_operation(make_message(ca, {}), noon)));
    auto const poll = [&](device const& who, std::string const& id) {
        return r->pki_operation(make_message(ca, {.from = who,
                                                  .type = message_type::cert_poll,
                                                  .transaction_id = id,
                                                  .content = make_issuer_and_subject(ca.ca.certificate.subject(),
                                                                                     dn("CN=device 1,O=Contoso"))}),
                                noon);
    };
    EXPECT_TRUE(fails_with(fail_info::bad_cert_id, poll({.name = "device 2"}, "4711")));
    EXPECT_TRUE(fails_with(fail_info::bad_cert_id, poll({}, "4712")));
    EXPECT_TRUE(succeeds(poll({}, "4711")));
    EXPECT_EQ(ca.issuer->issued, 1u);
}

} // namespace
} // namespace scepkit::inline v0::scep
