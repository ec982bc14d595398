/* SPDX-License-Identifier: Apache-2.0 */
#ifndef META_BLOBS_H
#define META_BLOBS_H

#include "meta/transaction.h"

/*
 * Which bytes are stored where. There is one blob for each storage and content; blobs of equal content in several
 * storages are copies of each other. A blob is alive while a package or a blob link names it or a copy of it; the
 * collector removes the others.
 */
struct meta_blob {
    int64_t id;
    const char *storage;
    uint8_t sha256[DIGEST_SHA256_BYTES];
    uint64_t size_bytes;
    const char *key;
    int64_t created_ms;
    int64_t damaged_ms; /* when the stored bytes were found to be others, 0: they were not */
};

lreg_status meta_blob_find(struct meta_transaction *transaction, const char *storage,
                           const uint8_t sha256[DIGEST_SHA256_BYTES], struct arena *arena, struct meta_blob *out,
                           struct error *err);
lreg_status meta_blob_find_by_id(struct meta_transaction *transaction, int64_t id, struct arena *arena,
                                 struct meta_blob *out, struct error *err);
/* Sets `*out_id` to the new id. LREG_CONFLICT when the storage has that content already. */
lreg_status meta_blob_insert(struct meta_transaction *transaction, const struct meta_blob *row, int64_t *out_id,
                             struct error *err);
/* Points the blob to another object of the same content, which is undamaged; LREG_NOT_FOUND. */
lreg_status meta_blob_set_key(struct meta_transaction *transaction, int64_t id, const char *key, struct error *err);
/* Notes when the object under `key` was found to be damaged, or (0) to be whole again; `*out_changed` false: that was
 * known, or the blob is gone or has another object by now. */
lreg_status meta_blob_set_damaged(struct meta_transaction *transaction, int64_t id, const char *key, int64_t damaged_ms,
                                  bool *out_changed, struct error *err);
/* The users of a blob, package by package and link by link. Those of deleted registries do not count. */
struct meta_blob_user {
    const char *organization_id;
    const char *registry_id;
    const char *subject; /* "file.zip", "image@sha256:…" */
};
lreg_status meta_blob_list_users(struct meta_transaction *transaction, int64_t id, size_t limit, struct arena *arena,
                                 struct meta_blob_user **out, size_t *out_count, struct error *err);
/* Lists the blobs of a storage by id, after `after_id`. */
lreg_status meta_blob_list(struct meta_transaction *transaction, const char *storage, int64_t after_id, size_t limit,
                           struct arena *arena, struct meta_blob **out, size_t *out_count, struct error *err);
/* The blobs that a storage has, and has had. */
struct meta_blob_total {
    const char *storage;
    uint64_t count, bytes;
};
/* Lists the totals of all storages by name, at most `limit`. */
lreg_status meta_blob_list_totals(struct meta_transaction *transaction, size_t limit, struct arena *arena,
                                  struct meta_blob_total **out, size_t *out_count, struct error *err);
/* True when a blob (or a doomed one) of the storage has that key. */
lreg_status meta_blob_has_key(struct meta_transaction *transaction, const char *storage, const char *key, bool *out,
                              struct error *err);
/* The same for any storage: a host may have given its storage another name since. */
lreg_status meta_blob_has_key_anywhere(struct meta_transaction *transaction, const char *key, bool *out,
                                       struct error *err);

/* Blob links: an image repository (scope) of a registry has this blob under this digest ("sha256:…", "sha512:…"). */
struct meta_blob_link {
    const char *registry_id;
    const char *scope;
    const char *digest;
    int64_t blob_id;
    int64_t claimed_ms; /* when it was last uploaded, mounted or asked for */
};
/* Inserts, or renews claimed_ms (and blob_id) of an existing link. */
lreg_status meta_blob_link_put(struct meta_transaction *transaction, const struct meta_blob_link *row,
                               struct error *err);
/* LREG_NOT_FOUND. */
lreg_status meta_blob_link_find(struct meta_transaction *transaction, const char *registry_id, const char *scope,
                                const char *digest, struct arena *arena, struct meta_blob_link *out_link,
                                struct meta_blob *out_blob, struct error *err);
/* Any scope of the registry that has the digest; LREG_NOT_FOUND. */
lreg_status meta_blob_link_find_anywhere(struct meta_transaction *transaction, const char *registry_id,
                                         const char *digest, struct arena *arena, struct meta_blob_link *out_link,
                                         struct meta_blob *out_blob, struct error *err);
lreg_status meta_blob_link_delete(struct meta_transaction *transaction, const char *registry_id, const char *scope,
                                  const char *digest, struct error *err);

/* Collection, in two steps so that a crash between them loses nothing: blobs that nothing names move to the doomed
 * list, then each doomed key is removed from its storage and forgotten. */

/* Removes links that no document of their scope names and that were claimed before `before_ms`, at most `limit`. */
lreg_status meta_blob_links_expire(struct meta_transaction *transaction, int64_t before_ms, size_t limit,
                                   uint64_t *out_removed, struct error *err);
/* Checks at most `limit` blobs of the storage, by id: new ones, and those that lost a name. Each is checked once, until
 * it or a copy loses a name again. */
struct meta_doom {
    uint64_t looked_at; /* 0: there are no more */
    uint64_t blobs, bytes; /* doomed */
};
lreg_status meta_blobs_doom(struct meta_transaction *transaction, const char *storage, size_t limit,
                            struct meta_doom *out, struct error *err);
struct meta_doomed {
    const char *storage;
    const char *key;
};
lreg_status meta_doomed_list(struct meta_transaction *transaction, const char *storage, size_t limit,
                             struct arena *arena, struct meta_doomed **out, size_t *out_count, struct error *err);
/* Also used to record a surplus object at once. */
lreg_status meta_doomed_insert(struct meta_transaction *transaction, const struct meta_doomed *row, struct error *err);
lreg_status meta_doomed_delete(struct meta_transaction *transaction, const struct meta_doomed *row, struct error *err);

#endif
