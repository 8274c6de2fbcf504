// SPDX-License-Identifier: BSL-1.0
#include "diagnosed.hpp"

#include <scepkit/diagnosis/rule.hpp>
#include <support/files.hpp>

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace scepkit;
using namespace scepkit::test;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

namespace {

/// What a full disk or a reader that went away does to a stream.
class broken_buffer final : public std::streambuf
{
    int_type overflow(int_type) override { return traits_type::eof(); }
};

int run_into(std::ostream& out, std::ostream& err, std::vector<std::string> const& arguments, bool stopped = false)
{
    std::istringstream in;
    std::atomic<bool> const stop{stopped};
    return cli::ndes_doctor(arguments, {.in = in, .out = out, .err = err, .stop = stop});
}

/// A log of IIS in which two phones meet the missing file name.
std::string write_log(std::filesystem::path const& path)
{
    std::ofstream log(path);
    log << "#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n#Date: 2026-11-20 08:00:00\n"
           "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) "
           "cs(Referer) "
           "sc-status sc-substatus sc-win32-status time-taken\n";
    for(auto const* const client : {"192.0.2.10", "192.0.2.11"})
        for(auto const* const rest :
            {"GET /certsrv/mscep operation=GetCACert&message=SCEP%20Authority 443 - {} profiled/1.0 - 301 0 0 1",
             "GET /certsrv/mscep/ operation=GetCACert&message=SCEP%20Authority 443 - {} profiled/1.0 - 200 0 0 5",
             "GET /certsrv/mscep operation=GetCACaps&message=SCEP%20Authority 443 - {} profiled/1.0 - 301 0 0 1",
             "GET /certsrv/mscep/ operation=GetCACaps&message=SCEP%20Authority 443 - {} profiled/1.0 - 200 0 0 5",
             "POST /certsrv/mscep operation=PKIOperation 443 - {} profiled/1.0 - 405 0 1 2"}) {
            std::string line(rest);
            line.replace(line.find("{}"), 2, client);
            log << "2026-11-20 08:00:0" << (client[9] == '0' ? '1' : '2') << " 10.0.0.5 " << line << '\n';
        }
    return path.string();
}

} // namespace

TEST(NdesDoctor, HelpAndVersionEndWithZero)
{
    auto const help = run_tool(cli::ndes_doctor, {"--help"});
    EXPECT_EQ(help.code, 0);
    for(auto const* option : {"--iis-log", "--json", "--ca-file", "--tls-ca-file", "--connect-to", "--timeout",
                              "--connect-timeout", "--expect", "--profile", "--explain", "--list-findings"})
        EXPECT_THAT(help.out, HasSubstr(option));
    auto const version = run_tool(cli::ndes_doctor, {"--version"});
    EXPECT_EQ(version.code, 0);
    EXPECT_THAT(version.out, HasSubstr(SCEPKIT_VERSION));
}

TEST(NdesDoctor, BadArgumentsEndWithThreeAndJsonAllTheSame)
{
    for(std::vector<std::string> const& arguments : {std::vector<std::string>{},
                                                     {"--nonsense"},
                                                     {"a.example", "b.example"},
                                                     {"ftp://x"},
                                                     {"--expect", "x", "a.example"}}) {
        auto const plain = run_tool(cli::ndes_doctor, arguments);
        EXPECT_EQ(plain.code, 3);
        EXPECT_THAT(plain.out, IsEmpty());
        EXPECT_THAT(plain.err, Not(IsEmpty()));

        auto with_json = arguments;
        with_json.push_back("--json");
        auto const d = diagnose(with_json);
        EXPECT_EQ(d.code, 3);
        EXPECT_EQ(d.verdict(), "unknown");
        EXPECT_EQ(d.root_cause(), "");
    }
}

TEST(NdesDoctor, ExplainsEveryFindingItLists)
{
    auto const list = run_tool(cli::ndes_doctor, {"--list-findings"});
    EXPECT_EQ(list.code, 0);
    for(auto const& rule : diagnosis::all_rules()) {
        std::string const id(rule.entry.id);
        EXPECT_THAT(list.out, HasSubstr(id + "\t"));
        auto const one = run_tool(cli::ndes_doctor, {"--explain", id});
        EXPECT_EQ(one.code, 0) << id;
        EXPECT_THAT(one.out, testing::StartsWith(id)) << id;
    }
    EXPECT_EQ(run_tool(cli::ndes_doctor, {"--explain", "no-such-finding"}).code, 3);
}

TEST(NdesDoctor, FindsTheMissingFileNameInALogAlone)
{
    temporary_folder const folder;
    auto const log = write_log(folder.path() / "u_ex261120.log");
    for(std::vector<std::string> const& arguments : {std::vector<std::string>{"--iis-log", log},
                                                     {log},
                                                     {folder.path().string()},
                                                     {"--iis-log", folder.path().string()},
                                                     {"--iis-log", log, log}}) {
        auto const d = diagnose(arguments);
        EXPECT_EQ(d.code, 2);
        EXPECT_EQ(d.verdict(), "error");
        EXPECT_EQ(d.root_cause(), "url-missing-mscep-dll");
        auto const& logs = d.json.at("facts").at("iis_logs").as_array();
        ASSERT_EQ(logs.size(), 1u);
        EXPECT_EQ(logs[0].at("scep_entries").to_number<int>(), 10) << "the same file counts once";
        EXPECT_TRUE(d.json.at("facts").at("exchanges").as_array().empty());
        EXPECT_TRUE(d.json.at("target").at("url").is_null());
    }
}

TEST(NdesDoctor, WhatCannotBeReadIsSaidAndTheRestIsJudged)
{
    temporary_folder const folder;
    auto const log = write_log(folder.path() / "u_ex261120.log");
    auto const missing = (folder.path() / "missing.log").string();
    auto const alone = diagnose({"--iis-log", missing});
    EXPECT_EQ(alone.code, 3);
    EXPECT_EQ(alone.verdict(), "unknown");
    EXPECT_THAT(alone.err, HasSubstr("missing.log"));

    auto const beside = diagnose({"--iis-log", missing, "--iis-log", log});
    EXPECT_EQ(beside.code, 2);
    EXPECT_EQ(beside.root_cause(), "url-missing-mscep-dll");
    EXPECT_EQ(beside.json.at("facts").at("unreadable").as_array().size(), 1u);

    auto const garbage = (folder.path() / "garbage.bin").string();
    std::ofstream(garbage) << std::string(5000, '\x01');
    EXPECT_EQ(diagnose({garbage}).code, 3);
    EXPECT_EQ(diagnose({"--iis-log", garbage}).code, 3);
}

TEST(NdesDoctor, TextAndJsonEndWithTheSameCode)
{
    temporary_folder const folder;
    auto const log = write_log(folder.path() / "u_ex261120.log");
    auto const text = run_tool(cli::ndes_doctor, {"--iis-log", log});
    EXPECT_EQ(text.code, 2);
    EXPECT_THAT(text.out, HasSubstr("url-missing-mscep-dll"));
    EXPECT_THAT(text.out, HasSubstr("/certsrv/mscep/mscep.dll"));
}

TEST(NdesDoctor, OutputThatReachesNobodyIsNoSuccess)
{
    temporary_folder const folder;
    auto const log = write_log(folder.path() / "u_ex261120.log");
    for(std::vector<std::string> const& arguments : {std::vector<std::string>{log},
                                                     {"--json", log},
                                                     {"--json"},
                                                     {"--list-findings"},
                                                     {"--explain", "url-missing-mscep-dll"},
                                                     {"--help"}}) {
        broken_buffer nowhere;
        std::ostream out(&nowhere);
        std::ostringstream err;
        EXPECT_EQ(run_into(out, err, arguments), 3) << testing::PrintToString(arguments);
        EXPECT_THAT(err.str(), Not(IsEmpty()));
    }
}

TEST(NdesDoctor, StoppedBeforeItBeganItKnowsNothing)
{
    std::ostringstream out;
    std::ostringstream err;
    EXPECT_EQ(run_into(out, err, {"--json", "http://127.0.0.1:9/certsrv/mscep/mscep.dll"}, true), 3);
    auto const json = boost::json::parse(out.str());
    EXPECT_EQ(json.at("verdict").as_string(), "unknown");
    EXPECT_TRUE(json.at("facts").at("interrupted").as_bool());
    EXPECT_TRUE(json.at("facts").at("exchanges").as_array().empty());
}

TEST(NdesDoctor, StoppedLaterItTellsWhatItFound)
{
    temporary_folder const folder;
    auto const log = write_log(folder.path() / "u_ex261120.log");
    std::ostringstream out;
    std::ostringstream err;
    EXPECT_EQ(run_into(out, err, {"--json", "http://127.0.0.1:9/certsrv/mscep/mscep.dll", "--iis-log", log}, true), 2);
    auto const json = boost::json::parse(out.str());
    EXPECT_EQ(json.at("root_cause").at("id").as_string(), "url-missing-mscep-dll");
    EXPECT_TRUE(json.at("facts").at("interrupted").as_bool());
}

TEST(ThreatL1, NothingOfALogDrivesATerminal)
{
    temporary_folder const folder;
    auto const path = folder.path() / "u_ex\x1b[31m.log";
    auto const log = write_log(path);
    std::ofstream(path, std::ios::app)
        << "2026-11-20 09:00:00 10.0.0.5 POST /certsrv/mscep operation=PKIOperation&x=\x1b]0;owned\x07 443 - "
           "192.0.2.9 profiled/\x1b[2J\xc2\x9b\x31\xe2\x80\xae - 405 0 1 2\n\x1b\x1b\x1b\n";
    for(auto const& arguments :
        {std::vector<std::string>{log}, {"--json", log}, {"--json", log, log + "\x1b"}, {log + "\x07"}}) {
        auto const r = run_tool(cli::ndes_doctor, arguments);
        expect_no_controls(r.out);
        expect_no_controls(r.err);
    }
}
