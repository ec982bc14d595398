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

/** Settings of a new token. Threads: any, one at a time per handle. Since: 0.1 */
typedef struct lreg_token_settings lreg_token_settings;

/** Which tokens a listing has. It has no condition yet. Since: 0.1 */
typedef struct lreg_token_filter {
    uint32_t size; /**< sizeof(lreg_token_filter), set by the caller */
    uint32_t flags; /**< 0 */
} lreg_token_filter;

/**
 * Makes settings in which nothing is set.
 *
 * @param out  owned, lreg_token_settings_free(); not NULL; NULL on failure
 * @param err  owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL); LREG_NO_MEMORY
 * Blocks: no. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_token_settings_new(lreg_token_settings **out, lreg_error **err);

/**
 * Sets the description.
 *
 * @param settings  not NULL
 * @param value     for people, one line of UTF-8, at most 1,000 bytes; "": none; may be NULL: not set, which is none;
 *                  copied; checked when the settings are used
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (settings NULL, value not UTF-8); LREG_NO_MEMORY
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_token_settings_set_description(lreg_token_settings *settings, const char *value,
                                                            lreg_error **err);

/**
 * Sets the scopes of an API access token. A registry token takes none.
 *
 * @param settings  not NULL
 * @param value     words of read_packages, write_packages, delete_packages, read_registries, write_registries,
 *                  delete_registries, separated by commas or blanks; at least one; may be NULL: not set; copied;
 *                  checked when the settings are used
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (settings NULL, value not UTF-8); LREG_NO_MEMORY
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_token_settings_set_scopes(lreg_token_settings *settings, const char *value,
                                                       lreg_error **err);

/**
 * Sets when an API access token expires. A registry token takes none.
 *
 * @param settings  not NULL
 * @param value     milliseconds since the epoch, in the future when the settings are used; 0, the default: never
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL)
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_token_settings_set_expires_ms(lreg_token_settings *settings, int64_t value,
                                                           lreg_error **err);

/** Ends settings. @param settings may be NULL. Blocks: no. Threads: any, one at a time per handle. Since: 0.1 */
LREG_EXPORT void lreg_token_settings_free(lreg_token_settings *settings);

/**
 * Creates an API access token. Only a hash of its secret is stored, so lreg_token_secret() of this handle is the only
 * way to get the secret.
 *
 * @param instance      not NULL
 * @param organization  a slug; ids are never taken in its place; not NULL
 * @param settings      not NULL; scopes are needed
 * @param out           owned, lreg_token_free(): with its secret; not NULL; NULL on failure
 * @param err           owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL, a setting is missing or malformed); LREG_NOT_FOUND (organization);
 *         LREG_BUSY; LREG_NO_SPACE; LREG_IO; LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_token_create(lreg_instance *instance, const char *organization,
                                          const lreg_token_settings *settings, lreg_token **out, lreg_error **err);

/**
 * Creates a registry token, which reads the packages of one registry and does not expire. Its secret is stored
 * encrypted with the key of the instance, so that lreg_token_reveal() can show it again.
 *
 * @param instance  not NULL
 * @param registry  not NULL
 * @param settings  not NULL; without scopes and without a time of expiry
 * @param out       owned, lreg_token_free(): with its secret; not NULL; NULL on failure
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL, a setting is malformed or not for registry tokens); LREG_NOT_FOUND
 *         (registry; "tokens_hidden" while it is public); LREG_BUSY; LREG_NO_SPACE; LREG_IO; LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_registry_token_create(lreg_instance *instance, const lreg_registry *registry,
                                                   const lreg_token_settings *settings, lreg_token **out,
                                                   lreg_error **err);

/**
 * Lists the API access tokens of an organization, in the order in which they were made, without their secrets.
 *
 * @param instance      not NULL
 * @param organization  a slug; ids are never taken in its place; not NULL
 * @param filter        copied; NULL: all
 * @param out           owned, lreg_token_list_close(); not NULL; NULL on failure
 * @param err           owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_NOT_FOUND; LREG_BAD_ARGUMENT (NULL, `size`, flags); LREG_BUSY; LREG_IO; LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_token_list_open(lreg_instance *instance, const char *organization,
                                             const lreg_token_filter *filter, lreg_token_list **out, lreg_error **err);

/**
 * Lists the tokens of a registry, in the order in which they were made, without their secrets.
 *
 * @param instance  not NULL
 * @param registry  not NULL; may be freed before the listing ends
 * @param filter    copied; NULL: all
 * @param out       owned, lreg_token_list_close(); not NULL; NULL on failure
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL, `size`, flags); LREG_NO_MEMORY
 * Blocks: no. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_registry_token_list_open(lreg_instance *instance, const lreg_registry *registry,
                                                      const lreg_token_filter *filter, lreg_token_list **out,
                                                      lreg_error **err);

/**
 * Returns the next one of a listing. After a failure, another call continues at the same place.
 *
 * @param list  not NULL
 * @param out   owned, lreg_token_free(); not NULL; NULL at the end, which is LREG_OK, and on failure
 * @param err   owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_NOT_FOUND ("tokens_hidden" while the registry is public); LREG_BAD_ARGUMENT (NULL); LREG_BUSY;
 *         LREG_IO; LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_token_list_next(lreg_token_list *list, lreg_token **out, lreg_error **err);

/** Ends a listing. @param list may be NULL. Blocks: only as the last handle (libregistry.h). Threads: any, one at a
 * time per handle. Since: 0.1 */
LREG_EXPORT void lreg_token_list_close(lreg_token_list *list);

/**
 * Finds an API access token of an organization by its id. It comes without its secret.
 *
 * @param instance      not NULL
 * @param organization  a slug; ids are never taken in its place; not NULL
 * @param id            not NULL
 * @param out           owned, lreg_token_free(); not NULL; NULL on failure
 * @param err           owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_NOT_FOUND; LREG_BAD_ARGUMENT (NULL); LREG_BUSY; LREG_IO; LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_token_find(lreg_instance *instance, const char *organization, const char *id,
                                        lreg_token **out, lreg_error **err);

/**
 * Finds a token of a registry by its id. It comes without its secret: lreg_token_reveal().
 *
 * @param instance  not NULL
 * @param registry  not NULL
 * @param id        not NULL
 * @param out       owned, lreg_token_free(); not NULL; NULL on failure
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_NOT_FOUND ("tokens_hidden" while the registry is public); LREG_BAD_ARGUMENT (NULL); LREG_BUSY;
 *         LREG_IO; LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_registry_token_find(lreg_instance *instance, const lreg_registry *registry, const char *id,
                                                 lreg_token **out, lreg_error **err);

/**
 * Shows the secret of a registry token again. Each showing is written to the audit log ("RegistryTokenRevealedEvent"),
 * before the secret is returned.
 *
 * @param instance  not NULL
 * @param token     not NULL; does not change
 * @param out       owned, lreg_token_free(): the token as it is now, with its secret; not NULL; NULL on failure
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_UNSUPPORTED (an API access token, whose secret is not stored); LREG_NOT_FOUND (deleted;
 *         "tokens_hidden" while its registry is public); LREG_BAD_ARGUMENT (NULL); LREG_BUSY; LREG_NO_SPACE; LREG_IO;
 *         LREG_CORRUPT (it cannot be decrypted with the key of the instance); LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_token_reveal(lreg_instance *instance, const lreg_token *token, lreg_token **out,
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
/** Id of the registry that a registry token reads. @return UUID, "" for an API access token; borrowed until
 * lreg_token_free(). Blocks: no. Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_token_registry_id(const lreg_token *token);
/** Its description. @return borrowed until lreg_token_free(). Blocks: no. Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_token_description(const lreg_token *token);
/** Its scopes. @return words separated by commas, to which later versions may add some; "" for a registry token, which
 * reads the packages of its registry; borrowed until lreg_token_free(). Blocks: no. Threads: any, at once. Since:
 * 0.1 */
LREG_EXPORT const char *lreg_token_scopes(const lreg_token *token);
/** Its secret. @return "" unless the handle is of lreg_token_create(), lreg_registry_token_create() or
 * lreg_token_reveal(); borrowed until lreg_token_free(), which wipes it. Blocks: no.
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
