/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_TOKEN_H
#define LIBREGISTRY_TOKEN_H

/**
 * @file
 * Tokens: API access tokens of an organization, with scopes, and registry tokens, which read one registry. A handle is
 * an immutable snapshot.
 *
 * While a registry is public, its tokens cannot be made, listed, found or deleted: these functions return
 * LREG_NOT_FOUND with the code "tokens_hidden". The tokens are kept, and a client that sends one can read as without
 * it. When the registry is private again, the same tokens are valid again.
 */

#include <libregistry/abi.h>
#include <libregistry/error.h>
#include <libregistry/registry.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A snapshot of a token. Threads: any, at once. Since: 0.1 */
typedef struct lreg_token lreg_token;

/** A listing of tokens, read step by step. Threads: any, one at a time per handle. Since: 0.1 */
typedef struct lreg_token_list lreg_token_list;

/**
 * Creates an API access token. Only a hash of its secret is stored, so lreg_token_secret() of this handle is the only
 * way to get the secret.
 *
 * @param instance      not NULL
 * @param organization  slug; not NULL
 * @param description   for people, one line of UTF-8, at most 1,000 bytes; not NULL
 * @param scopes        words of read_packages, write_packages, delete_packages, read_registries, write_registries,
 *                      delete_registries, separated by commas or blanks; at least one; not NULL
 * @param expires_ms    milliseconds since the epoch, in the future; 0: never
 * @param out           owned, lreg_token_free(); not NULL; NULL on failure
 * @param err           owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT; LREG_NOT_FOUND (organization); LREG_BUSY; LREG_NO_SPACE; LREG_IO; LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_token_create(lreg_instance *instance, const char *organization, const char *description,
                                          const char *scopes, int64_t expires_ms, lreg_token **out, lreg_error **err);

/**
 * Creates a registry token, which reads the packages of one registry and does not expire. Its secret is stored
 * encrypted with the key of the instance, so it can be returned again.
 *
 * @param instance     not NULL
 * @param registry     not NULL
 * @param description  for people, one line of UTF-8, at most 1,000 bytes; not NULL
 * @param out          owned, lreg_token_free(); not NULL; NULL on failure
 * @param err          owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT; LREG_NOT_FOUND (registry; "tokens_hidden" while it is public); LREG_BUSY;
 *         LREG_NO_SPACE; LREG_IO; LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_token_create_for_registry(lreg_instance *instance, const lreg_registry *registry,
                                                       const char *description, lreg_token **out, lreg_error **err);

/**
 * Lists the API access tokens of an organization, or the tokens of a registry, in the order in which they were made.
 * Only registry tokens have their secrets.
 *
 * @param instance      not NULL
 * @param organization  slug; used when `registry` is NULL, otherwise may be NULL
 * @param registry      NULL: the organization's API access tokens
 * @param out           owned, lreg_token_list_free(); not NULL; NULL on failure
 * @param err           owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_NOT_FOUND; LREG_BAD_ARGUMENT (NULL); LREG_BUSY; LREG_IO; LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_token_list_open(lreg_instance *instance, const char *organization,
                                             const lreg_registry *registry, lreg_token_list **out, lreg_error **err);

/**
 * Returns the next one of a listing. After a failure, another call continues at the same place.
 *
 * @param list  not NULL
 * @param out   owned, lreg_token_free(); not NULL; NULL at the end, which is LREG_OK, and on failure
 * @param err   owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_NOT_FOUND ("tokens_hidden" while the registry is public); LREG_BAD_ARGUMENT (NULL); LREG_BUSY;
 *         LREG_IO; LREG_CORRUPT; LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_token_list_next(lreg_token_list *list, lreg_token **out, lreg_error **err);

/** Ends a listing. @param list may be NULL. Blocks: only as the last handle (libregistry.h). Threads: any, one at a
 * time per handle. Since: 0.1 */
LREG_EXPORT void lreg_token_list_free(lreg_token_list *list);

/**
 * Finds a token by its id, among those that lreg_token_list_open() would list. Only a registry token has its secret.
 *
 * @param instance      not NULL
 * @param organization  slug; used when `registry` is NULL, otherwise may be NULL
 * @param registry      NULL: an API access token of the organization
 * @param id            not NULL
 * @param out           owned, lreg_token_free(); not NULL; NULL on failure
 * @param err           owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_NOT_FOUND ("tokens_hidden" while the registry is public); LREG_BAD_ARGUMENT (NULL); LREG_BUSY;
 *         LREG_IO; LREG_CORRUPT; LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_token_find(lreg_instance *instance, const char *organization,
                                        const lreg_registry *registry, const char *id, lreg_token **out,
                                        lreg_error **err);

/**
 * Deletes a token. It is no longer valid.
 *
 * @param instance  not NULL
 * @param token     not NULL; the snapshot stays readable
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_NOT_FOUND (already deleted; "tokens_hidden" while its registry is public); LREG_BAD_ARGUMENT
 *         (NULL); LREG_BUSY; LREG_NO_SPACE; LREG_IO; LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_token_delete(lreg_instance *instance, const lreg_token *token, lreg_error **err);

/** Its id. @return UUID; borrowed until lreg_token_free(). Blocks: no. Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_token_id(const lreg_token *token);
/** Its description. @return borrowed until lreg_token_free(). Blocks: no. Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_token_description(const lreg_token *token);
/** Its scopes. @return words separated by commas, "" for a registry token; borrowed until lreg_token_free(). Blocks:
 * no. Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_token_scopes(const lreg_token *token);
/** Its secret. @return "" when it is not known; borrowed until lreg_token_free(), which wipes it. Blocks: no.
 * Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_token_secret(const lreg_token *token);
/** When it expires. @return milliseconds since the epoch; 0: never. Blocks: no. Threads: any, at once. Since: 0.1 */
LREG_EXPORT int64_t lreg_token_expires_ms(const lreg_token *token);
/** When it was created. @return milliseconds since the epoch. Blocks: no. Threads: any, at once. Since: 0.1 */
LREG_EXPORT int64_t lreg_token_created_ms(const lreg_token *token);
/** Ends a snapshot and wipes its secret. @param token may be NULL. Blocks: only as the last handle (libregistry.h).
 * Threads: any, one at a time per handle. Since: 0.1 */
LREG_EXPORT void lreg_token_free(lreg_token *token);

#ifdef __cplusplus
}
#endif

#endif
