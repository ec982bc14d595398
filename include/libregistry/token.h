/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_TOKEN_H
#define LIBREGISTRY_TOKEN_H

/**
 * @file
 * Tokens: API access tokens of an organisation with scopes, and registry tokens that read one registry.
 */

#include <libregistry/abi.h>
#include <libregistry/error.h>
#include <libregistry/registry.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A token as it was when it was read. Threads: any, at once. Since: 0.1 */
typedef struct lreg_token lreg_token;

/** A listing that is read step by step. Threads: any, one at a time per handle. Since: 0.1 */
typedef struct lreg_token_list lreg_token_list;

/**
 * Creates an API access token. Its secret is shown this once.
 *
 * @param organization  slug
 * @param description   for people, UTF-8, at most 255 bytes
 * @param scopes        words of read_packages, write_packages, delete_packages, read_registries, write_registries,
 *                      delete_registries, parted by commas or blanks
 * @param expires_ms    milliseconds since the epoch; 0: never
 * @param out           owned, lreg_token_free(); NULL on failure
 * @return LREG_OK; LREG_BAD_ARGUMENT; LREG_NOT_FOUND (organisation); LREG_BUSY; LREG_NO_SPACE; LREG_IO; LREG_NO_MEMORY
 * Blocks. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_token_create(lreg_instance *instance, const char *organization, const char *description,
                                          const char *scopes, int64_t expires_ms, lreg_token **out, lreg_error **err);

/** Creates a registry token, which reads the packages of one registry and whose secret can be shown again.
 * @param out owned, lreg_token_free(); NULL on failure
 * @return LREG_OK; LREG_BAD_ARGUMENT; LREG_NOT_FOUND; LREG_BUSY; LREG_NO_SPACE; LREG_IO; LREG_NO_MEMORY
 * Blocks. Threads: any, at once. Since: 0.1 */
LREG_EXPORT lreg_status lreg_token_create_for_registry(lreg_instance *instance, const lreg_registry *registry,
                                                       const char *description, lreg_token **out, lreg_error **err);

/** Lists an organisation's API access tokens (registry NULL) or a registry's tokens, by age; the latter come with their
 * secrets.
 * @param organization slug; not NULL when `registry` is @param registry may be NULL
 * @param out owned, lreg_token_list_free(); NULL on failure
 * @return LREG_OK; LREG_NOT_FOUND; LREG_BAD_ARGUMENT; LREG_BUSY; LREG_IO; LREG_NO_MEMORY. Blocks. Threads: any, at
 * once. Since: 0.1 */
LREG_EXPORT lreg_status lreg_token_list_open(lreg_instance *instance, const char *organization,
                                             const lreg_registry *registry, lreg_token_list **out, lreg_error **err);

/** The next one. @param out owned, lreg_token_free(); NULL at the end, which is LREG_OK, and on failure
 * @return LREG_OK; LREG_BUSY; LREG_IO; LREG_NO_MEMORY. Blocks. Threads: any, one at a time per handle. Since: 0.1 */
LREG_EXPORT lreg_status lreg_token_list_next(lreg_token_list *list, lreg_token **out, lreg_error **err);

/** Ends a listing. @param list may be NULL. Threads: any, one at a time per handle. Since: 0.1 */
LREG_EXPORT void lreg_token_list_free(lreg_token_list *list);

/** Looks a token up by its id, as lreg_token_list_open() would list it. A registry token comes with its secret.
 * @param out owned, lreg_token_free(); NULL on failure
 * @return LREG_OK; LREG_NOT_FOUND; LREG_BAD_ARGUMENT; LREG_BUSY; LREG_IO; LREG_CORRUPT; LREG_NO_MEMORY
 * Blocks. Threads: any, at once. Since: 0.1 */
LREG_EXPORT lreg_status lreg_token_find(lreg_instance *instance, const char *organization,
                                        const lreg_registry *registry, const char *id, lreg_token **out,
                                        lreg_error **err);

/** Deletes a token; from then on it opens nothing.
 * @return LREG_OK; LREG_NOT_FOUND; LREG_BUSY; LREG_NO_SPACE; LREG_IO; LREG_NO_MEMORY. Blocks. Threads: any, at once.
 * Since: 0.1 */
LREG_EXPORT lreg_status lreg_token_delete(lreg_instance *instance, const lreg_token *token, lreg_error **err);

/** @return UUID; borrowed until lreg_token_free(). Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_token_id(const lreg_token *token);
/** @return borrowed until lreg_token_free(). Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_token_description(const lreg_token *token);
/** @return words parted by commas, "" for a registry token; borrowed until lreg_token_free(). Threads: any, at once.
 * Since: 0.1 */
LREG_EXPORT const char *lreg_token_scopes(const lreg_token *token);
/** @return the secret, or "" when it cannot be shown; borrowed until lreg_token_free(), which wipes it. Threads: any,
 * at once. Since: 0.1 */
LREG_EXPORT const char *lreg_token_secret(const lreg_token *token);
/** @return milliseconds since the epoch; 0: never. Threads: any, at once. Since: 0.1 */
LREG_EXPORT int64_t lreg_token_expires_ms(const lreg_token *token);
/** @return milliseconds since the epoch. Threads: any, at once. Since: 0.1 */
LREG_EXPORT int64_t lreg_token_created_ms(const lreg_token *token);
/** Ends a snapshot and wipes its secret. @param token may be NULL. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT void lreg_token_free(lreg_token *token);

#ifdef __cplusplus
}
#endif

#endif
