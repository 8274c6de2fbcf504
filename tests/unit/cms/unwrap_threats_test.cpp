// SPDX-License-Identifier: BSL-1.0
// Wrapped keys and passwords: the shapes that have broken other implementations, each by name, and the bounds on work.
#include "people.hpp"

#include <algorithm>

using namespace scepkit;
using namespace scepkit::cms;
using namespace scepkit::cms::test;

namespace {

der_node integer(std::int64_t value)
{
    return der_node::parse(asn1::encode([&](asn1::writer& w) { w.integer(value); }));
}

der_node algorithm(char const* id, std::optional<der_node> parameters = {})
{
    der_node found{.tag = 0x30, .content = {}, .children = {primitive(0x06, asn1::oid::from_dotted(id)->content())}};
    if(parameters)
        found.children.push_back(std::move(*parameters));
    return found;
}

der_node const null = primitive(0x05, {});

der_node& entry_of(der_node& message) { return recipients_of(message)[0]; }

/// OpenSSL's password vector after a change of its one entry.
bytes password_with(std::function<void(der_node&)> const& change)
{
    return with("enveloped_password.der", [&](der_node& m) { change(entry_of(m)); });
}
errc opens(bytes_view message, std::uint32_t most = 1'000'000)
{
    return code_of(open_with(std::string_view("secret"), message, everything(), most));
}
/// PBKDF2-params of the vector.
der_node& derivation(der_node& entry) { return entry[1][1]; }

/// OpenSSL's key agreement vector after a change of its one entry.
bytes agreement_with(std::function<void(der_node&)> const& change)
{
    return with("enveloped_agreement.der", [&](der_node& m) { change(entry_of(m)); });
}
der_node& originator_key(der_node& entry) { return entry[1][0]; }
der_node& wrapped_key(der_node& entry) { return entry.children.back()[0][1]; }

} // namespace

TEST(ThreatD5, PasswordsNeedTheirLeniency)
{
    auto const message = vector("enveloped_password.der");
    EXPECT_EQ(opens(message), errc{});
    EXPECT_EQ(code_of(open_with(std::string_view("secret"), message, {quirk::password_recipient})), errc{});
    EXPECT_EQ(code_of(open_with(std::string_view("secret"), message, {})), errc::algorithm_not_allowed);
    EXPECT_EQ(code_of(open_with(std::string_view("secret"), message, everything_but(quirk::password_recipient))),
              errc::algorithm_not_allowed);
    EXPECT_EQ(code_of(open_with(std::string_view(), message, everything())), errc::invalid_argument);
    // Beside other kinds, and more than one: refused before anything is derived.
    EXPECT_EQ(opens(vector("enveloped_password_beside.der")), errc::recipient_unsupported);
    EXPECT_EQ(opens(vector("enveloped_aes128.der")), errc::recipient_unsupported);
    EXPECT_EQ(opens(with("enveloped_password.der",
                         [](der_node& m) {
                             auto& all = recipients_of(m).children;
                             all.push_back(der_node(all.front()));
                         })),
              errc::several_recipients);
}

TEST(ThreatD5, AnIterationBombIsRefusedWithoutWork)
{
    // The largest of these would take an hour; that this test ends is what it shows.
    for(std::int64_t iterations : {std::int64_t{1'000'001}, std::int64_t{1} << 31, (std::int64_t{1} << 32) - 1,
                                   std::int64_t{1} << 32, (std::int64_t{1} << 32) + 1, std::int64_t{1} << 62,
                                   std::int64_t{0}, std::int64_t{-1}, -(std::int64_t{1} << 62)})
        EXPECT_EQ(opens(password_with([&](der_node& e) { derivation(e)[1] = integer(iterations); })),
                  errc::algorithm_not_allowed)
            << iterations;
    EXPECT_NE(opens(password_with([&](der_node& e) { derivation(e)[1] = primitive(0x02, bytes(20, 0x7f)); })), errc{});
    // The bound is the caller's; at the bound there is work.
    EXPECT_EQ(opens(vector("enveloped_password.der"), 2048), errc{});
    EXPECT_EQ(opens(vector("enveloped_password.der"), 2047), errc::algorithm_not_allowed);
    EXPECT_EQ(opens(vector("enveloped_password.der"), 0), errc::algorithm_not_allowed);
}

TEST(ThreatD5, ASaltHasABound)
{
    for(std::size_t size : {0u, 1u, 1024u})
        EXPECT_EQ(opens(password_with([&](der_node& e) { derivation(e)[0].content.assign(size, 7); })),
                  errc::decryption_failed)
            << size;
    for(std::size_t size : {1025u, 65536u, 1u << 20})
        EXPECT_EQ(opens(password_with([&](der_node& e) { derivation(e)[0].content.assign(size, 7); })),
                  errc::algorithm_not_allowed)
            << size;
}

TEST(ThreatD5, DerivationsOutsideTheListAreRefused)
{
    // No derivation at all (upstream's missing-kdf): the key-encryption key is to come from nowhere.
    EXPECT_EQ(opens(password_with([](der_node& e) { e.children.erase(e.children.begin() + 1); })),
              errc::algorithm_not_allowed);
    char const* const derivations[] = {
        "1.2.840.113549.1.5.13",     // PBES2
        "1.2.840.113549.1.5.3",      // PBE with MD5 and DES
        "1.2.840.113549.1.12.1.3",   // PKCS #12, 3DES
        "1.3.6.1.4.1.11591.4.11",    // scrypt
        "1.2.840.113549.1.9.16.3.28" // HKDF
    };
    for(auto const* id : derivations)
        EXPECT_EQ(opens(password_with(
                      [&](der_node& e) { e[1][0].content = to_bytes(asn1::oid::from_dotted(id)->content()); })),
                  errc::algorithm_not_allowed)
            << id;
    // Parameters missing, of another type, with another kind of salt, with something behind.
    EXPECT_EQ(opens(password_with([](der_node& e) { e[1].children.pop_back(); })), errc::algorithm_not_allowed);
    EXPECT_EQ(opens(password_with([](der_node& e) { e[1][1] = null; })), errc::algorithm_not_allowed);
    EXPECT_EQ(opens(password_with([](der_node& e) { derivation(e)[0] = algorithm("1.2.3"); })),
              errc::algorithm_not_allowed);
    EXPECT_EQ(opens(password_with([](der_node& e) { derivation(e).children.push_back(null); })),
              errc::algorithm_not_allowed);
    EXPECT_EQ(opens(password_with([](der_node& e) { derivation(e).children.clear(); })), errc::algorithm_not_allowed);
    char const* const prfs[] = {
        "1.2.840.113549.2.6",      // HMAC-MD5
        "1.2.840.113549.2.8",      // HMAC-SHA-224
        "1.2.840.113549.2.12",     // HMAC-SHA-512/224
        "2.16.840.1.101.3.4.2.13", // HMAC-SHA3
        "1.2.643.7.1.1.4.1",       // HMAC of GOST
        "2.16.840.1.101.3.4.2.1",  // SHA-256 itself
    };
    for(auto const* id : prfs)
        EXPECT_EQ(opens(password_with([&](der_node& e) { derivation(e).children.push_back(algorithm(id, null)); })),
                  errc::algorithm_not_allowed)
            << id;
}

TEST(ThreatD5, TheDerivationMayBeSpelledOut)
{
    // Of a key of the cipher's size, with the digest that is meant where none is named.
    EXPECT_EQ(opens(password_with([](der_node& e) { derivation(e).children.push_back(integer(16)); })), errc{});
    for(std::int64_t size : {0, 8, 15, 24, 32, 1 << 20, -16})
        EXPECT_EQ(opens(password_with([&](der_node& e) { derivation(e).children.push_back(integer(size)); })),
                  errc::algorithm_not_allowed)
            << size;
    EXPECT_EQ(opens(password_with(
                  [](der_node& e) { derivation(e).children.push_back(algorithm("1.2.840.113549.2.7", null)); })),
              errc{});
    EXPECT_EQ(
        opens(password_with([](der_node& e) { derivation(e).children.push_back(algorithm("1.2.840.113549.2.7")); })),
        errc{});
    EXPECT_EQ(opens(password_with(
                  [](der_node& e) { derivation(e).children.push_back(algorithm("1.2.840.113549.2.9", null)); })),
              errc::decryption_failed);
}

TEST(ThreatD5, WrapsAndCiphersOutsideTheListAreRefused)
{
    char const* const ciphers[] = {
        "2.16.840.1.101.3.4.1.1",    // AES-128-ECB
        "2.16.840.1.101.3.4.1.3",    // AES-128-OFB
        "2.16.840.1.101.3.4.1.4",    // AES-128-CFB (upstream's PoC of a block size of one)
        "2.16.840.1.101.3.4.1.6",    // AES-128-GCM
        "2.16.840.1.101.3.4.1.5",    // AES-128 key wrap
        "1.3.14.3.2.7",              // DES-CBC
        "1.2.840.113549.3.2",        // RC2-CBC
        "1.2.840.113549.3.4",        // RC4
        "1.2.392.200011.61.1.1.1.2", // Camellia-128-CBC
    };
    for(auto const* id : ciphers)
        for(std::size_t iv : {0u, 8u, 12u, 16u})
            EXPECT_EQ(opens(password_with([&](der_node& e) { e[2][1] = algorithm(id, primitive(0x04, bytes(iv))); })),
                      errc::algorithm_not_allowed)
                << id << " " << iv;
    for(std::size_t iv : {0u, 1u, 8u, 15u, 17u, 4096u})
        EXPECT_EQ(opens(password_with([&](der_node& e) { e[2][1][1].content.assign(iv, 1); })),
                  errc::algorithm_not_allowed)
            << iv;
    EXPECT_EQ(opens(password_with([](der_node& e) { e[2][1].children.pop_back(); })), errc::algorithm_not_allowed);
    EXPECT_EQ(opens(password_with([](der_node& e) { e[2].children.pop_back(); })), errc::algorithm_not_allowed);
    EXPECT_EQ(opens(password_with([](der_node& e) { e[2][1] = null; })), errc::algorithm_not_allowed);
    // The password's key used directly, without the wrap of RFC 3211.
    EXPECT_EQ(opens(password_with([](der_node& e) { e[2] = e[2][1]; })), errc::algorithm_not_allowed);
}

TEST(ThreatD5, PasswordWrapsOfEveryLengthFailAlike)
{
    auto const text =
        open_with(std::string_view("wrong"), vector("enveloped_password.der"), everything()).error().to_string();
    for(std::size_t size = 0; size <= 300; ++size) {
        auto const message = password_with([&](der_node& e) {
            derivation(e)[1] = integer(1);
            e[3].content.assign(size, 0x5c);
        });
        auto const got = open_with(std::string_view("secret"), message, everything());
        ASSERT_EQ(code_of(got), errc::decryption_failed) << size;
        ASSERT_EQ(got.error().to_string(), text) << size;
    }
    // Every bit of the wrapped key, the IV and the salt.
    for(std::size_t i = 0; i != 32; ++i)
        for(unsigned part = 0; part != 3; ++part) {
            auto const message = password_with([&](der_node& e) {
                auto& where = part == 0 ? e[3].content : part == 1 ? e[2][1][1].content : derivation(e)[0].content;
                where[i % where.size()] ^= static_cast<std::uint8_t>(1u << (i % 8));
            });
            auto const got = open_with(std::string_view("secret"), message, everything());
            ASSERT_EQ(code_of(got), errc::decryption_failed);
            ASSERT_EQ(got.error().to_string(), text);
        }
    // A cipher whose key has another size than the one inside.
    EXPECT_EQ(
        opens(with("enveloped_password.der",
                   [](der_node& m) { content_info_of(m)[1][0].content = to_bytes(asn1::oids::aes192_cbc.content()); })),
        errc::decryption_failed);
}

TEST(ThreatD5, WrappedKeysOfEveryLengthFailAlike)
{
    counted key("ec");
    std::vector<std::string> texts;
    auto const refuse = [&](bytes const& message) {
        auto const parsed = enveloped_data::parse(message, everything());
        ASSERT_TRUE(parsed) << parsed.error();
        auto const got = cms::open(*parsed, key.who.certificate, *key.decrypter, everything());
        ASSERT_EQ(code_of(got), errc::decryption_failed);
        texts.push_back(got.error().to_string());
    };
    // 8 bytes and less is upstream's heap overread.
    for(std::size_t size = 0; size <= 100; ++size)
        refuse(agreement_with([&](der_node& e) { wrapped_key(e).content.assign(size, 0x11); }));
    for(std::size_t i = 0; i != 24; ++i)
        refuse(agreement_with([&](der_node& e) { wrapped_key(e).content[i] ^= 0x20; }));
    refuse(agreement_with([](der_node& e) { wrapped_key(e).content.assign(1u << 20, 0); }));
    // Another wrap, another digest and another ukm give another key-encryption key.
    refuse(agreement_with([](der_node& e) { e[2][1] = algorithm("2.16.840.1.101.3.4.1.45"); }));
    refuse(agreement_with([](der_node& e) { e[2][1] = algorithm("1.2.840.113549.1.9.16.3.6", null); }));
    refuse(agreement_with(
        [](der_node& e) { e[2][0].content = to_bytes(asn1::oid::from_dotted("1.3.132.1.11.1")->content()); }));
    refuse(agreement_with([](der_node& e) {
        der_node const ukm{.tag = 0xa1, .content = {}, .children = {primitive(0x04, bytes{1})}};
        e.children.insert(e.children.begin() + 2, ukm);
    }));
    // A point that is not on the curve.
    refuse(agreement_with([](der_node& e) { originator_key(e)[1].content.back() ^= 1; }));
    ASSERT_GT(texts.size(), 100u);
    EXPECT_EQ(std::ranges::count(texts, texts.front()), static_cast<std::ptrdiff_t>(texts.size()));
}

TEST(ThreatD5, AgreementsOutsideTheListCostNoOperation)
{
    counted key("ec");
    auto const refused = [&](std::function<void(der_node&)> const& change) {
        EXPECT_EQ(key.open(agreement_with(change)), errc::algorithm_not_allowed);
    };
    char const* const schemes[] = {
        "1.3.132.1.11.0",             // stdDH, SHA-224
        "1.3.133.16.840.63.0.16",     // MQV, SHA-1
        "1.3.132.1.15.1",             // MQV, SHA-256
        "1.2.840.113549.1.9.16.3.5",  // ESDH, finite fields
        "1.2.840.113549.1.9.16.3.19", // HKDF scheme
        "1.2.840.10045.2.1",          // a key, not a scheme
    };
    for(auto const* id : schemes)
        refused([&](der_node& e) { e[2][0].content = to_bytes(asn1::oid::from_dotted(id)->content()); });
    char const* const wraps[] = {
        "2.16.840.1.101.3.4.1.8",    // AES-128 wrap with padding
        "2.16.840.1.101.3.4.1.2",    // AES-128-CBC
        "2.16.840.1.101.3.4.1.6",    // AES-128-GCM
        "1.2.840.113549.1.9.16.3.7", // RC2 wrap
        "1.2.392.200011.61.1.1.3.2", // Camellia wrap
    };
    for(auto const* id : wraps)
        refused([&](der_node& e) { e[2][1] = algorithm(id); });
    // Upstream's ecdh-malformed: no wrap, or something else where it belongs.
    refused([](der_node& e) { e[2].children.pop_back(); });
    refused([](der_node& e) { e[2][1] = null; });
    refused([](der_node& e) { e[2][1] = primitive(0x04, bytes{1, 2, 3}); });
    refused([](der_node& e) { e[2][1] = algorithm("2.16.840.1.101.3.4.1.5", integer(1)); });
    refused([](der_node& e) { e[2].children.push_back(null); });
    // Originators that are certificates, and keys of other kinds and curves.
    refused([](der_node& e) { e[1][0] = primitive(0x80, bytes(20, 3)); });
    refused([](der_node& e) { e[1][0] = e.children.back()[0][0]; });
    refused([](der_node& e) { originator_key(e)[0] = algorithm("1.2.840.113549.1.1.1", null); });
    refused([](der_node& e) { originator_key(e)[0] = algorithm("1.2.840.10046.2.1"); });
    refused([](der_node& e) { originator_key(e)[0] = algorithm("1.3.101.110"); });
    auto const curve = [](char const* id) { return primitive(0x06, asn1::oid::from_dotted(id)->content()); };
    refused([&](der_node& e) { originator_key(e)[0].children.push_back(curve("1.3.132.0.34")); });
    refused([&](der_node& e) { originator_key(e)[0].children.push_back(curve("1.3.132.0.10")); });
    refused([](der_node& e) { originator_key(e)[0].children.push_back({.tag = 0x30, .content = {}, .children = {}}); });
    // Points: none, infinity, compressed, hybrid, cut, of a larger curve.
    for(bytes const& point : {bytes{0}, bytes{0, 0}, bytes{0, 4}})
        refused([&](der_node& e) { originator_key(e)[1].content = point; });
    refused([](der_node& e) {
        auto& p = originator_key(e)[1].content;
        p.resize(34);
        p[1] = 2;
    });
    refused([](der_node& e) { originator_key(e)[1].content[1] = 6; });
    refused([](der_node& e) { originator_key(e)[1].content.pop_back(); });
    refused([](der_node& e) { originator_key(e)[1].content.resize(98, 1); });
    EXPECT_EQ(key.decryptions(), 0u);
}

TEST(ThreatD5, EntriesOfTheWrongShapeAreErrorsOfTheReader)
{
    counted key("ec");
    auto const reads = [](bytes_view message) { return code_of(enveloped_data::parse(message, everything())); };
    EXPECT_EQ(reads(agreement_with([](der_node& e) { e[0].content = {4}; })), errc::bad_value);
    EXPECT_EQ(reads(agreement_with([](der_node& e) { e.children.clear(); })), errc::truncated);
    EXPECT_EQ(reads(agreement_with([](der_node& e) { e[1].children.clear(); })), errc::truncated);
    EXPECT_EQ(reads(agreement_with([](der_node& e) { originator_key(e).children.clear(); })), errc::truncated);
    EXPECT_EQ(reads(agreement_with([](der_node& e) { originator_key(e)[1] = null; })), errc::unexpected_tag);
    EXPECT_EQ(reads(agreement_with([](der_node& e) { e.children.back().children.clear(); })), errc::no_recipient);
    EXPECT_EQ(reads(agreement_with([](der_node& e) { e.children.back()[0].children.pop_back(); })), errc::truncated);
    EXPECT_EQ(reads(agreement_with([](der_node& e) { e.children.push_back(null); })), errc::trailing_data);
    EXPECT_EQ(reads(password_with([](der_node& e) { e[0].content = {1}; })), errc::bad_value);
    EXPECT_EQ(reads(password_with([](der_node& e) { e.children.pop_back(); })), errc::truncated);
    EXPECT_EQ(reads(password_with([](der_node& e) { e[2].children.clear(); })), errc{});
    EXPECT_EQ(reads(password_with([](der_node& e) { e[2] = null; })), errc::unexpected_tag);
    EXPECT_EQ(key.decryptions(), 0u);
}

TEST(ThreatD5, MalformedOaepParametersAreRefused)
{
    // Upstream's NULL dereference on a missing pSourceFunc, and its neighbours.
    counted key;
    auto const oaep = [&](std::function<void(der_node&)> const& change) {
        return key.open(with("enveloped_oaep_sha256.der", [&](der_node& m) { change(entry_of(m)[2]); }));
    };
    der_node const empty{.tag = 0x30, .content = {}, .children = {}};
    auto const source = [](std::vector<der_node> inside) {
        return der_node{.tag = 0xa2, .content = {}, .children = std::move(inside)};
    };
    EXPECT_EQ(oaep([](der_node&) {}), errc{});
    for(auto const& s :
        {source({}), source({empty}), source({null}), source({algorithm("1.2.840.113549.1.1.9")}),
         source({algorithm("1.2.840.113549.1.1.9", null)}), source({algorithm("1.2.3", primitive(4, {}))})})
        EXPECT_EQ(oaep([&](der_node& a) { a[1].children.push_back(s); }), errc::algorithm_not_allowed);
    EXPECT_EQ(oaep([](der_node& a) { a[1][1][0].children.pop_back(); }), errc::algorithm_not_allowed);
    EXPECT_EQ(oaep([](der_node& a) { a[1][1].children.clear(); }), errc::algorithm_not_allowed);
    EXPECT_EQ(oaep([](der_node& a) { a[1][0].children.clear(); }), errc::algorithm_not_allowed);
    EXPECT_EQ(oaep([](der_node& a) { a[1] = null; }), errc::algorithm_not_allowed);
    EXPECT_EQ(oaep([&](der_node& a) {
                  a[1].children.push_back(source({algorithm("1.2.840.113549.1.1.9", primitive(0x04, {}))}));
              }),
              errc{});
    EXPECT_EQ(key.decryptions(), 2u);
}

TEST(ThreatD5, CapsulesAreReadEverywhereAndOpenedWhereTheyCanBe)
{
    // The shape of RFC 9629 with an RSA key's name in it: read by every build, and no entry of an RSA key.
    auto const capsule = [](char const* kem, char const* kdf, std::int64_t kek_size, char const* wrap) {
        auto tree = der_node::parse(vector("enveloped_aes128.der"));
        auto const name = recipients_of(tree)[0][1];
        der_node const info{.tag = 0x30,
                            .content = {},
                            .children = {integer(0), name, algorithm(kem), primitive(0x04, bytes(768)), algorithm(kdf),
                                         integer(kek_size), algorithm(wrap), primitive(0x04, bytes(24))}};
        auto const ori_kem = asn1::oid::from_dotted("1.2.840.113549.1.9.16.13.3").value();
        recipients_of(tree).children = {
            {.tag = 0xa4, .content = {}, .children = {primitive(0x06, ori_kem.content()), info}}};
        return tree.encode();
    };
    auto const read = [](bytes const& message) { return enveloped_data::parse(message, {}).value().recipients()[0]; };
    auto const* const ml_kem_512 = "2.16.840.1.101.3.4.4.1";
    auto const* const hkdf_sha256 = "1.2.840.113549.1.9.16.3.28";
    auto const* const aes128_wrap = "2.16.840.1.101.3.4.1.5";
    auto const known = read(capsule(ml_kem_512, hkdf_sha256, 16, aes128_wrap));
    EXPECT_EQ(known.type, recipient::kind::kem);
    ASSERT_TRUE(known.kem);
    EXPECT_EQ(known.kem->kem, pki::key_kind::ml_kem_512);
    EXPECT_TRUE(known.identifier.names(rsa().certificate));
    // Outside the list: another KEM, derivation or wrap, and a length that is not the wrap's.
    EXPECT_FALSE(read(capsule("1.2.840.113549.1.9.16.3.14", hkdf_sha256, 16, aes128_wrap)).kem);
    EXPECT_FALSE(read(capsule(ml_kem_512, "1.2.840.113549.1.9.16.3.29", 16, aes128_wrap)).kem);
    EXPECT_FALSE(read(capsule(ml_kem_512, hkdf_sha256, 16, "1.2.840.113549.1.9.16.3.6")).kem);
    for(std::int64_t size : {-1, 0, 15, 17, 32, 65535, 65536})
        EXPECT_FALSE(read(capsule(ml_kem_512, hkdf_sha256, size, aes128_wrap)).kem) << size;
    counted key;
    EXPECT_EQ(key.open(capsule(ml_kem_512, hkdf_sha256, 16, aes128_wrap)), errc::recipient_unsupported);
    EXPECT_EQ(key.decryptions(), 0u);
}
