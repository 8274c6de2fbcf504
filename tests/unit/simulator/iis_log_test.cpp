// SPDX-License-Identifier: BSL-1.0
#include "simulated.hpp"

#include <csignal>
#include <fcntl.h>
#include <mutex>
#include <sys/stat.h>
#include <unistd.h>

namespace scepkit {
namespace {

using namespace test;

/// A simulator with a log, and a clock that stands still.
class IisLog : public ::testing::Test
{
protected:
    simulator::ndes start(std::set<std::string, std::less<>> faults = {})
    {
        auto options = options_with(std::move(faults));
        options.iis_log = path();
        options.now = now_;
        return simulator::ndes::start(options).value();
    }
    std::string path() const { return (folder_.path() / "u_ex.log").string(); }

    std::string stamp() const
    {
        auto out = to_iso8601(now_);
        out[10] = ' ';
        out.pop_back();
        return out;
    }

    /// The lines without directives; every one must end in CRLF. The last field, the time taken, is cut off.
    std::vector<std::string> lines() const
    {
        std::vector<std::string> out;
        auto const all = read_text(path());
        std::string_view rest = all;
        while(!rest.empty()) {
            auto const end = rest.find("\r\n");
            if(end == std::string_view::npos) {
                ADD_FAILURE() << "a line without CRLF: " << rest;
                break;
            }
            auto const line = rest.substr(0, end);
            rest.remove_prefix(end + 2);
            if(!line.starts_with('#'))
                out.emplace_back(line.substr(0, line.rfind(' ')));
        }
        return out;
    }

    std::string expected(std::string const& method, std::string const& stem, std::string const& query,
                         simulator::ndes const& server, std::string const& agent, std::string const& statuses) const
    {
        return stamp() + " 127.0.0.1 " + method + " " + stem + " " + query + " " + std::to_string(server.port()) +
               " - 127.0.0.1 " + agent + " - " + statuses;
    }

    temporary_folder folder_;
    time_point now_ = current_time();
};

TEST_F(IisLog, BeginsWithTheDirectivesOfIis10)
{
    auto const server = start();
    EXPECT_EQ(read_text(path()),
              "#Software: Microsoft Internet Information Services 10.0\r\n#Version: 1.0\r\n#Date: " + stamp() +
                  "\r\n#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip "
                  "cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken\r\n");
}

TEST_F(IisLog, TellsTheStoryOfTheMissingDll)
{
    auto const server = start({"url-missing-mscep-dll"});
    std::vector<std::pair<std::string, std::string>> const agent{
        {"User-Agent", "profiled/1.0 CFNetwork/811.5.4 Darwin/16.6.0"}};
    ask(server, "GET", "/certsrv/mscep?operation=GetCACert&message=SCEP%20Authority", {}, agent);
    ask(server, "GET", "/certsrv/mscep/?operation=GetCACert&message=SCEP%20Authority", {}, agent);
    ask(server, "POST", "/certsrv/mscep?operation=PKIOperation", {}, agent);
    auto const* const logged = "profiled/1.0+CFNetwork/811.5.4+Darwin/16.6.0";
    std::vector<std::string> const story{
        expected("GET", "/certsrv/mscep", "operation=GetCACert&message=SCEP%20Authority", server, logged, "301 0 0"),
        expected("GET", "/certsrv/mscep/", "operation=GetCACert&message=SCEP%20Authority", server, logged, "200 0 0"),
        expected("POST", "/certsrv/mscep", "operation=PKIOperation", server, logged, "405 0 0")};
    EXPECT_EQ(lines(), story);
}

TEST_F(IisLog, WritesADashForNothing)
{
    auto const server = start();
    ask(server, "GET", std::string(dll), {}, {{"User-Agent", ""}});
    ASSERT_EQ(lines().size(), 1u);
    EXPECT_EQ(lines()[0], expected("GET", std::string(dll), "-", server, "-", "200 0 0"));
}

TEST_F(IisLog, KeepsThePathAsSentAndDecoded)
{
    auto const server = start();
    ask(server, "GET", "/CertSrv/mscep/%6dscep.dll?operation=GetCACaps", {}, {{"User-Agent", "x"}});
    ask(server, "GET", "/a%20b%0Ac", {}, {{"User-Agent", "x"}});
    ASSERT_EQ(lines().size(), 2u);
    EXPECT_EQ(lines()[0], expected("GET", "/CertSrv/mscep/mscep.dll", "operation=GetCACaps", server, "x", "200 0 0"));
    EXPECT_EQ(lines()[1], expected("GET", "/a+b+c", "-", server, "x", "404 0 2"));
}

TEST_F(IisLog, HasTheSubStatusThatIsNotOnTheWire)
{
    struct row {
        std::string fault;
        std::string query;
        std::string statuses;
    };
    for(auto const& r : {row{"longurl-iis-query", std::string(3000, 'a'), "404 15 0"},
                         row{"iis-impersonation-right", "operation=GetCACaps", "500 0 1346"},
                         row{"http-500-start", "operation=GetCACaps", "500 0 0"},
                         row{"iis-anonymous-off", "operation=GetCACaps", "401 2 5"},
                         row{"http-403-blocked", "operation=GetCACaps", "403 6 0"}}) {
        auto const server = start({r.fault});
        ask(server, "GET", dll_with(r.query), {}, {{"User-Agent", "x"}});
        ASSERT_FALSE(lines().empty());
        EXPECT_EQ(lines().back(), expected("GET", std::string(dll), r.query, server, "x", r.statuses));
    }
}

TEST_F(IisLog, DoesNotKnowWhatHttpSysOrAProxyAnswers)
{
    for(auto const* fault : {"http-503-httpsys", "redir-login", "conn-closed-no-data"}) {
        auto const server = start({fault});
        ask(server, "GET", dll_with("operation=GetCACaps"));
    }
    auto const server = start({"longurl-httpsys"});
    EXPECT_EQ(status(ask(server, "GET", dll_with(std::string(17000, 'a')))), 400u);
    EXPECT_TRUE(lines().empty());
}

TEST_F(IisLog, GoesOnAfterARestartWithANewBlock)
{
    {
        auto const server = start();
        ask(server, "GET", "/");
    }
    auto const server = start();
    ask(server, "GET", "/");
    EXPECT_EQ(lines().size(), 2u);
    auto const all = read_text(path());
    auto const first = all.find("#Software");
    EXPECT_EQ(first, 0u);
    EXPECT_NE(all.find("#Software", first + 1), std::string::npos);
}

TEST_F(IisLog, ThatCannotBeOpenedIsAnError)
{
    auto options = options_with();
    options.iis_log = (folder_.path() / "missing" / "u_ex.log").string();
    EXPECT_EQ(simulator::ndes::start(options).error().code(), errc::file_unwritable);
    options.iis_log = "/dev/full";
    EXPECT_EQ(simulator::ndes::start(options).error().code(), errc::file_unwritable);
}

struct counting_observer final : observer {
    void on_event(trace_event const& event) override
    {
        std::lock_guard const lock(mutex);
        lost += event.layer == "iis-log" ? 1 : 0;
    }
    std::mutex mutex;
    int lost = 0;
};

TEST_F(IisLog, ThatBreaksLaterIsToldAndTheServerGoesOn)
{
    std::signal(SIGPIPE, SIG_IGN);
    test::temporary_folder const folder;
    auto const path = (folder.path() / "u_ex.log").string();
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    int const reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK);
    ASSERT_GE(reader, 0);
    counting_observer observer;
    auto options = options_with();
    options.iis_log = path;
    options.trace = &observer;
    auto const server = simulator::ndes::start(options).value();
    ::close(reader);
    EXPECT_EQ(status(ask(server, "GET", "/")), 200u);
    EXPECT_EQ(status(ask(server, "GET", "/")), 200u);
    std::lock_guard const lock(observer.mutex);
    EXPECT_EQ(observer.lost, 2);
}

} // namespace
} // namespace scepkit
