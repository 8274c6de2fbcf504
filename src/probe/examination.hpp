// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <probe/places.hpp>

#include <scepkit/probe/probe.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace scepkit::inline v0::probe {

/// One run of questions against one server, in the order in which each makes sense.
class examination
{
public:
    examination(http::endpoint const& server, probe_options const& options);

    void run();
    facts::fact_set take() && { return std::move(facts_); }

private:
    /// Sends one request and records it. Empty: cancelled, or it was found useless to go on.
    std::optional<net::exchange> ask(facts::question why, http::endpoint const& where, http::request request);
    std::optional<net::exchange> get(facts::question why, http::endpoint const& where, std::string_view path,
                                     std::string_view query);
    std::optional<net::exchange> empty_post(facts::question why, std::string_view path);

    bool cancelled() const noexcept;
    void note_first(net::exchange const& seen);
    void note_failure(net::exchange const& seen);

    bool opening(); ///< Bare GET; false where nothing more is to be asked.
    void capabilities();
    void certificates();
    void folder(); ///< The URL with "/" behind it.
    void posts();
    void https();
    void admin();
    void ladder();

    http::endpoint const server_;
    probe_options const options_;
    net::client client_;
    facts::fact_set facts_;

    unsigned weariness_ = 0; ///< Grows with questions that brought no answer at all.
    bool given_up_ = false;
    bool is_folder_ = false; ///< The URL ends where mscep.dll is missing, or the server says that it is a folder.
    std::optional<net::exchange> bare_;
    std::optional<net::exchange> short_caps_; ///< GetCACaps at the URL as given.
    std::optional<net::exchange> best_caps_;
    std::optional<net::exchange> best_cert_;
    std::string best_path_; ///< Where best_caps_ was asked.
    std::optional<http::endpoint> https_target_;
};

} // namespace scepkit::inline v0::probe
