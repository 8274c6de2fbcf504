// SPDX-License-Identifier: BSL-1.0
#include "running_tool.hpp"

#include <scepkit/pki/crl.hpp>
#include <scepkit/pki/request.hpp>
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

TEST_F(ScepEnroll, EnrolsAnEcKey)
{
    running_tool server(cli::ndes_simulator, simulator());
    auto const done = run_tool(
        cli::scep_enroll, arguments(server.first_line(), "ndes", {"--key-kind", "p256", "--san", "dns:a.example"}));
    ASSERT_EQ(done.code, 0) << done.err;
    auto const certificate = pki::certificate::from_pem(read_bytes(path("device.pem"))).value();
    EXPECT_EQ(certificate.key()->kind(), pki::key_kind::ec_p256);
    ASSERT_EQ(certificate.extensions().subject_alt_names.size(), 1u);
    EXPECT_EQ(certificate.extensions().subject_alt_names.front().text, "a.example");
    EXPECT_NE(done.err.find("key_agreement_null_curve"), std::string::npos) << done.err;
}

TEST_F(ScepEnroll, RenewsWithoutAChallenge)
{
    running_tool server(cli::scep_responder, responder("lone", {"--renewals"}));
    auto const url = server.first_line();
    ASSERT_EQ(run_tool(cli::scep_enroll, arguments(url, "lone")).code, 0);
    std::vector<std::string> renewal{url,
                                     "--renew",
                                     path("device.pem"),
                                     "--renew-key",
                                     path("device.key"),
                                     "--ca-file",
                                     (state_of("lone") / "ca.pem").string(),
                                     "--out",
                                     path("next.pem"),
                                     "--profile",
                                     "rfc8894"};
    auto const done = run_tool(cli::scep_enroll, renewal);
    ASSERT_EQ(done.code, 0) << done.err;
    auto const old = pki::certificate::from_pem(read_bytes(path("device.pem"))).value();
    auto const next = pki::certificate::from_pem(read_bytes(path("next.pem"))).value();
    EXPECT_EQ(next.subject(), old.subject());
    EXPECT_FALSE(*next.key() == *old.key());
    EXPECT_EQ(pki::private_key::from_pem(read_bytes(path("next.pem.key")))->public_key(), *next.key());
}

TEST_F(ScepEnroll, KeepsAPendingEnrolmentForALaterRun)
{
    auto const state = path("held");
    running_tool server(cli::scep_responder,
                        {"--state", state, "--challenge-file", file("accepted", "open sesame\n"), "--hold"});
    auto const url = server.first_line();
    auto asking = arguments(url, "ndes");
    std::replace(asking.begin(), asking.end(), (state_of("ndes") / "ca.pem").string(), state + "/ca.pem");
    auto const first = run_tool(cli::scep_enroll, asking);
    ASSERT_EQ(first.code, 1) << first.err;
    EXPECT_TRUE(fs::exists(path("device.key")));
    EXPECT_FALSE(fs::exists(path("device.pem")));
    auto const saved = read_text(path("device.pem.pending"));
    EXPECT_EQ(saved.find("open sesame"), std::string::npos);

    auto const begin = first.err.find("(transaction ") + 13;
    file("held/approved", first.err.substr(begin, first.err.find(')', begin) - begin) + "\n");
    std::vector<std::string> const later{url,
                                         "--resume",
                                         path("device.pem.pending"),
                                         "--key",
                                         path("device.key"),
                                         "--ca-file",
                                         state + "/ca.pem",
                                         "--out",
                                         path("device.pem")};
    auto const second = run_tool(cli::scep_enroll, later);
    ASSERT_EQ(second.code, 0) << second.err;
    expect_a_pair();
    EXPECT_FALSE(fs::exists(path("device.pem.pending")));
}

TEST_F(ScepEnroll, AsksForCaNextCaCertificateAndCrl)
{
    running_tool server(cli::scep_responder, responder("asked", {"--next-ca"}));
    auto const url = server.first_line();
    ASSERT_EQ(run_tool(cli::scep_enroll, arguments(url, "asked")).code, 0);
    auto const ask = [&](std::string const& what, std::vector<std::string> more = {}) {
        std::vector<std::string> list{url,     "--get",   what, "--ca-file", (state_of("asked") / "ca.pem").string(),
                                      "--out", path(what)};
        list.insert(list.end(), more.begin(), more.end());
        return run_tool(cli::scep_enroll, list);
    };
    std::vector<std::string> const as{"--as", path("device.pem"), "--as-key", path("device.key")};
    EXPECT_EQ(ask("ca").code, 0);
    EXPECT_EQ(read_text(path("ca")), read_text(state_of("asked") / "ca.pem"));
    EXPECT_EQ(ask("next-ca").code, 0);
    EXPECT_EQ(read_text(path("next-ca")), read_text(state_of("asked") / "ca-next.pem"));
    EXPECT_EQ(ask("certificate", as).code, 0);
    EXPECT_EQ(read_text(path("certificate")), read_text(path("device.pem")));
    EXPECT_EQ(ask("crl", as).code, 0);
    EXPECT_EQ(pki::crl::from_pem(read_bytes(path("crl")))->size(), 0u);
    // Nobody has this one.
    auto with_serial = as;
    with_serial.insert(with_serial.end(), {"--serial", "0102"});
    auto const none = ask("certificate", with_serial);
    EXPECT_EQ(none.code, 2);
    EXPECT_NE(none.err.find("badCertId"), std::string::npos) << none.err;
    EXPECT_EQ(ask("crl").code, 3); // Unsigned.
}

TEST_F(ScepEnroll, RefusesTasksThatDoNotGoTogether)
{
    auto const good = arguments("http://127.0.0.1:9/scep", "ndes");
    for(auto const& more : std::vector<std::vector<std::string>>{{"--renew", "a", "--get", "crl"},
                                                                 {"--renew", "a", "--resume", "b"},
                                                                 {"--request", "a"},
                                                                 {"--cipher", "rc4"},
                                                                 {"--key-kind", "dsa"},
                                                                 {"--pending", path("device.pem")},
                                                                 {"--san", "phone:1"}}) {
        auto list = good;
        list.insert(list.end(), more.begin(), more.end());
        EXPECT_EQ(run_tool(cli::scep_enroll, list).code, 3) << more.front();
    }
    EXPECT_TRUE(nothing_written());
}

TEST_F(ScepEnroll, SendsARequestOfSomebodyElse)
{
    running_tool server(cli::scep_responder, responder("lone"));
    auto const key = pki::private_key::generate(pki::key_kind::rsa).value();
    auto const request = pki::certificate_request_builder()
                             .subject(pki::name::parse("CN=device 7,O=Contoso").value())
                             .challenge_password(secret_bytes::from_text("open sesame"))
                             .sign(key)
                             .value();
    auto const pem = key.to_pem().value();
    file("device.key", std::string(as_text(pem.view())));
    file("request.der", std::string(as_text(request.der())));
    auto const done =
        run_tool(cli::scep_enroll, {server.first_line(), "--request", path("request.der"), "--key", path("device.key"),
                                    "--ca-file", (state_of("lone") / "ca.pem").string(), "--out", path("device.pem")});
    ASSERT_EQ(done.code, 0) << done.err;
    EXPECT_EQ(pki::certificate::from_pem(read_bytes(path("device.pem")))->subject(), request.subject());
}

TEST_F(ScepEnroll, TheResponderListsItsLedger)
{
    auto const state = path("listed");
    {
        running_tool server(cli::scep_responder,
                            {"--state", state, "--challenge-file", file("accepted", "open sesame\n"), "--one-time"});
        auto asking = arguments(server.first_line(), "ndes");
        std::replace(asking.begin(), asking.end(), (state_of("ndes") / "ca.pem").string(), state + "/ca.pem");
        ASSERT_EQ(run_tool(cli::scep_enroll, asking).code, 0);
    }
    auto const listed = run_tool(cli::scep_responder, {"--state", state, "--list"});
    ASSERT_EQ(listed.code, 0) << listed.err;
    EXPECT_NE(listed.out.find(" reserved PKCSReq "), std::string::npos) << listed.out;
    EXPECT_NE(listed.out.find(" issued PKCSReq "), std::string::npos) << listed.out;
    EXPECT_NE(listed.out.find("CN=device 7,O=Contoso"), std::string::npos) << listed.out;
    EXPECT_EQ(run_tool(cli::scep_responder, {"--list"}).code, 3);
}

} // namespace
} // namespace scepkit
