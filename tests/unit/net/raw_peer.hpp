// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

/// Peers of the net room's tests that misbehave byte by byte: a real server or client would not.
namespace scepkit::test {

using tcp = boost::asio::ip::tcp;

/// The request up to the blank line, and what its Content-Length announces after it.
template <class Stream>
std::string read_request(Stream& from)
{
    std::string text;
    boost::system::error_code code;
    auto const header = boost::asio::read_until(from, boost::asio::dynamic_buffer(text), "\r\n\r\n", code);
    auto const field = text.find("Content-Length: ");
    if(code || field == std::string::npos || field > header)
        return text;
    auto const wanted = header + std::stoul(text.substr(field + 16));
    while(text.size() < wanted && !code) {
        char some[4096];
        auto const got = from.read_some(boost::asio::buffer(some), code);
        text.append(some, got);
    }
    return text;
}

template <class Stream>
void say(Stream& to, std::string_view text)
{
    boost::system::error_code gone;
    boost::asio::write(to, boost::asio::buffer(text), gone);
}

/// Reads until the peer closes; what came.
template <class Stream>
std::string read_all(Stream& from)
{
    std::string text;
    boost::system::error_code code;
    while(!code) {
        char some[4096];
        auto const got = from.read_some(boost::asio::buffer(some), code);
        text.append(some, got);
    }
    return text;
}

/// Closes so that the peer meets a reset.
inline void reset(tcp::socket& socket)
{
    boost::system::error_code ignored;
    socket.set_option(boost::asio::socket_base::linger(true, 0), ignored);
    socket.close(ignored);
}

/// Accepts connections one after the other and plays a script with each; its number counts from 0.
class raw_peer
{
public:
    using script = std::function<void(tcp::socket&, unsigned)>;

    explicit raw_peer(script play)
        : acceptor_(context_, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)),
          port_(acceptor_.local_endpoint().port()),
          thread_([this, play = std::move(play)] {
              for(;;) {
                  tcp::socket socket(context_);
                  boost::system::error_code failed;
                  acceptor_.accept(socket, failed);
                  if(failed || leaving_)
                      return;
                  play(socket, connections_++);
              }
          })
    {
    }
    ~raw_peer()
    {
        leaving_ = true;
        tcp::socket last(context_);
        boost::system::error_code ignored;
        last.connect(tcp::endpoint(boost::asio::ip::address_v4::loopback(), port_), ignored);
        thread_.join();
    }
    raw_peer(raw_peer const&) = delete;
    raw_peer& operator=(raw_peer const&) = delete;

    std::uint16_t port() const noexcept { return port_; }
    unsigned connections() const noexcept { return connections_; }
    std::string url(std::string const& path = "/certsrv/mscep/mscep.dll") const
    {
        return "http://127.0.0.1:" + std::to_string(port_) + path;
    }

private:
    boost::asio::io_context context_;
    tcp::acceptor acceptor_;
    std::uint16_t port_;
    std::atomic<bool> leaving_{false};
    std::atomic<unsigned> connections_{0};
    std::thread thread_;
};

/// A client that says what it is told to.
class raw_client
{
public:
    explicit raw_client(std::uint16_t port) : socket_(context_)
    {
        socket_.connect(tcp::endpoint(boost::asio::ip::address_v4::loopback(), port));
    }
    tcp::socket& socket() noexcept { return socket_; }
    void send(std::string_view text) { say(socket_, text); }
    void end()
    {
        boost::system::error_code ignored;
        socket_.shutdown(tcp::socket::shutdown_send, ignored);
    }
    std::string rest() { return read_all(socket_); }

private:
    boost::asio::io_context context_;
    tcp::socket socket_;
};

/// Says `text`, says no more, and returns everything that was answered.
inline std::string ask(std::uint16_t port, std::string_view text)
{
    raw_client client(port);
    client.send(text);
    client.end();
    return client.rest();
}

/// A loopback port on which nobody listens.
inline std::uint16_t closed_port()
{
    boost::asio::io_context context;
    tcp::acceptor const acceptor(context, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
    return acceptor.local_endpoint().port();
}

} // namespace scepkit::test
