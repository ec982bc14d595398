/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOSTILE_CRASH_H
#define HOSTILE_CRASH_H

/*
 * The crash campaign. A request is made in a process that is killed before its n-th system call, for every n. Another
 * process makes it again, and is killed when it has the answer. Then the power goes: the disk has what was synced
 * (support/power_cut.h), and in a second round some of the rest. Everything that either process acknowledged must be
 * there, the store must be sound, and the request must work once more.
 *
 * There are five ways to do this, each with a store that was closed and one that has commits in its log. The second
 * process opens the store after the kill, or had it open before; the first process syncs, or does not; and in the fifth
 * way the second process makes a backup, which must contain all of it.
 *
 * Only syncs and calls that move or remove a name count, and each operation runs half of the ways. With LREG_CRASH=1 in
 * the environment all system calls count, and all ways run: 70,000 points in half an hour of processor time for all of
 * test_crash_*. LREG_CRASH=10 takes every tenth call.
 */

#include "support/http_script.h"

#include <libregistry.h>

#include <stdbool.h>

#define CRASH_ROOM 512

struct crash_client {
    lreg_instance *instance;
    const char *authorization; /* of a token with all scopes */
    char *note; /* CRASH_ROOM bytes: data from an answer, for the check */
};

struct crash_operation {
    const char *name;
    /* One request, or a function that makes several and returns the status of the last one. */
    const char *request;
    int (*act)(struct crash_client *client);
    bool is_not_backed_up; /* its result is not in backups */
    bool ends; /* a repeated request may also be answered with 404 */
    /* What must hold afterwards: a request, the status of its answer, and a part of its body. Or a function. */
    const char *probe;
    int probe_status;
    const char *probe_text; /* NULL: anything */
    void (*check)(struct crash_client *client);
};

/* Makes `request` and returns the answer, which the caller frees. Fails the process if the status differs; 0: any
 * status. */
struct http_answer *crash_ask(const struct crash_client *client, int status, const char *request);
int crash_status(const struct crash_client *client, const char *request); /* of the answer only */
/* Publishes bytes as a file of a form. */
int crash_publish(const struct crash_client *client, const char *registry, const char *name, const void *bytes,
                  size_t length);

/* Runs the campaign for operations on a store that `furnish` fills; it gets an organization "acme" and a token.
 * `furnish` NULL: on a directory that does not exist. The operations then create everything that they need,
 * `authorization` is NULL, and there is no earlier state to check. Skips the test where processes may not be traced. */
void crash_campaign(void (*furnish)(struct crash_client *client), const struct crash_operation *operations,
                    size_t count);

#endif
