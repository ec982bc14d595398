/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UNIT_STORAGE_FIXTURE_H
#define UNIT_STORAGE_FIXTURE_H

/* Shared by the tests of this room: one-line calls for stages and objects, and a temporary folder. */

#include "storage/storage.h"

#include "base/digest.h"
#include "base/encoding.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static inline void fixture_digest(const void *bytes, size_t length, char digest[DIGEST_SHA256_TEXT]) {
    struct digest_set set;
    digest_of(DIGEST_SHA256, bytes, length, &set);
    hex_encode(set.sha256, sizeof set.sha256, digest);
}

/* Stages `bytes` under `name` and commits them. */
static inline lreg_status fixture_store(struct storage *storage, const char *name, const void *bytes, size_t length,
                                        char key[LREG_STORAGE_KEY_MAX + 1], struct error *err) {
    char digest[DIGEST_SHA256_TEXT];
    struct storage_stage *stage = NULL;
    lreg_status status = storage_stage_create(storage, name, &stage, err);
    if (status != LREG_OK) {
        return status;
    }
    status = storage_stage_write(stage, bytes, length, err);
    if (status != LREG_OK) {
        storage_stage_drop(stage);
        return status;
    }
    fixture_digest(bytes, length, digest);
    return storage_stage_commit(stage, digest, key, err);
}

/* True when the object exists and consists of these bytes. */
static inline bool fixture_holds(struct storage *storage, const char *key, const void *bytes, size_t length) {
    struct storage_object *object = NULL;
    uint64_t got = 0;
    if (storage_object_open(storage, key, -1, &object, &got, NULL) != LREG_OK) {
        return false;
    }
    char *copy = malloc(length + 1);
    bool same = copy != NULL && got == length && storage_object_read(object, 0, copy, length, NULL) == LREG_OK &&
                memcmp(copy, bytes, length) == 0;
    free(copy);
    storage_object_close(object);
    return same;
}

struct fixture_count {
    size_t names;
    uint64_t bytes;
};

static inline lreg_status fixture_add(void *user, const char *name, int64_t modified_ms, uint64_t length,
                                      struct error *err) {
    struct fixture_count *count = user;
    (void)name;
    (void)modified_ms;
    (void)err;
    count->names++;
    count->bytes += length;
    return LREG_OK;
}

/* How many stages or objects are listed; SIZE_MAX when that fails. */
static inline size_t fixture_listed(struct storage *storage, int32_t what) {
    struct fixture_count count = {0};
    return storage_visit_all(storage, what, fixture_add, &count, NULL) == LREG_OK ? count.names : SIZE_MAX;
}

static inline int fixture_remove_entry(const char *path, const struct stat *facts, int type, struct FTW *place) {
    (void)facts;
    (void)type;
    (void)place;
    return remove(path);
}

#define FIXTURE_FOLDER 64

/* Makes an empty folder below /tmp. False when that fails. */
static inline bool fixture_make_folder(char folder[FIXTURE_FOLDER]) {
    (void)snprintf(folder, FIXTURE_FOLDER, "/tmp/lreg-storage-XXXXXX");
    return mkdtemp(folder) != NULL;
}

static inline void fixture_remove_folder(char folder[FIXTURE_FOLDER]) {
    if (folder[0] != '\0') {
        (void)nftw(folder, fixture_remove_entry, 8, FTW_DEPTH | FTW_PHYS);
        folder[0] = '\0';
    }
}

#endif
