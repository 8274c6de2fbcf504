// SPDX-License-Identifier: BSL-1.0
#include "diagnosed.hpp"

#include <gtest/gtest.h>

#include <map>

namespace scepkit::test {

namespace {

std::string text(boost::json::value const& v) { return std::string(v.as_string()); }

void check_finding(boost::json::value const& f)
{
    static std::set<std::string> const severities{"info", "warning", "error"};
    static std::set<std::string> const confidences{"certain", "likely", "possible"};
    EXPECT_FALSE(text(f.at("id")).empty());
    EXPECT_TRUE(severities.contains(text(f.at("severity"))));
    EXPECT_TRUE(confidences.contains(text(f.at("confidence"))));
    for(auto const* key : {"title", "saw", "why"})
        EXPECT_FALSE(text(f.at(key)).empty()) << key << " of " << f.at("id");
    for(auto const* key : {"fix", "explains", "references"})
        for(auto const& one : f.at(key).as_array())
            EXPECT_TRUE(one.is_string()) << key;
    EXPECT_TRUE(f.at("explained_by").is_null() || f.at("explained_by").is_string());
    EXPECT_FALSE(f.at("evidence").as_array().empty()) << f.at("id");
    for(auto const& place : f.at("evidence").as_array()) {
        EXPECT_TRUE(place.at("kind").is_string());
        EXPECT_TRUE(place.at("source").is_string());
        EXPECT_TRUE(place.at("line").is_null() || place.at("line").is_int64() || place.at("line").is_uint64());
        EXPECT_TRUE(place.at("time").is_null() || place.at("time").is_string());
        EXPECT_TRUE(place.at("saw").is_string());
    }
}

void check_document(diagnosed const& d)
{
    EXPECT_EQ(text(d.json.at("schema")), "scepkit-diagnosis-1");
    static std::map<std::string, int> const codes{{"ok", 0}, {"warning", 1}, {"error", 2}, {"unknown", 3}};
    ASSERT_TRUE(codes.contains(d.verdict())) << d.verdict();
    EXPECT_EQ(codes.at(d.verdict()), d.code);
    EXPECT_TRUE(d.json.at("target").at("url").is_null() || d.json.at("target").at("url").is_string());
    EXPECT_TRUE(d.json.at("target").at("files").is_array());
    EXPECT_TRUE(d.json.as_object().contains("facts"));
    EXPECT_TRUE(d.json.as_object().contains("trace"));

    std::set<std::string> seen;
    for(auto const& f : d.json.at("findings").as_array()) {
        check_finding(f);
        EXPECT_TRUE(seen.insert(text(f.at("id"))).second) << "twice: " << f.at("id");
    }
    for(auto const& f : d.json.at("findings").as_array())
        if(auto const& by = f.at("explained_by"); by.is_string()) {
            EXPECT_TRUE(seen.contains(text(by)));
        }
    if(auto const& root = d.json.at("root_cause"); !root.is_null()) {
        EXPECT_TRUE(seen.contains(text(root.at("id"))));
        EXPECT_TRUE(root.at("confidence").is_string());
    }
    if(d.verdict() == "error") {
        EXPECT_FALSE(d.ids_of("error").empty());
        EXPECT_TRUE(d.json.at("root_cause").is_object());
    }
    if(d.verdict() == "ok") {
        EXPECT_TRUE(d.ids_of("error").empty());
        EXPECT_TRUE(d.ids_of("warning").empty());
    }
}

} // namespace

std::string diagnosed::verdict() const { return text(json.at("verdict")); }

std::string diagnosed::root_cause() const
{
    auto const& root = json.at("root_cause");
    return root.is_null() ? std::string() : text(root.at("id"));
}

std::set<std::string> diagnosed::ids() const
{
    std::set<std::string> out;
    for(auto const& f : json.at("findings").as_array())
        out.insert(text(f.at("id")));
    return out;
}

std::set<std::string> diagnosed::ids_of(std::string const& severity) const
{
    std::set<std::string> out;
    for(auto const& f : json.at("findings").as_array())
        if(text(f.at("severity")) == severity)
            out.insert(text(f.at("id")));
    return out;
}

boost::json::value diagnosed::finding(std::string const& id) const
{
    for(auto const& f : json.at("findings").as_array())
        if(text(f.at("id")) == id)
            return f;
    ADD_FAILURE() << "no finding " << id << " in " << json.at("findings");
    return nullptr;
}

diagnosed diagnose(std::vector<std::string> arguments)
{
    arguments.insert(arguments.begin(), "--json");
    auto const run = run_tool(cli::ndes_doctor, arguments);
    diagnosed d;
    d.code = run.code;
    d.err = run.err;
    boost::json::error_code failed;
    d.json = boost::json::parse(run.out, failed);
    EXPECT_FALSE(failed) << run.out;
    EXPECT_TRUE(run.out.ends_with('\n'));
    check_document(d);
    return d;
}

void expect_no_controls(std::string const& text)
{
    for(std::size_t i = 0; i < text.size(); ++i) {
        auto const byte = static_cast<unsigned char>(text[i]);
        EXPECT_TRUE(byte == '\n' || (byte >= 0x20 && byte != 0x7f)) << "byte " << int{byte} << " at " << i;
        auto const c1 = byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
        EXPECT_FALSE(c1) << "C1 at " << i;
    }
    EXPECT_EQ(text.find("\xe2\x80\xae"), std::string::npos);
}

} // namespace scepkit::test
