// SPDX-License-Identifier: BSL-1.0
#include <scepkit/http/endpoint.hpp>

#include <gtest/gtest.h>

namespace scepkit::inline v0::http {
namespace {

TEST(Endpoint, IsSplit)
{
    auto const e = endpoint::parse("HTTPS://NDES.Contoso.Example:8443/certsrv/mscep/mscep.dll?x=1").value();
    EXPECT_EQ(e.scheme, "https");
    EXPECT_EQ(e.host, "ndes.contoso.example");
    EXPECT_EQ(e.port, 8443);
    EXPECT_EQ(e.path, "/certsrv/mscep/mscep.dll");
    EXPECT_EQ(e.query, "x=1");
    EXPECT_TRUE(e.is_tls());
    EXPECT_FALSE(e.has_default_port());
    EXPECT_EQ(e.host_header(), "ndes.contoso.example:8443");
    EXPECT_EQ(e.url(), "https://ndes.contoso.example:8443/certsrv/mscep/mscep.dll?x=1");
    EXPECT_EQ(e.url_with("/certsrv/mscep_admin"), "https://ndes.contoso.example:8443/certsrv/mscep_admin");
    EXPECT_EQ(e.url_with("x"), "https://ndes.contoso.example:8443/x");
}

TEST(Endpoint, KnowsTheUsualPortsAndTheRoot)
{
    auto const e = endpoint::parse("http://ca").value();
    EXPECT_EQ(e.port, 80);
    EXPECT_EQ(e.path, "/");
    EXPECT_TRUE(e.has_default_port());
    EXPECT_EQ(e.host_header(), "ca");
    EXPECT_EQ(endpoint::parse("https://ca:443/x").value().url(), "https://ca/x");
    EXPECT_EQ(endpoint::parse("https://ca:/x").value().port, 443);
}

TEST(Endpoint, ReadsAddresses)
{
    auto const v6 = endpoint::parse("https://[2001:DB8::1]:444/x").value();
    EXPECT_EQ(v6.host, "2001:db8::1");
    EXPECT_EQ(v6.host_header(), "[2001:db8::1]:444");
    EXPECT_EQ(v6.url(), "https://[2001:db8::1]:444/x");
    EXPECT_EQ(endpoint::parse("http://192.0.2.1/").value().host, "192.0.2.1");
}

TEST(Endpoint, WhatIsNoScepUrlIsRefused)
{
    for(auto const* text : {"",
                            "ndes.contoso.example/certsrv",
                            "//host/x",
                            "ftp://host/",
                            "https:///path",
                            "https://",
                            "https://user@host/",
                            "https://user:password@host/",
                            "https://host/#top",
                            "https://host/a b",
                            " https://host/",
                            "https://host/\n",
                            "https://h\xc3\xb6st/",
                            "https://h%C3%B6st/",
                            "https://host:0/",
                            "https://host:65536/",
                            "https://host:99999999999999999999/",
                            "https://host:8x/",
                            "https://[::1/",
                            "https://[v1.x]/",
                            "https://ho%00st/",
                            "https://ho%0d%0ast/",
                            "https://host;x/",
                            "https://host/%zz",
                            "https:/host/",
                            "https:host",
                            "javascript:alert(1)"})
        EXPECT_EQ(endpoint::parse(text).error(), errc::bad_url) << text;
    EXPECT_EQ(endpoint::parse("https://host/" + std::string(1u << 20, 'a')).error(), errc::bad_url);
    EXPECT_EQ(endpoint::parse("https://" + std::string(300, 'a') + "/").error(), errc::bad_url);
}

TEST(Endpoint, KnowsThisMachine)
{
    for(auto const* text :
        {"http://localhost/", "http://LOCALHOST:80/", "http://127.0.0.1/", "http://127.1.2.3/", "http://[::1]/"})
        EXPECT_TRUE(endpoint::parse(text).value().is_loopback()) << text;
    for(auto const* text : {"http://localhost.example/", "http://128.0.0.1/", "http://[::2]/", "http://0.0.0.0/"})
        EXPECT_FALSE(endpoint::parse(text).value().is_loopback()) << text;
}

TEST(Endpoint, ItsUrlReadsAsTheSame)
{
    for(auto const* text : {"https://a.example/certsrv/mscep/mscep.dll", "http://[::1]:8080/scep?x=y",
                            "http://192.0.2.1/%20a", "http://xn--hst-sna.example/"}) {
        auto const once = endpoint::parse(text).value();
        EXPECT_EQ(once.url(), text);
        EXPECT_EQ(endpoint::parse(once.url()).value().url(), once.url());
    }
}

} // namespace
} // namespace scepkit::inline v0::http
