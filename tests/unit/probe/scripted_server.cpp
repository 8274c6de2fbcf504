// SPDX-License-Identifier: BSL-1.0
#include "scripted_server.hpp"

#include <algorithm>
#include <stdexcept>

namespace scepkit::test {

scripted_server::scripted_server(script answer, std::optional<net::tls_server_options> tls)
    : scheme_(tls ? "https" : "http")
{
    net::server_options options;
    options.tls = std::move(tls);
    options.handler = [this, answer = std::move(answer)](http::request const& r, net::peer const&) {
        {
            std::lock_guard const lock(mutex_);
            asked_.push_back(r);
        }
        return answer(r);
    };
    server_.emplace(net::server::start(std::move(options)).value());
}

http::endpoint scripted_server::at(std::string const& path) const
{
    return http::endpoint::parse(scheme_ + "://127.0.0.1:" + std::to_string(port()) + path).value();
}

std::vector<http::request> scripted_server::asked() const
{
    std::lock_guard const lock(mutex_);
    return asked_;
}

std::size_t scripted_server::posts() const
{
    auto const all = asked();
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [](http::request const& r) { return r.method == "POST"; }));
}

std::string key_of(http::request const& r)
{
    auto const at = std::min(r.target.find('?'), r.target.size());
    std::string path = r.target.substr(0, at);
    std::transform(path.begin(), path.end(), path.begin(), [](unsigned char c) { return std::tolower(c); });
    auto key = r.method + " " + path;
    auto const operation = r.target.find("operation=");
    if(operation != std::string::npos) {
        auto const begin = operation + 10;
        key += " " + r.target.substr(begin, std::min(r.target.find('&', begin), r.target.size()) - begin);
    }
    return key;
}

http::response answer(unsigned status, std::string body, std::string type)
{
    http::response r;
    r.status = status;
    r.fields.add("Server", "Microsoft-IIS/10.0");
    if(!type.empty())
        r.fields.add("Content-Type", std::move(type));
    r.body = to_bytes(as_bytes(body));
    return r;
}

http::response redirect_to(std::string location, unsigned status)
{
    auto r = answer(status, "<html><title>Document Moved</title></html>");
    r.fields.add("Location", std::move(location));
    return r;
}

net::server_answer as_ndes(http::request const& r, std::string const& bag)
{
    auto const key = key_of(r);
    auto const query = r.target.find('?') == std::string::npos ? std::string() : r.target.substr(r.target.find('?'));
    if(key.starts_with("GET /certsrv/mscep_admin"))
        return answer(401, "<html>401</html>");
    if(key.starts_with("GET /certsrv/mscep ") || key == "GET /certsrv/mscep")
        return redirect_to("/certsrv/mscep/" + query);
    if(key.starts_with("POST /certsrv/mscep/mscep.dll"))
        return answer(200, "");
    if(key.starts_with("POST /certsrv/mscep"))
        return answer(405, "<html><title>405 - HTTP verb used to access this page is not allowed.</title></html>");
    if(!key.starts_with("GET /certsrv/mscep/mscep.dll") && key != "GET /certsrv/mscep/" &&
       !key.starts_with("GET /certsrv/mscep/ "))
        return answer(404, "<html><title>404 - File or directory not found.</title></html>");
    if(key.ends_with(" GetCACaps"))
        return answer(200, ndes_capabilities, "text/plain");
    if(key.ends_with(" GetCACert"))
        return answer(200, bag, "application/x-x509-ca-ra-cert");
    return answer(200, "<html><title>Network Device Enrollment Service</title></html>");
}

} // namespace scepkit::test
