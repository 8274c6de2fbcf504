// SPDX-License-Identifier: BSL-1.0
#include <net/detail/failures.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/http/error.hpp>

namespace scepkit::inline v0::net::detail {
namespace {

namespace asio = boost::asio;
namespace wire = boost::beast::http;

bool is_from_openssl(boost::system::error_code const& code) noexcept
{
    return code.category() == asio::error::get_ssl_category();
}

} // namespace

errc errc_of(boost::system::error_code const& code) noexcept
{
    if(code.category() == scepkit_category())
        return static_cast<errc>(code.value());
    if(is_from_openssl(code) || code == asio::ssl::error::unexpected_result)
        return errc::tls_failed;
    if(code == asio::error::eof || code == asio::ssl::error::stream_truncated || code == wire::error::end_of_stream ||
       code == wire::error::partial_message)
        return errc::connection_closed;
    if(code == wire::error::header_limit || code == wire::error::body_limit || code == wire::error::buffer_overflow)
        return errc::too_large;
    if(code.category() == wire::make_error_code(wire::error::bad_version).category())
        return errc::bad_http;
    if(code == asio::error::connection_refused)
        return errc::connection_refused;
    if(code == asio::error::connection_reset || code == asio::error::broken_pipe ||
       code == asio::error::connection_aborted)
        return errc::connection_reset;
    if(code == asio::error::host_unreachable || code == asio::error::network_unreachable ||
       code == asio::error::network_down || code == asio::error::address_family_not_supported ||
       code == boost::system::errc::address_not_available)
        return errc::unreachable;
    if(code == asio::error::timed_out)
        return errc::timed_out;
    if(code == asio::error::operation_aborted)
        return errc::cancelled;
    return errc::io_failed;
}

error make_failure(errc code, std::string_view layer, std::string message)
{
    diagnostics details;
    details.message = std::move(message);
    details.layer = layer;
    return {code, std::move(details)};
}

error make_failure(errc code, std::string_view layer, std::string message, boost::system::error_code const& cause)
{
    diagnostics details;
    details.message = std::move(message);
    details.layer = layer;
    if(is_from_openssl(cause))
        details.crypto = cause.message();
    else if(cause)
        details.message += " (" + cause.message() + ")";
    return {code, std::move(details)};
}

} // namespace scepkit::inline v0::net::detail
