// SPDX-License-Identifier: BSL-1.0
// What this library writes, OpenSSL's command line reads, and the reverse, live.
#include "people.hpp"

#include <support/process.hpp>

#include <fstream>

using namespace scepkit;
using namespace scepkit::cms;
using namespace scepkit::cms::test;
using pki::digest_algorithm;
using pki::key_transport;

namespace {

std::string path_of(std::string const& name) { return scepkit::test::vector_path("cms/" + name).string(); }

/// The program's output; fails the test where it does not succeed.
bytes openssl(std::vector<std::string> arguments, bytes_view input)
{
    arguments.insert(arguments.begin(), "openssl");
    auto const result = scepkit::test::run(arguments, to_bytes(input));
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.out;
}

bytes opened_here(bytes_view message)
{
    auto const parsed = enveloped_data::parse(message, everything());
    EXPECT_TRUE(parsed) << parsed.error();
    auto const key = pki::software_decrypter::create(rsa().key).value();
    auto const got = open(parsed.value(), rsa().certificate, *key, everything());
    EXPECT_TRUE(got) << got.error();
    return to_bytes(got.value().content.view());
}

} // namespace

TEST(OpensslInterop, VerifiesWhatIsSignedHere)
{
    for(auto const* name : {"rsa", "ec", "ec521"}) {
        auto const by = load_person(name);
        for(auto digest :
            {digest_algorithm::sha1, digest_algorithm::sha256, digest_algorithm::sha384, digest_algorithm::sha512}) {
            auto const body = content();
            signing_input const input{.content = bytes_view(body),
                                      .attributes = {make_text_attribute(asn1::oids::message_type, "19"),
                                                     make_octet_attribute(asn1::oids::sender_nonce, bytes(16, 7)),
                                                     make_text_attribute(asn1::oids::transaction_id, "ABC 123")},
                                      .digest = digest,
                                      .certificates = std::span(&by.certificate, 1)};
            auto const signed_here = sign(input, by.certificate, by.key).value();
            auto const out = openssl({"cms", "-verify", "-binary", "-inform", "DER", "-CAfile",
                                      path_of(std::string(name) + ".pem"), "-purpose", "any"},
                                     signed_here);
            EXPECT_EQ(out, body) << name << " " << pki::name_of(digest);
            auto const printed = openssl({"cms", "-cmsout", "-print", "-noout", "-inform", "DER"}, signed_here);
            EXPECT_NE(as_text(printed).find("2.16.840.1.113733.1.9.2"), std::string_view::npos);
        }
    }
}

TEST(OpensslInterop, VerifiesAMessageWithoutContent)
{
    scepkit::test::temporary_folder folder;
    auto const empty = (folder.path() / "empty").string();
    std::ofstream(empty).close();
    openssl({"cms", "-verify", "-binary", "-inform", "DER", "-CAfile", path_of("rsa.pem"), "-purpose", "any",
             "-content", empty},
            signed_by(rsa(), std::nullopt));
}

TEST(OpensslInterop, OpensWhatIsSealedHere)
{
    std::vector const recipients{other().certificate, rsa().certificate};
    key_transport const transports[] = {
        {},
        {.scheme = key_transport::kind::rsa_oaep},
        {.scheme = key_transport::kind::rsa_oaep,
         .oaep_digest = digest_algorithm::sha256,
         .mgf1_digest = digest_algorithm::sha256},
        {.scheme = key_transport::kind::rsa_oaep,
         .oaep_digest = digest_algorithm::sha512,
         .mgf1_digest = digest_algorithm::sha1},
    };
    for(auto cipher : {content_cipher::aes128_cbc, content_cipher::aes192_cbc, content_cipher::aes256_cbc,
                       content_cipher::des_ede3_cbc, content_cipher::des_cbc})
        for(auto const& transport : transports) {
            auto const message =
                seal(content(), recipients, {.cipher = cipher, .transport = transport}, system_random()).value();
            auto const out =
                openssl({"cms", "-decrypt", "-binary", "-inform", "DER", "-provider", "default", "-provider", "legacy",
                         "-recip", path_of("rsa.pem"), "-inkey", path_of("rsa.key.pem")},
                        message);
            EXPECT_EQ(out, content()) << name_of(cipher);
        }
}

TEST(OpensslInterop, OpensWhatIsSealedWithEmptyOaepParameters)
{
    seal_options const options{.transport = {.scheme = key_transport::kind::rsa_oaep}, .oaep_empty_parameters = true};
    auto const message = seal(content(), std::span(&rsa().certificate, 1), options, system_random()).value();
    EXPECT_EQ(openssl({"cms", "-decrypt", "-binary", "-inform", "DER", "-recip", path_of("rsa.pem"), "-inkey",
                       path_of("rsa.key.pem")},
                      message),
              content());
}

TEST(OpensslInterop, OpensWhatIsAgreedHere)
{
    for(auto const* name : {"ec", "ec384", "ec521"}) {
        auto const to = load_person(name);
        for(auto cipher : {content_cipher::aes128_cbc, content_cipher::aes192_cbc, content_cipher::aes256_cbc,
                           content_cipher::des_ede3_cbc, content_cipher::aes128_gcm, content_cipher::aes256_gcm})
            for(auto digest : {digest_algorithm::sha1, digest_algorithm::sha256, digest_algorithm::sha512})
                for(bool null_curve : {false, true}) {
                    seal_options const options{
                        .cipher = cipher, .agreement_digest = digest, .agreement_null_curve = null_curve};
                    auto const message =
                        seal(content(), std::span(&to.certificate, 1), options, system_random()).value();
                    auto const out = openssl({"cms", "-decrypt", "-binary", "-inform", "DER", "-recip",
                                              path_of(std::string(name) + ".pem"), "-inkey",
                                              path_of(std::string(name) + ".key.pem")},
                                             message);
                    EXPECT_EQ(out, content()) << name << name_of(cipher) << pki::name_of(digest) << null_curve;
                }
    }
}

TEST(OpensslInterop, OpensWhatIsUnderAPasswordHere)
{
    for(auto cipher : {content_cipher::aes128_cbc, content_cipher::aes192_cbc, content_cipher::aes256_cbc,
                       content_cipher::des_ede3_cbc, content_cipher::aes128_gcm, content_cipher::aes256_gcm}) {
        auto const message = seal_with_password(content(), secret_bytes::from_text("open sesame"),
                                                {.cipher = cipher, .password_iterations = 1000}, system_random())
                                 .value();
        EXPECT_EQ(openssl({"cms", "-decrypt", "-binary", "-inform", "DER", "-pwri_password", "open sesame"}, message),
                  content())
            << name_of(cipher);
    }
}

TEST(OpensslInterop, OpensWhatIsAuthenticatedHere)
{
    for(auto cipher : {content_cipher::aes128_gcm, content_cipher::aes256_gcm})
        for(std::size_t size : {0u, 1u, 16u, 5000u}) {
            bytes const plain(size, 0x62);
            auto const message =
                seal(plain, std::span(&rsa().certificate, 1), {.cipher = cipher}, system_random()).value();
            EXPECT_EQ(openssl({"cms", "-decrypt", "-binary", "-inform", "DER", "-recip", path_of("rsa.pem"), "-inkey",
                               path_of("rsa.key.pem")},
                              message),
                      plain)
                << name_of(cipher) << size;
        }
}

TEST(OpensslInterop, VerifiesWhatIsSignedWithPssHere)
{
    auto const body = content();
    for(auto digest : {digest_algorithm::sha1, digest_algorithm::sha256, digest_algorithm::sha512}) {
        signing_input const input{.content = bytes_view(body),
                                  .attributes = {},
                                  .digest = digest,
                                  .scheme = pki::signature_scheme::rsa_pss,
                                  .certificates = std::span(&rsa().certificate, 1)};
        auto const message = sign(input, rsa().certificate, rsa().key).value();
        EXPECT_EQ(
            openssl({"cms", "-verify", "-binary", "-inform", "DER", "-CAfile", path_of("rsa.pem"), "-purpose", "any"},
                    message),
            body)
            << pki::name_of(digest);
        EXPECT_TRUE(verify(message, {quirk::sha1_signature}));
    }
}

TEST(OpensslInterop, PrintsTheCertificatesOfABag)
{
    std::vector const certificates{ec().certificate, rsa().certificate, other().certificate};
    std::vector<bytes> const crls{vector("crl.der")};
    auto const printed =
        openssl({"pkcs7", "-inform", "DER", "-print_certs"}, certificate_bag::make(certificates, crls));
    EXPECT_EQ(pki::certificate::all_from_pem(printed).value(), certificates);
    EXPECT_NE(as_text(printed).find("BEGIN X509 CRL"), std::string_view::npos);
}

TEST(OpensslInterop, ItsSignedMessagesVerifyHere)
{
    // OpenSSL 3.0 cannot stream together with -keyopt ("illegal zero content"), so never both.
    std::vector<std::string> const forms[] = {{}, {"-stream"}, {"-keyopt", "rsa_padding_mode:pss"}, {"-keyid"}};
    for(auto const* digest : {"sha256", "sha384", "sha512"})
        for(auto const& form : forms) {
            std::vector<std::string> arguments{"cms", "-sign", "-binary", "-nodetach", "-outform", "DER"};
            arguments.insert(arguments.end(),
                             {"-md", digest, "-signer", path_of("rsa.pem"), "-inkey", path_of("rsa.key.pem")});
            arguments.insert(arguments.end(), form.begin(), form.end());
            auto const verified = verify(openssl(arguments, content()), {quirk::ber_encoding});
            ASSERT_TRUE(verified) << verified.error();
            EXPECT_EQ(to_bytes(*verified->message().content()), content());
            bool const streamed = !form.empty() && form.front() == "-stream";
            EXPECT_EQ(verified->tolerances().contains(quirk::ber_encoding), streamed);
        }
}

TEST(OpensslInterop, ItsEnvelopesOpenHere)
{
    // Sizes around the blocks of ciphers and of OpenSSL's streaming.
    for(std::size_t size : {0u, 1u, 7u, 8u, 15u, 16u, 17u, 1023u, 1024u, 4096u, 40000u}) {
        bytes const plain(size, 0x61);
        for(auto const* cipher : {"-aes128", "-aes256", "-des3"})
            for(auto const* form : {"-nostream", "-stream"}) {
                std::vector<std::string> arguments{"cms", "-encrypt", "-binary", "-outform", "DER", cipher};
                if(std::string_view(form) == "-stream")
                    arguments.emplace_back(form);
                arguments.push_back(path_of("rsa.pem"));
                EXPECT_EQ(opened_here(openssl(arguments, plain)), plain) << size << cipher << form;
            }
    }
}

TEST(OpensslInterop, ItsAgreementsOpenHere)
{
    struct form {
        std::vector<std::string> arguments;
        digest_algorithm digest;
        bool cofactor;
        key_wrap wrap;
    };
    form const forms[] = {
        {{"-aes128"}, digest_algorithm::sha1, false, key_wrap::aes128},
        {{"-aes256"}, digest_algorithm::sha1, false, key_wrap::aes256},
        {{"-aes256", "-aes128-wrap"}, digest_algorithm::sha1, false, key_wrap::aes128},
        {{"-aes128", "-aes192-wrap"}, digest_algorithm::sha1, false, key_wrap::aes192},
        {{"-aes128", "-des3-wrap"}, digest_algorithm::sha1, false, key_wrap::des_ede3},
        {{"-des3"}, digest_algorithm::sha1, false, key_wrap::des_ede3},
        {{"-aes-256-gcm"}, digest_algorithm::sha1, false, key_wrap::aes256},
        {{"-aes128", "-stream"}, digest_algorithm::sha1, false, key_wrap::aes128},
        {{"-aes128", "-keyid"}, digest_algorithm::sha1, false, key_wrap::aes128},
        {{"-aes128", "-recip", "{}", "-keyopt", "ecdh_kdf_md:sha256"},
         digest_algorithm::sha256,
         false,
         key_wrap::aes128},
        {{"-aes128", "-recip", "{}", "-keyopt", "ecdh_kdf_md:sha384"},
         digest_algorithm::sha384,
         false,
         key_wrap::aes128},
        {{"-aes256", "-recip", "{}", "-keyopt", "ecdh_kdf_md:sha512"},
         digest_algorithm::sha512,
         false,
         key_wrap::aes256},
        {{"-aes128", "-recip", "{}", "-keyopt", "ecdh_cofactor_mode:1"},
         digest_algorithm::sha1,
         true,
         key_wrap::aes128},
        {{"-aes128", "-recip", "{}", "-keyopt", "ecdh_cofactor_mode:1", "-keyopt", "ecdh_kdf_md:sha256"},
         digest_algorithm::sha256,
         true,
         key_wrap::aes128},
    };
    for(auto const* name : {"ec", "ec384", "ec521"}) {
        auto const to = load_person(name);
        auto const certificate = path_of(std::string(name) + ".pem");
        for(auto const& f : forms) {
            std::vector<std::string> arguments{"cms", "-encrypt", "-binary", "-outform", "DER"};
            bool named = false;
            for(auto const& a : f.arguments) {
                named = named || a == "{}";
                arguments.push_back(a == "{}" ? certificate : a);
            }
            if(!named)
                arguments.insert(arguments.end(), {"-recip", certificate});
            auto const message = openssl(arguments, content());
            auto const parsed = enveloped_data::parse(message, everything());
            ASSERT_TRUE(parsed) << parsed.error();
            auto const& agreement = parsed->recipients().front().key_agreement;
            ASSERT_TRUE(agreement);
            EXPECT_EQ(agreement->kdf_digest, f.digest);
            EXPECT_EQ(agreement->cofactor, f.cofactor);
            EXPECT_EQ(agreement->wrap, f.wrap);
            auto const got = open_with(to, message, everything());
            ASSERT_TRUE(got) << got.error() << testing::PrintToString(f.arguments);
            EXPECT_EQ(to_bytes(got->content.view()), content());
            EXPECT_FALSE(got->tolerances.contains(quirk::key_agreement_null_curve));
        }
    }
}

TEST(OpensslInterop, ItsPasswordEnvelopesOpenHere)
{
    // Not with GCM: OpenSSL 3.0 then takes GCM for the password's cipher too, and fails.
    for(auto const* cipher : {"-aes128", "-aes192", "-aes256", "-des3"})
        for(auto const* form : {"-nostream", "-stream"}) {
            std::vector<std::string> arguments{"cms", "-encrypt", "-binary",        "-outform",
                                               "DER", cipher,     "-pwri_password", "open sesame"};
            if(std::string_view(form) == "-stream")
                arguments.emplace_back(form);
            auto const got = open_with(std::string_view("open sesame"), openssl(arguments, content()), everything());
            ASSERT_TRUE(got) << got.error();
            EXPECT_EQ(to_bytes(got->content.view()), content()) << cipher << form;
        }
}

TEST(OpensslInterop, ItsAuthenticatedEnvelopesOpenHere)
{
    // Not empty: OpenSSL 3.0 fails to write that.
    for(std::size_t size : {1u, 15u, 16u, 1024u, 40000u}) {
        bytes const plain(size, 0x61);
        for(auto const* cipher : {"-aes-128-gcm", "-aes-256-gcm"})
            for(auto const* form : {"-nostream", "-stream"}) {
                std::vector<std::string> arguments{"cms", "-encrypt", "-binary", "-outform", "DER", cipher};
                if(std::string_view(form) == "-stream")
                    arguments.emplace_back(form);
                arguments.push_back(path_of("rsa.pem"));
                EXPECT_EQ(opened_here(openssl(arguments, plain)), plain) << size << cipher << form;
            }
    }
}

TEST(OpensslInterop, ItsBagsAreReadHere)
{
    auto const bag = certificate_bag::parse(openssl(
        {"crl2pkcs7", "-nocrl", "-certfile", path_of("rsa.pem"), "-certfile", path_of("ec.pem"), "-outform", "DER"},
        {}));
    ASSERT_TRUE(bag) << bag.error();
    EXPECT_EQ(bag->certificates, (std::vector{rsa().certificate, ec().certificate}));
}
