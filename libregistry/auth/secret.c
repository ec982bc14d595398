/* SPDX-License-Identifier: Apache-2.0 */

/* The format of token secrets: prefix, random characters, checksum. */

#include "auth/auth.h"

#include "base/encoding.h"
#include "base/text.h"

#include <string.h>

#define PREFIX_LENGTH 5
#define RANDOM_LENGTH 38
#define CHECKSUM_LENGTH 6
#define SECRET_LENGTH (PREFIX_LENGTH + RANDOM_LENGTH + CHECKSUM_LENGTH)

_Static_assert(SECRET_LENGTH < AUTH_SECRET_TEXT, "a secret fits");
_Static_assert(sizeof(AUTH_API_TOKEN_PREFIX) - 1 == PREFIX_LENGTH, "length of the prefix");
_Static_assert(sizeof(AUTH_REGISTRY_TOKEN_PREFIX) - 1 == PREFIX_LENGTH, "length of the prefix");
_Static_assert(sizeof(AUTH_BEARER_PREFIX) - 1 == PREFIX_LENGTH, "length of the prefix");

/* Fills in characters of [0-9A-Za-z], each equally likely: bytes from 248 (4 * 62) on are discarded. */
static lreg_status random_characters(const struct hooks *hooks, char *out, size_t count, struct error *err) {
    static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    uint8_t pool[64];
    size_t made = 0;
    lreg_status status = LREG_OK;
    for (int round = 0; round < 16 && made < count && status == LREG_OK; round++) {
        status = hooks_random(hooks, pool, sizeof(pool), err);
        for (size_t i = 0; status == LREG_OK && i < sizeof(pool) && made < count; i++) {
            if (pool[i] < 248) {
                out[made++] = alphabet[pool[i] % 62];
            }
        }
    }
    memory_wipe(pool, sizeof(pool));
    if (status == LREG_OK && made < count) {
        return error_set(err, LREG_IO, "", "the source of randomness returns the same byte again and again");
    }
    return status;
}

static void append_checksum(char *secret) {
    size_t length = PREFIX_LENGTH + RANDOM_LENGTH;
    base62_encode(crc32_of(secret, length), CHECKSUM_LENGTH, secret + length);
}

lreg_status auth_secret_new(const struct hooks *hooks, enum auth_secret_kind kind, char out[AUTH_SECRET_TEXT],
                            struct error *err) {
    if (kind != AUTH_SECRET_API && kind != AUTH_SECRET_REGISTRY) {
        return error_set(err, LREG_INTERNAL, "", "secrets of this kind are not made at random");
    }
    const char *prefix = kind == AUTH_SECRET_API ? AUTH_API_TOKEN_PREFIX : AUTH_REGISTRY_TOKEN_PREFIX;
    memcpy(out, prefix, PREFIX_LENGTH);
    lreg_status status = random_characters(hooks, out + PREFIX_LENGTH, RANDOM_LENGTH, err);
    if (status != LREG_OK) {
        memory_wipe(out, AUTH_SECRET_TEXT);
        return status;
    }
    append_checksum(out);
    return LREG_OK;
}

static bool is_base64url_text(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (!char_is_alphanumeric(text[i]) && text[i] != '-' && text[i] != '_') {
            return false;
        }
    }
    return length > 0;
}

static bool is_whole(const char *secret, size_t length) {
    char expected[AUTH_SECRET_TEXT];
    if (length != SECRET_LENGTH) {
        return false;
    }
    for (size_t i = PREFIX_LENGTH; i < length; i++) {
        if (!char_is_alphanumeric(secret[i])) {
            return false;
        }
    }
    memcpy(expected, secret, length + 1);
    append_checksum(expected);
    bool equal = memory_equal_constant_time(expected, secret, length);
    memory_wipe(expected, sizeof(expected));
    return equal;
}

enum auth_secret_kind auth_secret_classify(const char *secret) {
    if (secret == NULL) {
        return AUTH_SECRET_UNKNOWN;
    }
    size_t length = strnlen(secret, AUTH_BEARER_TEXT);
    if (text_starts_with(secret, AUTH_BEARER_PREFIX)) {
        bool is_bearer = length < AUTH_BEARER_TEXT && is_base64url_text(secret + PREFIX_LENGTH, length - PREFIX_LENGTH);
        return is_bearer ? AUTH_SECRET_BEARER : AUTH_SECRET_UNKNOWN;
    }
    if (!is_whole(secret, length)) {
        return AUTH_SECRET_UNKNOWN;
    }
    if (text_starts_with(secret, AUTH_API_TOKEN_PREFIX)) {
        return AUTH_SECRET_API;
    }
    return text_starts_with(secret, AUTH_REGISTRY_TOKEN_PREFIX) ? AUTH_SECRET_REGISTRY : AUTH_SECRET_UNKNOWN;
}

void auth_secret_hash(const char *secret, uint8_t out[DIGEST_SHA256_BYTES]) {
    struct digest_set digests;
    digest_of(DIGEST_SHA256, secret, strlen(secret), &digests);
    memcpy(out, digests.sha256, DIGEST_SHA256_BYTES);
    memory_wipe(&digests, sizeof(digests));
}
