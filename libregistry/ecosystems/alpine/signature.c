/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The signature of an index, as apk calls it "RSA256".
 */

#include "ecosystems/alpine/signature.h"

#include <mbedtls/bignum.h>
#include <mbedtls/pk.h>
#include <mbedtls/rsa.h>
#include <string.h>

_Static_assert(ALPINE_SIGNATURE_MAX >= MBEDTLS_MPI_MAX_SIZE, "mbedtls may write a signature of its largest key");

static int random_for_mbedtls(void *user, unsigned char *bytes, size_t length) {
    const struct hooks *hooks = user;
    return hooks_random(hooks, bytes, length, NULL) == LREG_OK ? 0 : MBEDTLS_ERR_RSA_RNG_FAILED;
}

/* mbedtls adds the number of the inner failure to that of the outer one. */
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
    /* mbedtls wants the NUL counted. */
    int result = mbedtls_pk_parse_key(&key, (const unsigned char *)private_pem, strlen(private_pem) + 1, NULL, 0);
    if (result != 0 || mbedtls_pk_get_type(&key) != MBEDTLS_PK_RSA) {
        status = report(result, "the registry's signing key cannot be read", err);
        goto out;
    }
    result = mbedtls_pk_sign(&key, MBEDTLS_MD_SHA256, digest, DIGEST_SHA256_BYTES, out, out_length, random_for_mbedtls,
                             &random_source);
    if (result != 0) {
        status = report(result, "the index could not be signed", err);
    }

out:
    mbedtls_pk_free(&key);
    return status;
}
