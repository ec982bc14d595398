/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Several digests of one stream, independent of the provider that computes them.
 *
 * The format of a saved state, with big-endian numbers: "LRD1"; algorithms (4 bytes); length (8); for each algorithm,
 * in the order of its bit, the chaining words and the bytes of the unfinished block; the CRC-32 of all before it (4).
 */

#include "base/digest.h"

#include "base/digest_internal.h"
#include "base/encoding.h"
#include "base/memory.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

struct algorithm {
    uint32_t bit;
    uint32_t block_bytes;
    uint32_t word_bytes;
    uint32_t word_count;
    size_t context_at; /* in struct digest's state */
    size_t output_at; /* in struct digest_set */
};

#define SLOT(number) ((size_t)(number)*DIGEST_CONTEXT_SMALL)

static const struct algorithm algorithm_table[] = {
    {DIGEST_MD5, DIGEST_BLOCK_SMALL, 4, 4, SLOT(0), offsetof(struct digest_set, md5)},
    {DIGEST_SHA1, DIGEST_BLOCK_SMALL, 4, 5, SLOT(1), offsetof(struct digest_set, sha1)},
    {DIGEST_SHA256, DIGEST_BLOCK_SMALL, 4, 8, SLOT(2), offsetof(struct digest_set, sha256)},
    {DIGEST_SHA512, DIGEST_BLOCK_LARGE, 8, 8, SLOT(3), offsetof(struct digest_set, sha512)},
};

#define ALGORITHM_COUNT (sizeof algorithm_table / sizeof algorithm_table[0])

static_assert(SLOT(3) + DIGEST_CONTEXT_LARGE <= sizeof(((struct digest *)0)->state), "contexts fit into the state");

/* All algorithms process this many bytes before the next ones, so that the bytes stay in the cache. */
#define SLICE_BYTES ((size_t)16 * 1024)

#define MAGIC "LRD1"
#define MAGIC_BYTES 4
#define HEADER_BYTES (MAGIC_BYTES + 4 + 8)
#define CHECKSUM_BYTES 4

static_assert(HEADER_BYTES + (16 + 20 + 32 + 64) + 3 * (DIGEST_BLOCK_SMALL - 1) + (DIGEST_BLOCK_LARGE - 1) +
                      CHECKSUM_BYTES <=
                  DIGEST_STATE_MAX,
              "a saved state fits");

const struct digest_provider *digest_provider_at(size_t index) {
    static const struct digest_provider *const providers[] = {
#ifdef LREG_WITH_NETTLE
        &digest_nettle,
#endif
        &digest_mbedtls,
    };
    return index < sizeof providers / sizeof providers[0] ? providers[index] : NULL;
}

const char *digest_provider(void) {
    return digest_provider_at(0)->name;
}

void digest_init_with(const struct digest_provider *provider, struct digest *digest, uint32_t algorithms) {
    digest->algorithms = algorithms & DIGEST_ALL;
    digest->length = 0;
    digest->provider = provider;
    for (size_t i = 0; i < ALGORITHM_COUNT; i++) {
        if ((digest->algorithms & algorithm_table[i].bit) != 0) {
            provider->init(algorithm_table[i].bit, digest->state + algorithm_table[i].context_at);
        }
    }
}

void digest_init(struct digest *digest, uint32_t algorithms) {
    digest_init_with(digest_provider_at(0), digest, algorithms);
}

void digest_update_share(struct digest *digest, uint32_t algorithms, const void *bytes, size_t length) {
    const uint8_t *at = bytes;
    algorithms &= digest->algorithms;
    while (length > 0) {
        size_t slice = length < SLICE_BYTES ? length : SLICE_BYTES;
        for (size_t i = 0; i < ALGORITHM_COUNT; i++) {
            if ((algorithms & algorithm_table[i].bit) != 0) {
                digest->provider->update(algorithm_table[i].bit, digest->state + algorithm_table[i].context_at, at,
                                         slice);
            }
        }
        at += slice;
        length -= slice;
    }
}

void digest_count(struct digest *digest, size_t length) {
    digest->length += length;
}

void digest_update(struct digest *digest, const void *bytes, size_t length) {
    digest_update_share(digest, digest->algorithms, bytes, length);
    digest_count(digest, length);
}

void digest_finish(struct digest *digest, struct digest_set *out) {
    memset(out, 0, sizeof *out);
    out->algorithms = digest->algorithms;
    for (size_t i = 0; i < ALGORITHM_COUNT; i++) {
        if ((digest->algorithms & algorithm_table[i].bit) != 0) {
            digest->provider->finish(algorithm_table[i].bit, digest->state + algorithm_table[i].context_at,
                                     (uint8_t *)out + algorithm_table[i].output_at);
        }
    }
    digest->algorithms = 0;
}

void digest_of(uint32_t algorithms, const void *bytes, size_t length, struct digest_set *out) {
    struct digest digest;
    digest_init(&digest, algorithms);
    digest_update(&digest, bytes, length);
    digest_finish(&digest, out);
}

static uint8_t *put_number(uint8_t *to, uint64_t value, size_t bytes) {
    for (size_t i = 0; i < bytes; i++) {
        to[i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
    }
    return to + bytes;
}

static uint64_t get_number(const uint8_t *from, size_t bytes) {
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++) {
        value = value << 8 | from[i];
    }
    return value;
}

static size_t unfinished_bytes(const struct algorithm *algorithm, uint64_t length) {
    return (size_t)(length % algorithm->block_bytes);
}

size_t digest_save(const struct digest *digest, uint8_t out[DIGEST_STATE_MAX]) {
    uint8_t *to = out;
    memcpy(to, MAGIC, MAGIC_BYTES);
    to = put_number(to + MAGIC_BYTES, digest->algorithms, 4);
    to = put_number(to, digest->length, 8);
    for (size_t i = 0; i < ALGORITHM_COUNT; i++) {
        const struct algorithm *algorithm = &algorithm_table[i];
        if ((digest->algorithms & algorithm->bit) == 0) {
            continue;
        }
        struct digest_snapshot snapshot;
        digest->provider->save(algorithm->bit, digest->state + algorithm->context_at, &snapshot);
        for (size_t word = 0; word < algorithm->word_count; word++) {
            to = put_number(to, snapshot.words[word], algorithm->word_bytes);
        }
        size_t unfinished = unfinished_bytes(algorithm, digest->length);
        memcpy(to, snapshot.block, unfinished);
        to += unfinished;
    }
    to = put_number(to, crc32_of(out, (size_t)(to - out)), CHECKSUM_BYTES);
    return (size_t)(to - out);
}

/* The length of a saved state with this header. */
static size_t saved_length(uint32_t algorithms, uint64_t length) {
    size_t bytes = HEADER_BYTES + CHECKSUM_BYTES;
    for (size_t i = 0; i < ALGORITHM_COUNT; i++) {
        const struct algorithm *algorithm = &algorithm_table[i];
        if ((algorithms & algorithm->bit) != 0) {
            bytes += algorithm->word_count * algorithm->word_bytes + unfinished_bytes(algorithm, length);
        }
    }
    return bytes;
}

static bool is_saved_state(const uint8_t *bytes, size_t length) {
    if (length < HEADER_BYTES + CHECKSUM_BYTES || memcmp(bytes, MAGIC, MAGIC_BYTES) != 0) {
        return false;
    }
    uint64_t algorithms = get_number(bytes + MAGIC_BYTES, 4);
    if (algorithms > DIGEST_ALL ||
        saved_length((uint32_t)algorithms, get_number(bytes + MAGIC_BYTES + 4, 8)) != length) {
        return false;
    }
    size_t checked = length - CHECKSUM_BYTES;
    return get_number(bytes + checked, CHECKSUM_BYTES) == crc32_of(bytes, checked);
}

lreg_status digest_restore_with(const struct digest_provider *provider, struct digest *digest, const uint8_t *bytes,
                                size_t length, struct error *err) {
    if (!is_saved_state(bytes, length)) {
        return error_set(err, LREG_CORRUPT, "digest_state", "the saved state of a digest is damaged");
    }
    digest_init_with(provider, digest, (uint32_t)get_number(bytes + MAGIC_BYTES, 4));
    digest->length = get_number(bytes + MAGIC_BYTES + 4, 8);
    const uint8_t *from = bytes + HEADER_BYTES;
    for (size_t i = 0; i < ALGORITHM_COUNT; i++) {
        const struct algorithm *algorithm = &algorithm_table[i];
        if ((digest->algorithms & algorithm->bit) == 0) {
            continue;
        }
        struct digest_snapshot snapshot = {.length = digest->length};
        for (size_t word = 0; word < algorithm->word_count; word++) {
            snapshot.words[word] = get_number(from, algorithm->word_bytes);
            from += algorithm->word_bytes;
        }
        size_t unfinished = unfinished_bytes(algorithm, digest->length);
        memcpy(snapshot.block, from, unfinished);
        from += unfinished;
        provider->load(algorithm->bit, digest->state + algorithm->context_at, &snapshot);
    }
    return LREG_OK;
}

lreg_status digest_restore(struct digest *digest, const uint8_t *bytes, size_t length, struct error *err) {
    return digest_restore_with(digest_provider_at(0), digest, bytes, length, err);
}

/* H((key ^ pad) | bytes), RFC 2104 section 2. */
static void keyed_sha256(const uint8_t key[DIGEST_BLOCK_SMALL], uint8_t pad, const void *bytes, size_t length,
                         struct digest_set *out) {
    uint8_t block[DIGEST_BLOCK_SMALL];
    for (size_t i = 0; i < sizeof block; i++) {
        block[i] = key[i] ^ pad;
    }
    struct digest digest;
    digest_init(&digest, DIGEST_SHA256);
    digest_update(&digest, block, sizeof block);
    digest_update(&digest, bytes, length);
    digest_finish(&digest, out);
    memory_wipe(&digest, sizeof digest);
    memory_wipe(block, sizeof block);
}

void hmac_sha256(const void *key, size_t key_length, const void *bytes, size_t length,
                 uint8_t out[DIGEST_SHA256_BYTES]) {
    uint8_t block[DIGEST_BLOCK_SMALL] = {0};
    struct digest_set set;
    if (key_length > sizeof block) {
        digest_of(DIGEST_SHA256, key, key_length, &set);
        memcpy(block, set.sha256, sizeof set.sha256);
    } else if (key_length > 0) {
        memcpy(block, key, key_length);
    }
    keyed_sha256(block, 0x36, bytes, length, &set);
    uint8_t inner[DIGEST_SHA256_BYTES];
    memcpy(inner, set.sha256, sizeof inner);
    keyed_sha256(block, 0x5c, inner, sizeof inner, &set);
    memcpy(out, set.sha256, DIGEST_SHA256_BYTES);
    memory_wipe(block, sizeof block);
    memory_wipe(inner, sizeof inner);
    memory_wipe(&set, sizeof set);
}
