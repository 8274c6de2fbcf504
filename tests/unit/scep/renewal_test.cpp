// SPDX-License-Identifier: BSL-1.0
#include "hand_made.hpp"

#include <gtest/gtest.h>

namespace scepkit::inline v0::scep {
namespace {

using namespace scepkit::test;

/// A device that has a certificate and wants another.
struct renewing {
    explicit renewing(hand_made const& server, std::string const& new_key = "device 1 anew")
        : old(server.leaf("device 1", rsa_key("device 1"))), key(rsa_key(new_key))
    {
    }
    enrollment_request request() const
    {
        auto csr = pki::certificate_request_builder().subject(old.subject()).sign(key).value();
        return {std::move(csr), key, old, rsa_key("device 1"), nullptr};
    }
    pki::certificate old;
    pki::private_key key;
};

enrollment_options styled(renewal_style style, profile tolerances = profile::rfc8894())
{
    enrollment_options options;
    options.profile = std::move(tolerances);
    options.renewal = style;
    return options;
}

profile with(std::string_view items) { return profile::named("rfc8894" + std::string(items)).value(); }

TEST(Renewal, IsSignedByTheOldCertificateForTheNewKey)
{
    hand_made server;
    renewing const who(server);
    server.on_message = [&](send const& s) { return server.success(s.body, {server.leaf("device 1", who.key)}); };
    auto transaction = enrollment::create(who.request(), server.ca.pin(), styled(renewal_style::automatic)).value();
    log_of_steps log;
    auto const outcome = drive(transaction, server.serve(), &log);
    ASSERT_TRUE(outcome) << outcome.error();
    auto const& got = std::get<issued>(*outcome);
    EXPECT_EQ(*got.certificate.key(), who.key.public_key());
    EXPECT_TRUE(got.tolerances.empty());
    auto const sent = read_sent(log.sent.back());
    EXPECT_EQ(sent.attributes().message_type, message_type::renewal_req);
    EXPECT_EQ(sent.attributes().transaction_id, transaction_id_for(who.key.public_key()).value());
    EXPECT_EQ(sent.signed_data().certificates(), std::vector{who.old});
    EXPECT_TRUE(equal(server.inside(log.sent.back().body), who.request().request.der()));
}

TEST(Renewal, CostsOneSignatureOfTheOldKeyAndNoneOfTheNew)
{
    hand_made server;
    auto const old_key = pki::private_key::generate(pki::key_kind::rsa).value();
    auto const new_key = pki::private_key::generate(pki::key_kind::rsa).value();
    auto const old = server.leaf("device 1", old_key);
    auto csr = pki::certificate_request_builder().subject(old.subject()).sign(new_key).value();
    server.on_message = [&](send const& s) { return server.success(s.body, {server.leaf("device 1", new_key)}); };
    auto const before_old = old_key.operations();
    auto const before_new = new_key.operations();
    auto transaction = enrollment::create({std::move(csr), new_key, old, old_key, nullptr}, server.ca.pin(),
                                          styled(renewal_style::renewal_req))
                           .value();
    ASSERT_TRUE(std::holds_alternative<issued>(drive(transaction, server.serve()).value()));
    EXPECT_EQ(old_key.operations().signatures - before_old.signatures, 1u);
    EXPECT_EQ(old_key.operations().decryptions - before_old.decryptions, 1u);
    EXPECT_EQ(new_key.operations().signatures, before_new.signatures);
    EXPECT_EQ(new_key.operations().decryptions, before_new.decryptions);
}

TEST(Renewal, ItsMessageTypeFollowsStyleServerAndProfile)
{
    struct row {
        renewal_style style;
        bool listed;
        std::string_view items;
        std::optional<message_type> sent; // Nothing: capability_floor.
        quirk_set noted;
    };
    using t = message_type;
    using s = renewal_style;
    quirk_set const unadvertised{quirk::renewal_unadvertised};
    quirk_set const as_pkcs{quirk::renewal_as_pkcs_req};
    for(auto const& r :
        {row{s::automatic, true, "", t::renewal_req, {}}, row{s::automatic, false, "", std::nullopt, {}},
         row{s::automatic, false, "+renewal_unadvertised", t::renewal_req, unadvertised},
         row{s::automatic, true, "+renewal_as_pkcs_req", t::pkcs_req, as_pkcs},
         row{s::automatic, false, "+renewal_as_pkcs_req+renewal_unadvertised", t::pkcs_req, as_pkcs},
         row{s::renewal_req, true, "", t::renewal_req, {}},
         row{s::renewal_req, true, "+renewal_as_pkcs_req", t::renewal_req, {}},
         row{s::renewal_req, false, "", std::nullopt, {}},
         row{s::renewal_req, false, "+renewal_unadvertised", t::renewal_req, unadvertised},
         row{s::pkcs_req, true, "", t::pkcs_req, as_pkcs}, row{s::pkcs_req, false, "", t::pkcs_req, as_pkcs},
         row{s::none, true, "", t::pkcs_req, {}}}) {
        SCOPED_TRACE(std::to_string(static_cast<int>(r.style)) + (r.listed ? " listed " : " ") + std::string(r.items));
        hand_made server;
        server.words = r.listed ? "SCEPStandard\nRenewal" : "SCEPStandard";
        renewing const who(server);
        server.on_message = [&](send const& m) { return server.success(m.body, {server.leaf("device 1", who.key)}); };
        auto transaction = enrollment::create(who.request(), server.ca.pin(), styled(r.style, with(r.items))).value();
        log_of_steps log;
        auto const outcome = drive(transaction, server.serve(), &log);
        if(!r.sent) {
            EXPECT_EQ(outcome.error(), errc::capability_floor);
            EXPECT_EQ(server.messages, 0u);
            continue;
        }
        ASSERT_TRUE(outcome) << outcome.error();
        EXPECT_EQ(read_sent(log.sent.back()).attributes().message_type, *r.sent);
        EXPECT_EQ(std::get<issued>(*outcome).tolerances, r.noted);
    }
}

TEST(Renewal, NeedsTheOldCertificate)
{
    hand_made const server;
    for(auto const style : {renewal_style::automatic, renewal_style::renewal_req, renewal_style::pkcs_req})
        EXPECT_EQ(enrollment::create(device{}.enrollment(), server.ca.pin(), styled(style)).error(),
                  errc::invalid_argument);
}

TEST(ThreatS10, TheOldCertificateIsNoRenewal)
{
    hand_made server;
    renewing const who(server, "device 1"); // The same key again.
    server.on_message = [&](send const& s) { return server.success(s.body, {who.old}); };
    auto refused = enrollment::create(who.request(), server.ca.pin(), styled(renewal_style::automatic)).value();
    EXPECT_EQ(drive(refused, server.serve()).error(), errc::issued_certificate_wrong);

    auto tolerated = enrollment::create(who.request(), server.ca.pin(),
                                        styled(renewal_style::automatic, with("+existing_certificate_returned")))
                         .value();
    auto const outcome = drive(tolerated, server.serve());
    ASSERT_TRUE(outcome) << outcome.error();
    EXPECT_EQ(std::get<issued>(*outcome).certificate, who.old);
    EXPECT_EQ(std::get<issued>(*outcome).tolerances, quirk_set{quirk::existing_certificate_returned});
}

TEST(ThreatS10, ARenewalForTheOldKeyIsRefused)
{
    hand_made server;
    renewing const who(server);
    server.on_message = [&](send const& s) { return server.success(s.body, {who.old}); };
    auto transaction =
        enrollment::create(who.request(), server.ca.pin(), styled(renewal_style::automatic, profile::legacy())).value();
    EXPECT_EQ(drive(transaction, server.serve()).error(), errc::issued_certificate_wrong);
}

TEST(ThreatS9, ARenewalIsNotAnsweredByTheOldCertificateItself)
{
    hand_made server;
    renewing const who(server);
    server.on_message = [&](send const& s) {
        reply_wish wish(s.body);
        wish.certificates = {server.leaf("device 1", who.key)};
        return hand_made::pki_reply(wish.sign({who.old, rsa_key("device 1")}));
    };
    auto transaction = enrollment::create(who.request(), server.ca.pin(), styled(renewal_style::automatic)).value();
    EXPECT_EQ(drive(transaction, server.serve()).error(), errc::wrong_signer);
}

TEST(ThreatP2, ARenewalOfAnotherTransactionIsRefused)
{
    hand_made server;
    renewing const who(server);
    for(auto const id : {true, false}) {
        server.on_message = [&](send const& s) {
            reply_wish wish(s.body);
            wish.certificates = {server.leaf("device 1", who.key)};
            if(id) // That of the old key.
                wish.attributes.transaction_id = transaction_id_for(rsa_key("device 1").public_key()).value();
            else
                wish.attributes.recipient_nonce = bytes(16, 0);
            return hand_made::pki_reply(wish.sign(server.ca.signer()));
        };
        auto transaction = enrollment::create(who.request(), server.ca.pin(), styled(renewal_style::automatic)).value();
        EXPECT_EQ(drive(transaction, server.serve()).error(),
                  id ? errc::transaction_id_mismatch : errc::nonce_mismatch);
    }
}

TEST(ThreatP6, ARenewalIsNotSentToAStranger)
{
    hand_made server;
    renewing const who(server);
    auto transaction =
        enrollment::create(who.request(), ca_trust::pinned(bytes(32, 1)).value(), styled(renewal_style::automatic))
            .value();
    EXPECT_EQ(drive(transaction, server.serve()).error(), errc::ca_certificate_not_pinned);
    EXPECT_EQ(server.messages, 0u);
}

TEST(ThreatP7, AListWithoutRenewalDoesNotTurnARenewalIntoAnotherThing)
{
    hand_made server;
    server.words = "SCEPStandard";
    renewing const who(server);
    auto transaction = enrollment::create(who.request(), server.ca.pin(), styled(renewal_style::renewal_req)).value();
    EXPECT_EQ(drive(transaction, server.serve()).error(), errc::capability_floor);
    EXPECT_EQ(server.messages, 0u);
}

} // namespace
} // namespace scepkit::inline v0::scep
