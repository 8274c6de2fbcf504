// SPDX-License-Identifier: BSL-1.0
#include <scepkit/pki/certificate.hpp>

#include "vectors.hpp"

#include <filesystem>
#include <gtest/gtest.h>
#include <openssl/err.h>

namespace scepkit::inline v0::pki {
namespace {

using test::cert;
using test::code_of;
namespace oids = asn1::oids;

result<certificate> read(std::string const& name)
{
    return certificate::from_der(test::vector("certificates/" + name + ".der"));
}

TEST(Certificate, ReadsEveryField)
{
    auto const c = cert("leaf");
    EXPECT_EQ(c.version(), 3);
    EXPECT_EQ(to_hex(c.serial()), "07");
    EXPECT_EQ(c.subject().to_string(), "CN=device 7,O=Contoso");
    EXPECT_EQ(c.issuer().to_string(), "CN=Issuing CA,O=Contoso");
    EXPECT_EQ(to_iso8601(c.not_before()), "2026-01-01T00:00:00Z");
    EXPECT_EQ(to_iso8601(c.not_after()), "2027-01-01T00:00:00Z");
    EXPECT_EQ(c.key().value(), test::spki("rsa").value());
    EXPECT_TRUE(equal(c.spki(), c.key().value().spki()));
    ASSERT_NE(c.signed_with(), nullptr);
    EXPECT_EQ(*c.signed_with(), (signature_algorithm{signature_scheme::ecdsa, digest_algorithm::sha256}));
    EXPECT_FALSE(c.is_ca());
    EXPECT_FALSE(c.is_self_issued());
    EXPECT_TRUE(c.is_valid_at(test::today()));
    EXPECT_TRUE(c.is_valid_at(c.not_after()));
    EXPECT_FALSE(c.is_valid_at(c.not_after() + std::chrono::seconds(1)));
    EXPECT_FALSE(c.is_valid_at(c.not_before() - std::chrono::seconds(1)));
    EXPECT_TRUE(c.allows(key_usage::key_encipherment));
    EXPECT_FALSE(c.allows(key_usage::key_cert_sign));
    EXPECT_TRUE(c.allows(key_usage::key_cert_sign | key_usage::digital_signature));
    EXPECT_TRUE(c.has_extended_key_usage(oids::client_auth));
    EXPECT_FALSE(c.has_extended_key_usage(oids::server_auth));
    auto const hash = crypto_context::default_context().digest(digest_algorithm::sha256, c.der()).value();
    EXPECT_TRUE(equal(c.sha256(), hash));
}

TEST(Certificate, ReadsTheExtensions)
{
    auto const ca = cert("intermediate");
    auto const root = cert("root");
    auto const& e = ca.extensions();
    ASSERT_TRUE(e.basic_constraints.has_value());
    EXPECT_TRUE(e.basic_constraints->ca);
    EXPECT_EQ(e.basic_constraints->path_length, 0u);
    EXPECT_EQ(e.key_usage, key_usage::key_cert_sign | key_usage::crl_sign);
    ASSERT_TRUE(e.subject_key_id && e.authority_key_id);
    EXPECT_EQ(*e.authority_key_id, *root.extensions().subject_key_id);
    EXPECT_EQ(*e.subject_key_id, key_identifier(ca.key().value()).value());
    EXPECT_TRUE(e.unknown_critical.empty());
    EXPECT_EQ(e.all.size(), 4u);
    ASSERT_NE(e.find(oids::key_usage), nullptr);
    EXPECT_TRUE(e.find(oids::key_usage)->critical);
    EXPECT_EQ(e.find(oids::subject_alt_name), nullptr);
}

TEST(Certificate, ReadsTheOlderVersions)
{
    EXPECT_EQ(cert("v1").version(), 1);
    EXPECT_TRUE(cert("v1").extensions().all.empty());
    EXPECT_TRUE(cert("v1").allows(key_usage::key_cert_sign)) << "no key usage forbids nothing";
    EXPECT_EQ(cert("v2-unique-id").version(), 2);
    for(auto const* const name : {"v1-with-extensions", "v1-written-out", "v4"})
        EXPECT_EQ(code_of(read(name)), errc::bad_certificate) << name;
}

TEST(Certificate, ReadsDatesAfter2049)
{
    EXPECT_EQ(to_iso8601(cert("leaf-generalized-time").not_after()), "2060-06-01T00:00:00Z");
}

TEST(ThreatR8, BadDatesAreRefused)
{
    for(auto const* const name :
        {"date-no-seconds", "date-offset", "date-month-13", "date-february-30", "date-fraction"})
        EXPECT_EQ(code_of(read(name)), errc::bad_certificate) << name;
    auto const reversed = cert("dates-reversed");
    EXPECT_FALSE(reversed.is_valid_at(test::today())) << "readable, and valid never";
}

TEST(ThreatR8, OddCertificatesGetOneVerdictEach)
{
    EXPECT_EQ(to_hex(cert("negative-serial").serial()), "80");
    EXPECT_EQ(code_of(read("padded-serial")), errc::bad_certificate);
    EXPECT_EQ(code_of(read("other-inner-algorithm")), errc::bad_certificate);
    EXPECT_EQ(code_of(read("doubled-extension")), errc::bad_certificate);
    EXPECT_EQ(code_of(read("broken-extension")), errc::bad_certificate);
    EXPECT_EQ(code_of(read("ip-of-five-bytes")), errc::bad_certificate);
    EXPECT_EQ(code_of(read("sid-that-is-none")), errc::bad_certificate);
    EXPECT_EQ(code_of(read("default-written-out")), errc{});
    auto const critical = cert("leaf-unknown-critical");
    ASSERT_EQ(critical.extensions().unknown_critical.size(), 1u);
    EXPECT_EQ(critical.extensions().unknown_critical[0], (asn1::oid{"1.2.3.4.5"}));
    EXPECT_EQ(cert("intermediate-name-constraints").extensions().unknown_critical.size(), 1u)
        << "name constraints are not processed, so they count as not understood";
}

TEST(ThreatR7, AKeyBombIsReadableAndItsKeyUnusable)
{
    auto const c = cert("key-bomb");
    EXPECT_EQ(code_of(c.key()), errc::key_not_allowed);
    EXPECT_TRUE(c.key().error().details().offset.has_value());
    EXPECT_FALSE(c.is_issued_by(c));
}

TEST(Certificate, ReadsTheSidExtension) { EXPECT_EQ(cert("sid").extensions().sid, "S-1-5-21-1-2-3-1104"); }

TEST(Certificate, AnUnknownAlgorithmIsNoReasonNotToRead)
{
    auto const c = cert("unknown-algorithm");
    EXPECT_EQ(c.signed_with(), nullptr);
    EXPECT_EQ(to_hex(c.signature_algorithm_der()), "300506032a0304");
    EXPECT_EQ(code_of(c.verify_signature(c.key().value())), errc::algorithm_not_allowed);
}

TEST(Certificate, VerifiesSignaturesOfEveryKind)
{
    EXPECT_TRUE(cert("leaf").is_issued_by(cert("intermediate")));
    EXPECT_TRUE(cert("leaf-ec").is_issued_by(cert("intermediate")));
    EXPECT_TRUE(cert("root").is_issued_by(cert("root")));
    EXPECT_TRUE(cert("v1").is_issued_by(cert("v1")));
    EXPECT_TRUE(cert("pss").is_issued_by(cert("pss")));
    EXPECT_EQ(code_of(cert("leaf-signed-by-rsa").verify_signature(test::spki("rsa").value())), errc{});
    EXPECT_EQ(code_of(cert("leaf-signed-by-rsa").verify_signature(test::spki("p256").value())),
              errc::algorithm_not_allowed);
    EXPECT_EQ(code_of(cert("pss-other-salt").verify_signature(test::spki("rsa").value())), errc::signature_invalid);
    EXPECT_EQ(code_of(cert("leaf").verify_signature(cert("root").key().value())), errc::signature_invalid);
}

TEST(Certificate, IsIssuedByNameKeyIdAndSignatureTogether)
{
    EXPECT_FALSE(cert("leaf").is_issued_by(cert("root"))) << "another name";
    EXPECT_FALSE(cert("leaf").is_issued_by(cert("intermediate-other-key"))) << "the right name, another key";
    EXPECT_TRUE(cert("leaf-without-key-id").is_issued_by(cert("intermediate")));
}

TEST(Certificate, ReadsPem)
{
    auto const leaf = cert("leaf");
    auto const root = cert("root");
    auto const text = "subject=/CN=x\r\n" + leaf.to_pem() + "\nmore text\n" + root.to_pem();
    EXPECT_EQ(certificate::from_pem(as_bytes(text)).value(), leaf);
    EXPECT_EQ(certificate::all_from_pem(as_bytes(text)).value(), (std::vector{leaf, root}));
    EXPECT_EQ(certificate::from_pem(as_bytes("\xef\xbb\xbf" + leaf.to_pem())).value(), leaf);
    std::string crlf;
    for(auto const c : leaf.to_pem())
        crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
    EXPECT_EQ(certificate::from_pem(as_bytes(crlf)).value(), leaf);
    std::string cr = leaf.to_pem();
    std::ranges::replace(cr, '\n', '\r');
    EXPECT_EQ(certificate::from_pem(as_bytes(cr)).value(), leaf);
    // A key in the same file is not taken for a certificate.
    auto const key = scepkit::test::read_text(scepkit::test::vector_path("pki/keys/p256-sec1.pem"));
    EXPECT_EQ(certificate::all_from_pem(as_bytes(key + leaf.to_pem())).value().size(), 1u);
}

TEST(Certificate, SaysWhatIsWrongWithPem)
{
    auto const pem = cert("leaf").to_pem();
    auto const all = [](std::string_view text) { return certificate::all_from_pem(as_bytes(text)); };
    EXPECT_EQ(code_of(all("")), errc::bad_pem);
    EXPECT_EQ(code_of(all("nothing here")), errc::bad_pem);
    EXPECT_EQ(code_of(all(pem.substr(0, pem.size() / 2))), errc::bad_pem);
    EXPECT_EQ(code_of(all(pem.substr(0, 100) + pem)), errc::bad_pem);
    EXPECT_EQ(code_of(all("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n")), errc::bad_pem);
    EXPECT_EQ(code_of(all("-----BEGIN CERTIFICATE-----\nMAA=\n-----END X-----\n")), errc::bad_pem);
    EXPECT_EQ(code_of(all(std::string_view("\xff\xfe-\0-\0", 6))), errc::bad_pem);
    auto const broken = all(pem + "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n");
    EXPECT_EQ(code_of(broken), errc::bad_certificate);
    EXPECT_EQ(broken.error().details().index, 1u);
    EXPECT_TRUE(broken.error().details().line.has_value());
    EXPECT_EQ(code_of(all(std::string(3u << 20, '\n'))), errc::too_large);
}

TEST(Certificate, CutAtEveryByteIsATypedError)
{
    for(auto const* const name : {"leaf", "v1", "name-strings", "pss"}) {
        auto const der = test::vector(std::string("certificates/") + name + ".der");
        for(std::size_t size = 0; size != der.size(); ++size)
            ASSERT_EQ(code_of(certificate::from_der(bytes_view(der).first(size))), errc::bad_certificate)
                << name << " cut at " << size;
        auto longer = der;
        longer.push_back(0);
        EXPECT_EQ(code_of(certificate::from_der(longer)), errc::bad_certificate);
    }
}

TEST(Certificate, AnyFlippedBitIsRefusedOrShows)
{
    auto const der = test::vector("certificates/leaf.der");
    auto const issuer = cert("intermediate");
    std::size_t readable = 0;
    for(std::size_t bit = 0; bit < der.size() * 8; bit += 3) {
        auto changed = der;
        changed[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
        auto const c = certificate::from_der(changed);
        if(!c)
            continue;
        ++readable;
        EXPECT_FALSE(c->is_issued_by(issuer)) << "bit " << bit;
    }
    EXPECT_GT(readable, 100u);
    EXPECT_EQ(ERR_peek_error(), 0u);
}

TEST(Certificate, BoundsItsSizeAndCounts)
{
    auto const der = test::vector("certificates/leaf.der");
    EXPECT_EQ(code_of(certificate::from_der(der, {.message_size = der.size() - 1})), errc::too_large);
    EXPECT_EQ(code_of(certificate::from_der(der, {.extensions = 3})), errc::too_many);
    EXPECT_EQ(code_of(certificate::from_der(der, {.name_parts = 1})), errc::too_many);
    EXPECT_EQ(code_of(certificate::from_der(der, {.nesting = 3})), errc::nested_too_deep);
}

TEST(Certificate, StaysWhatItIsInEveryCopy)
{
    std::optional<certificate> first = cert("leaf");
    certificate const copy = *first;
    first.reset();
    EXPECT_EQ(copy, cert("leaf"));
    EXPECT_NE(copy, cert("root"));
}

TEST(MakeCertificate, IsReadBackAndVerifies)
{
    auto const key = test::key("rsa-pkcs8");
    auto const id = key_identifier(key.public_key()).value();
    certificate_template content{.subject = name::parse("CN=Test CA,O=Contoso").value(),
                                 .not_before = from_iso8601("2026-01-01T00:00:00Z").value(),
                                 .not_after = from_iso8601("2055-01-01T00:00:00Z").value(),
                                 .serial = {0x80, 0x01},
                                 .extensions = {make_basic_constraints({.ca = true, .path_length = 1}),
                                                make_key_usage(key_usage::key_cert_sign | key_usage::digital_signature),
                                                make_subject_key_id(id), make_authority_key_id(id),
                                                make_extended_key_usage({oids::server_auth, oids::client_auth}),
                                                make_sid("S-1-5-21-1-2-3-4").value()}};
    auto const ca = make_certificate(content, key.public_key(), content.subject, key).value();
    EXPECT_EQ(ca.version(), 3);
    EXPECT_EQ(to_hex(ca.serial()), "008001");
    EXPECT_TRUE(ca.is_ca());
    EXPECT_EQ(ca.extensions().basic_constraints->path_length, 1u);
    EXPECT_EQ(ca.extensions().sid, "S-1-5-21-1-2-3-4");
    EXPECT_EQ(to_iso8601(ca.not_after()), "2055-01-01T00:00:00Z");
    EXPECT_TRUE(ca.is_issued_by(ca));
    EXPECT_TRUE(ca.has_extended_key_usage(oids::server_auth));

    content.extensions.clear();
    content.digest = digest_algorithm::sha384;
    auto const device = test::key("p384-pkcs8");
    auto const leaf = make_certificate(content, device.public_key(), ca.subject(), key).value();
    EXPECT_EQ(leaf.version(), 1);
    EXPECT_EQ(leaf.key().value(), device.public_key());
    EXPECT_EQ(leaf.signed_with()->digest, digest_algorithm::sha384);
    EXPECT_TRUE(leaf.is_issued_by(ca));
}

TEST(MakeCertificate, RefusesSerialsAndDatesThatRfc5280Forbids)
{
    auto const key = test::key("p256-sec1");
    certificate_template content{.subject = name::parse("CN=x").value(),
                                 .not_before = test::today(),
                                 .not_after = test::today() + std::chrono::hours(1)};
    auto const make = [&](bytes serial) {
        content.serial = std::move(serial);
        return code_of(make_certificate(content, key.public_key(), content.subject, key));
    };
    EXPECT_EQ(make({}), errc::invalid_argument);
    EXPECT_EQ(make({0, 0}), errc::invalid_argument);
    EXPECT_EQ(make(bytes(21, 1)), errc::invalid_argument);
    EXPECT_EQ(make(bytes(20, 0x80)), errc::invalid_argument);
    EXPECT_EQ(key.operations().signatures, 0u);
    EXPECT_EQ(make(bytes(20, 0x7f)), errc{});
    std::swap(content.not_before, content.not_after);
    EXPECT_EQ(make({1}), errc::invalid_argument);
}

} // namespace
} // namespace scepkit::inline v0::pki
