/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOSTILE_RIG_H
#define HOSTILE_RIG_H

/*
 * An instance whose memory, storage and database can be made to fail, behind the public exchange. It is a copy of a
 * template, so that each run begins with the same organisation, registries, tokens and keys; its clock and its
 * randomness are the test's. Everything that jansson allocates comes from the same failing allocator.
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

/* What is made to fail, and how. */
struct fault {
    const char *name;
    enum fault_place place;
    bool and_later; /* and all behind it, until it is disarmed */
    lreg_status status; /* of the storage */
    enum fault_moment moment; /* of the storage; not with and_later */
    int code; /* of the step: SQLITE_… */
    int answer; /* HTTP status of what fails for that reason */
    bool is_warm; /* what was read stays in the cache after a fault; else the next request finds nothing there */
    uint64_t stride; /* from DENSE on not every n is tried; 0: every one */
};

/* Counts what can fail and has no helper of its own. */
struct rig_counter {
    atomic_uint_least64_t calls;
    uint64_t at; /* 0: never */
    bool and_later;
    int code;
    atomic_bool hit;
};

#define RIG_FOLDER_MAX 64

struct rig {
    lreg_instance instance; /* what the exchange is made on; its members are NULL when closed */
    struct failing_allocator memory;
    struct fault_backend storage;
    struct rig_counter steps;
    enum fault_place armed;
    struct core_options options;
    char folder[RIG_FOLDER_MAX]; /* "" when there is none */
    int64_t now_ms;
    uint64_t random; /* state of the generator */
};

/* When the first step of a script happens: some time after now, so that files just made are not "young". */
int64_t rig_epoch_ms(void);

/* Makes SQLite allocate where the rig can make it fail. Before anything has used SQLite in this process. */
void rig_prepare_process(void);

/* A new folder in memory where there is one, with room for `out`. */
void rig_make_folder(char out[RIG_FOLDER_MAX]);
void rig_remove_folder(const char *folder); /* with all that is in it; "" is fine */

/* An empty instance in a new folder. */
void rig_create(struct rig *rig);
/* A copy of the closed instance in `folder`. */
void rig_copy(struct rig *rig, const char *folder);
/* Lets go of the instance and opens it again: nothing is in memory then. */
void rig_reopen(struct rig *rig);
/* Empties the cache, which is most of that, in less time. No exchange is under way. */
void rig_forget(struct rig *rig);
/* Closes the instance; every block, handle and stage that it had must be back. The folder stays. */
void rig_close(struct rig *rig);
/* Closes it when it is open, and removes the folder. */
void rig_end(struct rig *rig);

/* The n-th from now on fails. One fault at a time. */
void rig_arm(struct rig *rig, const struct fault *fault, uint64_t n);
void rig_disarm(struct rig *rig);
bool rig_fired(const struct rig *rig); /* since it was armed */

/* --- fault-free calls that have to succeed --- */

const struct core_organization *rig_organization(struct rig *rig, const char *slug);
/* Only made, not given. */
void rig_make_registry(struct rig *rig, const struct core_organization *organization, const char *slug,
                       const char *ecosystem, bool is_public);
/* "Bearer …" of a new token with these scopes, in memory of malloc. */
char *rig_authorization(struct rig *rig, const struct core_organization *organization, uint32_t scopes);

/* Nothing is missing and nothing is damaged. */
struct core_verify_report rig_verify(struct rig *rig);
/* The store is sound before and after a collection of everything that nothing names, which leaves nothing unnamed:
 * one object for each blob, no stages. */
void rig_check_store(struct rig *rig);

#endif
