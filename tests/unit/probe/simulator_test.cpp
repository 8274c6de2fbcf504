// SPDX-License-Identifier: BSL-1.0
#include <scepkit/probe/device.hpp>
#include <scepkit/probe/probe.hpp>
#include <scepkit/simulator/ndes.hpp>
#include <support/files.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace scepkit;
using facts::question;
using testing::HasSubstr;

namespace {

simulator::ndes start(simulator::ndes_options options) { return simulator::ndes::start(std::move(options)).value(); }

http::endpoint url_of(simulator::ndes const& server) { return http::endpoint::parse(server.url()).value(); }

std::int64_t status(facts::fact_set const& f, question q)
{
    auto const* e = f.find(q);
    return e == nullptr ? -1 : e->status.value_or(0);
}

} // namespace

TEST(ProbeOfSimulator, SeesPlainAndIntuneNdes)
{
    auto const plain = start({});
    auto const f = probe::examine(url_of(plain), {});
    EXPECT_EQ(status(f, question::bare_get), 200);
    EXPECT_EQ(status(f, question::get_ca_caps), 200);
    EXPECT_EQ(status(f, question::empty_post), 200);
    EXPECT_EQ(f.capabilities.value().words.size(), 6u);
    ASSERT_EQ(f.ca.value().certificates.size(), 3u);
    EXPECT_FALSE(f.ca->failure);

    auto const intune = start({.product = simulator::product::ndes_intune});
    auto const g = probe::examine(url_of(intune), {});
    EXPECT_EQ(status(g, question::bare_get), 403);
    EXPECT_EQ(status(g, question::get_ca_caps), 200);
    EXPECT_EQ(g.capabilities.value().words.size(), 6u);
}

TEST(ProbeOfSimulator, SeesWhatAMissingFileNameLooksLike)
{
    auto const server = start({.faults = {"url-missing-mscep-dll"}});
    auto const f = probe::examine(url_of(server), {});
    EXPECT_EQ(status(f, question::bare_get), 301);
    EXPECT_EQ(status(f, question::get_ca_caps), 301);
    EXPECT_EQ(status(f, question::slash_get), 200);
    EXPECT_EQ(status(f, question::empty_post), 405);
    EXPECT_EQ(status(f, question::empty_post_dll), 200);
    EXPECT_EQ(status(f, question::get_ca_caps_dll), 200);
    EXPECT_EQ(f.ca.value().certificates.size(), 3u);
}

TEST(ProbeOfSimulator, TrustsTheAnchorItIsGiven)
{
    auto const server = start({.tls = true, .host = "localhost"});
    probe::probe_options options;
    options.client.tls.anchors = {server.tls_ca().value()};
    auto const f = probe::examine(url_of(server), options);
    ASSERT_TRUE(f.tls);
    EXPECT_TRUE(f.tls->chain_trusted) << f.tls->verify_text;
    EXPECT_TRUE(f.tls->name_matches);
    EXPECT_EQ(f.capabilities.value().words.size(), 6u);
}

TEST(DeviceAtSimulator, LeavesTheTraceOfTheMissingFileName)
{
    test::temporary_folder const folder;
    auto const log = (folder.path() / "u_ex.log").string();
    auto const server = start({.faults = {"url-missing-mscep-dll"}, .iis_log = log});
    auto const steps = probe::imitate(probe::device_kind::ios, url_of(server), bytes(500, 1), {});
    ASSERT_EQ(steps.size(), 5u);
    EXPECT_EQ(steps.back().status, 405u);
    auto const text = test::read_text(log);
    EXPECT_THAT(text, HasSubstr("profiled/1.0+CFNetwork"));
    EXPECT_THAT(text, HasSubstr("POST /certsrv/mscep operation=PKIOperation"));
    EXPECT_THAT(text, HasSubstr(" 405 "));
}
