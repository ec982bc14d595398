/* SPDX-License-Identifier: Apache-2.0 */

/* Plays the story; see the header. */

#include "support/story.h"

#include "protocol/oci_data.h"
#include "support/apk_builder.h"
#include "support/http_script.h"
#include "support/objects.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define REGISTRIES "/v2/packages/organizations/acme/registries"
#define PACKAGES REGISTRIES "/%s/packages"
#define REPOSITORY "/v2/acme/images/app"

struct story {
    lreg_instance *instance;
    struct http_script script;
    struct apk_bytes log;
};

static void check(lreg_status status) {
    assert_int_equal(status, LREG_OK);
}

static char *make_token(const struct story *story) {
    static const char scopes[] = "read_packages,write_packages,delete_packages,read_registries,write_registries,"
                                 "delete_registries";
    lreg_token *token = NULL;
    char *text = malloc(128);
    assert_non_null(text);
    check(objects_token_create(story->instance, "acme", "Schl\xc3\xbcssel", scopes, 0, &token, NULL));
    (void)snprintf(text, 128, "Bearer %s", lreg_token_secret(token));
    lreg_token_free(token);
    return text;
}

/* Records the answer, which must have that status. */
static struct http_answer *ask_bytes(struct story *story, int status, const char *request, size_t length) {
    struct http_answer *answer = http_script_run_bytes(&story->script, request, length);
    if (answer->status != status) {
        fail_msg("%d expected for %.*s, not:\n%s", status, (int)length, request, answer->text);
    }
    apk_append(&story->log, answer->text, answer->text_length);
    apk_append(&story->log, "\n", 1);
    return answer;
}

__attribute__((format(printf, 3, 4))) static void ask(struct story *story, int status, const char *format, ...) {
    char request[4096];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(request, sizeof request, format, arguments);
    va_end(arguments);
    assert_in_range(length, 1, (int)sizeof request - 1);
    http_answer_free(ask_bytes(story, status, request, (size_t)length));
}

static void make_registry(struct story *story, const char *name, const char *ecosystem) {
    ask(story, 200, "POST " REGISTRIES "\nContent-Type: application/json\n\n{\"name\":\"%s\",\"ecosystem\":\"%s\"}",
        name, ecosystem);
}

/* Uploads a form with one file. */
static void upload(struct story *story, int status, const char *registry, const char *name, const void *bytes,
                   size_t length) {
    struct apk_bytes request = {0};
    char head[512];
    int head_length = snprintf(head, sizeof head,
                               "POST " PACKAGES "\nHost: localhost\nContent-Type: multipart/form-data; boundary=b\n\n"
                               "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"%s\"\r\n\r\n",
                               registry, name);
    assert_in_range(head_length, 1, (int)sizeof head - 1);
    apk_append(&request, head, (size_t)head_length);
    apk_append(&request, bytes, length);
    apk_append(&request, "\r\n--b--\r\n", 9);
    http_answer_free(ask_bytes(story, status, (const char *)request.bytes, request.length));
    apk_free(&request);
}

static void upload_text(struct story *story, int status, const char *name, const char *text) {
    upload(story, status, "files", name, text, strlen(text));
}

static void play_files(struct story *story) {
    upload_text(story, 200, "app-1.0.0.zip", "first content");
    upload_text(story, 200, "app-1.1.0.zip", "second content");
    upload_text(story, 409, "app-1.0.0.zip", "other content");
    upload_text(story, 200,
                "gr\xc3\xbc\xc3\x9f"
                "e-\xc4\xb0I\xc4\xb1-1.0.txt",
                "first content");
    ask(story, 200, "GET /acme/files/files/app-1.0.0.zip\nHost: localhost\n\n");
    ask(story, 200, "GET /acme/files/files/gr%%C3%%BC%%C3%%9Fe-%%C4%%B0I%%C4%%B1-1.0.txt\nHost: localhost\n\n");
    ask(story, 206, "GET /acme/files/files/app-1.0.0.zip\nHost: localhost\nRange: bytes=1-3\n\n");
    ask(story, 404, "GET /acme/files/files/app-9.zip\nHost: localhost\n\n");
    ask(story, 200, "GET " PACKAGES "?per_page=2\nHost: localhost\n\n", "files");
}

static void upload_package(struct story *story, int status, const struct apk_recipe *recipe) {
    struct apk_bytes package = {0};
    apk_build(&package, recipe);
    upload(story, status, "apks", "x.apk", package.bytes, package.length);
    apk_free(&package);
}

/* A pax header that gives the next entry another name, in UTF-8: readers convert it to the host's locale. */
static void append_named(struct apk_bytes *segment, const char *name, const char *content) {
    char record[128];
    int rest = (int)strlen(" path=\n") + (int)strlen(name);
    int length = rest + (rest + 2 < 100 ? 2 : 3);
    assert_in_range(snprintf(record, sizeof record, "%d path=%s\n", length, name), length, length);
    apk_tar_entry(segment, "paxheader", 'x', record, strlen(record));
    apk_tar_entry(segment, ".unnamed", '0', content, strlen(content));
}

/* A package with a signature of the given name before it. */
static void upload_signed(struct story *story, int status, const char *name, int by_pax) {
    struct apk_bytes package = {0};
    struct apk_bytes segment = {0};
    struct apk_bytes all = {0};
    apk_build(&package, &(struct apk_recipe){.name = "signed", .version = by_pax ? "2" : "1"});
    if (by_pax) {
        append_named(&segment, name, "signature");
    } else {
        apk_tar_entry(&segment, name, '0', "signature", 9);
    }
    apk_gzip(&all, &segment);
    apk_append(&all, package.bytes, package.length);
    upload(story, status, "apks", "x.apk", all.bytes, all.length);
    apk_free(&all);
    apk_free(&segment);
    apk_free(&package);
}

static void play_alpine(struct story *story) {
    static const char more[] = "maintainer = J\xc3\xbcrgen \xc5\x81\xc4\x85\xc4\x8b <j@example.com>\n"
                               "license = \xe6\x96\x87\n";
    upload_package(story, 200, &(struct apk_recipe){.name = "hello"});
    upload_package(story, 200, &(struct apk_recipe){.name = "iiII", .version = "2", .more = more});
    upload_package(story, 422, &(struct apk_recipe){.name = "hello", .control_name = ".OTHER"});
    upload_signed(story, 200, ".SIGN.RSA.key.pub", 0);
    upload_signed(story, 200, ".SIGN.RSA.key.pub", 1);
    upload_signed(story, 422, ".SIGN.RSA.schl\xc3\xbcssel.pub", 0);
    upload_signed(story, 422, ".SIGN.RSA.schl\xc3\xbcssel.pub", 1);
    upload_signed(story, 422, ".SIGN.RSA.\xff.pub", 1);
    ask(story, 200, "GET /acme/apks/alpine_any/alpine_any/main/x86_64/APKINDEX.tar.gz\nHost: localhost\n\n");
    ask(story, 200, "GET /acme/apks/alpine_any/alpine_any/main/x86_64/hello-1.0-r0.apk\nHost: localhost\n\n");
    ask(story, 200, "GET " PACKAGES "\nHost: localhost\n\n", "apks");
}

static void push_in_chunks(struct story *story, const char *digest, const char *content) {
    char request[1024];
    int length = snprintf(request, sizeof request, "POST " REPOSITORY "/blobs/uploads/\nContent-Length: 0\n\n");
    struct http_answer *answer = ask_bytes(story, 202, request, (size_t)length);
    const char *target = strstr(http_answer_header(answer, "Location"), "/v2/");
    ask(story, 202, "PATCH %s\nHost: localhost\n\n%.5s", target, content);
    ask(story, 201, "PUT %s?digest=%s\nHost: localhost\n\n%s", target, digest, content + 5);
    http_answer_free(answer);
}

static void play_container(struct story *story) {
    ask(story, 201, "POST " REPOSITORY "/blobs/uploads/?digest=" CONFIG_DIGEST "\n\n" CONFIG);
    push_in_chunks(story, LAYER_DIGEST, LAYER);
    ask(story, 400, "PUT " REPOSITORY "/manifests/bad\nContent-Type: " MANIFEST_TYPE "\n\n{\"a\":");
    ask(story, 201, "PUT " REPOSITORY "/manifests/1.0\nContent-Type: " MANIFEST_TYPE "\n\n" IMAGE);
    ask(story, 200, "GET " REPOSITORY "/manifests/1.0\nAccept: " MANIFEST_TYPE "\n\n");
    ask(story, 200, "GET " REPOSITORY "/blobs/" LAYER_DIGEST "\n\n");
    ask(story, 200, "GET " REPOSITORY "/tags/list\n\n");
    ask(story, 202, "DELETE " REPOSITORY "/manifests/1.0\n\n");
}

static void play_management(struct story *story) {
    static const char registries[] = REGISTRIES;
    ask(story, 200,
        "POST %s\nContent-Type: application/json\n\n{\"name\":\"Fr\xc3\xbchst\xc3\xbc"
        "ck\",\"ecosystem\":"
        "\"files\",\"description\":\"1.5 \xe2\x82\xac, \\u0130\"}",
        registries);
    ask(story, 200, "GET %s\n\n", registries);
    ask(story, 422, "POST %s\nContent-Type: application/json\n\n{\"name\":3.25}", registries);
    ask(story, 404, "GET %s/nothing\n\n", registries);
}

static void play_upkeep(struct story *story, const char *backup) {
    lreg_verify_report report = {.size = sizeof report};
    check(lreg_verify(story->instance, NULL, &report, NULL));
    assert_int_equal(report.missing + report.damaged, 0);
    check(objects_collect(story->instance, 0, NULL, NULL));
    if (backup != NULL) {
        check(lreg_backup(story->instance, backup, NULL, NULL));
    }
}

char *story_play(lreg_instance *instance, const char *backup) {
    struct story story = {.instance = instance, .script = {.instance = instance}};
    check(objects_organization_create(instance, "acme",
                                      "\xc3\x84"
                                      "cme",
                                      NULL, NULL));
    char *authorization = make_token(&story);
    story.script.authorization = authorization;
    make_registry(&story, "files", "files");
    make_registry(&story, "apks", "alpine");
    make_registry(&story, "images", "container");
    play_files(&story);
    play_alpine(&story);
    play_container(&story);
    play_management(&story);
    play_upkeep(&story, backup);
    free(authorization);
    apk_append(&story.log, "", 1);
    return (char *)story.log.bytes;
}
