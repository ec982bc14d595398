/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_OCI_WORLD_H
#define PROTOCOL_OCI_WORLD_H

/* Shared by the tests of container images: the world with two more registries, and one-line requests. */

#include "support/protocol_world.h"

#include "oci_data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPOSITORY "/v2/my-organization/my-images/app"
#define OTHER "/v2/my-organization/my-images/team/other"
#define PUBLIC "/v2/my-organization/public-images/app"

static inline void oci_make_registry(struct protocol_world *world, const char *organization, const char *name,
                                     bool is_public) {
    lreg_registry_settings *settings = NULL;
    assert_int_equal(lreg_registry_settings_new(&settings, NULL), LREG_OK);
    assert_int_equal(lreg_registry_settings_set_name(settings, name, NULL), LREG_OK);
    assert_int_equal(lreg_registry_settings_set_ecosystem(settings, "container", NULL), LREG_OK);
    assert_int_equal(lreg_registry_settings_set_public(settings, is_public, NULL), LREG_OK);
    assert_int_equal(lreg_registry_create(world->instance, organization, settings, NULL, NULL), LREG_OK);
    lreg_registry_settings_free(settings);
}

/* For cmocka. */
static inline int oci_setup(void **state) {
    if (protocol_setup(state) != 0) {
        return -1;
    }
    oci_make_registry(*state, "my-organization", "public-images", true);
    oci_make_registry(*state, "other-organization", "other-images", false);
    return 0;
}

/* Runs "METHOD TARGET\nfields\n\nbody" and checks the status; http_answer_free() the result. */
#define REQUEST(world, who, status, ...) protocol_expect(world, who, oci_text((char[8192]){0}, __VA_ARGS__), status)

__attribute__((format(printf, 2, 3))) static inline const char *oci_text(char text[8192], const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, 8192, format, arguments);
    va_end(arguments);
    assert_in_range(length, 0, 8191);
    return text;
}

/* Likewise, for answers that are not checked. */
#define EXPECT_STATUS(world, who, status, ...) http_answer_free(REQUEST(world, who, status, __VA_ARGS__))

static inline void expect_header(struct http_answer *answer, const char *name, const char *value) {
    const char *found = http_answer_header(answer, name);
    if (value == NULL ? found != NULL : found == NULL || strcmp(found, value) != 0) {
        fail_msg("%s is \"%s\", not \"%s\", in\n%s", name, found != NULL ? found : "(absent)",
                 value != NULL ? value : "(absent)", answer->text);
    }
}

/* The first code in the error document, and a text that occurs in the body. */
static inline void expect_error(struct http_answer *answer, const char *code, const char *text) {
    char *found = protocol_member(answer, "code");
    if (found == NULL || strcmp(found, code) != 0 || strstr(answer->body, text) == NULL) {
        fail_msg("%s with \"%s\" expected, not:\n%s", code, text, answer->text);
    }
    free(found);
}

static inline void push_blob(struct protocol_world *world, const char *repository, const char *digest,
                             const char *content) {
    EXPECT_STATUS(world, WHO_OWNER, 201, "POST %s/blobs/uploads/?digest=%s\nHost: localhost\n\n%s", repository, digest,
                  content);
}

static inline void push_blobs(struct protocol_world *world, const char *repository) {
    push_blob(world, repository, CONFIG_DIGEST, CONFIG);
    push_blob(world, repository, LAYER_DIGEST, LAYER);
}

static inline void push_manifest(struct protocol_world *world, const char *repository, const char *reference,
                                 const char *type, const char *content) {
    EXPECT_STATUS(world, WHO_OWNER, 201, "PUT %s/manifests/%s\nContent-Type: %s\n\n%s", repository, reference, type,
                  content);
}

/* Pushes IMAGE as `tag`, with its blobs. */
static inline void push_image(struct protocol_world *world, const char *repository, const char *tag) {
    push_blobs(world, repository);
    push_manifest(world, repository, tag, MANIFEST_TYPE, IMAGE);
}

/* Returns the Location of a new upload; free() it. */
static inline char *begin_upload(struct protocol_world *world, const char *repository) {
    struct http_answer *answer =
        REQUEST(world, WHO_OWNER, 202, "POST %s/blobs/uploads/\nContent-Length: 0\n\n", repository);
    char *location = strdup(http_answer_header(answer, "Location"));
    http_answer_free(answer);
    return location;
}

#endif
