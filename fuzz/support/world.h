/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FUZZ_SUPPORT_WORLD_H
#define FUZZ_SUPPORT_WORLD_H

/*
 * What scripts talk to: a new instance in memory with the organization "acme" and its registries "files", "alpine" and
 * "images". Its clock and randomness are the same each time.
 */

#include <libregistry.h>
#include <libregistry/sys/storage_backend.h>

enum world_who {
    WORLD_OWNER, /* all scopes */
    WORLD_READER, /* read_packages, read_registries */
    WORLD_PUBLISHER, /* write_packages */
    WORLD_REGISTRY, /* a token of the registry "images" */
    WORLD_NOBODY,
    WORLD_WHO_COUNT
};

struct world {
    lreg_instance *instance;
    lreg_exchange *exchange;
    int64_t now_ms;
    uint32_t random;
    char authorization[WORLD_WHO_COUNT][96]; /* made at first use */
};

/* `backend` NULL: packages are in memory too. Otherwise takes ownership of the state of `backend`. */
void world_open(struct world *world, const lreg_storage_backend *backend, void *state);
void world_close(struct world *world);

/* The value of the field Authorization; "" for an anonymous client, and when the registry has been deleted. */
const char *world_authorization(struct world *world, enum world_who who);

#endif
