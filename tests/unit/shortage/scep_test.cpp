// SPDX-License-Identifier: BSL-1.0
#include "new_key.hpp"
#include "sweep.hpp"

#include <scepkit/scep/query.hpp>

#include <support/scripted_ca.hpp>

using namespace scepkit;
using test::sweep;
using test::sweep_anew;
using test::with_new_key;

namespace {

/// An operation with a CA all of whose keys are new, and with a device's: see with_new_key.
template <class Operation>
auto with_new_keys(Operation operation)
{
    struct pems {
        bytes device = to_bytes(test::rsa_key("device 1").to_pem()->view());
        bytes signing = to_bytes(test::rsa_key("signing ra").to_pem()->view());
        bytes encryption = to_bytes(test::rsa_key("encryption ra").to_pem()->view());
        bytes ca = to_bytes(test::rsa_key("ca").to_pem()->view());
    };
    return [operation = std::move(operation), model = test::scripted_ca(), pem = pems()] {
        auto const load = [](bytes const& from) { return pki::private_key::from_pem(from).value(); };
        auto options = model.options();
        options.signing.key = load(pem.signing);
        options.decryption = pki::software_decrypter::create(load(pem.encryption)).value();
        options.issuer = std::make_shared<scep::local_issuer>(model.ca.certificate, load(pem.ca));
        options.queries = scep::query_policy::everybody;
        options.crl = [list =
                           pki::make_crl({.this_update = test::noon, .next_update = test::noon + std::chrono::hours(1)},
                                         model.ca.certificate, model.ca.key)
                               .value()](time_point) -> result<pki::crl> { return list; };
        auto enrollment = test::device().enrollment();
        enrollment.key = load(pem.device);
        return [&operation, options, enrollment, pin = model.pin()] { return operation(options, enrollment, pin); };
    };
}

/// Drives what `create` made to its end, against a responder of these options.
template <class Wanted, class Made>
result<Wanted> run(scep::responder_options const& options, Made&& made)
{
    if(!made)
        return made.error();
    auto const server = scep::responder::create(options);
    if(!server)
        return server.error();
    auto outcome = test::drive(*made, test::serve(*server));
    if(!outcome)
        return outcome.error();
    if(auto* found = std::get_if<Wanted>(&*outcome))
        return std::move(*found);
    return errc::not_authorized; // A FAILURE, for the responder's memory is ours.
}

constexpr auto is_for_the_device = [](scep::issued const& issued) {
    return *issued.certificate.key() == test::rsa_key("device 1").public_key();
};

} // namespace

TEST(ThreatR9, ReadingCapabilities)
{
    auto const text = as_bytes("POSTPKIOperation\r\nRenewal\r\nSHA-512\r\nSomething-New\r\n");
    sweep([&] { return scep::capabilities::parse(text); }, [](auto const& c) { return c.unknown.size() == 1; });
    auto const page = as_bytes("<!-- a comment --> <HTML><body>The page cannot be displayed</body></HTML>");
    sweep([&]() -> result<bool> { return scep::capabilities::parse(page).error() == errc::html_instead_of_scep; },
          [](bool seen) { return seen; });
}

TEST(ThreatR9, ChoosingTheIdentityOfACa)
{
    test::scripted_ca const ca;
    auto const answer = scep::responder::create(ca.options()).value()->get_ca_cert();
    auto const choose = [&](scep::ca_trust const& trust) -> result<scep::ca_identity> {
        auto const bag = scep::parse_ca_certificates(answer.body, {});
        if(!bag)
            return bag.error();
        return scep::ca_identity::choose(*bag, trust, {}, test::noon);
    };
    sweep([&] { return choose(ca.pin()); },
          [&](auto const& identity) { return identity.recipient == ca.recipient().certificate; });
    auto const anchored = scep::ca_trust::anchored({ca.ca.certificate}).value();
    sweep([&] { return choose(anchored); },
          [&](auto const& identity) { return identity.issuing_ca == ca.ca.certificate; });
    auto const strangers = scep::ca_trust::pinned(bytes(32, 0x11)).value();
    sweep([&]() -> result<bool> { return !choose(strangers); }, [](bool refused) { return refused; });
}

TEST(ThreatR9, BuildingAndReadingAMessage)
{
    test::scripted_ca const ca;
    auto const signer = test::device().signer();
    scep::outgoing_message out;
    out.attributes.message_type = scep::message_type::pkcs_req;
    out.attributes.transaction_id = "4711";
    out.attributes.sender_nonce = bytes(16, 0x42);
    out.certificates = {signer.certificate};
    out.enveloped = test::seal_for(ca.recipient().certificate, test::device().request().der());
    auto const read = [](bytes const& message) -> result<scep::verified_message> {
        auto parsed = scep::parsed_message::parse(message, {});
        if(!parsed)
            return parsed.error();
        return scep::verified_message::verify(*std::move(parsed), {}, {});
    };
    auto const build = [&](pki::private_key const& key) { return scep::build_message(out, signer.certificate, key); };
    sweep_anew(with_new_key(to_bytes(signer.key.to_pem()->view()), build),
               [&](auto const& message) { return read(message).has_value(); });
    auto const message = build(signer.key).value();
    sweep([&] { return read(message); }, [](auto const& m) { return m.attributes().transaction_id == "4711"; });
}

TEST(ThreatR9, Enrolling)
{
    auto const enroll = [](scep::responder_options const& options, scep::enrollment_request const& request,
                           scep::ca_trust const& trust) {
        return run<scep::issued>(options, scep::enrollment::create(request, trust));
    };
    sweep_anew(with_new_keys(enroll), is_for_the_device);
}

// Half a state must not be asked for the rest.
TEST(ThreatR9, AnEnrolmentThatThrewIsOver)
{
    test::scripted_ca const ca;
    auto const serve = test::serve(scep::responder::create(ca.options()).value());
    auto const one = test::shortages[0];
    std::size_t thrown = 0;
    for(unsigned failing = 0; failing != 4; ++failing)
        for(std::size_t n = 1;; ++n) {
            auto enrollment = scep::enrollment::create(test::device().enrollment(), ca.pin()).value();
            scep::reply answer;
            auto const call = [&](unsigned which) {
                return which == 0 ? enrollment.start() : enrollment.on_reply(answer, test::noon);
            };
            for(unsigned which = 0; which != failing; ++which)
                answer = serve(std::get<scep::send>(call(which).value()));
            auto const a = test::try_with(one, n, [&] { return call(failing); });
            if(!a.failed)
                break;
            if(a.result) // It did without.
                continue;
            ++thrown;
            ASSERT_EQ(enrollment.on_reply(answer, test::noon).error(), errc::state_misuse) << failing << ", " << n;
            ASSERT_EQ(enrollment.on_timer().error(), errc::state_misuse);
            ASSERT_EQ(enrollment.start().error(), errc::state_misuse);
            ASSERT_EQ(enrollment.save().error(), errc::state_misuse);
        }
    EXPECT_GT(thrown, 100u);
}

TEST(ThreatR9, SavingAndResuming)
{
    auto const poll = [](scep::responder_options options, scep::enrollment_request const& request,
                         scep::ca_trust const& trust) -> result<scep::issued> {
        bool patient = true;
        options.authorizer = scep::make_authorizer([&](auto const&) -> result<scep::decision> {
            return std::exchange(patient, false) ? scep::decision(scep::hold{}) : scep::decision(scep::accept{});
        });
        auto ledger = scep::make_memory_ledger(); // Of both responders.
        if(!ledger)
            return ledger.error();
        options.ledger = *std::move(ledger);
        auto made = scep::enrollment::create(request, trust);
        if(auto const first = run<scep::pending>(options, made); !first)
            return first.error();
        auto const saved = made->save();
        if(!saved)
            return saved.error();
        return run<scep::issued>(options,
                                 scep::enrollment::resume(*saved, {request.key, {}, {}, {}}, trust, {}, test::noon));
    };
    sweep_anew(with_new_keys(poll), is_for_the_device);
}

TEST(ThreatR9, AskingForAList)
{
    auto const signer = test::device().signer();
    auto const ask = [&](scep::responder_options const& options, scep::enrollment_request const& request,
                         scep::ca_trust const& trust) {
        return run<scep::found_crl>(options, scep::query::crl(scep::issuer_and_serial::of(options.signing.certificate),
                                                              {signer.certificate, request.key, nullptr}, trust));
    };
    sweep_anew(with_new_keys(ask), [](auto const& found) { return found.crl.size() == 0; });
}
