/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_TOKEN_H
#define CORE_TOKEN_H

#include "core/registry.h"

/*
 * Registry tokens are out of reach while their registry is public: each function on them is then LREG_NOT_FOUND
 * ("tokens_hidden"), decided in the transaction, and nothing has changed. They still tell who asks, who then reads as
 * anybody does; they are back when the registry is private again.
 */

/* A token as it is shown. `secret` is "" except right after creation, and for registry tokens when asked for. Wiped
 * at release. */
struct core_token {
    struct meta_token row;
    const char *secret;
    struct core_shared *shared;
};
void core_token_retain(const struct core_token *token);
void core_token_release(const struct core_token *token); /* NULL is fine */

/* API access token of an organisation. `expires_ms` 0: never. Audit: API_ACCESS_TOKEN_CREATED. */
lreg_status core_token_create_api(struct core *core, const struct core_actor *actor,
                                  const struct core_organization *organization, const char *description,
                                  uint32_t scopes, int64_t expires_ms, const struct core_token **out,
                                  struct error *err);
/* Registry token: reads one registry, never ends. Audit: REGISTRY_TOKEN_CREATED. */
lreg_status core_token_create_registry(struct core *core, const struct core_actor *actor,
                                       const struct core_registry *registry, const char *description,
                                       const struct core_token **out, struct error *err);
/* Tokens of an organisation (registry NULL) or a registry (organisation may be NULL then); secrets
 * are not opened. */
lreg_status core_token_list(struct core *core, const struct core_organization *organization,
                            const struct core_registry *registry, const char *after_id, size_t limit,
                            struct arena *arena, struct meta_token **out, size_t *out_count, struct error *err);
/* One token of that organisation or, likewise, registry; LREG_NOT_FOUND ("token_unknown") else. Registry tokens come
 * with their secret. */
lreg_status core_token_find(struct core *core, const struct core_organization *organization,
                            const struct core_registry *registry, const char *id, const struct core_token **out,
                            struct error *err);
lreg_status core_token_set_description(struct core *core, const struct core_actor *actor,
                                       const struct core_token *token, const char *description, struct error *err);
/* Audit: …_DELETED. Its bearers end with it. */
lreg_status core_token_delete(struct core *core, const struct core_actor *actor, const struct core_token *token,
                              struct error *err);

#endif
