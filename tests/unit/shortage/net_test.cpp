// SPDX-License-Identifier: BSL-1.0
#include "sweep.hpp"

#include <scepkit/net/client.hpp>
#include <scepkit/net/server.hpp>

#include <support/scripted_ca.hpp>

using namespace scepkit;
using test::failing_allocation;

namespace {

/// A CA whose certificates are in force whenever the test runs.
struct todays_ca {
    static test::certificate_wish long_lived(test::certificate_wish wish)
    {
        wish.not_before = current_time() - std::chrono::hours(24);
        wish.not_after = current_time() + std::chrono::hours(24);
        return wish;
    }
    test::authority ca =
        test::authority::self_signed(long_lived(test::ca_wish("CN=Net Test CA")), test::rsa_key("net ca"));

    std::shared_ptr<scep::responder> responder() const
    {
        scep::responder_options o{.ca_chain = {ca.certificate},
                                  .signing = {ca.certificate, ca.key},
                                  .decryption_certificate = ca.certificate};
        o.decryption = pki::software_decrypter::create(ca.key).value();
        o.authorizer = test::scripted_ca().authorizer;
        o.issuer = std::make_shared<scep::local_issuer>(ca.certificate, ca.key);
        o.offered = {.aes = true, .post_pki_operation = true, .sha256 = true, .scep_standard = true};
        return scep::responder::create(std::move(o)).value();
    }
};

/// A responder behind a real server, and who asks it.
class ThreatR9Served : public testing::Test
{
protected:
    net::server start() const
    {
        net::server_options options;
        options.maximum_connections = 2;
        options.handler = net::serve(ca_.responder(), "/scep");
        return net::server::start(std::move(options)).value();
    }
    http::endpoint endpoint() const
    {
        return http::endpoint::parse("http://127.0.0.1:" + std::to_string(server_.port()) + "/scep").value();
    }
    bool answers() const
    {
        net::client client(net::client_options{});
        auto const got = client.perform(endpoint(), {.method = "GET", .target = "/scep?operation=GetCACert"});
        return got.response && got.response->status == 200;
    }

    /// Whether the device got its certificate.
    bool enrolls() const
    {
        auto enrollment = scep::enrollment::create(test::device().enrollment(),
                                                   scep::ca_trust::pinned(ca_.ca.certificate.sha256()).value())
                              .value();
        net::client client(net::client_options{});
        auto const outcome = client.run(enrollment, endpoint());
        return outcome && std::holds_alternative<scep::issued>(*outcome);
    }

    todays_ca ca_;
    net::server server_ = start();
};

} // namespace

TEST_F(ThreatR9Served, GoesOn)
{
    for(auto const& s : test::shortages)
        for(std::size_t n = 1;; ++n) {
            ASSERT_LT(n, test::most_allocations) << s.name;
            bool failed = false;
            {
                failing_allocation const armed(n, s.victim, s.manner, failing_allocation::where::other_threads);
                static_cast<void>(answers()); // Or not; it must not wait for ever.
                failed = armed.happened();
            }
            ASSERT_TRUE(answers()) << s.name << ", allocation " << n;
            if(!failed)
                break;
        }
}

TEST_F(ThreatR9Served, ItsClientGoesOn)
{
    ASSERT_TRUE(enrolls());
    for(auto const& s : test::shortages)
        for(std::size_t n = 1;; ++n) {
            ASSERT_LT(n, test::most_allocations) << s.name;
            auto const a = test::try_with(s, n, [&] { return answers(); });
            ASSERT_TRUE(a.failed || (a.result && *a.result)) << s.name << ", allocation " << n;
            if(!a.failed)
                break;
        }
    ASSERT_TRUE(enrolls());
}
