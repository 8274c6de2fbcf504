// SPDX-License-Identifier: BSL-1.0
#include <scepkit/report/json.hpp>

#include <scepkit/facts/json.hpp>

#include "hostile.hpp"

#include <base/utf8.hpp>
#include <boost/json/parse.hpp>
#include <gtest/gtest.h>
#include <set>

namespace {

using namespace scepkit;
namespace json = boost::json;
using report::to_json;

json::object parse(std::string const& text)
{
    json::error_code failed;
    auto const v = json::parse(text, failed);
    EXPECT_FALSE(failed) << failed.message();
    return failed || !v.is_object() ? json::object{} : v.get_object();
}

TEST(JsonReport, HasTheKeysOfItsSchema)
{
    auto const document = parse(to_json(test::diagnosed(test::missing_dll())));
    std::set<std::string> keys;
    for(auto const& [key, value] : document)
        keys.insert(std::string(key));
    EXPECT_EQ(keys, (std::set<std::string>{"schema", "verdict", "target", "root_cause", "findings", "facts", "trace"}));
    EXPECT_EQ(document.at("schema"), json::value("scepkit-diagnosis-1"));
    EXPECT_EQ(document.at("verdict"), json::value("error"));
    EXPECT_EQ(document.at("target"), json::parse(R"({"url":"https://ndes.contoso.com/certsrv/mscep","files":[]})"));
    EXPECT_EQ(document.at("root_cause"), json::parse(R"({"id":"url-missing-mscep-dll","confidence":"certain"})"));
    auto const& first = document.at("findings").as_array().at(0).as_object();
    EXPECT_EQ(first.at("id"), json::value("url-missing-mscep-dll"));
    EXPECT_EQ(first.at("severity"), json::value("error"));
    EXPECT_TRUE(first.at("explained_by").is_null());
    std::set<std::string> explains;
    for(auto const& id : first.at("explains").as_array())
        explains.insert(std::string(id.as_string()));
    EXPECT_EQ(explains, (std::set<std::string>{"http-405", "redir-slash"}));
    for(auto const& one : document.at("findings").as_array())
        for(char const* key : {"id", "severity", "confidence", "title", "saw", "why", "fix", "explains", "explained_by",
                               "evidence", "references"})
            EXPECT_TRUE(one.as_object().contains(key)) << key;
    auto const& evidence = first.at("evidence").as_array().at(0).as_object();
    for(char const* key : {"kind", "source", "line", "time", "saw"})
        EXPECT_TRUE(evidence.contains(key)) << key;
}

TEST(JsonReport, WritesNullWhereThereIsNothing)
{
    auto const document = parse(to_json(test::diagnosed({})));
    EXPECT_TRUE(document.at("root_cause").is_null());
    EXPECT_TRUE(document.at("target").at("url").is_null());
    EXPECT_EQ(document.at("verdict"), json::value("unknown"));
    EXPECT_TRUE(document.at("findings").as_array().empty());
}

TEST(JsonReport, NamesTheFilesThatWereGiven)
{
    auto facts = test::healthy_ndes();
    facts.iis_logs.push_back({.sources = {"a.log", "b.log"}});
    facts.unreadable.push_back({"c.log", "file_unreadable", ""});
    auto const document = parse(to_json(test::diagnosed(facts)));
    EXPECT_EQ(document.at("target").at("files"), json::parse(R"(["a.log","b.log","c.log"])"));
}

TEST(JsonReport, CarriesFactsThatCanBeJudgedAgain)
{
    auto const first = test::diagnosed(test::missing_dll());
    auto const document = parse(to_json(first));
    auto const facts = facts::from_json(document.at("facts"));
    ASSERT_TRUE(facts.has_value()) << facts.error();
    EXPECT_EQ(to_json(test::diagnosed(*facts)), to_json(first));
}

TEST(JsonReport, EndsWithALineBreakAndHoldsNoOther)
{
    auto const text = to_json(test::diagnosed(test::hostile_facts()));
    EXPECT_EQ(text.find('\n'), text.size() - 1);
}

// L1, L6: one document that every parser reads, whatever the evidence held.
TEST(ThreatL1, TheJsonReportIsPrintableUtf8)
{
    for(std::size_t const repeats : {1u, 500u}) {
        auto const text = to_json(test::diagnosed(test::hostile_facts(repeats)));
        EXPECT_FALSE(parse(text).empty());
        std::string_view rest = std::string_view(text).substr(0, text.size() - 1);
        while(!rest.empty()) {
            auto const point = v0::detail::decode_utf8(rest);
            ASSERT_TRUE(point.has_value());
            ASSERT_TRUE(point->value >= 0x20 && point->value != 0x7f && !(point->value >= 0x80 && point->value < 0xa0));
            rest.remove_prefix(point->size);
        }
    }
}

} // namespace
