/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_TOKEN_H
#define LIBREGISTRY_TOKEN_H

/**
 * @file
 * Tokens: API access tokens of an organisation with scopes, and registry tokens that read one registry. A handle is an
 * immutable snapshot.
 *
 * While a registry is public, its tokens are not accessible: they can be neither made nor listed, found or deleted,
 * which is LREG_NOT_FOUND with code "tokens_hidden". They are kept, a client that sends one reads as anybody does, and
 * when the registry is private again, they are back as they were.
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
 * Creates an API access token. lreg_token_secret() of the new handle is the only time that its secret is shown: only a
 * hash of it is stored.
 *
 * @param instance      not NULL
 * @param organization  slug; not NULL
 * @param description   for people, one line of UTF-8, at most 1,000 bytes; not NULL
 * @param scopes        words of read_packages, write_packages, delete_packages, read_registries, write_registries,
 *                      delete_registries, parted by commas or blanks; at least one; not NULL
 * @param expires_ms    milliseconds since the epoch, in the future; 0: never
 * @param out           owned, lreg_token_free(); not NULL; NULL on failure
 * @param err           owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT; LREG_NOT_FOUND (organisation); LREG_BUSY; LREG_NO_SPACE; LREG_IO; LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_token_create(lreg_instance *instance, const char *organization, const char *description,
                                          const char *scopes, int64_t expires_ms, lreg_token **out, lreg_error **err);

/**
 * Creates a registry token, which reads the packages of one registry and never ends by itself. Its secret can be shown
 * again: it is stored sealed under the key of the instance.
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
 * Lists an organisation's API access tokens, or a registry's tokens, by age. The latter come with their secrets.
 *
 * @param instance      not NULL
 * @param organization  slug; counts when `registry` is NULL, and may be NULL else
 * @param registry      NULL: the organisation's API access tokens
 * @param out           owned, lreg_token_list_free(); not NULL; NULL on failure
 * @param err           owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_NOT_FOUND; LREG_BAD_ARGUMENT (NULL); LREG_BUSY; LREG_IO; LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_token_list_open(lreg_instance *instance, const char *organization,
                                             const lreg_registry *registry, lreg_token_list **out, lreg_error **err);

/**
 * The next one of a listing. After a failure it may be called again and goes on where it was.
 *
 * @param list  not NULL
 * @param out   owned, lreg_token_free(); not NULL; NULL at the end, which is LREG_OK, and on failure
 * @param err   owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_NOT_FOUND ("tokens_hidden" while the registry is public); LREG_BAD_ARGUMENT (NULL); LREG_BUSY;
 *         LREG_IO; LREG_CORRUPT; LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_token_list_next(lreg_token_list *list, lreg_token **out, lreg_error **err);

/** Ends a listing. @param list may be NULL. Threads: any, one at a time per handle. Since: 0.1 */
LREG_EXPORT void lreg_token_list_free(lreg_token_list *list);

/**
 * Looks a token up by its id, as lreg_token_list_open() would list it. A registry token comes with its secret.
 *
 * @param instance      not NULL
 * @param organization  slug; counts when `registry` is NULL, and may be NULL else
 * @param registry      NULL: an API access token of the organisation
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
 * Deletes a token; from then on it opens nothing.
 *
 * @param instance  not NULL
 * @param token     not NULL; the snapshot stays readable
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_NOT_FOUND (deleted before; "tokens_hidden" while its registry is public); LREG_BAD_ARGUMENT
 *         (NULL); LREG_BUSY; LREG_NO_SPACE; LREG_IO; LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_token_delete(lreg_instance *instance, const lreg_token *token, lreg_error **err);

/** Its id. @return UUID; borrowed until lreg_token_free(). Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_token_id(const lreg_token *token);
/** Its description. @return borrowed until lreg_token_free(). Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_token_description(const lreg_token *token);
/** What it may do. @return words parted by commas, "" for a registry token; borrowed until lreg_token_free().
 * Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_token_scopes(const lreg_token *token);
/** Its secret. @return "" when it cannot be shown; borrowed until lreg_token_free(), which wipes it.
 * Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_token_secret(const lreg_token *token);
/** When it ends. @return milliseconds since the epoch; 0: never. Threads: any, at once. Since: 0.1 */
LREG_EXPORT int64_t lreg_token_expires_ms(const lreg_token *token);
/** When it was created. @return milliseconds since the epoch. Threads: any, at once. Since: 0.1 */
LREG_EXPORT int64_t lreg_token_created_ms(const lreg_token *token);
/** Ends a snapshot and wipes its secret. @param token may be NULL. Threads: any, one at a time per handle.
 * Since: 0.1 */
LREG_EXPORT void lreg_token_free(lreg_token *token);

#ifdef __cplusplus
}
#endif

#endif
