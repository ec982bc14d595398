/* SPDX-License-Identifier: Apache-2.0 */

/* Reading a package's bytes: a blob of the storage, or a document of the metadata. */

#include "api/api_internal.h"

#include <string.h>

struct lreg_package_reader {
    struct core *core;
    struct storage_object *object; /* either this or `document` */
    const struct core_document *document;
    uint64_t length;
};

lreg_status lreg_package_reader_open(lreg_instance *instance, const lreg_package *package, lreg_package_reader **out,
                                     lreg_error **err) {
    struct error failure = {0};
    lreg_status status = LREG_OK;
    if (out != NULL) {
        *out = NULL;
    }
    if (instance == NULL || package == NULL || out == NULL) {
        return api_null(api_hooks(instance), "instance, package and out", err);
    }
    lreg_package_reader *reader = api_handle_new(instance->core, sizeof *reader);
    if (reader == NULL) {
        return api_no_memory(err);
    }
    const struct meta_package *row = &package->snapshot->row;
    if (row->document != NULL) {
        status = core_document_find(instance->core, package->snapshot->registry, row->name, row->document,
                                    &reader->document, &failure);
        reader->length = status == LREG_OK ? reader->document->row.content_length : 0;
    } else {
        status = core_package_open(instance->core, package->snapshot, &reader->object, &reader->length, &failure);
    }
    if (status != LREG_OK) {
        lreg_package_reader_close(reader);
        return api_result(api_hooks(instance), status, &failure, err);
    }
    *out = reader;
    return LREG_OK;
}

uint64_t lreg_package_reader_length(const lreg_package_reader *reader) {
    return reader == NULL ? 0 : reader->length;
}

lreg_status lreg_package_reader_read(lreg_package_reader *reader, uint64_t offset, void *bytes, size_t length,
                                     size_t *out_got, lreg_error **err) {
    struct error failure = {0};
    lreg_status status = LREG_OK;
    if (out_got != NULL) {
        *out_got = 0;
    }
    if (reader == NULL || out_got == NULL || (bytes == NULL && length > 0)) {
        return api_null(NULL, "reader, bytes and out_got", err);
    }
    if (offset >= reader->length || length == 0) {
        return LREG_OK;
    }
    uint64_t left = reader->length - offset;
    size_t count = left < length ? (size_t)left : length;
    if (reader->document != NULL) {
        memcpy(bytes, (const char *)reader->document->row.content + offset, count);
    } else {
        status = storage_object_read(reader->object, offset, bytes, count, &failure);
    }
    if (status != LREG_OK) {
        return api_result(core_hooks(reader->core), status, &failure, err);
    }
    *out_got = count;
    return LREG_OK;
}

void lreg_package_reader_close(lreg_package_reader *reader) {
    if (reader != NULL) {
        struct core *core = reader->core;
        storage_object_close(reader->object);
        core_document_release(reader->document);
        memory_release(core_hooks(core), reader);
        core_release(core);
    }
}
