// SPDX-License-Identifier: BSL-1.0
// A request that is read is written by us so that it reads as the same; a URL that is read writes itself.
#include "../require.hpp"

#include <scepkit/http/scep_mapping.hpp>

using namespace scepkit;
using fuzz::require;

namespace {

void require_line(std::string_view text)
{
    for(char const c : text)
        require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f, "a line stays a line");
}

void check_url(std::string_view text)
{
    auto const url = http::endpoint::parse(text);
    if(!url) {
        // A URL comes from the user, not from the peer.
        require(url.error() == errc::bad_url, "a bad URL is one");
        return;
    }
    require_line(url->url());
    require_line(url->host_header());
    auto const again = http::endpoint::parse(url->url());
    require(again && again->url() == url->url() && again->host == url->host && again->port == url->port,
            "a URL writes itself");
}

} // namespace

// The first byte chooses the method; then the target to the first line end; then the body.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    if(size == 0)
        return 0;
    auto const input = as_text({data + 1, size - 1});
    auto const end = input.find('\n');
    http::request in;
    in.method = data[0] % 2 == 0 ? "GET" : "POST";
    in.target = input.substr(0, end);
    if(end != std::string_view::npos)
        in.body = to_bytes(as_bytes(input.substr(end + 1)));
    check_url(in.target);
    (void)http::looks_like_html(in.body);

    auto const read = http::read_request(in);
    if(!read) {
        fuzz::require_foreign(read.error());
        return 0;
    }
    auto const server = http::endpoint::parse("https://ca.example/scep").value();
    for(auto const post : {true, false}) {
        // An empty body can be posted; a GET cannot say it.
        if(!post && read->operation == scep::operation::pki_operation && read->body.empty())
            continue;
        auto const out = http::make_request(
            server, {.operation = read->operation, .message = read->message, .body = read->body, .post_allowed = post},
            in.target);
        require_line(out.target);
        for(auto const& [name, value] : out.fields.list())
            require_line(name + value);
        auto const again = http::read_request(out);
        require(again.has_value(), "what we write, we read");
        require(again->operation == read->operation && again->message == read->message && again->body == read->body,
                "it reads as the same");
    }
    return 0;
}
