// SPDX-License-Identifier: BSL-1.0
#include <scepkit/pki/pkcs12.hpp>

#include "pkcs12_writer.hpp"
#include "vectors.hpp"

#include <gtest/gtest.h>

namespace scepkit::inline v0::pki {
namespace {

using test::code_of;
using test::vector;
namespace write = test::pkcs12_writer;

secret_bytes secret(std::string_view text = "secret") { return secret_bytes::from_text(text); }

result<pkcs12> read(std::string const& name, std::string_view passphrase = "secret")
{
    return pkcs12::read(vector("containers/" + name + ".p12"), secret(passphrase));
}

certificate cert(std::string const& name)
{
    return certificate::from_der(vector("containers/" + name + ".der")).value();
}

TEST(Pkcs12, ReadsWhatOpensslAndPythonWrite)
{
    for(auto const* const name : {"default", "named", "des3", "sha512", "plain-certificates", "plain-key",
                                  "without-iterations", "python-aes", "python-des3"}) {
        auto const p = read(name);
        ASSERT_TRUE(p.has_value()) << name << ' ' << p.error();
        EXPECT_EQ(p->certificate, cert("rsa")) << name;
        EXPECT_EQ(p->key.public_key(), *p->certificate.key()) << name;
        ASSERT_FALSE(p->others.empty()) << name;
        EXPECT_EQ(p->others[0], cert("ca")) << name;
    }
    EXPECT_EQ(read("python-aes")->others.size(), 2u);
    EXPECT_EQ(read("ec")->certificate, cert("ec"));
    EXPECT_TRUE(read("ec")->others.empty());
}

TEST(Pkcs12, PassphrasesAreUtf8AndMayBeEmpty)
{
    EXPECT_EQ(code_of(read("umlaut-passphrase", "schl\xc3\xbcssel")), errc{});
    EXPECT_EQ(code_of(read("umlaut-passphrase", "schluessel")), errc::bad_key);
    EXPECT_EQ(code_of(read("empty-passphrase", "")), errc{});
    EXPECT_EQ(code_of(read("empty-passphrase", "x")), errc::bad_key);
    EXPECT_EQ(code_of(read("default", "")), errc::bad_key);
    EXPECT_EQ(code_of(read("default", "Secret")), errc::bad_key);
    EXPECT_EQ(code_of(pkcs12::read(vector("containers/default.p12"), secret_bytes(2000))), errc::invalid_argument);
}

TEST(Pkcs12, RefusesWhatItCannotTrustOrRead)
{
    EXPECT_EQ(code_of(read("without-mac")), errc::bad_key);
    EXPECT_EQ(code_of(read("without-key")), errc::bad_key);
    EXPECT_EQ(code_of(read("without-certificate")), errc::bad_certificate);
    EXPECT_EQ(code_of(read("legacy")), errc::unsupported) << "RC2";
    EXPECT_EQ(code_of(pkcs12::read({}, secret())), errc::bad_key);
    EXPECT_EQ(code_of(pkcs12::read(vector("containers/rsa.der"), secret())), errc::bad_key);
    EXPECT_EQ(code_of(pkcs12::read(bytes((2u << 20) + 1), secret())), errc::too_large);
}

TEST(Pkcs12, CutOrChangedAnywhereIsATypedError)
{
    auto const file = vector("containers/without-iterations.p12");
    for(std::size_t size = 0; size < file.size(); size += 13)
        EXPECT_EQ(code_of(pkcs12::read(bytes_view(file).first(size), secret())), errc::bad_key) << size;
    for(std::size_t at = 0; at < file.size(); at += 13) {
        auto changed = file;
        changed[at] ^= 1;
        EXPECT_NE(code_of(pkcs12::read(changed, secret())), errc{}) << at;
    }
}

TEST(ThreatR11, Pkcs12AsksForBoundedWork)
{
    EXPECT_EQ(code_of(read("million-and-a-half")), errc::too_large) << "three times half a million";
    auto const bomb = [](std::int64_t iterations) {
        return code_of(pkcs12::read(write::file(write::safe({}), bytes(32), bytes(8), iterations), secret()));
    };
    EXPECT_EQ(bomb(1), errc::bad_key);
    EXPECT_EQ(bomb(1'000'001), errc::too_large);
    EXPECT_EQ(bomb(0x7fffffff), errc::too_large);
    EXPECT_EQ(bomb(0x7fffffffffffffff), errc::too_large);
    EXPECT_EQ(bomb(0), errc::bad_key);
    EXPECT_EQ(bomb(-1), errc::bad_key);
    // PKCS #12's derivation goes over the salt in each iteration.
    EXPECT_EQ(code_of(pkcs12::read(write::file(write::safe({}), bytes(32), bytes(257), 1), secret())), errc::too_large);
}

TEST(ThreatR11, IterationsBehindTheMacAreBoundedToo)
{
    auto const file = [](std::int64_t each, std::size_t parts) {
        std::vector<bytes> const all(parts, write::encrypted(each));
        return code_of(pkcs12::read(write::sealed(write::safe(all), secret()), secret()));
    };
    EXPECT_EQ(file(1, 1), errc::bad_key) << "it does not decrypt";
    EXPECT_EQ(file(1'000'000, 1), errc::too_large) << "with the one of the MAC";
    EXPECT_EQ(file(0x7fffffff, 1), errc::too_large);
}

TEST(ThreatR11, NestedSafeContentsAreRefusedAtTheFirstLevel)
{
    auto const empty_list = asn1::encode([](asn1::writer& w) { w.sequence([] {}); });
    auto const once = write::bag("1.2.840.113549.1.12.10.1.6", empty_list);
    EXPECT_EQ(code_of(pkcs12::read(write::sealed(write::safe({write::data(once)}), secret()), secret())),
              errc::unsupported);
    // Ten thousand levels, as in the report against OpenSSL: the limit on nesting is met before anything else.
    auto deep = empty_list;
    for(int i = 0; i != 10'000; ++i)
        deep = write::bag("1.2.840.113549.1.12.10.1.6", deep);
    EXPECT_EQ(code_of(pkcs12::read(write::sealed(write::safe({write::data(deep)}), secret()), secret())),
              errc::nested_too_deep);
}

TEST(ThreatR11, APartWithoutContentIsABadKey)
{
    // CVE-2024-0727: OpenSSL followed a null pointer here.
    auto const hollow = [](asn1::oid const& type) {
        return asn1::encode([&](asn1::writer& w) { w.sequence([&] { w.oid(type); }); });
    };
    for(auto const& type : {asn1::oids::data, asn1::oids::encrypted_data})
        EXPECT_EQ(code_of(pkcs12::read(write::sealed(write::safe({hollow(type)}), secret()), secret())), errc::bad_key);
    auto const outer = asn1::encode([&](asn1::writer& w) {
        w.sequence([&] {
            w.integer(3);
            w.raw(hollow(asn1::oids::data));
        });
    });
    EXPECT_EQ(code_of(pkcs12::read(outer, secret())), errc::bad_key);
    EXPECT_EQ(
        code_of(pkcs12::read(write::sealed(write::safe({hollow(asn1::oids::enveloped_data)}), secret()), secret())),
        errc::unsupported);
}

TEST(Pkcs12, ManyPartsAndBagsAreTooMany)
{
    auto const empty_list = asn1::encode([](asn1::writer& w) { w.sequence([] {}); });
    std::vector<bytes> const parts(limits{}.recipients + 1, write::data(empty_list));
    EXPECT_EQ(code_of(pkcs12::read(write::sealed(write::safe(parts), secret()), secret())), errc::too_many);
    auto const null = asn1::encode([](asn1::writer& w) { w.null(); });
    auto const one = write::bag_inside("1.2.840.113549.1.12.10.1.5", null);
    auto const many = asn1::encode([&](asn1::writer& w) {
        w.sequence([&] {
            for(std::size_t i = 0; i != limits{}.certificates + 2; ++i)
                w.raw(one);
        });
    });
    EXPECT_EQ(code_of(pkcs12::read(write::sealed(write::safe({write::data(many)}), secret()), secret())),
              errc::too_many);
}

} // namespace
} // namespace scepkit::inline v0::pki
