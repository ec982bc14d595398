/* SPDX-License-Identifier: Apache-2.0 */
/* Long work on uploads is split into turns for a host that supports them, and runs at once for other hosts. Counted,
 * not timed. */
#include "oci_world.h"

#include "support/apk_builder.h"
#include "support/tar_builder.h"

#define ALPINE "/v2/packages/organizations/my-organization/registries/my-alpine-packages/packages"
#define IMAGES "/v2/packages/organizations/my-organization/registries/my-images/packages"
#define HEAD "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x.tar\"\r\n\r\n"
#define TAIL "\r\n--XX--\r\n"
#define TURN_UNITS ((size_t)4 * 1024 * 1024)

static lreg_exchange *exchange;

static int setup(void **state) {
    if (oci_setup(state) != 0) {
        return -1;
    }
    struct protocol_world *world = *state;
    assert_int_equal(lreg_exchange_new(world->instance, &exchange, NULL), LREG_OK);
    return 0;
}

static int teardown(void **state) {
    lreg_exchange_free(exchange);
    return protocol_teardown(state);
}

static void begin(const struct protocol_world *world, const char *target, size_t length, bool takes_turns) {
    char text[32];
    snprintf(text, sizeof text, "%zu", length);
    lreg_exchange_reset(exchange);
    assert_int_equal(lreg_exchange_set_request(exchange, "POST", target, NULL), LREG_OK);
    assert_int_equal(lreg_exchange_add_header(exchange, "Authorization", world->authorization[WHO_OWNER], NULL),
                     LREG_OK);
    assert_int_equal(lreg_exchange_add_header(exchange, "Content-Type", "multipart/form-data; boundary=XX", NULL),
                     LREG_OK);
    assert_int_equal(lreg_exchange_add_header(exchange, "Content-Length", text, NULL), LREG_OK);
    assert_int_equal(lreg_exchange_set_defers_work(exchange, takes_turns, NULL), LREG_OK);
    assert_int_equal(lreg_exchange_begin(exchange, NULL), LREG_OK);
    assert_int_equal(lreg_exchange_wants(exchange), LREG_WANTS_BODY);
}

static size_t take_turns(void) {
    size_t turns = 0;
    while (lreg_exchange_wants(exchange) == LREG_WANTS_WORK) {
        assert_int_equal(lreg_exchange_status(exchange), 0);
        assert_int_equal(lreg_exchange_work(exchange, NULL), LREG_OK);
        turns++;
    }
    return turns;
}

static char *make_form(const void *bytes, size_t length, size_t *out_length) {
    struct tar_builder form = {NULL, 0};
    memcpy(tar_builder_extend(&form, sizeof HEAD - 1), HEAD, sizeof HEAD - 1);
    memcpy(tar_builder_extend(&form, length), bytes, length);
    memcpy(tar_builder_extend(&form, sizeof TAIL - 1), TAIL, sizeof TAIL - 1);
    *out_length = form.length;
    return form.bytes;
}

struct upload {
    size_t turns; /* in addition to those of write and finish */
    int32_t status;
    char body[600];
};

static struct upload upload(const struct protocol_world *world, const char *target, const void *bytes, size_t length,
                            bool takes_turns) {
    struct upload result = {0};
    size_t form_length = 0;
    size_t got = 0;
    char *form = make_form(bytes, length, &form_length);
    begin(world, target, form_length, takes_turns);
    assert_int_equal(lreg_exchange_write(exchange, form, form_length, NULL), LREG_OK);
    free(form); /* nothing of it is needed any more */
    result.turns = take_turns();
    assert_int_equal(lreg_exchange_finish(exchange, NULL), LREG_OK);
    result.turns += take_turns();
    assert_int_equal(lreg_exchange_wants(exchange), LREG_WANTS_RESPONSE);
    result.status = lreg_exchange_status(exchange);
    assert_int_equal(lreg_exchange_read(exchange, result.body, sizeof result.body - 1, &got, NULL), LREG_OK);
    return result;
}

/* Of one file of zeros, packed. */
static struct apk_bytes make_apk(size_t unpacked, const char *name) {
    struct apk_bytes package = {0};
    void *zeros = calloc(1, unpacked);
    assert_non_null(zeros);
    apk_build(&package,
              &(struct apk_recipe){.name = name, .content = zeros, .content_length = unpacked, .packs_runs = 1});
    free(zeros);
    return package;
}

static void test_protocol_turns__a_package_that_unpacks_to_much_takes_turns(void **state) {
    struct apk_bytes package = make_apk(2 * TURN_UNITS, "long");
    struct upload result = upload(*state, ALPINE, package.bytes, package.length, true);
    assert_int_equal(result.status, 200);
    assert_in_range(result.turns, 1, 3); /* and one in write */
    apk_free(&package);
}

static void test_protocol_turns__a_small_one_takes_none(void **state) {
    struct apk_bytes package = make_apk(1000, "short");
    struct upload result = upload(*state, ALPINE, package.bytes, package.length, true);
    assert_int_equal(result.status, 200);
    assert_int_equal(result.turns, 0);
    apk_free(&package);
}

static void test_protocol_turns__a_host_that_takes_none_waits(void **state) {
    struct apk_bytes package = make_apk(2 * TURN_UNITS, "waits");
    struct upload result = upload(*state, ALPINE, package.bytes, package.length, false);
    assert_int_equal(result.status, 200);
    assert_int_equal(result.turns, 0);
    apk_free(&package);
}

/* A host that only takes the turns of reading requests still works. */
static void test_protocol_turns__going_on_without_the_work_does_it(void **state) {
    struct apk_bytes package = make_apk(2 * TURN_UNITS, "heedless");
    size_t length = 0;
    char *form = make_form(package.bytes, package.length, &length);
    begin(*state, ALPINE, length, true);
    size_t most = length - sizeof TAIL;
    assert_int_equal(lreg_exchange_write(exchange, form, most, NULL), LREG_OK);
    assert_int_equal(lreg_exchange_wants(exchange), LREG_WANTS_WORK);
    assert_int_equal(lreg_exchange_write(exchange, form + most, length - most, NULL), LREG_OK);
    assert_int_equal(lreg_exchange_finish(exchange, NULL), LREG_OK);
    assert_int_equal(lreg_exchange_wants(exchange), LREG_WANTS_RESPONSE);
    assert_int_equal(lreg_exchange_status(exchange), 200);
    free(form);
    apk_free(&package);
}

static void test_protocol_turns__what_is_wrong_is_told_in_a_turn(void **state) {
    struct apk_bytes package = make_apk(2 * TURN_UNITS, "damaged");
    package.bytes[package.length - 5] ^= 1; /* the checksum of the data */
    struct upload result = upload(*state, ALPINE, package.bytes, package.length, true);
    assert_int_equal(result.status, 422);
    assert_non_null(strstr(result.body, "\"code\":\"damaged\""));
    apk_free(&package);
}

static void test_protocol_turns__an_upload_may_end_between_turns(void **state) {
    struct protocol_world *world = *state;
    struct apk_bytes package = make_apk(2 * TURN_UNITS, "aborted");
    size_t length = 0;
    char *before = protocol_state(world);
    char *form = make_form(package.bytes, package.length, &length);
    begin(world, ALPINE, length, true);
    assert_int_equal(lreg_exchange_write(exchange, form, length, NULL), LREG_OK);
    assert_int_equal(lreg_exchange_wants(exchange), LREG_WANTS_WORK);
    lreg_exchange_reset(exchange);
    char *after = protocol_state(world);
    assert_string_equal(before, after);
    free(before);
    free(after);
    free(form);
    apk_free(&package);
}

static void expect_share(const struct protocol_world *world, enum protocol_who who, char *out, size_t size) {
    lreg_exchange_reset(exchange);
    assert_string_equal(lreg_exchange_share(exchange), "");
    assert_int_equal(lreg_exchange_set_request(exchange, "GET", "/my-organization/my-files/files/app-1.0.0.zip", NULL),
                     LREG_OK);
    if (world->authorization[who][0] != '\0') {
        assert_int_equal(lreg_exchange_add_header(exchange, "Authorization", world->authorization[who], NULL), LREG_OK);
    }
    assert_int_equal(lreg_exchange_begin(exchange, NULL), LREG_OK);
    snprintf(out, size, "%s", lreg_exchange_share(exchange));
}

static void test_protocol_turns__all_tokens_of_an_organization_have_one_share(void **state) {
    char owner[80];
    char other[80];
    expect_share(*state, WHO_OWNER, owner, sizeof owner);
    assert_true(strncmp(owner, "organization:", 13) == 0 && strlen(owner) > 13);
    expect_share(*state, WHO_REGISTRY_TOKEN, other, sizeof other);
    assert_string_equal(owner, other);
    expect_share(*state, WHO_READER, other, sizeof other);
    assert_string_equal(owner, other);
    expect_share(*state, WHO_STRANGER, other, sizeof other);
    assert_string_not_equal(owner, other);
    expect_share(*state, WHO_NOBODY, other, sizeof other);
    assert_string_equal(other, "");
    expect_share(*state, WHO_DELETED, other, sizeof other);
    assert_string_equal(other, "");
}

/* --- Image archives --- */

static void add_blob(struct tar_builder *archive, const char *bytes, char digest[80]) {
    uint8_t hash[32];
    char name[100];
    apk_sha256(bytes, strlen(bytes), hash);
    snprintf(digest, 80, "sha256:");
    for (size_t i = 0; i < sizeof hash; i++) {
        snprintf(digest + 7 + 2 * i, 3, "%02x", hash[i]);
    }
    snprintf(name, sizeof name, "blobs/sha256/%s", digest + 7);
    tar_builder_file(archive, name, bytes);
}

/* An image with a very long annotation. */
static char *make_manifest(size_t length, char letter) {
    char *text = malloc(length + 1000);
    assert_non_null(text);
    int at = snprintf(text, 1000,
                      "{\"schemaVersion\":2,\"mediaType\":\"" MANIFEST_TYPE "\",\"config\":{\"mediaType\":"
                      "\"application/vnd.oci.image.config.v1+json\",\"digest\":\"" CONFIG_DIGEST
                      "\",\"size\":78},\"layers\":[],\"annotations\":{\"a\":\"");
    memset(text + at, letter, length);
    snprintf(text + (size_t)at + length, 10, "\"}}");
    return text;
}

/* An archive whose index names each of `count` manifests of `length` bytes `times` times. */
static struct tar_builder make_archive(size_t count, size_t length, size_t times) {
    struct tar_builder archive = {NULL, 0};
    struct tar_builder index = {NULL, 0};
    char digest[80];
    char entry[300];
    static const char begin_text[] = "{\"schemaVersion\":2,\"mediaType\":\"" INDEX_TYPE "\",\"manifests\":[";
    add_blob(&archive, CONFIG, digest);
    memcpy(tar_builder_extend(&index, sizeof begin_text - 1), begin_text, sizeof begin_text - 1);
    for (size_t i = 0; i < count; i++) {
        char *manifest = make_manifest(length, (char)('a' + i));
        add_blob(&archive, manifest, digest);
        for (size_t j = 0; j < times; j++) {
            int written =
                snprintf(entry, sizeof entry, "%s{\"mediaType\":\"" MANIFEST_TYPE "\",\"digest\":\"%s\",\"size\":%zu}",
                         i + j > 0 ? "," : "", digest, strlen(manifest));
            memcpy(tar_builder_extend(&index, (size_t)written), entry, (size_t)written);
        }
        free(manifest);
    }
    memcpy(tar_builder_extend(&index, 3), "]}", 3);
    add_blob(&archive, index.bytes, digest);
    snprintf(entry, sizeof entry,
             "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"" INDEX_TYPE "\",\"digest\":\"%s\",\"size\":%zu,"
             "\"annotations\":{\"org.opencontainers.image.ref.name\":\"app:v1\"}}]}",
             digest, strlen(index.bytes));
    tar_builder_file(&archive, "index.json", entry);
    tar_builder_end(&archive);
    free(index.bytes);
    return archive;
}

static void test_protocol_turns__a_manifest_that_is_named_often_is_read_once(void **state) {
    struct tar_builder once = make_archive(2, 256 * 1024, 1);
    struct tar_builder often = make_archive(2, 256 * 1024, 60);
    struct upload first = upload(*state, IMAGES, often.bytes, often.length, true);
    assert_int_equal(first.status, 200);
    assert_in_range(first.turns, 2, 4); /* each of the two takes more than one */
    struct upload second = upload(*state, IMAGES, once.bytes, once.length, true);
    assert_int_equal(second.status, 200);
    assert_int_equal(first.turns, second.turns);
    EXPECT_STATUS(*state, WHO_OWNER, 200, "GET " REPOSITORY "/manifests/v1\n\n");
    free(once.bytes);
    free(often.bytes);
}

static void test_protocol_turns__many_blobs_take_turns(void **state) {
    struct tar_builder archive = {NULL, 0};
    char digest[80];
    char text[40];
    for (int i = 0; i < 150; i++) {
        snprintf(text, sizeof text, "blob %d", i);
        add_blob(&archive, text, digest);
    }
    tar_builder_end(&archive);
    struct upload result = upload(*state, IMAGES, archive.bytes, archive.length, true);
    assert_int_equal(result.status, 422); /* no index */
    assert_in_range(result.turns, 2, 3); /* each is a commit, and 64 of them are a turn */
    free(archive.bytes);
}

static void test_protocol_turns__all_manifests_of_an_archive_are_bounded_together(void **state) {
    struct protocol_world *world = *state;
    lreg_exchange_free(exchange);
    lreg_close(world->instance);
    assert_int_equal(lreg_options_set_number(world->options, LREG_LIMIT_ARCHIVE_MANIFEST_BYTES, 5000, NULL), LREG_OK);
    assert_int_equal(lreg_open(world->options, &world->instance, NULL), LREG_OK);
    assert_int_equal(lreg_exchange_new(world->instance, &exchange, NULL), LREG_OK);
    struct tar_builder fits = make_archive(2, 1000, 5);
    struct tar_builder exceeds = make_archive(4, 1000, 1);
    assert_int_equal(upload(world, IMAGES, fits.bytes, fits.length, true).status, 200);
    struct upload result = upload(world, IMAGES, exceeds.bytes, exceeds.length, true);
    assert_int_equal(result.status, 422);
    assert_non_null(strstr(result.body, "limit archive-manifest-bytes"));
    free(fits.bytes);
    free(exceeds.bytes);
}
