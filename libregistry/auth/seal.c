/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Sealing under the instance key. A sealed value is: format (1 byte), nonce (12), ciphertext, tag (16); format and
 * context are authenticated with it.
 */

#include "auth/auth.h"

#include <mbedtls/cipher.h>
#include <mbedtls/gcm.h>

#include <string.h>

#define SEAL_FORMAT 1
#define NONCE_BYTES 12
#define TAG_BYTES 16
#define HEAD_BYTES (1 + NONCE_BYTES)
#define OVERHEAD_BYTES (HEAD_BYTES + TAG_BYTES)

/* GCM counts blocks in 32 bits (NIST SP 800-38D, 5.2.1.1). Only keys and tokens are sealed here. */
#define PLAIN_MAX ((size_t)1 << 20)

/* HKDF-SHA256 (RFC 5869) with one block of output, which is as long as a key. */
static void derive(const uint8_t instance_key[AUTH_KEY_BYTES], const char *purpose, uint8_t out[AUTH_KEY_BYTES]) {
    static const char salt[] = "libregistry instance key";
    uint8_t extracted[DIGEST_SHA256_BYTES];
    char info[64];
    size_t length = strnlen(purpose, sizeof(info) - 1);
    memcpy(info, purpose, length);
    info[length] = 1; /* T(1) = HMAC(PRK, info | 0x01) */
    hmac_sha256(salt, sizeof(salt) - 1, instance_key, AUTH_KEY_BYTES, extracted);
    hmac_sha256(extracted, sizeof(extracted), info, length + 1, out);
    memory_wipe(extracted, sizeof(extracted));
}

_Static_assert(DIGEST_SHA256_BYTES == AUTH_KEY_BYTES, "a key is one block of HKDF-SHA256");

void auth_keys_derive(const uint8_t instance_key[AUTH_KEY_BYTES], struct auth_keys *out) {
    derive(instance_key, "seal", out->seal);
    derive(instance_key, "bearer", out->bearer);
}

static lreg_status cipher_failure(int result, struct error *err) {
    if (result == MBEDTLS_ERR_CIPHER_ALLOC_FAILED) {
        return error_no_memory(err);
    }
    return error_set(err, LREG_INTERNAL, "", "AES-256-GCM failed (%d)", result);
}

/* The additional authenticated data: the format and the context. The caller owns it; NULL when out of memory. */
static uint8_t *associated_data(const struct hooks *hooks, const char *context, size_t *out_length) {
    size_t context_length = strlen(context);
    size_t length = 0;
    if (!size_add(context_length, 1, &length)) {
        return NULL;
    }
    uint8_t *data = memory_allocate(hooks, length);
    if (data != NULL) {
        data[0] = SEAL_FORMAT;
        memcpy(data + 1, context, context_length);
        *out_length = length;
    }
    return data;
}

lreg_status auth_seal(const struct hooks *hooks, const struct auth_keys *keys, const char *context, const void *bytes,
                      size_t length, void **out, size_t *out_length, struct error *err) {
    uint8_t *sealed = NULL;
    uint8_t *associated = NULL;
    size_t associated_length = 0;
    lreg_status status = LREG_OK;
    int result = 0;
    mbedtls_gcm_context gcm;
    mbedtls_gcm_init(&gcm);

    if (length > PLAIN_MAX) {
        status = error_set(err, LREG_TOO_LARGE, "", "at most %zu bytes can be sealed", PLAIN_MAX);
        goto out;
    }
    sealed = memory_allocate(hooks, length + OVERHEAD_BYTES);
    associated = associated_data(hooks, context, &associated_length);
    if (sealed == NULL || associated == NULL) {
        status = error_no_memory(err);
        goto out;
    }
    sealed[0] = SEAL_FORMAT;
    status = hooks_random(hooks, sealed + 1, NONCE_BYTES, err);
    if (status != LREG_OK) {
        goto out;
    }
    result = mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, keys->seal, AUTH_KEY_BYTES * 8);
    if (result == 0) {
        result = mbedtls_gcm_crypt_and_tag(&gcm, MBEDTLS_GCM_ENCRYPT, length, sealed + 1, NONCE_BYTES, associated,
                                           associated_length, bytes, sealed + HEAD_BYTES, TAG_BYTES,
                                           sealed + HEAD_BYTES + length);
    }
    if (result != 0) {
        status = cipher_failure(result, err);
        goto out;
    }
    *out = sealed;
    *out_length = length + OVERHEAD_BYTES;
    sealed = NULL;

out:
    mbedtls_gcm_free(&gcm);
    memory_release(hooks, associated);
    memory_release(hooks, sealed);
    return status;
}

lreg_status auth_unseal(const struct hooks *hooks, const struct auth_keys *keys, const char *context,
                        const void *sealed, size_t sealed_length, void **out, size_t *out_length, struct error *err) {
    const uint8_t *bytes = sealed;
    uint8_t *plain = NULL;
    uint8_t *associated = NULL;
    size_t associated_length = 0;
    lreg_status status = LREG_OK;
    int result = 0;
    mbedtls_gcm_context gcm;
    mbedtls_gcm_init(&gcm);

    if (sealed_length < OVERHEAD_BYTES || sealed_length > PLAIN_MAX + OVERHEAD_BYTES || bytes[0] != SEAL_FORMAT) {
        status = error_set(err, LREG_CORRUPT, "seal_broken", "a sealed value is not in a known format");
        goto out;
    }
    size_t length = sealed_length - OVERHEAD_BYTES;
    plain = memory_allocate(hooks, length + 1);
    associated = associated_data(hooks, context, &associated_length);
    if (plain == NULL || associated == NULL) {
        status = error_no_memory(err);
        goto out;
    }
    result = mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, keys->seal, AUTH_KEY_BYTES * 8);
    if (result == 0) {
        result = mbedtls_gcm_auth_decrypt(&gcm, length, bytes + 1, NONCE_BYTES, associated, associated_length,
                                          bytes + HEAD_BYTES + length, TAG_BYTES, bytes + HEAD_BYTES, plain);
    }
    if (result == MBEDTLS_ERR_GCM_AUTH_FAILED) {
        status = error_set(err, LREG_CORRUPT, "seal_broken",
                           "a sealed value was changed, or was sealed under another instance key");
        goto out;
    }
    if (result != 0) {
        status = cipher_failure(result, err);
        goto out;
    }
    plain[length] = '\0';
    *out = plain;
    *out_length = length;
    plain = NULL;

out:
    mbedtls_gcm_free(&gcm);
    memory_release(hooks, associated);
    memory_release(hooks, plain);
    return status;
}
