// SPDX-License-Identifier: BSL-1.0
#include <scepkit/probe/device.hpp>

#include <probe/places.hpp>

#include <scepkit/http/scep_mapping.hpp>
#include <scepkit/scep/capabilities.hpp>

#include <boost/url/parse.hpp>

#include <optional>
#include <string_view>
#include <utility>

namespace scepkit::inline v0::probe {

namespace {

/// What a device sends; the strings are those of published logs (old ones: match them by prefix).
struct habits {
    std::string_view user_agent;
    std::string_view message;           ///< Percent-encoded.
    std::string_view suffix;            ///< Of the path.
    std::vector<scep::operation> order; ///< Before the PKIOperation.
};

habits habits_of(device_kind kind)
{
    using scep::operation;
    switch(kind) {
    case device_kind::windows:
        return {"Mozilla/4.0 (compatible; Win32; NDES client 10.0.19041.1466/vb_release_svc_prod1)",
                "default",
                "/pkiclient.exe",
                {operation::get_ca_caps, operation::get_ca_cert}};
    case device_kind::android:
        return {"Dalvik/2.1.0 (Linux; U; Android 5.0; P01M Build/LRX21V)",
                "ca",
                "",
                {operation::get_ca_caps, operation::get_ca_cert, operation::get_ca_caps}};
    case device_kind::ios: break;
    }
    return {"profiled/1.0 CFNetwork/811.5.4 Darwin/16.6.0",
            "SCEP%20Authority",
            "",
            {operation::get_ca_cert, operation::get_ca_caps}};
}

struct place {
    http::endpoint server;
    std::string target;
};

/// Where a redirect of a GET leads, if that is the same host: devices in a simulator's hands go nowhere else.
std::optional<place> same_host_target(net::exchange const& seen)
{
    auto const location = seen.redirect();
    if(!location)
        return std::nullopt;
    auto const to = boost::urls::parse_uri_reference(*location);
    if(!to || to->encoded_path().empty() || to->encoded_path().front() != '/')
        return std::nullopt;
    place p{seen.server, std::string(to->encoded_path())};
    if(to->has_authority()) {
        if(to->has_scheme() && to->scheme() != p.server.scheme)
            return std::nullopt;
        auto const host = std::string(to->host_address());
        auto const port = to->has_port()      ? to->port_number()
                          : p.server.is_tls() ? std::uint16_t{443}
                                              : std::uint16_t{80};
        if(host != p.server.host || port != p.server.port)
            return std::nullopt;
    }
    if(to->has_query())
        p.target.append("?").append(std::string(to->encoded_query()));
    return p;
}

class device
{
public:
    device(device_kind kind, http::endpoint const& profile_url, net::client_options options)
        : kind_(kind), habits_(habits_of(kind)), server_(profile_url), client_(named(std::move(options)))
    {
        path_ = server_.path + std::string(habits_.suffix);
    }

    std::vector<device_step> enroll(bytes const& body)
    {
        scep::capabilities offered;
        for(auto const operation : habits_.order) {
            auto const answer = get(operation);
            auto const good = answer.response && answer.response->status == 200;
            if(operation == scep::operation::get_ca_cert && !good) {
                steps_.back().note += steps_.back().note.empty() ? "stops here" : "; stops here";
                return std::move(steps_);
            }
            if(operation == scep::operation::get_ca_caps && good)
                if(auto const read = scep::capabilities::parse(answer.response->body))
                    offered = *read;
        }
        send(body, offered.supports_post() ? transport::post : transport::get);
        return std::move(steps_);
    }

private:
    enum class transport { post, get };

    net::client_options named(net::client_options options) const
    {
        options.user_agent = habits_.user_agent;
        return options;
    }

    http::request request(std::string method, std::string target) const
    {
        http::request r;
        r.method = std::move(method);
        r.target = std::move(target);
        if(kind_ == device_kind::windows) {
            r.fields.add("Cache-Control", "no-cache");
            r.fields.add("Pragma", "no-cache");
        }
        return r;
    }

    net::exchange perform(std::string what, http::endpoint const& where, http::request r)
    {
        auto const bare = r.target.substr(0, r.target.find('?'));
        auto seen = client_.perform(where, std::move(r));
        device_step step{.what = std::move(what), .url = where.url_with(bare)};
        if(seen.response)
            step.status = seen.response->status;
        else if(seen.failure)
            step.note = seen.failure->to_string();
        steps_.push_back(std::move(step));
        return seen;
    }

    net::exchange get(scep::operation operation)
    {
        std::string const name(scep::name_of(operation));
        auto target = path_ + "?operation=" + name + "&message=" + std::string(habits_.message);
        auto seen = perform("GET " + name, server_, request("GET", std::move(target)));
        auto const status = steps_.back().status;
        if(status != 301 && status != 302)
            return seen;
        auto const to = same_host_target(seen);
        if(!to) {
            steps_.back().note = "not followed: another host";
            return seen;
        }
        steps_.back().note = "to " + to->target.substr(0, to->target.find('?')) + ", followed as the device does";
        return perform("GET " + name, to->server, request("GET", to->target));
    }

    void send(bytes const& body, transport how)
    {
        auto const target = path_ + "?operation=PKIOperation";
        if(how == transport::post) {
            auto r = request("POST", target);
            r.fields.add("Content-Type", "application/x-pki-message");
            r.body = body;
            perform("POST PKIOperation", server_, std::move(r));
        } else {
            auto const message = http::percent_encode(to_base64(body));
            perform("GET PKIOperation", server_, request("GET", target + "&message=" + message));
        }
        auto& step = steps_.back();
        if(step.status >= 400)
            step.note = "the device gives up";
        else if(step.status >= 300)
            step.note = "a redirected POST is not sent again";
    }

    device_kind kind_;
    habits habits_;
    http::endpoint server_;
    net::client client_;
    std::string path_;
    std::vector<device_step> steps_;
};

} // namespace

std::vector<device_step> imitate(device_kind kind, http::endpoint const& profile_url, bytes const& body,
                                 net::client_options const& options)
{
    return device(kind, profile_url, options).enroll(body);
}

} // namespace scepkit::inline v0::probe
