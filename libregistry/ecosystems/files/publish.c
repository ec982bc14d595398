/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Publishing a generic file: any bytes under a checked name. The bytes go straight to a blob writer, which computes all
 * four digests.
 */

#include "ecosystems/files/files_internal.h"

#include "ecosystems/files/filename.h"

#include <string.h>

/* Rows and texts of one publication. */
#define PUBLICATION_ARENA_MAX ((size_t)64 * 1024)

struct publication {
    struct core_publication context;
    struct arena arena;
    struct core_blob_writer *writer;
    struct meta_package row;
    const struct core_package *package; /* as it was stored */
    bool created;
};

static lreg_status name_row(struct publication *publication, const char *client_name, struct error *err) {
    const struct meta_registry *registry = &publication->context.registry->row;
    const char *filename = filename_last_component(client_name);
    lreg_status status = filename_check(filename, err);
    if (status != LREG_OK) {
        return status;
    }
    struct filename_parts parts;
    bool is_versioned = filename_split(filename, !registry->strict_names, &parts);
    if (!is_versioned && registry->strict_names) {
        return error_set(err, LREG_UNPROCESSABLE, "bad_filename",
                         "Invalid filename format. Expected: {BASENAME}-{SEMVER}.{EXT}");
    }
    struct meta_package *row = &publication->row;
    row->filename = arena_copy_text(&publication->arena, filename);
    row->name = arena_copy_bytes(&publication->arena, parts.name.bytes, parts.name.length);
    row->version = arena_copy_bytes(&publication->arena, parts.version.bytes, parts.version.length);
    if (row->filename == NULL || row->name == NULL || row->version == NULL) {
        return error_no_memory(err);
    }
    row->qualifier = "";
    row->media_type = filename_media_type(filename);
    row->attributes = "";
    row->index_entry = "";
    return LREG_OK;
}

static void publish_free(void *state) {
    struct publication *publication = state;
    if (publication == NULL) {
        return;
    }
    core_blob_writer_free(publication->writer);
    core_package_release(publication->package);
    arena_free(&publication->arena);
    memory_release(core_hooks(publication->context.core), publication);
}

static lreg_status publish_begin(const struct core_publication *context, void **out_state, struct error *err) {
    const struct hooks *hooks = core_hooks(context->core);
    struct publication *publication = memory_allocate_zeroed(hooks, 1, sizeof *publication);
    if (publication == NULL) {
        return error_no_memory(err);
    }
    publication->context = *context;
    arena_init(&publication->arena, hooks, PUBLICATION_ARENA_MAX);
    lreg_status status = name_row(publication, context->filename, err);
    if (status == LREG_OK) {
        status = core_blob_writer_new(context->core, DIGEST_ALL, core_limits_of(context->core)->max_package_bytes,
                                      &publication->writer, err);
    }
    if (status != LREG_OK) {
        publish_free(publication);
        return status;
    }
    *out_state = publication;
    return LREG_OK;
}

static lreg_status publish_write(void *state, const void *bytes, size_t length, size_t *out_taken, struct error *err) {
    struct publication *publication = state;
    *out_taken = length;
    return core_blob_writer_write(publication->writer, bytes, length, err);
}

/* Writes the package row for the stored blob, in the transaction of core_blob_publish(). Makes the snapshot there too,
 * so that nothing can fail after the commit. */
static lreg_status put_package(void *user, struct meta_transaction *transaction, int64_t blob_id, struct error *err) {
    struct publication *publication = user;
    struct core *core = publication->context.core;
    const struct core_registry *registry = publication->context.registry;
    publication->row.blob_id = blob_id;
    lreg_status status = core_package_put(core, transaction, publication->context.actor, registry, &publication->row,
                                          false, &publication->created, &publication->arena, err);
    if (status != LREG_OK) {
        return status;
    }
    core_package_release(publication->package);
    publication->package = NULL;
    return core_package_snapshot(core, registry, &publication->row, &publication->package, err);
}

static lreg_status publish_finish(void *state, const struct core_package **out, bool *out_created, struct error *err) {
    struct publication *publication = state;
    publication->row.size_bytes = core_blob_writer_length(publication->writer);
    core_blob_writer_finish(publication->writer, &publication->row.digests);
    lreg_status status = core_blob_publish(publication->writer, put_package, publication, err);
    if (status != LREG_OK) {
        error_operation(err, "publish %s/%s %s", publication->context.registry->row.organization_slug,
                        publication->context.registry->row.slug, publication->row.filename);
        return status;
    }
    *out_created = publication->created;
    *out = publication->package;
    publication->package = NULL;
    return LREG_OK;
}

static const char *package_path(const struct core_registry *registry, const struct meta_package *package,
                                struct arena *arena) {
    const char *filename = url_encode(package->filename, arena);
    if (filename == NULL) {
        return NULL;
    }
    return arena_format(arena, "/%s/%s/files/%s", registry->row.organization_slug, registry->row.slug, filename);
}

const struct core_ecosystem ecosystem_files = {
    .name = "files",
    .title = "Files",
    .surface = &surface_files,
    .publish_begin = publish_begin,
    .publish_write = publish_write,
    .publish_finish = publish_finish,
    .publish_free = publish_free,
    .package_path = package_path,
};
