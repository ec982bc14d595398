/* SPDX-License-Identifier: Apache-2.0 */

/* The signature of an index, which apk calls "RSA256". */

#include "ecosystems/alpine/signature.h"

#include <mbedtls/bignum.h>
#include <mbedtls/pk.h>
#include <mbedtls/rsa.h>
#include <mbedtls/version.h>
#include <string.h>

_Static_assert(ALPINE_SIGNATURE_MAX >= MBEDTLS_MPI_MAX_SIZE, "mbedtls may write a signature of its largest key");

static int random_for_mbedtls(void *user, unsigned char *bytes, size_t length) {
    const struct hooks *hooks = user;
    return hooks_random(hooks, bytes, length, NULL) == LREG_OK ? 0 : MBEDTLS_ERR_RSA_RNG_FAILED;
}

/* The length includes the NUL of the PEM. Mbed TLS 3 needs random numbers here too, and sign()
 * the size of the output. */
static int parse_key(mbedtls_pk_context *key, const char *pem, struct hooks *random_source) {
    const unsigned char *bytes = (const unsigned char *)pem;
#if MBEDTLS_VERSION_MAJOR < 3
    (void)random_source;
    return mbedtls_pk_parse_key(key, bytes, strlen(pem) + 1, NULL, 0);
#else
    return mbedtls_pk_parse_key(key, bytes, strlen(pem) + 1, NULL, 0, random_for_mbedtls, random_source);
#endif
}

static int sign(mbedtls_pk_context *key, const uint8_t digest[DIGEST_SHA256_BYTES], uint8_t out[ALPINE_SIGNATURE_MAX],
                size_t *out_length, struct hooks *random_source) {
#if MBEDTLS_VERSION_MAJOR < 3
    return mbedtls_pk_sign(key, MBEDTLS_MD_SHA256, digest, DIGEST_SHA256_BYTES, out, out_length, random_for_mbedtls,
                           random_source);
#else
    return mbedtls_pk_sign(key, MBEDTLS_MD_SHA256, digest, DIGEST_SHA256_BYTES, out, ALPINE_SIGNATURE_MAX, out_length,
                           random_for_mbedtls, random_source);
#endif
}

/* mbedtls adds the code of the inner failure to that of the outer one. */
static lreg_status report(int result, const char *what, struct error *err) {
    if (result == MBEDTLS_ERR_PK_ALLOC_FAILED || (-result & 0x7f) == -MBEDTLS_ERR_MPI_ALLOC_FAILED) {
        return error_no_memory(err);
    }
    return error_set(err, LREG_CORRUPT, "registry_key", "%s (mbedtls %d)", what, result);
}

lreg_status alpine_sign(const struct hooks *hooks, const char *private_pem, const uint8_t digest[DIGEST_SHA256_BYTES],
                        uint8_t out[ALPINE_SIGNATURE_MAX], size_t *out_length, struct error *err) {
    lreg_status status = LREG_OK;
    struct hooks random_source = *hooks;
    mbedtls_pk_context key;
    mbedtls_pk_init(&key);
    int result = parse_key(&key, private_pem, &random_source);
    if (result != 0 || mbedtls_pk_get_type(&key) != MBEDTLS_PK_RSA) {
        status = report(result, "the registry's signing key cannot be read", err);
        goto out;
    }
    result = sign(&key, digest, out, out_length, &random_source);
    if (result != 0) {
        status = report(result, "the index could not be signed", err);
    }

out:
    mbedtls_pk_free(&key);
    return status;
}
