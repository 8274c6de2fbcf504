// SPDX-License-Identifier: BSL-1.0
#include "running_tool.hpp"

#include <scepkit/pki/certificate.hpp>
#include <support/files.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sys/stat.h>

namespace scepkit {
namespace {

using namespace test;
namespace fs = std::filesystem;

/// Keys of both servers, made once.
fs::path const& state_of(std::string const& kind)
{
    static temporary_folder const folder;
    static std::map<std::string, fs::path> paths;
    return paths.try_emplace(kind, folder.path() / kind).first->second;
}

class ScepEnroll : public ::testing::Test
{
protected:
    std::string path(std::string const& name) const { return (folder_.path() / name).string(); }
    std::string file(std::string const& name, std::string const& content) const
    {
        std::ofstream(path(name), std::ios::trunc) << content;
        return path(name);
    }

    /// A simulator whose only challenge is "open sesame", and its log.
    std::vector<std::string> simulator(std::vector<std::string> more = {}) const
    {
        std::vector<std::string> arguments{"--state",          state_of("ndes").string(),
                                           "--challenge-file", file("accepted", "open sesame\r\n"),
                                           "--iis-log",        path("iis.log")};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return arguments;
    }
    std::vector<std::string> responder(std::string const& kind, std::vector<std::string> more = {}) const
    {
        std::vector<std::string> arguments{"--state", state_of(kind).string(), "--challenge-file",
                                           file("accepted", "open sesame\r\nanother one\n")};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return arguments;
    }
    std::vector<std::string> arguments(std::string const& url, std::string const& state,
                                       std::vector<std::string> more = {}) const
    {
        std::vector<std::string> out{url,
                                     "--subject",
                                     "CN=device 7,O=Contoso",
                                     "--challenge-file",
                                     file("challenge", "open sesame\n"),
                                     "--ca-file",
                                     (state_of(state) / "ca.pem").string(),
                                     "--key",
                                     path("device.key"),
                                     "--out",
                                     path("device.pem")};
        out.insert(out.end(), more.begin(), more.end());
        return out;
    }
    bool nothing_written() const { return !fs::exists(path("device.key")) && !fs::exists(path("device.pem")); }
    std::string log() const { return fs::exists(path("iis.log")) ? read_text(path("iis.log")) : std::string(); }

    /// Key and certificate belong together, and the key is its owner's.
    void expect_a_pair() const
    {
        auto const certificate = pki::certificate::from_pem(read_bytes(path("device.pem"))).value();
        auto const key = pki::private_key::from_pem(read_bytes(path("device.key"))).value();
        EXPECT_EQ(certificate.key().value(), key.public_key());
        EXPECT_EQ(certificate.subject().to_string(), "CN=device 7,O=Contoso");
        struct stat found {
        };
        ASSERT_EQ(::stat(path("device.key").c_str(), &found), 0);
        EXPECT_EQ(found.st_mode & 0777u, 0600u);
    }

    temporary_folder folder_;
};

TEST_F(ScepEnroll, GetsACertificateFromTheSimulator)
{
    running_tool server(cli::ndes_simulator, simulator());
    auto const result =
        run_tool(cli::scep_enroll, arguments(server.first_line(), "ndes", {"--chain-out", path("chain.pem")}));
    ASSERT_EQ(result.code, 0) << result.err;
    expect_a_pair();
    auto const chain = pki::certificate::all_from_pem(read_bytes(path("chain.pem"))).value();
    auto const leaf = pki::certificate::from_pem(read_bytes(path("device.pem"))).value();
    EXPECT_TRUE(std::any_of(chain.begin(), chain.end(), [&](auto const& c) { return leaf.is_issued_by(c); }));
    EXPECT_NE(log().find("POST /certsrv/mscep/mscep.dll operation=PKIOperation"), std::string::npos);
}

TEST_F(ScepEnroll, GetsACertificateOverTls)
{
    running_tool server(cli::ndes_simulator, simulator({"--tls"}));
    ASSERT_TRUE(server.first_line().starts_with("https://"));
    auto const trusted =
        run_tool(cli::scep_enroll,
                 arguments(server.first_line(), "ndes", {"--tls-ca-file", (state_of("ndes") / "tls-ca.pem").string()}));
    EXPECT_EQ(trusted.code, 0) << trusted.err;
}

TEST_F(ScepEnroll, DoesNotEnrolOverTlsThatItCannotTrust)
{
    running_tool server(cli::ndes_simulator, simulator({"--tls"}));
    auto const result = run_tool(cli::scep_enroll, arguments(server.first_line(), "ndes"));
    EXPECT_EQ(result.code, 2);
    EXPECT_TRUE(nothing_written());
    EXPECT_EQ(log().find("operation="), std::string::npos);
}

TEST_F(ScepEnroll, GetsACertificateFromALoneCa)
{
    running_tool server(cli::scep_responder, responder("lone"));
    auto const result = run_tool(cli::scep_enroll, arguments(server.first_line(), "lone", {"--profile", "rfc8894"}));
    ASSERT_EQ(result.code, 0) << result.err;
    expect_a_pair();
}

TEST_F(ScepEnroll, GetsACertificateThroughAnRaPair)
{
    running_tool server(cli::scep_responder, responder("pair", {"--ra-pair"}));
    auto const result = run_tool(cli::scep_enroll, arguments(server.first_line(), "pair"));
    ASSERT_EQ(result.code, 0) << result.err;
    expect_a_pair();
}

TEST_F(ScepEnroll, SpendsAOneTimeChallengeOnce)
{
    running_tool server(cli::scep_responder, responder("lone", {"--one-time"}));
    EXPECT_EQ(run_tool(cli::scep_enroll, arguments(server.first_line(), "lone")).code, 0);
    fs::remove(path("device.key"));
    fs::remove(path("device.pem"));
    EXPECT_EQ(run_tool(cli::scep_enroll, arguments(server.first_line(), "lone")).code, 2);
    EXPECT_TRUE(nothing_written());
}

TEST_F(ScepEnroll, IsRefusedByAServerWithoutChallenges)
{
    running_tool server(cli::scep_responder,
                        {"--state", state_of("lone").string(), "--challenge-file", file("none", "\r\n")});
    EXPECT_EQ(run_tool(cli::scep_enroll, arguments(server.first_line(), "lone")).code, 2);
    EXPECT_TRUE(nothing_written());
}

TEST_F(ScepEnroll, UsesTheChallengeThatAServerMadeAndKept)
{
    running_tool server(cli::scep_responder, {"--state", state_of("kept").string()});
    ASSERT_NE(server.first_line(), "");
    auto list = arguments(server.first_line(), "kept");
    std::replace(list.begin(), list.end(), path("challenge"), (state_of("kept") / "challenge").string());
    EXPECT_EQ(run_tool(cli::scep_enroll, list).code, 0);
}

TEST_F(ScepEnroll, TellsARefusalWithItsHresultAndWritesNothing)
{
    running_tool server(cli::ndes_simulator, simulator());
    auto list = arguments(server.first_line(), "ndes");
    file("challenge", "wrong\n");
    auto const result = run_tool(cli::scep_enroll, list);
    EXPECT_EQ(result.code, 2);
    EXPECT_TRUE(nothing_written());
    EXPECT_NE(result.err.find("0x80070057"), std::string::npos);
    EXPECT_NE(result.err.find("E_INVALIDARG"), std::string::npos);
    EXPECT_NE(result.err.find("badMessageCheck"), std::string::npos);
    EXPECT_EQ((result.out + result.err).find("wrong\n"), std::string::npos);
}

TEST_F(ScepEnroll, StopsAtACaThatIsNotPinned)
{
    running_tool server(cli::ndes_simulator, simulator());
    std::vector<std::string> const list{server.first_line(),  "--subject", "CN=device 7",      "--ca-fingerprint",
                                        std::string(64, '0'), "--key",     path("device.key"), "--out",
                                        path("device.pem")};
    EXPECT_EQ(run_tool(cli::scep_enroll, list).code, 2);
    EXPECT_TRUE(nothing_written());
    EXPECT_EQ(log().find("PKIOperation"), std::string::npos);
}

TEST_F(ScepEnroll, TakesAPinOrTrustsOnFirstUse)
{
    running_tool server(cli::ndes_simulator, simulator());
    // The state is there once the first line is.
    ASSERT_NE(server.first_line(), "");
    auto const pin = to_hex(pki::certificate::from_pem(read_bytes(state_of("ndes") / "ca.pem")).value().sha256(), ":");
    for(auto const& trust : {std::vector<std::string>{"--ca-fingerprint", pin}, {"--trust-on-first-use"}}) {
        std::vector<std::string> list{server.first_line(),
                                      "--subject",
                                      "CN=device 7,O=Contoso",
                                      "--challenge-file",
                                      file("challenge", "open sesame"),
                                      "--key",
                                      path("device.key"),
                                      "--out",
                                      path("device.pem")};
        list.insert(list.end(), trust.begin(), trust.end());
        EXPECT_EQ(run_tool(cli::scep_enroll, list).code, 0) << trust.front();
    }
    expect_a_pair();
}

TEST_F(ScepEnroll, KeepsAKeyThatIsThere)
{
    running_tool server(cli::ndes_simulator, simulator());
    auto const list = arguments(server.first_line(), "ndes");
    ASSERT_EQ(run_tool(cli::scep_enroll, list).code, 0);
    auto const before = read_text(path("device.key"));
    ASSERT_EQ(run_tool(cli::scep_enroll, list).code, 0);
    EXPECT_EQ(read_text(path("device.key")), before);
    expect_a_pair();
}

TEST_F(ScepEnroll, NamesTheKeyAfterTheCertificate)
{
    running_tool server(cli::ndes_simulator, simulator());
    std::vector<std::string> const list{
        server.first_line(),    "--subject", "CN=d",       "--challenge-file", file("challenge", "open sesame"),
        "--trust-on-first-use", "--out",     path("d.pem")};
    EXPECT_EQ(run_tool(cli::scep_enroll, list).code, 0);
    EXPECT_TRUE(fs::exists(path("d.pem.key")));
}

TEST_F(ScepEnroll, WritesToStdout)
{
    running_tool server(cli::ndes_simulator, simulator());
    auto list = arguments(server.first_line(), "ndes");
    list.back() = "-";
    auto const result = run_tool(cli::scep_enroll, list);
    EXPECT_EQ(result.code, 0);
    EXPECT_TRUE(pki::certificate::from_pem(as_bytes(result.out)));
}

TEST_F(ScepEnroll, CannotRunOnBadArguments)
{
    auto const good = arguments("http://127.0.0.1:9/scep", "ndes");
    auto const without = [&](std::string const& flag) {
        auto list = good;
        auto const at = std::find(list.begin(), list.end(), flag);
        list.erase(at, at + 2);
        return list;
    };
    auto const with = [&](std::string const& old, std::string const& other) {
        auto list = good;
        std::replace(list.begin(), list.end(), old, other);
        return list;
    };
    EXPECT_EQ(run_tool(cli::scep_enroll, {}).code, 3);
    EXPECT_EQ(run_tool(cli::scep_enroll, without("--subject")).code, 3);
    EXPECT_EQ(run_tool(cli::scep_enroll, without("--out")).code, 3);
    EXPECT_EQ(run_tool(cli::scep_enroll, without("--ca-file")).code, 3);
    EXPECT_EQ(run_tool(cli::scep_enroll, with("CN=device 7,O=Contoso", "not a name")).code, 3);
    EXPECT_EQ(run_tool(cli::scep_enroll, with(path("challenge"), path("absent"))).code, 3);
    EXPECT_EQ(run_tool(cli::scep_enroll, with(path("challenge"), file("empty", "\n"))).code, 3);
    EXPECT_EQ(run_tool(cli::scep_enroll, with("http://127.0.0.1:9/scep", "ftp://127.0.0.1/")).code, 3);
    for(auto const& more : {std::vector<std::string>{"--profile", "lenient"}, {"--trust-on-first-use"}}) {
        auto list = good;
        list.insert(list.end(), more.begin(), more.end());
        EXPECT_EQ(run_tool(cli::scep_enroll, list).code, 3) << more.front();
    }
    EXPECT_TRUE(nothing_written());
}

TEST_F(ScepEnroll, IsUnreachableWhereNobodyListens)
{
    std::string url;
    {
        running_tool server(cli::ndes_simulator, simulator());
        url = server.first_line();
    }
    EXPECT_EQ(run_tool(cli::scep_enroll, arguments(url, "ndes")).code, 2);
    EXPECT_TRUE(nothing_written());
}

TEST_F(ScepEnroll, TellsTheMissingDllAsAnErrorOfTheServer)
{
    running_tool server(cli::ndes_simulator, simulator({"--fault", "url-missing-mscep-dll"}));
    EXPECT_EQ(run_tool(cli::scep_enroll, arguments(server.first_line(), "ndes")).code, 2);
    EXPECT_TRUE(nothing_written());
}

TEST_F(ScepEnroll, AsksNobodyWhereItCannotWrite)
{
    running_tool server(cli::ndes_simulator, simulator());
    auto list = arguments(server.first_line(), "ndes");
    list.back() = path("missing/device.pem");
    EXPECT_EQ(run_tool(cli::scep_enroll, list).code, 3);
    fs::create_directory(path("folder"));
    list.back() = path("folder");
    EXPECT_EQ(run_tool(cli::scep_enroll, list).code, 3);
    std::replace(list.begin(), list.end(), path("device.key"), file("damaged.key", "-----BEGIN PRIVATE KEY-----\n"));
    list.back() = path("device.pem");
    EXPECT_EQ(run_tool(cli::scep_enroll, list).code, 3);
    EXPECT_EQ(read_text(path("damaged.key")), "-----BEGIN PRIVATE KEY-----\n");
    EXPECT_EQ(log().find("operation="), std::string::npos);
    EXPECT_TRUE(nothing_written());
}

TEST_F(ScepEnroll, LeavesNothingWhereTheDeviceIsFull)
{
    running_tool server(cli::ndes_simulator, simulator());
    auto list = arguments(server.first_line(), "ndes");
    list.back() = "/dev/full";
    EXPECT_EQ(run_tool(cli::scep_enroll, list).code, 3);
    EXPECT_TRUE(nothing_written());
    EXPECT_TRUE(fs::is_character_file("/dev/full"));
}

TEST_F(ScepEnroll, ReplacesTheFileBehindALink)
{
    running_tool server(cli::ndes_simulator, simulator());
    file("real.pem", "old");
    fs::create_symlink(path("real.pem"), path("device.pem"));
    ASSERT_EQ(run_tool(cli::scep_enroll, arguments(server.first_line(), "ndes")).code, 0);
    EXPECT_TRUE(fs::is_symlink(path("device.pem")));
    EXPECT_TRUE(pki::certificate::from_pem(read_bytes(path("real.pem"))));
}

TEST_F(ScepEnroll, AnEcKeyIsAnsweredByTheSimulatorAndByTheResponder)
{
    auto const key = pki::private_key::generate(pki::key_kind::ec_p256).value();
    auto const pem = key.to_pem().value();
    for(auto const* kind : {"ndes", "lone"}) {
        file("device.key", std::string(as_text(pem.view())));
        fs::remove(path("device.pem"));
        bool const ndes = kind == std::string_view("ndes");
        running_tool server(ndes ? cli::ndes_simulator : cli::scep_responder, ndes ? simulator() : responder(kind));
        auto const result = run_tool(cli::scep_enroll, arguments(server.first_line(), kind));
        ASSERT_EQ(result.code, 0) << kind << ": " << result.err;
        auto const got = pki::certificate::from_pem(read_bytes(path("device.pem"))).value();
        EXPECT_EQ(got.key().value(), key.public_key());
    }
}

} // namespace
} // namespace scepkit
