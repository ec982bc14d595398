/* SPDX-License-Identifier: Apache-2.0 */

#include "base/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/fsuid.h>
#endif

void owner_find(int directory, const char *name, struct owner *out) {
    struct stat facts;
    *out = (struct owner){.is_other = false};
    if (fstatat(directory, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 || fstat(directory, &facts) == 0) {
        *out = (struct owner){.is_other = facts.st_uid != geteuid(), .uid = facts.st_uid, .gid = facts.st_gid};
    }
}

/* File system ids are per thread. The group is set first, because the right to change it is lost with the user. */
void owner_assume(const struct owner *owner, struct owner_ids *before) {
    int number = errno;
    *before = (struct owner_ids){0};
#ifdef __linux__
    if (owner->is_other) {
        before->gid = (gid_t)setfsgid(owner->gid);
        before->uid = (uid_t)setfsuid(owner->uid);
    }
#else
    (void)owner;
#endif
    errno = number;
}

void owner_resume(const struct owner *owner, const struct owner_ids *before) {
    int number = errno;
#ifdef __linux__
    if (owner->is_other) {
        (void)setfsuid(before->uid);
        (void)setfsgid(before->gid);
    }
#else
    (void)owner;
    (void)before;
#endif
    errno = number;
}

bool owner_has(const struct owner *owner, int descriptor) {
    struct stat facts;
    return !owner->is_other || (fstat(descriptor, &facts) == 0 && facts.st_uid == owner->uid);
}

int owner_give(const struct owner *owner, int descriptor) {
    return owner->is_other ? fchown(descriptor, owner->uid, owner->gid) : 0;
}
