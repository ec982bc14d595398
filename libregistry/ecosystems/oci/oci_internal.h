/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ECOSYSTEMS_OCI_OCI_INTERNAL_H
#define ECOSYSTEMS_OCI_OCI_INTERNAL_H

/* What the handlers of the distribution API share. */

#include "ecosystems/oci/manifest.h"
#include "ecosystems/oci/names.h"
#include "ecosystems/oci/oci.h"
#include "surface/surface.h"

extern const struct surface surface_container;

#define OCI_TOKEN_PATH "/-/token"

/* --- errors.c --- */

/* Answers with the error document; the caller may add response fields. `detail` is taken and may be NULL. */
lreg_status oci_respond_error(struct call *call, int status, const char *code, const char *message, json_t *detail,
                              struct error *err);
/* The same with an array of errors, which is taken; NULL returns LREG_NO_MEMORY. */
lreg_status oci_respond_errors(struct call *call, int status, json_t *errors, struct error *err);
/* One member of that array; owned, NULL when out of memory. `detail` is taken and may be NULL. */
json_t *oci_error(const char *code, const char *message, json_t *detail);
/* The surface's show_error. */
lreg_status oci_show_error(struct call *call, const struct error *failure, struct error *err);

/* --- Failures that several handlers report --- */

static inline lreg_status oci_digest_invalid(const char *text, struct error *err) {
    return error_set(err, LREG_BAD_ARGUMENT, "digest_invalid", "\"%.160s\" is not a sha256 or sha512 digest", text);
}

static inline lreg_status oci_blob_unknown(const char *digest, struct error *err) {
    return error_set(err, LREG_NOT_FOUND, "blob_unknown", "the repository has no blob %s", digest);
}

static inline lreg_status oci_manifest_unknown(const struct call *call, const char *reference, struct error *err) {
    return error_set(err, LREG_NOT_FOUND, "manifest_unknown", "the repository %s/%s/%s has no manifest %.160s",
                     call_parameter(call, "organization"), call_parameter(call, "registry"),
                     call_parameter(call, "image"), reference);
}

/* --- call.c --- */

/* The image name of the path, checked. LREG_BAD_ARGUMENT ("name_invalid"). */
lreg_status oci_image(const struct call *call, const char **out, struct error *err);
/* The digest of the path, checked. LREG_BAD_ARGUMENT ("digest_invalid"). */
lreg_status oci_path_digest(const struct call *call, struct oci_digest *out, struct error *err);
/* "/v2/organization/registry/image" followed by `below`, as a client is to request it: relative to the host, or
 * absolute when the base URL is set. NULL when out of memory. */
const char *oci_location(struct call *call, const char *image, const char *below);
lreg_status oci_add_location(struct call *call, const char *image, const char *below, struct error *err);
/* Adds Docker-Content-Digest; the text is copied. */
lreg_status oci_add_digest(struct call *call, const char *digest, struct error *err);
/* Answers 201 with the location and the digest of the blob. */
lreg_status oci_respond_blob_created(struct call *call, const char *image, const char *digest, struct error *err);
/* "organization/registry/image"; NULL when out of memory. */
const char *oci_full_name(struct call *call, const char *image);
/* The parameter "n" of a listing, at most `max`, which is also the default. LREG_BAD_ARGUMENT ("bad_page"). */
lreg_status oci_page_size(const struct call *call, size_t max, size_t *out, struct error *err);

/* --- in_use.c --- */

#define OCI_USERS_SHOWN 8

/* A manifest that names the blob or manifest to be deleted. */
struct oci_user {
    const char *digest;
    json_t *tags; /* some of the tags that lead to it; owned */
};
struct oci_users {
    struct oci_user users[OCI_USERS_SHOWN];
    size_t count; /* 0: not in use */
    bool are_more;
};
/* Finds what names the blob or manifest, in the transaction that is to delete it, so that no push can come in between.
 * Texts live in the arena. Call oci_users_free() afterwards, also after a failure. */
lreg_status oci_users_find(struct meta_transaction *transaction, const char *registry_id, const char *image,
                           const char *digest, struct arena *arena, struct oci_users *out, struct error *err);
void oci_users_free(struct oci_users *users); /* zeroed users are fine */
/* Answers 405 DENIED with the manifests that need it. `allow` lists the remaining methods. */
lreg_status oci_respond_in_use(struct call *call, const char *digest, const struct oci_users *users, const char *allow,
                               struct error *err);

/* --- blobs.c --- */

/* A blob of an image repository; warm without SQL. */
struct oci_blob {
    struct meta_blob_link link;
    struct meta_blob blob;
    struct core_shared *shared;
};
/* `*out` is retained. LREG_NOT_FOUND ("blob_unknown"). */
lreg_status oci_blob_find(struct core *core, const struct core_registry *registry, const char *image,
                          const char *digest, const struct oci_blob **out, struct error *err);
void oci_blob_release(const struct oci_blob *blob); /* NULL is fine */

lreg_status oci_blob_get(struct call *call, struct error *err);
lreg_status oci_blob_head(struct call *call, struct error *err);
lreg_status oci_blob_delete(struct call *call, struct error *err);

/* --- mount.c --- */

/* Mounts a blob of the repository `from` ("organization/registry/image"; NULL: any of this registry) when the caller
 * may read it there. *out_mounted is false when that is not possible, for whatever reason. */
lreg_status oci_mount(struct call *call, const char *image, const char *digest, const char *from, bool *out_mounted,
                      struct error *err);

/* --- upload_session.c, uploads.c, upload_end.c --- */

/* Adds Location, Range and the id of an upload that has `received` bytes. */
lreg_status oci_upload_fields(struct call *call, const char *image, const char *id, uint64_t received,
                              struct error *err);
/* Content-Range of the request: the position of its bytes. */
struct oci_chunk {
    bool is_placed;
    uint64_t first;
    uint64_t length;
};
/* Reads Content-Range and checks it against Content-Length. LREG_BAD_ARGUMENT ("size_invalid"). */
lreg_status oci_chunk_read(const struct call *call, struct oci_chunk *out, struct error *err);
/* Answers 416 and sets *out_in_order to false when the chunk does not begin at the end of the received bytes. */
lreg_status oci_chunk_check_order(struct call *call, const char *image, const struct meta_upload *upload,
                                  const struct oci_chunk *chunk, bool *out_in_order, struct error *err);
/* Checks Content-Range against the received length. LREG_BAD_ARGUMENT ("size_invalid"). */
lreg_status oci_chunk_check_length(const struct oci_chunk *chunk, uint64_t received, struct error *err);
/* Finds the upload session of the path. */
lreg_status oci_upload_find(struct call *call, const char **out_image, struct meta_upload *out, struct error *err);

lreg_status oci_upload_begin(struct call *call, struct error *err);
lreg_status oci_upload_chunk(struct call *call, struct error *err);
lreg_status oci_upload_show(struct call *call, struct error *err);
lreg_status oci_upload_cancel(struct call *call, struct error *err);
/* PUT: ends an upload. */
lreg_status oci_upload_end(struct call *call, struct error *err);
/* POST with ?digest=: the whole blob in one request. */
lreg_status oci_upload_whole(struct call *call, const char *image, const char *digest_text, struct error *err);

/* --- manifests.c, manifest_put.c, manifest_store.c --- */

lreg_status oci_manifest_get(struct call *call, struct error *err);
lreg_status oci_manifest_delete(struct call *call, struct error *err);
lreg_status oci_manifest_put(struct call *call, struct error *err);
/* Evaluates If-Match and If-None-Match of a request that changes what now leads to `document` (NULL: nothing does).
 * LREG_PRECONDITION_FAILED. */
lreg_status oci_manifest_check_conditions(const struct headers *headers, const char *document, struct error *err);

#define OCI_TAGS_MAX 32 /* of one push */

/* A push of one manifest. */
struct oci_push {
    struct core *core;
    const struct core_registry *registry;
    const struct core_actor *actor;
    struct arena *arena;
    const char *image;
    const char *content;
    size_t length;
    const struct oci_manifest *manifest;
    struct oci_digest digest; /* its name */
    struct digest_set digests; /* all digests of the content */
    const char *tags[OCI_TAGS_MAX];
    size_t tag_count;
    const struct headers *conditions; /* preconditions on the digest's or the tag's manifest; NULL: none */
    bool by_digest;
    /* Results: */
    const char **missing; /* digests that the repository lacks; if any, nothing was stored */
    size_t missing_count;
    struct meta_package package; /* of the last tag */
    bool created; /* the last tag is new */
};
/* Stores the manifest and sets its tags, in one transaction. Writes nothing when all is stored already.
 * LREG_PRECONDITION_FAILED. */
lreg_status oci_push_store(struct oci_push *push, struct error *err);

/* Compares a descriptor with the stored size. LREG_BAD_ARGUMENT ("manifest_invalid") names the digest. */
lreg_status oci_check_size(const struct oci_descriptor *descriptor, uint64_t size, struct error *err);

/* Deletes a manifest that neither a tag nor an index leads to any more, and then likewise
 * the manifests that it named. */
lreg_status oci_manifest_prune(struct core *core, struct meta_transaction *transaction,
                               const struct core_registry *registry, const char *image, const char *digest,
                               struct error *err);

/* --- stored.c: stored data was valid when it was written, so a failure means no memory or damage --- */

#define OCI_PARSED_BYTES_MAX ((size_t)64 * 1024 * 1024) /* of an arena for a parsed manifest; allocated as needed */

/* Parses the manifest in a document. LREG_CORRUPT, LREG_NO_MEMORY. */
lreg_status oci_manifest_parse_stored(const struct meta_document *row, struct arena *arena, struct oci_manifest *out,
                                      struct error *err);
/* The attributes that were stored with the document: "artifact_type" and "total". Owned (json_decref). */
lreg_status oci_document_attributes(const struct meta_document *row, json_t **out, struct error *err);

/* --- listed.c --- */

/* The descriptor that lists show for the manifest, as JSON text in the arena. */
lreg_status oci_list_manifest(const struct oci_manifest *manifest, const char *digest, size_t length,
                              struct arena *arena, const char **out, struct error *err);

/* --- describe.c --- */

/* Fills in a tag's row from the manifest, except version and filename. */
lreg_status oci_describe(const struct oci_push *push, struct meta_package *row, struct error *err);

/* --- archive.c: an image as a file; see core/ecosystem.h --- */

lreg_status oci_publish_begin(const struct core_publication *context, void **out_state, struct error *err);
lreg_status oci_publish_write(void *state, const void *bytes, size_t length, size_t *out_taken, struct error *err);
lreg_status oci_publish_finish(void *state, const struct core_package **out, bool *out_created, struct error *err);
void oci_publish_free(void *state);

/* --- Smaller handlers --- */

lreg_status oci_api_check(struct call *call, struct error *err); /* base.c */
lreg_status oci_token_get(struct call *call, struct error *err); /* token.c */
lreg_status oci_token_post(struct call *call, struct error *err);
lreg_status oci_tags_list(struct call *call, struct error *err); /* tags.c */
lreg_status oci_referrers_list(struct call *call, struct error *err); /* referrers.c */

#endif
