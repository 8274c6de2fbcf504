// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "helpers.hpp"
#include "raw_peer.hpp"

#include <scepkit/net/server.hpp>

#include <atomic>
#include <functional>
#include <string>
#include <string_view>

/// Servers to test, and what they are asked.
namespace scepkit::test {

inline http::response text(std::string_view body, unsigned status = 200)
{
    http::response r;
    r.status = status;
    r.body = to_bytes(as_bytes(body));
    return r;
}

/// Says what it was asked, and counts.
struct echo {
    explicit echo(net::server_options chosen = {}) : it(start(std::move(chosen))) {}

    net::server start(net::server_options chosen)
    {
        chosen.handler = [this](http::request const& r, net::peer const&) {
            ++calls;
            return text(r.method + " " + r.target + " " + std::to_string(r.body.size()));
        };
        return net::server::start(std::move(chosen)).value();
    }
    std::uint16_t port() const { return it.port(); }
    std::string url(std::string const& path = "/") const
    {
        return "http://127.0.0.1:" + std::to_string(it.port()) + path;
    }

    std::atomic<unsigned> calls{0};
    net::server it;
};

inline std::size_t count_of(std::string const& text, std::string_view word)
{
    std::size_t count = 0;
    for(auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1))
        ++count;
    return count;
}

inline net::server answering(std::function<net::server_answer(http::request const&, net::peer const&)> handler)
{
    net::server_options options;
    options.handler = std::move(handler);
    return net::server::start(std::move(options)).value();
}

inline constexpr std::string_view simple = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

} // namespace scepkit::test
