/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_OWNER_H
#define BASE_OWNER_H

/*
 * Whose files a data directory has. A process of another user, mostly root, that makes files there would leave what
 * the owner's server cannot read. So they are made with the owner's ids: the calling thread takes them on for the
 * moment of making, where the system lets it (Linux, as root). Nobody ever sees the file with other ids, and no name is
 * followed that the owner may not follow.
 */

#include <stdbool.h>
#include <sys/types.h>

struct owner {
    bool is_other; /* than this process */
    uid_t uid;
    gid_t gid;
};

/* The owner of the file `name` in the directory, or of the directory when there is no such file. */
void owner_find(int directory, const char *name, struct owner *out);

/* What is made between the two is the owner's; does nothing when that is this process anyway. Keeps errno. */
struct owner_ids {
    uid_t uid;
    gid_t gid;
};
void owner_assume(const struct owner *owner, struct owner_ids *before);
void owner_resume(const struct owner *owner, const struct owner_ids *before);

/* Whether a file that was just made belongs to the owner: without the right to take on ids it does not. */
bool owner_has(const struct owner *owner, int descriptor);

/* Gives a file that nobody else knows of to the owner: 0, or -1 and errno. */
int owner_give(const struct owner *owner, int descriptor);

#endif
