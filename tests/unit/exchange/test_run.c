/* SPDX-License-Identifier: Apache-2.0 */
/* The exchange in one call, for blocking hosts. Its source uses only the public functions, here those of the shim. */
#include "unit/exchange/fixture.h"

#include "api/dispatch.c"

struct host {
    const char *body;
    size_t given;
    size_t step; /* the maximum that a read returns */
    int reads;
    int heads;
    int32_t status;
    char response[4096];
    size_t received;
    lreg_status read_status;
    lreg_status head_status;
    lreg_status write_status;
};

static lreg_status host_read(void *user, void *buffer, size_t capacity, size_t *out_got) {
    struct host *host = user;
    size_t rest = strlen(host->body) - host->given;
    size_t length = rest < host->step ? rest : host->step;
    host->reads++;
    assert_true(length <= capacity);
    memcpy(buffer, host->body + host->given, length);
    host->given += length;
    *out_got = length;
    return host->read_status;
}

static lreg_status host_head(void *user, const lreg_exchange *exchange) {
    struct host *host = user;
    host->heads++;
    host->status = lreg_exchange_status(exchange);
    return host->head_status;
}

static lreg_status host_write(void *user, const void *bytes, size_t length) {
    struct host *host = user;
    assert_int_equal(host->heads, 1);
    assert_true(host->received + length < sizeof host->response);
    memcpy(host->response + host->received, bytes, length);
    host->received += length;
    return host->write_status;
}

static lreg_dispatch_io io_of(struct host *host) {
    return (lreg_dispatch_io){.size = sizeof(lreg_dispatch_io),
                              .user = host,
                              .read = host_read,
                              .write_head = host_head,
                              .write = host_write};
}

static int setup(void **state) {
    return world_setup(state);
}

static int teardown(void **state) {
    return world_teardown(state);
}

static lreg_status run(void **state, struct host *host, const char *method, const char *target,
                       const char *const *headers) {
    struct world *world = *state;
    lreg_dispatch_io io = io_of(host);
    return lreg_dispatch((lreg_instance *)world->dispatcher, method, target, headers, &io, NULL);
}

static void test_exchange_run__answers_a_get(void **state) {
    struct host host = {.body = "", .step = 1};
    assert_int_equal(run(state, &host, "GET", "/open/range", NULL), LREG_OK);
    assert_int_equal(host.status, 200);
    assert_string_equal(host.response, "0123456789");
    assert_int_equal(host.reads, 0);
}

static void test_exchange_run__reads_the_body_in_any_steps(void **state) {
    for (size_t step = 1; step < 8; step++) {
        struct host host = {.body = "12345678", .step = step};
        static const char *const headers[] = {"Transfer-Encoding", "chunked", NULL};
        assert_int_equal(run(state, &host, "POST", "/open/small", headers), LREG_OK);
        assert_int_equal(host.status, 200);
        assert_string_equal(host.response, "12345678");
    }
}

static void test_exchange_run__an_early_answer_stops_reading(void **state) {
    struct host host = {.body = "a!bcdefgh", .step = 1};
    static const char *const headers[] = {"Content-Length", "9", NULL};
    assert_int_equal(run(state, &host, "POST", "/open/tally", headers), LREG_OK);
    assert_int_equal(host.status, 422);
    assert_int_equal(host.reads, 2);
}

static void test_exchange_run__without_a_reader_the_body_is_empty(void **state) {
    struct world *world = *state;
    struct host host = {.body = ""};
    lreg_dispatch_io io = io_of(&host);
    io.read = NULL;
    static const char *const headers[] = {"Content-Length", "9", NULL};
    assert_int_equal(lreg_dispatch((lreg_instance *)world->dispatcher, "POST", "/open/tally", headers, &io, NULL),
                     LREG_OK);
    assert_int_equal(host.status, 400);
}

static void test_exchange_run__statuses_of_callbacks_come_back(void **state) {
    static const char *const headers[] = {"Content-Length", "3", NULL};
    struct host reader = {.body = "abc", .step = 1, .read_status = 1001};
    assert_int_equal(run(state, &reader, "POST", "/open/tally", headers), 1001);
    assert_int_equal(reader.heads, 0);
    assert_int_equal(open_sinks, 0);
    struct host header = {.body = "", .head_status = 1002};
    assert_int_equal(run(state, &header, "GET", "/open/range", NULL), 1002);
    assert_int_equal(header.received, 0);
    struct host writer = {.body = "", .write_status = 1003};
    assert_int_equal(run(state, &writer, "GET", "/open/range", NULL), 1003);
}

static void test_exchange_run__bad_tables_are_refused(void **state) {
    struct world *world = *state;
    struct host host = {.body = ""};
    lreg_instance *instance = (lreg_instance *)world->dispatcher;
    assert_int_equal(lreg_dispatch(instance, "GET", "/open/range", NULL, NULL, NULL), LREG_BAD_ARGUMENT);
    lreg_dispatch_io io = io_of(&host);
    io.size = offsetof(lreg_dispatch_io, send_file) - 1; /* where the first version ended */
    assert_int_equal(lreg_dispatch(instance, "GET", "/open/range", NULL, &io, NULL), LREG_BAD_ARGUMENT);
    io = io_of(&host);
    io.write = NULL;
    assert_int_equal(lreg_dispatch(instance, "GET", "/open/range", NULL, &io, NULL), LREG_BAD_ARGUMENT);
    io = io_of(&host);
    static const char *const odd[] = {"Host", "a", "Accept", NULL};
    assert_int_equal(lreg_dispatch(instance, "GET", "/open/range", odd, &io, NULL), LREG_BAD_ARGUMENT);
    assert_int_equal(host.heads, 0);
}
