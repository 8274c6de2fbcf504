// SPDX-License-Identifier: BSL-1.0
#include <probe/places.hpp>

#include <gtest/gtest.h>

using namespace scepkit;
using kind = probe::redirect::kind;

namespace {

net::exchange redirected(std::string const& url, std::string target, std::string location, unsigned status = 301)
{
    net::exchange e;
    e.server = http::endpoint::parse(url).value();
    e.request.target = std::move(target);
    e.response = http::response{.status = status};
    e.response->fields.add("Location", std::move(location));
    return e;
}

kind kind_of(net::exchange const& e) { return probe::read_redirect(e).value().type; }

} // namespace

TEST(Places, KnowTheFolderWhateverItsCase)
{
    for(auto const* path :
        {"/certsrv/mscep", "/certsrv/mscep/", "/CertSrv/MSCEP", "/certsrv/mscep/pkiclient.exe", "/x/certsrv/mscep"})
        EXPECT_TRUE(probe::ends_at_folder(path)) << path;
    for(auto const* path : {"/", "", "/certsrv", "/certsrv/mscep/mscep.dll", "/certsrv/mscep_admin",
                            "/certsrv/mscep/mscep.dll/pkiclient.exe", "/scep", "/notcertsrv/mscepx"})
        EXPECT_FALSE(probe::ends_at_folder(path)) << path;
}

TEST(Places, AddTheFileNameOnce)
{
    EXPECT_EQ(probe::with_dll("/certsrv/mscep"), "/certsrv/mscep/mscep.dll");
    EXPECT_EQ(probe::with_dll("/certsrv/mscep/"), "/certsrv/mscep/mscep.dll");
    EXPECT_EQ(probe::with_dll("/CertSrv/mscep/pkiclient.exe"), "/CertSrv/mscep/mscep.dll");
    EXPECT_EQ(probe::with_slash("/certsrv/mscep"), "/certsrv/mscep/");
    EXPECT_EQ(probe::with_slash("/certsrv/mscep/"), "/certsrv/mscep/");
}

TEST(Places, FindTheAdministratorsPageBesideTheUrl)
{
    EXPECT_EQ(probe::admin_path("/certsrv/mscep/mscep.dll"), "/certsrv/mscep_admin/");
    EXPECT_EQ(probe::admin_path("/a/CertSrv/MSCEP"), "/a/CertSrv/mscep_admin/");
    EXPECT_EQ(probe::admin_path("/certsrv/"), "/certsrv/mscep_admin/");
    EXPECT_EQ(probe::admin_path("/scep"), "");
    EXPECT_TRUE(probe::is_admin("/certsrv/mscep_admin/"));
    EXPECT_FALSE(probe::is_admin("/certsrv/mscep/"));
    EXPECT_TRUE(probe::looks_like_ndes("/certsrv/"));
    EXPECT_FALSE(probe::looks_like_ndes("/mscepserver"));
}

TEST(Redirect, AddsASlashWhateverHostTheServerNames)
{
    auto const* const url = "https://ndes.example/certsrv/mscep";
    auto const* const asked = "/certsrv/mscep?operation=GetCACaps";
    EXPECT_EQ(kind_of(redirected(url, asked, "https://ndes.example/certsrv/mscep/?operation=GetCACaps")),
              kind::adds_slash);
    EXPECT_EQ(kind_of(redirected(url, asked, "/certsrv/mscep/")), kind::adds_slash);
    EXPECT_EQ(kind_of(redirected(url, asked, "http://inside.local/CERTSRV/mscep/")), kind::adds_slash);
    EXPECT_EQ(kind_of(redirected(url, asked, "/certsrv/other/")), kind::elsewhere);
}

TEST(Redirect, ToHttpsKeepsHostAndPath)
{
    auto const* const url = "http://ndes.example/certsrv/mscep/mscep.dll";
    auto const* const asked = "/certsrv/mscep/mscep.dll?operation=GetCACaps";
    auto const to =
        probe::read_redirect(redirected(url, asked, "https://NDES.example/certsrv/mscep/mscep.dll", 302)).value();
    ASSERT_EQ(to.type, kind::to_https);
    EXPECT_EQ(to.https->url(), "https://ndes.example/certsrv/mscep/mscep.dll");
    auto const port = probe::read_redirect(redirected(url, asked, "https://ndes.example:8443/", 308)).value();
    ASSERT_EQ(port.type, kind::to_https);
    EXPECT_EQ(port.https->port, 8443);
    EXPECT_EQ(kind_of(redirected(url, asked, "https://login.microsoftonline.com/common", 302)), kind::elsewhere);
    EXPECT_EQ(kind_of(redirected(url, asked, "http://ndes.example/login")), kind::elsewhere);
}

TEST(Redirect, SurvivesNonsense)
{
    for(auto const* location :
        {"", "://", "http://[", "\x01\x02", "javascript:alert(1)", "//", "https://ndes.example@evil/"})
        EXPECT_EQ(
            kind_of(redirected("http://ndes.example/certsrv/mscep/mscep.dll", "/certsrv/mscep/mscep.dll", location)),
            kind::elsewhere)
            << location;
    net::exchange none;
    EXPECT_FALSE(probe::read_redirect(none));
}
