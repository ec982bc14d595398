/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOSTILE_RIG_H
#define HOSTILE_RIG_H

/*
 * An instance whose memory, storage and database can be made to fail, behind the public exchange. It is a copy of a
 * template, so that each run begins with the same organization, registries, tokens and keys. The test controls its
 * clock and its randomness. All allocations of jansson come from the same failing allocator.
 */

#include "api/api_internal.h"

#include "support/failing_allocator.h"
#include "support/fault_backend.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum fault_place {
    FAULT_MEMORY, /* the n-th allocation of the library, or of jansson for it */
    FAULT_STORAGE, /* the n-th call of the storage backend */
    FAULT_SQL, /* the n-th step of a statement */
    FAULT_SQLITE_MEMORY, /* the n-th allocation of SQLite */
};

/* What fails, and how. */
struct fault {
    const char *name;
    enum fault_place place;
    bool and_later; /* and all later ones, until it is disarmed */
    lreg_status status; /* of the storage */
    enum fault_moment moment; /* of the storage; not with and_later */
    int code; /* of the step: SQLITE_… */
    int answer; /* HTTP status of a failure for this reason */
    bool is_warm; /* the cache keeps read data after a fault; otherwise the next request starts with an empty cache */
    uint64_t stride; /* from DENSE on not every n is tried; 0: every one */
};

/* Counts operations that can fail and have no helper of their own. */
struct rig_counter {
    atomic_uint_least64_t calls;
    uint64_t at; /* 0: never */
    bool and_later;
    int code;
    atomic_bool hit;
};

#define RIG_FOLDER_MAX 64

struct rig {
    lreg_instance instance; /* what the exchange uses; its members are NULL when closed */
    struct failing_allocator memory;
    struct fault_backend storage;
    struct rig_counter steps;
    enum fault_place armed;
    struct core_options options;
    char folder[RIG_FOLDER_MAX]; /* "" when there is none */
    int64_t now_ms;
    uint64_t random; /* state of the generator */
};

/* The time of the first step of a script: well after now, so that files just made are not "young". */
int64_t rig_epoch_ms(void);

/* Makes SQLite allocate from the rig's failing allocator. Call it before the first use of SQLite in this process. */
void rig_prepare_process(void);

/* A new folder in memory if there is one, with room for `out`. */
void rig_make_folder(char out[RIG_FOLDER_MAX]);
void rig_remove_folder(const char *folder); /* with its content; "" is fine */

/* An empty instance in a new folder. */
void rig_create(struct rig *rig);
/* A copy of the closed instance in `folder`. */
void rig_copy(struct rig *rig, const char *folder);
/* Closes the instance and opens it again, which drops all its memory. */
void rig_reopen(struct rig *rig);
/* Empties the cache, which is most of that memory, in less time. No exchange may be in progress. */
void rig_forget(struct rig *rig);
/* Closes the instance. Every block, handle and stage that it had must be released. The folder stays. */
void rig_close(struct rig *rig);
/* Closes it when it is open, and removes the folder. */
void rig_end(struct rig *rig);

/* The n-th operation from now on fails. One fault at a time. */
void rig_arm(struct rig *rig, const struct fault *fault, uint64_t n);
void rig_disarm(struct rig *rig);
bool rig_fired(const struct rig *rig); /* since it was armed */

/* --- calls that must succeed without faults --- */

const struct core_organization *rig_organization(struct rig *rig, const char *slug);
/* Only made, not returned. */
void rig_make_registry(struct rig *rig, const struct core_organization *organization, const char *slug,
                       const char *ecosystem, bool is_public);
/* Returns "Bearer …" of a new token with these scopes, in memory of malloc. */
char *rig_authorization(struct rig *rig, const struct core_organization *organization, uint32_t scopes);

/* Nothing is missing and nothing is damaged. */
struct core_verify_report rig_verify(struct rig *rig);
/* The store is sound before and after a collection of everything unreferenced. The collection leaves one object for
 * each blob, and no stages. */
void rig_check_store(struct rig *rig);

#endif
