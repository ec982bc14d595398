/* SPDX-License-Identifier: Apache-2.0 */

/* Digests by nettle, which has assembly for the CPU's digest instructions. Compiled only when the build found it. */

#include "base/digest_internal.h"

#ifdef LREG_WITH_NETTLE

#include <nettle/md5.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>

#include <assert.h>
#include <string.h>

static_assert(sizeof(struct md5_ctx) <= DIGEST_CONTEXT_SMALL, "MD5 fits");
static_assert(sizeof(struct sha1_ctx) <= DIGEST_CONTEXT_SMALL, "SHA-1 fits");
static_assert(sizeof(struct sha256_ctx) <= DIGEST_CONTEXT_SMALL, "SHA-256 fits");
static_assert(sizeof(struct sha512_ctx) <= DIGEST_CONTEXT_LARGE, "SHA-512 fits");

static void init(uint32_t algorithm, void *context) {
    switch (algorithm) {
    case DIGEST_MD5:
        md5_init(context);
        break;
    case DIGEST_SHA1:
        sha1_init(context);
        break;
    case DIGEST_SHA256:
        sha256_init(context);
        break;
    default:
        sha512_init(context);
        break;
    }
}

static void update(uint32_t algorithm, void *context, const uint8_t *bytes, size_t length) {
    switch (algorithm) {
    case DIGEST_MD5:
        md5_update(context, length, bytes);
        break;
    case DIGEST_SHA1:
        sha1_update(context, length, bytes);
        break;
    case DIGEST_SHA256:
        sha256_update(context, length, bytes);
        break;
    default:
        sha512_update(context, length, bytes);
        break;
    }
}

static void finish(uint32_t algorithm, void *context, uint8_t *out) {
    switch (algorithm) {
    case DIGEST_MD5:
        md5_digest(context, DIGEST_MD5_BYTES, out);
        break;
    case DIGEST_SHA1:
        sha1_digest(context, DIGEST_SHA1_BYTES, out);
        break;
    case DIGEST_SHA256:
        sha256_digest(context, DIGEST_SHA256_BYTES, out);
        break;
    default:
        sha512_digest(context, DIGEST_SHA512_BYTES, out);
        break;
    }
}

static void save_small(const uint32_t *state, size_t words, const uint8_t *block, unsigned index,
                       struct digest_snapshot *out) {
    for (size_t i = 0; i < words; i++) {
        out->words[i] = state[i];
    }
    memcpy(out->block, block, index);
}

static void save_large(const struct sha512_ctx *context, struct digest_snapshot *out) {
    memcpy(out->words, context->state, sizeof out->words);
    memcpy(out->block, context->block, context->index);
}

static void save(uint32_t algorithm, const void *context, struct digest_snapshot *out) {
    const struct md5_ctx *md5 = context;
    const struct sha1_ctx *sha1 = context;
    const struct sha256_ctx *sha256 = context;
    switch (algorithm) {
    case DIGEST_MD5:
        save_small(md5->state, 4, md5->block, md5->index, out);
        break;
    case DIGEST_SHA1:
        save_small(sha1->state, 5, sha1->block, sha1->index, out);
        break;
    case DIGEST_SHA256:
        save_small(sha256->state, 8, sha256->block, sha256->index, out);
        break;
    default:
        save_large(context, out);
        break;
    }
}

static void load_small(uint32_t *state, size_t words, uint64_t *count, unsigned *index, uint8_t *block,
                       const struct digest_snapshot *from) {
    for (size_t i = 0; i < words; i++) {
        state[i] = (uint32_t)from->words[i];
    }
    *count = from->length / DIGEST_BLOCK_SMALL;
    *index = (unsigned)(from->length % DIGEST_BLOCK_SMALL);
    memcpy(block, from->block, *index);
}

static void load_large(struct sha512_ctx *context, const struct digest_snapshot *from) {
    memcpy(context->state, from->words, sizeof from->words);
    context->count_low = from->length / DIGEST_BLOCK_LARGE;
    context->count_high = 0;
    context->index = (unsigned)(from->length % DIGEST_BLOCK_LARGE);
    memcpy(context->block, from->block, context->index);
}

static void load(uint32_t algorithm, void *context, const struct digest_snapshot *from) {
    struct md5_ctx *md5 = context;
    struct sha1_ctx *sha1 = context;
    struct sha256_ctx *sha256 = context;
    switch (algorithm) {
    case DIGEST_MD5:
        load_small(md5->state, 4, &md5->count, &md5->index, md5->block, from);
        break;
    case DIGEST_SHA1:
        load_small(sha1->state, 5, &sha1->count, &sha1->index, sha1->block, from);
        break;
    case DIGEST_SHA256:
        load_small(sha256->state, 8, &sha256->count, &sha256->index, sha256->block, from);
        break;
    default:
        load_large(context, from);
        break;
    }
}

const struct digest_provider digest_nettle = {
    .name = "nettle",
    .init = init,
    .update = update,
    .finish = finish,
    .save = save,
    .load = load,
};

#endif
