/* SPDX-License-Identifier: Apache-2.0 */
/* Requests through the public exchange, as a host writes them. Contents of responses are tested in protocol/. */
#include "component/fixture.h"

static struct fixture fixture;
static lreg_exchange *exchange;

static int setup(void **state) {
    (void)state;
    lreg_error *err = NULL;
    fixture_open_folder(&fixture);
    lreg_registry_settings *settings = settings_of("files", "files");
    make_organization(fixture.instance, "acme");
    CHECK(lreg_registry_settings_set_public(settings, 1, &err), err);
    CHECK(lreg_registry_create(fixture.instance, "acme", settings, NULL, &err), err);
    lreg_registry_settings_free(settings);
    lreg_registry *registry = find_files(fixture.instance);
    lreg_package_free(publish_text(fixture.instance, registry, "a.txt", "0123456789"));
    lreg_registry_free(registry);
    CHECK(lreg_exchange_new(fixture.instance, &exchange, &err), err);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    lreg_exchange_free(exchange);
    fixture_close(&fixture);
    return 0;
}

static void begin(const char *method, const char *target) {
    lreg_error *err = NULL;
    CHECK(lreg_exchange_set_request(exchange, method, target, &err), err);
    CHECK(lreg_exchange_add_header(exchange, "Host", "localhost", &err), err);
    CHECK(lreg_exchange_begin(exchange, &err), err);
}

static const char *header(const char *wanted) {
    const char *name = NULL;
    const char *value = NULL;
    for (size_t i = 0; lreg_exchange_header_at(exchange, i, &name, &value); i++) {
        if (strcasecmp(name, wanted) == 0) {
            return value;
        }
    }
    return NULL;
}

static void test_component_exchange__answers_by_pieces_of_a_file(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_piece piece = {.size = sizeof piece};
    char bytes[32];
    size_t length = 0;
    begin("GET", "/acme/files/files/a.txt");
    assert_int_equal(lreg_exchange_wants(exchange), LREG_WANTS_RESPONSE);
    assert_int_equal(lreg_exchange_status(exchange), 200);
    assert_true(lreg_exchange_content_length(exchange) == 10);
    assert_true(lreg_exchange_may_keep_alive(exchange));
    assert_non_null(header("ETag"));
    assert_null(header("Content-Length"));
    for (;;) {
        CHECK(lreg_exchange_next(exchange, &piece, &err), err);
        if (piece.kind == LREG_PIECE_END) {
            break;
        }
        assert_int_equal(piece.kind, LREG_PIECE_FILE);
        assert_int_equal(pread(piece.file, bytes + length, 3, piece.file_offset), piece.length < 3 ? piece.length : 3);
        uint64_t sent = piece.length < 3 ? piece.length : 3;
        CHECK(lreg_exchange_consume(exchange, sent, &err), err);
        length += (size_t)sent;
    }
    assert_int_equal(length, 10);
    assert_memory_equal(bytes, "0123456789", 10);
    assert_int_equal(lreg_exchange_wants(exchange), LREG_WANTS_NOTHING);
}

/* The second request for a small file gets its bytes, which the host may consume in parts. */
static void test_component_exchange__a_small_file_is_bytes_when_it_is_wanted_again(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_piece piece = {.size = sizeof piece};
    for (int i = 0; i < 2; i++) {
        lreg_exchange_reset(exchange);
        begin("GET", "/acme/files/files/a.txt");
        CHECK(lreg_exchange_next(exchange, &piece, &err), err);
    }
    assert_int_equal(piece.kind, LREG_PIECE_BYTES);
    assert_int_equal(piece.length, 10);
    CHECK(lreg_exchange_consume(exchange, 3, &err), err);
    CHECK(lreg_exchange_next(exchange, &piece, &err), err);
    assert_int_equal(piece.length, 7);
    assert_memory_equal(piece.bytes, "3456789", 7);
    CHECK(lreg_exchange_consume(exchange, 7, &err), err);
    CHECK(lreg_exchange_next(exchange, &piece, &err), err);
    assert_int_equal(piece.kind, LREG_PIECE_END);
}

static void test_component_exchange__reads_are_pieces_with_a_copy(void **state) {
    (void)state;
    lreg_error *err = NULL;
    char bytes[32];
    size_t got = 0;
    begin("GET", "/acme/files/files/a.txt");
    CHECK(lreg_exchange_read(exchange, bytes, 4, &got, &err), err);
    assert_int_equal(got, 4);
    CHECK(lreg_exchange_read(exchange, bytes + 4, sizeof bytes - 4, &got, &err), err);
    assert_int_equal(got, 6);
    assert_memory_equal(bytes, "0123456789", 10);
    CHECK(lreg_exchange_read(exchange, bytes, sizeof bytes, &got, &err), err);
    assert_int_equal(got, 0);
}

static void test_component_exchange__is_reusable_after_reset_in_any_phase(void **state) {
    (void)state;
    lreg_error *err = NULL;
    EXPECT(lreg_exchange_begin(exchange, &err), &err, LREG_MISUSE, "");
    lreg_exchange_reset(exchange);
    begin("GET", "/nothing/here");
    assert_int_equal(lreg_exchange_status(exchange), 404);
    assert_string_equal(lreg_exchange_reason(exchange), "Not Found");
    EXPECT(lreg_exchange_add_header(exchange, "a", "b", &err), &err, LREG_MISUSE, "");
    lreg_exchange_reset(exchange);
    assert_int_equal(lreg_exchange_status(exchange), 0);
    assert_string_equal(lreg_exchange_reason(exchange), "");
    assert_true(lreg_exchange_content_length(exchange) == -1);
    begin("HEAD", "/acme/files/files/a.txt");
    assert_int_equal(lreg_exchange_status(exchange), 200);
    assert_true(lreg_exchange_content_length(exchange) == 10);
}

static void test_component_exchange__old_and_new_pieces_are_filled_to_their_size(void **state) {
    (void)state;
    lreg_error *err = NULL;
    struct {
        lreg_piece piece;
        uint64_t later;
    } longer = {.piece = {.size = sizeof longer}, .later = 42};
    lreg_piece smaller = {.size = sizeof smaller - 1};
    begin("GET", "/acme/files/files/a.txt");
    CHECK(lreg_exchange_next(exchange, &longer.piece, &err), err);
    assert_int_equal(longer.later, 42);
    assert_int_equal(longer.piece.size, sizeof longer);
    assert_int_equal(lreg_exchange_next(exchange, &smaller, &err), LREG_BAD_ARGUMENT);
    lreg_error_free(err);
}

static void test_component_exchange__mount_is_taken_off(void **state) {
    (void)state;
    lreg_error *err = NULL;
    CHECK(lreg_exchange_set_mount(exchange, "/packages", &err), err);
    begin("GET", "/packages/acme/files/files/a.txt");
    assert_int_equal(lreg_exchange_status(exchange), 200);
    lreg_exchange_reset(exchange);
    CHECK(lreg_exchange_set_mount(exchange, "/packages", &err), err);
    begin("GET", "/acme/files/files/a.txt");
    assert_int_equal(lreg_exchange_status(exchange), 404);
}

/* Container clients do not know about a mount: they start at /v2/ and follow the addresses in answers. */
static void test_component_exchange__container_clients_find_a_mounted_registry(void **state) {
    (void)state;
    static const char *const mounts[] = {"/packages", "/v", "/v2x", "/v2/x"};
    for (size_t i = 0; i < sizeof mounts / sizeof mounts[0]; i++) {
        lreg_error *err = NULL;
        char realm[64];
        lreg_exchange_reset(exchange);
        CHECK(lreg_exchange_set_mount(exchange, mounts[i], &err), err);
        begin("GET", "/v2/");
        assert_int_equal(lreg_exchange_status(exchange), 401);
        (void)snprintf(realm, sizeof realm, "realm=\"http://localhost%s/-/token\"", mounts[i]);
        assert_non_null(strstr(header("WWW-Authenticate"), realm));
        lreg_exchange_reset(exchange);
        CHECK(lreg_exchange_set_mount(exchange, mounts[i], &err), err);
        begin("GET", "/v2");
        assert_int_equal(lreg_exchange_status(exchange), 404);
    }
}

static void test_component_exchange__method_and_target_may_come_one_by_one(void **state) {
    (void)state;
    lreg_error *err = NULL;
    CHECK(lreg_exchange_set_request(exchange, NULL, "/acme/files/files/a.txt", &err), err);
    EXPECT(lreg_exchange_set_request(exchange, "GET", "/", &err), &err, LREG_MISUSE, "");
    EXPECT(lreg_exchange_set_request(exchange, NULL, "/", &err), &err, LREG_MISUSE, "");
    EXPECT(lreg_exchange_set_request(exchange, NULL, NULL, &err), &err, LREG_BAD_ARGUMENT, "null_argument");
    EXPECT(lreg_exchange_begin(exchange, &err), &err, LREG_MISUSE, "");
    CHECK(lreg_exchange_set_request(exchange, "HEAD", NULL, &err), err);
    CHECK(lreg_exchange_begin(exchange, &err), err);
    assert_int_equal(lreg_exchange_status(exchange), 200);
    lreg_exchange_reset(exchange);
    CHECK(lreg_exchange_set_request(exchange, "GET", NULL, &err), err);
    EXPECT(lreg_exchange_begin(exchange, &err), &err, LREG_MISUSE, "");
}

/* What the host sets for scheme, name and peer counts; what a proxy sets counts only if it is trusted. */
static void test_component_exchange__origin_is_what_the_host_says(void **state) {
    (void)state;
    static const char *const bases[] = {"realm=\"https://packages.example.com/", "realm=\"https://public.example.com/"};
    for (int trusted = 0; trusted < 2; trusted++) {
        lreg_error *err = NULL;
        char body[4096];
        size_t got = 0;
        lreg_exchange_reset(exchange);
        CHECK(lreg_exchange_set_scheme(exchange, "https", &err), err);
        CHECK(lreg_exchange_set_host(exchange, "packages.example.com", &err), err);
        CHECK(lreg_exchange_set_peer(exchange, "192.0.2.1", &err), err);
        CHECK(lreg_exchange_trust_forwarded(exchange, trusted, &err), err);
        CHECK(lreg_exchange_add_header(exchange, "X-Forwarded-Host", "public.example.com", &err), err);
        begin("GET", "/v2/");
        assert_int_equal(lreg_exchange_status(exchange), 401);
        assert_non_null(strstr(header("WWW-Authenticate"), bases[trusted]));
        CHECK(lreg_exchange_read(exchange, body, sizeof body, &got, &err), err);
    }
    lreg_exchange_reset(exchange);
    lreg_error *err = NULL;
    EXPECT(lreg_exchange_set_scheme(exchange, "gopher", &err), &err, LREG_BAD_ARGUMENT, "bad_scheme");
    EXPECT(lreg_exchange_set_host(exchange, "a b", &err), &err, LREG_BAD_ARGUMENT, "bad_host");
    EXPECT(lreg_exchange_set_mount(exchange, "packages/", &err), &err, LREG_BAD_ARGUMENT, "bad_mount");
}

/* --- the blocking form --- */

struct conversation {
    const char *sends; /* body of the request */
    int status;
    size_t heads;
    char body[64];
    size_t length;
    lreg_status fails_with;
};

static lreg_status take_head(void *user, const lreg_exchange *answered) {
    struct conversation *conversation = user;
    conversation->status = lreg_exchange_status(answered);
    conversation->heads++;
    return conversation->fails_with;
}

static lreg_status take_body(void *user, const void *bytes, size_t length) {
    struct conversation *conversation = user;
    if (length > sizeof conversation->body - conversation->length) {
        return LREG_HOST_STATUS;
    }
    memcpy(conversation->body + conversation->length, bytes, length);
    conversation->length += length;
    return LREG_OK;
}

static lreg_status drop_body(void *user, const void *bytes, size_t length) {
    (void)user;
    (void)bytes;
    (void)length;
    return LREG_OK;
}

/* Returns three bytes at a time. */
static lreg_status give_body(void *user, void *buffer, size_t capacity, size_t *out_got) {
    struct conversation *conversation = user;
    size_t length = strlen(conversation->sends);
    *out_got = length < 3 ? length : 3;
    assert_true(capacity >= 3);
    memcpy(buffer, conversation->sends, *out_got);
    conversation->sends += *out_got;
    return LREG_OK;
}

static void test_component_exchange__dispatch_takes_a_body(void **state) {
    (void)state;
    static const char body[] =
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"b.txt\"\r\n\r\nfrom a form\r\n"
        "--b--\r\n";
    lreg_error *err = NULL;
    lreg_token *token = NULL;
    char length[24];
    char authorization[160];
    struct conversation conversation = {.sends = body};
    const lreg_dispatch_io io = {
        .size = sizeof io, .user = &conversation, .read = give_body, .write_head = take_head, .write = drop_body};
    CHECK(objects_token_create(fixture.instance, "acme", "x", "write_packages", 0, &token, &err), err);
    snprintf(authorization, sizeof authorization, "Bearer %s", lreg_token_secret(token));
    snprintf(length, sizeof length, "%zu", strlen(body));
    lreg_token_free(token);
    const char *const headers[] = {"Host",           "localhost",    "Authorization",
                                   authorization,    "Content-Type", "multipart/form-data; boundary=b",
                                   "Content-Length", length,         NULL};
    CHECK(lreg_dispatch(fixture.instance, "POST", "/v2/packages/organizations/acme/registries/files/packages", headers,
                        &io, &err),
          err);
    assert_int_equal(conversation.status, 200);
    lreg_registry *registry = find_files(fixture.instance);
    check_content(fixture.instance, registry, "b.txt", "from a form", 11);
    lreg_registry_free(registry);
}

static void test_component_exchange__dispatch_needs_names_with_values(void **state) {
    (void)state;
    struct conversation conversation = {0};
    const lreg_dispatch_io io = {.size = sizeof io, .user = &conversation, .write_head = take_head, .write = take_body};
    const char *const headers[] = {"Host", NULL};
    assert_int_equal(lreg_dispatch(fixture.instance, "GET", "/-/health", headers, &io, NULL), LREG_BAD_ARGUMENT);
    assert_int_equal(conversation.heads, 0);
}

static void test_component_exchange__dispatch_answers_in_one_call(void **state) {
    (void)state;
    lreg_error *err = NULL;
    struct conversation conversation = {0};
    const char *const headers[] = {"Host", "localhost", "Range", "bytes=2-4", NULL};
    const lreg_dispatch_io io = {.size = sizeof io, .user = &conversation, .write_head = take_head, .write = take_body};
    CHECK(lreg_dispatch(fixture.instance, "GET", "/acme/files/files/a.txt", headers, &io, &err), err);
    assert_int_equal(conversation.heads, 1);
    assert_int_equal(conversation.status, 206);
    assert_int_equal(conversation.length, 3);
    assert_memory_equal(conversation.body, "234", 3);
}

static void test_component_exchange__dispatch_gives_a_status_of_the_host_back(void **state) {
    (void)state;
    lreg_error *err = NULL;
    struct conversation conversation = {.fails_with = LREG_HOST_STATUS + 5};
    const lreg_dispatch_io io = {.size = sizeof io, .user = &conversation, .write_head = take_head, .write = take_body};
    const lreg_dispatch_io short_io = {.size = offsetof(lreg_dispatch_io, send_file) - 1,
                                       .user = &conversation,
                                       .write_head = take_head,
                                       .write = take_body};
    const lreg_dispatch_io unknown = {
        .size = sizeof unknown, .flags = 2, .user = &conversation, .write_head = take_head, .write = take_body};
    assert_int_equal(lreg_dispatch(fixture.instance, "GET", "/", NULL, &unknown, NULL), LREG_BAD_ARGUMENT);
    assert_int_equal(lreg_dispatch(fixture.instance, "GET", "/acme/files/files/a.txt", NULL, &io, &err),
                     LREG_HOST_STATUS + 5);
    assert_null(err);
    assert_int_equal(conversation.length, 0);
    assert_int_equal(lreg_dispatch(fixture.instance, "GET", "/", NULL, &short_io, &err), LREG_BAD_ARGUMENT);
    assert_int_equal(lreg_dispatch(fixture.instance, "GET", "/", NULL, NULL, NULL), LREG_BAD_ARGUMENT);
    assert_int_equal(lreg_dispatch(NULL, "GET", "/", NULL, &io, NULL), LREG_BAD_ARGUMENT);
}
