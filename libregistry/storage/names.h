/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STORAGE_NAMES_H
#define STORAGE_NAMES_H

/* Which names and keys are valid. storage.c checks those that callers and backends pass; backends check those that they
 * find on disk. */

#include <libregistry/sys/storage_backend.h>

#include <stdbool.h>
#include <stddef.h>

#define STORAGE_DIGEST_LENGTH 64 /* SHA-256 in hexadecimal */

/* 1 to LREG_STORAGE_STAGE_NAME_MAX characters of [a-z0-9-]. */
bool storage_stage_name_is_valid(const char *name);

/* 1 to LREG_STORAGE_NAME_MAX characters of [a-z0-9-], for the name of a storage. */
bool storage_name_is_valid(const char *name);

/* 64 characters of [0-9a-f]. */
bool storage_digest_is_valid(const char *digest);

/* 1 to LREG_STORAGE_KEY_MAX bytes of UTF-8. Reads at most LREG_STORAGE_KEY_MAX + 1 bytes. */
bool storage_key_is_valid(const char *key);

/* The keys of the library's backends, "<digest>-<stage name>". They are unique because stage names are. */
bool storage_own_key(const char *digest, const char *stage_name, char *key, size_t capacity); /* false: no room */
bool storage_own_key_is_valid(const char *key);

#endif
