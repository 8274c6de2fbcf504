// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/net/client.hpp>

#include <net/detail/connection.hpp>

#include <boost/asio/strand.hpp>

#include <memory>
#include <optional>
#include <string>

namespace scepkit::inline v0::net::detail {

/// What the operations of one client share. All of it is touched on `executor` only, a strand: the caller's executor
/// may be a thread pool, and a timer must not run beside the read it watches. The context of a blocking client has one
/// thread and needs none.
struct client_core {
    client_core(asio::any_io_executor where, client_options const& chosen, std::shared_ptr<void> owned = nullptr)
        : options(chosen),
          context(std::move(owned)),
          outer(std::move(where)),
          executor(context ? outer : asio::make_strand(outer)),
          names(chosen.resolver ? chosen.resolver : system_resolver())
    {
    }

    /// Made at first use: reading the trust anchors takes time.
    result<std::shared_ptr<client_tls>> tls_settings(tls_client_options::mode mode)
    {
        auto& kept = mode == tls_client_options::mode::require ? require : observe;
        if(kept)
            return kept;
        auto wanted = options.tls;
        wanted.verification = mode;
        auto made = client_tls::create(wanted);
        if(made)
            kept = *made;
        return made;
    }

    void trace(std::string_view layer, std::string_view name, std::string detail,
               std::chrono::steady_clock::duration took = {}) const
    {
        if(options.trace != nullptr)
            options.trace->on_event({layer, name, std::move(detail), took});
    }

    client_options options;
    std::shared_ptr<void> context; ///< Of a blocking client; null where the context is the caller's.
    asio::any_io_executor outer;
    asio::any_io_executor executor; ///< Strand over `outer`, or `outer` where one thread runs it.
    std::shared_ptr<resolver> names;
    std::shared_ptr<client_tls> require;
    std::shared_ptr<client_tls> observe;
    std::unique_ptr<connection> idle; ///< Kept for the next request to `idle_key`.
    std::string idle_key;
};

/// Something that runs on a core's executor and can be stopped from any thread.
class operation
{
public:
    virtual ~operation() = default;
    /// Ends it soon, with errc::cancelled. Does nothing if it has ended.
    virtual void abort() = 0;
};

} // namespace scepkit::inline v0::net::detail
