/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The index of an architecture is made when it is requested and the registry has changed since the last one. It is
 * built from one snapshot of the metadata, so it names only packages that can be fetched, and it is stored with the
 * revision of that snapshot. Requests that find it out of date at the same time each build it, and all get the same
 * bytes.
 */

#include "ecosystems/alpine/alpine_internal.h"

#include "ecosystems/alpine/index.h"
#include "ecosystems/alpine/names.h"

#include <string.h>

#define INDEX_SCOPE "index"
#define INDEX_MEDIA_TYPE "application/gzip"
#define KEY_NAME "alpine"
#define KEY_BITS 3072
#define BUILD_ARENA_MAX ((size_t)1024 * 1024)

struct build {
    const char *architecture;
    struct alpine_index index;
    uint64_t text_bytes;
    uint64_t revision; /* of the registry, in the snapshot */
};

lreg_status alpine_repository_key(struct core *core, const struct core_registry *registry, struct arena *arena,
                                  struct core_registry_key *out, struct error *err) {
    return core_registry_key_find_or_make(core, registry, KEY_NAME, KEY_BITS, arena, out, err);
}

const char *alpine_repository_key_name(const struct core_registry *registry, struct arena *arena) {
    return arena_format(arena, "%s_%s.rsa.pub", registry->row.organization_id, registry->row.id);
}

static void destroy_build(void *object) {
    struct build *build = object;
    alpine_index_end(&build->index);
}

static lreg_status measure_record(void *user, const char *rendered, struct error *err) {
    struct build *build = user;
    struct alpine_index_record record;
    lreg_status status = alpine_index_record_split(rendered, &record, err);
    if (status == LREG_OK) {
        build->text_bytes += alpine_index_record_length(&record, build->architecture);
    }
    return status;
}

static lreg_status add_record(void *user, const char *rendered, struct error *err) {
    struct build *build = user;
    struct alpine_index_record record;
    lreg_status status = alpine_index_record_split(rendered, &record, err);
    return status == LREG_OK ? alpine_index_add(&build->index, &record, build->architecture, err) : status;
}

static lreg_status visit(struct build *build, struct meta_transaction *transaction, const char *registry_id,
                         meta_index_visit function, struct error *err) {
    const char *noarch = text_equals(build->architecture, ALPINE_NOARCH) ? NULL : ALPINE_NOARCH;
    return meta_package_visit_index(transaction, registry_id, build->architecture, noarch, function, build, err);
}

/* Anyone may request an index, and making one costs a signature. So an architecture that neither apk nor any package
 * knows gets none. */
static lreg_status require_architecture(const struct build *build, struct meta_transaction *transaction,
                                        const char *registry_id, struct arena *arena, struct error *err) {
    struct meta_package_query query = {.registry_id = registry_id,
                                       .order = META_BY_TIME,
                                       .qualifier = build->architecture,
                                       .limit = 1,
                                       .is_brief = true};
    struct meta_package *found = NULL;
    size_t count = 0;
    if (alpine_architecture_is_known(build->architecture)) {
        return LREG_OK;
    }
    lreg_status status = meta_package_list(transaction, &query, arena, &found, &count, err);
    if (status == LREG_OK && count == 0) {
        return alpine_architecture_unknown(err);
    }
    return status;
}

/* Takes two passes over one snapshot, because a tar header contains the length of the data after it. */
static lreg_status read_snapshot(struct build *build, struct meta_transaction *transaction, const char *registry_id,
                                 struct arena *arena, struct error *err) {
    struct meta_registry registry;
    lreg_status status = meta_registry_find_by_id(transaction, registry_id, arena, &registry, err);
    if (status != LREG_OK) {
        return status;
    }
    build->revision = registry.revision;
    status = require_architecture(build, transaction, registry_id, arena, err);
    if (status != LREG_OK) {
        return status;
    }
    status = visit(build, transaction, registry_id, measure_record, err);
    if (status != LREG_OK) {
        return status;
    }
    status = alpine_index_begin(&build->index, arena->hooks, build->text_bytes, err);
    if (status != LREG_OK) {
        return status;
    }
    return visit(build, transaction, registry_id, add_record, err);
}

static lreg_status read_and_sign(struct core *core, const struct core_registry *registry, struct build *build,
                                 struct arena *arena, struct error *err) {
    struct meta_transaction *transaction = NULL;
    struct core_registry_key key = {0};
    const char *key_name = alpine_repository_key_name(registry, arena);
    if (key_name == NULL) {
        return error_no_memory(err);
    }
    /* Before the transaction: making the key takes time and a transaction of its own. */
    lreg_status status = alpine_repository_key(core, registry, arena, &key, err);
    if (status != LREG_OK) {
        goto out;
    }
    status = meta_begin(core_meta(core), META_READ, &transaction, err);
    if (status != LREG_OK) {
        goto out;
    }
    status = read_snapshot(build, transaction, registry->row.id, arena, err);
    meta_rollback(transaction);
    if (status == LREG_OK) {
        status = alpine_index_finish(&build->index, key.private_pem, key_name, err);
    }

out:
    core_registry_key_wipe(&key);
    return status;
}

/* Stores the index, unless the registry has changed since its snapshot. */
static lreg_status put_document(struct meta_transaction *transaction, const struct meta_document *document,
                                struct arena *arena, struct error *err) {
    struct meta_registry registry;
    lreg_status status = meta_registry_find_by_id(transaction, document->registry_id, arena, &registry, err);
    if (status != LREG_OK || registry.revision != document->revision) {
        return status;
    }
    return meta_document_put(transaction, document, NULL, 0, err);
}

/* Stores a new index. Failures are only logged: the next request builds the index again. */
static void keep(struct core *core, const struct core_registry *registry, const struct build *build,
                 const struct alpine_index_file *file, struct arena *arena) {
    struct meta_transaction *transaction = NULL;
    struct error failure = {0};
    struct meta_document document = {.registry_id = registry->row.id,
                                     .scope = INDEX_SCOPE,
                                     .name = build->architecture,
                                     .media_type = INDEX_MEDIA_TYPE,
                                     .content = file->bytes,
                                     .content_length = file->length,
                                     .attributes = "",
                                     .revision = build->revision,
                                     .created_ms = hooks_now_ms(core_hooks(core))};
    memcpy(document.sha256, file->sha256, sizeof document.sha256);
    if (core_is_read_only(core)) {
        return;
    }
    lreg_status status = meta_begin(core_meta(core), META_WRITE, &transaction, &failure);
    if (status == LREG_OK) {
        status = put_document(transaction, &document, arena, &failure);
        status = meta_end(transaction, status, &failure);
    }
    if (status != LREG_OK) {
        hooks_log(core_hooks(core), LREG_LOG_WARNING, "the index of %s in %s/%s could not be kept: %s",
                  build->architecture, registry->row.organization_slug, registry->row.slug, failure.message);
    }
}

static lreg_status build_new(struct core *core, const struct core_registry *registry, const char *architecture,
                             struct alpine_index_file *out, struct error *err) {
    struct arena arena;
    struct build *build = NULL;
    struct core_shared *shared = NULL;
    struct digest_set digests;
    void *object = NULL;
    lreg_status status = core_shared_new(core, sizeof *build, destroy_build, &object, &shared, err);
    if (status != LREG_OK) {
        return status;
    }
    arena_init(&arena, core_hooks(core), BUILD_ARENA_MAX);
    build = object;
    build->architecture = architecture;
    status = read_and_sign(core, registry, build, &arena, err);
    if (status != LREG_OK) {
        goto out;
    }
    digest_of(DIGEST_SHA256, build->index.packed.bytes, build->index.packed.length, &digests);
    memcpy(out->sha256, digests.sha256, sizeof out->sha256);
    out->bytes = build->index.packed.bytes;
    out->length = build->index.packed.length;
    keep(core, registry, build, out, &arena);
    out->keep = shared;
    shared = NULL;

out:
    arena_free(&arena);
    core_shared_release(shared);
    return status;
}

bool alpine_repository_index_is_quick(struct core *core, const struct core_registry *registry,
                                      const char *architecture) {
    return core_document_is_quick(core, registry, INDEX_SCOPE, architecture);
}

lreg_status alpine_repository_kept_index(struct core *core, const struct core_registry *registry,
                                         const char *architecture, struct alpine_index_file *out, struct error *err) {
    const struct core_document *document = NULL;
    *out = (struct alpine_index_file){0};
    lreg_status status = core_document_find(core, registry, INDEX_SCOPE, architecture, &document, err);
    if (status == LREG_CORRUPT) {
        return error_set(err, LREG_NOT_FOUND, "", "the index of %s is damaged and will be rebuilt", architecture);
    }
    if (status != LREG_OK) {
        return status;
    }
    if (document->row.revision != registry->row.revision) {
        core_document_release(document);
        return error_set(err, LREG_NOT_FOUND, "", "the index of %s is outdated", architecture);
    }
    out->bytes = document->row.content;
    out->length = document->row.content_length;
    memcpy(out->sha256, document->row.sha256, sizeof out->sha256);
    out->keep = document->shared; /* takes over the reference of `document` */
    return LREG_OK;
}

lreg_status alpine_repository_index(struct core *core, const struct core_registry *registry, const char *architecture,
                                    struct alpine_index_file *out, struct error *err) {
    lreg_status status = alpine_repository_kept_index(core, registry, architecture, out, err);
    if (status != LREG_NOT_FOUND) {
        return status;
    }
    error_clear(err);
    return build_new(core, registry, architecture, out, err);
}
