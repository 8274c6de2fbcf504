// SPDX-License-Identifier: BSL-1.0
#include "hand_made.hpp"

#include <gtest/gtest.h>

namespace scepkit::inline v0::scep {
namespace {

using namespace scepkit::test;
using namespace std::chrono_literals;

class CrlQuery : public testing::Test
{
protected:
    pki::crl list(authority const& by, time_point from = noon - 1h, time_point to = noon + 24h) const
    {
        pki::crl_template content{.this_update = from, .next_update = to};
        content.entries.push_back({to_bytes(own.serial()), noon - 2h, pki::revocation_reason::superseded});
        return pki::make_crl(content, by.certificate, by.key).value();
    }
    result<query_outcome> answered(std::vector<bytes> const& lists, log_of_steps* log = nullptr)
    {
        server.on_message = [&](send const& s) {
            reply_wish wish(s.body);
            wish.content =
                seal_for(wish.request.signed_data().certificates().at(0), cms::certificate_bag::make({}, lists));
            return hand_made::pki_reply(wish.sign(server.ca.signer()));
        };
        auto q = query::crl(issuer_and_serial::of(own), {own, rsa_key("device 1"), nullptr}, server.ca.pin()).value();
        return drive(q, server.serve(), log);
    }
    hand_made server;
    pki::certificate own = server.leaf("device 1", rsa_key("device 1"));
};

TEST_F(CrlQuery, FindsTheListOnWhichACertificateWouldStand)
{
    auto const wanted = list(server.ca.ca);
    log_of_steps log;
    auto const outcome = answered({to_bytes(wanted.der())}, &log);
    ASSERT_TRUE(outcome) << outcome.error();
    auto const& found = std::get<found_crl>(*outcome);
    EXPECT_TRUE(equal(found.crl.der(), wanted.der()));
    EXPECT_NE(found.crl.find(own.serial()), nullptr);
    EXPECT_TRUE(found.tolerances.empty());
    EXPECT_EQ(read_sent(log.sent.back()).attributes().message_type, message_type::get_crl);
    EXPECT_EQ(server.inside(log.sent.back().body), issuer_and_serial::of(own).to_der());
}

TEST_F(CrlQuery, AnOldOrFutureListIsRefusedUnlessACurrentOneLiesBeside)
{
    auto const old = to_bytes(list(server.ca.ca, noon - 48h, noon - 24h).der());
    auto const future = to_bytes(list(server.ca.ca, noon + 1h, noon + 24h).der());
    EXPECT_EQ(answered({old}).error(), errc::certificate_expired);
    EXPECT_EQ(answered({future}).error(), errc::certificate_not_yet_valid);
    EXPECT_TRUE(answered({old, future, to_bytes(list(server.ca.ca).der())}));
}

TEST_F(CrlQuery, NoListOrSomebodyElsesIsRefused)
{
    EXPECT_EQ(answered({}).error(), errc::content_missing);
    auto const other = authority::self_signed(ca_wish("CN=Other CA"), rsa_key("evil"));
    EXPECT_EQ(answered({to_bytes(list(other).der())}).error(), errc::content_missing);
    auto const twin = authority::self_signed(ca_wish("CN=Scripted CA,O=Contoso"), rsa_key("evil"));
    EXPECT_EQ(answered({to_bytes(list(twin).der())}).error(), errc::issuer_not_found); // By its key identifier.
    auto bent = to_bytes(list(server.ca.ca).der());
    bent.back() ^= 1;
    EXPECT_EQ(answered({bent}).error(), errc::signature_invalid);
}

} // namespace
} // namespace scepkit::inline v0::scep
