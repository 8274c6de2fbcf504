// SPDX-License-Identifier: BSL-1.0
#include "simulated.hpp"

#include <scepkit/pki/chain.hpp>

#include <filesystem>
#include <fstream>
#include <sys/stat.h>

namespace scepkit {
namespace {

using namespace test;
namespace fs = std::filesystem;

/// A copy of the shared keys, to be spoiled.
class State : public ::testing::Test
{
protected:
    State()
    {
        simulator::load_or_make_state(
            {.folder = shared_state(), .host = "127.0.0.1", .with_ra = true, .now = current_time()})
            .value();
        fs::copy(shared_state(), folder());
    }
    std::string folder() const { return (temporary_.path() / "state").string(); }
    std::string file(std::string const& name) const { return (fs::path(folder()) / name).string(); }
    result<simulator::pki_state> load() const
    {
        return simulator::load_or_make_state(
            {.folder = folder(), .host = "127.0.0.1", .with_ra = true, .now = current_time()});
    }
    static unsigned mode(std::string const& path)
    {
        struct stat found {
        };
        return ::stat(path.c_str(), &found) == 0 ? found.st_mode & 0777u : 0;
    }

    temporary_folder temporary_;
};

TEST_F(State, IsMadeOnceWithKeysForItsOwnerOnly)
{
    for(auto const* name : {"ca", "ra-sign", "ra-encrypt", "tls-ca", "tls"}) {
        EXPECT_TRUE(fs::exists(file(std::string(name) + ".pem"))) << name;
        EXPECT_EQ(mode((fs::path(shared_state()) / (std::string(name) + ".key")).string()), 0600u) << name;
    }
    EXPECT_EQ(mode(shared_state()), 0700u);
}

TEST_F(State, IsUsedAgain)
{
    auto const first = load().value();
    auto const second = load().value();
    EXPECT_EQ(first.ca.certificate, second.ca.certificate);
    EXPECT_EQ(first.ra_signing->certificate, second.ra_signing->certificate);
    EXPECT_EQ(first.ra_encryption->certificate, second.ra_encryption->certificate);
    EXPECT_EQ(first.tls.certificate, second.tls.certificate);
    EXPECT_EQ(first.tls_ca.certificate, second.tls_ca.certificate);
}

TEST_F(State, IsCompletedWhereAPairIsMissing)
{
    auto const before = load().value();
    fs::remove(file("ra-sign.pem"));
    fs::remove(file("ra-sign.key"));
    auto const after = load().value();
    EXPECT_EQ(after.ca.certificate, before.ca.certificate);
    EXPECT_TRUE(after.ra_signing->certificate.is_issued_by(after.ca.certificate));
    EXPECT_NE(after.ra_signing->certificate, before.ra_signing->certificate);
}

TEST_F(State, GivesAnotherHostItsOwnTlsCertificate)
{
    auto const other = simulator::load_or_make_state(
                           {.folder = folder(), .host = "ndes.contoso.example", .with_ra = true, .now = current_time()})
                           .value();
    EXPECT_TRUE(pki::matches_host(other.tls.certificate, "ndes.contoso.example"));
    EXPECT_FALSE(pki::matches_host(other.tls.certificate, "127.0.0.1"));
    EXPECT_TRUE(other.tls.certificate.is_issued_by(other.tls_ca.certificate));
}

TEST_F(State, RenewsWhatHasExpired)
{
    auto const later = current_time() + std::chrono::days(1000);
    auto const state =
        simulator::load_or_make_state({.folder = folder(), .host = "127.0.0.1", .with_ra = true, .now = later}).value();
    EXPECT_TRUE(state.ra_signing->certificate.is_valid_at(later));
    EXPECT_TRUE(state.ra_encryption->certificate.is_valid_at(later));
    EXPECT_TRUE(state.tls.certificate.is_valid_at(later));
}

TEST_F(State, ThatIsDamagedIsAnErrorThatNamesTheFile)
{
    for(auto const* name : {"ca.pem", "ca.key", "ra-sign.pem", "ra-encrypt.key", "tls-ca.pem", "tls.key"}) {
        auto const whole = read_text(file(name));
        std::ofstream(file(name), std::ios::trunc) << whole.substr(0, whole.size() / 2);
        auto const loaded = load();
        ASSERT_FALSE(loaded) << name;
        EXPECT_NE(loaded.error().details().message.find(name), std::string::npos);
        std::ofstream(file(name), std::ios::trunc) << whole;
    }
    EXPECT_TRUE(load());
}

TEST_F(State, WhoseKeyIsOfAnotherCertificateIsAnError)
{
    fs::copy_file(file("ra-encrypt.key"), file("ra-sign.key"), fs::copy_options::overwrite_existing);
    EXPECT_EQ(load().error().code(), errc::bad_key);
}

TEST_F(State, WhoseKeyIsGoneIsAnError)
{
    fs::remove(file("ca.key"));
    EXPECT_EQ(load().error().code(), errc::file_unreadable);
}

TEST_F(State, OfAnotherCaIsAnError)
{
    fs::remove(file("ca.pem"));
    fs::remove(file("ca.key"));
    EXPECT_EQ(load().error().code(), errc::bad_certificate);
}

TEST_F(State, WithoutRaGivesTheCaKeyEncipherment)
{
    auto const state =
        simulator::load_or_make_state({.folder = "", .host = "localhost", .with_ra = false, .now = current_time()})
            .value();
    EXPECT_FALSE(state.ra_signing);
    EXPECT_TRUE(state.ca.certificate.allows(pki::key_usage::key_encipherment));
    EXPECT_TRUE(state.ca.certificate.allows(pki::key_usage::digital_signature));
}

TEST_F(State, KeepsItsChallengeForItsOwnerOnly)
{
    auto const first = simulator::load_or_make_challenge(folder()).value();
    EXPECT_EQ(first.size(), 16u);
    EXPECT_EQ(simulator::load_or_make_challenge(folder()).value(), first);
    EXPECT_EQ(mode(file("challenge")), 0600u);
    std::ofstream(file("challenge"), std::ios::trunc) << "mine\r\n";
    EXPECT_EQ(simulator::load_or_make_challenge(folder()).value(), "mine");
    std::ofstream(file("challenge"), std::ios::trunc) << "\r\n";
    EXPECT_EQ(simulator::load_or_make_challenge(folder()).error().code(), errc::bad_value);
    EXPECT_NE(simulator::load_or_make_challenge("").value(), simulator::load_or_make_challenge("").value());
}

TEST_F(State, FolderThatCannotBeMadeIsAnError)
{
    std::ofstream(file("plain-file")) << "x";
    auto const made = simulator::load_or_make_state(
        {.folder = file("plain-file") + "/state", .host = "localhost", .with_ra = true, .now = current_time()});
    EXPECT_FALSE(made);
}

} // namespace
} // namespace scepkit
