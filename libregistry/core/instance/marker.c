/* SPDX-License-Identifier: Apache-2.0 */

/* The file that marks a data directory. It is written completely under another name, then linked or renamed into
 * place. */

#include "core/instance/directory_internal.h"
#include "core/instance/state.h"

#include "base/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARKER_MAX 2048 /* bytes */
#define NAME_BYTES (sizeof(CORE_MARKER_FILE) + ID_TEXT)

#define TITLE "libregistry data directory "
#define VERSION "1"
#define STATE_MAKING "state: making\n"
#define STATE_READY "state: ready\n"
#define PACKAGES_HERE "packages: objects\n"
#define PACKAGES_ELSEWHERE "packages: elsewhere\n"

/* For people who find the file. The parser reads only the lines in front of this text. */
#define EXPLANATION                                                                                                 \
    "\n"                                                                                                            \
    "This directory is one whole. \"registryctl backup\" copies it, and a copy replaces it as a whole.\n"           \
    "\n"                                                                                                            \
    "registry.db   what exists: organizations, registries, packages, tokens (with registry.db-wal and -shm)\n"      \
    "instance.key  opens the secrets in registry.db\n"                                                              \
    "objects/      the bytes of packages\n"                                                                         \
    "staging/      uploads in progress\n"                                                                           \
    "\n"                                                                                                            \
    "Do not edit, rename or remove any of it while a registry uses it. If registry.db is lost, restore a backup:\n" \
    "a new one cannot know of what is here.\n"

static const char *line_behind(const char *text) {
    const char *end = strchr(text, '\n');
    return end != NULL ? end + 1 : NULL;
}

static bool begins_with(const char *text, const char *with) {
    return strncmp(text, with, strlen(with)) == 0;
}

static lreg_status parse(const char *text, struct marker *out, struct error *err) {
    const char *rest = line_behind(text);
    if (!begins_with(text, TITLE) || rest == NULL) {
        return LREG_OK;
    }
    if (!begins_with(text + strlen(TITLE), VERSION "\n")) {
        return error_set(err, LREG_UNSUPPORTED, "directory_newer",
                         "a later version of the library has made this data directory: " CORE_MARKER_FILE
                         " has another version than " VERSION);
    }
    if (begins_with(rest, STATE_MAKING)) {
        out->state = MARKER_MAKING;
    } else if (begins_with(rest, STATE_READY)) {
        out->state = MARKER_READY;
        out->has_objects = begins_with(rest + strlen(STATE_READY), PACKAGES_HERE);
    }
    return LREG_OK;
}

lreg_status core_marker_read(int directory, struct marker *out, struct error *err) {
    char text[MARKER_MAX + 1];
    ssize_t got;
    *out = (struct marker){.state = MARKER_NONE};
    int file = openat(directory, CORE_MARKER_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (file < 0 && errno == ENOENT) {
        return LREG_OK;
    }
    if (file < 0) {
        return error_set_errno(err, errno, "open " CORE_MARKER_FILE);
    }
    do {
        got = read(file, text, MARKER_MAX);
    } while (got < 0 && errno == EINTR);
    int number = errno;
    (void)close(file);
    if (got < 0) {
        return error_set_errno(err, number, "read " CORE_MARKER_FILE);
    }
    text[got] = '\0';
    out->state = MARKER_DAMAGED;
    return parse(text, out, err);
}

static lreg_status write_text(int file, const char *text, struct error *err) {
    size_t length = strlen(text);
    while (length > 0) {
        ssize_t written = write(file, text, length);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return error_set_errno(err, written < 0 ? errno : EIO, "write " CORE_MARKER_FILE);
        }
        text += written;
        length -= (size_t)written;
    }
    return fsync(file) == 0 ? LREG_OK : error_set_errno(err, errno, "sync " CORE_MARKER_FILE);
}

/* Creates a file with the text under a temporary name, which is returned also after a failure. */
static lreg_status write_beside(struct core *core, int directory, const char *text, char name[NAME_BYTES],
                                struct error *err) {
    char id[ID_TEXT];
    name[0] = '\0';
    lreg_status status = id_new(&core->hooks, id, err);
    if (status != LREG_OK) {
        return status;
    }
    (void)snprintf(name, NAME_BYTES, CORE_MARKER_FILE ".%s", id);
    struct owner_ids before;
    owner_assume(&core->owner, &before);
    int file =
        descriptor_above_streams(openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    owner_resume(&core->owner, &before);
    if (file < 0) {
        return error_set_errno(err, errno, "make " CORE_MARKER_FILE);
    }
    (void)fchmod(file, 0600); /* regardless of the host's umask */
    status = write_text(file, text, err);
    (void)close(file);
    return status;
}

static lreg_status sync_entries(const struct core *core, int directory, struct error *err) {
    if (core->durable && fsync(directory) != 0 && errno != EINVAL) {
        return error_set_errno(err, errno, "sync the data directory");
    }
    return LREG_OK;
}

lreg_status core_marker_make(struct core *core, int directory, struct error *err) {
    char name[NAME_BYTES];
    lreg_status status = write_beside(core, directory, TITLE VERSION "\n" STATE_MAKING EXPLANATION, name, err);
    if (status == LREG_OK && linkat(directory, name, directory, CORE_MARKER_FILE, 0) != 0 && errno != EEXIST) {
        status = error_set_errno(err, errno, "put " CORE_MARKER_FILE " in its place");
    }
    if (name[0] != '\0') {
        (void)unlinkat(directory, name, 0);
    }
    return status == LREG_OK ? sync_entries(core, directory, err) : status;
}

lreg_status core_marker_finish(struct core *core, int directory, bool has_objects, struct error *err) {
    char name[NAME_BYTES];
    const char *text = has_objects ? TITLE VERSION "\n" STATE_READY PACKAGES_HERE EXPLANATION
                                   : TITLE VERSION "\n" STATE_READY PACKAGES_ELSEWHERE EXPLANATION;
    lreg_status status = write_beside(core, directory, text, name, err);
    if (status == LREG_OK && renameat(directory, name, directory, CORE_MARKER_FILE) != 0) {
        status = error_set_errno(err, errno, "put " CORE_MARKER_FILE " in its place");
    }
    if (status != LREG_OK && name[0] != '\0') {
        (void)unlinkat(directory, name, 0);
    }
    return status == LREG_OK ? sync_entries(core, directory, err) : status;
}
