/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Whether a directory may be opened as a data directory, decided from its marker and the names in it.
 *
 * With a marker that is ready, a database must exist. Without a marker, or with one of an opening that did not
 * complete, the names decide. Two things say that a database was lost: objects, which a database must have named, and
 * the key beside the folders of packages, because earlier versions created database, key and folders in this order.
 * Names that no version creates say that the directory belongs to something else.
 */

#include "core/instance/directory_internal.h"
#include "core/instance/state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OBJECTS_FOLDER "objects"
#define STAGING_FOLDER "staging"
#define LOOKS_MAX 4 /* another process may be creating it: each look sees a later state of the marker */

/* What was found besides the marker. */
struct sight {
    bool has_database; /* with content */
    bool has_empty_database;
    bool has_key;
    bool has_folders; /* of packages, possibly empty */
    bool has_objects_folder;
    bool has_objects;
    bool has_foreign;
    char foreign[NAME_MAX + 1];
};

/* Calls `is_end` for each entry of a folder until it returns true. `*out_ended` is false also when there is no such
 * folder. */
static lreg_status scan(int parent, const char *name, bool (*is_end)(int folder, const char *entry, void *user),
                        void *user, bool *out_ended, struct error *err) {
    const struct dirent *entry;
    *out_ended = false;
    int folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (folder < 0 && (errno == ENOENT || errno == ENOTDIR)) {
        return LREG_OK;
    }
    DIR *stream = folder >= 0 ? fdopendir(folder) : NULL;
    if (stream == NULL) {
        int number = errno;
        if (folder >= 0) {
            (void)close(folder);
        }
        return error_set_errno(err, number, "look into the data directory");
    }
    do {
        errno = 0;
        entry = readdir(stream);
        bool is_one = entry != NULL && strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
        *out_ended = is_one && is_end(folder, entry->d_name, user);
    } while (entry != NULL && !*out_ended);
    int number = errno;
    (void)closedir(stream);
    return number == 0 || *out_ended ? LREG_OK : error_set_errno(err, number, "look into the data directory");
}

static bool any_entry(int folder, const char *entry, void *user) {
    (void)folder;
    (void)entry;
    (void)user;
    return true;
}

/* True when `name` is `own`, or a temporary file that will become it: "<own>.<id>". */
static bool is_or_becomes(const char *name, const char *own) {
    size_t length = strlen(own);
    return strncmp(name, own, length) == 0 &&
           (name[length] == '\0' || (name[length] == '.' && id_is_valid(name + length + 1)));
}

static bool is_own_name(const char *name) {
    static const char *const companions[] = {META_DATABASE_FILE "-wal", META_DATABASE_FILE "-shm",
                                             META_DATABASE_FILE "-journal", OBJECTS_FOLDER, STAGING_FOLDER};
    for (size_t i = 0; i < sizeof companions / sizeof companions[0]; i++) {
        if (strcmp(name, companions[i]) == 0) {
            return true;
        }
    }
    return is_or_becomes(name, META_DATABASE_FILE) || is_or_becomes(name, CORE_KEY_FILE) ||
           is_or_becomes(name, CORE_MARKER_FILE);
}

/* Ignores lost+found, which every new file system has and which may not be readable, and empty folders. */
static bool is_foreign(int folder, const char *name, void *user) {
    struct sight *sight = user;
    struct stat facts;
    bool has_entries = true;
    if (is_own_name(name) || fstatat(folder, name, &facts, AT_SYMLINK_NOFOLLOW) != 0) {
        return false;
    }
    if (S_ISDIR(facts.st_mode) &&
        (strcmp(name, "lost+found") == 0 ||
         (scan(folder, name, any_entry, NULL, &has_entries, NULL) == LREG_OK && !has_entries))) {
        return false;
    }
    (void)snprintf(sight->foreign, sizeof sight->foreign, "%s", name);
    return true;
}

static bool has_folder(int directory, const char *name) {
    struct stat facts;
    return fstatat(directory, name, &facts, 0) == 0 && S_ISDIR(facts.st_mode);
}

static void see_database(int directory, struct sight *sight) {
    struct stat facts;
    bool is_there = fstatat(directory, META_DATABASE_FILE, &facts, 0) == 0;
    sight->has_database = is_there && facts.st_size > 0;
    sight->has_empty_database = is_there && facts.st_size == 0;
}

/* Collects all that decides where no marker says that the directory is ready. */
static lreg_status see_all(int directory, struct sight *sight, struct error *err) {
    struct stat facts;
    see_database(directory, sight);
    sight->has_key = fstatat(directory, CORE_KEY_FILE, &facts, AT_SYMLINK_NOFOLLOW) == 0;
    sight->has_objects_folder = has_folder(directory, OBJECTS_FOLDER);
    sight->has_folders = sight->has_objects_folder || has_folder(directory, STAGING_FOLDER);
    lreg_status status = scan(directory, OBJECTS_FOLDER, any_entry, NULL, &sight->has_objects, err);
    if (status == LREG_OK && !sight->has_database) {
        status = scan(directory, ".", is_foreign, sight, &sight->has_foreign, err);
    }
    return status;
}

static lreg_status judge_ready(struct core_directory *directory, struct error *err) {
    struct sight sight = {0};
    see_database(directory->descriptor, &sight);
    directory->is_used = true;
    directory->has_database = sight.has_database;
    if (!sight.has_database) {
        return meta_database_missing(sight.has_empty_database, err);
    }
    if (directory->marker.has_objects && !has_folder(directory->descriptor, OBJECTS_FOLDER)) {
        return error_set(err, LREG_CORRUPT, "objects_missing",
                         "the folder " OBJECTS_FOLDER " is missing in the data directory of a registry: mount it, or"
                         " restore a backup (docs/hosting.md, \"Restoring\"). Nothing was changed");
    }
    return LREG_OK;
}

static lreg_status judge_sight(struct core_directory *directory, const struct sight *sight, struct error *err) {
    enum marker_state state = directory->marker.state;
    bool is_ours = state != MARKER_NONE || sight->has_key || !sight->has_foreign;
    bool has_traces = state == MARKER_NONE && !sight->has_database && sight->has_key && sight->has_folders;
    directory->is_used = state == MARKER_DAMAGED || (sight->has_objects && is_ours) || has_traces;
    directory->has_database = sight->has_database;
    if (sight->has_database) {
        return LREG_OK;
    }
    if (directory->is_used) {
        return meta_database_missing(sight->has_empty_database, err);
    }
    if (state == MARKER_NONE && sight->has_foreign) {
        return error_set(err, LREG_UNSUPPORTED, "directory_foreign",
                         "the directory has \"%.100s\" in it, which is not of a registry: a new data directory has to"
                         " be empty. Nothing was changed",
                         sight->foreign);
    }
    return LREG_OK;
}

/* One look. A refusal counts only when the marker is still the same afterwards: a process that creates the directory at
 * this moment creates the marker first. */
static lreg_status look(struct core_directory *directory, bool *out_again, struct error *err) {
    struct sight sight = {0};
    struct marker later;
    *out_again = false;
    lreg_status status = core_marker_read(directory->descriptor, &directory->marker, err);
    if (status != LREG_OK) {
        return status;
    }
    if (directory->marker.state == MARKER_READY) {
        return judge_ready(directory, err);
    }
    status = see_all(directory->descriptor, &sight, err);
    if (status == LREG_OK) {
        status = judge_sight(directory, &sight, err);
    }
    if (status != LREG_OK && core_marker_read(directory->descriptor, &later, NULL) == LREG_OK) {
        *out_again = later.state != directory->marker.state;
    }
    return status;
}

static lreg_status open_directory(const struct core *core, struct core_directory *directory, struct error *err) {
    directory->descriptor = open(core->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return directory->descriptor >= 0 ? LREG_OK : error_set_errno(err, errno, "open the data directory");
}

static bool is_denied(int directory, const char *name) {
    return faccessat(directory, name, W_OK, AT_EACCESS) != 0 && (errno == EROFS || errno == EACCES || errno == EPERM);
}

/* Read-only: on a read-only file system, or when the files belong to another user. */
static lreg_status look_for_rights(struct core *core, const struct core_directory *directory, struct error *err) {
    core->is_read_only = is_denied(directory->descriptor, ".") || is_denied(directory->descriptor, META_DATABASE_FILE);
    core->durable = core->durable && !core->is_read_only; /* nothing is written, so nothing is synced */
    if (!core->is_read_only) {
        return LREG_OK;
    }
    if (!directory->has_database) {
        return error_set(err, LREG_FORBIDDEN, "read_only",
                         "there is no registry in the directory, and none can be created: it cannot be written to");
    }
    hooks_log(&core->hooks, LREG_LOG_WARNING, "the data directory cannot be written to: the registry is only read");
    return LREG_OK;
}

/* Creates a temporary file and removes it again, to see which owner it gets. */
static bool can_make_for(const struct owner *owner, int directory, const char *name) {
    struct owner_ids before;
    owner_assume(owner, &before);
    int file = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    owner_resume(owner, &before);
    bool is_theirs = file >= 0 && owner_has(owner, file);
    if (file >= 0) {
        (void)close(file);
        (void)unlinkat(directory, name, 0);
    }
    return is_theirs;
}

/* The files of a directory have one owner; otherwise a server could not read what another user publishes. */
static lreg_status look_for_owner(struct core *core, const struct core_directory *directory, struct error *err) {
    char id[ID_TEXT];
    char name[sizeof(CORE_MARKER_FILE) + ID_TEXT];
    owner_find(directory->descriptor, META_DATABASE_FILE, &core->owner);
    if (!core->owner.is_other || core->is_read_only) {
        return LREG_OK;
    }
    lreg_status status = id_new(&core->hooks, id, err);
    if (status != LREG_OK) {
        return status;
    }
    (void)snprintf(name, sizeof name, CORE_MARKER_FILE ".%s", id);
    if (can_make_for(&core->owner, directory->descriptor, name)) {
        return LREG_OK;
    }
    return error_set(err, LREG_FORBIDDEN, "directory_of_another",
                     "the data directory belongs to user %lu, and this process, of user %lu, cannot make files for that"
                     " user: run it as the owner (sudo -u '#%lu' COMMAND). Nothing was changed",
                     (unsigned long)core->owner.uid, (unsigned long)geteuid(), (unsigned long)core->owner.uid);
}

lreg_status core_directory_begin(struct core *core, struct core_directory *directory, struct error *err) {
    bool again = true;
    *directory = (struct core_directory){.descriptor = -1};
    if (core->directory == NULL) {
        return LREG_OK;
    }
    lreg_status status = open_directory(core, directory, err);
    if (status != LREG_OK) {
        return status;
    }
    for (int looks = 0; again && looks < LOOKS_MAX; looks++) {
        error_clear(err);
        status = look(directory, &again, err);
    }
    if (status == LREG_OK) {
        status = look_for_rights(core, directory, err);
    }
    if (status == LREG_OK) {
        status = look_for_owner(core, directory, err);
    }
    if (status == LREG_OK && directory->marker.state == MARKER_NONE && !directory->has_database) {
        status = core_marker_make(core, directory->descriptor, err);
    }
    return status;
}

lreg_status core_directory_settle(struct core *core, struct core_directory *directory, struct error *err) {
    if (directory->descriptor < 0 || directory->marker.state == MARKER_READY || core->is_read_only) {
        return LREG_OK;
    }
    return core_marker_finish(core, directory->descriptor, core->is_own_filesystem, err);
}

lreg_status core_directory_has_objects(const struct core_directory *directory, bool *out, struct error *err) {
    *out = directory->marker.state == MARKER_READY && directory->marker.has_objects;
    return *out ? LREG_OK : scan(directory->descriptor, OBJECTS_FOLDER, any_entry, NULL, out, err);
}

static bool is_object_entry(int folder, const char *entry, void *user) {
    (void)folder;
    (void)user;
    return strcmp(entry, "lost+found") != 0;
}

lreg_status core_directory_lacks_objects(const struct core_directory *directory, bool *out, struct error *err) {
    bool has_any = false;
    lreg_status status = scan(directory->descriptor, OBJECTS_FOLDER, is_object_entry, NULL, &has_any, err);
    *out = status == LREG_OK && !has_any;
    return status;
}

void core_directory_end(struct core_directory *directory) {
    if (directory->descriptor >= 0) {
        (void)close(directory->descriptor);
        directory->descriptor = -1;
    }
}
