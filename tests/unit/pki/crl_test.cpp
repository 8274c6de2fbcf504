// SPDX-License-Identifier: BSL-1.0
#include <scepkit/pki/crl.hpp>

#include "vectors.hpp"

#include <gtest/gtest.h>
#include <support/process.hpp>

namespace scepkit::inline v0::pki {
namespace {

using test::code_of;
using test::vector;

result<crl> read(std::string const& name) { return crl::from_der(vector("containers/" + name + ".crl")); }
certificate cert(std::string const& name)
{
    return certificate::from_der(vector("containers/" + name + ".der")).value();
}
private_key key(std::string const& name)
{
    return private_key::from_pem(vector("containers/" + name + ".key.pem")).value();
}
time_point at(std::string_view text) { return from_iso8601(text).value(); }

TEST(Crl, ReadsWhatOpensslWrites)
{
    for(auto const* const name : {"openssl", "openssl-v1"}) {
        auto const list = read(name).value();
        EXPECT_EQ(list.issuer(), cert("ca").subject());
        EXPECT_EQ(list.size(), 3u);
        EXPECT_LT(list.this_update(), *list.next_update());
        auto const* const first = list.find(bytes{0x0a});
        ASSERT_NE(first, nullptr);
        EXPECT_EQ(first->at, at("2026-01-02T03:04:05Z"));
        auto const* const second = list.find(cert("rsa").serial());
        ASSERT_NE(second, nullptr);
        EXPECT_EQ(second->reason, std::nullopt);
        bytes long_serial(17, 0xff);
        long_serial[0] = 0;
        ASSERT_NE(list.find(long_serial), nullptr) << "FF… is positive: a zero before it";
        EXPECT_EQ(list.find(cert("ec").serial()), nullptr);
        EXPECT_EQ(list.find({}), nullptr);
        bool const version_2 = std::string_view(name) == "openssl";
        EXPECT_EQ(first->reason, version_2 ? std::optional(revocation_reason::key_compromise) : std::nullopt);
        EXPECT_EQ(code_of(list.verify(cert("ca"))), errc{});
    }
    auto const from_pem = crl::from_pem(vector("containers/openssl.crl.pem")).value();
    EXPECT_TRUE(equal(from_pem.der(), read("openssl")->der()));
    EXPECT_EQ(from_pem.to_pem(), as_text(vector("containers/openssl.crl.pem")));
    EXPECT_EQ(code_of(crl::from_pem(as_bytes("nothing"))), errc::bad_pem);
    EXPECT_EQ(read("openssl-empty")->size(), 0u);
    EXPECT_EQ(code_of(read("openssl-ec")->verify(cert("ec-ca"))), errc{});
}

TEST(Crl, FindsEachOfManyAndNoOther)
{
    auto const list = read("python-many").value();
    EXPECT_EQ(list.size(), 1000u);
    std::vector<bool> there(70'000);
    for(std::size_t i = 0; i != 1000; ++i)
        there[(i * 7919) % 65537 + 1] = true;
    for(std::int64_t serial = 0; serial != 70'000; ++serial) {
        auto const der = asn1::encode([&](asn1::writer& w) { w.integer(serial); });
        EXPECT_EQ(list.find(bytes_view(der).subspan(2)) != nullptr, there[static_cast<std::size_t>(serial)]) << serial;
    }
    EXPECT_EQ(code_of(list.verify(cert("ca"))), errc{});
}

TEST(Crl, KnowsEveryReason)
{
    auto const list = read("python-reasons").value();
    std::vector<std::string_view> names;
    for(std::uint8_t serial = 1; serial <= list.size(); ++serial)
        names.push_back(name_of(list.find(bytes{serial})->reason.value()));
    EXPECT_EQ(names,
              (std::vector<std::string_view>{"unspecified", "keyCompromise", "cACompromise", "affiliationChanged",
                                             "superseded", "cessationOfOperation", "certificateHold",
                                             "privilegeWithdrawn", "aACompromise", "removeFromCRL"}));
}

TEST(Crl, AListThatIsNotTheWholeOneIsUnsupported)
{
    for(auto const* const name : {"delta", "delta-not-critical", "indirect", "users-only", "certificate-issuer",
                                  "unknown-critical", "entry-unknown-critical"})
        EXPECT_EQ(code_of(read(std::string("python-") + name)), errc::unsupported) << name;
}

TEST(Crl, IsVerifiedAgainstTheCaOnly)
{
    auto const list = read("openssl").value();
    EXPECT_EQ(code_of(list.verify(cert("rsa"))), errc::issuer_not_found);
    EXPECT_EQ(code_of(list.verify(cert("other-ca"))), errc::issuer_not_found) << "same name, another key identifier";
    EXPECT_EQ(code_of(read("openssl-v1")->verify(cert("other-ca"))), errc::signature_invalid);
    EXPECT_EQ(code_of(list.verify(cert("ca-without-crl-sign"))), errc::usage_not_allowed);
    auto changed = to_bytes(list.der());
    changed[changed.size() - 10] ^= 1;
    EXPECT_EQ(code_of(crl::from_der(changed)->verify(cert("ca"))), errc::signature_invalid);
}

TEST(Crl, CutAtEveryByteIsATypedError)
{
    auto const der = vector("containers/openssl.crl");
    for(std::size_t size = 0; size != der.size(); ++size)
        EXPECT_EQ(code_of(crl::from_der(bytes_view(der).first(size))), errc::bad_certificate) << size;
    EXPECT_EQ(code_of(crl::from_der(bytes((2u << 20) + 1))), errc::too_large);
    EXPECT_EQ(code_of(crl::from_der(vector("containers/ca.der"))), errc::bad_certificate);
}

crl_template content()
{
    return {
        .this_update = at("2026-01-01T00:00:00Z"),
        .next_update = at("2026-02-01T00:00:00Z"),
        .number = 300,
        .entries = {{.serial = {0x11}, .at = at("2025-12-01T00:00:00Z"), .reason = revocation_reason::superseded},
                    {.serial = {0x01, 0x00}, .at = at("2025-12-02T00:00:00Z"), .reason = std::nullopt},
                    {.serial = {0x02}, .at = at("2051-01-01T00:00:00Z"), .reason = revocation_reason::unspecified}}};
}

TEST(Crl, WhatItMakesItAndOpensslRead)
{
    auto const made = make_crl(content(), cert("ca"), key("ca")).value();
    EXPECT_EQ(code_of(made.verify(cert("ca"))), errc{});
    EXPECT_EQ(made.this_update(), content().this_update);
    EXPECT_EQ(made.next_update(), content().next_update);
    EXPECT_EQ(made.find(bytes{0x11})->reason, revocation_reason::superseded);
    EXPECT_EQ(made.find(bytes{0x02})->reason, std::nullopt) << "unspecified is left out";
    EXPECT_EQ(made.find(bytes{0x02})->at, at("2051-01-01T00:00:00Z"));

    scepkit::test::temporary_folder const folder;
    auto const ca = (folder.path() / "ca.pem").string();
    ASSERT_TRUE(write_new_file(ca, as_bytes(cert("ca").to_pem()), 0600).has_value());
    auto const ran = scepkit::test::run({"/usr/bin/openssl", "crl", "-inform", "DER", "-CAfile", ca, "-noout", "-text"},
                                        to_bytes(made.der()));
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    EXPECT_NE(ran.err.find("verify OK"), std::string::npos) << ran.err;
    auto const text = as_text(ran.out);
    for(auto const* const part : {"Serial Number: 11", "Superseded", "Serial Number: 0100", "X509v3 CRL Number:", "300",
                                  "Authority Key Identifier"})
        EXPECT_NE(text.find(part), std::string_view::npos) << part;
}

TEST(Crl, AnEmptyListIsMadeWithoutEntries)
{
    auto empty = content();
    empty.entries.clear();
    auto const made = make_crl(empty, cert("ec-ca"), key("ec-ca")).value();
    EXPECT_EQ(made.size(), 0u);
    EXPECT_EQ(code_of(made.verify(cert("ec-ca"))), errc{});
}

TEST(Crl, MakesNoneThatWouldBeRefused)
{
    auto const code = [](crl_template const& c) { return code_of(make_crl(c, cert("ca"), key("ca"))); };
    auto changed = content();
    changed.next_update = changed.this_update - std::chrono::seconds(1);
    EXPECT_EQ(code(changed), errc::invalid_argument);
    for(auto const& serial : {bytes{}, bytes{0x00, 0x01}, bytes{0xff, 0x80}}) {
        changed = content();
        changed.entries[0].serial = serial;
        EXPECT_EQ(code(changed), errc::invalid_argument);
    }
    changed = content();
    changed.entries.push_back(changed.entries[0]);
    EXPECT_EQ(code(changed), errc::invalid_argument) << "twice";
    changed = content();
    changed.entries[0].reason = revocation_reason::remove_from_crl;
    EXPECT_EQ(code(changed), errc::invalid_argument);
    changed = content();
    changed.digest = digest_algorithm::md5;
    EXPECT_EQ(code(changed), errc::algorithm_not_allowed);
    EXPECT_EQ(code_of(make_crl(content(), cert("ca"), key("other-ca"))), errc::invalid_argument);
    EXPECT_EQ(code_of(make_crl(content(), cert("ca-without-crl-sign"), key("ca"))), errc::usage_not_allowed);
}

} // namespace
} // namespace scepkit::inline v0::pki
