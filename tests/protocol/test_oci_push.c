/* SPDX-License-Identifier: Apache-2.0 */
/* Pushing blobs: in one request, with a session, in chunks, by mount; and fetching them. */
#include "oci_world.h"
#include "support/objects.h"

#include <unistd.h>

static int setup(void **state) {
    return oci_setup(state);
}

static int teardown(void **state) {
    return protocol_teardown(state);
}

static void expect_layer(struct protocol_world *world, const char *repository, const char *digest) {
    struct http_answer *answer = REQUEST(world, WHO_OWNER, 200, "GET %s/blobs/%s\n\n", repository, digest);
    assert_string_equal(answer->body, LAYER);
    expect_header(answer, "Docker-Content-Digest", digest);
    expect_header(answer, "Content-Type", "application/octet-stream");
    http_answer_free(answer);
}

static void test_protocol_oci_push__coded_bodies_are_refused(void **state) {
    struct protocol_world *world = *state;
    static const char *const requests[] = {"PUT " REPOSITORY "/manifests/v1", "POST " REPOSITORY "/blobs/uploads/",
                                           "POST /-/token"};
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        struct http_answer *answer = REQUEST(world, WHO_OWNER, 415, "%s\nContent-Encoding: gzip\n\n{}", requests[i]);
        assert_non_null(strstr(answer->body, "\"UNSUPPORTED\""));
        assert_non_null(strstr(answer->body, "Content-Encoding (gzip)"));
        http_answer_free(answer);
    }
}

static void test_protocol_oci_push__a_blob_goes_up_in_one_request(void **state) {
    struct protocol_world *world = *state;
    struct http_answer *answer =
        REQUEST(world, WHO_OWNER, 201, "POST " REPOSITORY "/blobs/uploads/?digest=" LAYER_DIGEST "\n\n" LAYER);
    expect_header(answer, "Location", REPOSITORY "/blobs/" LAYER_DIGEST);
    expect_header(answer, "Docker-Content-Digest", LAYER_DIGEST);
    assert_int_equal(answer->content_length, 0);
    http_answer_free(answer);
    expect_layer(world, REPOSITORY, LAYER_DIGEST);
}

static void test_protocol_oci_push__a_session_takes_the_blob_with_its_end(void **state) {
    struct protocol_world *world = *state;
    struct http_answer *answer =
        REQUEST(world, WHO_OWNER, 202, "POST " REPOSITORY "/blobs/uploads/\nContent-Length: 0\n\n");
    char *location = strdup(http_answer_header(answer, "Location"));
    expect_header(answer, "Range", "0-0");
    assert_ptr_equal(strstr(location, REPOSITORY "/blobs/uploads/"), location);
    assert_string_equal(http_answer_header(answer, "Docker-Upload-UUID"), strrchr(location, '/') + 1);
    http_answer_free(answer);
    answer = REQUEST(world, WHO_OWNER, 201, "PUT %s?digest=" LAYER_DIGEST "\n\n" LAYER, location);
    expect_header(answer, "Location", REPOSITORY "/blobs/" LAYER_DIGEST);
    expect_header(answer, "Docker-Content-Digest", LAYER_DIGEST);
    http_answer_free(answer);
    expect_layer(world, REPOSITORY, LAYER_DIGEST);
    answer = REQUEST(world, WHO_OWNER, 404, "GET %s\n\n", location);
    expect_error(answer, "BLOB_UPLOAD_UNKNOWN", "upload");
    http_answer_free(answer);
    free(location);
}

static void test_protocol_oci_push__chunks_go_up_in_order(void **state) {
    struct protocol_world *world = *state;
    char *location = begin_upload(world, REPOSITORY);
    struct http_answer *answer =
        REQUEST(world, WHO_OWNER, 202, "PATCH %s\nContent-Range: 0-9\n\n%.10s", location, LAYER);
    expect_header(answer, "Range", "0-9");
    expect_header(answer, "Location", location);
    http_answer_free(answer);
    answer = REQUEST(world, WHO_OWNER, 202, "PATCH %s\n\n%.5s", location, &LAYER[10]);
    expect_header(answer, "Range", "0-14");
    http_answer_free(answer);
    answer = REQUEST(world, WHO_OWNER, 204, "GET %s\n\n", location);
    expect_header(answer, "Range", "0-14");
    expect_header(answer, "Location", location);
    http_answer_free(answer);
    EXPECT_STATUS(world, WHO_OWNER, 201, "PUT %s?digest=" LAYER_DIGEST "\nContent-Range: 15-21\n\n%s", location,
                  &LAYER[15]);
    expect_layer(world, REPOSITORY, LAYER_DIGEST);
    free(location);
}

static void test_protocol_oci_push__one_patch_and_an_empty_end_are_what_clients_do(void **state) {
    struct protocol_world *world = *state;
    char *location = begin_upload(world, REPOSITORY);
    EXPECT_STATUS(world, WHO_OWNER, 202, "PATCH %s\nTransfer-Encoding: chunked\n\n" LAYER, location);
    EXPECT_STATUS(world, WHO_OWNER, 201, "PUT %s?digest=" LAYER_DIGEST "\nContent-Length: 0\n\n", location);
    expect_layer(world, REPOSITORY, LAYER_DIGEST);
    free(location);
}

static void test_protocol_oci_push__a_chunk_out_of_order_is_told_where_to_go_on(void **state) {
    struct protocol_world *world = *state;
    char *location = begin_upload(world, REPOSITORY);
    EXPECT_STATUS(world, WHO_OWNER, 202, "PATCH %s\nContent-Range: 0-9\n\n%.10s", location, LAYER);
    static const char *const ranges[] = {"0-9", "11-20", "100-109"};
    for (size_t i = 0; i < 3; i++) {
        struct http_answer *answer =
            REQUEST(world, WHO_OWNER, 416, "PATCH %s\nContent-Range: %s\n\n%.10s", location, ranges[i], LAYER);
        expect_error(answer, "BLOB_UPLOAD_INVALID", "stands at 10");
        expect_header(answer, "Range", "0-9");
        expect_header(answer, "Location", location);
        http_answer_free(answer);
    }
    EXPECT_STATUS(world, WHO_OWNER, 416, "PUT %s?digest=" LAYER_DIGEST "\nContent-Range: 12-13\n\nab", location);
    EXPECT_STATUS(world, WHO_OWNER, 201, "PUT %s?digest=" LAYER_DIGEST "\n\n%s", location, &LAYER[10]);
    free(location);
}

static void test_protocol_oci_push__a_chunk_of_another_length_than_it_says_is_not_taken(void **state) {
    struct protocol_world *world = *state;
    char *location = begin_upload(world, REPOSITORY);
    struct http_answer *answer =
        REQUEST(world, WHO_OWNER, 400, "PATCH %s\nContent-Range: 0-9\nContent-Length: 4\n\nabcd", location);
    expect_error(answer, "SIZE_INVALID", "Content-Range");
    http_answer_free(answer);
    answer =
        REQUEST(world, WHO_OWNER, 400, "PATCH %s\nContent-Range: 0-9\nTransfer-Encoding: chunked\n\nabcd", location);
    expect_error(answer, "SIZE_INVALID", "Content-Range");
    http_answer_free(answer);
    EXPECT_STATUS(world, WHO_OWNER, 400, "PATCH %s\nContent-Range: nonsense\n\nabcd", location);
    EXPECT_STATUS(world, WHO_OWNER, 400, "PUT %s?digest=" LAYER_DIGEST "\nContent-Range: 0-9\n\nabcd", location);
    EXPECT_STATUS(world, WHO_OWNER, 201, "PUT %s?digest=" LAYER_DIGEST "\n\n" LAYER, location);
    free(location);
}

static void test_protocol_oci_push__of_a_torn_chunk_nothing_is_kept(void **state) {
    struct protocol_world *world = *state;
    char *location = begin_upload(world, REPOSITORY);
    EXPECT_STATUS(world, WHO_OWNER, 202, "PATCH %s\n\n%.10s", location, LAYER);
    EXPECT_STATUS(world, WHO_OWNER, 400, "PATCH %s\nContent-Length: 100\n\ntorn", location);
    struct http_answer *answer = REQUEST(world, WHO_OWNER, 204, "GET %s\n\n", location);
    expect_header(answer, "Range", "0-9");
    http_answer_free(answer);
    EXPECT_STATUS(world, WHO_OWNER, 400, "PUT %s?digest=" LAYER_DIGEST "\nContent-Length: 100\n\ntorn", location);
    EXPECT_STATUS(world, WHO_OWNER, 201, "PUT %s?digest=" LAYER_DIGEST "\n\n%s", location, &LAYER[10]);
    expect_layer(world, REPOSITORY, LAYER_DIGEST);
    free(location);
}

static void test_protocol_oci_push__wrong_content_ends_the_session(void **state) {
    struct protocol_world *world = *state;
    char *location = begin_upload(world, REPOSITORY);
    struct http_answer *answer = REQUEST(world, WHO_OWNER, 400, "PUT %s?digest=" LAYER_DIGEST "\n\nother", location);
    expect_error(answer, "DIGEST_INVALID", LAYER_DIGEST);
    http_answer_free(answer);
    EXPECT_STATUS(world, WHO_OWNER, 404, "PUT %s?digest=" LAYER_DIGEST "\n\n" LAYER, location);
    EXPECT_STATUS(world, WHO_OWNER, 404, "HEAD " REPOSITORY "/blobs/" LAYER_DIGEST "\n\n");
    free(location);
}

static void test_protocol_oci_push__a_cancelled_session_is_gone(void **state) {
    struct protocol_world *world = *state;
    char *location = begin_upload(world, REPOSITORY);
    EXPECT_STATUS(world, WHO_OWNER, 202, "PATCH %s\n\nabc", location);
    EXPECT_STATUS(world, WHO_OWNER, 204, "DELETE %s\n\n", location);
    EXPECT_STATUS(world, WHO_OWNER, 404, "DELETE %s\n\n", location);
    EXPECT_STATUS(world, WHO_OWNER, 404, "PATCH %s\n\nabc", location);
    EXPECT_STATUS(world, WHO_OWNER, 404, "PUT %s?digest=" LAYER_DIGEST "\n\n" LAYER, location);
    free(location);
}

static void lose_bytes(const struct protocol_world *world, const char *location) {
    char path[160];
    (void)snprintf(path, sizeof path, "%s/staging/%s", world->directory, strrchr(location, '/') + 1);
    assert_int_equal(unlink(path), 0);
}

/* As after a crash: clients restart when told so, and must find room. */
static void test_protocol_oci_push__a_session_whose_bytes_are_lost_has_ended(void **state) {
    struct protocol_world *world = *state;
    for (int ends = 0; ends <= 1; ends++) {
        char *location = begin_upload(world, REPOSITORY);
        EXPECT_STATUS(world, WHO_OWNER, 202, "PATCH %s\n\nabc", location);
        lose_bytes(world, location);
        struct http_answer *answer =
            ends ? REQUEST(world, WHO_OWNER, 404, "PUT %s?digest=" LAYER_DIGEST "\n\n" LAYER, location)
                 : REQUEST(world, WHO_OWNER, 404, "PATCH %s\n\nabc", location);
        expect_error(answer, "BLOB_UPLOAD_UNKNOWN", "upload");
        http_answer_free(answer);
        EXPECT_STATUS(world, WHO_OWNER, 404, "GET %s\n\n", location);
        EXPECT_STATUS(world, WHO_OWNER, 404, "DELETE %s\n\n", location);
        free(location);
    }
    push_blob(world, REPOSITORY, LAYER_DIGEST, LAYER);
}

static void test_protocol_oci_push__a_session_belongs_to_its_repository_and_its_beginner(void **state) {
    struct protocol_world *world = *state;
    char *location = begin_upload(world, REPOSITORY);
    const char *id = strrchr(location, '/') + 1;
    EXPECT_STATUS(world, WHO_OWNER, 404, "GET " OTHER "/blobs/uploads/%s\n\n", id);
    EXPECT_STATUS(world, WHO_OWNER, 404, "GET " PUBLIC "/blobs/uploads/%s\n\n", id);
    struct http_answer *answer = REQUEST(world, WHO_PUBLISHER, 403, "PATCH %s\n\nabc", location);
    expect_error(answer, "DENIED", "other credentials");
    http_answer_free(answer);
    free(location);
}

static void test_protocol_oci_push__sha512_works_in_every_way(void **state) {
    struct protocol_world *world = *state;
    EXPECT_STATUS(world, WHO_OWNER, 201, "POST " REPOSITORY "/blobs/uploads/?digest=" LAYER_SHA512 "\n\n" LAYER);
    expect_layer(world, REPOSITORY, LAYER_SHA512);
    struct http_answer *answer =
        REQUEST(world, WHO_OWNER, 202, "POST " OTHER "/blobs/uploads/?digest-algorithm=sha512\nContent-Length: 0\n\n");
    char *location = strdup(http_answer_header(answer, "Location"));
    http_answer_free(answer);
    EXPECT_STATUS(world, WHO_OWNER, 201, "PUT %s?digest=" LAYER_SHA512 "\n\n" LAYER, location);
    expect_layer(world, OTHER, LAYER_SHA512);
    free(location);
    location = begin_upload(world, PUBLIC);
    EXPECT_STATUS(world, WHO_OWNER, 202, "PATCH %s\n\n" LAYER, location);
    EXPECT_STATUS(world, WHO_OWNER, 201, "PUT %s?digest=" LAYER_SHA512 "\nContent-Length: 0\n\n", location);
    expect_layer(world, PUBLIC, LAYER_SHA512);
    free(location);
}

static void test_protocol_oci_push__wrong_content_is_found_by_sha512(void **state) {
    struct protocol_world *world = *state;
    EXPECT_STATUS(world, WHO_OWNER, 400, "POST " REPOSITORY "/blobs/uploads/?digest=" LAYER_SHA512 "\n\nother");
    char *location = begin_upload(world, REPOSITORY);
    EXPECT_STATUS(world, WHO_OWNER, 400, "PUT %s?digest=" LAYER_SHA512 "\n\nother", location);
    free(location);
    location = begin_upload(world, REPOSITORY);
    EXPECT_STATUS(world, WHO_OWNER, 202, "PATCH %s\n\nother", location);
    EXPECT_STATUS(world, WHO_OWNER, 400, "PUT %s?digest=" LAYER_SHA512 "\nContent-Length: 0\n\n", location);
    free(location);
    EXPECT_STATUS(world, WHO_OWNER, 404, "HEAD " REPOSITORY "/blobs/" LAYER_SHA512 "\n\n");
}

static void test_protocol_oci_push__an_empty_blob_is_a_blob(void **state) {
    struct protocol_world *world = *state;
    static const char empty[] = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    EXPECT_STATUS(world, WHO_OWNER, 201, "POST " REPOSITORY "/blobs/uploads/?digest=%s\nContent-Length: 0\n\n", empty);
    struct http_answer *answer = REQUEST(world, WHO_OWNER, 200, "GET " REPOSITORY "/blobs/%s\n\n", empty);
    assert_int_equal(answer->content_length, 0);
    http_answer_free(answer);
}

static void test_protocol_oci_push__equal_blobs_are_stored_once(void **state) {
    struct protocol_world *world = *state;
    lreg_verify_report report = {.size = sizeof report};
    push_blob(world, REPOSITORY, LAYER_DIGEST, LAYER);
    assert_int_equal(lreg_verify(world->instance, NULL, &report, NULL), LREG_OK);
    uint64_t blobs = report.blobs;
    push_blob(world, REPOSITORY, LAYER_DIGEST, LAYER);
    push_blob(world, OTHER, LAYER_DIGEST, LAYER);
    push_blob(world, PUBLIC, LAYER_DIGEST, LAYER);
    assert_int_equal(lreg_verify(world->instance, NULL, &report, NULL), LREG_OK);
    assert_int_equal(report.blobs, blobs);
}

static void test_protocol_oci_push__a_token_has_so_many_uploads_at_once(void **state) {
    struct protocol_world *world = *state;
    for (size_t i = 0; i < 250; i++) {
        EXPECT_STATUS(world, WHO_OWNER, 202, "POST " REPOSITORY "/blobs/uploads/\n\n");
    }
    struct http_answer *answer = REQUEST(world, WHO_OWNER, 429, "POST " OTHER "/blobs/uploads/\n\n");
    expect_error(answer, "TOOMANYREQUESTS", "the limit for each is 250");
    expect_error(answer, "TOOMANYREQUESTS", "too_many_token_uploads");
    expect_header(answer, "Retry-After", "30");
    http_answer_free(answer);
    EXPECT_STATUS(world, WHO_OWNER, 202, "POST " PUBLIC "/blobs/uploads/\n\n");
    push_blob(world, REPOSITORY, LAYER_DIGEST, LAYER);
    world->now_ms += (int64_t)11 * 60 * 1000;
    EXPECT_STATUS(world, WHO_OWNER, 202, "POST " REPOSITORY "/blobs/uploads/\n\n");
}

/* --- Mounting --- */

static void test_protocol_oci_push__a_blob_is_mounted_from_where_it_is(void **state) {
    struct protocol_world *world = *state;
    push_blob(world, REPOSITORY, LAYER_DIGEST, LAYER);
    struct http_answer *answer =
        REQUEST(world, WHO_OWNER, 201,
                "POST " OTHER "/blobs/uploads/?mount=" LAYER_DIGEST "&from=my-organization%%2Fmy-images%%2Fapp\n"
                "Content-Length: 0\n\n");
    expect_header(answer, "Location", OTHER "/blobs/" LAYER_DIGEST);
    expect_header(answer, "Docker-Content-Digest", LAYER_DIGEST);
    http_answer_free(answer);
    expect_layer(world, OTHER, LAYER_DIGEST);
    EXPECT_STATUS(world, WHO_OWNER, 201,
                  "POST " PUBLIC "/blobs/uploads/?from=my-organization/my-images/app&mount=" LAYER_DIGEST "\n\n");
    expect_layer(world, PUBLIC, LAYER_DIGEST);
}

static void test_protocol_oci_push__a_blob_is_mounted_from_anywhere_in_the_registry(void **state) {
    struct protocol_world *world = *state;
    push_blob(world, REPOSITORY, LAYER_DIGEST, LAYER);
    EXPECT_STATUS(world, WHO_OWNER, 201, "POST " OTHER "/blobs/uploads/?mount=" LAYER_DIGEST "\n\n");
    EXPECT_STATUS(world, WHO_OWNER, 202, "POST " PUBLIC "/blobs/uploads/?mount=" LAYER_DIGEST "\n\n");
}

static void test_protocol_oci_push__what_cannot_be_mounted_opens_an_upload(void **state) {
    struct protocol_world *world = *state;
    static const char *const queries[] = {
        "mount=" NO_DIGEST "&from=my-organization/my-images/app",
        "mount=" LAYER_DIGEST "&from=my-organization/my-images/unknown",
        "mount=" LAYER_DIGEST "&from=my-organization/unknown/app",
        "mount=" LAYER_DIGEST "&from=unknown/my-images/app",
        "mount=" LAYER_DIGEST "&from=other-organization/other-images/app",
        "mount=" LAYER_DIGEST "&from=my-organization/my-files/app",
        "mount=" LAYER_DIGEST "&from=localhost:5000/app",
        "mount=" LAYER_DIGEST "&from=app",
        "mount=" LAYER_DIGEST "&from=",
        "mount=" LAYER_DIGEST "&from=a/b/",
        "mount=nonsense&from=my-organization/my-images/app",
        "mount=&from=my-organization/my-images/app",
    };
    push_blob(world, REPOSITORY, LAYER_DIGEST, LAYER);
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        struct http_answer *answer =
            REQUEST(world, WHO_OWNER, 202, "POST " OTHER "/blobs/uploads/?%s\nContent-Length: 0\n\n", queries[i]);
        assert_non_null(http_answer_header(answer, "Docker-Upload-UUID"));
        http_answer_free(answer);
    }
    EXPECT_STATUS(world, WHO_OWNER, 404, "HEAD " OTHER "/blobs/" LAYER_DIGEST "\n\n");
}

static void test_protocol_oci_push__nobody_mounts_what_he_may_not_read(void **state) {
    struct protocol_world *world = *state;
    push_blob(world, REPOSITORY, LAYER_DIGEST, LAYER);
    EXPECT_STATUS(world, WHO_PUBLISHER, 202,
                  "POST " OTHER "/blobs/uploads/?mount=" LAYER_DIGEST "&from=my-organization/my-images/app\n\n");
    EXPECT_STATUS(world, WHO_PUBLISHER, 202, "POST " OTHER "/blobs/uploads/?mount=" LAYER_DIGEST "\n\n");
    EXPECT_STATUS(world, WHO_STRANGER, 202,
                  "POST /v2/other-organization/other-images/app/blobs/uploads/?mount=" LAYER_DIGEST
                  "&from=my-organization/my-images/app\n\n");
}

/* --- Getting --- */

static void test_protocol_oci_push__a_head_tells_length_and_digest(void **state) {
    struct protocol_world *world = *state;
    push_blob(world, REPOSITORY, LAYER_DIGEST, LAYER);
    struct http_answer *answer = REQUEST(world, WHO_OWNER, 200, "HEAD " REPOSITORY "/blobs/" LAYER_DIGEST "\n\n");
    assert_int_equal(answer->content_length, strlen(LAYER));
    assert_int_equal(answer->body_length, 0);
    expect_header(answer, "Docker-Content-Digest", LAYER_DIGEST);
    expect_header(answer, "ETag", "\"" LAYER_DIGEST "\"");
    expect_header(answer, "Cache-Control", "private, max-age=31536000, immutable");
    expect_header(answer, "Accept-Ranges", "bytes");
    http_answer_free(answer);
    EXPECT_STATUS(world, WHO_PUBLISHER, 200, "HEAD " REPOSITORY "/blobs/" LAYER_DIGEST "\n\n");
    EXPECT_STATUS(world, WHO_PUBLISHER, 403, "GET " REPOSITORY "/blobs/" LAYER_DIGEST "\n\n");
}

static void test_protocol_oci_push__part_of_a_blob_is_sent(void **state) {
    struct protocol_world *world = *state;
    push_blob(world, REPOSITORY, LAYER_DIGEST, LAYER);
    struct http_answer *answer =
        REQUEST(world, WHO_OWNER, 206, "GET " REPOSITORY "/blobs/" LAYER_DIGEST "\nRange: bytes=4-10\n\n");
    assert_string_equal(answer->body, "content");
    expect_header(answer, "Content-Range", "bytes 4-10/22");
    http_answer_free(answer);
    answer = REQUEST(world, WHO_OWNER, 416, "GET " REPOSITORY "/blobs/" LAYER_DIGEST "\nRange: bytes=100-\n\n");
    expect_header(answer, "Content-Range", "bytes */22");
    http_answer_free(answer);
    EXPECT_STATUS(world, WHO_OWNER, 416, "GET " REPOSITORY "/blobs/" LAYER_DIGEST "\nRange: bytes=10-4\n\n");
    EXPECT_STATUS(world, WHO_OWNER, 200, "HEAD " REPOSITORY "/blobs/" LAYER_DIGEST "\nRange: bytes=4-10\n\n");
    EXPECT_STATUS(world, WHO_OWNER, 304,
                  "GET " REPOSITORY "/blobs/" LAYER_DIGEST "\nIf-None-Match: \"" LAYER_DIGEST "\"\n\n");
}

static void test_protocol_oci_push__a_deleted_blob_is_gone_from_its_repository_alone(void **state) {
    struct protocol_world *world = *state;
    push_blob(world, REPOSITORY, LAYER_DIGEST, LAYER);
    push_blob(world, OTHER, LAYER_DIGEST, LAYER);
    EXPECT_STATUS(world, WHO_OWNER, 202, "DELETE " REPOSITORY "/blobs/" LAYER_DIGEST "\n\n");
    EXPECT_STATUS(world, WHO_OWNER, 404, "GET " REPOSITORY "/blobs/" LAYER_DIGEST "\n\n");
    struct http_answer *answer = REQUEST(world, WHO_OWNER, 404, "DELETE " REPOSITORY "/blobs/" LAYER_DIGEST "\n\n");
    expect_error(answer, "BLOB_UNKNOWN", LAYER_DIGEST);
    http_answer_free(answer);
    expect_layer(world, OTHER, LAYER_DIGEST);
}

/* --- Time --- */

static void test_protocol_oci_push__asking_by_a_pusher_keeps_a_blob_from_the_collector(void **state) {
    struct protocol_world *world = *state;
    static const int64_t hour = 3600 * 1000;
    push_blob(world, REPOSITORY, LAYER_DIGEST, LAYER);
    push_blob(world, OTHER, CONFIG_DIGEST, CONFIG);
    for (size_t i = 0; i < 2; i++) {
        world->now_ms += 13 * hour;
        EXPECT_STATUS(world, WHO_OWNER, 200, "HEAD " REPOSITORY "/blobs/" LAYER_DIGEST "\n\n");
        EXPECT_STATUS(world, WHO_READER, 200, "HEAD " OTHER "/blobs/" CONFIG_DIGEST "\n\n");
    }
    assert_int_equal(objects_collect(world->instance, 0, NULL, NULL), LREG_OK);
    EXPECT_STATUS(world, WHO_OWNER, 200, "HEAD " REPOSITORY "/blobs/" LAYER_DIGEST "\n\n");
    EXPECT_STATUS(world, WHO_OWNER, 404, "HEAD " OTHER "/blobs/" CONFIG_DIGEST "\n\n");
}

static void test_protocol_oci_push__the_same_upload_at_every_cut_gives_the_same_answer(void **state) {
    struct protocol_world *world = *state;
    struct http_script script = {.instance = world->instance, .authorization = world->authorization[WHO_OWNER]};
    static const char request[] = "POST " REPOSITORY "/blobs/uploads/?digest=" LAYER_DIGEST "\n\n" LAYER;
    http_script_check_cuts(&script, request, sizeof request - 1, NULL, NULL);
}
