/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Publishing an Alpine package: the bytes go through the reader, which checks them, and into a blob at the same time.
 * The name of the package comes from its .PKGINFO; the name of the uploaded file is ignored.
 */

#include "ecosystems/alpine/alpine_internal.h"

#include "ecosystems/alpine/index_record.h"
#include "ecosystems/alpine/names.h"
#include "ecosystems/alpine/version.h"

#include <string.h>

/* Rows and texts of one publication, including the row of an existing package. */
#define PUBLICATION_ARENA_MAX ((size_t)8 * 1024 * 1024)
#define RENDERED_MAX ((size_t)512 * 1024)

struct publication {
    struct core_publication context;
    struct arena arena;
    struct alpine_package_reader *reader;
    struct core_blob_writer *writer;
    struct meta_package row;
    const char *file; /* NAME-VERSION.apk; part of row.filename */
    const struct core_package *package; /* owned; the published package */
    bool is_judged; /* judge() has checked .PKGINFO */
    bool created;
};

static void publish_free(void *state) {
    struct publication *publication = state;
    if (publication == NULL) {
        return;
    }
    core_package_release(publication->package);
    core_blob_writer_free(publication->writer);
    alpine_package_reader_free(publication->reader);
    arena_free(&publication->arena);
    memory_release(core_hooks(publication->context.core), publication);
}

static lreg_status publish_begin(const struct core_publication *context, void **out_state, struct error *err) {
    const struct hooks *hooks = core_hooks(context->core);
    const struct core_limits *limits = core_limits_of(context->core);
    struct publication *publication = memory_allocate_zeroed(hooks, 1, sizeof *publication);
    *out_state = NULL;
    if (publication == NULL) {
        return error_no_memory(err);
    }
    publication->context = *context;
    arena_init(&publication->arena, hooks, PUBLICATION_ARENA_MAX);
    const struct alpine_package_limits package_limits = {
        .max_control_bytes = limits->max_unpacked_bytes,
        .max_unpacked_bytes = limits->max_package_unpacked_bytes,
        .max_unpacked_ratio = limits->max_unpacked_ratio,
        .max_entries = limits->max_archive_entries,
    };
    lreg_status status = alpine_package_reader_new(hooks, &package_limits, &publication->reader, err);
    if (status == LREG_OK) {
        status = core_blob_writer_new(context->core, DIGEST_ALL, limits->max_package_bytes, &publication->writer, err);
    }
    if (status != LREG_OK) {
        publish_free(publication);
        return status;
    }
    *out_state = publication;
    return LREG_OK;
}

/* Refuses an upload as soon as .PKGINFO shows that the registry does not accept it, rather than at the end. */
static lreg_status judge(struct publication *publication, struct error *err) {
    const struct alpine_package_info *info = alpine_package_reader_info(publication->reader);
    if (info == NULL || publication->is_judged) {
        return LREG_OK;
    }
    publication->is_judged = true;
    if (publication->context.registry->row.strict_names && !alpine_version_is_valid(slice_of(info->version))) {
        return error_set(err, LREG_UNPROCESSABLE, "bad_version",
                         "pkgver \"%s\" is not a version that apk can put in order, such as 1.2.3_rc1-r0",
                         info->version);
    }
    return LREG_OK;
}

static lreg_status publish_write(void *state, const void *bytes, size_t length, size_t *out_taken, struct error *err) {
    struct publication *publication = state;
    lreg_status status =
        alpine_package_reader_take(publication->reader, bytes, length, publication->context.turn, out_taken, err);
    if (status == LREG_OK) {
        status = judge(publication, err);
    }
    return status == LREG_OK ? core_blob_writer_write(publication->writer, bytes, *out_taken, err) : status;
}

static lreg_status fill_row(struct publication *publication, struct error *err) {
    const struct alpine_package *package = alpine_package_reader_result(publication->reader);
    const struct alpine_package_info *info = &package->info;
    struct meta_package *row = &publication->row;
    struct strbuf record;
    strbuf_init(&record, publication->arena.hooks, RENDERED_MAX);
    lreg_status status = alpine_index_record_render(package, &record, err);
    if (status != LREG_OK) {
        goto out;
    }
    row->name = info->name;
    row->version = info->version;
    row->qualifier = info->architecture;
    row->media_type = ALPINE_MEDIA_TYPE;
    row->filename = arena_format(&publication->arena, "%s/%s-%s.apk", info->architecture, info->name, info->version);
    row->attributes = alpine_attributes(package, &publication->arena);
    row->index_entry = arena_copy_bytes(&publication->arena, record.bytes, record.length);
    if (row->filename == NULL || row->attributes == NULL || row->index_entry == NULL) {
        status = error_no_memory(err);
        goto out;
    }
    publication->file = row->filename + strlen(info->architecture) + 1;

out:
    strbuf_free(&record);
    return status;
}

/* Refuses when another package already has the address `architecture`/NAME-VERSION.apk. Different names and versions
 * can make the same address ("a-1" "2" and "a" "1-2"), so the check is by address. */
static lreg_status check_address(struct publication *publication, struct meta_transaction *transaction,
                                 const char *architecture, struct error *err) {
    const struct meta_package *row = &publication->row;
    struct meta_package other;
    const char *filename = arena_format(&publication->arena, "%s/%s", architecture, publication->file);
    if (filename == NULL) {
        return error_no_memory(err);
    }
    lreg_status status = meta_package_find_by_filename(transaction, publication->context.registry->row.id, filename,
                                                       &publication->arena, &other, err);
    if (status == LREG_NOT_FOUND) {
        error_clear(err);
        return LREG_OK;
    }
    bool is_same = status == LREG_OK && text_equals(other.qualifier, row->qualifier) &&
                   text_equals(other.name, row->name) && text_equals(other.version, row->version);
    if (status != LREG_OK || is_same) {
        return status;
    }
    return error_set(err, LREG_CONFLICT, "package_exists",
                     "the registry has %s %s for %s already, at the address that %s for %s would have; noarch counts "
                     "as every architecture",
                     other.name, other.version, other.qualifier, publication->file, row->qualifier);
}

/* A noarch package is served under every architecture, so no other package may have its address under any of them. */
static lreg_status check_addresses(struct publication *publication, struct meta_transaction *transaction,
                                   struct error *err) {
    const struct meta_package *row = &publication->row;
    const char **architectures = NULL;
    size_t count = 0;
    lreg_status status = check_address(publication, transaction, row->qualifier, err);
    if (status != LREG_OK) {
        return status;
    }
    if (!text_equals(row->qualifier, ALPINE_NOARCH)) {
        return check_address(publication, transaction, ALPINE_NOARCH, err);
    }
    status = meta_package_qualifiers(transaction, publication->context.registry->row.id, &publication->arena,
                                     &architectures, &count, err);
    for (size_t i = 0; i < count && status == LREG_OK; i++) {
        status = check_address(publication, transaction, architectures[i], err);
    }
    return status;
}

/* Writes the package row for the stored blob, in the transaction of core_blob_publish(). Makes the snapshot there too,
 * so that nothing can fail after the commit. May run again. */
static lreg_status put_package(void *user, struct meta_transaction *transaction, int64_t blob_id, struct error *err) {
    struct publication *publication = user;
    lreg_status status = check_addresses(publication, transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    publication->row.blob_id = blob_id;
    status = core_package_put(publication->context.core, transaction, publication->context.actor,
                              publication->context.registry, &publication->row, false, &publication->created,
                              &publication->arena, err);
    if (status != LREG_OK) {
        return status;
    }
    core_package_release(publication->package);
    return core_package_snapshot(publication->context.core, publication->context.registry, &publication->row,
                                 &publication->package, err);
}

static lreg_status publish_finish(void *state, const struct core_package **out, bool *out_created, struct error *err) {
    struct publication *publication = state;
    const struct meta_registry *registry = &publication->context.registry->row;
    lreg_status status = alpine_package_reader_finish(publication->reader, err);
    if (status == LREG_OK) {
        status = judge(publication, err);
    }
    if (status == LREG_OK) {
        status = fill_row(publication, err);
    }
    if (status != LREG_OK) {
        return status;
    }
    publication->row.size_bytes = core_blob_writer_length(publication->writer);
    core_blob_writer_finish(publication->writer, &publication->row.digests);
    status = core_blob_publish(publication->writer, put_package, publication, err);
    if (status != LREG_OK) {
        error_operation(err, "publish %s/%s %s", registry->organization_slug, registry->slug,
                        publication->row.filename);
        return status;
    }
    *out_created = publication->created;
    *out = publication->package;
    publication->package = NULL;
    return LREG_OK;
}

/* As apk requests it: '+' is not escaped. */
static void unescape_plus(char *path) {
    char *to = path;
    for (const char *from = path; *from != '\0'; to++) {
        bool is_plus = text_starts_with(from, "%2B");
        *to = is_plus ? '+' : *from;
        from += is_plus ? 3 : 1;
    }
    *to = '\0';
}

static const char *package_path(const struct core_registry *registry, const struct meta_package *package,
                                struct arena *arena) {
    const char *slash = strchr(package->filename, '/');
    char *file = url_encode(slash != NULL ? slash + 1 : package->filename, arena);
    if (file == NULL) {
        return NULL;
    }
    unescape_plus(file);
    return arena_format(arena, "/%s/%s/alpine_any/alpine_any/main/%s/%s", registry->row.organization_slug,
                        registry->row.slug, package->qualifier, file);
}

const struct core_ecosystem ecosystem_alpine = {
    .name = "alpine",
    .title = "Alpine",
    .surface = &surface_alpine,
    .publish_begin = publish_begin,
    .publish_write = publish_write,
    .publish_finish = publish_finish,
    .publish_free = publish_free,
    .package_path = package_path,
};
