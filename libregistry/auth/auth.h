/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AUTH_AUTH_H
#define AUTH_AUTH_H

/*
 * Access decisions, the format of secrets, and sealing under the instance key. These functions work on plain values and
 * look nothing up; core does that and calls them.
 */

#include "base/digest.h"
#include "base/id.h"
#include "base/memory.h"

/* Scopes of API access tokens, as bits; the texts are Buildkite's ("read_packages"). */
#define AUTH_READ_PACKAGES 0x01u
#define AUTH_WRITE_PACKAGES 0x02u
#define AUTH_DELETE_PACKAGES 0x04u
#define AUTH_READ_REGISTRIES 0x08u
#define AUTH_WRITE_REGISTRIES 0x10u
#define AUTH_DELETE_REGISTRIES 0x20u
#define AUTH_READ_METRICS 0x40u /* of the whole instance */
#define AUTH_ALL_SCOPES 0x7fu

/* Parses a list such as "read_packages,write_packages", separated by commas or blanks. LREG_BAD_ARGUMENT for an unknown
 * word, which the message names, and for an empty list. */
lreg_status auth_scopes_parse(const char *text, uint32_t *out, struct error *err);
/* The text of one scope bit; NULL when `scope` is not one. */
const char *auth_scope_text(uint32_t scope);

enum auth_principal_kind {
    AUTH_NOBODY, /* no credentials */
    AUTH_HOST, /* the embedding program itself, through the C API: may do everything */
    AUTH_API_TOKEN, /* of one organization, with scopes */
    AUTH_REGISTRY_TOKEN, /* reads the packages of one registry */
};

#define AUTH_LABEL_MAX 120

struct auth_principal {
    enum auth_principal_kind kind;
    uint32_t scopes; /* API tokens */
    char token_id[ID_TEXT]; /* "" for AUTH_NOBODY and AUTH_HOST */
    char organization_id[ID_TEXT];
    char registry_id[ID_TEXT]; /* registry tokens */
    char label[AUTH_LABEL_MAX]; /* for people and the audit log: "API token Deploy" */
    int64_t expires_ms; /* 0: never */
};

enum auth_action {
    AUTH_ACTION_NONE, /* needs no credentials */
    AUTH_ACTION_AUTHENTICATED, /* any valid credential */
    AUTH_ACTION_READ_PACKAGES,
    AUTH_ACTION_PROBE_PACKAGES, /* check whether something exists before publishing: needs read or write */
    AUTH_ACTION_WRITE_PACKAGES,
    AUTH_ACTION_DELETE_PACKAGES,
    AUTH_ACTION_READ_REGISTRIES,
    AUTH_ACTION_WRITE_REGISTRIES,
    AUTH_ACTION_DELETE_REGISTRIES,
    AUTH_ACTION_READ_METRICS /* of the whole instance: has no target */
};

/* What the action is on. `registry_id` NULL means the organization itself. Actions without a target pass NULL instead
 * of this struct: AUTH_ACTION_NONE and AUTH_ACTION_AUTHENTICATED are decided as usual, and only the host may do
 * others. */
struct auth_target {
    const char *organization_id;
    const char *registry_id;
    bool is_public;
};

/*
 * Decides whether the principal may do the action; every access check goes through here. Returns LREG_OK when it may;
 * LREG_UNAUTHENTICATED when credentials could help; LREG_NOT_FOUND when the principal may not know that the target
 * exists; LREG_FORBIDDEN when it may know but lacks the right, with the missing scope in the message. Packages of
 * public registries are readable without credentials, and with a token of another organization. After expires_ms a
 * principal is refused as auth_check_expiry() says, except for AUTH_ACTION_NONE; the host does not expire.
 */
lreg_status auth_decide(const struct auth_principal *principal, enum auth_action action,
                        const struct auth_target *target, int64_t now_ms, struct error *err);

/* Returns LREG_UNAUTHENTICATED ("expired_token", with the time in the message) from expires_ms on. */
lreg_status auth_check_expiry(const struct auth_principal *principal, int64_t now_ms, struct error *err);

/*
 * Secrets. API and registry tokens are a prefix for the kind, 38 random characters of [0-9A-Za-z] (over 220 bits) and a
 * checksum of 6 characters (CRC-32 of all before it, base 62). Scanners can find them, and a typing error can be
 * distinguished from an unknown token.
 */
#define AUTH_SECRET_TEXT 64 /* the longest, with NUL */
#define AUTH_API_TOKEN_PREFIX "lrga_"
#define AUTH_REGISTRY_TOKEN_PREFIX "lrgr_"
#define AUTH_BEARER_PREFIX "lrgb_"

enum auth_secret_kind {
    AUTH_SECRET_UNKNOWN,
    AUTH_SECRET_API,
    AUTH_SECRET_REGISTRY,
    AUTH_SECRET_BEARER
};

/* Makes API and registry tokens; auth_bearer_issue() makes bearers. The caller wipes `out` when it is not needed. */
lreg_status auth_secret_new(const struct hooks *hooks, enum auth_secret_kind kind, char out[AUTH_SECRET_TEXT],
                            struct error *err);
/* The kind by prefix, length and checksum; AUTH_SECRET_UNKNOWN when one of them is wrong. A bearer is recognized by its
 * prefix and characters only: auth_bearer_read() verifies it. */
enum auth_secret_kind auth_secret_classify(const char *secret);
void auth_secret_hash(const char *secret, uint8_t out[DIGEST_SHA256_BYTES]);

/* Keys for sealing and for bearers, derived from the instance key (HKDF, RFC 5869). */
#define AUTH_KEY_BYTES 32
struct auth_keys {
    uint8_t seal[AUTH_KEY_BYTES];
    uint8_t bearer[AUTH_KEY_BYTES];
};
void auth_keys_derive(const uint8_t instance_key[AUTH_KEY_BYTES], struct auth_keys *out);

/* Seals by AES-256-GCM under keys->seal. `context` (such as a row's id) is authenticated, so that a sealed value cannot
 * be moved to another row. The caller owns the output (memory_release). LREG_TOO_LARGE for more than 1 MiB. */
lreg_status auth_seal(const struct hooks *hooks, const struct auth_keys *keys, const char *context, const void *bytes,
                      size_t length, void **out, size_t *out_length, struct error *err);
/* LREG_CORRUPT when the value was changed, moved, or sealed under another key. A NUL follows the output. The caller
 * wipes it before releasing it. */
lreg_status auth_unseal(const struct hooks *hooks, const struct auth_keys *keys, const char *context,
                        const void *sealed, size_t sealed_length, void **out, size_t *out_length, struct error *err);

/*
 * Bearer tokens, which the library's token endpoint issues to container clients. A bearer contains the id of the token
 * that it was issued for, its expiry and its grants per repository, in base64url with an HMAC; nothing is stored. The
 * token is looked up again when the bearer is used. So deleting a token ends its bearers, and a bearer never has a
 * right that its token has lost.
 */
#define AUTH_PULL 0x1u
#define AUTH_PUSH 0x2u
#define AUTH_DELETE 0x4u
#define AUTH_ALL_GRANTS 0x7u

#define AUTH_GRANTS_MAX 32 /* repositories of one bearer */
#define AUTH_REPOSITORY_BYTES 16 /* the first bytes of the SHA-256 of a repository's name */

struct auth_grant {
    uint8_t repository[AUTH_REPOSITORY_BYTES];
    uint8_t actions; /* AUTH_PULL …; 0: requested, but nothing was granted */
};

struct auth_bearer {
    char token_id[ID_TEXT]; /* "" for an anonymous one */
    int64_t expires_ms;
    size_t grant_count;
    struct auth_grant grants[AUTH_GRANTS_MAX];
};

/* A bearer without grants. It expires at `expires_ms`, or with the principal when that is earlier. */
void auth_bearer_init(struct auth_bearer *bearer, const struct auth_principal *principal, int64_t expires_ms);
/* Adds a requested repository ("organization/registry/image") with the actions that were granted. A second call for a
 * repository adds actions. LREG_BAD_ARGUMENT ("too_many_scopes") beyond AUTH_GRANTS_MAX. */
lreg_status auth_bearer_grant(struct auth_bearer *bearer, const char *repository, uint32_t actions, struct error *err);
/* The actions that were granted for a repository; false when it was not requested. */
bool auth_bearer_find(const struct auth_bearer *bearer, const char *repository, uint32_t *out_actions);
/* The grants that allow an action on the contents of a repository, each one alone; 0 when none does. */
uint32_t auth_grants_for(enum auth_action action);
/* LREG_UNAUTHENTICATED ("insufficient_scope"). Clients then request a new bearer from the token endpoint. */
lreg_status auth_bearer_insufficient(struct error *err);

#define AUTH_BEARER_TEXT 800
lreg_status auth_bearer_issue(const struct auth_keys *keys, const struct auth_bearer *bearer,
                              char out[AUTH_BEARER_TEXT], struct error *err);
/* Verifies and reads a bearer. Does not check its expiry; the caller does. LREG_UNAUTHENTICATED when it is malformed
 * ("malformed_token") or was not issued here ("unknown_token"). */
lreg_status auth_bearer_read(const struct auth_keys *keys, const char *text, struct auth_bearer *out,
                             struct error *err);

#endif
