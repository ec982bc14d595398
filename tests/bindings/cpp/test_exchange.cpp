/* SPDX-License-Identifier: Apache-2.0 */
/* Requests through the C++ API: piece by piece, in one call, and with callbacks that throw. */
#include "check.hpp"

using libregistry::dispatch;
using libregistry::dispatch_io;
using libregistry::exchange;
using libregistry::instance;
using libregistry::response_head;

namespace {

struct own_exception {
    int number;
};

/** An instance with a public registry that has one package. */
struct world {
    instance in_memory{std::nullopt};
    libregistry::registry files = check::make_files(in_memory);
    std::string path = std::string(check::publish(in_memory, files, "a-1.0.0.txt", "0123456789").item.path());
    std::string secret = std::string(in_memory.create_token("acme", "x", "write_packages").secret());
    std::int32_t status = 0;
    std::string type;
    std::string body;

    dispatch_io io() {
        dispatch_io made;
        made.write_head = [this](const response_head &head) {
            status = head.status();
            for (const auto &[name, value] : head.fields()) {
                type = name == "Content-Type" ? value : type;
            }
        };
        made.write = [this](const void *bytes, std::size_t length) {
            body.append(static_cast<const char *>(bytes), length);
        };
        return made;
    }
};

const char form[] =
    "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"b-1.0.0.txt\"\r\n\r\nbytes\r\n--b--\r\n";
const char packages[] = "/v2/packages/organizations/acme/registries/files/packages";

} // namespace

TEST(a_response_comes_in_pieces) {
    world the;
    exchange one(the.in_memory);
    one.set_request("GET", the.path).set_scheme("https").set_host("example.com").set_peer("192.0.2.1").set_mount("");
    one.trust_forwarded(false).add_header("Range", "bytes=2-5");
    one.begin();
    CHECK(one.wants() == LREG_WANTS_RESPONSE && one.response().status() == 206);
    CHECK(one.response().content_length() == 4 && one.response().may_keep_alive());
    const lreg_piece piece = one.next();
    CHECK(piece.kind == LREG_PIECE_BYTES && piece.length == 4);
    CHECK(std::string_view(static_cast<const char *>(piece.bytes), 4) == "2345");
    one.consume(3);
    CHECK(THROWN(one.consume(2)).status() == LREG_MISUSE);
    char rest[8];
    CHECK(one.read(rest, sizeof rest) == 1 && rest[0] == '5' && one.read(rest, sizeof rest) == 0);
    CHECK(one.next().kind == LREG_PIECE_END && one.wants() == LREG_WANTS_NOTHING);
    one.reset();
    CHECK(THROWN(one.begin()).status() == LREG_MISUSE);
    one.set_request(std::nullopt, "/acme/files/files/none").set_request("HEAD", std::nullopt);
    one.begin();
    CHECK(one.response().status() == 404 && one.response().reason() == "Not Found");
}

TEST(a_body_goes_in_by_pieces) {
    world the;
    exchange one(the.in_memory);
    one.set_request("POST", packages).add_header("Authorization", "Bearer " + the.secret);
    one.add_header("Content-Type", "multipart/form-data; boundary=b").add_header("Transfer-Encoding", "chunked");
    one.set_defers_work(true).begin();
    CHECK(one.wants() == LREG_WANTS_BODY && one.body_remaining() == -1);
    CHECK(THROWN(one.work()).status() == LREG_MISUSE);
    for (const char &byte : std::string_view(form)) {
        one.write(&byte, 1);
    }
    one.write("");
    one.finish();
    CHECK(one.response().status() == 200 || one.response().status() == 201);
    CHECK(the.in_memory.find_package(the.files, "b-1.0.0.txt").size_bytes() == 5);
}

TEST(a_gateway_gives_its_variables) {
    world the;
    const std::string target = "REQUEST_URI=" + the.path;
    const char *const variables[] = {"REQUEST_METHOD=GET", target.c_str(), nullptr};
    exchange one(the.in_memory);
    one.set_environment(variables);
    one.set_sends_files(true);
    one.begin();
    CHECK(one.response().status() == 200 && one.response().file_path().empty());
}

TEST(one_call_answers_a_request) {
    world the;
    dispatch(the.in_memory, "GET", the.path, {{"Host", "example.com"}}, the.io());
    CHECK(the.status == 200 && the.body == "0123456789" && the.type == "text/plain; charset=utf-8");
    the.body.clear();
    dispatch_io io = the.io();
    std::string_view rest = form;
    io.read = [&rest](void *buffer, std::size_t capacity) {
        return std::exchange(rest, std::string_view()).copy(static_cast<char *>(buffer), capacity);
    };
    dispatch(the.in_memory, "POST", packages,
             {{"Authorization", "Bearer " + the.secret},
              {"Content-Type", "multipart/form-data; boundary=b"},
              {"Content-Length", std::to_string(sizeof form - 1)}},
             io);
    CHECK(the.status == 200 || the.status == 201);
    CHECK(the.body.find("b-1.0.0.txt") != std::string::npos);
}

TEST(what_a_callback_throws_comes_out_of_the_call) {
    world the;
    for (int at = 0; at < 3; at++) {
        dispatch_io io = the.io();
        io.read = [&](void *, std::size_t) -> std::size_t { return at == 0 ? throw own_exception{0} : 0; };
        if (at == 1) {
            io.write_head = [](const response_head &) { throw own_exception{1}; };
        }
        if (at == 2) {
            io.write = [](const void *, std::size_t) { throw own_exception{2}; };
        }
        int caught = -1;
        try {
            dispatch(the.in_memory, "POST", packages,
                     {{"Authorization", "Bearer " + the.secret},
                      {"Content-Type", "multipart/form-data; boundary=b"},
                      {"Content-Length", "100"}},
                     io);
        } catch (const own_exception &thrown) {
            caught = thrown.number;
        }
        CHECK(caught == at);
    }
    dispatch_io full = the.io();
    full.write = [](const void *, std::size_t) {
        throw libregistry::error(LREG_HOST_STATUS + 5, "the client is gone");
    };
    const libregistry::error thrown = THROWN(dispatch(the.in_memory, "GET", the.path, {}, full));
    CHECK(thrown.status() == LREG_HOST_STATUS + 5 && std::string(thrown.what()) == "the client is gone");
    full.write = [](const void *, std::size_t) { throw std::bad_alloc(); };
    bool is_caught = false;
    try {
        dispatch(the.in_memory, "GET", the.path, {}, full);
    } catch (const std::bad_alloc &) {
        is_caught = true;
    }
    CHECK(is_caught);
    dispatch(the.in_memory, "GET", the.path, {}, the.io()); /* nothing of it remains */
    CHECK(the.status == 200);
}

TEST(a_callback_may_use_another_instance) {
    world the;
    const instance other(std::nullopt);
    dispatch_io io = the.io();
    io.write = [&other](const void *, std::size_t) {
        try {
            other.find_organization("none");
        } catch (const libregistry::error &) { /* of no interest here */
        }
        other.create_organization("acme");
        throw own_exception{7};
    };
    int caught = 0;
    try {
        dispatch(the.in_memory, "GET", the.path, {}, io);
    } catch (const own_exception &thrown) {
        caught = thrown.number;
    }
    CHECK(caught == 7 && other.find_organization("acme"));
}

TEST(a_table_without_what_is_needed_is_refused) {
    world the;
    CHECK(THROWN(dispatch(the.in_memory, "GET", "/", {}, dispatch_io())).status() == LREG_BAD_ARGUMENT);
    exchange one(the.in_memory);
    CHECK(THROWN(one.run(the.io())).status() == LREG_MISUSE);
    CHECK(THROWN(one.set_scheme("gopher")).status() == LREG_BAD_ARGUMENT);
    CHECK(THROWN(one.next()).status() == LREG_MISUSE && THROWN(one.write("x")).status() == LREG_MISUSE);
    CHECK(THROWN(one.finish()).status() == LREG_MISUSE);
}

RUN_TESTS()
