// SPDX-License-Identifier: BSL-1.0
#include <scepkit/scep/message.hpp>

#include <gtest/gtest.h>
#include <support/resign.hpp>
#include <support/scripted_ca.hpp>

namespace scepkit::inline v0::scep {
namespace {

using namespace scepkit::test;
namespace oids = asn1::oids;

struct mutation {
    std::string name;
    std::function<void(signed_tree&, asn1::oid const&)> apply;
};

der_node value_of(signed_tree& tree, asn1::oid const& type) { return (*tree.attribute(type))[1][0]; }

void set_values(signed_tree& tree, asn1::oid const& type, std::vector<der_node> values)
{
    (*tree.attribute(type))[1] = constructed(0x31, std::move(values));
}

void remove(signed_tree& tree, asn1::oid const& type)
{
    std::erase_if(tree.attributes().children,
                  [&](auto const& a) { return equal(a.children[0].content, type.content()); });
}

std::vector<mutation> const& mutations()
{
    static std::vector<mutation> const all{
        {"Absent", remove},
        {"Doubled", [](signed_tree& t,
                       asn1::oid const& type) { t.attributes().children.push_back(der_node(*t.attribute(type))); }},
        {"TwoValues",
         [](signed_tree& t, asn1::oid const& type) {
             auto const value = value_of(t, type);
             set_values(t, type, {value, value});
         }},
        {"NoValue", [](signed_tree& t, asn1::oid const& type) { set_values(t, type, {}); }},
        {"WrongType",
         [](signed_tree& t, asn1::oid const& type) {
             auto value = value_of(t, type);
             value.tag = value.tag == 0x13 ? 0x0c : 0x13;
             set_values(t, type, {value});
         }},
        {"Empty",
         [](signed_tree& t, asn1::oid const& type) {
             auto value = value_of(t, type);
             value.content.clear();
             set_values(t, type, {value});
         }},
        {"Huge",
         [](signed_tree& t, asn1::oid const& type) {
             auto value = value_of(t, type);
             value.content.assign(64u << 10, '1');
             set_values(t, type, {value});
         }},
        {"Unsigned",
         [](signed_tree& t, asn1::oid const& type) {
             auto const moved = *t.attribute(type);
             remove(t, type);
             t.signer_info().children.push_back(constructed(0xa1, {moved}));
         }},
    };
    return all;
}

std::vector<std::pair<std::string, asn1::oid>> const attributes{{"messageType", oids::message_type},
                                                                {"pkiStatus", oids::pki_status},
                                                                {"failInfo", oids::fail_info},
                                                                {"senderNonce", oids::sender_nonce},
                                                                {"recipientNonce", oids::recipient_nonce},
                                                                {"transactionID", oids::transaction_id},
                                                                {"contentType", oids::content_type},
                                                                {"messageDigest", oids::message_digest}};

// Parsed and verified, as a client does it.
result<verified_message> read(bytes_view message, profile const& tolerances)
{
    auto parsed = parsed_message::parse(message, tolerances);
    if(!parsed)
        return parsed.error();
    return verified_message::verify(*std::move(parsed), {}, tolerances);
}

// Each attribute of a refusal, spoilt in eight ways, under a signature that fits: 64 cases.
TEST(ThreatS4, ASpoiltAttributeIsNeverOverlooked)
{
    scripted_ca const ca;
    reply_wish wish(make_message(ca, {}));
    wish.attributes.pki_status = pki_status::failure;
    wish.attributes.fail_info = fail_info::bad_request;
    auto const good = wish.sign(ca.signer());
    ASSERT_TRUE(read(signed_tree(good).sign(ca.signer().key), profile::rfc8894()));
    unsigned cases = 0;
    for(auto const& [name, type] : attributes) {
        for(auto const& m : mutations()) {
            signed_tree tree(good);
            m.apply(tree, type);
            auto const outcome = read(tree.sign(ca.signer().key), profile::rfc8894());
            SCOPED_TRACE(name + " " + m.name);
            ++cases;
            ASSERT_FALSE(outcome);
            auto const code = outcome.error().code();
            if(m.name == "Absent" || m.name == "Unsigned") {
                EXPECT_EQ(code, errc::attribute_missing);
            } else if(m.name == "Doubled") {
                EXPECT_EQ(code, errc::attribute_doubled);
            } else if(m.name == "TwoValues") {
                EXPECT_TRUE(code == errc::attribute_doubled || code == errc::attribute_malformed) << code;
            } else {
                EXPECT_TRUE(code == errc::attribute_malformed || code == errc::unknown_message_type ||
                            code == errc::digest_mismatch || code == errc::wrong_content_type)
                    << code;
            }
        }
    }
    EXPECT_EQ(cases, 64u);
}

TEST(ThreatS4, AMovedBitAnywhereBreaksTheMessage)
{
    scripted_ca const ca;
    reply_wish wish(make_message(ca, {}));
    wish.attributes.pki_status = pki_status::pending;
    wish.with_signer = false;
    auto const good = wish.sign(ca.signer());
    std::vector const signers{ca.signer().certificate};
    auto const accepted = [&](bytes_view message) {
        auto parsed = parsed_message::parse(message, profile::ndes());
        return parsed && verified_message::verify(*std::move(parsed), signers, profile::ndes());
    };
    ASSERT_TRUE(accepted(good));
    // The version numbers and the digestAlgorithms of the outer SignedData are not signed; what they may be is one of
    // few values, so a moved bit there may pass. Everything else must not.
    unsigned passed = 0;
    for(std::size_t i = 0; i < good.size(); ++i) {
        auto moved = good;
        moved[i] ^= static_cast<std::uint8_t>(1u << (i % 8));
        if(accepted(moved)) {
            ++passed;
            auto const parsed = parsed_message::parse(moved, profile::ndes()).value();
            EXPECT_EQ(parsed.attributes().transaction_id, wish.attributes.transaction_id) << i;
            EXPECT_EQ(parsed.attributes().pki_status, pki_status::pending) << i;
        }
    }
    EXPECT_LT(passed, 32u);
}

TEST(ThreatP1, MessageTypesAreAClosedSetOfExactWords)
{
    scripted_ca const ca;
    auto const with_type = [&](der_node value) {
        signed_tree tree(make_message(ca, {}));
        set_values(tree, oids::message_type, {std::move(value)});
        return parsed_message::parse(tree.sign(rsa_key("device 1")), profile::legacy());
    };
    for(int number = 0; number < 256; ++number) {
        auto const parsed = with_type(primitive(0x13, std::to_string(number)));
        // 3 is a known word too, but a reply needs more than this message has.
        auto const known = number >= 17 && number <= 22;
        EXPECT_EQ(static_cast<bool>(parsed), known) << number;
        if(!known && number != 3) {
            EXPECT_EQ(parsed.error(), errc::unknown_message_type) << number;
        }
    }
    for(std::string const& text :
        {std::string(""), std::string("03"), std::string(" 3"), std::string("3x"), std::string("19\0", 3),
         std::string("19 "), std::string("+19"), std::string("1 9"), std::string("019"), std::string(1024, '1')})
        EXPECT_EQ(with_type(primitive(0x13, text)).error(), errc::unknown_message_type) << text;
    EXPECT_EQ(with_type(primitive(0x0c, "\xd9\xa1\xd9\xa9")).error(), errc::unknown_message_type); // ARABIC-INDIC 19
    EXPECT_FALSE(with_type(primitive(0x13, std::string(10240, '1'))));
    EXPECT_FALSE(with_type(primitive(0x02, bytes{19})));
}

} // namespace
} // namespace scepkit::inline v0::scep
