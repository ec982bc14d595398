/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests and indexes: what they contain, and which are refused for what reason. */
#include "ecosystems/oci/manifest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGEST_A \
    "sha256:00"  \
    "23456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DIGEST_B \
    "sha256:11"  \
    "23456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DIGEST_C \
    "sha256:22"  \
    "23456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

#define CONFIG "{\"mediaType\":\"application/vnd.oci.image.config.v1+json\",\"digest\":\"" DIGEST_A "\",\"size\":10}"
#define LAYER "{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar+gzip\",\"digest\":\"" DIGEST_B "\",\"size\":20}"
#define HEAD "{\"schemaVersion\":2,"
#define TYPED HEAD "\"mediaType\":\"" OCI_MEDIA_MANIFEST "\","
#define IMAGE_BODY "\"config\":" CONFIG ",\"layers\":[" LAYER "]"
#define ENTRY(platform) \
    "{\"mediaType\":\"" OCI_MEDIA_MANIFEST "\",\"digest\":\"" DIGEST_C "\",\"size\":30,\"platform\":" platform "}"

struct bench {
    struct hooks hooks;
    struct arena arena;
    struct oci_manifest manifest;
    struct error err;
};

static int setup(void **state) {
    struct bench *bench = calloc(1, sizeof *bench);
    hooks_default(&bench->hooks);
    arena_init(&bench->arena, &bench->hooks, (size_t)4 << 20);
    *state = bench;
    return 0;
}

static int teardown(void **state) {
    struct bench *bench = *state;
    oci_manifest_free(&bench->manifest);
    arena_free(&bench->arena);
    free(bench);
    return 0;
}

static lreg_status parse(struct bench *bench, const char *text, const char *content_type) {
    oci_manifest_free(&bench->manifest);
    return oci_manifest_parse(text, strlen(text), content_type, 32, &bench->arena, &bench->manifest, &bench->err);
}

static void expect_valid(struct bench *bench, const char *text, const char *content_type) {
    if (parse(bench, text, content_type) != LREG_OK) {
        fail_msg("%s: %s", text, bench->err.message);
    }
}

static void expect_invalid(struct bench *bench, const char *text, const char *content_type, const char *reason) {
    if (parse(bench, text, content_type) != LREG_BAD_ARGUMENT || strcmp(bench->err.code, "manifest_invalid") != 0 ||
        strstr(bench->err.message, reason) == NULL) {
        fail_msg("%s: %s, without \"%s\"", text, bench->err.message, reason);
    }
    assert_null(bench->manifest.root);
}

static void test_ecosystems_oci_manifest__an_image_names_its_config_and_layers(void **state) {
    struct bench *bench = *state;
    const struct oci_manifest *manifest = &bench->manifest;
    expect_valid(bench, TYPED IMAGE_BODY ",\"annotations\":{\"a\":\"b\"}}", OCI_MEDIA_MANIFEST "; charset=utf-8");
    assert_int_equal(manifest->kind, OCI_KIND_IMAGE);
    assert_string_equal(manifest->media_type, OCI_MEDIA_MANIFEST);
    assert_int_equal(manifest->count, 2);
    assert_int_equal(manifest->descriptors[0].role, OCI_ROLE_CONFIG);
    assert_string_equal(manifest->descriptors[0].digest, DIGEST_A);
    assert_int_equal(manifest->descriptors[1].role, OCI_ROLE_LAYER);
    assert_string_equal(manifest->descriptors[1].digest, DIGEST_B);
    assert_string_equal(manifest->descriptors[1].media_type, "application/vnd.oci.image.layer.v1.tar+gzip");
    assert_int_equal(manifest->descriptors[1].size, 20);
    assert_false(manifest->descriptors[1].is_foreign);
    assert_null(manifest->subject);
    assert_string_equal(manifest->artifact_type, "application/vnd.oci.image.config.v1+json");
    assert_string_equal(json_member_text(manifest->annotations, "a"), "b");
    assert_int_equal(oci_manifest_total(manifest, 100), 130);
}

static void test_ecosystems_oci_manifest__an_index_names_manifests_with_platforms(void **state) {
    struct bench *bench = *state;
    const struct oci_manifest *manifest = &bench->manifest;
    static const char text[] = HEAD
        "\"manifests\":[" ENTRY("{\"os\":\"linux\",\"architecture\":\"arm\",\"variant\":\"v7\"}") "," ENTRY("{}") "]}";
    expect_valid(bench, text, OCI_MEDIA_INDEX);
    assert_int_equal(manifest->kind, OCI_KIND_INDEX);
    assert_int_equal(manifest->count, 2);
    assert_int_equal(manifest->descriptors[0].role, OCI_ROLE_MANIFEST);
    assert_string_equal(manifest->descriptors[0].platform.architecture, "arm");
    assert_string_equal(manifest->descriptors[0].platform.variant, "v7");
    assert_string_equal(manifest->descriptors[1].platform.os, "");
    assert_string_equal(manifest->artifact_type, "");
    expect_valid(bench, text, OCI_MEDIA_DOCKER_LIST);
    assert_string_equal(manifest->media_type, OCI_MEDIA_DOCKER_LIST);
}

static void test_ecosystems_oci_manifest__the_type_may_be_said_in_one_place_alone(void **state) {
    struct bench *bench = *state;
    expect_valid(bench, HEAD IMAGE_BODY "}", OCI_MEDIA_DOCKER_MANIFEST);
    assert_string_equal(bench->manifest.media_type, OCI_MEDIA_DOCKER_MANIFEST);
    expect_valid(bench, TYPED IMAGE_BODY "}", NULL);
    assert_string_equal(bench->manifest.media_type, OCI_MEDIA_MANIFEST);
    expect_invalid(bench, HEAD IMAGE_BODY "}", NULL, "type \"\"");
    expect_invalid(bench, TYPED IMAGE_BODY "}", OCI_MEDIA_DOCKER_MANIFEST, "Content-Type");
    expect_invalid(bench, TYPED IMAGE_BODY "}", "nonsense", "Content-Type");
    expect_invalid(bench, TYPED IMAGE_BODY "}", "application/json", "Content-Type");
}

static void test_ecosystems_oci_manifest__layers_from_elsewhere_are_told(void **state) {
    struct bench *bench = *state;
    static const char text[] =
        HEAD "\"config\":" CONFIG ",\"layers\":["
             "{\"mediaType\":\"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip\",\"digest\":\"" DIGEST_B
             "\",\"size\":1},"
             "{\"mediaType\":\"application/vnd.oci.image.layer.nondistributable.v1.tar+zstd\",\"digest\":\"" DIGEST_B
             "\",\"size\":1},"
             "{\"mediaType\":\"application/x\",\"digest\":\"" DIGEST_B "\",\"size\":1,\"urls\":[\"https://a/b\"]},"
             "{\"mediaType\":\"application/x\",\"digest\":\"" DIGEST_B "\",\"size\":1,\"urls\":[]}]}";
    expect_valid(bench, text, OCI_MEDIA_MANIFEST);
    assert_true(bench->manifest.descriptors[1].is_foreign);
    assert_true(bench->manifest.descriptors[2].is_foreign);
    assert_true(bench->manifest.descriptors[3].is_foreign);
    assert_false(bench->manifest.descriptors[4].is_foreign);
}

static void test_ecosystems_oci_manifest__subject_and_artifact_type_are_told(void **state) {
    struct bench *bench = *state;
    expect_valid(bench, HEAD IMAGE_BODY ",\"artifactType\":\"application/vnd.a.b\",\"subject\":" LAYER "}",
                 OCI_MEDIA_MANIFEST);
    assert_string_equal(bench->manifest.subject, DIGEST_B);
    assert_string_equal(bench->manifest.artifact_type, "application/vnd.a.b");
    assert_int_equal(bench->manifest.count, 2);
    expect_valid(bench, HEAD IMAGE_BODY ",\"artifactType\":\"\",\"subject\":null}", OCI_MEDIA_MANIFEST);
    assert_null(bench->manifest.subject);
    assert_string_equal(bench->manifest.artifact_type, "application/vnd.oci.image.config.v1+json");
}

static void test_ecosystems_oci_manifest__an_image_may_have_no_layers(void **state) {
    struct bench *bench = *state;
    expect_valid(bench, HEAD "\"config\":" CONFIG ",\"layers\":[]}", OCI_MEDIA_MANIFEST);
    assert_int_equal(bench->manifest.count, 1);
    expect_valid(bench, HEAD "\"config\":" CONFIG ",\"layers\":null}", OCI_MEDIA_MANIFEST);
    expect_valid(bench, HEAD "\"manifests\":[]}", OCI_MEDIA_INDEX);
    assert_int_equal(bench->manifest.count, 0);
}

struct invalid_case {
    const char *text;
    const char *content_type;
    const char *reason;
};

static void test_ecosystems_oci_manifest__what_is_malformed_is_refused_with_the_reason(void **state) {
    struct bench *bench = *state;
    static const struct invalid_case cases[] = {
        {"", OCI_MEDIA_MANIFEST, "ends too early"},
        {"[]", OCI_MEDIA_MANIFEST, "no JSON object"},
        {"{", OCI_MEDIA_MANIFEST, "ends too early"},
        {HEAD IMAGE_BODY "}x", OCI_MEDIA_MANIFEST, "behind its end"},
        {HEAD IMAGE_BODY ",\"layers\":[]}", OCI_MEDIA_MANIFEST, "twice"},
        {"{" IMAGE_BODY "}", OCI_MEDIA_MANIFEST, "schemaVersion"},
        {"{\"schemaVersion\":1," IMAGE_BODY "}", OCI_MEDIA_MANIFEST, "schemaVersion"},
        {"{\"schemaVersion\":\"2\"," IMAGE_BODY "}", OCI_MEDIA_MANIFEST, "schemaVersion"},
        {"{\"schemaVersion\":1,\"fsLayers\":[]}", OCI_MEDIA_MANIFEST, "schema 1"},
        {HEAD "\"mediaType\":5," IMAGE_BODY "}", OCI_MEDIA_MANIFEST, "mediaType is no text"},
        {HEAD IMAGE_BODY "}", "application/vnd.docker.distribution.manifest.v1+prettyjws", "none of OCI"},
        {HEAD IMAGE_BODY "}", "application/vnd.docker.distribution.manifest.v1+json", "none of OCI"},
        {HEAD IMAGE_BODY ",\"manifests\":[]}", OCI_MEDIA_MANIFEST, "both"},
        {HEAD "\"manifests\":[],\"layers\":[]}", OCI_MEDIA_INDEX, "both"},
        {HEAD "\"manifests\":[],\"config\":{}}", OCI_MEDIA_INDEX, "both"},
        {HEAD "\"layers\":[]}", OCI_MEDIA_MANIFEST, "in config there is no descriptor"},
        {HEAD "\"config\":[],\"layers\":[]}", OCI_MEDIA_MANIFEST, "in config there is no descriptor"},
        {HEAD "\"config\":" CONFIG "}", OCI_MEDIA_MANIFEST, "in layers there is no list"},
        {HEAD "\"config\":" CONFIG ",\"layers\":{}}", OCI_MEDIA_MANIFEST, "in layers there is no list"},
        {HEAD "\"config\":" CONFIG ",\"layers\":[5]}", OCI_MEDIA_MANIFEST, "in layers there is no descriptor"},
        {HEAD "\"config\":{\"digest\":\"" DIGEST_A "\",\"size\":1},\"layers\":[]}", OCI_MEDIA_MANIFEST, "mediaType"},
        {HEAD "\"config\":{\"mediaType\":\"x\",\"digest\":\"" DIGEST_A "\",\"size\":1},\"layers\":[]}",
         OCI_MEDIA_MANIFEST, "mediaType"},
        {HEAD "\"config\":{\"mediaType\":\"a/b\",\"size\":1},\"layers\":[]}", OCI_MEDIA_MANIFEST, "digest"},
        {HEAD "\"config\":{\"mediaType\":\"a/b\",\"digest\":\"sha256:1\",\"size\":1},\"layers\":[]}",
         OCI_MEDIA_MANIFEST, "digest"},
        {HEAD "\"config\":{\"mediaType\":\"a/b\",\"digest\":\"" DIGEST_A "\"},\"layers\":[]}", OCI_MEDIA_MANIFEST,
         "size"},
        {HEAD "\"config\":{\"mediaType\":\"a/b\",\"digest\":\"" DIGEST_A "\",\"size\":-1},\"layers\":[]}",
         OCI_MEDIA_MANIFEST, "size"},
        {HEAD "\"config\":{\"mediaType\":\"a/b\",\"digest\":\"" DIGEST_A "\",\"size\":1.5},\"layers\":[]}",
         OCI_MEDIA_MANIFEST, "size"},
        {HEAD "\"config\":{\"mediaType\":\"a/b\",\"digest\":\"" DIGEST_A "\",\"size\":99999999999999999999},"
              "\"layers\":[]}",
         OCI_MEDIA_MANIFEST, "too large"},
        {HEAD IMAGE_BODY ",\"subject\":{}}", OCI_MEDIA_MANIFEST, "in subject"},
        {HEAD IMAGE_BODY ",\"subject\":\"" DIGEST_A "\"}", OCI_MEDIA_MANIFEST, "in subject"},
        {HEAD IMAGE_BODY ",\"artifactType\":5}", OCI_MEDIA_MANIFEST, "artifactType"},
        {HEAD IMAGE_BODY ",\"artifactType\":\"x y\"}", OCI_MEDIA_MANIFEST, "artifactType"},
        {HEAD IMAGE_BODY ",\"annotations\":[]}", OCI_MEDIA_MANIFEST, "annotations"},
        {HEAD IMAGE_BODY ",\"annotations\":{\"a\":5}}", OCI_MEDIA_MANIFEST, "annotation"},
        {HEAD "\"manifests\":{}}", OCI_MEDIA_INDEX, "in manifests there is no list"},
        {"{\"schemaVersion\":2}", OCI_MEDIA_INDEX, "in manifests there is no list"},
        {HEAD "\"manifests\":[" ENTRY("5") "]}", OCI_MEDIA_INDEX, "platform"},
        {HEAD "\"manifests\":[" ENTRY("{\"os\":5}") "]}", OCI_MEDIA_INDEX, "platform"},
        {HEAD "\"manifests\":[" ENTRY("{\"os\":\"a\\nb\"}") "]}", OCI_MEDIA_INDEX, "platform"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        expect_invalid(bench, cases[i].text, cases[i].content_type, cases[i].reason);
    }
}

/* `count` times the same text, between two others; the caller frees it. */
static char *repeat(const char *head, const char *text, const char *tail, size_t count) {
    size_t length = strlen(text);
    size_t size = strlen(head) + count * (length + 1) + strlen(tail) + 1;
    char *out = malloc(size);
    size_t at = (size_t)snprintf(out, size, "%s", head);
    for (size_t i = 0; i < count; i++) {
        memcpy(out + at, text, length);
        at += length;
        out[at++] = i + 1 < count ? ',' : ' ';
    }
    snprintf(out + at, size - at, "%s", tail);
    return out;
}

static void test_ecosystems_oci_manifest__its_extent_is_bounded(void **state) {
    struct bench *bench = *state;
    char *text = repeat(HEAD "\"manifests\":[", ENTRY("{}"), "]}", OCI_DESCRIPTORS_MAX);
    expect_valid(bench, text, OCI_MEDIA_INDEX);
    assert_int_equal(bench->manifest.count, OCI_DESCRIPTORS_MAX);
    free(text);
    text = repeat(HEAD "\"manifests\":[", ENTRY("{}"), "]}", OCI_DESCRIPTORS_MAX + 1);
    expect_invalid(bench, text, OCI_MEDIA_INDEX, "the limit is 4096");
    free(text);
    text = repeat(HEAD "\"x\":[", "[]", "]}", 200000);
    expect_invalid(bench, text, OCI_MEDIA_INDEX, "more parts");
    free(text);
    text = repeat(HEAD IMAGE_BODY ",\"annotations\":{\"a\":\"", "[,{,", "\"}}", 200000);
    expect_valid(bench, text, OCI_MEDIA_MANIFEST);
    free(text);
}

static void test_ecosystems_oci_manifest__deep_nesting_is_refused(void **state) {
    struct bench *bench = *state;
    char text[200];
    memset(text, '[', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    expect_invalid(bench, text, OCI_MEDIA_MANIFEST, "not valid");
}

static void test_ecosystems_oci_manifest__the_total_does_not_overflow(void **state) {
    struct bench *bench = *state;
    static const char big[] = "{\"mediaType\":\"a/b\",\"digest\":\"" DIGEST_B "\",\"size\":9223372036854775807}";
    char *text = repeat(HEAD "\"config\":" CONFIG ",\"layers\":[", big, "]}", 3);
    expect_valid(bench, text, OCI_MEDIA_MANIFEST);
    assert_true(oci_manifest_total(&bench->manifest, strlen(text)) == (uint64_t)INT64_MAX);
    free(text);
}

static void test_ecosystems_oci_manifest__scarce_memory_is_told(void **state) {
    struct bench *bench = *state;
    static const char text[] = TYPED IMAGE_BODY ",\"subject\":" LAYER "}";
    lreg_status status = LREG_NO_MEMORY;
    for (size_t bytes = 0; status != LREG_OK; bytes += 16) {
        arena_free(&bench->arena);
        arena_init(&bench->arena, &bench->hooks, bytes);
        status = parse(bench, text, OCI_MEDIA_MANIFEST);
        assert_true(status == LREG_OK || status == LREG_NO_MEMORY);
        assert_true(bytes < 8192);
    }
}
