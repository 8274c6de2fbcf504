// SPDX-License-Identifier: BSL-1.0
#include <scepkit/pki/private_key.hpp>

#include "vectors.hpp"

#include <gtest/gtest.h>

namespace scepkit::inline v0::pki {
namespace {

using test::code_of;
using test::vector;

secret_bytes secret(std::string_view text = "secret") { return secret_bytes::from_text(text); }

result<private_key> read(std::string const& name, std::string_view passphrase = "secret")
{
    return private_key::from_pem(vector("containers/key-" + name + ".pem"), secret(passphrase));
}

private_key plain() { return private_key::from_pem(vector("containers/ec.key.pem")).value(); }

TEST(EncryptedKey, IsReadInTheFormsThatAreSafeToRead)
{
    for(auto const* const name : {"pbes2", "pbes2-aes128-sha512", "pbes2-des3-sha1", "pbes1-des3"}) {
        auto const k = read(name);
        ASSERT_TRUE(k.has_value()) << name << ' ' << k.error();
        EXPECT_EQ(k->public_key(), plain().public_key()) << name;
    }
    EXPECT_EQ(code_of(read("empty-passphrase", "")), errc{});
    // A plain key needs no passphrase, and takes no notice of one.
    EXPECT_EQ(code_of(private_key::from_pem(vector("containers/ec.key.pem"), secret())), errc{});
}

TEST(EncryptedKey, AWrongPassphraseIsABadKey)
{
    for(auto const* const passphrase : {"", "Secret", "secret ", "a passphrase that is longer than the right one"})
        EXPECT_EQ(code_of(read("pbes2", passphrase)), errc::bad_key) << passphrase;
    EXPECT_EQ(code_of(read("empty-passphrase")), errc::bad_key);
    EXPECT_EQ(code_of(private_key::from_pem(vector("containers/key-pbes2.pem"))), errc::unsupported);
    EXPECT_EQ(code_of(private_key::from_pem(vector("containers/key-pbes2.pem"), secret_bytes(5000))),
              errc::invalid_argument);
}

TEST(EncryptedKey, OtherSchemesAreUnsupported)
{
    for(auto const* const name : {"pbes1-md5-des", "pbes1-rc2", "scrypt", "traditional"})
        EXPECT_EQ(code_of(read(name)), errc::unsupported) << name;
}

TEST(ThreatR11, AnIterationCountBeyondTheBoundCostsNothing)
{
    EXPECT_EQ(code_of(read("million-and-one")), errc::too_large);
}

// EncryptedPrivateKeyInfo with a count of our own, as PEM.
bytes with_iterations(bytes_view count)
{
    constexpr asn1::oid pbes2{"1.2.840.113549.1.5.13"};
    constexpr asn1::oid pbkdf2{"1.2.840.113549.1.5.12"};
    constexpr asn1::oid aes{"2.16.840.1.101.3.4.1.42"};
    auto const der = asn1::encode([&](asn1::writer& w) {
        w.sequence([&] {
            w.sequence([&] {
                w.oid(pbes2);
                w.sequence([&] {
                    w.sequence([&] {
                        w.oid(pbkdf2);
                        w.sequence([&] {
                            w.octet_string(bytes(8));
                            w.primitive(asn1::tag::integer, count);
                        });
                    });
                    w.sequence([&] {
                        w.oid(aes);
                        w.octet_string(bytes(16));
                    });
                });
            });
            w.octet_string(bytes(32));
        });
    });
    return to_bytes(as_bytes("-----BEGIN ENCRYPTED PRIVATE KEY-----\n" + to_base64(der) +
                             "\n-----END ENCRYPTED PRIVATE KEY-----\n"));
}

TEST(ThreatR11, OddIterationCountsAreTyped)
{
    auto const code = [](bytes const& count) {
        return code_of(private_key::from_pem(with_iterations(count), secret()));
    };
    EXPECT_EQ(code({0x0f, 0x42, 0x40}), errc::bad_key) << "a million is computed, and the passphrase is wrong";
    EXPECT_EQ(code({0x0f, 0x42, 0x41}), errc::too_large);
    EXPECT_EQ(code({0x7f, 0xff, 0xff, 0xff}), errc::too_large);
    EXPECT_EQ(code(bytes(64, 0x7f)), errc::too_large);
    EXPECT_EQ(code({0}), errc::bad_key);
    EXPECT_EQ(code({0xff}), errc::bad_key) << "minus one";
    EXPECT_EQ(code({}), errc::bad_key);
}

TEST(EncryptedKey, CutAnywhereIsATypedError)
{
    auto const text = std::string(as_text(vector("containers/key-pbes2.pem")));
    auto const begin = text.find('\n') + 1;
    auto const der = from_base64(text.substr(begin, text.find("-----END") - begin)).value();
    for(std::size_t size = 1; size != der.size(); size += 7) {
        auto const pem = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n" + to_base64(bytes_view(der).first(size)) +
                         "\n-----END ENCRYPTED PRIVATE KEY-----\n";
        EXPECT_EQ(code_of(private_key::from_pem(as_bytes(pem), secret())), errc::bad_key) << size;
    }
}

std::string edited(std::string text, std::string_view what, std::string_view by)
{
    for(auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
        text.replace(at, what.size(), by);
    return text;
}

TEST(ThreatR11, PemWithEveryOddityOfFiles)
{
    auto const key = std::string(as_text(vector("containers/ec.key.pem")));
    auto const other = std::string(as_text(vector("containers/rsa.key.pem")));
    auto const read_text = [](std::string const& text) { return private_key::from_pem(as_bytes(text)); };
    auto const is_key = [&](std::string const& text) {
        auto const k = read_text(text);
        return k && k->public_key() == plain().public_key();
    };
    EXPECT_TRUE(is_key(edited(key, "\n", "\r\n")));
    EXPECT_TRUE(is_key(edited(key, "\n", "\r")));
    EXPECT_TRUE(is_key("\xef\xbb\xbf" + key));
    EXPECT_TRUE(is_key("Bag Attributes\n  friendlyName: device\n" + key));
    EXPECT_TRUE(is_key(key + other)) << "the first of two";
    EXPECT_FALSE(is_key(other + key));
    EXPECT_TRUE(is_key("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n" + key))
        << "blocks of other labels are not looked into";
    // Headers of RFC 1421 say that the body is encrypted.
    EXPECT_EQ(code_of(read_text(edited(key, "KEY-----\nM", "KEY-----\nProc-Type: 4,ENCRYPTED\n\nM"))),
              errc::unsupported);
    EXPECT_EQ(code_of(read_text("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n")), errc::bad_pem);
    EXPECT_EQ(code_of(read_text("-----BEGIN PRIVATE KEY-----\n\n\n-----END PRIVATE KEY-----\n" + key)), errc::bad_pem)
        << "an empty block is not passed over for the next";
    EXPECT_EQ(code_of(read_text("-----BEGIN PRIVATE KEY-----\n====\n-----END PRIVATE KEY-----\n")), errc::bad_pem);
    EXPECT_EQ(code_of(read_text("\xff\xfe" + key)), errc::bad_pem);
}

} // namespace
} // namespace scepkit::inline v0::pki
