// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <support/scripted_ca.hpp>

#include <scepkit/net/tls.hpp>

namespace scepkit::test {

/// Valid whenever a test runs: a TLS handshake looks at the real clock.
inline certificate_wish timeless(certificate_wish wish)
{
    wish.not_before = time_point{std::chrono::sys_days{std::chrono::year{2020} / 1 / 1}};
    wish.not_after = time_point{std::chrono::sys_days{std::chrono::year{2049} / 12 / 31}};
    return wish;
}

/// Root, intermediate, and leaves for "localhost" and 127.0.0.1 unless said otherwise.
class tls_pki
{
public:
    tls_pki()
        : root(authority::self_signed(timeless(ca_wish("CN=TLS Root")), rsa_key("tls root"))),
          intermediate{root.issue(timeless(ca_wish("CN=TLS Intermediate")), rsa_key("tls intermediate").public_key()),
                       rsa_key("tls intermediate")}
    {
    }

    static tls_pki const& instance()
    {
        static tls_pki const one;
        return one;
    }

    certificate_wish leaf_wish() const
    {
        return timeless(
            {.subject = "CN=localhost",
             .usage = pki::key_usage::digital_signature | pki::key_usage::key_encipherment,
             .extended_usage = {asn1::oids::server_auth},
             .names = {pki::general_name::dns("localhost").value(), pki::general_name::ip("127.0.0.1").value()}});
    }
    net::tls_server_options server(certificate_wish const& wish) const
    {
        auto const& key = rsa_key("tls leaf");
        return {{intermediate.issue(wish, key.public_key()), intermediate.certificate}, key};
    }
    net::tls_server_options server() const { return server(leaf_wish()); }
    net::tls_server_options expired_server() const
    {
        auto wish = leaf_wish();
        wish.not_after = time_point{std::chrono::sys_days{std::chrono::year{2021} / 1 / 1}};
        return server(wish);
    }
    net::tls_server_options server_for(std::string_view other_name) const
    {
        auto wish = leaf_wish();
        wish.names = {pki::general_name::dns(other_name).value()};
        return server(wish);
    }
    net::tls_server_options server_without_intermediate() const
    {
        auto options = server();
        options.chain.pop_back();
        return options;
    }

    authority root;
    authority intermediate;
};

} // namespace scepkit::test
