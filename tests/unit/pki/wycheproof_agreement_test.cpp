// SPDX-License-Identifier: BSL-1.0
#include <scepkit/asn1/oids.hpp>
#include <scepkit/pki/private_key.hpp>

#include "vectors.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>
#include <iostream>

// Project Wycheproof's vectors for ECDH, ML-DSA and ML-KEM: nothing "invalid" is accepted, everything "valid" is. Each
// file is run where it is among the fixtures.

namespace scepkit::inline v0::pki {
namespace {

using test::code_of;
using test::hex_of;
namespace json = boost::json;

bytes hex(json::object const& from, char const* key)
{
    return from_hex(std::string_view(from.at(key).as_string())).value();
}

template <class Run>
std::size_t for_each_case(std::filesystem::path const& file, Run&& run)
{
    auto const root = json::parse(scepkit::test::read_text(file));
    std::size_t count = 0;
    for(auto const& g : root.at("testGroups").as_array())
        for(auto const& c : g.as_object().at("tests").as_array()) {
            auto const& test = c.as_object();
            SCOPED_TRACE(file.filename().string() + " tcId " + std::to_string(test.at("tcId").as_int64()));
            run(g.as_object(), test, std::string_view(test.at("result").as_string()));
            ++count;
        }
    std::cout << file.filename().string() << ": " << count << " run\n";
    return count;
}

std::vector<std::filesystem::path> present(std::filesystem::path const& folder, std::vector<std::string> const& names)
{
    std::vector<std::filesystem::path> out;
    for(auto const& name : names)
        if(std::filesystem::exists(folder / name))
            out.push_back(folder / name);
    return out;
}

bytes pkcs8(asn1::oid const& id, asn1::oid const& parameters, bytes_view inside)
{
    return asn1::encode([&](asn1::writer& w) {
        w.sequence([&] {
            w.integer(0);
            w.sequence([&] {
                w.oid(id);
                if(!parameters.empty())
                    w.oid(parameters);
            });
            w.octet_string(inside);
        });
    });
}

// The scalar, as a key of the curve.
private_key ec_key(asn1::oid const& curve, std::size_t width, bytes_view number)
{
    while(!number.empty() && number.front() == 0)
        number = number.subspan(1);
    bytes padded(width - number.size());
    padded.insert(padded.end(), number.begin(), number.end());
    auto const inside = asn1::encode([&](asn1::writer& w) {
        w.sequence([&] {
            w.integer(1);
            w.octet_string(padded);
        });
    });
    return private_key::from_pkcs8(pkcs8(asn1::oids::ec_public_key, curve, inside)).value();
}

TEST(Wycheproof, Ecdh)
{
    SCEPKIT_NEED_FIXTURE(folder, "wycheproof");
    auto const files =
        present(folder, {"ecdh_secp256r1_test.json", "ecdh_secp384r1_test.json", "ecdh_secp521r1_test.json"});
    if(files.empty())
        GTEST_SKIP() << "no ecdh_*_test.json among the fixtures";
    for(auto const& file : files) {
        auto const name = file.filename().string();
        bool const p256 = name.find("256") != std::string::npos;
        bool const p384 = name.find("384") != std::string::npos;
        auto const curve = p256 ? asn1::oids::secp256r1 : p384 ? asn1::oids::secp384r1 : asn1::oids::secp521r1;
        std::size_t const width = p256 ? 32 : p384 ? 48 : 66;
        auto const run =
            for_each_case(file, [&](json::object const&, json::object const& test, std::string_view wanted) {
                auto const peer = public_key::from_spki(hex(test, "public"));
                if(!peer) {
                    EXPECT_NE(wanted, "valid") << peer.error();
                    EXPECT_TRUE(peer.error() == errc::bad_key || peer.error() == errc::key_not_allowed ||
                                peer.error() == errc::too_large)
                        << peer.error();
                    return;
                }
                auto const secret = ec_key(curve, width, hex(test, "private")).agree(*peer);
                if(wanted == "invalid") {
                    EXPECT_FALSE(secret.has_value());
                } else if(wanted == "valid" || secret) {
                    EXPECT_EQ(hex_of(secret), to_hex(hex(test, "shared")));
                }
            });
        EXPECT_GE(run, 300u);
    }
}

TEST(Wycheproof, MlDsaSignatures)
{
    SCEPKIT_NEED_FIXTURE(folder, "wycheproof");
    auto const files =
        present(folder, {"mldsa_44_verify_test.json", "mldsa_65_verify_test.json", "mldsa_87_verify_test.json"});
    if(files.empty() || !is_available(key_kind::ml_dsa_65))
        GTEST_SKIP() << "no mldsa_*_verify_test.json among the fixtures, or OpenSSL is older than 3.5";
    for(auto const& file : files) {
        auto const name = file.filename().string();
        auto const id = name.find("44") != std::string::npos   ? asn1::oids::ml_dsa_44
                        : name.find("65") != std::string::npos ? asn1::oids::ml_dsa_65
                                                               : asn1::oids::ml_dsa_87;
        std::size_t checked = 0;
        for_each_case(file, [&](json::object const& group, json::object const& test, std::string_view wanted) {
            if(test.contains("ctx") && !hex(test, "ctx").empty())
                return; // X.509 and CMS know no context strings.
            auto const key = public_key::from_spki(asn1::encode([&](asn1::writer& w) {
                w.sequence([&] {
                    w.algorithm(id, false);
                    w.bit_string(hex(group, "publicKey"));
                });
            }));
            ++checked;
            if(!key) {
                EXPECT_EQ(wanted, "invalid");
                EXPECT_EQ(code_of(key), errc::bad_key);
                return;
            }
            auto const code = code_of(key->verify(signature_algorithm{.scheme = signature_scheme::ml_dsa},
                                                  hex(test, "msg"), hex(test, "sig")));
            EXPECT_TRUE(code == errc{} || code == errc::signature_invalid || code == errc::bad_key) << code;
            EXPECT_EQ(code == errc{}, wanted == "valid");
        });
        EXPECT_GE(checked, 20u);
    }
}

TEST(Wycheproof, MlKem)
{
    SCEPKIT_NEED_FIXTURE(folder, "wycheproof");
    auto const files = present(folder, {"mlkem_512_test.json", "mlkem_768_test.json", "mlkem_1024_test.json"});
    if(files.empty() || !is_available(key_kind::ml_kem_768))
        GTEST_SKIP() << "no mlkem_*_test.json among the fixtures, or OpenSSL is older than 3.5";
    for(auto const& file : files) {
        auto const name = file.filename().string();
        auto const id = name.find("512") != std::string::npos   ? asn1::oids::ml_kem_512
                        : name.find("768") != std::string::npos ? asn1::oids::ml_kem_768
                                                                : asn1::oids::ml_kem_1024;
        auto const run =
            for_each_case(file, [&](json::object const&, json::object const& test, std::string_view wanted) {
                // RFC 9935, 6: the seed alone, [0] IMPLICIT.
                auto const inside =
                    asn1::encode([&](asn1::writer& w) { w.primitive(asn1::context(0), hex(test, "seed")); });
                auto const key = private_key::from_pkcs8(pkcs8(id, {}, inside));
                if(!key) {
                    EXPECT_EQ(wanted, "invalid") << key.error();
                    EXPECT_EQ(code_of(key), errc::bad_key);
                    return;
                }
                if(test.contains("ek") && wanted == "valid") {
                    auto const ek = hex(test, "ek");
                    EXPECT_TRUE(equal(key->public_key().spki().last(ek.size()), ek));
                }
                auto const secret = key->decapsulate(hex(test, "c"));
                EXPECT_EQ(secret.has_value(), wanted == "valid");
                if(secret) {
                    EXPECT_EQ(hex_of(secret), to_hex(hex(test, "K")));
                } else {
                    EXPECT_EQ(code_of(secret), errc::decryption_failed);
                }
            });
        EXPECT_GE(run, 100u);
    }
}

} // namespace
} // namespace scepkit::inline v0::pki
