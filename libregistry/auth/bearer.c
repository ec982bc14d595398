/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Bearer tokens of our own token endpoint. Behind the prefix, in base64url: format (1 byte), id of the token behind it
 * (16, zero for an anonymous one), end in milliseconds (8, big endian), and the first half of an HMAC-SHA256 over
 * prefix and all that.
 */

#include "auth/auth.h"

#include "base/encoding.h"
#include "base/text.h"

#include <string.h>

#define BEARER_FORMAT 1
#define ID_BYTES 16
#define CLAIMS_BYTES (1 + ID_BYTES + 8)
#define MAC_BYTES 16
#define BEARER_BYTES (CLAIMS_BYTES + MAC_BYTES)
#define PREFIX_LENGTH (sizeof(AUTH_BEARER_PREFIX) - 1)

_Static_assert(PREFIX_LENGTH + (BEARER_BYTES + 2) / 3 * 4 < AUTH_BEARER_TEXT, "a bearer fits");

/* Where the groups of a UUID's text begin, and how many bytes each has. */
static const struct { size_t at, bytes; } id_groups[] = {{0, 4}, {9, 2}, {14, 2}, {19, 2}, {24, 6}};

static bool pack_id(const char *id, uint8_t out[ID_BYTES]) {
    if (id[0] == '\0') {
        memset(out, 0, ID_BYTES);
        return true;
    }
    if (!id_is_valid(id)) {
        return false;
    }
    for (size_t i = 0; i < sizeof(id_groups) / sizeof(id_groups[0]); i++) {
        if (!hex_decode(id + id_groups[i].at, id_groups[i].bytes * 2, out)) {
            return false;
        }
        out += id_groups[i].bytes;
    }
    return true;
}

static void unpack_id(const uint8_t bytes[ID_BYTES], char out[ID_TEXT]) {
    static const uint8_t none[ID_BYTES];
    if (memcmp(bytes, none, ID_BYTES) == 0) {
        out[0] = '\0';
        return;
    }
    char digits[ID_BYTES * 2 + 1];
    hex_encode(bytes, ID_BYTES, digits);
    size_t from = 0;
    for (size_t i = 0; i < sizeof(id_groups) / sizeof(id_groups[0]); i++) {
        memcpy(out + id_groups[i].at, digits + from, id_groups[i].bytes * 2);
        from += id_groups[i].bytes * 2;
    }
    out[8] = out[13] = out[18] = out[23] = '-';
    out[ID_TEXT - 1] = '\0';
}

static void pack_time(int64_t unix_ms, uint8_t out[8]) {
    uint64_t value = (uint64_t)unix_ms;
    for (size_t i = 0; i < 8; i++) {
        out[i] = (uint8_t)(value >> (56 - 8 * i));
    }
}

static int64_t unpack_time(const uint8_t bytes[8]) {
    uint64_t value = 0;
    for (size_t i = 0; i < 8; i++) {
        value = value << 8 | bytes[i];
    }
    return (int64_t)value;
}

static void authenticate(const struct auth_keys *keys, const uint8_t claims[CLAIMS_BYTES], uint8_t out[MAC_BYTES]) {
    uint8_t message[PREFIX_LENGTH + CLAIMS_BYTES];
    uint8_t mac[DIGEST_SHA256_BYTES];
    memcpy(message, AUTH_BEARER_PREFIX, PREFIX_LENGTH);
    memcpy(message + PREFIX_LENGTH, claims, CLAIMS_BYTES);
    hmac_sha256(keys->bearer, AUTH_KEY_BYTES, message, sizeof(message), mac);
    memcpy(out, mac, MAC_BYTES);
    memory_wipe(mac, sizeof(mac));
}

lreg_status auth_bearer_issue(const struct auth_keys *keys, const struct auth_principal *principal, int64_t expires_ms,
                              char out[AUTH_BEARER_TEXT], struct error *err) {
    uint8_t bytes[BEARER_BYTES];
    if (principal->expires_ms != 0 && principal->expires_ms < expires_ms) {
        expires_ms = principal->expires_ms;
    }
    bytes[0] = BEARER_FORMAT;
    if (!pack_id(principal->token_id, bytes + 1)) {
        return error_set(err, LREG_INTERNAL, "", "the id of the token is not a UUID");
    }
    pack_time(expires_ms, bytes + 1 + ID_BYTES);
    authenticate(keys, bytes, bytes + CLAIMS_BYTES);
    memcpy(out, AUTH_BEARER_PREFIX, PREFIX_LENGTH);
    base64url_encode(bytes, sizeof(bytes), out + PREFIX_LENGTH);
    memory_wipe(bytes, sizeof(bytes));
    return LREG_OK;
}

static bool is_ours(const struct auth_keys *keys, const uint8_t bytes[BEARER_BYTES]) {
    uint8_t mac[MAC_BYTES];
    authenticate(keys, bytes, mac);
    bool equal = memory_equal_constant_time(mac, bytes + CLAIMS_BYTES, MAC_BYTES);
    memory_wipe(mac, sizeof(mac));
    return equal && bytes[0] == BEARER_FORMAT;
}

lreg_status auth_bearer_read(const struct auth_keys *keys, const char *bearer, char out_token_id[ID_TEXT],
                             int64_t *out_expires_ms, struct error *err) {
    uint8_t bytes[BEARER_BYTES];
    size_t length = 0;
    bool readable =
        auth_secret_classify(bearer) == AUTH_SECRET_BEARER &&
        base64url_decode(bearer + PREFIX_LENGTH, strlen(bearer) - PREFIX_LENGTH, bytes, sizeof(bytes), &length) &&
        length == sizeof(bytes);
    if (!readable) {
        return error_set(err, LREG_UNAUTHENTICATED, "malformed_token", "the bearer token is malformed");
    }
    if (!is_ours(keys, bytes)) {
        return error_set(err, LREG_UNAUTHENTICATED, "unknown_token", "the bearer token was not issued here");
    }
    unpack_id(bytes + 1, out_token_id);
    *out_expires_ms = unpack_time(bytes + 1 + ID_BYTES);
    return LREG_OK;
}
