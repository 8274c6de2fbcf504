// SPDX-License-Identifier: BSL-1.0
#include <scepkit/net/client.hpp>
#include <scepkit/net/exchange.hpp>

#include <algorithm>
#include <cctype>

#if defined(_WIN32)
#include <cstdlib>
#else
#include <unistd.h>
#endif

namespace scepkit::inline v0::net {

std::string_view name_of(phase p) noexcept
{
    switch(p) {
    case phase::resolve: return "resolve";
    case phase::connect: return "connect";
    case phase::tls: return "tls";
    case phase::send: return "send";
    case phase::receive: return "receive";
    case phase::done: return "done";
    }
    return "unknown";
}

std::optional<std::string> exchange::redirect() const
{
    if(!response || response->status < 300 || response->status > 399 || !response->fields.contains("Location"))
        return std::nullopt;
    return std::string(response->fields.first("Location"));
}

std::vector<std::string> proxy_variables_set()
{
    static constexpr std::string_view known[] = {"http_proxy", "https_proxy", "all_proxy"};
    std::vector<std::string> set;
#if defined(_WIN32)
    char** const environment = _environ;
#else
    char** const environment = environ;
#endif
    for(auto entry = environment; entry != nullptr && *entry != nullptr; ++entry) {
        std::string_view const line(*entry);
        auto const end = line.find('=');
        if(end == std::string_view::npos || end + 1 == line.size())
            continue; // Set and empty means: no proxy.
        auto const name = line.substr(0, end);
        std::string lower(name);
        std::transform(lower.begin(), lower.end(), lower.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        if(std::find(std::begin(known), std::end(known), lower) != std::end(known))
            set.emplace_back(name);
    }
    std::sort(set.begin(), set.end());
    return set;
}

} // namespace scepkit::inline v0::net
