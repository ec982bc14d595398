/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Digests by Mbed TLS 2.28 or 3. The results of its functions are ignored: they report only failures of a hardware
 * accelerator, and a build with one has contexts other than those used below.
 */

#define MBEDTLS_ALLOW_PRIVATE_ACCESS /* Mbed TLS 3 makes the members private that save() and load() use */

#include "base/digest_internal.h"

#include <mbedtls/md5.h>
#include <mbedtls/sha1.h>
#include <mbedtls/sha256.h>
#include <mbedtls/sha512.h>
#include <mbedtls/version.h>

#include <assert.h>
#include <string.h>

#if MBEDTLS_VERSION_MAJOR < 3 /* there, the functions of these names return nothing */
#define mbedtls_md5_starts mbedtls_md5_starts_ret
#define mbedtls_md5_update mbedtls_md5_update_ret
#define mbedtls_md5_finish mbedtls_md5_finish_ret
#define mbedtls_sha1_starts mbedtls_sha1_starts_ret
#define mbedtls_sha1_update mbedtls_sha1_update_ret
#define mbedtls_sha1_finish mbedtls_sha1_finish_ret
#define mbedtls_sha256_starts mbedtls_sha256_starts_ret
#define mbedtls_sha256_update mbedtls_sha256_update_ret
#define mbedtls_sha256_finish mbedtls_sha256_finish_ret
#define mbedtls_sha512_starts mbedtls_sha512_starts_ret
#define mbedtls_sha512_update mbedtls_sha512_update_ret
#define mbedtls_sha512_finish mbedtls_sha512_finish_ret
#endif

static_assert(sizeof(mbedtls_md5_context) <= DIGEST_CONTEXT_SMALL, "MD5 fits");
static_assert(sizeof(mbedtls_sha1_context) <= DIGEST_CONTEXT_SMALL, "SHA-1 fits");
static_assert(sizeof(mbedtls_sha256_context) <= DIGEST_CONTEXT_SMALL, "SHA-256 fits");
static_assert(sizeof(mbedtls_sha512_context) <= DIGEST_CONTEXT_LARGE, "SHA-512 fits");

static void init(uint32_t algorithm, void *context) {
    switch (algorithm) {
    case DIGEST_MD5:
        mbedtls_md5_init(context);
        (void)mbedtls_md5_starts(context);
        break;
    case DIGEST_SHA1:
        mbedtls_sha1_init(context);
        (void)mbedtls_sha1_starts(context);
        break;
    case DIGEST_SHA256:
        mbedtls_sha256_init(context);
        (void)mbedtls_sha256_starts(context, 0);
        break;
    default:
        mbedtls_sha512_init(context);
        (void)mbedtls_sha512_starts(context, 0);
        break;
    }
}

static void update(uint32_t algorithm, void *context, const uint8_t *bytes, size_t length) {
    switch (algorithm) {
    case DIGEST_MD5:
        (void)mbedtls_md5_update(context, bytes, length);
        break;
    case DIGEST_SHA1:
        (void)mbedtls_sha1_update(context, bytes, length);
        break;
    case DIGEST_SHA256:
        (void)mbedtls_sha256_update(context, bytes, length);
        break;
    default:
        (void)mbedtls_sha512_update(context, bytes, length);
        break;
    }
}

static void finish(uint32_t algorithm, void *context, uint8_t *out) {
    switch (algorithm) {
    case DIGEST_MD5:
        (void)mbedtls_md5_finish(context, out);
        break;
    case DIGEST_SHA1:
        (void)mbedtls_sha1_finish(context, out);
        break;
    case DIGEST_SHA256:
        (void)mbedtls_sha256_finish(context, out);
        break;
    default:
        (void)mbedtls_sha512_finish(context, out);
        break;
    }
}

static void save_small(const uint32_t *state, size_t words, const uint32_t total[2], const uint8_t *buffer,
                       struct digest_snapshot *out) {
    for (size_t i = 0; i < words; i++) {
        out->words[i] = state[i];
    }
    memcpy(out->block, buffer, total[0] % DIGEST_BLOCK_SMALL);
}

static void save_large(const mbedtls_sha512_context *context, struct digest_snapshot *out) {
    memcpy(out->words, context->state, sizeof out->words);
    memcpy(out->block, context->buffer, context->total[0] % DIGEST_BLOCK_LARGE);
}

static void save(uint32_t algorithm, const void *context, struct digest_snapshot *out) {
    const mbedtls_md5_context *md5 = context;
    const mbedtls_sha1_context *sha1 = context;
    const mbedtls_sha256_context *sha256 = context;
    switch (algorithm) {
    case DIGEST_MD5:
        save_small(md5->state, 4, md5->total, md5->buffer, out);
        break;
    case DIGEST_SHA1:
        save_small(sha1->state, 5, sha1->total, sha1->buffer, out);
        break;
    case DIGEST_SHA256:
        save_small(sha256->state, 8, sha256->total, sha256->buffer, out);
        break;
    default:
        save_large(context, out);
        break;
    }
}

static void load_small(uint32_t *state, size_t words, uint32_t total[2], uint8_t *buffer,
                       const struct digest_snapshot *from) {
    for (size_t i = 0; i < words; i++) {
        state[i] = (uint32_t)from->words[i];
    }
    total[0] = (uint32_t)from->length;
    total[1] = (uint32_t)(from->length >> 32);
    memcpy(buffer, from->block, from->length % DIGEST_BLOCK_SMALL);
}

static void load_large(mbedtls_sha512_context *context, const struct digest_snapshot *from) {
    memcpy(context->state, from->words, sizeof from->words);
    context->total[0] = from->length;
    context->total[1] = 0;
    memcpy(context->buffer, from->block, from->length % DIGEST_BLOCK_LARGE);
}

static void load(uint32_t algorithm, void *context, const struct digest_snapshot *from) {
    mbedtls_md5_context *md5 = context;
    mbedtls_sha1_context *sha1 = context;
    mbedtls_sha256_context *sha256 = context;
    switch (algorithm) {
    case DIGEST_MD5:
        load_small(md5->state, 4, md5->total, md5->buffer, from);
        break;
    case DIGEST_SHA1:
        load_small(sha1->state, 5, sha1->total, sha1->buffer, from);
        break;
    case DIGEST_SHA256:
        load_small(sha256->state, 8, sha256->total, sha256->buffer, from);
        break;
    default:
        load_large(context, from);
        break;
    }
}

const struct digest_provider digest_mbedtls = {
    .name = "mbedtls",
    .init = init,
    .update = update,
    .finish = finish,
    .save = save,
    .load = load,
};
