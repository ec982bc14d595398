/* SPDX-License-Identifier: Apache-2.0 */

/*
 * server PORT DATA: an existing server with a registry. The code for the registry is in packages.cpp, and in the lines
 * here that are marked "the registry". The server listens on the loopback interface; port 0 selects a free port.
 */

#include "packages.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/beast/http.hpp>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <limits>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

namespace {

constexpr std::size_t THREADS = 64; /* one connection each */
constexpr std::uint32_t HEAD_BYTES = 65536;
constexpr std::uint64_t BODY_BYTES = 1u << 20;

class server {
  public:
    server(const tcp::endpoint &endpoint, const std::string &directory)
        : acceptor_(io_, endpoint), packages_(directory) {
        for (std::size_t i = 0; i < THREADS; i++) {
            threads_.emplace_back([this] { serve(); });
        }
    }

    ~server() {
        ::shutdown(acceptor_.native_handle(), SHUT_RDWR); /* wakes the threads in accept() */
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            is_ending_ = true;
            for (connection *one : connections_) {
                one->abort();
            }
        }
        for (std::thread &one : threads_) {
            one.join();
        }
    }

    unsigned port() const {
        return acceptor_.local_endpoint().port();
    }

  private:
    void serve() {
        for (;;) {
            tcp::socket socket(io_);
            connection::error_code failure;
            {
                const std::lock_guard<std::mutex> turn(accepting_);
                acceptor_.accept(socket, failure);
            }
            if (failure == asio::error::invalid_argument) { /* shut down */
                return;
            }
            try {
                if (!failure) {
                    converse(std::move(socket));
                }
            } catch (const std::exception &) { /* ends this connection only */
            }
        }
    }

    void converse(tcp::socket socket) {
        connection client(std::move(socket));
        if (!enter(client)) {
            return;
        }
        try {
            boost::beast::flat_buffer buffer(HEAD_BYTES);
            while (answer_one(client, buffer)) {
            }
            client.end();
        } catch (...) {
            leave(client);
            throw;
        }
        leave(client);
    }

    /* Returns whether the connection may carry another request. */
    bool answer_one(connection &client, boost::beast::flat_buffer &buffer) {
        http::request_parser<http::empty_body> head;
        head.header_limit(HEAD_BYTES);
        head.body_limit(std::numeric_limits<std::uint64_t>::max()); /* the registry has its own limits */
        connection::error_code failure;
        http::read_header(client, buffer, head, failure);
        if (failure) {
            const bool is_malformed = failure.category() == make_error_code(http::error::bad_field).category() &&
                                      failure != http::error::end_of_stream && failure != http::error::partial_message;
            return is_malformed && send_text(client, http::status::bad_request, "a malformed request\n", false);
        }
        if (packages::has(head.get().target())) { /* the registry */
            return packages_.answer(client, buffer, std::move(head));
        }
        if (head.content_length().value_or(0) > BODY_BYTES) {
            return send_text(client, http::status::payload_too_large, "too large\n", false);
        }
        http::request_parser<http::string_body> request(std::move(head));
        request.body_limit(BODY_BYTES);
        http::read(client, buffer, request);
        return answer(client, request.get());
    }

    bool answer(connection &client, const http::request<http::string_body> &request) {
        if (request.target() == "/hello") {
            return send_text(client, http::status::ok, "hello\n", request.keep_alive());
        }
        if (request.target() == "/newest") {
            return send_text(client, http::status::ok, newest(), request.keep_alive());
        }
        return send_text(client, http::status::not_found, "there is no such page\n", request.keep_alive());
    }

    /* The registry: a page of the server that queries it without HTTP. */
    std::string newest() const {
        std::string text;
        const libregistry::registry files = packages_.instance().find_registry("my-organization", "my-files");
        for (const libregistry::package &item : packages_.instance().packages(files)) {
            text.append(item.filename()).append(" ").append(std::to_string(item.size_bytes())).append("\n");
        }
        return text;
    }

    static bool send_text(connection &client, http::status status, const std::string &text, bool goes_on) {
        http::response<http::string_body> response(status, 11, text);
        response.keep_alive(goes_on);
        response.prepare_payload();
        http::write(client, response);
        return goes_on;
    }

    bool enter(connection &client) {
        const std::lock_guard<std::mutex> lock(mutex_);
        return !is_ending_ && connections_.insert(&client).second;
    }

    void leave(connection &client) {
        const std::lock_guard<std::mutex> lock(mutex_);
        connections_.erase(&client);
    }

    asio::io_context io_;
    tcp::acceptor acceptor_;
    packages packages_; /* the registry */
    std::mutex accepting_;
    std::mutex mutex_;
    std::set<connection *> connections_;
    bool is_ending_ = false;
    std::vector<std::thread> threads_;
};

} // namespace

int main(int argc, char **argv) {
    sigset_t signals; /* blocked here, and so in all threads: only sigwait() receives them */
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    if (argc != 3) {
        std::cerr << "usage: server PORT DATA\n";
        return EXIT_FAILURE;
    }
    try {
        const auto port = static_cast<unsigned short>(std::stoul(argv[1]));
        const server running(tcp::endpoint(asio::ip::address_v4::loopback(), port), argv[2]);
        std::cout << "http://127.0.0.1:" << running.port() << "/" << std::endl;
        int got = 0;
        sigwait(&signals, &got);
    } catch (const std::exception &failure) {
        std::cerr << "server: " << failure.what() << "\n";
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
