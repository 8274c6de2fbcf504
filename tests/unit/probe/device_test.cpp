// SPDX-License-Identifier: BSL-1.0
#include "scripted_server.hpp"

#include <scepkit/probe/device.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace scepkit;
using namespace scepkit::test;
using probe::device_kind;
using testing::ElementsAre;

namespace {

net::server_answer ndes(http::request const& r) { return as_ndes(r, "bag"); }

bytes const message(700, 0x41);

std::vector<unsigned> statuses(std::vector<probe::device_step> const& steps)
{
    std::vector<unsigned> out;
    for(auto const& s : steps)
        out.push_back(s.status);
    return out;
}

std::vector<std::string> keys(scripted_server const& server)
{
    std::vector<std::string> out;
    for(auto const& r : server.asked())
        out.push_back(key_of(r));
    return out;
}

} // namespace

TEST(Device, IosFollowsTheFolderAndFailsAtPost)
{
    scripted_server server(ndes);
    auto const steps = probe::imitate(device_kind::ios, server.at("/certsrv/mscep"), message, {});
    EXPECT_THAT(statuses(steps), ElementsAre(301, 200, 301, 200, 405));
    EXPECT_THAT(keys(server), ElementsAre("GET /certsrv/mscep GetCACert", "GET /certsrv/mscep/ GetCACert",
                                          "GET /certsrv/mscep GetCACaps", "GET /certsrv/mscep/ GetCACaps",
                                          "POST /certsrv/mscep PKIOperation"));
    auto const asked = server.asked();
    for(auto const& r : asked)
        EXPECT_TRUE(r.fields.first("User-Agent").starts_with("profiled/"));
    EXPECT_NE(asked.front().target.find("message=SCEP%20Authority"), std::string::npos);
    EXPECT_EQ(asked.back().body, message);
}

TEST(Device, AndroidAsksForCapabilitiesTwice)
{
    scripted_server server(ndes);
    auto const steps = probe::imitate(device_kind::android, server.at("/certsrv/mscep/mscep.dll"), message, {});
    EXPECT_THAT(statuses(steps), ElementsAre(200, 200, 200, 200));
    EXPECT_THAT(keys(server),
                ElementsAre("GET /certsrv/mscep/mscep.dll GetCACaps", "GET /certsrv/mscep/mscep.dll GetCACert",
                            "GET /certsrv/mscep/mscep.dll GetCACaps", "POST /certsrv/mscep/mscep.dll PKIOperation"));
}

TEST(Device, WindowsAddsItsOwnName)
{
    scripted_server server(ndes);
    auto const steps = probe::imitate(device_kind::windows, server.at("/certsrv/mscep"), message, {});
    EXPECT_THAT(statuses(steps), ElementsAre(404, 404)) << "stops without a CA certificate";
    EXPECT_THAT(keys(server), ElementsAre("GET /certsrv/mscep/pkiclient.exe GetCACaps",
                                          "GET /certsrv/mscep/pkiclient.exe GetCACert"));
    EXPECT_EQ(server.asked().front().fields.first("Cache-Control"), "no-cache");
}

TEST(Device, WithoutPostInTheListItPutsTheMessageIntoTheUrl)
{
    scripted_server server([](http::request const& r) -> net::server_answer {
        if(key_of(r).ends_with("GetCACaps"))
            return answer(200, "SHA-256\nDES3\n", "text/plain");
        return ndes(r);
    });
    auto const steps =
        probe::imitate(device_kind::ios, server.at("/certsrv/mscep/mscep.dll"), bytes{0xfb, 0xff, 0xfe, 0x00}, {});
    EXPECT_EQ(steps.back().what, "GET PKIOperation");
    EXPECT_EQ(server.asked().back().target,
              "/certsrv/mscep/mscep.dll?operation=PKIOperation&message=%2B%2F%2F%2BAA%3D%3D");
}

TEST(Device, DoesNotLeaveTheHost)
{
    scripted_server other(ndes);
    scripted_server server([&](http::request const&) {
        return redirect_to("http://localhost:" + std::to_string(other.port()) + "/certsrv/mscep/");
    });
    auto const steps = probe::imitate(device_kind::ios, server.at("/certsrv/mscep"), message, {});
    EXPECT_THAT(statuses(steps), ElementsAre(301));
    EXPECT_TRUE(other.asked().empty());
}
