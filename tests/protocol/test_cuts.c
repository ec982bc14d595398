/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cuts of a request do not matter: the same request in two pieces, cut at every byte, and byte by byte, gets the
 * same answer and leaves the same state. Each runs in a world of its own, all with the same clock and randomness.
 */
#include "support/protocol_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PACKAGES "/v2/packages/organizations/my-organization/registries/my-files/packages"
#define FIELDS " HTTP/1.1\nHost: packages.test\n"

/* The answer and the state after it, as one text. */
static char *outcome(const char *request, size_t cut, size_t piece_bytes, bool reads_by_pieces) {
    struct protocol_world *world = protocol_world_new();
    struct http_script script = {.instance = world->instance,
                                 .authorization = world->authorization[WHO_OWNER],
                                 .cuts = &cut,
                                 .cut_count = cut > 0 ? 1 : 0,
                                 .piece_bytes = piece_bytes,
                                 .reads_by_pieces = reads_by_pieces};
    size_t length = 0;
    char *expanded = protocol_expand(world, request, strlen(request), &length);
    struct http_answer *answer = http_script_run_bytes(&script, expanded, length);
    char *state = protocol_state(world);
    size_t room = answer->text_length + strlen(state) + 1;
    char *text = malloc(room);
    (void)snprintf(text, room, "%s%s", answer->text, state);
    free(state);
    free(expanded);
    http_answer_free(answer);
    protocol_world_free(world);
    return text;
}

static void expect_same(const char *whole, char *cut, size_t at) {
    if (strcmp(whole, cut) != 0) {
        fail_msg("cut at %zu:\n%.400s\nand whole:\n%.400s", at, cut, whole);
    }
    free(cut);
}

static void check(const char *request, const char *status_line) {
    char *whole = outcome(request, 0, 0, false);
    assert_true(strncmp(whole, status_line, strlen(status_line)) == 0);
    size_t body = strlen(strstr(request, "\n\n") + 2);
    for (size_t at = 1; at < body; at++) {
        expect_same(whole, outcome(request, at, 0, false), at);
    }
    expect_same(whole, outcome(request, 0, 1, false), 1);
    expect_same(whole, outcome(request, 0, 3, true), 3);
    free(whole);
}

static void test_protocol_cuts__a_published_file(void **state) {
    (void)state;
    check("POST " PACKAGES FIELDS "Content-Type: multipart/form-data; boundary=\"a-b\"\n\n"
          "preamble\r\n--a-b\r\nContent-Disposition: form-data; name=\"_charset_\"\r\n\r\nvalue\r\n--a-b \r\n"
          "Content-Disposition: form-data; name=\"file\"; filename=\"x.txt\"; filename*=UTF-8''%e2%82%ac-1.0.0.txt\r\n"
          "Content-Type: text/plain\r\n\r\none\r\n--a-\r\n--a-bc\r\n\r\n--a-b-\r\ntwo\r\n--a-b--\r\nepilogue",
          "HTTP 200\n");
}

static void test_protocol_cuts__a_refused_form(void **state) {
    (void)state;
    check("POST " PACKAGES FIELDS "Content-Type: multipart/form-data; boundary=XX\n\n--XX\r\n"
          "Content-Disposition: form-data; name=\"file\"; filename=\"a-1.0.0.zip\"\r\n\r\ndata\r\n--XX\r\n"
          "Content-Disposition: form-data; name=\"file\"; filename=\"b-1.0.0.zip\"\r\n\r\ndata\r\n--XX--\r\n",
          "HTTP 422\n");
}

static void test_protocol_cuts__a_conflict(void **state) {
    (void)state;
    check("POST " PACKAGES FIELDS "Content-Type: multipart/form-data; boundary=XX\n\n--XX\r\n"
          "Content-Disposition: form-data; name=\"file\"; filename=\"app-1.0.0.zip\"\r\n\r\nother\r\n--XX--\r\n",
          "HTTP 409\n");
}

static void test_protocol_cuts__a_new_registry(void **state) {
    (void)state;
    check("POST /v2/packages/organizations/my-organization/registries" FIELDS
          "\n{\"name\": \"Caf\xc3\xa9 \\ud83d\\ude00\", \"ecosystem\": \"files\", \"public\": true}",
          "HTTP 200\n");
}

static void test_protocol_cuts__broken_json(void **state) {
    (void)state;
    check("POST /v2/packages/organizations/my-organization/registries" FIELDS
          "\n{\"name\": \"Caf\xc3\xa9\", \"ecosystem\": \"files\", }",
          "HTTP 400\n");
}

static void test_protocol_cuts__a_new_token(void **state) {
    (void)state;
    check("POST /v2/packages/organizations/my-organization/registries/my-files/tokens" FIELDS
          "\n{\"description\": \"Usher\"}",
          "HTTP 200\n");
}

/* A body that the request does not need is skipped. */
static void test_protocol_cuts__a_download_with_a_body(void **state) {
    (void)state;
    check("GET /my-organization/my-files/files/app-1.0.0.zip" FIELDS "\nno one reads this", "HTTP 200\n");
}

static void test_protocol_cuts__a_listing_with_a_body(void **state) {
    (void)state;
    check("GET " PACKAGES FIELDS "\n{}", "HTTP 200\n");
}
