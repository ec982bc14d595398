/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The identity of an instance: its id, which is in the database, and its key, which is not, so that a copy of the
 * database alone opens no sealed secret. The database keeps a proof of the key that it is used with: a lost or foreign
 * key is detected at once, and never replaced silently by a new one.
 */

#include "core/instance/state.h"
#include "core/instance/time.h"

#include "base/descriptor.h"
#include "base/encoding.h"
#include "storage/filesystem/filesystem.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define VALUE_ID "instance_id"
#define VALUE_PROOF "instance_key_proof"
#define PROOF_CONTEXT "instance key proof"

/* The file: 64 hexadecimal digits and a line end. */
#define KEY_TEXT_LENGTH (AUTH_KEY_BYTES * 2)
#define KEY_FILE_LENGTH (KEY_TEXT_LENGTH + 1)

static lreg_status write_whole(int file, const char *bytes, size_t length, struct error *err) {
    size_t done = 0;
    while (done < length) {
        ssize_t n = write(file, bytes + done, length - done);
        if (n < 0 && errno != EINTR) {
            return error_set_errno(err, errno, "write the instance key");
        }
        done += n < 0 ? 0 : (size_t)n;
    }
    return fsync(file) == 0 ? LREG_OK : error_set_errno(err, errno, "sync the instance key");
}

/* Reads up to `capacity` bytes. */
static lreg_status read_whole(int file, char *bytes, size_t capacity, size_t *out_length, struct error *err) {
    size_t done = 0;
    ssize_t n = 1;
    while (done < capacity && n != 0) {
        n = read(file, bytes + done, capacity - done);
        if (n < 0 && errno != EINTR) {
            return error_set_errno(err, errno, "read the instance key");
        }
        done += n < 0 ? 0 : (size_t)n;
    }
    *out_length = done;
    return LREG_OK;
}

static bool parse_key(const char *text, size_t length, uint8_t key[AUTH_KEY_BYTES]) {
    if (length == KEY_FILE_LENGTH && text[KEY_TEXT_LENGTH] == '\n') {
        length = KEY_TEXT_LENGTH;
    }
    return length == KEY_TEXT_LENGTH && hex_decode(text, length, key);
}

/* LREG_NOT_FOUND when there is no key. */
static lreg_status read_key(struct core *core, int directory, uint8_t key[AUTH_KEY_BYTES], struct error *err) {
    char text[KEY_FILE_LENGTH + 1];
    size_t length = 0;
    struct stat about;
    int file = openat(directory, CORE_KEY_FILE, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (file < 0) {
        return error_set_errno(err, errno, "open the instance key");
    }
    lreg_status status = read_whole(file, text, sizeof(text), &length, err);
    if (status == LREG_OK && !parse_key(text, length, key)) {
        status = error_set(err, LREG_CORRUPT, "instance_key_damaged",
                           "the file " CORE_KEY_FILE " does not hold a key of %d hexadecimal digits", KEY_TEXT_LENGTH);
    }
    if (status == LREG_OK && fstat(file, &about) == 0 && (about.st_mode & 077) != 0) {
        hooks_log(&core->hooks, LREG_LOG_WARNING, "users other than the owner can read " CORE_KEY_FILE);
    }
    close(file);
    memory_wipe(text, sizeof(text));
    return status;
}

/* Writes a new key to the temporary file `name`, which the caller removes also after a failure. */
static lreg_status write_new_key(struct core *core, int directory, const char *name, struct error *err) {
    uint8_t key[AUTH_KEY_BYTES];
    char text[KEY_FILE_LENGTH + 1];
    struct owner_ids before;
    owner_assume(&core->owner, &before);
    int file =
        descriptor_above_streams(openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    owner_resume(&core->owner, &before);
    if (file < 0) {
        return error_set_errno(err, errno, "make the instance key");
    }
    (void)fchmod(file, 0600); /* regardless of the host's umask */
    lreg_status status = hooks_random(&core->hooks, key, sizeof(key), err);
    if (status == LREG_OK) {
        hex_encode(key, sizeof(key), text);
        text[KEY_TEXT_LENGTH] = '\n';
        status = write_whole(file, text, KEY_FILE_LENGTH, err);
    }
    close(file);
    memory_wipe(key, sizeof(key));
    memory_wipe(text, sizeof(text));
    return status;
}

/* Creates the key unless another process is faster: linking does not replace, so both use the same key. */
static lreg_status make_key(struct core *core, int directory, struct error *err) {
    char id[ID_TEXT];
    char name[sizeof(CORE_KEY_FILE) + ID_TEXT];
    lreg_status status = id_new(&core->hooks, id, err);
    if (status != LREG_OK) {
        return status;
    }
    memcpy(name, CORE_KEY_FILE ".", sizeof(CORE_KEY_FILE));
    memcpy(name + sizeof(CORE_KEY_FILE), id, ID_TEXT);
    status = write_new_key(core, directory, name, err);
    if (status == LREG_OK && linkat(directory, name, directory, CORE_KEY_FILE, 0) != 0 && errno != EEXIST) {
        status = error_set_errno(err, errno, "put the instance key in its place");
    }
    unlinkat(directory, name, 0);
    return status;
}

/* Makes the key's directory entry durable before the database has a proof of the key, whichever process created it. The
 * entry of the directory itself is synced as far as that is permitted. */
static lreg_status settle_key(int directory, struct error *err) {
    int parent = openat(directory, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (parent >= 0) {
        (void)storage_sync_directory(parent, NULL);
        close(parent);
    }
    return storage_sync_directory(directory, err);
}

/* `may_make`: nothing was sealed yet, so a missing key may be created. */
static lreg_status load_key(struct core *core, bool may_make, uint8_t key[AUTH_KEY_BYTES], struct error *err) {
    if (core->directory == NULL) {
        return hooks_random(&core->hooks, key, AUTH_KEY_BYTES, err);
    }
    int directory = open(core->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) {
        return error_set_errno(err, errno, "open the data directory");
    }
    lreg_status status = read_key(core, directory, key, err);
    if (status == LREG_NOT_FOUND && may_make) {
        error_clear(err);
        status = make_key(core, directory, err);
        if (status == LREG_OK) {
            status = read_key(core, directory, key, err);
        }
    }
    if (status == LREG_OK && may_make) {
        status = settle_key(directory, err);
    }
    if (status == LREG_NOT_FOUND) {
        status = error_set(err, LREG_CORRUPT, "instance_key_missing",
                           "the file " CORE_KEY_FILE " is missing: put back the one that this database was used with");
    }
    close(directory);
    return status;
}

/* The values in the database; both are NULL at first. */
struct identity {
    const char *id;
    const char *proof;
};

static lreg_status find_identity(struct meta_transaction *transaction, struct arena *arena, struct identity *out,
                                 struct error *err) {
    lreg_status status = meta_value_find(transaction, VALUE_ID, arena, &out->id, err);
    if (status != LREG_OK) {
        return status;
    }
    return meta_value_find(transaction, VALUE_PROOF, arena, &out->proof, err);
}

static lreg_status read_identity(struct core *core, struct arena *arena, struct identity *out, struct error *err) {
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin(core->meta, META_READ, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = find_identity(transaction, arena, out, err);
    meta_rollback(transaction);
    return status;
}

/* The id, sealed under the key. Allocated in the arena. */
static lreg_status make_proof(struct core *core, const char *id, struct arena *arena, const char **out,
                              struct error *err) {
    void *sealed = NULL;
    size_t length = 0;
    lreg_status status = auth_seal(&core->hooks, &core->keys, PROOF_CONTEXT, id, strlen(id), &sealed, &length, err);
    if (status != LREG_OK) {
        return status;
    }
    char *text = arena_allocate(arena, base64_encoded_length(length) + 1);
    if (text == NULL) {
        status = error_no_memory(err);
    } else {
        base64_encode(sealed, length, text);
        *out = text;
    }
    memory_release(&core->hooks, sealed);
    return status;
}

static lreg_status write_values(struct core *core, struct meta_transaction *transaction, struct arena *arena,
                                struct identity *out, struct error *err) {
    char id[ID_TEXT];
    int64_t now_ms = 0;
    lreg_status status = id_new(&core->hooks, id, err);
    if (status != LREG_OK) {
        return status;
    }
    out->id = arena_copy_text(arena, id);
    if (out->id == NULL) {
        return error_no_memory(err);
    }
    status = make_proof(core, out->id, arena, &out->proof, err);
    if (status == LREG_OK) {
        status = meta_value_set(transaction, VALUE_ID, out->id, err);
    }
    if (status == LREG_OK) {
        status = meta_value_set(transaction, VALUE_PROOF, out->proof, err);
    }
    if (status == LREG_OK) {
        /* The first trusted time, recorded before a jump of the clock could be taken for it. */
        status = core_time_note(core, transaction, false, &now_ms, NULL, err);
    }
    return status;
}

/* Writes id and proof, or returns those that another process has just written. */
static lreg_status write_identity(struct core *core, struct arena *arena, struct identity *out, struct error *err) {
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin(core->meta, META_WRITE, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = find_identity(transaction, arena, out, err);
    if (status == LREG_OK && out->id != NULL && out->proof != NULL) {
        meta_rollback(transaction);
        return status;
    }
    if (status == LREG_OK) {
        status = write_values(core, transaction, arena, out, err);
    }
    return meta_end(transaction, status, err);
}

static lreg_status check_identity(struct core *core, const struct identity *identity, struct error *err) {
    uint8_t sealed[256];
    size_t sealed_length = 0;
    void *plain = NULL;
    size_t length = 0;
    if (!base64_decode(identity->proof, strlen(identity->proof), sealed, sizeof(sealed), &sealed_length)) {
        return error_set(err, LREG_CORRUPT, "", "the proof of the instance key is damaged");
    }
    lreg_status status =
        auth_unseal(&core->hooks, &core->keys, PROOF_CONTEXT, sealed, sealed_length, &plain, &length, err);
    if (status == LREG_CORRUPT || (status == LREG_OK && strcmp(plain, identity->id) != 0)) {
        status = error_set(err, LREG_CORRUPT, "instance_key_foreign",
                           CORE_KEY_FILE " is not the one that this database was used with");
    }
    memory_release(&core->hooks, plain);
    if (status == LREG_OK && !id_is_valid(identity->id)) {
        status = error_set(err, LREG_CORRUPT, "", "the instance id is malformed");
    }
    if (status == LREG_OK) {
        memcpy(core->instance_id, identity->id, ID_TEXT);
    }
    return status;
}

lreg_status core_identity_load(struct core *core, struct error *err) {
    struct identity identity = {0};
    uint8_t key[AUTH_KEY_BYTES];
    struct arena arena;
    arena_init(&arena, &core->hooks, 64 * 1024);
    lreg_status status = read_identity(core, &arena, &identity, err);
    if (status != LREG_OK) {
        goto out;
    }
    status = load_key(core, identity.proof == NULL, key, err);
    if (status != LREG_OK) {
        goto out;
    }
    auth_keys_derive(key, &core->keys);
    if (identity.proof == NULL) {
        status = write_identity(core, &arena, &identity, err);
    }
    if (status == LREG_OK) {
        status = check_identity(core, &identity, err);
    }

out:
    memory_wipe(key, sizeof(key));
    arena_free(&arena);
    return status;
}
