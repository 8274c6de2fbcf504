// SPDX-License-Identifier: BSL-1.0
#include <diagnosis/detail/make.hpp>

#include <algorithm>

namespace scepkit::inline v0::diagnosis::detail {

namespace {

using outcome = std::optional<finding>;
using kind = catalogue_entry::kind;

// The questions that a client asks at the URL of its profile.
bool is_clients(question q) noexcept { return is_operation(q) || q == question::empty_post; }

std::vector<http_exchange const*> redirected(rule_context const& c, redirect_kind wanted)
{
    std::vector<http_exchange const*> out;
    for(auto const& e : c.facts.exchanges)
        if((is_clients(e.question) || e.question == question::bare_get) && kind_of_redirect(e) == wanted)
            out.push_back(&e);
    return out;
}

bool any_operation(std::vector<http_exchange const*> const& list)
{
    return std::ranges::any_of(list, [](auto const* e) { return is_clients(e->question); });
}

make& on_all(make& f, rule_context const& c, std::vector<http_exchange const*> const& list)
{
    for(auto const* e : list)
        f.on(c, *e);
    return f;
}

outcome login(rule_context const& c, catalogue_entry const& entry)
{
    auto const all = redirected(c, redirect_kind::login);
    if(all.empty())
        return std::nullopt;
    make f(entry);
    f.saw("The server sends " + std::string(name_of(all.front()->question)) +
          " to a sign-in page: " + *all.front()->location + ".");
    return on_all(f, c, all).predict_http(c).predict_silence(c);
}

outcome login_page(rule_context const& c, catalogue_entry const& entry)
{
    auto const* caps = answered(c, question::get_ca_caps);
    if(!has_status(caps, 200) || caps->body != facts::body_kind::html ||
       has_marker(*caps, "Network Device Enrollment Service"))
        return std::nullopt;
    std::string signs;
    for(std::string_view const m : {"SAMLRequest", "login.microsoftonline.com", "form", "window.location"})
        if(has_marker(*caps, m))
            signs += (signs.empty() ? "" : ", ") + std::string(m);
    bool const sure = has_marker(*caps, "SAMLRequest") || has_marker(*caps, "login.microsoftonline.com");
    if(signs.empty())
        return std::nullopt;
    return make(entry)
        .is(sure ? confidence::likely : confidence::possible)
        .saw("GetCACaps is answered with a page" +
             (caps->html_title.empty() ? std::string() : " \"" + caps->html_title + "\"") + " that holds: " + signs +
             ".")
        .on(c, *caps)
        .predict_http(c);
}

outcome to_https(rule_context const& c, catalogue_entry const& entry)
{
    auto const all = redirected(c, redirect_kind::https);
    if(!any_operation(all))
        return std::nullopt;
    auto const keeps = std::ranges::all_of(all, [](auto const* e) { return *e->status == 307 || *e->status == 308; });
    make f(entry);
    f.is(keeps ? severity::warning : severity::error);
    auto const* https = c.facts.find(question::https_variant);
    bool const unserved = https != nullptr && !https->status;
    f.saw("The server sends http to https with " + std::to_string(*all.front()->status) +
          (unserved ? ", and there nothing answers (" + https->failure.value_or("no answer") + ")." : "."));
    if(c.facts.target)
        f.fix_instead_of_first("Write https:// in the profile: https://" + c.facts.target->host + c.facts.target->path);
    on_all(f, c, all).predict_target();
    for(auto const* e : all)
        f.predict(c, *e);
    if(unserved)
        f.on(c, *https).predict(c, *https);
    return f;
}

outcome loop(rule_context const& c, catalogue_entry const& entry)
{
    auto const all = redirected(c, redirect_kind::loop);
    if(all.empty())
        return std::nullopt;
    make f(entry);
    f.saw("The server answers " + std::to_string(*all.front()->status) +
          " and sends the client to the very URL it asked for.");
    return on_all(f, c, all).predict_http(c);
}

outcome other_host(rule_context const& c, catalogue_entry const& entry)
{
    auto const all = redirected(c, redirect_kind::host);
    if(!any_operation(all))
        return std::nullopt;
    make f(entry);
    f.saw("The server sends SCEP calls to another host: " + *all.front()->location + ".");
    on_all(f, c, all);
    for(auto const* e : all)
        f.predict(c, *e);
    return f;
}

outcome elsewhere(rule_context const& c, catalogue_entry const& entry)
{
    auto const all = redirected(c, redirect_kind::elsewhere);
    if(!any_operation(all))
        return std::nullopt;
    make f(entry);
    f.saw("The server sends SCEP calls elsewhere: " + all.front()->location.value_or("no Location was given") + ".");
    on_all(f, c, all);
    for(auto const* e : all)
        f.predict(c, *e);
    return f;
}

outcome query_lost(rule_context const& c, catalogue_entry const& entry)
{
    for(auto const& e : c.facts.exchanges) {
        auto const type = kind_of_redirect(e);
        if(!is_operation(e.question) || type == redirect_kind::none || type == redirect_kind::login)
            continue;
        auto const to = read_place(e, *e.location);
        if(to && !contains(to->query, "operation="))
            return make(entry)
                .saw("The redirect of " + std::string(name_of(e.question)) + " leads to " + *e.location +
                     ": the query is gone.")
                .on(c, e);
    }
    return std::nullopt;
}

outcome slash(rule_context const& c, catalogue_entry const& entry)
{
    auto const all = redirected(c, redirect_kind::slash);
    auto const is_redirected = [](auto const& a) {
        for(std::string_view const op : {"caps", "cert", "pki"})
            for(auto const& [status, then] : statuses(a, op))
                if(status == 301)
                    return true;
        return false;
    };
    auto const logged = devices(c, is_redirected, [](auto const&) { return false; });
    if(!any_operation(all) && logged.bad.empty())
        return std::nullopt;
    // Elsewhere a folder may well take POSTs; the GETs still cost a round trip that some clients do not make.
    auto const* post = answered(c, question::empty_post);
    bool const harmless = logged.bad.empty() && !is_folder_path(target_path(c)) && takes_post(post);
    make f(entry);
    f.is(harmless ? severity::warning : severity::error);
    f.saw(!all.empty()
              ? "The server sends GETs of " + (c.facts.target ? c.facts.target->path : std::string("the path")) +
                    " to the same path with a slash."
              : counted(logged.count, "attempt") +
                    " in the log met a redirect, as for a folder: to the same path with a slash.");
    on_all(f, c, all);
    for(auto const& a : logged.bad)
        f.on(a);
    return f;
}

constexpr std::string_view app_proxy =
    "Microsoft Learn: Integrate with Microsoft Entra application proxy on an NDES server";
constexpr std::string_view login_fix[] = {
    "Microsoft Entra admin center > Enterprise applications > the app > Application proxy: set Pre Authentication to "
    "Passthrough.",
    "With another proxy or a firewall in front: exclude /certsrv/mscep from its sign-in. SCEP clients cannot sign in; "
    "the challenge in the request does that."};
constexpr std::string_view page_fix[] = {"Find out which proxy, firewall or captive portal answers in the server's "
                                         "place (Server and Via headers, title of the page).",
                                         "Exclude /certsrv/mscep from its sign-in or its check of browsers."};
constexpr std::string_view https_fix[] = {"Write https:// instead of http:// in the URL of the profile.",
                                          "Or exclude /certsrv/mscep from the redirect rule."};
constexpr std::string_view loop_fix[] = {"A rule that forces https behind a proxy that ends TLS looks at the wrong "
                                         "scheme: let the proxy send X-Forwarded-Proto and the rule read it."};
constexpr std::string_view host_fix[] = {"Put the URL that the redirects end at into the profile, in full."};
constexpr std::string_view else_fix[] = {
    "Put the URL that the redirects end at into the profile, or remove the rule for /certsrv/mscep."};
constexpr std::string_view query_fix[] = {
    "Let the rule keep the query (IIS URL Rewrite: appendQueryString=\"true\"; Apache: QSA; nginx: $request_uri)."};
constexpr std::string_view slash_fix[] = {
    "Use the full path of the service in the profile; for NDES /certsrv/mscep/mscep.dll."};
constexpr std::string_view app_proxy_refs[] = {app_proxy,
                                               "Microsoft Learn: Configure infrastructure to support SCEP with Intune"};
constexpr std::string_view redirect_refs[] = {"RFC 9110, section 15.4"};

rule const table[] = {
    {{"redir-login", kind::cause, severity::error, "A sign-in page stands before the SCEP service",
      "A proxy wants the client to sign in first. Devices cannot do that; NDES never sees them.", login_fix,
      app_proxy_refs},
     login},
    {{"redir-loop", kind::cause, severity::error, "The server redirects in a circle",
      "Whoever follows comes back to where it started.", loop_fix, redirect_refs},
     loop},
    {{"redir-https", kind::cause, severity::error, "The server redirects http to https",
      "After a 301 or 302 clients send a POST again as a GET, without the enrolment message; others do not follow at "
      "all.",
      https_fix, redirect_refs},
     to_https},
    {{"redir-host", kind::cause, severity::error, "The server redirects to another host",
      "Many SCEP clients accept nothing but 200, and a redirected POST loses the enrolment message.", host_fix,
      redirect_refs},
     other_host},
    {{"login-page-200", kind::cause, severity::error, "A web page answers in the place of SCEP",
      "A firewall, a portal or a sign-in service answers with a page of its own and the status 200. Clients cannot "
      "read it.",
      page_fix, app_proxy_refs},
     login_page},
    {{"redir-elsewhere", kind::cause, severity::error, "The server redirects SCEP calls",
      "Many SCEP clients accept nothing but 200, and a redirected POST loses the enrolment message.", else_fix,
      redirect_refs},
     elsewhere},
    {{"redir-querystring-lost", kind::cause, severity::error, "A redirect drops the query",
      "Without ?operation=… the server cannot know what it is asked.", query_fix, redirect_refs},
     query_lost},
    {{"redir-slash", kind::symptom, severity::error, "The server redirects to the same path with a slash",
      "The path is a folder. GETs find its default document behind the redirect; POSTs do not.", slash_fix,
      redirect_refs},
     slash},
};

} // namespace

std::span<rule const> redirect_rules() { return table; }

} // namespace scepkit::inline v0::diagnosis::detail
