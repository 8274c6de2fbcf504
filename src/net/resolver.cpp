// SPDX-License-Identifier: BSL-1.0
#include <scepkit/net/resolver.hpp>

#include <net/detail/asio.hpp>
#include <net/detail/failures.hpp>
#include <net/detail/text.hpp>

#include <boost/asio/append.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/dispatch.hpp>

#include <array>

namespace scepkit::inline v0::net {
namespace {

using namespace detail;

error_code as_ours(error_code const& code)
{
    if(!code)
        return {};
    if(code == asio::error::operation_aborted)
        return errc::cancelled;
    // getaddrinfo's EAI_NONAME and EAI_NODATA: somebody who knows said that there is nothing.
    if(code == asio::error::host_not_found || code == asio::error::no_data)
        return errc::name_not_found;
    return errc::resolver_failed;
}

class getaddrinfo_resolver final : public resolver
{
    void async_resolve(std::string host, asio::any_io_executor executor, handler done) override
    {
        // RFC 6761, 6.3: this name is always this machine, on one without a hosts file too.
        bool const local = host == "localhost";
        auto names = std::make_shared<tcp::resolver>(executor);
        if(auto slot = asio::get_associated_cancellation_slot(done); slot.is_connected())
            slot.assign([weak = std::weak_ptr(names)](asio::cancellation_type type) {
                auto const alive = weak.lock();
                if(alive && type != asio::cancellation_type::none)
                    alive->cancel();
            });
        auto& started = *names;
        started.async_resolve(host, "",
                              [names = std::move(names), executor, local,
                               done = std::move(done)](error_code code, tcp::resolver::results_type found) mutable {
                                  names.reset();
                                  std::vector<std::string> addresses;
                                  for(auto const& entry : found) {
                                      auto text = entry.endpoint().address().to_string();
                                      if(std::find(addresses.begin(), addresses.end(), text) == addresses.end())
                                          addresses.push_back(std::move(text));
                                  }
                                  if(local && code && code != asio::error::operation_aborted) {
                                      addresses.assign(1, "127.0.0.1");
                                      code.clear();
                                  }
                                  asio::dispatch(executor,
                                                 asio::append(std::move(done), as_ours(code), std::move(addresses)));
                              });
    }
};

/// Splits at colons outside brackets.
std::optional<std::array<std::string_view, 4>> four_fields(std::string_view text)
{
    std::array<std::string_view, 4> parts;
    std::size_t count = 0;
    std::size_t begin = 0;
    bool inside = false;
    for(std::size_t i = 0; i <= text.size(); ++i) {
        if(i < text.size() && text[i] == '[')
            inside = true;
        else if(i < text.size() && text[i] == ']')
            inside = false;
        else if(i == text.size() || (text[i] == ':' && !inside)) {
            if(count == parts.size() || inside)
                return std::nullopt;
            parts[count++] = text.substr(begin, i - begin);
            begin = i + 1;
        }
    }
    if(count != parts.size())
        return std::nullopt;
    return parts;
}

/// A host name or address; brackets are taken off and must hold an IPv6 address. Empty stays empty.
std::optional<std::string> host_of(std::string_view text)
{
    if(text.starts_with('[')) {
        if(!text.ends_with(']'))
            return std::nullopt;
        text = text.substr(1, text.size() - 2);
        error_code not_v6;
        asio::ip::make_address_v6(std::string(text), not_v6);
        if(not_v6)
            return std::nullopt;
        return lower(text);
    }
    auto const bad = [](char c) {
        auto const u = static_cast<unsigned char>(c);
        return u <= 0x20 || u >= 0x7f || c == '[' || c == ']' || c == '/';
    };
    if(std::any_of(text.begin(), text.end(), bad))
        return std::nullopt;
    return lower(text);
}

} // namespace

resolver::~resolver() = default;

std::shared_ptr<resolver> system_resolver() { return std::make_shared<getaddrinfo_resolver>(); }

result<connect_to_rule> connect_to_rule::parse(std::string_view text)
{
    auto const refuse = [] {
        return error(errc::invalid_argument, "a connect-to rule is HOST:PORT:ADDRESS:PORT; empty parts match or keep "
                                             "everything, IPv6 addresses stand in brackets");
    };
    auto const parts = four_fields(text);
    if(!parts)
        return refuse();
    auto const& [host, port, address, target_port] = *parts;
    auto const from = host_of(host);
    auto const to = host_of(address);
    auto const from_port = port.empty() ? std::uint16_t{0} : parse_port(port);
    auto const to_port = target_port.empty() ? std::uint16_t{0} : parse_port(target_port);
    if(!from || !to || !from_port || !to_port || (!port.empty() && *from_port == 0) ||
       (!target_port.empty() && *to_port == 0))
        return refuse();
    return connect_to_rule{*from, *from_port, *to, *to_port};
}

} // namespace scepkit::inline v0::net
