/* SPDX-License-Identifier: Apache-2.0 */
#ifndef META_TOKENS_H
#define META_TOKENS_H

#include "meta/transaction.h"

struct meta_token {
    const char *id; /* UUID */
    const char *organization_id;
    const char *registry_id; /* NULL: an API access token of the organization */
    const char *description;
    uint8_t secret_sha256[DIGEST_SHA256_BYTES];
    const void *sealed_secret; /* registry tokens only: the secret, sealed under the instance key; otherwise NULL */
    size_t sealed_length;
    uint32_t scopes;
    const char *created_by;
    int64_t created_ms;
    int64_t expires_ms; /* 0: never */
};

lreg_status meta_token_insert(struct meta_transaction *transaction, const struct meta_token *row, struct error *err);
/* Also finds expired tokens. LREG_NOT_FOUND. */
lreg_status meta_token_find_by_secret(struct meta_transaction *transaction,
                                      const uint8_t secret_sha256[DIGEST_SHA256_BYTES], struct arena *arena,
                                      struct meta_token *out, struct error *err);
lreg_status meta_token_find(struct meta_transaction *transaction, const char *id, struct arena *arena,
                            struct meta_token *out, struct error *err);
/* The greatest id in the list that a new token would be in (see meta_token_list()); "" when there is none. */
lreg_status meta_token_newest(struct meta_transaction *transaction, const char *organization_id,
                              const char *registry_id, char out[ID_TEXT], struct error *err);
/* Lists by id, after `after_id`: the tokens of `registry_id`, or, when that is NULL, the API access tokens of the
 * organization. */
lreg_status meta_token_list(struct meta_transaction *transaction, const char *organization_id, const char *registry_id,
                            const char *after_id, size_t limit, struct arena *arena, struct meta_token **out,
                            size_t *out_count, struct error *err);
lreg_status meta_token_set_description(struct meta_transaction *transaction, const char *id, const char *description,
                                       struct error *err);
/* LREG_NOT_FOUND. */
lreg_status meta_token_delete(struct meta_transaction *transaction, const char *id, struct error *err);

#endif
