// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "behaviour.hpp"
#include "iis_log.hpp"

#include <scepkit/net/server.hpp>
#include <scepkit/scep/responder.hpp>

#include <functional>
#include <memory>
#include <string_view>

namespace scepkit::inline v0::simulator::detail {

/// The web server as layers: what stands in front, HTTP.sys, request filtering, authentication, the paths of an NDES
/// server, the SCEP extension. Each may answer; the first that does decides, and whether IIS logs it.
class site
{
public:
    struct parts {
        behaviour knobs;
        simulator::product product = product::ndes;
        bool tls = false;
        std::shared_ptr<scep::responder> responder;
        pki::certificate ca;
        std::unique_ptr<iis_log> log; ///< Null: none is kept.
        std::function<time_point()> now;
    };
    explicit site(parts p) : parts_(std::move(p)) {}

    net::server_answer handle(http::request const& request, net::peer const& peer) const;
    /// For what never became a request: HTTP.sys answers, IIS does not know of it.
    net::server_answer malformed(unsigned status) const;

private:
    struct split_request;
    struct answered;
    using step = std::optional<answered>;

    /// Answers that IIS never sees; nothing: the request reaches it.
    std::optional<net::server_answer> before_iis(split_request const& r) const;
    answered by_iis(split_request const& r) const;
    step filter(split_request const& r) const;
    answered application(split_request const& r) const;
    answered extension(split_request const& r) const;
    answered operation(split_request const& r) const;
    answered pki_operation(split_request const& r) const;
    answered error(unsigned status, unsigned substatus = 0, std::uint32_t win32 = 0) const;
    answered page(std::string_view html) const;
    answered binary(std::string type, bytes body) const;
    answered logon_required() const;
    answered verb_refused() const;
    answered moved(unsigned status, std::string_view scheme, split_request const& r, std::string_view path) const;

    parts parts_;
};

} // namespace scepkit::inline v0::simulator::detail
