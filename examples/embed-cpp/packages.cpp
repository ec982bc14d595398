/* SPDX-License-Identifier: Apache-2.0 */

#include "packages.hpp"

#include <array>
#include <boost/beast/http.hpp>
#include <sys/sendfile.h>
#include <utility>

namespace http = boost::beast::http;

namespace {

using body_parser = http::request_parser<http::buffer_body>;

std::string_view view(boost::beast::string_view text) {
    return {text.data(), text.size()};
}

void take_head(const connection &client, const http::request_header<> &head, libregistry::exchange &exchange) {
    exchange.set_mount("/packages").set_peer(client.peer());
    exchange.set_request(view(head.method_string()), view(head.target()));
    for (const auto &field : head) {
        exchange.add_header(view(field.name_string()), view(field.value()));
    }
}

void take_body(connection &client, boost::beast::flat_buffer &buffer, body_parser &parser,
               libregistry::exchange &exchange) {
    if (exchange.wants() == LREG_WANTS_BODY && parser.get()[http::field::expect] == "100-continue") {
        http::write(client, http::response<http::empty_body>(http::status::continue_, 11));
    }
    std::array<char, 65536> bytes;
    while (exchange.wants() == LREG_WANTS_BODY) {
        auto &body = parser.get().body();
        body.data = bytes.data();
        body.size = bytes.size();
        connection::error_code failure;
        http::read(client, buffer, parser, failure);
        if (failure && failure != http::error::need_buffer) {
            throw boost::beast::system_error(failure);
        }
        exchange.write(bytes.data(), bytes.size() - body.size);
        if (parser.is_done()) {
            exchange.finish();
        }
    }
}

void send_head(connection &client, const libregistry::response_head &from, bool goes_on) {
    http::response<http::empty_body> head(http::int_to_status(static_cast<unsigned>(from.status())), 11);
    for (const auto &[name, value] : from.fields()) {
        head.insert(boost::beast::string_view(name.data(), name.size()),
                    boost::beast::string_view(value.data(), value.size()));
    }
    if (from.content_length() >= 0) {
        head.content_length(static_cast<std::uint64_t>(from.content_length()));
    }
    head.set(http::field::connection, goes_on ? "keep-alive" : "close"); /* apk requires it */
    http::response_serializer<http::empty_body> serializer(head);
    http::write_header(client, serializer);
}

std::uint64_t send(connection &client, const lreg_piece &piece) {
    if (piece.kind == LREG_PIECE_BYTES) {
        return client.write_some(boost::asio::buffer(piece.bytes, static_cast<std::size_t>(piece.length)));
    }
    return client.send_file(piece.file, piece.file_offset, piece.length);
}

} // namespace

bool packages::answer(connection &client, boost::beast::flat_buffer &buffer,
                      http::request_parser<http::empty_body> &&head) const {
    body_parser parser(std::move(head));
    libregistry::exchange exchange(instance_);
    take_head(client, parser.get(), exchange);
    exchange.begin();
    take_body(client, buffer, parser, exchange);
    const bool goes_on = exchange.response().may_keep_alive() && parser.get().keep_alive();
    send_head(client, exchange.response(), goes_on);
    for (lreg_piece piece = exchange.next(); piece.kind != LREG_PIECE_END; piece = exchange.next()) {
        exchange.consume(send(client, piece));
    }
    return goes_on;
}
