// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/http/endpoint.hpp>
#include <scepkit/net/server.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace scepkit::test {

/// A server on loopback that answers as a test says and remembers what it was asked.
class scripted_server
{
public:
    using script = std::function<net::server_answer(http::request const&)>;
    explicit scripted_server(script answer, std::optional<net::tls_server_options> tls = {});

    http::endpoint at(std::string const& path) const;
    std::uint16_t port() const noexcept { return server_->port(); }
    std::vector<http::request> asked() const;
    std::size_t posts() const;
    void stop() { server_->stop(); }

private:
    mutable std::mutex mutex_;
    std::vector<http::request> asked_;
    std::string scheme_;
    std::optional<net::server> server_;
};

/// "GET /certsrv/mscep GetCACaps": method, path in lower case, operation.
std::string key_of(http::request const& r);
http::response answer(unsigned status, std::string body = {}, std::string type = "text/html");
http::response redirect_to(std::string location, unsigned status = 301);

inline constexpr char const* ndes_capabilities =
    "POSTPKIOperation\r\nRenewal\r\nSHA-512\r\nSHA-256\r\nSHA-1\r\nDES3\r\n";

/// Answers as an NDES would whose folder is /certsrv/mscep: 301, 405 and the rest. `bag` is what GetCACert gives.
net::server_answer as_ndes(http::request const& r, std::string const& bag);

} // namespace scepkit::test
