/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONNECTION_HPP
#define CONNECTION_HPP

#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/error.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <poll.h>
#include <string>
#include <sys/sendfile.h>
#include <utility>

/* A socket with a limit on the time without progress, as a synchronous stream of Asio. */
class connection {
  public:
    using error_code = boost::beast::error_code;

    explicit connection(boost::asio::ip::tcp::socket socket) : socket_(std::move(socket)) {
        socket_.non_blocking(true);
        socket_.set_option(boost::asio::ip::tcp::no_delay(true));
        peer_ = socket_.remote_endpoint().address().to_string();
    }

    const std::string &peer() const noexcept {
        return peer_;
    }

    template <class Buffers> std::size_t read_some(const Buffers &buffers, error_code &failure) {
        wait_for(POLLIN, failure);
        return failure ? 0 : socket_.read_some(buffers, failure);
    }
    template <class Buffers> std::size_t write_some(const Buffers &buffers, error_code &failure) {
        wait_for(POLLOUT, failure);
        return failure ? 0 : socket_.write_some(buffers, failure);
    }
    template <class Buffers> std::size_t read_some(const Buffers &buffers) {
        return throwing([&](error_code &failure) { return read_some(buffers, failure); });
    }
    template <class Buffers> std::size_t write_some(const Buffers &buffers) {
        return throwing([&](error_code &failure) { return write_some(buffers, failure); });
    }

    /* Sends a part of a file without copying it; returns the number of bytes sent. */
    std::size_t send_file(int file, std::int64_t offset, std::uint64_t length) {
        return throwing([&](error_code &failure) -> std::size_t {
            wait_for(POLLOUT, failure);
            const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(length, most_at_once));
            const ssize_t sent = failure ? 0 : ::sendfile(socket_.native_handle(), file, &offset, most);
            if (sent < 0) {
                failure = error_code(errno, boost::system::system_category());
            }
            return sent > 0 ? static_cast<std::size_t>(sent) : 0;
        });
    }

    /* Shuts down sending, and drains what is still arriving: if the connection closed at once, a client that is sending
     * could lose the response. */
    void end() {
        error_code failure;
        std::array<char, 16384> bytes;
        socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send, failure);
        for (int i = 0; i < 1024 && !failure; i++) {
            read_some(boost::asio::buffer(bytes), failure);
        }
    }

    /* Called from another thread: reads and writes in progress fail. */
    void abort() {
        error_code ignored;
        socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_both, ignored);
    }

  private:
    static constexpr int silence_ms = 60000;
    static constexpr std::uint64_t most_at_once = 1u << 30;

    void wait_for(short events, error_code &failure) {
        pollfd one{socket_.native_handle(), events, 0};
        const int ready = ::poll(&one, 1, silence_ms);
        failure = ready > 0 ? error_code() : make_error_code(boost::asio::error::timed_out);
    }

    template <class Call> static std::size_t throwing(Call &&call) {
        error_code failure;
        const std::size_t length = call(failure);
        if (failure) {
            throw boost::beast::system_error(failure);
        }
        return length;
    }

    boost::asio::ip::tcp::socket socket_;
    std::string peer_;
};

#endif
