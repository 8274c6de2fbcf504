// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <net/detail/asio.hpp>
#include <net/detail/message_parser.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/read_size.hpp>

#include <tuple>
#include <type_traits>

/// Reading and writing whole messages without waiting where there is nothing to wait for. Beast's async_read takes a
/// turn through the scheduler for bytes that are in the buffer already, Asio's async_write one for bytes that are sent
/// already; each turn asks the system for news, and in a pool wakes another thread.
namespace scepkit::inline v0::net::detail {

enum class message_part { header, whole };

/// Reads until `parser` has that part. Errors are those of Beast's async_read_header and async_read.
template <class Stream, bool IsRequest>
asio::awaitable<error_code> read_message(Stream& stream, boost::beast::flat_buffer& buffer,
                                         message_parser<IsRequest>& parser, message_part wanted)
{
    constexpr std::size_t most_at_once = 64u << 10;
    parser.eager(wanted == message_part::whole);
    while(!(wanted == message_part::whole ? parser.is_done() : parser.is_header_done())) {
        error_code code = wire::error::need_more;
        if(buffer.size() != 0)
            buffer.consume(parser.put(buffer.data(), code));
        if(!code)
            continue;
        if(code != wire::error::need_more)
            co_return code;
        auto const room = boost::beast::read_size(buffer, most_at_once);
        if(room == 0)
            co_return wire::error::buffer_overflow;
        auto const [failed, got] = co_await stream.async_read_some(buffer.prepare(room), to_tuple);
        buffer.commit(got);
        if(failed == asio::error::eof) {
            code = wire::error::end_of_stream;
            if(parser.got_some())
                parser.put_eof(code);
            co_return code;
        }
        if(failed)
            co_return failed;
    }
    co_return error_code();
}

/// Writes all of `data`, which must live until then. A plain socket must be non-blocking.
template <class Stream>
asio::awaitable<error_code> write_all(Stream& stream, asio::const_buffer data)
{
    error_code code;
    if constexpr(std::is_same_v<Stream, tcp::socket>) { // TLS may have to read first.
        data += stream.write_some(data, code);
        if(code == asio::error::would_block)
            code.clear();
        if(code || data.size() == 0)
            co_return code;
    }
    std::size_t written = 0;
    std::tie(code, written) = co_await asio::async_write(stream, data, to_tuple);
    co_return code;
}

} // namespace scepkit::inline v0::net::detail
