// SPDX-License-Identifier: BSL-1.0
#include "running_tool.hpp"

#include <support/files.hpp>

#include <gtest/gtest.h>

#include <fstream>

namespace scepkit {
namespace {

using namespace test;

struct named_tool {
    char const* name;
    tool_function function;
};
void PrintTo(named_tool const& tool, std::ostream* out) { *out << tool.name; }

class CommandLine : public ::testing::TestWithParam<named_tool>
{
};

TEST_P(CommandLine, HelpEndsWithZero)
{
    auto const result = run_tool(GetParam().function, {"--help"});
    EXPECT_EQ(result.code, 0);
    EXPECT_NE(result.out.find("--version"), std::string::npos);
    EXPECT_EQ(result.err, "");
}

TEST_P(CommandLine, VersionEndsWithZeroAndNamesTheTool)
{
    auto const result = run_tool(GetParam().function, {"--version"});
    EXPECT_EQ(result.code, 0);
    EXPECT_EQ(result.out, std::string(GetParam().name) + " " SCEPKIT_VERSION "\n");
}

TEST_P(CommandLine, AnUnknownFlagEndsWithThreeAndALineOnStderr)
{
    auto const result = run_tool(GetParam().function, {"--no-such-flag"});
    EXPECT_EQ(result.code, 3);
    EXPECT_EQ(result.out, "");
    EXPECT_TRUE(result.err.starts_with(std::string(GetParam().name) + ": "));
}

TEST_P(CommandLine, HostileArgumentsDoNotReachTheTerminalRaw)
{
    auto const result = run_tool(GetParam().function, {"--\x1b[31m=\x07"});
    EXPECT_EQ(result.code, 3);
    EXPECT_EQ(result.err.find('\x1b'), std::string::npos);
    EXPECT_EQ(result.err.find('\x07'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Tools, CommandLine,
                         ::testing::Values(named_tool{"ndes-simulator", cli::ndes_simulator},
                                           named_tool{"scep-responder", cli::scep_responder},
                                           named_tool{"scep-enroll", cli::scep_enroll}));

class ServerTool : public ::testing::TestWithParam<named_tool>
{
};

TEST_P(ServerTool, RefusesAnAddressThatIsNone)
{
    for(auto const* address : {"127.0.0.1", "127.0.0.1:99999", "nowhere:x", ""})
        EXPECT_EQ(run_tool(GetParam().function, {"--listen", address}).code, 3) << address;
}

TEST_P(ServerTool, RefusesAChallengeFileThatCannotBeRead)
{
    EXPECT_EQ(run_tool(GetParam().function, {"--challenge-file", "/no/such/file"}).code, 3);
}

TEST_P(ServerTool, RefusesADamagedState)
{
    temporary_folder const folder;
    std::ofstream(folder.path() / "ca.key") << "-----BEGIN PRIVATE KEY-----\n";
    auto const result = run_tool(GetParam().function, {"--state", folder.path().string()});
    EXPECT_EQ(result.code, 3);
    EXPECT_EQ(result.out, "");
    EXPECT_NE(result.err.find("ca.key"), std::string::npos);
}

TEST_P(ServerTool, PrintsItsUrlFirstAndEndsWithZeroWhenToldTo)
{
    running_tool tool(GetParam().function, {"--listen", "127.0.0.1:0"});
    EXPECT_TRUE(tool.first_line().starts_with("http://127.0.0.1:"));
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(tool.out(), tool.first_line() + "\n");
}

INSTANTIATE_TEST_SUITE_P(Tools, ServerTool,
                         ::testing::Values(named_tool{"ndes-simulator", cli::ndes_simulator},
                                           named_tool{"scep-responder", cli::scep_responder}));

TEST(NdesSimulator, ListsItsFaultsAndProducts)
{
    auto const faults = run_tool(cli::ndes_simulator, {"--list-faults"});
    EXPECT_EQ(faults.code, 0);
    for(auto const* id : {"url-missing-mscep-dll", "http-503-httpsys", "ra-expired", "ra-wrong-issuer",
                          "longurl-iis-query", "tls-name-mismatch"})
        EXPECT_NE(faults.out.find(std::string(id) + " "), std::string::npos) << id;
    auto const products = run_tool(cli::ndes_simulator, {"--list-products"});
    EXPECT_EQ(products.code, 0);
    EXPECT_TRUE(products.out.starts_with("ndes "));
    EXPECT_NE(products.out.find("\nndes-intune "), std::string::npos);
}

TEST(NdesSimulator, RefusesUnknownFaultsAndProducts)
{
    EXPECT_EQ(run_tool(cli::ndes_simulator, {"--fault", "no-such-fault"}).code, 3);
    EXPECT_EQ(run_tool(cli::ndes_simulator, {"--product", "ejbca"}).code, 3);
}

TEST(NdesSimulator, TakesSeveralFaults)
{
    running_tool tool(cli::ndes_simulator,
                      {"--fault", "url-missing-mscep-dll", "--fault", "caps-empty", "--host", "localhost"});
    EXPECT_TRUE(tool.first_line().starts_with("http://localhost:"));
    EXPECT_TRUE(tool.first_line().ends_with("/certsrv/mscep"));
    EXPECT_EQ(tool.stop(), 0);
}

TEST(NdesSimulator, DoesNotPrintItsChallenge)
{
    temporary_folder const folder;
    auto const state = (folder.path() / "state").string();
    running_tool tool(cli::ndes_simulator, {"--state", state});
    ASSERT_NE(tool.first_line(), "");
    EXPECT_EQ(tool.stop(), 0);
    auto challenge = read_text(state + "/challenge");
    ASSERT_EQ(challenge.size(), 17u);
    challenge.pop_back();
    EXPECT_EQ((tool.out() + tool.err()).find(challenge), std::string::npos);
}

TEST(ScepResponder, RefusesAnUnknownProfile)
{
    EXPECT_EQ(run_tool(cli::scep_responder, {"--profile", "lenient"}).code, 3);
}

} // namespace
} // namespace scepkit
