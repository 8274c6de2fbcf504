// SPDX-License-Identifier: BSL-1.0
#include "cases.hpp"

namespace {

using namespace scepkit;
using namespace scepkit::test;
using facts::fact_set;

constexpr auto error = severity::error;
constexpr auto warning = severity::warning;
constexpr auto info = severity::info;
constexpr auto never = std::optional<severity>();

std::function<fact_set()> words(std::vector<std::string> list, fact_set base = healthy_ndes())
{
    return after(std::move(base), [list](auto& f) { f.capabilities->words = list; });
}

std::function<fact_set()> caps_failed(std::string code)
{
    return after(healthy_ndes(), [code](auto& f) {
        f.capabilities = facts::capability_list{{}, code, false};
        drop(f, question::long_query);
    });
}

TEST(CapsRules, FollowTheList)
{
    check({
        {"page", caps_failed("html_instead_of_scep"), "caps-html", error, {}},
        {"list", as_is(healthy_ndes()), "caps-html", never, {}},
        {"nothing", words({}), "caps-empty", error, {}},
        {"list", as_is(healthy_ndes()), "caps-empty", never, {}},
        {"binary", caps_failed("bad_value"), "caps-unreadable", error, {}},
        {"page", caps_failed("html_instead_of_scep"), "caps-unreadable", never, {}},
        {"404 beside a good GetCACert",
         after(healthy_ndes(),
               [](auto& f) {
                   set_status(f, question::get_ca_caps, 404);
                   f.capabilities.reset();
                   drop(f, question::long_query);
               }),
         "caps-missing-but-cert-ok",
         error,
         {}},
        {"list", as_is(healthy_ndes()), "caps-missing-but-cert-ok", never, {}},
        {"mark",
         after(healthy_ndes(), [](auto& f) { f.capabilities->has_byte_order_mark = true; }),
         "caps-bom",
         error,
         {}},
        {"no mark", as_is(healthy_ndes()), "caps-bom", never, {}},
        {"no POST on NDES", words({"SHA-256", "DES3"}), "caps-no-post", error, {}},
        {"no POST elsewhere", words({"SHA-256", "AES"}, healthy_scepserver()), "caps-no-post", warning, {}},
        {"POST", as_is(healthy_ndes()), "caps-no-post", never, {}},
        {"POST in another case", words({"postpkioperation", "SHA-256", "DES3"}), "caps-no-post", never, {}},
        {"the standard's word", words({"SCEPStandard"}), "caps-no-post", never, {}},
        {"SHA-1 only", words({"POSTPKIOperation", "SHA-1", "DES3"}), "caps-no-sha256", error, {}},
        {"SHA-512", words({"POSTPKIOperation", "SHA-512", "DES3"}), "caps-no-sha256", never, {}},
        {"single DES", words({"POSTPKIOperation", "SHA-256"}), "caps-no-3des-no-aes", error, {}},
        {"3DES", as_is(healthy_ndes()), "caps-no-3des-no-aes", never, {}},
        {"sha-256", words({"POSTPKIOperation", "sha-256", "DES3"}), "caps-case", warning, {}},
        {"right case and unknown words",
         words({"POSTPKIOperation", "SHA-256", "DES3", "Lollipop"}),
         "caps-case",
         never,
         {}},
    });
}

template <class Change>
std::function<fact_set()> bag(Change change, fact_set base = healthy_ndes())
{
    return after(std::move(base), [change](auto& f) { change(*f.ca); });
}

std::function<fact_set()> cert_answer(facts::body_kind body, std::int64_t size, std::string failure)
{
    return after(healthy_ndes(), [=](auto& f) {
        auto& e = test::find(f, question::get_ca_cert);
        e.body = body;
        e.body_bytes = size;
        f.ca = facts::ca_certificates{"", false, {}, failure, failure, {}};
    });
}

constexpr std::size_t encryption = 1, signing = 2;

TEST(CaCertRules, FollowTheAnswer)
{
    using facts::body_kind;
    check({
        {"page", cert_answer(body_kind::html, 700, "html_instead_of_scep"), "cacert-html", error, {}},
        {"bag", as_is(healthy_ndes()), "cacert-html", never, {}},
        {"no byte", cert_answer(body_kind::empty, 0, "truncated"), "cacert-empty", error, {}},
        {"no certificate", bag([](auto& b) { b.certificates.clear(); }), "cacert-empty", error, {}},
        {"bag", as_is(healthy_ndes()), "cacert-empty", never, {}},
        {"PEM", cert_answer(body_kind::text, 1200, "unexpected_tag"), "cacert-pem", error, confidence::likely},
        {"bag", as_is(healthy_ndes()), "cacert-pem", never, {}},
        {"garbage", cert_answer(body_kind::binary, 900, "bad_certificate"), "cacert-unreadable", error, {}},
        {"bag", as_is(healthy_ndes()), "cacert-unreadable", never, {}},
        {"content tolerated",
         bag([](auto& b) { b.tolerances = {"bag_with_content"}; }),
         "cacert-not-degenerate",
         error,
         {}},
        {"content refused", cert_answer(body_kind::der, 900, "not_degenerate"), "cacert-not-degenerate", error, {}},
        {"bag", as_is(healthy_ndes()), "cacert-not-degenerate", never, {}},
        {"octet-stream",
         bag([](auto& b) { b.content_type = "application/octet-stream"; }),
         "cacert-wrong-type",
         error,
         {}},
        {"no type", bag([](auto& b) { b.content_type.clear(); }), "cacert-wrong-type", error, {}},
        {"right type in capitals",
         bag([](auto& b) { b.content_type = "Application/X-X509-CA-RA-Cert"; }),
         "cacert-wrong-type",
         never,
         {}},
        {"one promised, bag sent",
         bag([](auto& b) { b.content_type = "application/x-x509-ca-cert"; }),
         "cacert-type-body-mismatch",
         error,
         {}},
        {"bag promised, one sent",
         bag([](auto& b) { b.content_type = "application/x-x509-ca-ra-cert"; }, healthy_scepserver()),
         "cacert-type-body-mismatch",
         error,
         {}},
        {"one promised, one sent", as_is(healthy_scepserver()), "cacert-type-body-mismatch", never, {}},
        {"from a cache",
         after(healthy_ndes(),
               [](auto& f) {
                   test::find(f, question::get_ca_cert).headers.push_back({"Age", "86400"});
               }),
         "cache-hit",
         error,
         {}},
        {"fresh", as_is(healthy_ndes()), "cache-hit", never, {}},
    });
}

TEST(CaCertRules, FollowTheCertificates)
{
    auto const old_pair = [](auto& b) {
        auto old_encryption = b.certificates[encryption], old_signing = b.certificates[signing];
        old_encryption.not_after = old_signing.not_after = "2025-06-01T00:00:00Z";
        b.certificates.push_back(old_encryption);
        b.certificates.push_back(old_signing);
    };
    check({
        {"CA alone", bag([](auto& b) { b.certificates.resize(1); }), "cacert-single-on-ndes", error,
         confidence::certain},
        {"CA alone elsewhere", as_is(healthy_scepserver()), "cacert-single-on-ndes", never, {}},
        {"bag", as_is(healthy_ndes()), "cacert-single-on-ndes", never, {}},
        {"none encrypts",
         bag([](auto& b) { b.certificates.erase(b.certificates.begin() + encryption); }),
         "ra-enc-missing",
         error,
         {}},
        {"pair", as_is(healthy_ndes()), "ra-enc-missing", never, {}},
        {"none signs",
         bag([](auto& b) { b.certificates.erase(b.certificates.begin() + signing); }),
         "ra-sign-missing",
         error,
         {}},
        {"pair", as_is(healthy_ndes()), "ra-sign-missing", never, {}},
        {"one certificate for both",
         bag([](auto& b) {
             b.certificates.resize(2);
             b.certificates[1].key_usage = "digitalSignature, keyEncipherment";
         }),
         "ra-sign-missing",
         never,
         {}},
        {"no request agent",
         bag([](auto& b) { b.certificates[1].extended_key_usage = b.certificates[2].extended_key_usage = {}; }),
         "ra-wrong-eku", warning, confidence::possible},
        {"request agents", as_is(healthy_ndes()), "ra-wrong-eku", never, {}},
        {"both over",
         bag([](auto& b) { b.certificates[1].not_after = b.certificates[2].not_after = "2026-11-25T00:00:00Z"; }),
         "ra-expired", error, confidence::certain},
        {"one over",
         bag([](auto& b) { b.certificates[1].not_after = "2026-11-25T00:00:00Z"; }),
         "ra-expired",
         error,
         {}},
        {"old pair beside a good one", bag(old_pair), "ra-expired", never, {}},
        {"old pair beside a good one", bag(old_pair), "ra-duplicate-old", warning, {}},
        {"pair", as_is(healthy_ndes()), "ra-duplicate-old", never, {}},
        {"pair", as_is(healthy_ndes()), "ra-expired", never, {}},
        {"in ten days",
         bag([](auto& b) { b.certificates[1].not_after = "2026-12-06T00:00:00Z"; }),
         "ra-expiring",
         error,
         {}},
        {"in forty days",
         bag([](auto& b) { b.certificates[1].not_after = "2027-01-05T00:00:00Z"; }),
         "ra-expiring",
         warning,
         {}},
        {"in a year", as_is(healthy_ndes()), "ra-expiring", never, {}},
        {"tomorrow",
         bag([](auto& b) { b.certificates[1].not_before = "2026-11-27T00:00:00Z"; }),
         "ra-not-yet-valid",
         error,
         {}},
        {"pair", as_is(healthy_ndes()), "ra-not-yet-valid", never, {}},
        {"another CA's name", bag([](auto& b) {
             for(auto i : {1, 2}) {
                 b.certificates[static_cast<std::size_t>(i)].issuer_name_in_list = false;
                 b.certificates[static_cast<std::size_t>(i)].issued_by.reset();
             }
         }),
         "ra-wrong-issuer", error, confidence::certain},
        {"the old key's signature",
         bag([](auto& b) { b.certificates[1].issued_by.reset(); }),
         "ra-wrong-issuer",
         error,
         {}},
        {"a signature that cannot be checked",
         bag([](auto& b) {
             b.certificates[1].issued_by.reset();
             b.certificates[1].signature = "unknown";
         }),
         "ra-wrong-issuer",
         never,
         {}},
        {"pair", as_is(healthy_ndes()), "ra-wrong-issuer", never, {}},
        {"CA over",
         bag([](auto& b) { b.certificates[0].not_after = "2026-11-25T00:00:00Z"; }),
         "ca-expired",
         error,
         {}},
        {"CA valid", as_is(healthy_ndes()), "ca-expired", never, {}},
        {"CA ends in five months",
         bag([](auto& b) { b.certificates[0].not_after = "2027-04-25T00:00:00Z"; }),
         "ca-expiring",
         warning,
         {}},
        {"CA ends in years", as_is(healthy_ndes()), "ca-expiring", never, {}},
        {"RSA 1024", bag([](auto& b) { b.certificates[1].key = "RSA 1024"; }), "cacert-weak-key", error,
         confidence::likely},
        {"RSA 2048", as_is(healthy_ndes()), "cacert-weak-key", never, {}},
        {"PSS",
         bag([](auto& b) { b.certificates[0].signature = "RSASSA-PSS SHA-256"; }),
         "cacert-weak-signature",
         error,
         {}},
        {"SHA-1", bag([](auto& b) { b.certificates[0].signature = "RSA SHA-1"; }), "cacert-weak-signature", error, {}},
        {"SHA-1 of an RA",
         bag([](auto& b) { b.certificates[1].signature = "RSA SHA-1"; }),
         "cacert-weak-signature",
         never,
         {}},
        {"EC recipient", bag([](auto& b) { b.certificates[1].key = "P-256"; }), "cacert-ec-recipient", error, {}},
        {"EC CA behind RSA RAs",
         bag([](auto& b) { b.certificates[0].key = "P-384"; }),
         "cacert-ec-recipient",
         never,
         {}},
        {"lone CA without keyEncipherment", as_is(healthy_scepserver()), "ca-ku-encipher", warning, {}},
        {"lone CA with both",
         bag([](auto& b) { b.certificates[0].key_usage = "digitalSignature, keyEncipherment, keyCertSign"; },
             healthy_scepserver()),
         "ca-ku-encipher",
         never,
         {}},
        {"lone CA without key usage",
         bag([](auto& b) { b.certificates[0].key_usage.reset(); }, healthy_scepserver()),
         "ca-ku-encipher",
         never,
         {}},
    });
}

// The ladder's first refused step, and by whom.
std::function<fact_set()> ladder(std::int64_t refused_from, std::int64_t status, std::string server,
                                 bool with_post = true)
{
    return after(healthy_ndes(), [=](auto& f) {
        std::erase_if(f.exchanges, [&](auto const& e) {
            return e.question == question::long_query && e.query_bytes > refused_from;
        });
        for(auto& e : f.exchanges) {
            if(e.question != question::long_query || e.query_bytes != refused_from)
                continue;
            auto const size = e.query_bytes;
            e = status == 0 ? unanswered(question::long_query, e.url, server, "receive")
                            : exchange(question::long_query, "GET", e.url, status, server);
            e.query_bytes = size;
        }
        if(!with_post)
            set_status(f, question::empty_post, 403, "BigIP");
    });
}

TEST(LongUrlRules, NameWhoRefuses)
{
    check({
        {"maxQueryString", ladder(2049, 404, "Microsoft-IIS/10.0"), "longurl-iis-query", warning, confidence::likely},
        {"and POST is blocked", ladder(2049, 404, "Microsoft-IIS/10.0", false), "longurl-iis-query", error, {}},
        {"HTTP.sys", ladder(16500, 400, "Microsoft-HTTPAPI/2.0"), "longurl-httpsys", warning, {}},
        {"Web Application Proxy", ladder(5200, 0, "timed_out"), "longurl-wap", warning, confidence::possible},
        {"Front Door", ladder(4097, 400, ""), "longurl-frontdoor", warning, confidence::possible},
        {"nginx", ladder(8300, 414, "nginx/1.24"), "longurl-proxy-8k", warning, confidence::likely},
        {"HAProxy", ladder(16500, 400, ""), "longurl-haproxy", warning, confidence::possible},
        {"Cloudflare", ladder(33000, 414, "cloudflare"), "longurl-cloudflare", warning, confidence::likely},
        {"reset", ladder(24600, 0, "connection_reset"), "longurl-reset", warning, {}},
        {"none", as_is(healthy_ndes()), "longurl-ok", info, {}},
        {"one", ladder(8300, 414, "nginx"), "longurl-ok", never, {}},
        {"not asked", as_is(healthy_scepserver()), "longurl-ok", never, {}},
    });
    for(auto const* id : {"longurl-iis-query", "longurl-httpsys", "longurl-wap", "longurl-frontdoor",
                          "longurl-proxy-8k", "longurl-haproxy", "longurl-cloudflare", "longurl-reset"})
        EXPECT_EQ(test::find(judge(healthy_ndes()), id), nullptr) << id;
}

TEST(LongUrlRules, NameExactlyOneForEveryAnswer)
{
    for(auto const size : {2000, 2049, 4097, 5200, 8300, 16500, 24600, 30720, 33000, 40000})
        for(auto const status : {0, 400, 403, 404, 413, 414, 431, 500, 503})
            for(auto const* server :
                {"", "nginx", "Microsoft-IIS/10.0", "Microsoft-HTTPAPI/2.0", "cloudflare", "timed_out"}) {
                auto const d = judge(ladder(size, status, server)());
                EXPECT_EQ(std::count_if(d.findings.begin(), d.findings.end(),
                                        [](auto const& f) { return f.id.starts_with("longurl-"); }),
                          1)
                    << size << ' ' << status << ' ' << server;
            }
}

} // namespace
