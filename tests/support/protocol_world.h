/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_PROTOCOL_WORLD_H
#define TESTS_SUPPORT_PROTOCOL_WORLD_H

/*
 * What protocol tests talk to: an instance with organizations, registries and a token of each kind. Its clock stands
 * still and its randomness repeats, so that two worlds return the same answers. Also tables of requests that must be
 * refused, each with its answer; they must not change anything.
 *
 *     my-organization   my-files (one package, app-1.0.0.zip), strict-files, public-files, loose-files (overwriting
 *                       allowed), my-alpine-packages, my-images
 *     other-organization  other-files
 */

#include "support/http_script.h"

#include <libregistry.h>

enum protocol_who {
    WHO_OWNER, /* an API token of my-organization with all scopes */
    WHO_NOBODY,
    WHO_READER, /* read_packages, read_registries */
    WHO_PUBLISHER, /* write_packages */
    WHO_STRANGER, /* all scopes, of other-organization */
    WHO_EXPIRED, /* all scopes, until a second ago */
    WHO_DELETED, /* all scopes, deleted since */
    WHO_REGISTRY_TOKEN, /* of my-files */
    WHO_OTHER_REGISTRY_TOKEN, /* of strict-files */
    WHO_COUNT
};

#define PROTOCOL_NOW INT64_C(1795230245678) /* 2026-11-21T03:04:05.678Z */
#define PROTOCOL_CONTENT "first content" /* of app-1.0.0.zip */
/* Limits of the world, small enough to be reached. */
#define PROTOCOL_PACKAGE_BYTES 65536
#define PROTOCOL_JSON_BYTES 16384

struct protocol_world {
    lreg_options *options;
    lreg_instance *instance;
    char directory[64]; /* "" when everything is in memory */
    int64_t now_ms;
    uint64_t random;
    char authorization[WHO_COUNT][96]; /* value of the field; "" for WHO_NOBODY */
    char package_id[40]; /* of app-1.0.0.zip */
    char token_id[40]; /* of WHO_REGISTRY_TOKEN */
};

/* For cmocka: a world on a temporary directory, in *state. */
int protocol_setup(void **state);
int protocol_teardown(void **state);

/* A world in memory, which is faster to make. */
struct protocol_world *protocol_world_new(void);
void protocol_world_free(struct protocol_world *world);

/* Describes the whole state: registries, packages, tokens, number of audit events; and, on a directory, the names of
 * objects and of stages. free() it. */
char *protocol_state(struct protocol_world *world);

/* Replaces "<<x*100>>" by 100 times x, "<<package>>" and "<<token>>" by their ids. free() the result. */
char *protocol_expand(const struct protocol_world *world, const char *request, size_t length, size_t *out_length);

/* Runs an expanded request as `who`. */
struct http_answer *protocol_run(struct protocol_world *world, enum protocol_who who, const char *request);
/* Runs it and checks the status. */
struct http_answer *protocol_expect(struct protocol_world *world, enum protocol_who who, const char *request,
                                    int status);
/* A string member of a JSON answer, at its first occurrence; free() it. NULL when absent. */
char *protocol_member(const struct http_answer *answer, const char *name);
void protocol_expect_member(const struct http_answer *answer, const char *name, const char *value);

/* A request that is refused. */
struct protocol_case {
    const char *name;
    enum protocol_who who;
    const char *request; /* see protocol_expand */
    size_t length; /* 0: up to its NUL */
    int status;
    const char *code; /* of a JSON answer; NULL: an answer in text */
    const char *message; /* the whole message; NULL: any */
};
/* Request and length, for a request that contains NUL. */
#define PROTOCOL_BYTES(text) (text), sizeof(text) - 1

/* Runs each request: whole, in pieces of 7 bytes and byte by byte. All must get the same answer, with the status, code
 * and message of the table, and the state must stay unchanged. */
void protocol_check_cases(struct protocol_world *world, const struct protocol_case *cases, size_t count);

#endif
