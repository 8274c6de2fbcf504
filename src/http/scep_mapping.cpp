// SPDX-License-Identifier: BSL-1.0
#include <scepkit/http/scep_mapping.hpp>

#include <base/try.hpp>
#include <http/detail/retry_after.hpp>

#include <algorithm>
#include <array>
#include <optional>

namespace scepkit::inline v0::http {

namespace {

constexpr std::string_view reference = "RFC 8894, 4.1";
constexpr std::string_view pki_message_type = "application/x-pki-message";
constexpr std::size_t most_parameters = 32;
constexpr std::size_t longest_identifier = 1024;

error fail(errc code, std::string message)
{
    return {code, diagnostics{.message = std::move(message), .layer = "http", .reference = std::string(reference)}};
}

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_word(std::string_view a, std::string_view b) noexcept
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

constexpr bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

constexpr bool is_unreserved(char c) noexcept
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

constexpr int hex_value(char c) noexcept
{
    if(c >= '0' && c <= '9')
        return c - '0';
    if(c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if(c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

// What goes into a header line is ours or the caller's; a line end in it would be a second header.
std::string without_controls(std::string_view text)
{
    std::string out(text);
    std::erase_if(out, is_control);
    return out;
}

std::optional<scep::operation> operation_from(std::string_view name) noexcept
{
    for(auto const o : {scep::operation::get_ca_caps, scep::operation::get_ca_cert, scep::operation::get_next_ca_cert,
                        scep::operation::pki_operation})
        if(same_word(scep::name_of(o), name))
            return o;
    return std::nullopt;
}

struct parameters {
    std::optional<std::string> operation;
    std::optional<std::string> message;
    std::string_view message_as_sent; ///< Before percent-decoding.
};

result<void> take(std::optional<std::string>& place, std::string_view encoded)
{
    if(place)
        return fail(errc::bad_http, "operation or message is there twice");
    SCEPKIT_TRY(place, percent_decode(encoded));
    return success();
}

result<parameters> read_query(std::string_view query)
{
    parameters found;
    for(std::size_t count = 0; !query.empty(); ++count) {
        if(count == most_parameters)
            return fail(errc::bad_http, "too many parameters");
        auto const end = query.find('&');
        auto const one = query.substr(0, end);
        query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
        auto const equals = one.find('=');
        SCEPKIT_TRY(auto const name, percent_decode(one.substr(0, equals)));
        auto const value = equals == std::string_view::npos ? std::string_view{} : one.substr(equals + 1);
        if(same_word(name, "operation")) {
            SCEPKIT_CHECK(take(found.operation, value));
        } else if(same_word(name, "message")) {
            SCEPKIT_CHECK(take(found.message, value));
            found.message_as_sent = value;
        }
    }
    return found;
}

// RFC 8894, 4.1: base64 in its own alphabet, padded, in one piece, and its '+' percent-encoded: as it stands, it means
// a blank to whoever reads the query as a form.
bool is_strict_base64(std::string_view as_sent, std::string_view text) noexcept
{
    return text.size() % 4 == 0 && as_sent.find('+') == std::string_view::npos &&
           text.find_first_of("-_ \r\n\t") == std::string_view::npos;
}

// The base64 that clients send: line breaks (Cisco), blanks where a proxy or client made them of '+', the alphabet of
// base64url, no padding. Each is mended into the standard form; what is left over is an error.
result<bytes> read_message(std::string_view text, limits const& bounds)
{
    if(text.size() / 4 * 3 > bounds.message_size + bounds.message_size / 16 + 64)
        return fail(errc::too_large, "the message is longer than the limit");
    while(!text.empty() && (text.back() == '\n' || text.back() == '\r' ||
                            (text.back() == ' ' && text.find('=') != std::string_view::npos)))
        text.remove_suffix(1);
    std::string mended;
    mended.reserve(text.size() + 3);
    for(auto const c : text) {
        if(c == '\r' || c == '\n' || c == '\t')
            continue;
        mended.push_back(c == ' ' || c == '-' ? '+' : c == '_' ? '/' : c);
    }
    if(mended.find('=') == std::string::npos)
        mended.append((4 - mended.size() % 4) % 4, '=');
    auto decoded = from_base64(mended);
    if(!decoded)
        return fail(errc::bad_value, "the message is not base64");
    if(decoded->empty())
        return fail(errc::bad_value, "the message is empty");
    if(decoded->size() > bounds.message_size)
        return fail(errc::too_large, "the message is longer than the limit");
    return decoded;
}

} // namespace

request make_request(endpoint const& server, scep::send const& step, std::string_view user_agent)
{
    request out;
    auto target = server.path + "?";
    if(!server.query.empty())
        target += server.query + "&";
    target += "operation=" + std::string(scep::name_of(step.operation));
    out.fields.add("Host", server.host_header());
    out.fields.add("User-Agent", without_controls(user_agent));
    out.fields.add("Accept", "*/*");
    if(step.operation != scep::operation::pki_operation) {
        if(!step.message.empty())
            target += "&message=" + percent_encode(step.message);
    } else if(step.post_allowed) {
        out.method = "POST";
        out.body = step.body;
        out.fields.add("Content-Type", std::string(pki_message_type));
        out.fields.add("Content-Length", std::to_string(out.body.size()));
    } else {
        target += "&message=" + percent_encode(to_base64(step.body));
    }
    out.target = std::move(target);
    return out;
}

scep::reply make_reply(response const& r)
{
    return {.body = r.body,
            .content_type = media_type(r),
            .http_status = r.status,
            .retry_after = detail::retry_after(r.fields)};
}

result<incoming> read_request(request const& r, scep::quirk_set allowed, limits const& bounds)
{
    auto const is_post = r.method == "POST";
    if(!is_post && r.method != "GET")
        return fail(errc::bad_http, "SCEP knows GET and POST");
    std::string_view target = r.target;
    if(target.find('#') != std::string_view::npos)
        return fail(errc::bad_http, "a request target has no fragment");
    auto const question = target.find('?');
    SCEPKIT_TRY(auto const found,
                read_query(question == std::string_view::npos ? std::string_view{} : target.substr(question + 1)));

    incoming out;
    if(found.operation) {
        auto const named = operation_from(*found.operation);
        if(!named)
            return fail(errc::bad_http, "unknown operation");
        out.operation = *named;
    } else if(is_post) {
        out.operation = scep::operation::pki_operation;
    } else {
        return fail(errc::bad_http, "the request names no operation");
    }

    if(out.operation != scep::operation::pki_operation) {
        out.message = found.message.value_or("");
        if(out.message.size() > longest_identifier)
            return fail(errc::too_large, "the CA identifier is too long");
        if(std::any_of(out.message.begin(), out.message.end(), is_control))
            return fail(errc::bad_value, "the CA identifier has control characters");
    } else if(is_post) {
        if(r.body.size() > bounds.message_size)
            return fail(errc::too_large, "the message is longer than the limit");
        out.body = r.body;
    } else {
        if(!found.message)
            return fail(errc::bad_http, "the request has no message");
        if(!is_strict_base64(found.message_as_sent, *found.message)) {
            if(!allowed.contains(scep::quirk::loose_get_message))
                return fail(errc::bad_value, "the message is not padded, percent-encoded base64 in one piece");
            out.tolerances.insert(scep::quirk::loose_get_message);
        }
        SCEPKIT_TRY(out.body, read_message(*found.message, bounds));
    }
    return out;
}

response make_response(scep::responder::answer a)
{
    static constexpr std::array<std::pair<unsigned, std::string_view>, 4> reasons{
        {{200, "OK"}, {400, "Bad Request"}, {404, "Not Found"}, {500, "Internal Server Error"}}};
    response out;
    out.status = a.http_status;
    auto const reason =
        std::find_if(reasons.begin(), reasons.end(), [&](auto const& r) { return r.first == a.http_status; });
    out.reason = reason != reasons.end() ? reason->second : "Unknown";
    if(!a.content_type.empty())
        out.fields.add("Content-Type", a.content_type);
    out.fields.add("Content-Length", std::to_string(a.body.size()));
    out.fields.add("Cache-Control", "no-store");
    out.body = std::move(a.body);
    return out;
}

std::string percent_encode(std::string_view text)
{
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size() + text.size() / 8);
    for(auto const c : text) {
        if(is_unreserved(c)) {
            out.push_back(c);
        } else {
            auto const value = static_cast<unsigned char>(c);
            out.push_back('%');
            out.push_back(digits[value >> 4]);
            out.push_back(digits[value & 0xf]);
        }
    }
    return out;
}

result<std::string> percent_decode(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    for(std::size_t i = 0; i < text.size(); ++i) {
        if(text[i] != '%') {
            out.push_back(text[i]);
            continue;
        }
        auto const high = text.size() - i > 2 ? hex_value(text[i + 1]) : -1;
        auto const low = high >= 0 ? hex_value(text[i + 2]) : -1;
        if(low < 0)
            return error(errc::bad_value, diagnostics{.message = "% must be followed by two hex digits",
                                                      .layer = "http",
                                                      .offset = i,
                                                      .reference = "RFC 3986, 2.1"});
        out.push_back(static_cast<char>(high * 16 + low));
        i += 2;
    }
    return out;
}

} // namespace scepkit::inline v0::http
