/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_DIGEST_INTERNAL_H
#define BASE_DIGEST_INTERNAL_H

/*
 * Providers of digests. A provider computes each algorithm in a context that is plain memory. It can save and load the
 * state of a context: the chaining words of the algorithm and the bytes of the unfinished block.
 */

#include "base/digest.h"

/* Contexts live in struct digest's state, each at a fixed place that is large enough for every provider. */
#define DIGEST_CONTEXT_SMALL 128 /* MD5, SHA-1, SHA-256 */
#define DIGEST_CONTEXT_LARGE 256 /* SHA-512 */

#define DIGEST_BLOCK_SMALL 64
#define DIGEST_BLOCK_LARGE 128

/* The state of one algorithm, from which any provider can continue. */
struct digest_snapshot {
    uint64_t length; /* bytes fed so far */
    uint64_t words[8]; /* 32-bit words in the lower half; as many as the algorithm has */
    uint8_t block[DIGEST_BLOCK_LARGE]; /* the first `length` modulo block size bytes are set */
};

/* `algorithm` is one DIGEST_… bit. */
struct digest_provider {
    const char *name;
    void (*init)(uint32_t algorithm, void *context);
    void (*update)(uint32_t algorithm, void *context, const uint8_t *bytes, size_t length);
    void (*finish)(uint32_t algorithm, void *context, uint8_t *out);
    void (*save)(uint32_t algorithm, const void *context, struct digest_snapshot *out); /* all but the length */
    void (*load)(uint32_t algorithm, void *context, const struct digest_snapshot *from);
};

extern const struct digest_provider digest_mbedtls;
extern const struct digest_provider digest_nettle; /* with LREG_WITH_NETTLE */

/* The providers of this build; digest_init() uses the one at 0. NULL after the last. */
const struct digest_provider *digest_provider_at(size_t index);

void digest_init_with(const struct digest_provider *provider, struct digest *digest, uint32_t algorithms);
lreg_status digest_restore_with(const struct digest_provider *provider, struct digest *digest, const uint8_t *bytes,
                                size_t length, struct error *err);

#endif
