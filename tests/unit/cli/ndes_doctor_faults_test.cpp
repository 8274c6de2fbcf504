// SPDX-License-Identifier: BSL-1.0
#include "diagnosed.hpp"

#include <scepkit/probe/device.hpp>
#include <scepkit/simulator/ndes.hpp>
#include <support/files.hpp>

#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace scepkit;
using namespace scepkit::test;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

namespace {

/// A simulated server with its log and its keys; the keys are made once.
class bench
{
public:
    explicit bench(simulator::ndes_options options) : server_(start(std::move(options))) {}

    std::string const& url() const { return server_.url(); }
    std::string log() const { return (folder_.path() / "u_ex.log").string(); }
    std::vector<std::string> trust() const { return {"--tls-ca-file", (keys() / "tls-ca.pem").string()}; }
    void let_try(probe::device_kind kind)
    {
        net::client_options options;
        options.tls.verification = net::tls_client_options::mode::observe;
        static_cast<void>(probe::imitate(kind, http::endpoint::parse(url()).value(), bytes(700, 0x41), options));
    }
    diagnosed diagnose_url(std::vector<std::string> more = {}) const
    {
        more.push_back(url());
        if(url().starts_with("https"))
            for(auto const& word : trust())
                more.push_back(word);
        return diagnose(std::move(more));
    }

private:
    static std::filesystem::path keys()
    {
        static temporary_folder const folder;
        return folder.path() / "state";
    }
    simulator::ndes start(simulator::ndes_options options) const
    {
        options.state_folder = keys().string();
        options.iis_log = log();
        return simulator::ndes::start(std::move(options)).value();
    }

    temporary_folder folder_;
    simulator::ndes server_;
};

} // namespace

TEST(NdesDoctorAtSimulator, AHealthyServerIsHealthy)
{
    for(auto const product : {simulator::product::ndes, simulator::product::ndes_intune})
        for(auto const tls : {false, true}) {
            bench const server({.product = product, .tls = tls});
            auto const d = server.diagnose_url();
            EXPECT_LE(d.code, 1) << simulator::name_of(product) << tls;
            EXPECT_THAT(d.ids_of("error"), IsEmpty());
            EXPECT_THAT(d.ids_of("warning"), IsEmpty()) << "no warning is true of this server";
        }
}

TEST(NdesDoctorAtSimulator, HealthyDevicesLeaveAHealthyLog)
{
    bench server({});
    server.let_try(probe::device_kind::android);
    auto const d = diagnose({"--iis-log", server.log()});
    EXPECT_THAT(d.ids_of("error"), IsEmpty());
    EXPECT_LE(d.code, 1);
}

TEST(NdesDoctorAtSimulator, NamesItselfOnTheWire)
{
    bench const server({});
    static_cast<void>(server.diagnose_url());
    EXPECT_THAT(read_text(server.log()), HasSubstr("scepkit-doctor/" SCEPKIT_VERSION));
}

TEST(NdesDoctorAtSimulator, ProvesTheMissingFileName)
{
    bench const server({.faults = {"url-missing-mscep-dll"}});
    auto const d = server.diagnose_url();
    EXPECT_EQ(d.code, 2);
    EXPECT_EQ(d.root_cause(), "url-missing-mscep-dll");
    auto const cause = d.finding("url-missing-mscep-dll");
    EXPECT_EQ(cause.at("confidence").as_string(), "certain");
    EXPECT_THAT(boost::json::serialize(cause), HasSubstr("/certsrv/mscep/mscep.dll"));
    for(auto const* seen : {"301", "405"})
        EXPECT_THAT(boost::json::serialize(cause.at("evidence")), HasSubstr(seen));
    // Two POSTs, by the log of the server itself.
    auto const log = read_text(server.log());
    std::size_t posts = 0;
    for(auto at = log.find(" POST "); at != std::string::npos; at = log.find(" POST ", at + 1))
        ++posts;
    EXPECT_EQ(posts, 2u);
}

TEST(NdesDoctorAtSimulator, FindsTheMissingFileNameInTheLogWithoutAnyNetwork)
{
    auto server = std::make_unique<bench>(simulator::ndes_options{.faults = {"url-missing-mscep-dll"}});
    server->let_try(probe::device_kind::ios);
    server->let_try(probe::device_kind::ios);
    auto const d = diagnose({"--iis-log", server->log()});
    EXPECT_EQ(d.code, 2);
    EXPECT_EQ(d.root_cause(), "url-missing-mscep-dll");
    EXPECT_THAT(d.json.at("facts").at("exchanges").as_array(), IsEmpty());
}

TEST(NdesDoctorAtSimulator, UrlAndLogHaveOneRootCause)
{
    bench server({.faults = {"url-missing-mscep-dll"}});
    server.let_try(probe::device_kind::ios);
    server.let_try(probe::device_kind::ios);
    auto const d = server.diagnose_url({"--iis-log", server.log()});
    EXPECT_EQ(d.code, 2);
    EXPECT_EQ(d.root_cause(), "url-missing-mscep-dll");
    EXPECT_EQ(d.finding("url-missing-mscep-dll").at("confidence").as_string(), "certain");
    for(auto const& f : d.json.at("findings").as_array())
        if(f.at("severity").as_string() == "error" && f.at("id").as_string() != "url-missing-mscep-dll") {
            EXPECT_EQ(f.at("explained_by"), "url-missing-mscep-dll") << f.at("id");
        }
    std::set<std::string> kinds;
    auto const cause = d.finding("url-missing-mscep-dll");
    for(auto const& place : cause.at("evidence").as_array())
        kinds.emplace(place.at("kind").as_string());
    EXPECT_THAT(kinds, Contains("http"));
    EXPECT_THAT(kinds, Contains("iis-log"));
}

TEST(NdesDoctorAtSimulator, ConnectToReachesAnotherAddressUnderTheSameName)
{
    bench const server({.tls = true, .host = "ndes.example"});
    auto const port = http::endpoint::parse(server.url()).value().port;
    auto const d = server.diagnose_url(
        {"--connect-to", "ndes.example:" + std::to_string(port) + ":127.0.0.1:" + std::to_string(port)});
    EXPECT_LE(d.code, 1);
    EXPECT_THAT(d.ids_of("error"), IsEmpty());
}

class FaultOfSimulator : public testing::TestWithParam<std::string>
{
};

TEST_P(FaultOfSimulator, IsFoundUnderItsName)
{
    auto const& id = GetParam();
    bench server({.faults = {id}});
    server.let_try(probe::device_kind::ios);
    std::vector<std::string> arguments;
    if(id == "policy-module-inactive")
        arguments = {"--expect", "intune"};
    // Some causes only a log can tell from their look-alikes.
    if(id.starts_with("iis-")) {
        arguments.emplace_back("--iis-log");
        arguments.push_back(server.log());
    }
    auto const d = server.diagnose_url(arguments);
    EXPECT_THAT(d.ids(), Contains(id));
    EXPECT_GE(d.code, 1);
    EXPECT_LE(d.code, 2);
}

INSTANTIATE_TEST_SUITE_P(All, FaultOfSimulator, testing::ValuesIn([] {
                             std::vector<std::string> ids;
                             for(auto const& fault : simulator::all_faults())
                                 ids.emplace_back(fault.id);
                             return ids;
                         }()),
                         [](auto const& fault) {
                             auto name = fault.param;
                             std::replace(name.begin(), name.end(), '-', '_');
                             return name;
                         });
