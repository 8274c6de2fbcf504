// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <gtest/gtest.h>
#include <support/scripted_ca.hpp>

/// What a responder's answer says, for tests that know the keys.
namespace scepkit::test {

inline scep::verified_message verified(scep::responder::answer const& a,
                                       scep::profile const& tolerances = scep::profile::rfc8894(),
                                       std::vector<pki::certificate> const& others = {})
{
    EXPECT_EQ(a.http_status, 200u);
    EXPECT_EQ(a.content_type, "application/x-pki-message");
    return scep::verified_message::verify(scep::parsed_message::parse(a.body, tolerances).value(), others, tolerances)
        .value();
}

inline scep::message_attributes said_in(scep::responder::answer const& a)
{
    return scep::parsed_message::parse(a.body, scep::profile::legacy()).value().attributes();
}

/// The bag in a SUCCESS, opened by whoever asked.
inline cms::certificate_bag bag_in(scep::responder::answer const& a, authority const& asker,
                                   scep::profile const& tolerances = scep::profile::legacy(),
                                   std::vector<pki::certificate> const& others = {})
{
    auto const key = pki::software_decrypter::create(asker.key).value();
    auto const content = verified(a, tolerances, others).open(asker.certificate, *key, tolerances).value();
    return cms::certificate_bag::parse(content.content.view()).value();
}

inline pki::certificate leaf_in(scep::responder::answer const& a, authority const& asker,
                                std::vector<pki::certificate> const& others = {})
{
    return bag_in(a, asker, scep::profile::legacy(), others).certificates.at(0);
}

inline ::testing::AssertionResult succeeds(scep::responder::answer const& a)
{
    if(a.http_status != 200)
        return ::testing::AssertionFailure() << "HTTP " << a.http_status;
    auto const said = said_in(a);
    if(said.pki_status == scep::pki_status::success)
        return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << scep::name_of(*said.pki_status) << " "
                                         << (said.fail_info ? scep::name_of(*said.fail_info) : "") << " "
                                         << said.fail_info_text.value_or("");
}

inline ::testing::AssertionResult fails_with(scep::fail_info expected, scep::responder::answer const& a)
{
    if(a.http_status != 200)
        return ::testing::AssertionFailure() << "HTTP " << a.http_status;
    auto const said = said_in(a);
    if(said.pki_status == scep::pki_status::failure && said.fail_info == expected)
        return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << scep::name_of(*said.pki_status) << " "
                                         << (said.fail_info ? scep::name_of(*said.fail_info) : "");
}

} // namespace scepkit::test
