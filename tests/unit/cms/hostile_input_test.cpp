// SPDX-License-Identifier: BSL-1.0
#include "people.hpp"

#include <algorithm>
#include <random>

using namespace scepkit;
using namespace scepkit::cms;
using namespace scepkit::cms::test;

namespace {

errc bag(bytes_view message) { return code_of(certificate_bag::parse(message, everything())); }
errc message(bytes_view der) { return code_of(signed_data::parse(der, everything())); }
errc envelope(bytes_view der) { return code_of(enveloped_data::parse(der, everything())); }

struct parser {
    char const* name;
    errc (*parse)(bytes_view);
    std::vector<char const*> vectors;
};
parser const parsers[] = {
    {"certificate_bag", bag, {"bag_four.der", "bag_with_crl.der", "bag_ber.der"}},
    {"signed_data",
     message,
     {"signed_sha256.der", "signed_pss.der", "signed_without_certificates.der", "signed_ec_sha256.der",
      "signed_ber.der", "signed_streamed.der"}},
    {"enveloped_data",
     envelope,
     {"enveloped_aes128.der", "enveloped_oaep_sha256.der", "enveloped_ber.der", "enveloped_streamed.der",
      "enveloped_agreement_two.der", "enveloped_password.der", "enveloped_auth_gcm.der"}},
};

bool is_a_parser_code(errc code)
{
    // Whatever is read, the answer is one of these: never a refusal that belongs to a later step, never OpenSSL's.
    auto const c = static_cast<int>(code);
    return (c >= 20 && c <= 22) || (c >= 40 && c <= 45) || code == errc::bad_certificate || code == errc::bad_name ||
           code == errc::wrong_content_type || code == errc::not_degenerate || code == errc::no_signer ||
           code == errc::several_signers || code == errc::attribute_missing || code == errc::attribute_doubled ||
           code == errc::attribute_malformed || code == errc::algorithm_not_allowed || code == errc::no_recipient ||
           code == errc::content_missing;
}

bytes nested(std::uint8_t tag, std::size_t levels, bool indefinite)
{
    bytes out;
    if(indefinite) {
        for(std::size_t i = 0; i != levels; ++i)
            out.insert(out.end(), {tag, 0x80});
        out.resize(out.size() + 2 * levels);
        return out;
    }
    // Lengths of five bytes: the inside does not matter, only the depth.
    std::size_t size = 0;
    for(std::size_t i = 0; i != levels; ++i) {
        bytes const head{tag,
                         0x84,
                         static_cast<std::uint8_t>(size >> 24),
                         static_cast<std::uint8_t>(size >> 16),
                         static_cast<std::uint8_t>(size >> 8),
                         static_cast<std::uint8_t>(size)};
        out.insert(out.end(), head.rbegin(), head.rend());
        size += head.size();
    }
    std::ranges::reverse(out);
    return out;
}

} // namespace

TEST(CmsParsers, RefuseMessagesCutAtEveryByte)
{
    for(auto const& p : parsers)
        for(auto const* name : p.vectors) {
            auto const whole = vector(name);
            ASSERT_EQ(p.parse(whole), errc{}) << name;
            for(std::size_t size = 0; size != whole.size(); ++size) {
                auto const code = p.parse(bytes_view(whole).first(size));
                ASSERT_TRUE(code == errc::truncated || code == errc::bad_length)
                    << name << " cut at " << size << ": " << scepkit::name_of(code);
            }
        }
}

TEST(CmsParsers, SurviveEveryByteChanged)
{
    for(auto const& p : parsers)
        for(auto const* name : p.vectors) {
            auto changed = vector(name);
            // Most of a large vector is certificates, whose reader has tests of its own.
            std::size_t const step = changed.size() > 1000 ? 7 : 1;
            for(std::size_t i = 0; i < changed.size(); i += step)
                for(std::uint8_t mask : bytes{0x01, 0x20, 0xff}) {
                    changed[i] ^= mask;
                    auto const code = p.parse(changed);
                    changed[i] ^= mask;
                    ASSERT_TRUE(code == errc{} || is_a_parser_code(code))
                        << name << " at " << i << ": " << scepkit::name_of(code);
                }
        }
}

TEST(CmsParsers, SurviveGarbage)
{
    std::mt19937 random(20261126);
    std::uniform_int_distribution<int> byte(0, 255);
    std::uniform_int_distribution<std::size_t> length(0, 400);
    for(auto const& p : parsers) {
        auto const genuine = vector(p.vectors.front());
        for(int round = 0; round != 3000; ++round) {
            bytes data;
            if(round % 2 == 0)
                data.assign(genuine.begin(),
                            genuine.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(length(random), 60)));
            for(auto n = length(random); n != 0; --n)
                data.push_back(static_cast<std::uint8_t>(byte(random)));
            auto const code = p.parse(data);
            ASSERT_TRUE(is_a_parser_code(code)) << p.name << ": " << scepkit::name_of(code);
        }
    }
}

TEST(CmsParsers, AreNotExhaustedByNesting)
{
    for(auto const& p : parsers)
        for(std::uint8_t tag : bytes{0x30, 0x31, 0xa0, 0x24})
            for(std::size_t levels : {std::size_t{1}, std::size_t{40}, std::size_t{1000}, std::size_t{100000}})
                for(bool indefinite : {false, true}) {
                    auto const code = p.parse(nested(tag, levels, indefinite));
                    ASSERT_TRUE(is_a_parser_code(code)) << p.name << ": " << scepkit::name_of(code);
                }
}

TEST(CmsParsers, AreNotExhaustedByNestingInsideAMessage)
{
    for(bool indefinite : {false, true}) {
        der_node const bomb{.tag = 0x30, .content = nested(0x30, 20000, indefinite), .children = {}};
        auto deep = der_node::parse(vector("signed_sha256.der"));
        attributes_of(deep)[0][1][0] = bomb;
        EXPECT_EQ(message(deep.encode()), errc::attribute_malformed);
        auto unsigned_attributes = der_node::parse(vector("signed_sha256.der"));
        signer_of(unsigned_attributes).children.push_back({.tag = 0xa1, .content = {}, .children = {bomb}});
        EXPECT_EQ(message(unsigned_attributes.encode()), errc{});
        // A CRL is kept, not read.
        auto crl = der_node::parse(vector("bag_with_crl.der"));
        crl[1][0][4][0] = bomb;
        EXPECT_EQ(bag(crl.encode()), errc{});
    }
}

TEST(CmsParsers, BelieveNoLength)
{
    for(auto const& p : parsers)
        for(std::size_t digits = 1; digits <= 8; ++digits)
            for(std::uint8_t first : bytes{0x01, 0x7f, 0x80, 0xff}) {
                bytes data{0x30, static_cast<std::uint8_t>(0x80 | digits), first};
                data.resize(2 + digits, 0xff);
                data.insert(data.end(), {0x06, 0x09});
                auto const code = p.parse(data);
                EXPECT_TRUE(is_a_parser_code(code)) << p.name << ": " << scepkit::name_of(code);
            }
}
