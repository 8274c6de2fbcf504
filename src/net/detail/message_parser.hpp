// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/http/message.hpp>

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>

#include <algorithm>
#include <type_traits>

namespace scepkit::inline v0::net::detail {

namespace wire = boost::beast::http;

/// Beast's parser, filling the library's own values: fields stay in the order of the wire (Beast's container groups
/// equal names) and a body that is too long keeps its beginning.
template <bool IsRequest>
class message_parser final : public wire::basic_parser<IsRequest>
{
public:
    using message_type = std::conditional_t<IsRequest, http::request, http::response>;
    using base = wire::basic_parser<IsRequest>;

    message_parser(std::size_t header_limit, std::size_t body_limit) : body_limit_(body_limit)
    {
        base::header_limit(static_cast<std::uint32_t>(std::min<std::size_t>(header_limit, 0x7fff'ffffu)));
        // The limit is enforced here. Beast's own would refuse a long answer before its header could be shown.
        base::body_limit(boost::none);
    }

    message_type& message() noexcept { return message_; }
    message_type const& message() const noexcept { return message_; }
    int version() const noexcept { return version_; }

private:
    using error_code = boost::system::error_code;
    using text = boost::beast::string_view; // Boost's or the standard's, as Beast was configured.
    static std::string copy(text t) { return {t.data(), t.size()}; }

    void on_request_impl([[maybe_unused]] wire::verb known, [[maybe_unused]] text method, [[maybe_unused]] text target,
                         int version, error_code&) override
    {
        version_ = version;
        if constexpr(IsRequest) {
            message_.method = copy(method);
            message_.target = copy(target);
        }
    }
    void on_response_impl([[maybe_unused]] int code, [[maybe_unused]] text reason, int version, error_code&) override
    {
        version_ = version;
        if constexpr(!IsRequest) {
            message_.status = static_cast<unsigned>(code);
            message_.reason = copy(reason);
        }
    }
    void on_field_impl(wire::field known, text name, text value, error_code& ec) override
    {
        if(header_done_)
            return; // A trailer: nothing of it may change the message (RFC 9110, 6.5.1).
        if constexpr(IsRequest) {
            // Beast takes equal lengths and unknown codings; two readings of one message are how smuggling starts.
            if(known == wire::field::content_length && message_.fields.contains("Content-Length"))
                ec = wire::error::multiple_content_length;
            else if(known == wire::field::transfer_encoding && !boost::beast::iequals(value, "chunked"))
                ec = wire::error::bad_transfer_encoding;
            else if(known == wire::field::transfer_encoding && version_ < 11)
                ec = wire::error::bad_transfer_encoding;
            if(ec)
                return;
        }
        message_.fields.add(copy(name), copy(value));
    }
    void on_header_impl(error_code&) override { header_done_ = true; }
    void on_body_init_impl(boost::optional<std::uint64_t> const& length, error_code& ec) override
    {
        if(IsRequest && length && *length > body_limit_)
            ec = wire::error::body_limit;
    }
    std::size_t on_body_impl(text body, error_code& ec) override { return append(body, ec); }
    void on_chunk_header_impl(std::uint64_t, text, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, text body, error_code& ec) override { return append(body, ec); }
    void on_finish_impl(error_code&) override {}

    std::size_t append(text body, error_code& ec)
    {
        auto const taken = std::min(body.size(), body_limit_ - message_.body.size());
        auto const data = as_bytes(std::string_view(body.data(), taken));
        message_.body.insert(message_.body.end(), data.begin(), data.end());
        if(taken < body.size())
            ec = wire::error::body_limit;
        return taken;
    }

    message_type message_;
    std::size_t body_limit_;
    int version_ = 0;
    bool header_done_ = false;
};

} // namespace scepkit::inline v0::net::detail
