// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace scepkit::inline v0::net::detail {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

/// co_await gives a tuple that starts with the error code; nothing throws.
inline constexpr auto to_tuple = asio::as_tuple(asio::use_awaitable);

/// What a connection's buffer holds from the beginning: a usual message whole. Beast reads as much as there is room
/// for, and would otherwise begin with 512 bytes and go to the system for each further piece.
inline constexpr std::size_t usual_message = 16u << 10;

} // namespace scepkit::inline v0::net::detail
