// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/error.hpp>

#include <boost/system/error_code.hpp>

namespace scepkit::inline v0::net::detail {

/// The library's word for what Asio, Beast or OpenSSL reported; io_failed where there is none.
errc errc_of(boost::system::error_code const& code) noexcept;

/// An error of `layer`. What OpenSSL said goes to `crypto`, so that the message stays free of its jargon.
error make_failure(errc code, std::string_view layer, std::string message);
error make_failure(errc code, std::string_view layer, std::string message, boost::system::error_code const& cause);

} // namespace scepkit::inline v0::net::detail
