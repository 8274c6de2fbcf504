// SPDX-License-Identifier: BSL-1.0
#include <scepkit/scep/enrollment.hpp>

#include <gtest/gtest.h>
#include <support/scripted_ca.hpp>

namespace scepkit::inline v0::scep {
namespace {

using namespace scepkit::test;
using namespace std::chrono_literals;

std::shared_ptr<responder> respond(scripted_ca const& ca) { return responder::create(ca.options()).value(); }

enrollment begin(scripted_ca const& ca, enrollment_options options = {}, device const& who = {})
{
    return enrollment::create(who.enrollment(), ca.pin(), std::move(options)).value();
}

TEST(Enrollment, GetsACertificateFromALoneCaAndFromAnRaPair)
{
    for(auto const layout : {scripted_ca::layout::lone_ca, scripted_ca::layout::ra_pair}) {
        scripted_ca const ca(layout);
        auto transaction = begin(ca);
        log_of_steps log;
        auto const outcome = drive(transaction, serve(respond(ca)), &log);
        ASSERT_TRUE(outcome) << outcome.error();
        auto const* got = std::get_if<issued>(&*outcome);
        ASSERT_NE(got, nullptr);
        EXPECT_EQ(*got->certificate.key(), device{}.key().public_key());
        EXPECT_TRUE(got->certificate.is_issued_by(ca.ca.certificate));
        EXPECT_EQ(got->chain, std::vector{ca.ca.certificate});
        EXPECT_FALSE(got->microsoft_disposition);
        EXPECT_EQ(got->tolerances.contains(quirk::lone_ca_recipient), layout == scripted_ca::layout::lone_ca);
        ASSERT_EQ(log.sent.size(), 3u);
        EXPECT_EQ(log.sent[0].operation, operation::get_ca_caps);
        EXPECT_EQ(log.sent[1].operation, operation::get_ca_cert);
        EXPECT_EQ(log.sent[2].operation, operation::pki_operation);
        EXPECT_TRUE(log.sent[2].post_allowed);
    }
}

TEST(Enrollment, WorksInEveryCombinationTheServerOffers)
{
    struct offer {
        std::string_view words;
        pki::digest_algorithm digest;
        cms::content_cipher cipher;
        capability_floor floor;
        profile tolerances;
    };
    using d = pki::digest_algorithm;
    using c = cms::content_cipher;
    for(auto const& o : {offer{"SCEPStandard", d::sha256, c::aes128_cbc, {}, profile::rfc8894()},
                         offer{"AES\nSHA-512", d::sha512, c::aes128_cbc, {}, profile::rfc8894()},
                         offer{"DES3\nSHA-256\nPOSTPKIOperation", d::sha256, c::des_ede3_cbc, {}, profile::rfc8894()},
                         offer{"SHA-1", d::sha1, c::des_ede3_cbc, {.allow_sha1 = true}, profile::ndes()},
                         offer{"",
                               d::sha1,
                               c::des_cbc,
                               {.allow_sha1 = true, .allow_triple_des = false, .allow_single_des = true},
                               profile::legacy()}}) {
        SCOPED_TRACE(o.words);
        scripted_ca const ca;
        auto options = ca.options();
        options.offered = capabilities::parse(as_bytes(o.words)).value();
        options.profile = o.tolerances;
        auto transaction = begin(ca, {.profile = o.tolerances, .floor = o.floor});
        log_of_steps log;
        auto const outcome = drive(transaction, serve(responder::create(std::move(options)).value()), &log);
        ASSERT_TRUE(outcome) << outcome.error();
        EXPECT_TRUE(std::holds_alternative<issued>(*outcome));
        auto const sent = parsed_message::parse(log.sent.back().body, profile::legacy()).value();
        EXPECT_EQ(sent.signed_data().digest(), o.digest);
        EXPECT_EQ(cms::enveloped_data::parse(*sent.signed_data().content(), profile::legacy().allowed).value().cipher(),
                  o.cipher);
    }
}

TEST(Enrollment, SaysTheCaIdentifierWhereItBelongs)
{
    scripted_ca const ca;
    auto transaction = begin(ca, {.ca_identifier = "Contoso & Söhne"});
    log_of_steps log;
    ASSERT_TRUE(drive(transaction, serve(respond(ca)), &log));
    EXPECT_EQ(log.sent[0].message, "Contoso & Söhne");
    EXPECT_EQ(log.sent[1].message, "Contoso & Söhne");
    EXPECT_EQ(log.sent[2].message, "");
}

TEST(Enrollment, ARefusalIsAnOutcome)
{
    scripted_ca ca;
    auto options = ca.options();
    options.authorizer = std::make_shared<spy_authorizer>([](auto const&) {
        return refuse{fail_info::bad_request, "not today", hresult{0x80094012}};
    });
    auto transaction = begin(ca);
    auto const outcome = drive(transaction, serve(responder::create(std::move(options)).value()));
    ASSERT_TRUE(outcome) << outcome.error();
    auto const* refusal = std::get_if<rejected>(&*outcome);
    ASSERT_NE(refusal, nullptr);
    EXPECT_EQ(refusal->fail_info, fail_info::bad_request);
    EXPECT_EQ(refusal->fail_info_text, "not today");
    EXPECT_EQ(refusal->microsoft_error, hresult{0x80094012});
}

TEST(Enrollment, ReadsWhatNdesAnswers)
{
    scripted_ca const ca;
    auto options = ca.options();
    options.microsoft_replies = true;
    auto const server = serve(responder::create(std::move(options)).value());
    auto transaction = begin(ca, {.profile = profile::ndes()});
    auto const outcome = drive(transaction, server);
    ASSERT_TRUE(outcome) << outcome.error();
    auto const& got = std::get<issued>(*outcome);
    EXPECT_EQ(got.microsoft_disposition, "Issued");
    EXPECT_TRUE(got.tolerances.contains(quirk::signer_certificate_outside));
    EXPECT_TRUE(got.tolerances.contains(quirk::oaep_empty_parameters));

    auto refused = begin(ca, {.profile = profile::ndes()}, {.challenge = "wrong"});
    auto const no = drive(refused, server);
    ASSERT_TRUE(no) << no.error();
    EXPECT_EQ(std::get<rejected>(*no).microsoft_error, hresult{0x80070057});
    EXPECT_TRUE(std::get<rejected>(*no).tolerances.contains(quirk::content_in_refusal));

    auto strict = begin(ca, {.profile = profile::strict()});
    EXPECT_EQ(drive(strict, server).error(), errc::signer_certificate_missing);
}

TEST(Enrollment, PendingIsTheOutcomeWithoutAPolicy)
{
    scripted_ca const ca;
    auto options = ca.options();
    options.authorizer = std::make_shared<spy_authorizer>([](auto const&) { return hold{}; });
    auto transaction = begin(ca);
    auto const outcome = drive(transaction, serve(responder::create(std::move(options)).value()));
    ASSERT_TRUE(outcome) << outcome.error();
    EXPECT_EQ(std::get<pending>(*outcome).transaction_id, transaction_id_for(device{}.key().public_key()).value());
}

TEST(Enrollment, PollsWithBackOffUntilTheCaDecides)
{
    scripted_ca const ca;
    auto options = ca.options();
    auto const authorizer =
        std::make_shared<spy_authorizer>([count = 0](enrollment_claim const& claim) mutable -> decision {
            EXPECT_EQ(claim.message_type, count == 0 ? message_type::pkcs_req : message_type::cert_poll);
            if(++count < 5)
                return hold{};
            return accept{};
        });
    options.authorizer = authorizer;
    auto transaction = begin(ca, {.polling = {.interval = 30s, .longest = 100s, .attempts = 10, .jitter = 0}});
    log_of_steps log;
    auto const outcome = drive(transaction, serve(responder::create(std::move(options)).value()), &log);
    ASSERT_TRUE(outcome) << outcome.error();
    EXPECT_TRUE(std::holds_alternative<issued>(*outcome));
    EXPECT_EQ(log.waited, (std::vector<std::chrono::seconds>{30s, 60s, 100s, 100s}));
    EXPECT_EQ(authorizer->asked, 5u);
    EXPECT_EQ(ca.issuer->issued, 1u);

    // One transaction, another nonce each time.
    std::vector<bytes> nonces;
    for(std::size_t i = 2; i < log.sent.size(); ++i) {
        auto const message = parsed_message::parse(log.sent[i].body, profile::strict()).value();
        EXPECT_EQ(message.attributes().message_type, i == 2 ? message_type::pkcs_req : message_type::cert_poll);
        EXPECT_EQ(message.attributes().transaction_id, transaction_id_for(device{}.key().public_key()).value());
        EXPECT_EQ(std::count(nonces.begin(), nonces.end(), message.attributes().sender_nonce), 0);
        nonces.push_back(message.attributes().sender_nonce);
    }
}

TEST(Enrollment, PollingEndsWithItsAttempts)
{
    scripted_ca const ca;
    auto options = ca.options();
    options.authorizer = std::make_shared<spy_authorizer>([](auto const&) { return hold{}; });
    auto transaction = begin(ca, {.polling = {.interval = 1s, .longest = 1s, .attempts = 3}});
    log_of_steps log;
    EXPECT_EQ(drive(transaction, serve(responder::create(std::move(options)).value()), &log).error(),
              errc::polling_exhausted);
    EXPECT_EQ(log.waited.size(), 3u);
}

TEST(Enrollment, CostsTwoSignaturesAndOneDecryption)
{
    scripted_ca const ca;
    auto const key = pki::private_key::generate(pki::key_kind::rsa).value();
    auto request = pki::certificate_request_builder()
                       .subject(dn("CN=counted"))
                       .challenge_password(secret_bytes::from_text(right_challenge))
                       .sign(key)
                       .value();
    auto const before = key.operations();
    auto transaction = enrollment::create({std::move(request), key, std::nullopt, std::nullopt}, ca.pin()).value();
    ASSERT_TRUE(std::holds_alternative<issued>(drive(transaction, serve(respond(ca))).value()));
    EXPECT_EQ(key.operations().signatures - before.signatures, 2u);
    EXPECT_EQ(key.operations().decryptions - before.decryptions, 1u);
}

TEST(Enrollment, ASignerOfItsOwnSignsAndOpens)
{
    scripted_ca const ca;
    auto options = ca.options();
    options.profile = profile::ndes(); // Only there the signer's key may differ.
    auto const signer = ca.ca.issue({.subject = "CN=old certificate"}, rsa_key("old device").public_key());
    auto request = device{}.enrollment();
    request.signer = signer;
    request.signer_key = rsa_key("old device");
    auto transaction = enrollment::create(std::move(request), ca.pin()).value();
    log_of_steps log;
    auto const outcome = drive(transaction, serve(responder::create(std::move(options)).value()), &log);
    ASSERT_TRUE(outcome) << outcome.error();
    EXPECT_TRUE(std::holds_alternative<issued>(*outcome));
    EXPECT_EQ(parsed_message::parse(log.sent.back().body, profile::strict()).value().signed_data().certificates(),
              std::vector{signer});
}

TEST(Enrollment, WrongUseIsToldAtOnce)
{
    scripted_ca const ca;
    auto other_key = device{}.enrollment();
    other_key.key = rsa_key("device 2");
    EXPECT_EQ(enrollment::create(std::move(other_key), ca.pin()).error(), errc::invalid_argument);

    auto half_a_signer = device{}.enrollment();
    half_a_signer.signer = ca.ca.certificate;
    EXPECT_EQ(enrollment::create(std::move(half_a_signer), ca.pin()).error(), errc::invalid_argument);

    auto mismatched = device{}.enrollment();
    mismatched.signer = ca.ca.certificate;
    mismatched.signer_key = rsa_key("device 2");
    EXPECT_EQ(enrollment::create(std::move(mismatched), ca.pin()).error(), errc::invalid_argument);

    auto const ec = pki::private_key::generate(pki::key_kind::ec_p256).value();
    auto ec_request = pki::certificate_request_builder().subject(dn("CN=ec")).sign(ec).value();
    EXPECT_EQ(enrollment::create({std::move(ec_request), ec, std::nullopt, std::nullopt}, ca.pin()).error(),
              errc::unsupported);
}

TEST(Enrollment, IsDrivenInItsOrderOnly)
{
    scripted_ca const ca;
    auto transaction = begin(ca);
    EXPECT_EQ(transaction.on_reply({}, noon).error(), errc::state_misuse);
    EXPECT_EQ(transaction.on_timer().error(), errc::state_misuse);
    ASSERT_TRUE(transaction.start());
    EXPECT_EQ(transaction.start().error(), errc::state_misuse);
    EXPECT_EQ(transaction.on_timer().error(), errc::state_misuse);
    auto const server = serve(respond(ca));
    auto step = transaction.on_reply(server({.operation = operation::get_ca_caps}), noon);
    step = transaction.on_reply(server(std::get<send>(*step)), noon);
    step = transaction.on_reply(server(std::get<send>(*step)), noon);
    ASSERT_TRUE(std::holds_alternative<enrollment_outcome>(*step));
    EXPECT_EQ(transaction.on_reply({}, noon).error(), errc::state_misuse);

    auto moved = std::move(transaction);
    EXPECT_EQ(transaction.start().error(), errc::state_misuse); // NOLINT: a moved-from object says so.
    EXPECT_EQ(moved.start().error(), errc::state_misuse);
}

struct fault {
    std::string name;
    std::function<void(reply&)> apply;
    errc expected;
};

// What can go wrong with one answer, at the first, the second, the third: never an outcome, and after it nothing more.
TEST(Enrollment, AFaultAtEveryStepIsATypedError)
{
    std::vector<fault> const faults{
        {"500", [](reply& r) { r.http_status = 500; }, errc::http_status},
        {"404 with a page",
         [](reply& r) {
             r = {to_bytes(as_bytes("<html>")), "text/html", 404};
         },
         errc::http_status},
        {"301", [](reply& r) { r.http_status = 301; }, errc::redirected},
        {"307", [](reply& r) { r.http_status = 307; }, errc::redirected},
        {"page", [](reply& r) { r.body = to_bytes(as_bytes("\xef\xbb\xbf <!DOCTYPE html>")); },
         errc::html_instead_of_scep},
        {"nothing", [](reply& r) { r.body.clear(); }, errc::truncated},
        {"cut", [](reply& r) { r.body.resize(r.body.size() - 1); }, errc::truncated},
        {"longer", [](reply& r) { r.body.push_back(0); }, errc::trailing_data},
        {"too large", [](reply& r) { r.body.resize(3u << 20); }, errc::too_large},
        {"too late", [](reply&) {}, errc::certificate_expired},
    };
    scripted_ca const ca;
    auto const good = serve(respond(ca));
    for(auto const& f : faults) {
        for(std::size_t at = 1; at < 3; ++at) {
            SCOPED_TRACE(f.name + " at " + std::to_string(at));
            auto transaction = begin(ca);
            log_of_steps log;
            auto const late = f.expected == errc::certificate_expired;
            auto const outcome = drive(
                transaction,
                [&](send const& s) {
                    auto r = good(s);
                    if(log.sent.size() == at + 1)
                        f.apply(r);
                    return r;
                },
                &log, late ? noon + std::chrono::hours{24 * 800} : noon);
            ASSERT_FALSE(outcome);
            EXPECT_EQ(log.sent.size(), late ? 2u : at + 1);
            EXPECT_EQ(outcome.error(), f.expected);
            EXPECT_EQ(outcome.error().details().http_status.has_value(),
                      f.name != "cut" && f.name != "longer" && f.name != "too large" && !late);
            EXPECT_EQ(transaction.on_reply({}, noon).error(), errc::state_misuse);
        }
    }
}

TEST(Enrollment, AServerWithoutGetCaCapsIsJudgedByTheFloor)
{
    scripted_ca const ca;
    auto options = ca.options();
    options.profile = profile::ndes();
    auto const good = serve(responder::create(std::move(options)).value());
    std::vector<reply> const bad{{{}, "", 200},
                                 {{}, "", 404},
                                 {to_bytes(as_bytes("<html>")), "text/html", 200},
                                 {to_bytes(as_bytes("no")), "", 500}};
    for(auto const& caps : bad) {
        auto const server = [&](send const& s) { return s.operation == operation::get_ca_caps ? caps : good(s); };
        auto floored = begin(ca);
        log_of_steps log;
        EXPECT_EQ(drive(floored, server, &log).error(), errc::capability_floor);
        EXPECT_EQ(log.sent.size(), 1u);
        auto lenient = begin(ca, {.profile = profile::ndes(), .floor = {.allow_sha1 = true}});
        auto const outcome = drive(lenient, server);
        ASSERT_TRUE(outcome) << outcome.error();
        EXPECT_TRUE(std::holds_alternative<issued>(*outcome));
    }
    auto redirected = begin(ca, {.floor = {.allow_sha1 = true}});
    EXPECT_EQ(drive(redirected, [](send const&) { return reply{{}, "", 302}; }).error(), errc::redirected);
}

TEST(Enrollment, MediaTypesNeedTheirQuirk)
{
    scripted_ca const ca;
    auto const good = serve(respond(ca));
    for(auto const wrong_at : {operation::get_ca_cert, operation::pki_operation}) {
        auto const server = [&](send const& s) {
            auto r = good(s);
            if(s.operation == wrong_at)
                r.content_type = "x-pki-message";
            return r;
        };
        auto tolerant = begin(ca);
        auto const outcome = drive(tolerant, server);
        ASSERT_TRUE(outcome) << outcome.error();
        EXPECT_TRUE(std::get<issued>(*outcome).tolerances.contains(quirk::wrong_media_type));
        auto strict = begin(ca, {.profile = profile::strict()});
        EXPECT_EQ(drive(strict, server).error(), errc::wrong_media_type);
    }
    auto parameters = begin(ca, {.profile = profile::strict()});
    EXPECT_TRUE(drive(parameters, [&](send const& s) {
        auto r = good(s);
        r.content_type = " Application/X-PKI-Message ; charset=utf-8";
        if(s.operation != operation::pki_operation)
            r.content_type = good(s).content_type;
        return r;
    }));
}

} // namespace
} // namespace scepkit::inline v0::scep
