// SPDX-License-Identifier: BSL-1.0
#include <pki/detail/pem.hpp>

#include <scepkit/base/limits.hpp>

#include <optional>

namespace scepkit::inline v0::pki::detail {
namespace {

error bad_pem(std::uint64_t line, std::string message)
{
    return {errc::bad_pem, diagnostics{.message = std::move(message), .layer = "pki", .line = line}};
}

std::string_view trimmed(std::string_view line) noexcept
{
    while(!line.empty() && (line.front() == ' ' || line.front() == '\t'))
        line.remove_prefix(1);
    while(!line.empty() && (line.back() == ' ' || line.back() == '\t'))
        line.remove_suffix(1);
    return line;
}

// The label between `-----WHAT ` and `-----`.
std::optional<std::string_view> label_of(std::string_view line, std::string_view what) noexcept
{
    if(!line.starts_with(what) || line.size() < what.size() + 5 || !line.ends_with("-----"))
        return std::nullopt;
    return line.substr(what.size(), line.size() - what.size() - 5);
}

// Takes one line off; LF, CR LF and a lone CR end it.
std::string_view next_line(std::string_view& rest) noexcept
{
    auto const end = rest.find_first_of("\r\n");
    auto const line = rest.substr(0, end);
    if(end == std::string_view::npos) {
        rest = {};
        return line;
    }
    bool const two = rest[end] == '\r' && end + 1 < rest.size() && rest[end + 1] == '\n';
    rest.remove_prefix(end + (two ? 2 : 1));
    return line;
}

} // namespace

result<std::vector<pem_block>> find_pem_blocks(bytes_view text)
{
    if(text.size() > limits{}.message_size)
        return error(errc::too_large,
                     diagnostics{.message = "a PEM file of " + std::to_string(text.size()) + " bytes", .layer = "pki"});
    auto rest = as_text(text);
    if(rest.starts_with("\xff\xfe") || rest.starts_with("\xfe\xff"))
        return bad_pem(1, "the file is UTF-16; save it as plain text (UTF-8)");
    if(rest.starts_with("\xef\xbb\xbf"))
        rest.remove_prefix(3);

    std::vector<pem_block> out;
    std::optional<pem_block> open;
    char const* body = nullptr;
    std::uint64_t number = 0;
    while(!rest.empty()) {
        ++number;
        auto const line = trimmed(next_line(rest));
        if(!open) {
            if(auto const label = label_of(line, "-----BEGIN ")) {
                open = pem_block{.label = *label, .line = number};
                body = rest.data();
            }
            continue;
        }
        if(line.starts_with("-----BEGIN "))
            return bad_pem(number, "a block begins inside another one");
        if(auto const label = label_of(line, "-----END ")) {
            if(*label != open->label)
                return bad_pem(number, "END names another label than BEGIN");
            open->body = {body, static_cast<std::size_t>(line.data() - body)};
            out.push_back(*open);
            open.reset();
            continue;
        }
        if(line.find(':') != std::string_view::npos)
            open->has_headers = true;
    }
    if(open)
        return bad_pem(open->line, "a block without END");
    return out;
}

result<bytes> decode_pem(pem_block const& block)
{
    auto decoded = from_base64(block.body);
    if(!decoded)
        return bad_pem(block.line, "the block is not base64: " + decoded.error().details().message);
    if(decoded->empty())
        return bad_pem(block.line, "the block is empty");
    return decoded;
}

std::string encode_pem(std::string_view label, bytes_view der)
{
    constexpr std::size_t width = 64;
    auto const text = to_base64(der);
    std::string out = "-----BEGIN " + std::string(label) + "-----\n";
    for(std::size_t at = 0; at < text.size(); at += width)
        out.append(text, at, width).push_back('\n');
    return out.append("-----END ").append(label).append("-----\n");
}

} // namespace scepkit::inline v0::pki::detail
