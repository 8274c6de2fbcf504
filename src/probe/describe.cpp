// SPDX-License-Identifier: BSL-1.0
#include <probe/certificates.hpp>
#include <probe/describe.hpp>
#include <probe/page.hpp>

#include <scepkit/probe/probe.hpp>
#include <scepkit/scep/ca_identity.hpp>
#include <scepkit/scep/capabilities.hpp>

#include <algorithm>
#include <array>
#include <gsl/narrow>

namespace scepkit::inline v0::probe {

namespace {

constexpr std::size_t url_bytes = 1000;
constexpr std::size_t value_bytes = 300;
constexpr std::size_t kept_headers = 40;
constexpr std::size_t word_bytes = 64;

std::string lowered(std::string_view text)
{
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return out;
}

bool is_kept(std::string_view lower_case_name)
{
    static constexpr std::array kept{"server",
                                     "location",
                                     "content-type",
                                     "content-length",
                                     "content-encoding",
                                     "transfer-encoding",
                                     "connection",
                                     "allow",
                                     "www-authenticate",
                                     "date",
                                     "via",
                                     "age",
                                     "x-cache",
                                     "x-powered-by",
                                     "retry-after",
                                     "strict-transport-security"};
    return lower_case_name.starts_with("x-ms-") || std::find(kept.begin(), kept.end(), lower_case_name) != kept.end();
}

std::vector<facts::header> describe_headers(http::fields const& fields)
{
    std::vector<facts::header> out;
    for(auto const& [name, value] : fields.list()) {
        if(out.size() == kept_headers)
            break;
        auto const lower_case = lowered(name);
        if(lower_case == "set-cookie") // The value may be somebody's session.
            out.push_back({bounded(name, word_bytes), bounded(value.substr(0, value.find('=')), word_bytes)});
        else if(is_kept(lower_case))
            out.push_back({bounded(name, word_bytes), bounded(value, value_bytes)});
    }
    return out;
}

/// The URL that was asked; the filling of a long message is left out.
std::string asked_url(net::exchange const& seen)
{
    auto const at = seen.request.target.find('?');
    auto url = seen.server.url_with(seen.request.target.substr(0, at));
    if(at != std::string::npos)
        url += bounded(seen.request.target.substr(at), 200);
    return bounded(url, url_bytes);
}

std::int64_t milliseconds(std::chrono::milliseconds took) { return took.count(); }

std::string_view without_byte_order_mark(std::string_view text)
{
    return text.starts_with("\xEF\xBB\xBF") ? text.substr(3) : text;
}

} // namespace

facts::target describe_target(http::endpoint const& server)
{
    facts::target t;
    t.url = bounded(server.url(), url_bytes);
    t.scheme = server.scheme;
    t.host = server.host;
    t.port = server.port;
    t.path = bounded(server.path, url_bytes);
    t.query = bounded(server.query, url_bytes);
    t.loopback = server.is_loopback();
    return t;
}

facts::http_exchange describe_exchange(facts::question why, net::exchange const& seen)
{
    facts::http_exchange e;
    e.question = why;
    e.method = seen.request.method;
    e.url = asked_url(seen);
    if(auto const at = seen.request.target.find('?'); at != std::string::npos)
        e.query_bytes = gsl::narrow<std::int64_t>(seen.request.target.size() - at - 1);
    e.time = to_iso8601(seen.started);
    e.reached = name_of(seen.reached);
    e.milliseconds = milliseconds(seen.took);
    if(seen.failure) {
        e.failure = name_of(seen.failure->code());
        e.failure_text = bounded(seen.failure->to_string(), value_bytes);
    }
    e.body = facts::body_kind::none;
    if(!seen.response)
        return e;
    auto const& answer = *seen.response;
    e.status = answer.status;
    e.headers = describe_headers(answer.fields);
    if(auto const location = seen.redirect())
        e.location = bounded(*location, url_bytes);
    auto looked = look_at(answer.body);
    e.body = looked.kind;
    e.body_bytes = gsl::narrow<std::int64_t>(answer.body.size());
    e.html_title = std::move(looked.title);
    e.html_markers = std::move(looked.markers);
    if(seen.response_truncated && !e.failure_text)
        e.failure_text = "the body ended early or was cut at the limit";
    return e;
}

std::optional<facts::name_lookup> describe_lookup(net::exchange const& seen)
{
    auto const failed = seen.failure && seen.reached == net::phase::resolve;
    if(!failed && seen.addresses.empty())
        return std::nullopt;
    if(seen.addresses.size() == 1 && seen.addresses.front() == seen.server.host)
        return std::nullopt;
    facts::name_lookup lookup;
    lookup.host = seen.server.host;
    lookup.addresses = seen.addresses;
    if(failed)
        lookup.failure = name_of(seen.failure->code());
    return lookup;
}

std::vector<facts::connection_attempt> describe_connections(net::exchange const& seen)
{
    std::vector<facts::connection_attempt> out;
    for(auto const& attempt : seen.attempts) {
        facts::connection_attempt a;
        a.address = attempt.address;
        a.port = attempt.port;
        if(attempt.failure)
            a.failure = name_of(*attempt.failure);
        a.milliseconds = milliseconds(attempt.took);
        out.push_back(std::move(a));
    }
    return out;
}

facts::tls_session describe_tls(net::tls_observation const& seen)
{
    facts::tls_session s;
    s.version = seen.version;
    s.cipher = seen.cipher;
    s.chain = summarise_chain(seen.sent_chain);
    s.chain_trusted = seen.chain_trusted;
    if(seen.verify_code)
        s.verify_code = *seen.verify_code;
    s.verify_text = bounded(seen.verify_text, value_bytes);
    s.name_matches = seen.name_matches;
    s.client_certificate_requested = seen.client_certificate_requested;
    s.trust_source = bounded(seen.trust_source, value_bytes);
    if(seen.alert)
        s.alert = bounded(*seen.alert, word_bytes);
    return s;
}

facts::capability_list read_capabilities(net::exchange const& seen)
{
    facts::capability_list list;
    bytes_view const body = seen.response->body;
    list.has_byte_order_mark = as_text(body).starts_with("\xEF\xBB\xBF") ||
                               (body.size() >= 2 && body[0] == 0xff && body[1] == 0xfe) ||
                               (body.size() >= 2 && body[0] == 0xfe && body[1] == 0xff);
    if(seen.response_truncated)
        list.failure = name_of(errc::truncated);
    // An UTF-16 page is HTML all the same.
    auto const looked = look_at(body);
    if(looked.kind == facts::body_kind::html)
        list.failure = name_of(errc::html_instead_of_scep);
    else if(looked.kind == facts::body_kind::der || looked.kind == facts::body_kind::binary)
        list.failure = name_of(errc::bad_value);
    limits const bounds;
    if(auto const read = scep::capabilities::parse(body, bounds); !read && !list.failure)
        list.failure = name_of(read.error().code());
    if(list.failure && *list.failure != name_of(errc::truncated))
        return list;

    auto const readable = as_readable(body, bounds.capabilities_size);
    auto text = without_byte_order_mark(readable);
    while(!text.empty() && list.words.size() < bounds.capability_lines) {
        auto const end = std::min(text.find_first_of("\r\n"), text.size());
        auto line = text.substr(0, end);
        while(!line.empty() && (line.back() == ' ' || line.back() == '\t'))
            line.remove_suffix(1);
        if(!line.empty())
            list.words.push_back(bounded(line, word_bytes));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return list;
}

facts::ca_certificates read_certificates(net::exchange const& seen, scep::profile const& tolerances)
{
    facts::ca_certificates ca;
    auto const& answer = *seen.response;
    ca.content_type = bounded(http::media_type(answer), word_bytes);
    if(seen.response_truncated) {
        ca.failure = name_of(errc::truncated);
        ca.failure_text = "the body ended early or was cut at the limit";
        return ca;
    }
    if(look_at(answer.body).kind == facts::body_kind::html) {
        ca.failure = name_of(errc::html_instead_of_scep);
        ca.failure_text = text_of(errc::html_instead_of_scep);
        return ca;
    }
    auto bag = scep::parse_ca_certificates(answer.body, tolerances);
    if(!bag) {
        ca.failure = name_of(bag.error().code());
        ca.failure_text = bounded(bag.error().to_string(), value_bytes);
        return ca;
    }
    ca.single = bag->certificates.size() == 1 && equal(bag->certificates.front().der(), answer.body);
    ca.certificates = summarise(bag->certificates);
    for(auto q : bag->tolerances.list())
        ca.tolerances.emplace_back(cms::name_of(q));
    return ca;
}

} // namespace scepkit::inline v0::probe
