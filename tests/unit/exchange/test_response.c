/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies in pieces: from memory, from a file, from a storage without descriptors; partial sends; failing storages. */
#include "storage/memory/memory.h"
#include "unit/exchange/fixture.h"

#include <fcntl.h>

#define LENGTH ((size_t)200000)

/* A storage of one object, whose bytes are computed from their offset. */
struct source {
    int open;
    int reads;
    bool has_descriptor;
    bool breaks; /* reads from the middle on fail */
    int file;
};

static struct source source;
static struct storage *storage;

static unsigned char byte_at(uint64_t offset) {
    return (unsigned char)(offset * 7 + offset / 251);
}

static lreg_status object_open(void *state, const char *key, const lreg_read_info *info, void **out_object,
                               uint64_t *out_length, lreg_failure *failure) {
    (void)info;
    (void)failure;
    (void)key;
    ((struct source *)state)->open++;
    *out_object = state;
    *out_length = LENGTH;
    return LREG_OK;
}

static lreg_status object_read(void *state, void *object, uint64_t offset, void *bytes, size_t length, size_t *out_got,
                               lreg_failure *failure) {
    (void)failure;
    (void)object;
    struct source *from = state;
    from->reads++;
    if (from->breaks && offset + length > LENGTH / 2) {
        return LREG_IO;
    }
    for (size_t i = 0; i < length; i++) {
        ((unsigned char *)bytes)[i] = byte_at(offset + i);
    }
    *out_got = length;
    return LREG_OK;
}

static lreg_status object_descriptor(void *state, void *object, int32_t *out_descriptor, uint64_t *out_offset,
                                     lreg_failure *failure) {
    (void)failure;
    (void)object;
    struct source *from = state;
    if (!from->has_descriptor) {
        return LREG_NOT_FOUND;
    }
    *out_descriptor = from->file;
    *out_offset = 5; /* the object does not start at the beginning of the file */
    return LREG_OK;
}

static void object_close(void *state, void *object) {
    (void)object;
    ((struct source *)state)->open--;
}

static lreg_status answer_object(struct call *call, struct error *err) {
    struct storage_object *object = NULL;
    uint64_t length = 0;
    lreg_status status = storage_object_open(storage, "key", -1, &object, &length, err);
    if (status != LREG_OK) {
        return status;
    }
    struct representation what = {.media_type = "application/octet-stream",
                                  .etag = "\"o\"",
                                  .modified_ms = -1,
                                  .length = length,
                                  .object = object};
    return call_respond_representation(call, &what, err);
}

static const struct route object_route = {
    .methods = HTTP_GET, .pattern = "/object", .action = AUTH_ACTION_NONE, .handle = answer_object};
static const struct surface object_surface = {
    .name = "object", .routes = &object_route, .route_count = 1, .show_error = show_text};
static const struct surface *const object_surfaces[] = {&object_surface, &things_surface, &images_surface,
                                                        &alpine_surface, &manage_surface, NULL};

static int make_file(void) {
    char path[] = "/tmp/lreg-response-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    unlink(path);
    unsigned char bytes[5 + LENGTH] = {0};
    for (size_t i = 0; i < LENGTH; i++) {
        bytes[5 + i] = byte_at(i);
    }
    assert_int_equal(write(file, bytes, sizeof bytes), sizeof bytes);
    return file;
}

static void open_storage(const struct hooks *hooks) {
    lreg_storage_backend table = {.size = 0};
    void *memory_state = NULL;
    assert_int_equal(storage_memory_table(hooks, &table, &memory_state, NULL), LREG_OK);
    table.destroy(memory_state);
    table.destroy = NULL;
    table.object_open = object_open;
    table.object_read = object_read;
    table.object_descriptor = object_descriptor;
    table.object_close = object_close;
    assert_int_equal(storage_open_backend(hooks, &table, &source, &storage, NULL), LREG_OK);
}

static int setup(void **state) {
    (void)world_setup(state);
    struct world *world = *state;
    source = (struct source){.file = make_file()};
    open_storage(core_hooks(world->core.core));
    dispatcher_release(world->dispatcher);
    assert_int_equal(dispatcher_new(world->core.core, object_surfaces, &world->dispatcher, NULL), LREG_OK);
    world->script.instance = (lreg_instance *)world->dispatcher;
    return 0;
}

static int teardown(void **state) {
    assert_int_equal(source.open, 0);
    close(source.file);
    storage_close(storage);
    return world_teardown(state);
}

static void assert_bytes(const struct http_answer *answer, uint64_t first, size_t length) {
    assert_int_equal(answer->content_length, length);
    assert_int_equal(answer->body_length, length);
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)answer->body[i] != byte_at(first + i)) {
            fail_msg("byte %zu is wrong", i);
        }
    }
}

/* In all ways: read or pieces, with and without a descriptor. */
static void expect_object(struct world *world, const char *request, int status, uint64_t first, size_t length) {
    for (int way = 0; way < 4; way++) {
        source.has_descriptor = (way & 1) != 0;
        world->script.reads_by_pieces = (way & 2) != 0;
        struct http_answer *answer = http_script_run(&world->script, request);
        assert_int_equal(answer->status, status);
        assert_bytes(answer, first, length);
        http_answer_free(answer);
    }
}

static void test_exchange_response__an_object_comes_whole(void **state) {
    expect_object(*state, "GET /object\n\n", 200, 0, LENGTH);
}

static void test_exchange_response__a_range_of_an_object_comes_exactly(void **state) {
    expect_object(*state, "GET /object\nRange: bytes=65535-131073\n\n", 206, 65535, 65539);
    expect_object(*state, "GET /object\nRange: bytes=-1\n\n", 206, LENGTH - 1, 1);
}

static void test_exchange_response__head_and_304_open_no_bytes(void **state) {
    struct world *world = *state;
    struct http_answer *answer = http_script_run(&world->script, "HEAD /object\n\n");
    assert_int_equal(answer->content_length, LENGTH);
    assert_int_equal(answer->body_length, 0);
    http_answer_free(answer);
    world_expect(world, NULL, "GET /object\nIf-None-Match: \"o\"\n\n", 304, "");
    assert_int_equal(source.reads, 0);
}

static struct exchange *begin_object(struct world *world) {
    struct exchange *exchange = world_exchange(world, "GET", "/object");
    assert_int_equal(exchange_begin(exchange, NULL), LREG_OK);
    return exchange;
}

static lreg_piece next_piece(struct exchange *exchange) {
    lreg_piece piece = {.size = sizeof piece};
    assert_int_equal(exchange_next(exchange, &piece, NULL), LREG_OK);
    return piece;
}

static void test_exchange_response__a_file_is_one_piece_that_shrinks(void **state) {
    source.has_descriptor = true;
    struct exchange *exchange = begin_object(*state);
    lreg_piece piece = next_piece(exchange);
    assert_int_equal(piece.kind, LREG_PIECE_FILE);
    assert_int_equal(piece.file, source.file);
    assert_int_equal(piece.file_offset, 5);
    assert_int_equal(piece.length, LENGTH);
    assert_null(piece.bytes);
    assert_int_equal(exchange_consume(exchange, 1000, NULL), LREG_OK);
    piece = next_piece(exchange);
    assert_int_equal(piece.file_offset, 1005);
    assert_int_equal(piece.length, LENGTH - 1000);
    assert_int_equal(exchange_consume(exchange, LENGTH - 1000 + 1, NULL), LREG_MISUSE);
    assert_int_equal(exchange_consume(exchange, LENGTH - 1000, NULL), LREG_OK);
    assert_int_equal(exchange_wants(exchange), LREG_WANTS_RESPONSE);
    assert_int_equal(next_piece(exchange).kind, LREG_PIECE_END);
    assert_int_equal(exchange_wants(exchange), LREG_WANTS_NOTHING);
    assert_int_equal(source.reads, 0);
    exchange_free(exchange);
}

static void test_exchange_response__showing_again_reads_nothing_again(void **state) {
    struct exchange *exchange = begin_object(*state);
    lreg_piece piece = next_piece(exchange);
    assert_int_equal(piece.kind, LREG_PIECE_BYTES);
    assert_int_equal(piece.file, -1);
    assert_ptr_equal(next_piece(exchange).bytes, piece.bytes);
    assert_int_equal(exchange_consume(exchange, 10, NULL), LREG_OK);
    assert_int_equal(*(const unsigned char *)next_piece(exchange).bytes, byte_at(10));
    assert_int_equal(source.reads, 1);
    assert_int_equal(exchange_consume(exchange, piece.length, NULL), LREG_MISUSE);
    exchange_free(exchange);
}

static void test_exchange_response__the_two_ways_may_be_mixed(void **state) {
    struct exchange *exchange = begin_object(*state);
    uint64_t sent = 0;
    unsigned char bytes[1000];
    for (size_t turn = 0; sent < LENGTH; turn++) {
        size_t got = 0;
        if (turn % 3 == 0) {
            lreg_piece piece = next_piece(exchange);
            assert_int_equal(*(const unsigned char *)piece.bytes, byte_at(sent));
            got = piece.length < 777 ? (size_t)piece.length : 777;
            assert_int_equal(exchange_consume(exchange, got, NULL), LREG_OK);
        } else {
            assert_int_equal(exchange_read(exchange, bytes, turn % sizeof bytes, &got, NULL), LREG_OK);
            assert_true(got == 0 || bytes[0] == byte_at(sent));
        }
        sent += got;
    }
    assert_int_equal(sent, LENGTH);
    assert_int_equal(next_piece(exchange).kind, LREG_PIECE_END);
    exchange_free(exchange);
}

static void test_exchange_response__bytes_are_consumed_in_parts(void **state) {
    struct exchange *exchange = world_exchange(*state, "GET", "/open/range");
    assert_int_equal(exchange_begin(exchange, NULL), LREG_OK);
    assert_int_equal(exchange_consume(exchange, 4, NULL), LREG_OK);
    lreg_piece piece = next_piece(exchange);
    assert_int_equal(piece.length, 6);
    assert_memory_equal(piece.bytes, "456789", 6);
    assert_int_equal(exchange_consume(exchange, 7, NULL), LREG_MISUSE);
    assert_int_equal(exchange_consume(exchange, 6, NULL), LREG_OK);
    assert_int_equal(next_piece(exchange).kind, LREG_PIECE_END);
    exchange_free(exchange);
}

static void test_exchange_response__a_piece_needs_its_size(void **state) {
    struct exchange *exchange = begin_object(*state);
    lreg_piece piece = {.size = sizeof piece - 1};
    assert_int_equal(exchange_next(exchange, &piece, NULL), LREG_BAD_ARGUMENT);
    piece.size = sizeof piece;
    assert_int_equal(exchange_next(exchange, &piece, NULL), LREG_OK);
    exchange_free(exchange);
}

static void test_exchange_response__a_storage_that_breaks_fails_the_exchange(void **state) {
    for (int way = 0; way < 2; way++) {
        source.breaks = true;
        struct exchange *exchange = begin_object(*state);
        unsigned char bytes[16384];
        lreg_status status = LREG_OK;
        struct error err = {0};
        for (size_t turn = 0; status == LREG_OK && turn < 100; turn++) {
            size_t got = 0;
            lreg_piece piece = {.size = sizeof piece};
            if (way == 0) {
                status = exchange_read(exchange, bytes, sizeof bytes, &got, &err);
            } else {
                status = exchange_next(exchange, &piece, &err);
                assert_int_equal(exchange_consume(exchange, piece.length, NULL),
                                 status == LREG_OK ? LREG_OK : LREG_MISUSE);
            }
        }
        assert_int_equal(status, LREG_IO);
        assert_int_equal(err.status, LREG_IO);
        assert_int_equal(exchange_wants(exchange), LREG_WANTS_NOTHING);
        assert_false(exchange_may_keep_alive(exchange));
        exchange_reset(exchange);
        assert_int_equal(exchange_set_request(exchange, "GET", "/open/nothing", NULL), LREG_OK);
        exchange_free(exchange);
    }
}
