// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/net/client.hpp>

#include <boost/asio/append.hpp>
#include <boost/asio/post.hpp>

#include <functional>
#include <gtest/gtest.h>

namespace scepkit::test {

inline http::endpoint endpoint(std::string const& url) { return http::endpoint::parse(url).value(); }

inline http::request get(std::string target = "")
{
    http::request r;
    r.target = std::move(target);
    return r;
}
inline http::request post(bytes body)
{
    http::request r;
    r.method = "POST";
    r.fields.add("Content-Type", "application/x-pki-message");
    r.body = std::move(body);
    return r;
}

/// One blocking request of a fresh client.
inline net::exchange perform(std::string const& url, http::request request = {}, net::client_options options = {})
{
    return net::client(std::move(options)).perform(endpoint(url), std::move(request));
}

inline std::optional<errc> failure_of(net::exchange const& record)
{
    return record.failure ? std::optional(record.failure->code()) : std::nullopt;
}

inline std::string body_of(net::exchange const& record)
{
    return record.response ? std::string(as_text(record.response->body)) : "(no response)";
}

/// Answers from a function; counts. A function that returns nothing never answers.
class scripted_resolver final : public net::resolver
{
public:
    struct answer {
        boost::system::error_code code;
        std::vector<std::string> addresses;
    };
    explicit scripted_resolver(std::function<std::optional<answer>(std::string const&)> rule) : rule_(std::move(rule))
    {
    }
    void async_resolve(std::string host, boost::asio::any_io_executor executor, handler done) override
    {
        ++asked;
        if(auto said = rule_(host))
            boost::asio::post(executor, boost::asio::append(std::move(done), said->code, std::move(said->addresses)));
        else
            unanswered_.push_back(std::move(done));
    }
    unsigned asked = 0;

private:
    std::function<std::optional<answer>(std::string const&)> rule_;
    std::vector<handler> unanswered_;
};

inline std::shared_ptr<scripted_resolver> resolves_to(std::vector<std::string> addresses)
{
    return std::make_shared<scripted_resolver>([addresses = std::move(addresses)](std::string const&) {
        return std::optional(scripted_resolver::answer{{}, addresses});
    });
}

} // namespace scepkit::test
