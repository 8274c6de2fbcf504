// SPDX-License-Identifier: BSL-1.0
#include "running_tool.hpp"

#include <cli/ndes_doctor_arguments.hpp>
#include <support/files.hpp>

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace scepkit;
using kind = cli::doctor_word::kind;
using testing::ElementsAre;

namespace {

std::variant<cli::doctor_request, cli::doctor_refusal, int> read(std::vector<std::string> const& arguments)
{
    std::istringstream in;
    std::ostringstream out;
    std::ostringstream err;
    std::atomic<bool> const stop{false};
    return cli::read_doctor_arguments(arguments, {.in = in, .out = out, .err = err, .stop = stop});
}

cli::doctor_request accepted(std::vector<std::string> const& arguments)
{
    auto outcome = read(arguments);
    if(auto* request = std::get_if<cli::doctor_request>(&outcome))
        return std::move(*request);
    ADD_FAILURE() << "not accepted";
    return {};
}

void touch(std::filesystem::path const& path) { std::ofstream(path) << "x"; }

} // namespace

TEST(DoctorWord, IsAUrlWhereItSaysSo)
{
    for(auto const* word :
        {"https://ndes.example/certsrv/mscep/mscep.dll", "http://ndes.example", "HTTPS://NDES.example/"}) {
        auto const read = cli::read_doctor_word(word);
        EXPECT_EQ(read.type, kind::url) << word;
        EXPECT_EQ(read.value, word);
    }
    for(auto const* word : {"ftp://ndes.example", "ldap://x", "file:///etc/passwd", "://"})
        EXPECT_EQ(cli::read_doctor_word(word).type, kind::neither) << word;
}

TEST(DoctorWord, IsEvidenceWhereItExists)
{
    test::temporary_folder const folder;
    auto const like_a_host = (folder.path() / "ndes.example").string();
    touch(like_a_host);
    EXPECT_EQ(cli::read_doctor_word(like_a_host).type, kind::evidence);
    EXPECT_EQ(cli::read_doctor_word(folder.path().string()).type, kind::evidence);
}

TEST(DoctorWord, IsAnHttpsUrlWhereItLooksLikeAHost)
{
    for(auto const* word : {"ndes.example", "ndes.example/certsrv/mscep/mscep.dll", "ndes.example:8443/x", "localhost",
                            "localhost:8080", "192.0.2.7", "[::1]:8443/certsrv", "a-b.example?x=y"}) {
        auto const read = cli::read_doctor_word(word);
        EXPECT_EQ(read.type, kind::url) << word;
        EXPECT_EQ(read.value, std::string("https://") + word);
    }
}

TEST(DoctorWord, IsNeitherOtherwise)
{
    for(auto const* word : {"", "ndes", "no such thing", "ndes.example:port/x", "/nowhere/u_ex.log", "./u_ex.log",
                            "../x", "~/x", "u_ex.log", "C:\\inetpub\\u_ex.log", "missing.log", "export.json",
                            "a.example:", "ndes_example", "\x1b[2J.example"}) {
        auto const read = cli::read_doctor_word(word);
        EXPECT_EQ(read.type, kind::neither) << word;
        EXPECT_FALSE(read.value.empty());
    }
}

TEST(DoctorArguments, HaveTheDefaultsOfTheManual)
{
    auto const r = accepted({"ndes.example/certsrv/mscep/mscep.dll"});
    ASSERT_TRUE(r.url);
    EXPECT_EQ(r.url->url(), "https://ndes.example/certsrv/mscep/mscep.dll");
    EXPECT_EQ(r.client.user_agent, "scepkit-doctor/" SCEPKIT_VERSION);
    EXPECT_EQ(r.client.request_timeout, std::chrono::seconds(30));
    EXPECT_EQ(r.client.connect_timeout, std::chrono::seconds(10));
    EXPECT_EQ(r.profile.name, "ndes");
    EXPECT_EQ(r.expected, diagnosis::expectation::any);
    EXPECT_EQ(r.output, cli::doctor_request::format::text);
    EXPECT_TRUE(r.client.connect_to.empty());
    EXPECT_FALSE(r.client.tls.ca_file);
}

TEST(DoctorArguments, EachOptionTakesItsOwnValueOnly)
{
    test::temporary_folder const folder;
    auto const dir = folder.path().string();
    auto const r =
        accepted({"--iis-log", "a.log", "https://ndes.example/x", "--connect-to", "ndes.example:443:127.0.0.1:8443",
                  dir, "--iis-log", "b.log", "--connect-to", "::[::1]:1", "--timeout", "2.5", "--connect-timeout=0.25",
                  "--expect", "intune", "--profile", "legacy", "--json"});
    ASSERT_TRUE(r.url);
    EXPECT_THAT(r.logs, ElementsAre("a.log", "b.log"));
    EXPECT_THAT(r.evidence, ElementsAre(dir));
    ASSERT_EQ(r.client.connect_to.size(), 2u);
    EXPECT_EQ(r.client.connect_to[0].address, "127.0.0.1");
    EXPECT_EQ(r.client.request_timeout, std::chrono::milliseconds(2500));
    EXPECT_EQ(r.client.connect_timeout, std::chrono::milliseconds(250));
    EXPECT_EQ(r.expected, diagnosis::expectation::intune);
    EXPECT_EQ(r.profile.name, "legacy");
    EXPECT_EQ(r.output, cli::doctor_request::format::json);
}

TEST(DoctorArguments, KnowBothNamesOfTheTrustFile)
{
    test::temporary_folder const folder;
    auto const pem = (folder.path() / "ca.pem").string();
    auto const key = pki::private_key::generate(pki::key_kind::ec_p256).value();
    auto const name = pki::name::parse("CN=Root").value();
    auto const ca = pki::make_certificate({.subject = name,
                                           .not_before = from_iso8601("2024-01-01T00:00:00Z").value(),
                                           .not_after = from_iso8601("2036-01-01T00:00:00Z").value(),
                                           .serial = {1},
                                           .extensions = {}},
                                          key.public_key(), name, key)
                        .value();
    std::ofstream(pem) << ca.to_pem();
    for(auto const* option : {"--ca-file", "--tls-ca-file"})
        EXPECT_EQ(accepted({"ndes.example", option, pem}).client.tls.ca_file, pem) << option;
}

TEST(DoctorArguments, AreRefusedWithASentence)
{
    test::temporary_folder const folder;
    auto const no_pem = (folder.path() / "x").string();
    touch(no_pem);
    std::vector<std::vector<std::string>> const table{
        {},
        {"--no-such-option"},
        {"--iis-log"},
        {"--expect", "everything", "ndes.example"},
        {"--profile", "none", "ndes.example"},
        {"--timeout", "0", "ndes.example"},
        {"--timeout", "-1", "ndes.example"},
        {"--timeout", "soon", "ndes.example"},
        {"--timeout", "nan", "ndes.example"},
        {"--timeout", "1e9", "ndes.example"},
        {"--connect-timeout", "inf", "ndes.example"},
        {"--connect-to", "nonsense", "ndes.example"},
        {"--ca-file", "/nowhere/ca.pem", "ndes.example"},
        {"--ca-file", no_pem, "ndes.example"},
        {"https://"},
        {"https://user:secret@ndes.example/"},
        {"https://ndes.example/#x"},
        {"https://one.example/", "https://two.example/"},
        {"one.example", "two.example"},
        {"/nowhere/u_ex.log"},
        {"--explain"},
    };
    for(auto const& arguments : table) {
        auto const line = testing::PrintToString(arguments);
        auto const outcome = read(arguments);
        auto const* refusal = std::get_if<cli::doctor_refusal>(&outcome);
        ASSERT_NE(refusal, nullptr) << line;
        EXPECT_FALSE(refusal->sentence.empty()) << line;
        EXPECT_EQ(refusal->output, cli::doctor_request::format::text) << line;
        EXPECT_EQ(refusal->sentence.find("secret"), std::string::npos) << line;

        auto with_json = arguments;
        with_json.insert(with_json.begin(), "--json");
        auto const again = read(with_json);
        ASSERT_TRUE(std::holds_alternative<cli::doctor_refusal>(again)) << line;
        EXPECT_EQ(std::get<cli::doctor_refusal>(again).output, cli::doctor_request::format::json) << line;
    }
}
