// SPDX-License-Identifier: BSL-1.0
#include <scepkit/scep/responder.hpp>

#include <gtest/gtest.h>
#include <scepkit/pki/chain.hpp>
#include <support/scripted_ca.hpp>

namespace scepkit::inline v0::scep {
namespace {

using namespace scepkit::test;

// Named: Clang 14 falls over consteval constructors inside braces.
constexpr asn1::oid unknown_extension{"1.2.3.4"};
constexpr asn1::oid ocsp_signing{"1.3.6.1.5.5.7.3.9"};

// Grants come from a responder only, so a request goes the whole way. Nothing where it was refused.
std::optional<pki::certificate> issue(pki::certificate_request_builder const& builder,
                                      scripted_ca const& ca = scripted_ca(), time_point now = noon,
                                      std::string const& key = "device 1")
{
    auto options = ca.options();
    options.authorizer = std::make_shared<spy_authorizer>([](auto const&) { return accept{}; });
    auto transaction =
        enrollment::create({builder.sign(rsa_key(key)).value(), rsa_key(key), std::nullopt, std::nullopt}, ca.pin())
            .value();
    auto const outcome = drive(transaction, serve(responder::create(std::move(options)).value(), now), nullptr, now);
    EXPECT_TRUE(outcome) << outcome.error();
    if(auto const* got = std::get_if<issued>(&*outcome))
        return got->certificate;
    auto const& refusal = std::get<rejected>(*outcome);
    EXPECT_EQ(refusal.fail_info, fail_info::bad_request);
    EXPECT_EQ(refusal.fail_info_text, "");
    return std::nullopt;
}

using builder_type = pki::certificate_request_builder;

builder_type named(std::string_view subject = "CN=device 1")
{
    builder_type builder;
    builder.subject(dn(subject));
    return builder;
}

TEST(LocalIssuer, CopiesSubjectNamesAndUsages)
{
    scripted_ca const ca;
    auto builder = named("CN=device 1,OU=Kiosks,O=Contoso");
    builder.add(pki::general_name::dns("kiosk.contoso.example").value())
        .add(pki::general_name::upn("user@contoso.example").value())
        .usage(pki::key_usage::digital_signature)
        .extended_usage(asn1::oids::client_auth)
        .extended_usage(asn1::oids::server_auth)
        .challenge_password(secret_bytes::from_text("secret"));
    auto const got = issue(builder, ca);
    ASSERT_TRUE(got);
    EXPECT_EQ(got->subject(), dn("CN=device 1,OU=Kiosks,O=Contoso"));
    ASSERT_EQ(got->extensions().subject_alt_names.size(), 2u);
    EXPECT_EQ(got->extensions().subject_alt_names[0].text, "kiosk.contoso.example");
    EXPECT_EQ(got->extensions().key_usage, pki::key_usage::digital_signature);
    EXPECT_EQ(got->extensions().extended_key_usage, (std::vector{asn1::oids::client_auth, asn1::oids::server_auth}));
    EXPECT_FALSE(got->is_ca());
    EXPECT_EQ(got->extensions().authority_key_id, ca.ca.certificate.extensions().subject_key_id);
    EXPECT_EQ(*got->extensions().subject_key_id, pki::key_identifier(*got->key()).value());
    EXPECT_EQ(got->not_before(), noon - std::chrono::minutes{10});
    EXPECT_EQ(as_text(got->der()).find("secret"), std::string_view::npos);
    EXPECT_TRUE(pki::verify_chain(*got, {}, std::vector{ca.ca.certificate}, {.now = noon}));
}

TEST(LocalIssuer, GivesTheUsualUsagesWhereNoneAreAsked)
{
    auto const got = issue(named());
    ASSERT_TRUE(got);
    EXPECT_EQ(got->extensions().key_usage, pki::key_usage::digital_signature | pki::key_usage::key_encipherment);
    EXPECT_EQ(got->extensions().extended_key_usage, std::vector{asn1::oids::client_auth});
}

TEST(LocalIssuer, SerialsArePositiveRandomAndLong)
{
    std::vector<bytes> seen;
    for(int i = 0; i < 8; ++i) {
        auto const serial = to_bytes(issue(named())->serial());
        EXPECT_EQ(serial.size(), 16u);
        EXPECT_LT(serial.front(), 0x80);
        EXPECT_EQ(std::count(seen.begin(), seen.end(), serial), 0);
        seen.push_back(serial);
    }
}

TEST(LocalIssuer, ACertificateNeverOutlivesItsCa)
{
    scripted_ca const ca;
    auto wish = ca_wish("CN=Short");
    wish.not_after = noon + std::chrono::hours{2};
    auto short_lived = ca;
    short_lived.ca = authority::self_signed(wish, rsa_key("ca"));
    short_lived.signing_ra.reset();
    short_lived.encryption_ra.reset();
    short_lived.decrypter = std::make_shared<counting_decrypter>(rsa_key("ca"));
    short_lived.issuer =
        std::make_shared<spy_issuer>(std::make_shared<local_issuer>(short_lived.ca.certificate, short_lived.ca.key));
    auto const got = issue(named(), short_lived);
    ASSERT_TRUE(got);
    EXPECT_EQ(got->not_after(), wish.not_after);
}

TEST(LocalIssuer, RefusesWhatIsNotForDevices)
{
    using usage = pki::key_usage;
    std::vector<std::pair<std::string, std::function<void(builder_type&)>>> const wishes{
        {"CA", [](auto& b) { b.add(pki::make_basic_constraints({.ca = true})); }},
        {"keyCertSign", [](auto& b) { b.usage(usage::digital_signature | usage::key_cert_sign); }},
        {"cRLSign", [](auto& b) { b.usage(usage::crl_sign); }},
        {"enrolment agent", [](auto& b) { b.extended_usage(asn1::oids::certificate_request_agent); }},
        {"any purpose", [](auto& b) { b.extended_usage(asn1::oids::any_extended_key_usage); }},
        {"OCSP", [](auto& b) { b.extended_usage(ocsp_signing); }},
        {"unknown critical",
         [](auto& b) {
             b.add({unknown_extension, true, bytes{5, 0}});
         }},
        {"the CA's name", [](auto& b) { b.subject(dn("CN=Scripted CA,O=Contoso")); }},
        {"nobody", [](auto& b) { b.subject(pki::name()); }},
    };
    for(auto const& [name, wish] : wishes) {
        auto builder = named();
        wish(builder);
        EXPECT_FALSE(issue(builder)) << name;
    }
}

TEST(LocalIssuer, IgnoresUnknownExtensionsThatAreNotCriticalAndNoCa)
{
    auto builder = named();
    builder.add({unknown_extension, false, bytes{5, 0}}).add(pki::make_basic_constraints({.ca = false}));
    auto const got = issue(builder);
    ASSERT_TRUE(got);
    EXPECT_EQ(got->extensions().find(unknown_extension), nullptr);
    EXPECT_FALSE(got->is_ca());
}

TEST(LocalIssuer, NamesWithoutASubjectAreCritical)
{
    builder_type builder;
    builder.add(pki::general_name::dns("only.contoso.example").value());
    auto const got = issue(builder);
    ASSERT_TRUE(got);
    EXPECT_TRUE(got->subject().empty());
    EXPECT_TRUE(got->extensions().find(asn1::oids::subject_alt_name)->critical);
}

} // namespace
} // namespace scepkit::inline v0::scep
