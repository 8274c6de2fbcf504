// SPDX-License-Identifier: BSL-1.0
#include <scepkit/net/server.hpp>

#include <scepkit/http/scep_mapping.hpp>

#include <net/detail/text.hpp>

#include <boost/asio/ip/address.hpp>

namespace scepkit::inline v0::net {
namespace {

/// Fixed words, whatever was asked.
http::response short_answer(unsigned status, std::string reason)
{
    http::response r;
    r.status = status;
    r.reason = std::move(reason);
    r.fields.add("Content-Type", "text/plain");
    r.fields.add("Cache-Control", "no-store");
    r.body = to_bytes(as_bytes(std::to_string(status) + " " + r.reason + "\n"));
    return r;
}

server_answer answer_with(scep::responder& responder, http::request const& request)
{
    auto const incoming = http::read_request(request, responder.profile().allowed);
    if(!incoming)
        return incoming.error() == errc::too_large ? short_answer(413, "Content Too Large")
                                                   : short_answer(400, "Bad Request");
    switch(incoming->operation) {
    case scep::operation::get_ca_caps: return http::make_response(responder.get_ca_caps());
    case scep::operation::get_ca_cert: return http::make_response(responder.get_ca_cert());
    case scep::operation::get_next_ca_cert: return http::make_response(responder.get_next_ca_cert());
    case scep::operation::pki_operation:
        return http::make_response(responder.pki_operation(incoming->body, current_time()));
    }
    return short_answer(400, "Bad Request");
}

} // namespace

std::function<server_answer(http::request const&, peer const&)> serve(std::shared_ptr<scep::responder> responder,
                                                                      std::string path)
{
    while(path.ends_with('/'))
        path.pop_back();
    return [responder = std::move(responder), path = std::move(path)](http::request const& request,
                                                                      peer const&) -> server_answer {
        std::string_view asked(request.target);
        asked = asked.substr(0, asked.find('?'));
        if(!asked.starts_with(path))
            return short_answer(404, "Not Found");
        auto const rest = asked.substr(path.size());
        if(!rest.empty() && rest != "/" && rest != "/pkiclient.exe")
            return short_answer(404, "Not Found");
        if(request.method != "GET" && request.method != "POST") {
            auto refused = short_answer(405, "Method Not Allowed");
            refused.fields.add("Allow", "GET, POST");
            return refused;
        }
        return answer_with(*responder, request);
    };
}

result<listen_address> listen_address::parse(std::string_view text)
{
    auto const refuse = [] {
        return error(errc::invalid_argument,
                     "an address to listen on is ADDR:PORT, [IPv6]:PORT or PORT, with an IP address for ADDR");
    };
    listen_address out;
    auto const colon = text.rfind(':');
    if(colon != std::string_view::npos) {
        auto address = text.substr(0, colon);
        bool const bracketed = address.size() > 2 && address.starts_with('[') && address.ends_with(']');
        if(bracketed)
            address = address.substr(1, address.size() - 2);
        if(detail::lower(address) == "localhost")
            address = "127.0.0.1";
        boost::system::error_code bad;
        auto const parsed = boost::asio::ip::make_address(std::string(address), bad);
        if(bad || parsed.is_v6() != bracketed)
            return refuse();
        out.address = address;
    }
    auto const port = detail::parse_port(colon == std::string_view::npos ? text : text.substr(colon + 1));
    if(!port)
        return refuse();
    out.port = *port;
    return out;
}

} // namespace scepkit::inline v0::net
