/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AUTH_AUTH_H
#define AUTH_AUTH_H

/*
 * Who may do what, on plain values: the decision, the shape of secrets, and what is sealed under the instance key.
 * Nothing here looks anything up; core does, and asks.
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
#define AUTH_ALL_SCOPES 0x3fu

/* "read_packages,write_packages" (commas or blanks between); LREG_BAD_ARGUMENT names the unknown word; empty text is
 * refused. */
lreg_status auth_scopes_parse(const char *text, uint32_t *out, struct error *err);
/* The text of one scope bit; NULL when it is none. */
const char *auth_scope_text(uint32_t scope);

enum auth_principal_kind {
    AUTH_NOBODY, /* no credentials */
    AUTH_HOST, /* the embedding program itself, through the C API: may do everything */
    AUTH_API_TOKEN, /* of one organisation, with scopes */
    AUTH_REGISTRY_TOKEN, /* reads the packages of one registry */
};

#define AUTH_LABEL_MAX 120

struct auth_principal {
    enum auth_principal_kind kind;
    uint32_t scopes; /* API tokens */
    char token_id[ID_TEXT]; /* "" for nobody and the host */
    char organization_id[ID_TEXT];
    char registry_id[ID_TEXT]; /* registry tokens */
    char label[AUTH_LABEL_MAX]; /* for people and the audit log: "API token Deploy" */
    int64_t expires_ms; /* 0: never */
};

enum auth_action {
    AUTH_ACTION_NONE, /* open to everybody */
    AUTH_ACTION_AUTHENTICATED, /* any valid credential */
    AUTH_ACTION_READ_PACKAGES,
    AUTH_ACTION_PROBE_PACKAGES, /* ask whether something is there before publishing: read or write */
    AUTH_ACTION_WRITE_PACKAGES,
    AUTH_ACTION_DELETE_PACKAGES,
    AUTH_ACTION_READ_REGISTRIES,
    AUTH_ACTION_WRITE_REGISTRIES,
    AUTH_ACTION_DELETE_REGISTRIES
};

/* What is to be acted on. `registry_id` NULL: the organisation itself. Where there is nothing to be acted on, a NULL
 * target stands in decisions about AUTH_ACTION_NONE and AUTH_ACTION_AUTHENTICATED; other actions on it are the
 * host's alone. */
struct auth_target {
    const char *organization_id;
    const char *registry_id;
    bool is_public;
};

/*
 * The one decision. LREG_OK; LREG_UNAUTHENTICATED when credentials could help; LREG_NOT_FOUND when the caller may not
 * know that the target exists; LREG_FORBIDDEN, with the missing scope in the message, when he may know but lacks the
 * right. Public registries are readable (packages) by anybody, also with a token of another organisation. A principal
 * whose expires_ms has passed is refused as auth_check_expiry() says, except for AUTH_ACTION_NONE.
 */
lreg_status auth_decide(const struct auth_principal *principal, enum auth_action action,
                        const struct auth_target *target, int64_t now_ms, struct error *err);

/* LREG_UNAUTHENTICATED ("expired_token", with the time in the message) from expires_ms on. */
lreg_status auth_check_expiry(const struct auth_principal *principal, int64_t now_ms, struct error *err);

/*
 * Secrets. A fixed prefix tells the kind, 38 random characters of [0-9A-Za-z] (over 220 bits), 6 characters of checksum
 * (CRC-32 of all before, base 62), so that scanners find them and typing errors are told from unknown tokens.
 */
#define AUTH_SECRET_TEXT 64 /* with NUL, longest */
#define AUTH_API_TOKEN_PREFIX "lrga_"
#define AUTH_REGISTRY_TOKEN_PREFIX "lrgr_"
#define AUTH_BEARER_PREFIX "lrgb_"

enum auth_secret_kind {
    AUTH_SECRET_UNKNOWN,
    AUTH_SECRET_API,
    AUTH_SECRET_REGISTRY,
    AUTH_SECRET_BEARER
};

/* API and registry tokens; bearers are issued, see below. Wipe `out` when it is no longer needed. */
lreg_status auth_secret_new(const struct hooks *hooks, enum auth_secret_kind kind, char out[AUTH_SECRET_TEXT],
                            struct error *err);
/* The kind by prefix, length and checksum; UNKNOWN when anything is off. Does not look at the checksum of bearers. */
enum auth_secret_kind auth_secret_classify(const char *secret);
void auth_secret_hash(const char *secret, uint8_t out[DIGEST_SHA256_BYTES]);

/* The instance key, from which the keys for sealing and for bearers are derived (HKDF, RFC 5869). */
#define AUTH_KEY_BYTES 32
struct auth_keys {
    uint8_t seal[AUTH_KEY_BYTES];
    uint8_t bearer[AUTH_KEY_BYTES];
};
void auth_keys_derive(const uint8_t instance_key[AUTH_KEY_BYTES], struct auth_keys *out);

/* Sealing: AES-256-GCM under keys->seal; `context` (such as a row's id) is authenticated with it, so that a sealed
 * value cannot be moved to another row. Output is owned (memory_release). At most 1 MiB: LREG_TOO_LARGE. */
lreg_status auth_seal(const struct hooks *hooks, const struct auth_keys *keys, const char *context, const void *bytes,
                      size_t length, void **out, size_t *out_length, struct error *err);
/* LREG_CORRUPT when it was changed, moved, or sealed under another key. A NUL follows the output. Wipe it before
 * releasing it. */
lreg_status auth_unseal(const struct hooks *hooks, const struct auth_keys *keys, const char *context,
                        const void *sealed, size_t sealed_length, void **out, size_t *out_length, struct error *err);

/*
 * Bearer tokens that our own token endpoint gives to container clients: whose they are, until when, and what was
 * granted in which repositories. All of it is in the text, in base64url with an HMAC; nothing is stored. The holder's
 * token is looked up again when the bearer is used, so a deleted token ends its bearers too, and a bearer never has a
 * right that its holder has lost.
 */
#define AUTH_PULL 0x1u
#define AUTH_PUSH 0x2u
#define AUTH_DELETE 0x4u
#define AUTH_ALL_GRANTS 0x7u

#define AUTH_GRANTS_MAX 32 /* repositories of one bearer */
#define AUTH_REPOSITORY_BYTES 16 /* of a repository's name: the start of its SHA-256 */

struct auth_grant {
    uint8_t repository[AUTH_REPOSITORY_BYTES];
    uint8_t actions; /* AUTH_PULL …; 0: asked for, nothing granted */
};

struct auth_bearer {
    char token_id[ID_TEXT]; /* "" for an anonymous one */
    int64_t expires_ms;
    size_t grant_count;
    struct auth_grant grants[AUTH_GRANTS_MAX];
};

/* Without grants. It does not outlive the principal: it ends at the earlier of the two. */
void auth_bearer_init(struct auth_bearer *bearer, const struct auth_principal *principal, int64_t expires_ms);
/* Adds a repository ("organization/registry/image") that was asked for, with the actions that were granted; once more
 * adds to those. LREG_BAD_ARGUMENT ("too_many_scopes") beyond AUTH_GRANTS_MAX. */
lreg_status auth_bearer_grant(struct auth_bearer *bearer, const char *repository, uint32_t actions, struct error *err);
/* What was granted for a repository; false when it was not asked for. */
bool auth_bearer_find(const struct auth_bearer *bearer, const char *repository, uint32_t *out_actions);
/* The grants of which one suffices for an action on what is in a repository; 0: none does. */
uint32_t auth_grants_for(enum auth_action action);
/* LREG_UNAUTHENTICATED ("insufficient_scope"), upon which clients ask the token endpoint for more. */
lreg_status auth_bearer_insufficient(struct error *err);

#define AUTH_BEARER_TEXT 800
lreg_status auth_bearer_issue(const struct auth_keys *keys, const struct auth_bearer *bearer,
                              char out[AUTH_BEARER_TEXT], struct error *err);
/* Reads it also when its end has passed (the caller judges). LREG_UNAUTHENTICATED when it is not ours
 * ("malformed_token", "unknown_token"). */
lreg_status auth_bearer_read(const struct auth_keys *keys, const char *text, struct auth_bearer *out,
                             struct error *err);

#endif
