// SPDX-License-Identifier: BSL-1.0
#include <scepkit/pki/request.hpp>

#include "vectors.hpp"

#include <gtest/gtest.h>
#include <support/process.hpp>

namespace scepkit::inline v0::pki {
namespace {

using test::code_of;
using test::csr;
namespace oids = asn1::oids;

result<certificate_request> read(std::string const& name)
{
    return certificate_request::from_der(test::vector("requests/" + name + ".der"));
}

std::string challenge_of(certificate_request const& r)
{
    return r.challenge_password() == nullptr ? "(none)" : std::string(as_text(r.challenge_password()->view()));
}

TEST(CertificateRequest, ReadsWhatOpensslWrote)
{
    for(auto const* const name : {"openssl-everything", "openssl-everything-ec"}) {
        auto const r = csr(name);
        EXPECT_EQ(r.subject().first(oids::common_name), "device 7");
        EXPECT_EQ(challenge_of(r), "0123456789ABCDEF");
        EXPECT_EQ(r.extensions().key_usage, key_usage::digital_signature | key_usage::key_encipherment);
        EXPECT_EQ(r.extensions().extended_key_usage->size(), 2u);
        EXPECT_EQ(code_of(r.verify()), errc{});
    }
    EXPECT_EQ(csr("openssl-everything").key().value(), test::spki("rsa").value());
    EXPECT_EQ(csr("openssl-everything-ec").key().value(), test::spki("p256").value());
}

TEST(CertificateRequest, ReadsAChallengeOfEveryStringType)
{
    EXPECT_EQ(challenge_of(csr("challenge-printable")), "Secret 123");
    EXPECT_EQ(csr("challenge-printable").challenge_type(), asn1::tag::printable_string);
    EXPECT_EQ(challenge_of(csr("challenge-utf8")), "gehöim");
    EXPECT_EQ(csr("challenge-utf8").challenge_type(), asn1::tag::utf8_string);
    EXPECT_EQ(challenge_of(csr("challenge-bmp")), "gehöim");
    EXPECT_EQ(csr("challenge-bmp").challenge_type(), asn1::tag::bmp_string);
    EXPECT_EQ(challenge_of(csr("challenge-ia5")), "a@b_c");
    EXPECT_EQ(challenge_of(csr("challenge-empty")), "");
    EXPECT_EQ(csr("no-attributes").challenge_password(), nullptr);
}

TEST(CertificateRequest, ReadsMicrosoftsExtensionsAndSkipsItsOtherAttributes)
{
    auto const r = csr("microsoft-extensions");
    EXPECT_EQ(r.extensions().key_usage, key_usage::digital_signature | key_usage::key_encipherment);
    EXPECT_EQ(challenge_of(r), "secret");
    EXPECT_EQ(code_of(r.verify()), errc{});
}

TEST(CertificateRequest, LetsTheAttributesBeLeftOut)
{
    EXPECT_EQ(code_of(csr("attributes-left-out").verify()), errc{});
    EXPECT_EQ(code_of(csr("no-attributes").verify()), errc{});
}

TEST(CertificateRequest, RefusesWhatCouldBeReadInTwoWays)
{
    for(auto const* const name :
        {"challenge-doubled", "challenge-of-two-values", "challenge-without-value", "challenge-no-string",
         "both-extension-requests", "extensions-of-two-values", "version-1"})
        EXPECT_EQ(code_of(read(name)), errc::bad_request) << name;
    EXPECT_EQ(code_of(read("many-attributes")), errc::too_many);
}

TEST(CertificateRequest, ProvesPossession)
{
    EXPECT_EQ(code_of(csr("sha1").verify()), errc{});
    EXPECT_EQ(code_of(csr("sha512").verify()), errc{});
    EXPECT_EQ(code_of(csr("md5").verify()), errc::algorithm_not_allowed);
    EXPECT_EQ(code_of(csr("tampered").verify()), errc::signature_invalid);
}

TEST(CertificateRequest, ProvesPossessionWithTheCallersCopyOfTheKey)
{
    auto const own = test::spki("rsa").value();
    EXPECT_EQ(code_of(csr("openssl-everything").verify(own)), errc{});
    EXPECT_EQ(code_of(csr("openssl-everything").verify(test::spki("p256").value())), errc::invalid_argument);
    EXPECT_EQ(code_of(csr("tampered").verify(csr("tampered").key().value())), errc::signature_invalid);
    EXPECT_EQ(code_of(csr("md5").verify(csr("md5").key().value())), errc::algorithm_not_allowed);
    auto const elsewhere = crypto_context::create().value();
    auto const copy = public_key::from_spki(own.spki(), {}, elsewhere).value();
    EXPECT_EQ(code_of(csr("openssl-everything").verify(copy)), errc{});
}

TEST(CertificateRequest, CutAtEveryByteIsATypedError)
{
    for(auto const* const name : {"openssl-everything", "openssl-everything-ec", "challenge-bmp"}) {
        auto const der = test::vector(std::string("requests/") + name + ".der");
        for(std::size_t size = 0; size != der.size(); ++size)
            ASSERT_EQ(code_of(certificate_request::from_der(bytes_view(der).first(size))), errc::bad_request)
                << name << " cut at " << size;
        auto longer = der;
        longer.push_back(0);
        EXPECT_EQ(code_of(certificate_request::from_der(longer)), errc::bad_request);
    }
}

TEST(CertificateRequest, AnyFlippedBitIsRefusedOrDoesNotVerify)
{
    auto const der = test::vector("requests/openssl-everything-ec.der");
    for(std::size_t bit = 0; bit < der.size() * 8; bit += 3) {
        auto changed = der;
        changed[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
        auto const r = certificate_request::from_der(changed);
        EXPECT_FALSE(r.has_value() && r->verify().has_value()) << "bit " << bit;
    }
}

certificate_request_builder everything()
{
    certificate_request_builder b;
    b.subject(name::parse("CN=device 7,O=Müller,C=DE").value())
        .add(general_name::upn("jürgen@contoso.example").value())
        .add(general_name::dns("device7.contoso.example").value())
        .add(general_name::ip("2001:db8::7").value())
        .add(general_name::sid_uri("S-1-5-21-1-2-3-1104").value())
        .usage(key_usage::digital_signature | key_usage::key_encipherment)
        .extended_usage(oids::client_auth)
        .sid("S-1-5-21-1-2-3-1104")
        .add(extension{oids::certificate_template_name, false, from_hex("1e080055007300650072").value()})
        .challenge_password(secret_bytes::from_text("Secret 123"));
    return b;
}

TEST(CertificateRequestBuilder, IsReadBack)
{
    for(auto const* const file : {"rsa-pkcs8", "p256-sec1", "p384-pkcs8", "p521-pkcs8"}) {
        auto const key = test::key(file);
        auto const r = everything().sign(key).value();
        EXPECT_EQ(r.subject().to_string(), "CN=device 7,O=Müller,C=DE");
        EXPECT_EQ(r.key().value(), key.public_key());
        EXPECT_EQ(r.extensions().subject_alt_names.size(), 4u);
        EXPECT_EQ(r.extensions().sid, "S-1-5-21-1-2-3-1104");
        EXPECT_EQ(r.extensions().all.size(), 5u);
        EXPECT_EQ(challenge_of(r), "Secret 123");
        EXPECT_EQ(r.challenge_type(), asn1::tag::printable_string);
        EXPECT_EQ(code_of(r.verify()), errc{});
        EXPECT_EQ(key.operations().signatures, 1u);
    }
}

TEST(CertificateRequestBuilder, WritesTheChallengeAsPrintableStringWheneverItCan)
{
    auto const type = [](std::string_view text) {
        certificate_request_builder b;
        b.challenge_password(secret_bytes::from_text(text));
        auto const r = b.sign(test::key("p256-sec1")).value();
        EXPECT_EQ(challenge_of(r), text);
        return r.challenge_type();
    };
    EXPECT_EQ(type("0123456789ABCDEF"), asn1::tag::printable_string);
    EXPECT_EQ(type(""), asn1::tag::printable_string);
    EXPECT_EQ(type("a_b"), asn1::tag::utf8_string);
    EXPECT_EQ(type("ü"), asn1::tag::utf8_string);
    EXPECT_EQ(type(std::string(3000, 'A')), asn1::tag::printable_string) << "Intune's are longer than PKCS #9's 255";
}

TEST(CertificateRequestBuilder, RefusesBeforeItSigns)
{
    auto const key = test::key("p256-sec1");
    certificate_request_builder b;
    b.sid("no sid");
    EXPECT_EQ(code_of(b.sign(key)), errc::invalid_argument);
    certificate_request_builder text;
    text.challenge_password(secret_bytes::from_text("\xff"));
    EXPECT_EQ(code_of(text.sign(key)), errc::invalid_argument);
    auto doubled = everything();
    doubled.add(make_key_usage(key_usage::crl_sign));
    EXPECT_EQ(code_of(doubled.sign(key)), errc::invalid_argument);
    EXPECT_EQ(key.operations().signatures, 0u);
}

TEST(CertificateRequestBuilder, CanBeEmpty)
{
    auto const r = certificate_request_builder().sign(test::key("p256-sec1")).value();
    EXPECT_TRUE(r.subject().empty());
    EXPECT_TRUE(r.extensions().all.empty());
    EXPECT_EQ(r.challenge_password(), nullptr);
}

TEST(CertificateRequestBuilder, WritesWhatTheOpensslProgramVerifies)
{
    for(auto const* const file : {"rsa-pkcs8", "p256-sec1", "p384-pkcs8", "p521-pkcs8"}) {
        auto const r = everything().sign(test::key(file), digest_algorithm::sha512).value();
        auto const ran = scepkit::test::run({"/usr/bin/openssl", "req", "-inform", "DER", "-verify", "-noout", "-text"},
                                            to_bytes(r.der()));
        EXPECT_EQ(ran.exit_code, 0) << ran.err;
        EXPECT_NE(ran.err.find("verify OK"), std::string::npos) << ran.err;
        auto const text = as_text(ran.out);
        EXPECT_NE(text.find("DNS:device7.contoso.example"), std::string_view::npos);
        EXPECT_NE(text.find("IP Address:2001:DB8:0:0:0:0:0:7"), std::string_view::npos);
        EXPECT_NE(text.find("challengePassword"), std::string_view::npos);
    }
}

TEST(CertificateRequestBuilder, WritesWhatPythonCryptographyReads)
{
    // Prints what it read, a line each; its own opinion of the signature first.
    static constexpr auto* script = R"(
import sys
from cryptography import x509
from cryptography.x509.oid import ExtensionOID as E
r = x509.load_der_x509_csr(sys.stdin.buffer.read())
print(r.is_signature_valid)
print(r.subject.rfc4514_string())
san = r.extensions.get_extension_for_oid(E.SUBJECT_ALTERNATIVE_NAME)
for n in san.value:
    if isinstance(n, x509.OtherName):
        print("upn", n.type_id.dotted_string, n.value.hex())
    else:
        print(type(n).__name__, n.value)
usage = r.extensions.get_extension_for_oid(E.KEY_USAGE)
print(usage.critical, usage.value.digital_signature, usage.value.key_encipherment, usage.value.key_cert_sign)
print([o.dotted_string for o in r.extensions.get_extension_for_oid(E.EXTENDED_KEY_USAGE).value])
print(r.extensions.get_extension_for_oid(x509.ObjectIdentifier("1.3.6.1.4.1.311.25.2")).value.value.hex())
print(r.get_attribute_for_oid(x509.oid.AttributeOID.CHALLENGE_PASSWORD))
)";
    auto const r = everything().sign(test::key("rsa-pkcs8")).value();
    auto const ran = scepkit::test::run({"/usr/bin/python3", "-W", "ignore", "-c", script}, to_bytes(r.der()));
    ASSERT_EQ(ran.exit_code, 0) << ran.err;
    EXPECT_EQ(as_text(ran.out), "True\n"
                                "CN=device 7,O=Müller,C=DE\n"
                                "upn 1.3.6.1.4.1.311.20.2.3 0c176ac3bc7267656e40636f6e746f736f2e6578616d706c65\n"
                                "DNSName device7.contoso.example\n"
                                "IPAddress 2001:db8::7\n"
                                "UniformResourceIdentifier tag:microsoft.com,2022-09-14:sid:S-1-5-21-1-2-3-1104\n"
                                "True True True False\n"
                                "['1.3.6.1.5.5.7.3.2']\n" +
                                    to_hex(make_sid("S-1-5-21-1-2-3-1104").value().value) + "\n" + "b'Secret 123'\n");
}

} // namespace
} // namespace scepkit::inline v0::pki
