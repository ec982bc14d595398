/* SPDX-License-Identifier: Apache-2.0 */
#ifndef META_PACKAGES_H
#define META_PACKAGES_H

#include "meta/transaction.h"

/*
 * One published thing: a file, an apk of one architecture, a tag of an image. Its bytes are a blob (files, apk) or a
 * document (the manifest of a tag).
 */
struct meta_package {
    const char *id; /* UUID */
    const char *registry_id;
    const char *name;
    const char *version; /* "" when there is none */
    const char *qualifier; /* architecture; "" when there is none */
    const char *filename; /* unique in the registry: the address below the ecosystem's URL */
    const char *media_type; /* "" when unknown */
    uint64_t size_bytes; /* of the primary file; for images: of the manifest and all that it names */
    int64_t blob_id; /* 0 when there is none */
    const char *document; /* name of a document in scope `name`; NULL when there is none */
    struct digest_set digests;
    const char *attributes; /* JSON object that the ecosystem shows; "" when there is none */
    const char *index_entry; /* text for the ecosystem's index; "" when there is none */
    uint64_t downloads; /* read only */
    const char *published_by; /* label of the principal */
    int64_t created_ms;
    int64_t updated_ms;
};

/* The greatest id among the registry's packages of that time; "" when there is none. */
lreg_status meta_package_newest_at(struct meta_transaction *transaction, const char *registry_id, int64_t created_ms,
                                   char out[ID_TEXT], struct error *err);
/* LREG_CONFLICT when the file name is taken. */
lreg_status meta_package_insert(struct meta_transaction *transaction, const struct meta_package *row,
                                struct error *err);
/* Replaces all columns except id, registry, name, version, filename, created_ms and downloads. LREG_NOT_FOUND. */
lreg_status meta_package_update(struct meta_transaction *transaction, const struct meta_package *row,
                                struct error *err);
lreg_status meta_package_find(struct meta_transaction *transaction, const char *registry_id, const char *id,
                              struct arena *arena, struct meta_package *out, struct error *err);
lreg_status meta_package_find_by_filename(struct meta_transaction *transaction, const char *registry_id,
                                          const char *filename, struct arena *arena, struct meta_package *out,
                                          struct error *err);
lreg_status meta_package_find_by_version(struct meta_transaction *transaction, const char *registry_id,
                                         const char *name, const char *version, struct arena *arena,
                                         struct meta_package **out, size_t *out_count, struct error *err);

/* Calls `visit` for every package of the instance that names a missing document, for verification. Texts are valid for
 * the call. */
typedef lreg_status (*meta_package_dangling)(void *user, const char *registry_id, const char *filename,
                                             const char *document, struct error *err);
lreg_status meta_package_visit_dangling(struct meta_transaction *transaction, meta_package_dangling visit, void *user,
                                        struct error *err);

/* The order of a listing; LREG_BAD_ARGUMENT for other values. META_BY_TIME: newest first, by time, then by id, which
 * must be greater than meta_package_newest_at(). META_BY_NAME: by name, version, qualifier, bytewise. */
enum meta_package_order {
    META_BY_TIME,
    META_BY_NAME
};
struct meta_package_query {
    const char *registry_id;
    enum meta_package_order order;
    const char *name; /* exact; NULL: any */
    const char *name_contains; /* ASCII case ignored; NULL: any */
    const char *qualifier; /* exact; NULL: any */
    const char *document; /* exact; NULL: any */
    /* Continue after this package; NULL: from the first. META_BY_TIME only. When it was deleted since, the time in its
     * UUIDv7 gives its position; LREG_NOT_FOUND when the id has no time. */
    const char *after_id;
    const char *after_version; /* with `name` and META_BY_NAME: continue after this version; NULL: from the first */
    size_t limit; /* 1 to META_PAGE_MAX */
    bool is_brief; /* leaves out attributes and index entry, which may be long: both are "" */
};
lreg_status meta_package_list(struct meta_transaction *transaction, const struct meta_package_query *query,
                              struct arena *arena, struct meta_package **out, size_t *out_count, struct error *err);

/*
 * The same, by time and with `name_contains` only, reading at most `looks_at` packages: the cost is bounded however few
 * of them match. `out_last` is the id of the last package that was read, to continue after; "" when there are no more.
 */
lreg_status meta_package_search(struct meta_transaction *transaction, const struct meta_package_query *query,
                                size_t looks_at, struct arena *arena, struct meta_package **out, size_t *out_count,
                                char out_last[ID_TEXT], struct error *err);

/* Distinct names, ordered bytewise, after `after_name` (NULL: from the first). */
lreg_status meta_package_names(struct meta_transaction *transaction, const char *registry_id, const char *after_name,
                               size_t limit, struct arena *arena, const char ***out, size_t *out_count,
                               struct error *err);

/* Distinct qualifiers (architectures), ordered bytewise. */
lreg_status meta_package_qualifiers(struct meta_transaction *transaction, const char *registry_id, struct arena *arena,
                                    const char ***out, size_t *out_count, struct error *err);

/* Calls `visit` with the index entries of packages that have one of two qualifiers, by name, version and time. The text
 * is borrowed for the call. Packages without an entry are left out. Memory use does not grow with their number.
 * `or_qualifier` may be NULL. */
typedef lreg_status (*meta_index_visit)(void *user, const char *index_entry, struct error *err);
lreg_status meta_package_visit_index(struct meta_transaction *transaction, const char *registry_id,
                                     const char *qualifier, const char *or_qualifier, meta_index_visit visit,
                                     void *user, struct error *err);

/* LREG_NOT_FOUND. */
lreg_status meta_package_delete(struct meta_transaction *transaction, const char *registry_id, const char *id,
                                struct error *err);
/* Does nothing when the package is gone. */
lreg_status meta_package_add_downloads(struct meta_transaction *transaction, const char *id, uint64_t count,
                                       struct error *err);
/* Reads the totals that are kept with the registry; counts nothing. */
lreg_status meta_package_count(struct meta_transaction *transaction, const char *registry_id, uint64_t *out_packages,
                               uint64_t *out_bytes, struct error *err);

#endif
