/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Bearer tokens of the library's token endpoint. After the prefix, in base64url: format (1 byte); id of the token that
 * it was issued for (16, zero for an anonymous bearer); expiry in milliseconds (8, big endian); for each grant the
 * start of the SHA-256 of the repository's name (16) and its actions (1); the first half of an HMAC-SHA256 over the
 * prefix and all of that. Names are hashed to keep the bearer short enough for a header field.
 */

#include "auth/auth.h"

#include "base/encoding.h"
#include "base/text.h"

#include <string.h>

#define BEARER_FORMAT 2
#define ID_BYTES 16
#define TIME_BYTES 8
#define HEAD_BYTES (1 + ID_BYTES + TIME_BYTES)
#define GRANT_BYTES (AUTH_REPOSITORY_BYTES + 1)
#define CLAIMS_BYTES_MAX (HEAD_BYTES + AUTH_GRANTS_MAX * GRANT_BYTES)
#define MAC_BYTES 16
#define BEARER_BYTES_MAX (CLAIMS_BYTES_MAX + MAC_BYTES)
#define PREFIX_LENGTH (sizeof(AUTH_BEARER_PREFIX) - 1)

_Static_assert(PREFIX_LENGTH + (BEARER_BYTES_MAX + 2) / 3 * 4 < AUTH_BEARER_TEXT, "a bearer fits");

/* The offsets of the groups in a UUID's text, and how many bytes each encodes. */
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

/* --- Grants --- */

static void hash_repository(const char *repository, uint8_t out[AUTH_REPOSITORY_BYTES]) {
    struct digest_set digests;
    digest_of(DIGEST_SHA256, repository, strlen(repository), &digests);
    memcpy(out, digests.sha256, AUTH_REPOSITORY_BYTES);
}

/* Index of the grant for the repository; grant_count when there is none. */
static size_t index_of(const struct auth_bearer *bearer, const uint8_t repository[AUTH_REPOSITORY_BYTES]) {
    size_t i = 0;
    while (i < bearer->grant_count && memcmp(bearer->grants[i].repository, repository, AUTH_REPOSITORY_BYTES) != 0) {
        i++;
    }
    return i;
}

void auth_bearer_init(struct auth_bearer *bearer, const struct auth_principal *principal, int64_t expires_ms) {
    bool ends_sooner = principal->expires_ms != 0 && principal->expires_ms < expires_ms;
    *bearer = (struct auth_bearer){.expires_ms = ends_sooner ? principal->expires_ms : expires_ms};
    memcpy(bearer->token_id, principal->token_id, sizeof(bearer->token_id));
}

lreg_status auth_bearer_grant(struct auth_bearer *bearer, const char *repository, uint32_t actions, struct error *err) {
    struct auth_grant grant = {.actions = (uint8_t)(actions & AUTH_ALL_GRANTS)};
    hash_repository(repository, grant.repository);
    size_t i = index_of(bearer, grant.repository);
    if (i < bearer->grant_count) {
        bearer->grants[i].actions |= grant.actions;
        return LREG_OK;
    }
    if (i == AUTH_GRANTS_MAX) {
        return error_set(err, LREG_BAD_ARGUMENT, "too_many_scopes", "a token is for %d repositories at most",
                         AUTH_GRANTS_MAX);
    }
    bearer->grants[i] = grant;
    bearer->grant_count++;
    return LREG_OK;
}

bool auth_bearer_find(const struct auth_bearer *bearer, const char *repository, uint32_t *out_actions) {
    uint8_t hash[AUTH_REPOSITORY_BYTES];
    hash_repository(repository, hash);
    size_t i = index_of(bearer, hash);
    *out_actions = i < bearer->grant_count ? bearer->grants[i].actions : 0;
    return i < bearer->grant_count;
}

uint32_t auth_grants_for(enum auth_action action) {
    switch (action) {
    case AUTH_ACTION_READ_PACKAGES:
        return AUTH_PULL;
    case AUTH_ACTION_PROBE_PACKAGES:
        return AUTH_PULL | AUTH_PUSH;
    case AUTH_ACTION_WRITE_PACKAGES:
        return AUTH_PUSH;
    case AUTH_ACTION_DELETE_PACKAGES:
        return AUTH_DELETE;
    default:
        return 0;
    }
}

lreg_status auth_bearer_insufficient(struct error *err) {
    return error_set(err, LREG_UNAUTHENTICATED, "insufficient_scope",
                     "this bearer token was not granted that: ask the token endpoint for one with the scope");
}

/* --- The text --- */

static void authenticate(const struct auth_keys *keys, const uint8_t *claims, size_t length, uint8_t out[MAC_BYTES]) {
    uint8_t message[PREFIX_LENGTH + CLAIMS_BYTES_MAX];
    uint8_t mac[DIGEST_SHA256_BYTES];
    memcpy(message, AUTH_BEARER_PREFIX, PREFIX_LENGTH);
    memcpy(message + PREFIX_LENGTH, claims, length);
    hmac_sha256(keys->bearer, AUTH_KEY_BYTES, message, PREFIX_LENGTH + length, mac);
    memcpy(out, mac, MAC_BYTES);
    memory_wipe(mac, sizeof(mac));
}

lreg_status auth_bearer_issue(const struct auth_keys *keys, const struct auth_bearer *bearer,
                              char out[AUTH_BEARER_TEXT], struct error *err) {
    uint8_t bytes[BEARER_BYTES_MAX];
    size_t length = HEAD_BYTES;
    bytes[0] = BEARER_FORMAT;
    if (!pack_id(bearer->token_id, bytes + 1)) {
        return error_set(err, LREG_INTERNAL, "", "the id of the token is not a UUID");
    }
    pack_time(bearer->expires_ms, bytes + 1 + ID_BYTES);
    for (size_t i = 0; i < bearer->grant_count; i++) {
        memcpy(bytes + length, bearer->grants[i].repository, AUTH_REPOSITORY_BYTES);
        bytes[length + AUTH_REPOSITORY_BYTES] = bearer->grants[i].actions;
        length += GRANT_BYTES;
    }
    authenticate(keys, bytes, length, bytes + length);
    length += MAC_BYTES;
    memcpy(out, AUTH_BEARER_PREFIX, PREFIX_LENGTH);
    base64url_encode(bytes, length, out + PREFIX_LENGTH);
    memory_wipe(bytes, sizeof(bytes));
    return LREG_OK;
}

static bool is_ours(const struct auth_keys *keys, const uint8_t *bytes, size_t claims_length) {
    uint8_t mac[MAC_BYTES];
    authenticate(keys, bytes, claims_length, mac);
    bool equal = memory_equal_constant_time(mac, bytes + claims_length, MAC_BYTES);
    memory_wipe(mac, sizeof(mac));
    return equal && bytes[0] == BEARER_FORMAT;
}

/* Decodes the claims of a bearer, followed by the HMAC; false when the text does not have the form of a bearer. */
static bool decode(const char *text, uint8_t bytes[BEARER_BYTES_MAX], size_t *out_claims_length) {
    size_t length = 0;
    if (auth_secret_classify(text) != AUTH_SECRET_BEARER ||
        !base64url_decode(text + PREFIX_LENGTH, strlen(text) - PREFIX_LENGTH, bytes, BEARER_BYTES_MAX, &length) ||
        length < HEAD_BYTES + MAC_BYTES || (length - HEAD_BYTES - MAC_BYTES) % GRANT_BYTES != 0) {
        return false;
    }
    *out_claims_length = length - MAC_BYTES;
    return true;
}

lreg_status auth_bearer_read(const struct auth_keys *keys, const char *text, struct auth_bearer *out,
                             struct error *err) {
    uint8_t bytes[BEARER_BYTES_MAX];
    size_t length = 0;
    if (!decode(text, bytes, &length)) {
        return error_set(err, LREG_UNAUTHENTICATED, "malformed_token", "the bearer token is malformed");
    }
    if (!is_ours(keys, bytes, length)) {
        return error_set(err, LREG_UNAUTHENTICATED, "unknown_token", "the bearer token was not issued here");
    }
    *out = (struct auth_bearer){.grant_count = (length - HEAD_BYTES) / GRANT_BYTES};
    unpack_id(bytes + 1, out->token_id);
    out->expires_ms = unpack_time(bytes + 1 + ID_BYTES);
    for (size_t i = 0; i < out->grant_count; i++) {
        const uint8_t *packed = bytes + HEAD_BYTES + i * GRANT_BYTES;
        memcpy(out->grants[i].repository, packed, AUTH_REPOSITORY_BYTES);
        out->grants[i].actions = packed[AUTH_REPOSITORY_BYTES];
    }
    return LREG_OK;
}
