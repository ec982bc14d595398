/* SPDX-License-Identifier: Apache-2.0 */

/* Reading a package's bytes: a blob of the storage, or a document of the metadata. */

#include "api/api_internal.h"

#include <string.h>

struct lreg_content {
    struct core *core;
    struct storage_object *object; /* either this or `document` */
    const struct core_document *document;
    uint64_t length;
};

lreg_status lreg_content_open(lreg_instance *instance, const lreg_package *package, lreg_content **out,
                              lreg_error **err) {
    struct error failure = {0};
    lreg_status status = LREG_OK;
    if (out != NULL) {
        *out = NULL;
    }
    if (instance == NULL || package == NULL || out == NULL) {
        return api_null(api_hooks(instance), "instance, package and out", err);
    }
    lreg_content *content = api_handle_new(instance->core, sizeof *content);
    if (content == NULL) {
        return api_no_memory(err);
    }
    const struct meta_package *row = &package->snapshot->row;
    if (row->document != NULL) {
        status = core_document_find(instance->core, package->snapshot->registry, row->name, row->document,
                                    &content->document, &failure);
        content->length = status == LREG_OK ? content->document->row.content_length : 0;
    } else {
        status = core_package_open(instance->core, package->snapshot, &content->object, &content->length, &failure);
    }
    if (status != LREG_OK) {
        lreg_content_close(content);
        return api_result(api_hooks(instance), status, &failure, err);
    }
    *out = content;
    return LREG_OK;
}

uint64_t lreg_content_length(const lreg_content *content) {
    return content == NULL ? 0 : content->length;
}

lreg_status lreg_content_read(lreg_content *content, uint64_t offset, void *bytes, size_t length, size_t *out_got,
                              lreg_error **err) {
    struct error failure = {0};
    lreg_status status = LREG_OK;
    if (out_got != NULL) {
        *out_got = 0;
    }
    if (content == NULL || out_got == NULL || (bytes == NULL && length > 0)) {
        return api_null(NULL, "content, bytes and out_got", err);
    }
    if (offset >= content->length || length == 0) {
        return LREG_OK;
    }
    uint64_t left = content->length - offset;
    size_t count = left < length ? (size_t)left : length;
    if (content->document != NULL) {
        memcpy(bytes, (const char *)content->document->row.content + offset, count);
    } else {
        status = storage_object_read(content->object, offset, bytes, count, &failure);
    }
    if (status != LREG_OK) {
        return api_result(core_hooks(content->core), status, &failure, err);
    }
    *out_got = count;
    return LREG_OK;
}

void lreg_content_close(lreg_content *content) {
    if (content != NULL) {
        struct core *core = content->core;
        storage_object_close(content->object);
        core_document_release(content->document);
        memory_release(core_hooks(core), content);
        core_release(core);
    }
}
