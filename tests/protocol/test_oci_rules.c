/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of the OCI distribution specification 1.1 that apply to many requests at once, and edge cases of single ones.
 * */
#include "oci_world.h"

#define MIB ((size_t)1024 * 1024)
#define STRANGE "/v2/other-organization/other-images/app"

#define THRICE(text) text text text

#define CONFIG_MEMBER                                                                                             \
    "\"config\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json\",\"digest\":\"" CONFIG_DIGEST "\",\"s" \
    "ize\":78}"
#define SUBJECT_MEMBER(digest) \
    "\"subject\":{\"mediaType\":\"" MANIFEST_TYPE "\",\"digest\":\"" digest "\",\"size\":423}"

static int setup(void **state) {
    return oci_setup(state);
}

static int teardown(void **state) {
    return protocol_teardown(state);
}

static bool has(struct http_answer *answer, const char *text) {
    return strstr(answer->body, text) != NULL;
}

/* --- All requests --- */

static void test_protocol_oci_rules__head_tells_what_get_does(void **state) {
    struct protocol_world *world = *state;
    static const char *const paths[] = {
        REPOSITORY "/manifests/v1",
        REPOSITORY "/manifests/" IMAGE_DIGEST,
        REPOSITORY "/manifests/v2",
        REPOSITORY "/manifests/" NO_DIGEST,
        REPOSITORY "/manifests/sha256:1",
        REPOSITORY "/blobs/" LAYER_DIGEST,
        REPOSITORY "/blobs/" NO_DIGEST,
        OTHER "/blobs/" LAYER_DIGEST,
        REPOSITORY "/tags/list",
        OTHER "/tags/list",
        REPOSITORY "/tags/list?n=0",
        REPOSITORY "/referrers/" IMAGE_DIGEST,
        "/v2/my-organization/no-images/a/manifests/v1",
        "/v2/",
    };
    push_image(world, REPOSITORY, "v1");
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct http_script script = {.instance = world->instance, .authorization = world->authorization[WHO_OWNER]};
        struct http_answer *get = http_script_run(&script, oci_text((char[8192]){0}, "GET %s\n\n", paths[i]));
        struct http_answer *head = http_script_run(&script, oci_text((char[8192]){0}, "HEAD %s\n\n", paths[i]));
        assert_int_equal(head->status, get->status);
        assert_string_equal(head->head, get->head);
        assert_int_equal(head->content_length, get->body_length);
        assert_int_equal(head->body_length, 0);
        http_answer_free(head);
        http_answer_free(get);
    }
}

/* "Error Codes": only codes from the list, for every invalid request. */
static bool is_listed(const char *code) {
    static const char *const codes[] = {
        "BLOB_UNKNOWN",          "BLOB_UPLOAD_INVALID", "BLOB_UPLOAD_UNKNOWN", "DIGEST_INVALID",
        "MANIFEST_BLOB_UNKNOWN", "MANIFEST_INVALID",    "MANIFEST_UNKNOWN",    "NAME_INVALID",
        "NAME_UNKNOWN",          "SIZE_INVALID",        "UNAUTHORIZED",        "DENIED",
        "UNSUPPORTED",           "TOOMANYREQUESTS",
    };
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (strcmp(codes[i], code) == 0) {
            return true;
        }
    }
    return false;
}

static void test_protocol_oci_rules__refusals_have_a_code_of_the_list(void **state) {
    struct protocol_world *world = *state;
    static const struct {
        int status;
        const char *request;
    } cases[] = {
        {400, "GET " REPOSITORY "/tags/list?n=x\n\n"},
        {400, "GET " REPOSITORY "/tags/list?n=%zz\n\n"},
        {400, "GET " REPOSITORY "/tags/list\nAuthorization: Basic Og==\nAuthorization: Basic Og==\n\n"},
        {400, "POST " REPOSITORY "/blobs/uploads/?digest-algorithm=md5\n\n"},
        {405, "PUT " REPOSITORY "/tags/list\n\n"},
        {412, "GET " REPOSITORY "/blobs/" LAYER_DIGEST "\nIf-Match: \"other\"\n\n"},
        {412, "PUT " REPOSITORY "/manifests/v2\nIf-Match: *\nContent-Type: " MANIFEST_TYPE "\n\n" IMAGE},
        {413, "PUT " REPOSITORY "/manifests/v1\nContent-Type: " MANIFEST_TYPE "\nContent-Length: 99999999\n\n{"},
        {414, "GET /v2/my-organization/my-images/" THRICE(THRICE("a/b/c/d/e/f/g/h/")) "a/tags/list\n\n"},
        {414, "PUT " REPOSITORY "/manifests/" IMAGE_DIGEST
              "?tag=a" THRICE(THRICE("&tag=a&tag=b&tag=c&tag=d")) "\nContent-Type: " MANIFEST_TYPE "\n\n" IMAGE},
        {415, "POST /-/token\nContent-Type: application/json\n\n{}"},
        {416, "GET " REPOSITORY "/blobs/" LAYER_DIGEST "\nRange: bytes=99-\n\n"},
    };
    push_image(world, REPOSITORY, "v1");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct http_answer *answer = protocol_expect(world, WHO_OWNER, cases[i].request, cases[i].status);
        char *code = protocol_member(answer, "code");
        if (code == NULL || !is_listed(code)) {
            fail_msg("%s gives\n%s", cases[i].request, answer->text);
        }
        free(code);
        http_answer_free(answer);
    }
}

/* "The <location> MUST contain a UUID": in the form of RFC 9562. */
static void test_protocol_oci_rules__the_location_of_an_upload_has_a_uuid(void **state) {
    char *location = begin_upload(*state, REPOSITORY);
    char *id = strrchr(location, '/') + 1;
    char shape[] = "xxxxxxxx-xxxx-4xxx-xxxx-xxxxxxxxxxxx";
    assert_int_equal(strlen(id), strlen(shape));
    for (size_t i = 0; i < strlen(shape); i++) {
        assert_true(shape[i] == 'x' ? strchr("0123456789abcdef", id[i]) != NULL : id[i] == shape[i]);
    }
    free(location);
}

/* --- Mounting --- */

/* Returns the answer without the id of the upload that it opens. */
static char *mount_answer(struct protocol_world *world, enum protocol_who who, const char *query) {
    struct http_answer *answer =
        REQUEST(world, who, 202, "POST " STRANGE "/blobs/uploads/?%s\nContent-Length: 0\n\n", query);
    char *id = strdup(http_answer_header(answer, "Docker-Upload-UUID"));
    char *text = strdup(answer->text);
    for (char *at = text; (at = strstr(at, id)) != NULL; at++) {
        memset(at, 'X', strlen(id));
    }
    free(id);
    http_answer_free(answer);
    return text;
}

static void test_protocol_oci_rules__a_mount_does_not_tell_what_is_private(void **state) {
    struct protocol_world *world = *state;
    static const char *const queries[] = {
        "mount=" LAYER_DIGEST "&from=my-organization/my-images/app",
        "mount=" NO_DIGEST "&from=my-organization/my-images/app",
        "mount=" LAYER_DIGEST "&from=my-organization/nothing/app",
        "mount=" LAYER_DIGEST,
        "mount=" NO_DIGEST,
    };
    push_blob(world, REPOSITORY, LAYER_DIGEST, LAYER);
    char *plain = mount_answer(world, WHO_STRANGER, "");
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        char *text = mount_answer(world, WHO_STRANGER, queries[i]);
        assert_string_equal(text, plain);
        free(text);
    }
    free(plain);
    EXPECT_STATUS(world, WHO_STRANGER, 404, "HEAD " STRANGE "/blobs/" LAYER_DIGEST "\n\n");
    EXPECT_STATUS(world, WHO_NOBODY, 401, "POST " STRANGE "/blobs/uploads/?mount=" LAYER_DIGEST "\n\n");
}

static void test_protocol_oci_rules__what_is_public_is_mounted_across_organizations(void **state) {
    struct protocol_world *world = *state;
    push_blob(world, PUBLIC, LAYER_DIGEST, LAYER);
    EXPECT_STATUS(world, WHO_STRANGER, 201,
                  "POST " STRANGE "/blobs/uploads/?mount=" LAYER_DIGEST "&from=my-organization/public-images/app\n\n");
    struct http_answer *answer = REQUEST(world, WHO_STRANGER, 200, "GET " STRANGE "/blobs/" LAYER_DIGEST "\n\n");
    assert_string_equal(answer->body, LAYER);
    http_answer_free(answer);
}

/* --- Manifests --- */

/* "SHOULD expect to be able to support manifest pushes of at least 4 megabytes": to the byte. */
static void test_protocol_oci_rules__a_manifest_may_have_4_mib(void **state) {
    struct protocol_world *world = *state;
    static const char start[] = "{\"schemaVersion\":2," CONFIG_MEMBER ",\"layers\":[],\"annotations\":{\"a\":\"";
    size_t fill = 4 * MIB - (sizeof start - 1) - strlen("\"}}");
    push_blobs(world, REPOSITORY);
    for (size_t more = 0; more < 2; more++) {
        EXPECT_STATUS(world, WHO_OWNER, more == 0 ? 201 : 413,
                      "PUT " REPOSITORY "/manifests/large%zu\nContent-Type: " MANIFEST_TYPE "\n\n%s<<a*%zu>>\"}}", more,
                      start, fill + more);
    }
    struct http_answer *answer = REQUEST(world, WHO_OWNER, 200, "GET " REPOSITORY "/manifests/large0\n\n");
    assert_int_equal(answer->body_length, 4 * MIB);
    http_answer_free(answer);
}

static void test_protocol_oci_rules__parameters_of_the_content_type_do_not_count(void **state) {
    struct protocol_world *world = *state;
    push_blobs(world, REPOSITORY);
    push_manifest(world, REPOSITORY, "v1", MANIFEST_TYPE "; charset=utf-8", IMAGE);
    struct http_answer *answer = REQUEST(world, WHO_OWNER, 200, "GET " REPOSITORY "/manifests/v1\n\n");
    expect_header(answer, "Content-Type", MANIFEST_TYPE);
    http_answer_free(answer);
}

/* OCI image 1.1, manifest.md, "Guidance for an Empty Descriptor". */
static void test_protocol_oci_rules__an_artifact_may_consist_of_the_empty_descriptor(void **state) {
    struct protocol_world *world = *state;
#define EMPTY_DIGEST "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
#define EMPTY                                                                                                   \
    "{\"mediaType\":\"application/vnd.oci.empty.v1+json\",\"digest\":\"" EMPTY_DIGEST "\",\"size\":2,\"data\":" \
    "\"e30=\"}"
    static const char artifact[] =
        "{\"schemaVersion\":2,\"mediaType\":\"" MANIFEST_TYPE "\",\"artifactType\":\""
        "application/vnd.example+type\",\"config\":" EMPTY ",\"layers\":[" EMPTY "]," SUBJECT_MEMBER(NO_DIGEST) "}";
    push_blob(world, REPOSITORY, EMPTY_DIGEST, "{}");
    push_manifest(world, REPOSITORY, "artifact", MANIFEST_TYPE, artifact);
    struct http_answer *answer = REQUEST(world, WHO_OWNER, 200, "GET " REPOSITORY "/manifests/artifact\n\n");
    assert_string_equal(answer->body, artifact);
    http_answer_free(answer);
    /* The plus in a media type is literal, although it means a blank in a query. */
    static const char *const filters[] = {"application/vnd.example+type", "application%2Fvnd.example%2Btype"};
    for (size_t i = 0; i < 2; i++) {
        answer = REQUEST(world, WHO_OWNER, 200, "GET " REPOSITORY "/referrers/" NO_DIGEST "?artifactType=%s\n\n",
                         filters[i]);
        expect_header(answer, "OCI-Filters-Applied", "artifactType");
        assert_true(has(answer, "\"artifactType\":\"application/vnd.example+type\""));
        http_answer_free(answer);
    }
}

static void test_protocol_oci_rules__a_manifest_may_be_pushed_by_sha512(void **state) {
    struct protocol_world *world = *state;
    push_image(world, REPOSITORY, "v1");
    struct http_answer *answer = REQUEST(world, WHO_OWNER, 201,
                                         "PUT " REPOSITORY "/manifests/" IMAGE_SHA512
                                         "?tag=v1&tag=v2\nContent-Type: " MANIFEST_TYPE "\n\n" IMAGE);
    expect_header(answer, "Docker-Content-Digest", IMAGE_SHA512);
    expect_header(answer, "Location", REPOSITORY "/manifests/" IMAGE_SHA512);
    http_answer_free(answer);
    static const char *const references[] = {IMAGE_SHA512, "v1", "v2"};
    EXPECT_STATUS(world, WHO_OWNER, 202, "DELETE " REPOSITORY "/manifests/" IMAGE_DIGEST "\n\n");
    for (size_t i = 0; i < 3; i++) {
        answer = REQUEST(world, WHO_OWNER, 200, "GET " REPOSITORY "/manifests/%s\n\n", references[i]);
        expect_header(answer, "Docker-Content-Digest", IMAGE_SHA512);
        assert_string_equal(answer->body, IMAGE);
        http_answer_free(answer);
    }
}

/* RFC 9110 section 13: clients that do not want to overwrite a concurrent push. */
static void test_protocol_oci_rules__changes_may_have_conditions(void **state) {
    struct protocol_world *world = *state;
    static const struct {
        int status;
        const char *request;
    } steps[] = {
        {412, "PUT " REPOSITORY "/manifests/v1\nIf-Match: *\nContent-Type: " MANIFEST_TYPE "\n\n" IMAGE},
        {404, "GET " REPOSITORY "/manifests/v1\n\n"},
        {201, "PUT " REPOSITORY "/manifests/v1\nIf-None-Match: *\nContent-Type: " MANIFEST_TYPE "\n\n" IMAGE},
        {412, "PUT " REPOSITORY "/manifests/v1\nIf-None-Match: *\nContent-Type: " MANIFEST_TYPE "\n\n" OTHER_IMAGE},
        {412, "PUT " REPOSITORY "/manifests/v1\nIf-Match: \"" NO_DIGEST "\"\nContent-Type: " MANIFEST_TYPE
              "\n\n" OTHER_IMAGE},
        {400, "PUT " REPOSITORY "/manifests/v1\nIf-Match: \"" NO_DIGEST "\"\nContent-Type: " MANIFEST_TYPE
              "\n\n" LOST_IMAGE},
        {304, "GET " REPOSITORY "/manifests/v1\nIf-None-Match: \"" IMAGE_DIGEST "\"\n\n"},
        {201, "PUT " REPOSITORY "/manifests/v1\nIf-Match: \"" IMAGE_DIGEST "\"\nContent-Type: " MANIFEST_TYPE
              "\n\n" OTHER_IMAGE},
        {412,
         "PUT " REPOSITORY "/manifests/" IMAGE_DIGEST "\nIf-None-Match: *\nContent-Type: " MANIFEST_TYPE "\n\n" IMAGE},
        {412, "DELETE " REPOSITORY "/manifests/v1\nIf-Match: \"" IMAGE_DIGEST "\"\n\n"},
        {412, "DELETE " REPOSITORY "/manifests/" IMAGE_DIGEST "\nIf-Match: \"" OTHER_IMAGE_DIGEST "\"\n\n"},
        {404, "DELETE " REPOSITORY "/manifests/v9\nIf-Match: *\n\n"},
        {404, "DELETE " REPOSITORY "/manifests/" NO_DIGEST "\nIf-Match: *\n\n"},
        {200, "HEAD " REPOSITORY "/manifests/" IMAGE_DIGEST "\n\n"},
        {202, "DELETE " REPOSITORY "/manifests/v1\nIf-Match: \"" OTHER_IMAGE_DIGEST "\"\n\n"},
        {202, "DELETE " REPOSITORY "/manifests/" IMAGE_DIGEST "\nIf-Match: \"" IMAGE_DIGEST "\"\n\n"},
    };
    push_blobs(world, REPOSITORY);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        http_answer_free(protocol_expect(world, WHO_OWNER, steps[i].request, steps[i].status));
    }
}

/* --- Referrers --- */

/* In either order, and beyond the subject's lifetime. */
static void test_protocol_oci_rules__referrers_do_not_need_their_subject(void **state) {
    struct protocol_world *world = *state;
    static const char referrers[] = "GET " REPOSITORY "/referrers/" IMAGE_DIGEST "\n\n";
    push_blobs(world, REPOSITORY);
    push_manifest(world, REPOSITORY, SIGNATURE_DIGEST, MANIFEST_TYPE, SIGNATURE);
    push_manifest(world, REPOSITORY, "v1", MANIFEST_TYPE, IMAGE);
    static const char *const deleted[] = {"v1", IMAGE_DIGEST, SIGNATURE_DIGEST};
    for (size_t i = 0; i < 3; i++) {
        struct http_answer *answer = protocol_expect(world, WHO_OWNER, referrers, 200);
        assert_true(has(answer, SIGNATURE_DIGEST));
        http_answer_free(answer);
        EXPECT_STATUS(world, WHO_OWNER, 202, "DELETE " REPOSITORY "/manifests/%s\n\n", deleted[i]);
    }
    struct http_answer *answer = protocol_expect(world, WHO_OWNER, referrers, 200);
    assert_true(has(answer, "\"manifests\":[]"));
    http_answer_free(answer);
}

static void test_protocol_oci_rules__an_index_is_a_referrer_with_a_type_or_without(void **state) {
    struct protocol_world *world = *state;
    static const char bare[] = "{\"schemaVersion\":2,\"manifests\":[]," SUBJECT_MEMBER(NO_DIGEST) "}";
    static const char typed[] = "{\"schemaVersion\":2,\"artifactType\":\"application/x.y\",\"manifests\":[],"
                                "\"annotations\":{\"a\":\"b\"}," SUBJECT_MEMBER(NO_DIGEST) "}";
    struct http_answer *answer =
        REQUEST(world, WHO_OWNER, 201, "PUT " REPOSITORY "/manifests/bare\nContent-Type: " INDEX_TYPE "\n\n%s", bare);
    expect_header(answer, "OCI-Subject", NO_DIGEST);
    http_answer_free(answer);
    answer = REQUEST(world, WHO_OWNER, 200, "GET " REPOSITORY "/referrers/" NO_DIGEST "\n\n");
    assert_true(has(answer, "\"mediaType\":\"" INDEX_TYPE "\",\"digest\":"));
    assert_false(has(answer, "artifactType"));
    http_answer_free(answer);
    push_manifest(world, REPOSITORY, "typed", INDEX_TYPE, typed);
    answer = REQUEST(world, WHO_OWNER, 200, "GET " REPOSITORY "/referrers/" NO_DIGEST "\n\n");
    assert_true(has(answer, "\"artifactType\":\"application/x.y\",\"annotations\":{\"a\":\"b\"}"));
    http_answer_free(answer);
}

/* The target of the next page; free() it. NULL when there is none. */
static char *next_page(struct http_answer *answer) {
    const char *link = http_answer_header(answer, "Link");
    if (link == NULL) {
        return NULL;
    }
    char *target = strdup(link + 1);
    char *end = strstr(target, ">; rel=\"next\"");
    assert_non_null(end);
    *end = '\0';
    return target;
}

/* "The descriptors MUST include annotations": those of a usual length. A list that is open to anonymous clients does
 * not send megabytes for each manifest; the manifests contain them. */
static void test_protocol_oci_rules__referrers_have_annotations_up_to_a_length(void **state) {
    struct protocol_world *world = *state;
    static const size_t lengths[] = {16 * 1024 - 1, 1000, 1000, 4 * MIB - 1024, 16 * 1024};
    size_t total = 0;
    push_blobs(world, REPOSITORY);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        total += lengths[i] < 16 * 1024 && i != 1 ? lengths[i] : 0;
        EXPECT_STATUS(world, WHO_OWNER, 201,
                      "PUT " REPOSITORY "/manifests/r%zu\nContent-Type: " MANIFEST_TYPE
                      "\n\n{\"schemaVersion\":2," CONFIG_MEMBER ",\"layers\":[],\"artifactType\":\"a/%s\","
                      "\"annotations\":{\"z\":\"<<z*%zu>>\",\"b\":\"\"}," SUBJECT_MEMBER(NO_DIGEST) "}",
                      i, i == 1 ? "one" : "all", lengths[i]);
    }
    size_t found = 0;
    size_t pages = 0;
    char *target = strdup(REPOSITORY "/referrers/" NO_DIGEST "?artifactType=a/all");
    while (target != NULL) {
        struct http_answer *answer = REQUEST(world, WHO_OWNER, 200, "GET %s\n\n", target);
        expect_header(answer, "OCI-Filters-Applied", "artifactType");
        assert_false(has(answer, "a/one"));
        for (const char *at = answer->body; (at = strstr(at, "\"z\":\"")) != NULL; at++) {
            found += strspn(at + strlen("\"z\":\""), "z");
        }
        free(target);
        target = next_page(answer);
        http_answer_free(answer);
        pages++;
    }
    assert_int_equal(found, total);
    assert_int_equal(pages, 1);
}

static void test_protocol_oci_rules__a_page_of_referrers_ends_where_it_becomes_long(void **state) {
    struct protocol_world *world = *state;
    push_blobs(world, REPOSITORY);
    for (size_t i = 0; i < 40; i++) {
        EXPECT_STATUS(world, WHO_OWNER, 201,
                      "PUT " REPOSITORY "/manifests/r%zu\nContent-Type: " MANIFEST_TYPE
                      "\n\n{\"schemaVersion\":2," CONFIG_MEMBER
                      ",\"layers\":[],\"annotations\":{\"z\":\"<<z*16000>>%zu\"}," SUBJECT_MEMBER(NO_DIGEST) "}",
                      i, i);
    }
    size_t found = 0;
    size_t pages = 0;
    char *target = strdup(REPOSITORY "/referrers/" NO_DIGEST);
    while (target != NULL) {
        struct http_answer *answer = REQUEST(world, WHO_OWNER, 200, "GET %s\n\n", target);
        assert_in_range(answer->body_length, 16000, 540 * 1024);
        for (const char *at = answer->body; (at = strstr(at, "\"z\":\"")) != NULL; at++) {
            found++;
        }
        free(target);
        target = next_page(answer);
        http_answer_free(answer);
        pages++;
    }
    assert_int_equal(found, 40);
    assert_int_equal(pages, 2);
}
