/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests: an accepted manifest has valid descriptors within the bounds, and is accepted again. */
#include "ecosystems/oci/manifest.h"

#include "support/fuzzer.h"

#define DEPTH 32

static void check_descriptor(const struct oci_descriptor *descriptor) {
    struct oci_digest digest;
    expect(oci_digest_parse(descriptor->digest, &digest) && strcmp(digest.text, descriptor->digest) == 0);
    expect(oci_media_type_is_valid(descriptor->media_type) && descriptor->size <= INT64_MAX);
    if (descriptor->role == OCI_ROLE_MANIFEST) {
        expect(descriptor->platform.os != NULL && descriptor->platform.architecture != NULL &&
               descriptor->platform.variant != NULL);
    }
}

static void check_manifest(const struct oci_manifest *manifest, size_t length) {
    bool is_image = manifest->kind == OCI_KIND_IMAGE;
    struct oci_digest digest;
    expect(manifest->count <= OCI_DESCRIPTORS_MAX && oci_is_manifest_type(manifest->media_type));
    expect(!is_image || (manifest->count > 0 && manifest->descriptors[0].role == OCI_ROLE_CONFIG));
    for (size_t i = 0; i < manifest->count; i++) {
        check_descriptor(&manifest->descriptors[i]);
        expect((manifest->descriptors[i].role == OCI_ROLE_MANIFEST) == !is_image);
    }
    expect(manifest->subject == NULL || oci_digest_parse(manifest->subject, &digest));
    expect(manifest->artifact_type[0] == '\0' || oci_media_type_is_valid(manifest->artifact_type));
    expect(oci_manifest_total(manifest, length) <= INT64_MAX);
}

static void run(const char *text, size_t length, const char *content_type, struct arena *arena) {
    struct oci_manifest manifest;
    struct oci_manifest again;
    struct error err = {0};
    lreg_status status = oci_manifest_parse(text, length, content_type, DEPTH, arena, &manifest, &err);
    if (status != LREG_OK) {
        expect(status == LREG_NO_MEMORY || strcmp(err.code, "manifest_invalid") == 0);
        return;
    }
    check_manifest(&manifest, length);
    status = oci_manifest_parse(text, length, manifest.media_type, DEPTH, arena, &again, NULL);
    expect(status == LREG_OK ? again.count == manifest.count : status == LREG_NO_MEMORY);
    oci_manifest_free(&again);
    oci_manifest_free(&manifest);
}

/* The first byte sets the type of the request and how scarce memory is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const types[] = {
        NULL, OCI_MEDIA_MANIFEST, OCI_MEDIA_INDEX, OCI_MEDIA_DOCKER_MANIFEST, OCI_MEDIA_DOCKER_LIST, "application/json",
        "",   "a/b; c=d"};
    struct hooks hooks;
    struct arena arena;
    if (size == 0) {
        return 0;
    }
    hooks_default(&hooks);
    arena_init(&arena, &hooks, (data[0] & 8) != 0 ? (size_t)data[0] * 16 : (size_t)4 << 20);
    run((const char *)data + 1, size - 1, types[data[0] & 7], &arena);
    arena_free(&arena);
    return 0;
}
