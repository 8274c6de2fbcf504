// SPDX-License-Identifier: BSL-1.0
#include <scepkit/facts/json.hpp>

#include <support/fact_builder.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace {

using namespace scepkit;
using namespace std::string_literals;
namespace json = boost::json;

json::value read(std::string const& text) { return json::parse(text); }

TEST(FactsJson, ComeBackAsTheyWent)
{
    auto facts = test::missing_dll();
    facts.interrupted = true;
    facts.proxy_variables = {"https_proxy"};
    facts.unreadable.push_back({"a.log", "file_unreadable", "no such file"});
    facts::iis_summary log;
    log.lines = 18446744073709551615u;
    log.calls.push_back(
        {.cs_uri_stem = "/certsrv/mscep", .operation = "GetCACaps", .cs_method = "GET", .sc_status = 301, .count = 3});
    facts.iis_logs.push_back(log);

    auto const written = facts::to_json(facts);
    auto const back = facts::from_json(read(json::serialize(written)));
    ASSERT_TRUE(back.has_value()) << back.error();
    EXPECT_EQ(facts::to_json(*back), written);
    EXPECT_EQ(back->iis_logs[0].lines, 18446744073709551615u);
    EXPECT_EQ(back->exchanges.at(0).question, facts::question::bare_get);
    EXPECT_EQ(back->exchanges.at(0).location, facts.exchanges[0].location);
    EXPECT_TRUE(back->interrupted);
    ASSERT_TRUE(back->ca.has_value());
    EXPECT_EQ(back->ca->certificates.at(1).issued_by, 0);
}

TEST(FactsJson, WriteEnumeratorsByName)
{
    auto const v = facts::to_json(test::missing_dll());
    EXPECT_EQ(v.at("exchanges").at(4).at("question"), json::value("empty_post"));
    EXPECT_EQ(v.at("exchanges").at(0).at("body"), json::value("html"));
    EXPECT_TRUE(v.at("exchanges").at(0).at("failure").is_null());
}

TEST(FactsJson, IgnoreUnknownKeysAndKeepDefaultsOfMissingOnes)
{
    auto const back = facts::from_json(read(R"({"version":1,"colour":"blue","target":{"host":"a","smell":[1,2]}})"));
    ASSERT_TRUE(back.has_value());
    ASSERT_TRUE(back->target.has_value());
    EXPECT_EQ(back->target->host, "a");
    EXPECT_EQ(back->target->port, 0);
    EXPECT_TRUE(back->exchanges.empty());
}

TEST(FactsJson, ReadAnEmptyObjectAsNothingSeen)
{
    auto const back = facts::from_json(json::object{});
    ASSERT_TRUE(back.has_value());
    EXPECT_FALSE(back->target.has_value());
}

TEST(FactsJson, RefuseWrongTypesAndVersions)
{
    for(char const* text : {"1",
                            "null",
                            "[]",
                            R"({"version":2})",
                            R"({"version":"1"})",
                            R"({"target":[]})",
                            R"({"target":{"port":"443"}})",
                            R"({"target":{"port":65536}})",
                            R"({"target":{"port":-1}})",
                            R"({"exchanges":{}})",
                            R"({"exchanges":[{"question":"what"}]})",
                            R"({"exchanges":[{"question":3}]})",
                            R"({"exchanges":[null]})",
                            R"({"interrupted":1})",
                            R"({"interrupted":null})",
                            R"({"iis_logs":[{"version":7}]})",
                            R"({"iis_logs":[{"lines":-1}]})",
                            R"({"iis_logs":[{"lines":1.5}]})",
                            R"({"proxy_variables":[1]})",
                            R"({"exchanges":[{"status":99999999999999999999}]})"}) {
        auto const back = facts::from_json(read(text));
        ASSERT_FALSE(back.has_value()) << text;
        EXPECT_EQ(back.error().code(), errc::bad_value) << text;
    }
}

TEST(FactsJson, SayWhichElementIsWrong)
{
    auto const back = facts::from_json(read(R"({"exchanges":[{},{"status":"ok"}]})"));
    ASSERT_FALSE(back.has_value());
    EXPECT_NE(back.error().details().message.find("exchanges[1].status"), std::string::npos);
}

TEST(FactsJson, AreValidUtf8WhateverWasSeen)
{
    facts::fact_set facts;
    facts.target = facts::target{.url = "a\xff\xc3(\xed\xa0\x80\xf4\x90\x80\x80\x00 b\xc3\xa9"s};
    auto const text = json::serialize(facts::to_json(facts));
    auto const document = facts::to_json(facts);
    auto const& url = document.at("target").at("url").as_string();
    EXPECT_NE(url.find("\xef\xbf\xbd"), json::string::npos);
    EXPECT_NE(url.find("\xc3\xa9"), json::string::npos);
    json::error_code failed;
    json::parse(text, failed); // Boost.JSON checks UTF-8.
    EXPECT_FALSE(failed);
}

} // namespace
