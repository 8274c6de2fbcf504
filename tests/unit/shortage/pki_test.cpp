// SPDX-License-Identifier: BSL-1.0
#include "new_key.hpp"
#include "sweep.hpp"

#include <scepkit/asn1/normalise.hpp>
#include <scepkit/pki/chain.hpp>
#include <scepkit/pki/crl.hpp>
#include <scepkit/pki/decrypter.hpp>
#include <scepkit/pki/pkcs12.hpp>
#include <scepkit/pki/request.hpp>

#include <support/files.hpp>

#include <array>

using namespace scepkit;
using test::openssl_is;
using test::sweep;
using test::sweep_anew;
using test::with_new_key;

namespace {

bytes vector(std::string const& path) { return test::read_bytes(test::vector_path("pki/" + path)); }

pki::private_key key(std::string const& name) { return pki::private_key::from_pem(vector("keys/" + name)).value(); }

pki::certificate cert(std::string const& name)
{
    return pki::certificate::from_der(vector("certificates/" + name + ".der")).value();
}

time_point const today = from_iso8601("2026-06-01T00:00:00Z").value();

constexpr auto always = [](auto const&) { return true; };

} // namespace

TEST(ThreatR9, NormalisingBer)
{
    auto const ber = test::read_bytes(test::vector_path("asn1/signed-stream.ber"));
    auto const der = test::read_bytes(test::vector_path("asn1/signed-stream.der"));
    sweep([&] { return asn1::normalise_ber(ber); }, [&](auto const& r) { return r.der == der; });
}

TEST(ThreatR9, ReadingACertificate)
{
    auto const der = vector("certificates/leaf.der");
    sweep([&] { return pki::certificate::from_der(der); }, [&](auto const& c) { return equal(c.der(), der); });
    auto const pem = cert("leaf").to_pem() + cert("root").to_pem();
    sweep([&] { return pki::certificate::all_from_pem(as_bytes(pem)); },
          [&](auto const& all) { return all.size() == 2 && all[1] == cert("root"); });
}

TEST(ThreatR9, RefusingACertificate)
{
    for(auto const* name : {"date-month-13", "doubled-extension", "name-nul", "ip-of-five-bytes"}) {
        auto const der = vector("certificates/" + std::string(name) + ".der");
        sweep(
            [&]() -> result<std::string> {
                auto const r = pki::certificate::from_der(der);
                return r ? std::string() : r.error().to_string();
            },
            [expected = pki::certificate::from_der(der)](auto const& said) {
                return said == (expected ? std::string() : expected.error().to_string());
            });
    }
}

TEST(ThreatR9, AskingForAFingerprint)
{
    auto const der = vector("certificates/leaf.der");
    auto const expected = to_bytes(cert("leaf").sha256());
    sweep(
        [&]() -> result<bytes> {
            auto const c = pki::certificate::from_der(der);
            if(!c)
                return c.error();
            return to_bytes(c->sha256());
        },
        [&](auto const& found) { return found == expected; });
}

TEST(ThreatR9, ReadingANameAndWritingItOut)
{
    sweep(
        []() -> result<std::string> {
            auto const name = pki::name::parse("CN=Schl\xc3\xbcssel\\, No. 1,OU=A+OU=B,O=Contoso,C=DE");
            if(!name)
                return name.error();
            return name->to_string();
        },
        [](auto const& text) { return text.find("O=Contoso") != std::string::npos; });
}

TEST(ThreatR9, ReadingAKey)
{
    for(auto const* name : {"keys/rsa-pkcs8.pem", "keys/p256-sec1.pem"}) {
        auto const pem = vector(name);
        auto const expected = pki::private_key::from_pem(pem)->public_key();
        sweep([&] { return pki::private_key::from_pem(pem); },
              [&](auto const& k) { return k.public_key() == expected; });
    }
}

TEST(ThreatR9, ReadingAKeyUnderAPassphrase)
{
    auto const passphrase = secret_bytes::from_text("secret");
    auto const file = vector("containers/without-iterations.p12");
    auto const expected = pki::pkcs12::read(file, passphrase).value().certificate;
    sweep([&] { return pki::pkcs12::read(file, passphrase); },
          [&](auto const& p) { return p.certificate == expected; });
}

TEST(ThreatR9, ReadingAKeyByItsUri)
{
    auto const uri = "file:" + test::vector_path("pki/keys/p256-pkcs8.pem").string();
    // OSSL_STORE_load of OpenSSL 3.0 reads through a null pointer.
    sweep([&] { return pki::private_key::from_uri(uri); }, always, openssl_is::unsound);
}

TEST(ThreatR9, WritingAKey)
{
    auto const rsa = key("rsa-pkcs8.pem");
    sweep([&] { return rsa.to_pem(); }, [](auto const& pem) { return !pem.view().empty(); });
}

TEST(ThreatR9, SigningAndVerifying)
{
    using pki::signature_scheme;
    constexpr auto digest = pki::digest_algorithm::sha256;
    auto const message = as_bytes("what is signed");
    for(auto const& [name, chosen] :
        {std::pair("rsa-pkcs8.pem", signature_scheme::rsa_pkcs1_v1_5),
         std::pair("rsa-pkcs8.pem", signature_scheme::rsa_pss), std::pair("p256-pkcs8.pem", signature_scheme::ecdsa)}) {
        auto const scheme = chosen;
        auto const pem = vector("keys/" + std::string(name));
        auto const own = pki::private_key::from_pem(pem).value();
        auto const verify = [&](bytes const& signature) {
            return own.public_key().verify(scheme, digest, message, signature);
        };
        auto const sign = [&](pki::private_key const& with) { return with.sign(scheme, digest, message); };
        sweep_anew(with_new_key(pem, sign), [&](auto const& signature) { return verify(signature).has_value(); });

        auto const right = sign(own).value();
        auto wrong = right;
        wrong.back() ^= 1;
        auto const verifies = [&](bytes const& signature) -> result<bool> {
            if(auto const r = verify(signature); !r)
                return r.error();
            return true;
        };
        sweep([&] { return verifies(right); }, always);
        // A shortage never makes a wrong signature a good one.
        sweep([&]() -> result<bool> { return !verifies(wrong).has_value(); }, [](bool refused) { return refused; });
    }
}

TEST(ThreatR9, DecryptingAndAgreeing)
{
    auto const rsa = vector("keys/rsa-pkcs8.pem");
    bytes const content_key(16, 7);
    auto const sealed = key("rsa-pkcs8.pem").public_key().encrypt({}, content_key).value();
    auto const decrypt = [&](pki::private_key const& with) -> result<secret_bytes> {
        auto const decrypter = pki::software_decrypter::create(with);
        if(!decrypter)
            return decrypter.error();
        return (*decrypter)->decrypt({}, sealed, content_key.size());
    };
    sweep_anew(with_new_key(rsa, decrypt), [&](auto const& k) { return equal(k.view(), content_key); });
    auto const ec = key("p256-pkcs8.pem");
    auto const peer = pki::private_key::generate(pki::key_kind::ec_p256).value();
    auto const secret = ec.agree(peer.public_key()).value();
    sweep([&] { return ec.agree(peer.public_key()); }, [&](auto const& s) { return equal(s.view(), secret.view()); });
}

TEST(ThreatR9, BuildingARequest)
{
    pki::certificate_request_builder builder;
    builder.subject(pki::name::parse("CN=device,O=Contoso").value());
    builder.add(pki::general_name::dns("device.contoso.example").value());
    builder.usage(pki::key_usage::digital_signature);
    builder.challenge_password(secret_bytes::from_text("open sesame"));
    sweep_anew(with_new_key(vector("keys/rsa-pkcs8.pem"), [&](auto const& k) { return builder.sign(k); }),
               [](auto const& request) { return request.verify() && request.challenge_password() != nullptr; });
}

TEST(ThreatR9, IssuingACertificateAndAList)
{
    auto const pem = vector("containers/ca.key.pem");
    auto const ca = pki::certificate::from_der(vector("containers/ca.der")).value();
    pki::certificate_template content;
    content.subject = pki::name::parse("CN=leaf").value();
    content.not_before = today;
    content.not_after = today + std::chrono::hours(24);
    content.serial = {1, 2, 3};
    content.extensions = {pki::make_subject_alt_names({pki::general_name::dns("a.example").value()})};
    sweep_anew(
        with_new_key(pem, [&](auto const& k) { return pki::make_certificate(content, *ca.key(), ca.subject(), k); }),
        [&](auto const& made) { return made.is_issued_by(ca); });
    pki::crl_template list;
    list.this_update = today;
    list.next_update = today + std::chrono::hours(24);
    list.entries = {{{0x0a}, today, pki::revocation_reason::key_compromise}};
    sweep_anew(with_new_key(pem, [&](auto const& k) { return pki::make_crl(list, ca, k); }),
               [&](auto const& made) { return made.verify(ca) && made.find(bytes{0x0a}) != nullptr; });
}

TEST(ThreatR9, VerifyingAChain)
{
    auto const leaf = cert("leaf");
    std::array const between{cert("intermediate-other-key"), cert("intermediate")};
    std::array const anchors{cert("root")};
    sweep([&] { return pki::verify_chain(leaf, between, anchors, {.now = today}); },
          [](auto const& chain) { return chain.size() == 3; });
    std::array const strangers{cert("other-root")};
    sweep([&]() -> result<bool> { return !pki::verify_chain(leaf, between, strangers, {.now = today}); },
          [](bool refused) { return refused; });
}

TEST(ThreatR9, MakingACryptoContext)
{
    // OpenSSL 3.0 leaves much of a library context behind that it could not make wholly.
    sweep([] { return pki::crypto_context::create(); }, always, openssl_is::unsound);
}
