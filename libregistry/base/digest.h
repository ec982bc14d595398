/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

/*
 * Digests of streams, several at once, and HMAC. A provider computes them: nettle where the build found it, otherwise
 * mbedtls (docs/dependencies.md has the measurement). The state of a running digest can be saved as bytes and continued
 * by another process, also one that was built with the other provider.
 */

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIGEST_MD5 0x1u
#define DIGEST_SHA1 0x2u
#define DIGEST_SHA256 0x4u
#define DIGEST_SHA512 0x8u
#define DIGEST_ALL 0xfu

#define DIGEST_MD5_BYTES 16
#define DIGEST_SHA1_BYTES 20
#define DIGEST_SHA256_BYTES 32
#define DIGEST_SHA512_BYTES 64

#define DIGEST_SHA256_TEXT 65 /* hexadecimal with NUL */
#define DIGEST_SHA512_TEXT 129

/* Finished digests; only those of `algorithms` are set. */
struct digest_set {
    uint32_t algorithms; /* DIGEST_… */
    uint8_t md5[DIGEST_MD5_BYTES];
    uint8_t sha1[DIGEST_SHA1_BYTES];
    uint8_t sha256[DIGEST_SHA256_BYTES];
    uint8_t sha512[DIGEST_SHA512_BYTES];
};

struct digest_provider;

/* A running computation. It is plain memory, may be copied, and needs no freeing. */
struct digest {
    uint32_t algorithms;
    uint64_t length; /* bytes fed so far */
    const struct digest_provider *provider;
    _Alignas(16) uint8_t state[640]; /* provider's contexts, see digest.c */
};

void digest_init(struct digest *digest, uint32_t algorithms);
void digest_update(struct digest *digest, const void *bytes, size_t length);
/* digest_update() for some of the digest's algorithms, so that several threads can share the work on one piece. Each
 * algorithm must be updated once, and digest_count() called once, before any other use of the digest. */
void digest_update_share(struct digest *digest, uint32_t algorithms, const void *bytes, size_t length);
void digest_count(struct digest *digest, size_t length);
void digest_finish(struct digest *digest, struct digest_set *out); /* the digest cannot be used afterwards */

/* The digests of bytes in memory. */
void digest_of(uint32_t algorithms, const void *bytes, size_t length, struct digest_set *out);

#define DIGEST_STATE_MAX 640

/* Saves a running computation in a form that does not depend on provider, machine or build; returns its length. */
size_t digest_save(const struct digest *digest, uint8_t out[DIGEST_STATE_MAX]);
/* LREG_CORRUPT when the bytes are not a saved state. */
lreg_status digest_restore(struct digest *digest, const uint8_t *bytes, size_t length, struct error *err);

void hmac_sha256(const void *key, size_t key_length, const void *bytes, size_t length,
                 uint8_t out[DIGEST_SHA256_BYTES]);

/* The provider that digest_init() uses: "mbedtls" or "nettle". */
const char *digest_provider(void);

#endif
