// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/result.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace scepkit::inline v0::net {

/// Names to addresses. Tests and `--connect-to` put their own in.
class SCEPKIT_API resolver
{
public:
    /// Addresses in text form. errc: name_not_found (the name does not exist), resolver_failed (nobody could say).
    using handler = boost::asio::any_completion_handler<void(boost::system::error_code, std::vector<std::string>)>;

    virtual ~resolver();
    /// Completes on `executor`, never inside this call; a cancellation slot of the handler is honoured where possible.
    virtual void async_resolve(std::string host, boost::asio::any_io_executor executor, handler done) = 0;
};

/// The operating system's resolver.
SCEPKIT_API std::shared_ptr<resolver> system_resolver();

/// One rule of curl's --connect-to: HOST:PORT:ADDRESS:PORT, where empty HOST or PORT match all and an empty ADDRESS or
/// port keeps the original. The first rule that matches wins.
struct connect_to_rule {
    std::string host;
    std::uint16_t port = 0;
    std::string address;
    std::uint16_t target_port = 0;
    SCEPKIT_API static result<connect_to_rule> parse(std::string_view text);
};

} // namespace scepkit::inline v0::net
