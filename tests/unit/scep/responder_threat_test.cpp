// SPDX-License-Identifier: BSL-1.0
#include <scepkit/scep/responder.hpp>

#include <gtest/gtest.h>
#include <set>
#include <support/padding_probes.hpp>
#include <support/resign.hpp>
#include <support/scripted_ca.hpp>
#include <thread>

namespace scepkit::inline v0::scep {
namespace {

using namespace scepkit::test;

class notebook final : public observer
{
public:
    void on_event(trace_event const& e) override { lines += std::string(e.name) + " " + e.detail + "\n"; }
    std::string lines;
};

/// Everything of an answer that its receiver, or a reader of the trace, can tell apart.
std::string face_of(responder::answer const& a, std::string const& trace = {})
{
    auto const m = parsed_message::parse(a.body, profile::strict());
    if(!m)
        return std::to_string(a.http_status) + " " + std::to_string(a.body.size());
    auto const& attributes = m->attributes();
    auto face = std::to_string(a.http_status) + " " + a.content_type + " " + std::to_string(a.body.size()) + " " +
                std::string(name_of(*attributes.pki_status));
    for(auto const& one : m->signed_data().signed_attributes())
        face += " " + one.type.to_dotted() + "(" + std::to_string(one.values.at(0).size()) + ")";
    if(attributes.fail_info)
        face += " " + std::string(name_of(*attributes.fail_info));
    return face + " " + attributes.fail_info_text.value_or("-") + "\n" + trace;
}

TEST(ThreatD1, PaddingCannotBeToldFromTheAnswer)
{
    scripted_ca const ca;
    notebook trace;
    auto options = ca.options();
    options.trace = &trace;
    auto const r = responder::create(std::move(options)).value();
    auto const& key = *ca.recipient().certificate.key();
    constexpr unsigned samples = 2000;

    std::set<std::string> faces;
    auto const look = [&](message_wish const& wish) {
        trace.lines.clear();
        auto const a = r->pki_operation(make_message(ca, wish), noon);
        faces.insert(face_of(a, trace.lines));
    };
    auto const signer = device{}.signer();
    for(auto const& c : padding_classes)
        for(unsigned i = 0; i < samples; ++i)
            look({.envelope = envelope_with(ca, raw_rsa(key, c.block(i + 1))), .signer = signer});
    // Neither can what is wrong behind it: garbage, no request, a spoilt one, a wrong challenge.
    look({.content = bytes(100, 0x30), .signer = signer});
    look({.content = bytes{}, .signer = signer});
    auto spoilt = to_bytes(device{}.request().der());
    spoilt.back() ^= 1;
    look({.content = spoilt, .signer = signer});
    look({.content = to_bytes(device{.challenge = "wrong"}.request().der()), .signer = signer});
    look({.content = to_bytes(device{.challenge = ""}.request().der()), .signer = signer});
    look({.content = to_bytes(device{.name = "device 2"}.request().der()), .signer = signer});
    ASSERT_EQ(faces.size(), 1u) << [&] {
        std::string all;
        for(auto const& f : faces)
            all += f;
        return all;
    }();
    EXPECT_NE(faces.begin()->find("badMessageCheck -"), std::string::npos) << *faces.begin();
    EXPECT_EQ(ca.issuer->issued, 0u);
}

TEST(ThreatD1, OneMessageAgainGetsOneKindOfAnswer)
{
    scripted_ca const ca;
    auto const r = responder::create(ca.options()).value();
    auto const& key = *ca.recipient().certificate.key();
    for(auto const& c : padding_classes) {
        auto const message = make_message(ca, {.envelope = envelope_with(ca, raw_rsa(key, c.block(1)))});
        std::set<std::string> faces;
        for(int i = 0; i < 1000; ++i)
            faces.insert(face_of(r->pki_operation(message, noon)));
        EXPECT_EQ(faces.size(), 1u) << c.name;
    }
}

// The content key is wrong or the last block was moved: CBC padding tells nothing either.
TEST(ThreatD3, TheLastBlockOfTheContentTellsNothing)
{
    scripted_ca const ca;
    auto const r = responder::create(ca.options()).value();
    auto const signer = device{}.signer();
    auto const good = der_node::parse(seal_for(ca.recipient().certificate, device{}.request().der()));
    std::set<std::string> faces;
    for(unsigned value = 1; value < 256; value += 3) {
        auto tree = good;
        auto& content = tree[1][0][2][2].content;
        content[content.size() - 17] ^= static_cast<std::uint8_t>(value);
        faces.insert(face_of(r->pki_operation(make_message(ca, {.envelope = tree.encode(), .signer = signer}), noon)));
    }
    EXPECT_EQ(faces.size(), 1u);
}

TEST(ThreatD2, RecipientsThatAreNotExactlyOursCostNoPrivateKey)
{
    scripted_ca const ca;
    auto const r = responder::create(ca.options()).value();
    auto const own = der_node::parse(seal_for(ca.recipient().certificate, device{}.request().der()));
    auto const other = der_node::parse(seal_for(ca.ca.certificate, device{}.request().der()))[1][0][1][0];
    std::vector<std::function<void(der_node&)>> const changes{
        [](der_node& ris) { ris.children.clear(); },
        [&](der_node& ris) { ris.children = {other}; },
        [](der_node& ris) { ris.children.push_back(der_node(ris[0])); },
        [](der_node& ris) {
            ris.children.insert(ris.children.end(), {der_node(ris[0]), der_node(ris[0])});
        },
        // A KEKRecipientInfo alone.
        [](der_node& ris) { ris[0].tag = 0xa2; },
        // The wrong RSA algorithm.
        [](der_node& ris) { ris[0][2][0] = primitive(0x06, asn1::oids::rsassa_pss.content()); },
    };
    std::set<std::string> faces;
    for(auto const& change : changes) {
        auto tree = own;
        change(tree[1][0][1]);
        faces.insert(face_of(r->pki_operation(make_message(ca, {.envelope = tree.encode()}), noon)));
    }
    EXPECT_EQ(faces.size(), 1u);
    EXPECT_EQ(ca.decrypter->decrypted, 0u);
    EXPECT_EQ(ca.authorizer->asked, 0u);

    // One entry of ours beside others' is what micromdm's client sends.
    auto tree = own;
    tree[1][0][1].children.push_back(other);
    auto const a = r->pki_operation(make_message(ca, {.envelope = tree.encode()}), noon);
    EXPECT_EQ(parsed_message::parse(a.body, profile::strict()).value().attributes().pki_status, pki_status::success);
    EXPECT_EQ(ca.decrypter->decrypted, 1u);
}

TEST(ThreatD6, SingleDesIsRefusedByPolicyBeforeTheKey)
{
    scripted_ca const ca;
    auto const r = responder::create(ca.options()).value();
    auto const a = r->pki_operation(make_message(ca, {.cipher = cms::content_cipher::des_cbc}), noon);
    EXPECT_EQ(parsed_message::parse(a.body, profile::strict()).value().attributes().fail_info,
              fail_info::bad_message_check);
    EXPECT_EQ(ca.decrypter->decrypted, 0u);
}

TEST(ThreatP1, OnlyTypesThatCanEndInACertificateReachTheAuthorizer)
{
    scripted_ca const ca;
    // The signer has a certificate of the CA, so that as a RenewalReq the message is a good one.
    auto const& key = rsa_key("device 1");
    authority const signer{ca.ca.issue({.subject = "CN=device 1,O=Contoso",
                                        .usage = pki::key_usage::digital_signature,
                                        .names = {pki::general_name::dns("device.contoso.example").value()}},
                                       key.public_key()),
                           key};
    for(auto const renewals : {false, true}) {
        auto options = ca.options();
        options.renewals.allowed = renewals;
        auto const r = responder::create(std::move(options)).value();
        std::vector<std::string> words{
            "", "3x", "03", " 3", std::string("19\0", 3), "19 ", "\xd9\xa1\xd9\xa9", std::string(10240, '1')};
        for(int number = 0; number < 256; ++number)
            words.push_back(std::to_string(number));
        for(auto const& word : words) {
            // Each is a transaction of its own, so that none is answered from memory.
            signed_tree tree(
                make_message(ca, {.transaction_id = "T" + std::to_string(&word - words.data()), .signer = signer}));
            (*tree.attribute(asn1::oids::message_type))[1] = constructed(0x31, {primitive(0x13, word)});
            auto const asked = ca.authorizer->asked.load();
            auto const issued = ca.issuer->issued.load();
            auto const a = r->pki_operation(tree.sign(key), noon);
            auto const may = word == "19" || (word == "17" && renewals);
            EXPECT_EQ(ca.authorizer->asked, asked + (may ? 1 : 0)) << word;
            EXPECT_EQ(ca.issuer->issued, issued + (may ? 1 : 0)) << word;
            EXPECT_EQ(ca.issuer->issued, ca.authorizer->accepted) << word;
            auto const reply = parsed_message::parse(a.body, profile::strict());
            if(may) {
                EXPECT_EQ(reply.value().attributes().pki_status, pki_status::success) << word;
            } else if(word == "18") {
                EXPECT_EQ(reply.value().attributes().fail_info_text, "unsupported message type");
            } else if(word == "17" || word == "22") {
                EXPECT_EQ(reply.value().attributes().fail_info, fail_info::bad_request) << word;
            } else if(word == "20" || word == "21") { // The content is neither names nor a number.
                EXPECT_EQ(reply.value().attributes().fail_info, fail_info::bad_message_check) << word;
            } else {
                EXPECT_EQ(a.http_status, 400u) << word;
            }
        }
    }
    EXPECT_EQ(ca.issuer->issued, 3u);
}

TEST(ThreatP1, NothingIsIssuedWithoutAcceptance)
{
    std::vector<std::function<decision()>> const words{[] { return refuse{}; },
                                                       [] {
                                                           return refuse{fail_info::bad_time, "x", {}};
                                                       },
                                                       [] { return hold{}; }};
    for(auto const& say : words) {
        scripted_ca const ca;
        auto options = ca.options();
        options.authorizer = std::make_shared<spy_authorizer>([&](auto const&) { return say(); });
        auto const r = responder::create(std::move(options)).value();
        for(int i = 0; i < 3; ++i)
            (void)r->pki_operation(make_message(ca, {}), noon);
        EXPECT_EQ(ca.issuer->issued, 0u);
    }
    // An authorizer that breaks down refuses.
    class broken final : public authorizer
    {
    public:
        result<decision> decide(enrollment_claim const&) override { return errc::io_failed; }
    };
    scripted_ca const ca;
    auto options = ca.options();
    options.authorizer = std::make_shared<broken>();
    auto const a = responder::create(std::move(options)).value()->pki_operation(make_message(ca, {}), noon);
    EXPECT_EQ(parsed_message::parse(a.body, profile::strict()).value().attributes().pki_status, pki_status::failure);
    EXPECT_EQ(ca.issuer->issued, 0u);
}

TEST(ThreatP3, TheSameMessageAgainGetsTheSameCertificateAndNoSecond)
{
    scripted_ca const ca;
    auto const r = responder::create(ca.options()).value();
    auto const signer = device{}.signer();
    auto const message = make_message(ca, {.signer = signer});
    auto const key = pki::software_decrypter::create(signer.key).value();
    std::set<bytes> leaves;
    for(int i = 0; i < 3; ++i) {
        auto const a = r->pki_operation(message, noon);
        auto const reply =
            verified_message::verify(parsed_message::parse(a.body, profile::strict()).value(), {}, profile::strict())
                .value();
        auto const content = reply.open(signer.certificate, *key, profile::strict()).value();
        leaves.insert(to_bytes(cms::certificate_bag::parse(content.content.view()).value().certificates.front().der()));
    }
    EXPECT_EQ(leaves.size(), 1u);
    EXPECT_EQ(ca.issuer->issued, 1u);
    EXPECT_EQ(ca.authorizer->asked, 1u);
}

TEST(ThreatP3, AnotherKeyCannotCollectTheCertificateOfATransaction)
{
    scripted_ca const ca;
    auto const r = responder::create(ca.options()).value();
    (void)r->pki_operation(make_message(ca, {}), noon);
    auto const a = r->pki_operation(make_message(ca, {.from = {.name = "device 2"}}), noon);
    auto const attributes = parsed_message::parse(a.body, profile::strict()).value().attributes();
    EXPECT_EQ(attributes.fail_info, fail_info::bad_request);
    EXPECT_FALSE(attributes.fail_info_text);
    EXPECT_EQ(ca.issuer->issued, 1u);
    EXPECT_EQ(ca.authorizer->asked, 1u);
}

TEST(ThreatP3, ManyThreadsWithOneTransactionIssueOnce)
{
    scripted_ca const ca;
    auto options = ca.options();
    std::vector<secret_bytes> one;
    one.push_back(secret_bytes::from_text(right_challenge));
    options.authorizer = std::make_shared<challenge_store>(std::move(one), challenge_store::use::once);
    auto const r = responder::create(std::move(options)).value();
    auto const message = make_message(ca, {});
    std::atomic<unsigned> good{0};
    std::vector<std::thread> threads;
    for(int i = 0; i < 16; ++i)
        threads.emplace_back([&] {
            auto const a = r->pki_operation(message, noon);
            if(parsed_message::parse(a.body, profile::strict()).value().attributes().pki_status == pki_status::success)
                ++good;
        });
    for(auto& t : threads)
        t.join();
    EXPECT_EQ(good, 16u);
    EXPECT_EQ(ca.issuer->issued, 1u);
}

TEST(ThreatP4, WithoutChallengesNothingIsIssued)
{
    scripted_ca const ca;
    auto options = ca.options();
    options.authorizer = std::make_shared<challenge_store>(std::vector<secret_bytes>{}, challenge_store::use::reusable);
    auto const r = responder::create(std::move(options)).value();
    for(auto const* challenge : {"", "anything"}) {
        auto const a = r->pki_operation(make_message(ca, {.from = {.challenge = challenge}}), noon);
        EXPECT_EQ(parsed_message::parse(a.body, profile::strict()).value().attributes().fail_info,
                  fail_info::bad_message_check);
    }
    EXPECT_EQ(ca.issuer->issued, 0u);
}

TEST(ThreatS3, ASignerWithAnotherKeyNeedsItsQuirk)
{
    scripted_ca const ca;
    message_wish const wish{
        .signer = authority::self_signed({.subject = "CN=SCEP Protocol Certificate"}, rsa_key("throw-away"))};
    for(auto const& [tolerances, served] : {std::pair{profile::rfc8894(), false},
                                            {profile::strict(), false},
                                            {profile::windows(), true},
                                            {profile::ndes(), true},
                                            {profile::legacy(), true}}) {
        auto options = ca.options();
        options.profile = tolerances;
        auto const a = responder::create(std::move(options)).value()->pki_operation(make_message(ca, wish), noon);
        auto const attributes = parsed_message::parse(a.body, profile::strict()).value().attributes();
        EXPECT_EQ(attributes.pki_status == pki_status::success, served) << tolerances.name;
    }
}

TEST(ThreatS11, ARequestWithoutProofOfPossessionIsRefused)
{
    scripted_ca const ca;
    auto options = ca.options();
    options.profile = profile::legacy();
    auto const r = responder::create(std::move(options)).value();
    // The request of device 1 with the key of device 2 in it: nobody signed that.
    auto stolen = der_node::parse(device{}.request().der());
    stolen[0][2] = der_node::parse(rsa_key("device 2").public_key().spki());
    auto spoilt = der_node::parse(device{}.request().der());
    spoilt[2].content.back() ^= 1;
    for(auto const& tree : {stolen, spoilt}) {
        auto const a = r->pki_operation(make_message(ca, {.content = tree.encode()}), noon);
        EXPECT_EQ(parsed_message::parse(a.body, profile::strict()).value().attributes().fail_info,
                  fail_info::bad_message_check);
    }
    EXPECT_EQ(ca.authorizer->asked, 0u);
}

TEST(ThreatS5, Sha1AndShortKeysAreServedOnlyOnPurpose)
{
    scripted_ca const ca;
    auto const sha1 = make_message(ca, {.digest = pki::digest_algorithm::sha1});
    EXPECT_EQ(responder::create(ca.options()).value()->pki_operation(sha1, noon).http_status, 400u);
    auto options = ca.options();
    options.profile = profile::windows();
    EXPECT_EQ(responder::create(std::move(options)).value()->pki_operation(sha1, noon).http_status, 200u);
    EXPECT_EQ(ca.issuer->issued, 1u);
}

TEST(ThreatP9, TracesHoldNoChallenge)
{
    scripted_ca const ca;
    notebook trace;
    auto options = ca.options();
    options.trace = &trace;
    auto const r = responder::create(std::move(options)).value();
    (void)r->pki_operation(make_message(ca, {}), noon);
    (void)r->pki_operation(make_message(ca, {.from = {.challenge = "canary-4a7f"}, .transaction_id = "2"}), noon);
    EXPECT_FALSE(trace.lines.empty());
    EXPECT_EQ(trace.lines.find(right_challenge), std::string::npos);
    EXPECT_EQ(trace.lines.find("canary"), std::string::npos);
}

} // namespace
} // namespace scepkit::inline v0::scep
