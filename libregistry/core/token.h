/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_TOKEN_H
#define CORE_TOKEN_H

#include "core/registry.h"

/*
 * Registry tokens are not accessible while their registry is public: each function on them then returns LREG_NOT_FOUND
 * ("tokens_hidden"), decided in the transaction, and changes nothing. They still identify their principal, which then
 * has the access that everyone has. They are accessible again when the registry is private.
 */

/* A token as it is shown. `secret` is "" except right after creation, and from core_token_open() and
 * core_token_reveal(). It is wiped at release. */
struct core_token {
    struct meta_token row;
    const char *secret;
    struct core_shared *shared;
};
void core_token_retain(const struct core_token *token);
void core_token_release(const struct core_token *token); /* NULL is allowed */

/* Creates an API access token of an organization. `expires_ms` 0: never. Audit: APIAccessTokenCreatedEvent. */
lreg_status core_token_create_api(struct core *core, const struct core_actor *actor,
                                  const struct core_organization *organization, const char *description,
                                  uint32_t scopes, int64_t expires_ms, const struct core_token **out,
                                  struct error *err);
/* Creates a registry token: it reads one registry and never expires. Audit: RegistryTokenCreatedEvent. */
lreg_status core_token_create_registry(struct core *core, const struct core_actor *actor,
                                       const struct core_registry *registry, const char *description,
                                       const struct core_token **out, struct error *err);
/* Lists tokens of an organization (registry NULL) or a registry (organization may be NULL then); secrets are not
 * opened. */
lreg_status core_token_list(struct core *core, const struct core_organization *organization,
                            const struct core_registry *registry, const char *after_id, size_t limit,
                            struct arena *arena, struct meta_token **out, size_t *out_count, struct error *err);
/* Finds a token of that organization or, likewise, registry; otherwise LREG_NOT_FOUND ("token_unknown"). It comes
 * without its secret. */
lreg_status core_token_find(struct core *core, const struct core_organization *organization,
                            const struct core_registry *registry, const char *id, const struct core_token **out,
                            struct error *err);
/* The registry token as it is now, with its secret, for comparing and not for showing. LREG_UNSUPPORTED
 * ("secret_missing") for an API token, whose secret is not stored. */
lreg_status core_token_open(struct core *core, const struct core_token *token, const struct core_token **out,
                            struct error *err);
/* The same for showing: every showing is an event. Audit: RegistryTokenRevealedEvent. */
lreg_status core_token_reveal(struct core *core, const struct core_actor *actor, const struct core_token *token,
                              const struct core_token **out, struct error *err);
/* Changes the description and shows the token as it is then, in one transaction. Audit: RegistryTokenUpdatedEvent,
 * unless the description is the same, and RegistryTokenRevealedEvent. */
lreg_status core_token_set_description(struct core *core, const struct core_actor *actor,
                                       const struct core_token *token, const char *description,
                                       const struct core_token **out, struct error *err);
/* Deletes the token; its bearers become invalid. Audit: …_DELETED. */
lreg_status core_token_delete(struct core *core, const struct core_actor *actor, const struct core_token *token,
                              struct error *err);

#endif
