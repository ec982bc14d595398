/* SPDX-License-Identifier: Apache-2.0 */
#ifndef META_TOKENS_H
#define META_TOKENS_H

#include "meta/transaction.h"

struct meta_token {
    const char *id; /* UUID */
    const char *organization_id;
    const char *registry_id; /* NULL: an API access token of the organisation */
    const char *description;
    uint8_t secret_sha256[DIGEST_SHA256_BYTES];
    const void *sealed_secret; /* registry tokens only: the secret under the instance key; NULL else */
    size_t sealed_length;
    uint32_t scopes;
    const char *created_by;
    int64_t created_ms;
    int64_t expires_ms; /* 0: never */
};

lreg_status meta_token_insert(struct meta_transaction *transaction, const struct meta_token *row, struct error *err);
/* LREG_NOT_FOUND. Also finds expired ones. */
lreg_status meta_token_find_by_secret(struct meta_transaction *transaction,
                                      const uint8_t secret_sha256[DIGEST_SHA256_BYTES], struct arena *arena,
                                      struct meta_token *out, struct error *err);
lreg_status meta_token_find(struct meta_transaction *transaction, const char *id, struct arena *arena,
                            struct meta_token *out, struct error *err);
/* The greatest id among the tokens that meta_token_list() lists together; "" when there is none. */
lreg_status meta_token_newest(struct meta_transaction *transaction, const char *organization_id,
                              const char *registry_id, char out[ID_TEXT], struct error *err);
/* By id, behind `after_id`. With `registry_id`: tokens of that registry; else API access tokens of the organisation. */
lreg_status meta_token_list(struct meta_transaction *transaction, const char *organization_id, const char *registry_id,
                            const char *after_id, size_t limit, struct arena *arena, struct meta_token **out,
                            size_t *out_count, struct error *err);
lreg_status meta_token_set_description(struct meta_transaction *transaction, const char *id, const char *description,
                                       struct error *err);
/* LREG_NOT_FOUND. */
lreg_status meta_token_delete(struct meta_transaction *transaction, const char *id, struct error *err);

#endif
