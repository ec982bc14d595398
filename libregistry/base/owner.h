/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_OWNER_H
#define BASE_OWNER_H

/*
 * The owner of the files in a data directory. Files that a process of another user, mostly root, creates there would
 * not be readable by the owner's server. So the calling thread takes on the owner's ids while it creates them, where
 * the system allows it (Linux, as root). The files never have other ids, and paths are resolved with the owner's
 * permissions.
 */

#include <stdbool.h>
#include <sys/types.h>

struct owner {
    bool is_other; /* another user than that of this process */
    uid_t uid;
    gid_t gid;
};

/* The owner of the file `name` in the directory, or of the directory when there is no such file. */
void owner_find(int directory, const char *name, struct owner *out);

/* Files that are created between assume and resume belong to the owner. They do nothing when this process runs as the
 * owner, and keep errno. */
struct owner_ids {
    uid_t uid;
    gid_t gid;
};
void owner_assume(const struct owner *owner, struct owner_ids *before);
void owner_resume(const struct owner *owner, const struct owner_ids *before);

/* Whether a new file belongs to the owner. It does not when the process may not take on ids. */
bool owner_has(const struct owner *owner, int descriptor);

/* Changes the owner of a file that no other process knows of. Returns 0, or -1 and errno. */
int owner_give(const struct owner *owner, int descriptor);

#endif
