// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/bytes.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace scepkit::inline v0::http {

/// Header fields in the order of the wire. Names compare without case.
class SCEPKIT_API fields
{
public:
    void add(std::string name, std::string value) { list_.emplace_back(std::move(name), std::move(value)); }
    std::string_view first(std::string_view name) const noexcept; ///< Empty if absent.
    bool contains(std::string_view name) const noexcept;
    std::vector<std::pair<std::string, std::string>> const& list() const& noexcept { return list_; }

private:
    std::vector<std::pair<std::string, std::string>> list_;
};

struct request {
    std::string method = "GET";
    std::string target; ///< Path and query, percent-encoded, as on the request line.
    http::fields fields;
    bytes body;
};

struct response {
    unsigned status = 0;
    std::string reason;
    http::fields fields;
    bytes body;
};

/// Type/subtype in lower case, parameters cut: "application/x-pki-message".
SCEPKIT_API std::string media_type(response const& r);
/// Whether the bytes look like HTML (a login page, an IIS page), whatever the Content-Type says.
SCEPKIT_API bool looks_like_html(bytes_view body) noexcept;

} // namespace scepkit::inline v0::http
