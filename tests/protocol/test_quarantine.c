/* SPDX-License-Identifier: Apache-2.0 */
/* Content that a disk has damaged is served only until the scrub has read it, and is available again after the next
 * push. */
#include "oci_world.h"

#include <fcntl.h>
#include <ftw.h>
#include <unistd.h>

static const char *damaged_begin; /* of the objects to damage */
static int damaged_count;

static int setup(void **state) {
    return oci_setup(state);
}

static int teardown(void **state) {
    return protocol_teardown(state);
}

static int damage_entry(const char *path, const struct stat *facts, int type, struct FTW *walk) {
    char begin[64] = "";
    if (type != FTW_F || facts->st_size == 0) {
        return 0;
    }
    assert_int_equal(chmod(path, 0600), 0);
    int descriptor = open(path, O_RDWR | O_CLOEXEC);
    size_t length = strlen(damaged_begin);
    (void)walk;
    if (read(descriptor, begin, length) == (ssize_t)length && memcmp(begin, damaged_begin, length) == 0) {
        assert_int_equal(pwrite(descriptor, "~", 1, 0), 1);
        damaged_count++;
    }
    return close(descriptor);
}

static void damage(struct protocol_world *world, const char *begin) {
    char objects[256];
    snprintf(objects, sizeof objects, "%s/objects", world->directory);
    damaged_begin = begin;
    damaged_count = 0;
    assert_int_equal(nftw(objects, damage_entry, 16, FTW_PHYS), 0);
    assert_int_equal(damaged_count, 1);
}

/* Calls until nothing is due; returns the number of damaged objects. */
static uint64_t keep_up(struct protocol_world *world) {
    lreg_upkeep_report report = {.size = sizeof report};
    lreg_error *err = NULL;
    uint64_t damaged = 0;
    do {
        assert_int_equal(lreg_upkeep(world->instance, NULL, &report, &err), LREG_OK);
        damaged += report.damaged;
        world->now_ms += report.next_ms;
    } while ((report.flags & LREG_UPKEEP_HAS_MORE) != 0);
    return damaged;
}

static void push_layer(struct protocol_world *world) {
    http_answer_free(
        REQUEST(world, WHO_OWNER, 201, "POST " REPOSITORY "/blobs/uploads/?digest=" LAYER_DIGEST "\n\n" LAYER));
}

static void expect_layer(struct protocol_world *world) {
    struct http_answer *answer = REQUEST(world, WHO_OWNER, 200, "GET " REPOSITORY "/blobs/" LAYER_DIGEST "\n\n");
    assert_string_equal(answer->body, LAYER);
    http_answer_free(answer);
}

static void test_protocol_quarantine__a_damaged_layer_is_an_error_and_is_pushed_again(void **state) {
    struct protocol_world *world = *state;
    push_layer(world);
    expect_layer(world);
    damage(world, LAYER);
    assert_int_equal(keep_up(world), 1);
    struct http_answer *answer = REQUEST(world, WHO_OWNER, 500, "GET " REPOSITORY "/blobs/" LAYER_DIGEST "\n\n");
    assert_non_null(strstr(answer->body, "damaged"));
    assert_null(http_answer_header(answer, "ETag"));
    http_answer_free(answer);
    http_answer_free(REQUEST(world, WHO_OWNER, 404, "HEAD " REPOSITORY "/blobs/" LAYER_DIGEST "\n\n"));
    /* It is not mounted from there either: an upload begins. */
    http_answer_free(REQUEST(world, WHO_OWNER, 202,
                             "POST " OTHER "/blobs/uploads/?mount=" LAYER_DIGEST
                             "&from=my-organization/my-images/app\nContent-Length: 0\n\n"));
    push_layer(world);
    expect_layer(world);
    http_answer_free(REQUEST(world, WHO_OWNER, 200, "HEAD " REPOSITORY "/blobs/" LAYER_DIGEST "\n\n"));
}

static int remove_entry(const char *path, const struct stat *facts, int type, struct FTW *walk) {
    (void)walk;
    return type == FTW_F && (size_t)facts->st_size == strlen(LAYER) ? unlink(path) : 0;
}

static void test_protocol_quarantine__a_layer_that_is_gone_is_not_there_for_a_pusher(void **state) {
    struct protocol_world *world = *state;
    char objects[256];
    push_layer(world);
    snprintf(objects, sizeof objects, "%s/objects", world->directory);
    assert_int_equal(nftw(objects, remove_entry, 16, FTW_PHYS), 0);
    http_answer_free(REQUEST(world, WHO_OWNER, 404, "HEAD " REPOSITORY "/blobs/" LAYER_DIGEST "\n\n"));
    http_answer_free(REQUEST(world, WHO_OWNER, 500, "GET " REPOSITORY "/blobs/" LAYER_DIGEST "\n\n"));
    push_layer(world);
    expect_layer(world);
}

static void put_file(struct protocol_world *world) {
    http_answer_free(
        protocol_expect(world, WHO_PUBLISHER,
                        "POST /v2/packages/organizations/my-organization/registries/my-files/packages"
                        " HTTP/1.1\nHost: packages.test\nContent-Type: multipart/form-data; boundary=XX\n\n"
                        "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"app-1.0.0.zip\"\r\n"
                        "\r\n" PROTOCOL_CONTENT "\r\n--XX--\r\n",
                        200));
}

#define GET_FILE "GET /my-organization/my-files/files/app-1.0.0.zip HTTP/1.1\nHost: packages.test\n"

static void test_protocol_quarantine__a_damaged_file_is_an_error_and_is_published_again(void **state) {
    struct protocol_world *world = *state;
    struct http_answer *answer = protocol_expect(world, WHO_OWNER, GET_FILE "\n", 200);
    char conditional[512];
    snprintf(conditional, sizeof conditional, GET_FILE "If-None-Match: %s\n\n", http_answer_header(answer, "ETag"));
    http_answer_free(answer);
    damage(world, PROTOCOL_CONTENT);
    assert_int_equal(keep_up(world), 1);
    answer = protocol_expect(world, WHO_OWNER, GET_FILE "\n", 500);
    assert_non_null(strstr(answer->body, "damaged"));
    http_answer_free(answer);
    http_answer_free(protocol_expect(
        world, WHO_OWNER, "HEAD /my-organization/my-files/files/app-1.0.0.zip HTTP/1.1\nHost: packages.test\n\n", 500));
    put_file(world);
    answer = protocol_expect(world, WHO_OWNER, GET_FILE "\n", 200);
    assert_string_equal(answer->body, PROTOCOL_CONTENT);
    http_answer_free(answer);
    http_answer_free(protocol_expect(world, WHO_OWNER, conditional, 304));
}
