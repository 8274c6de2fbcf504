// SPDX-License-Identifier: BSL-1.0
#include <probe/describe.hpp>
#include <probe/examination.hpp>

#include <array>
#include <span>

namespace scepkit::inline v0::probe {

namespace {

constexpr std::string_view get_ca_caps = "operation=GetCACaps";
constexpr std::string_view get_ca_cert = "operation=GetCACert";
constexpr std::string_view pki_operation = "operation=PKIOperation";
constexpr std::string_view long_prefix = "operation=GetCACaps&message=";

// Each step lies just above a limit that somebody ships: request filtering 2,048, Front Door 4,096, Web Application
// Proxy about 5,100, nginx and Apache 8,190, HTTP.sys 16,384, Cloudflare 32,768; Intune asks for 40,000.
constexpr std::array<std::size_t, 10> ndes_steps{2'000,  2'049,  4'097,  5'200,  8'300,
                                                 16'500, 24'600, 30'720, 33'000, 40'000};
constexpr std::array<std::size_t, 6> other_steps{2'049, 4'097, 8'300, 16'500, 33'000, 40'000};

probe_options for_observation(probe_options options)
{
    options.client.tls.verification = net::tls_client_options::mode::observe;
    return options;
}

bool answered_with(std::optional<net::exchange> const& seen, unsigned status) noexcept
{
    return seen && seen->response && seen->response->status == status;
}

bool is_redirected(std::optional<net::exchange> const& seen, redirect::kind type)
{
    if(!seen)
        return false;
    auto const to = read_redirect(*seen);
    return to && to->type == type;
}

/// A server that does not take POST here: whether it takes it elsewhere is then the question.
bool refuses_method(net::exchange const& seen) noexcept
{
    if(!seen.response)
        return false;
    auto const status = seen.response->status;
    return status == 401 || status == 403 || status == 404 || status == 405 || status == 406 || status == 501 ||
           (status >= 300 && status < 400);
}

bool is_html(net::exchange const& seen)
{
    return describe_exchange(facts::question::get_ca_caps, seen).body == facts::body_kind::html;
}

} // namespace

examination::examination(http::endpoint const& server, probe_options const& options)
    : server_(server), options_(for_observation(options)), client_(options_.client)
{
    facts_.target = describe_target(server_);
}

void examination::run()
{
    if(!opening())
        return;
    capabilities();
    certificates();
    folder();
    posts();
    https();
    admin();
    if(best_caps_)
        facts_.capabilities = read_capabilities(*best_caps_);
    if(best_cert_)
        facts_.ca = read_certificates(*best_cert_, options_.profile);
    ladder();
}

bool examination::cancelled() const noexcept { return options_.client.cancel != nullptr && *options_.client.cancel; }

std::optional<net::exchange> examination::ask(facts::question why, http::endpoint const& where, http::request request)
{
    if(cancelled())
        facts_.interrupted = true;
    if(facts_.interrupted || given_up_)
        return std::nullopt;
    auto seen = client_.perform(where, std::move(request));
    if(seen.failure && *seen.failure == errc::cancelled) {
        // What was cut off by our own user says nothing about the server.
        facts_.interrupted = true;
        return std::nullopt;
    }
    if(facts_.exchanges.empty())
        note_first(seen);
    facts_.exchanges.push_back(describe_exchange(why, seen));
    note_failure(seen);
    return seen;
}

std::optional<net::exchange> examination::get(facts::question why, http::endpoint const& where, std::string_view path,
                                              std::string_view query)
{
    http::request request;
    request.method = "GET";
    request.target = path;
    if(!query.empty())
        request.target.append("?").append(query);
    return ask(why, where, std::move(request));
}

/// Empty on purpose: nothing that a server could take for an enrolment, and no server has to decode anything.
std::optional<net::exchange> examination::empty_post(facts::question why, std::string_view path)
{
    http::request request;
    request.method = "POST";
    request.target.append(path).append("?").append(pki_operation);
    request.fields.add("Content-Type", "application/x-pki-message");
    request.fields.add("Content-Length", "0");
    return ask(why, server_, std::move(request));
}

void examination::note_first(net::exchange const& seen)
{
    facts_.lookup = describe_lookup(seen);
    facts_.connections = describe_connections(seen);
    if(seen.tls)
        facts_.tls = describe_tls(*seen.tls);
}

void examination::note_failure(net::exchange const& seen)
{
    if(seen.response || !seen.failure)
        return;
    // Without a name, a connection or a TLS session the next question would meet the same wall.
    if(seen.server.url() == server_.url() && seen.reached <= net::phase::tls)
        given_up_ = true;
    // Two silences or three closed connections are enough where nothing useful came before: a timeout is long.
    weariness_ += *seen.failure == errc::timed_out ? 3u : 2u;
    if(weariness_ >= 6 && !best_caps_)
        given_up_ = true;
}

bool examination::opening()
{
    bare_ = get(facts::question::bare_get, server_, server_.path, server_.query);
    if(!bare_ || given_up_)
        return false;
    // An open mscep_admin page makes a challenge each time it is looked at, and keeps five: once is enough.
    return !(is_admin(server_.path) && answered_with(bare_, 200));
}

void examination::capabilities()
{
    short_caps_ = get(facts::question::get_ca_caps, server_, server_.path, get_ca_caps);
    if(answered_with(short_caps_, 200)) {
        best_caps_ = short_caps_;
        best_path_ = server_.path;
    }
}

void examination::certificates()
{
    auto seen = get(facts::question::get_ca_cert, server_, server_.path, get_ca_cert);
    auto const adds_slash = redirect::kind::adds_slash;
    is_folder_ = ends_at_folder(server_.path) || is_redirected(bare_, adds_slash) ||
                 is_redirected(short_caps_, adds_slash) || is_redirected(seen, adds_slash);
    for(auto const* answer : {&bare_, &short_caps_, &seen}) {
        if(!is_redirected(*answer, redirect::kind::to_https))
            continue;
        https_target_ = read_redirect(**answer)->https;
        break;
    }
    if(answered_with(seen, 200))
        best_cert_ = std::move(seen);
}

/// What a client that follows the redirect gets: the reason why the URL looks good in a browser.
void examination::folder()
{
    if(!is_redirected(short_caps_, redirect::kind::adds_slash))
        return;
    auto const path = with_slash(server_.path);
    auto seen = get(facts::question::slash_get, server_, path, get_ca_caps);
    if(answered_with(seen, 200) && !best_caps_) {
        best_caps_ = std::move(seen);
        best_path_ = path;
    }
}

void examination::posts()
{
    auto const first = empty_post(facts::question::empty_post, server_.path);
    if(is_folder_ && first && refuses_method(*first)) {
        auto const path = with_dll(server_.path);
        empty_post(facts::question::empty_post_dll, path);
        auto seen = get(facts::question::get_ca_caps_dll, server_, path, get_ca_caps);
        if(answered_with(seen, 200) && !answered_with(short_caps_, 200)) {
            best_caps_ = std::move(seen);
            best_path_ = path;
        }
    }
    // The certificates are still to be seen where the URL as given only redirects.
    if(best_caps_ && !best_cert_ && best_path_ != server_.path) {
        auto seen = get(facts::question::get_ca_cert, server_, best_path_, get_ca_cert);
        if(answered_with(seen, 200))
            best_cert_ = std::move(seen);
    }
}

void examination::https()
{
    if(!https_target_)
        return;
    auto seen = get(facts::question::https_variant, *https_target_, server_.path, get_ca_caps);
    if(!seen)
        return;
    if(seen->tls && !facts_.tls)
        facts_.tls = describe_tls(*seen->tls);
    if(answered_with(seen, 200) && !best_caps_)
        best_caps_ = std::move(seen); // Without best_path_: the ladder stays away.
}

void examination::admin()
{
    if(is_admin(server_.path) || !looks_like_ndes(server_.path))
        return;
    if(auto const path = admin_path(server_.path); !path.empty())
        get(facts::question::admin_page, server_, path, {});
}

void examination::ladder()
{
    if(!options_.long_url_ladder || !best_caps_ || best_path_.empty() || is_html(*best_caps_))
        return;
    auto const ndes =
        looks_like_ndes(server_.path) || best_caps_->response->fields.first("Server").starts_with("Microsoft-");
    auto const steps = ndes ? std::span<std::size_t const>(ndes_steps) : std::span<std::size_t const>(other_steps);
    for(auto const length : steps) {
        auto const query = std::string(long_prefix) + std::string(length - long_prefix.size(), 'A');
        auto const seen = get(facts::question::long_query, server_, best_path_, query);
        if(!answered_with(seen, 200) || is_html(*seen))
            return;
    }
}

} // namespace scepkit::inline v0::probe
