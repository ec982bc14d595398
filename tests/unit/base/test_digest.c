/* SPDX-License-Identifier: Apache-2.0 */
/* Digests: the standards' vectors with every provider of this build, saved states between providers, HMAC. */

#include "base/digest.h"

#include "base/digest_internal.h"
#include "base/encoding.h"

#include <stdlib.h>

#define INPUT_BYTES 70000 /* several slices, and not a multiple of anything */

static uint8_t input[INPUT_BYTES];

static int group_setup(void **state) {
    (void)state;
    uint32_t seed = 1;
    for (size_t i = 0; i < sizeof input; i++) {
        seed = seed * 1664525 + 1013904223;
        input[i] = (uint8_t)(seed >> 24);
    }
    return 0;
}

static void compute(const struct digest_provider *provider, const void *bytes, size_t length, struct digest_set *out) {
    struct digest digest;
    digest_init_with(provider, &digest, DIGEST_ALL);
    digest_update(&digest, bytes, length);
    digest_finish(&digest, out);
}

static void assert_hex(const uint8_t *bytes, size_t length, const char *expected) {
    char text[DIGEST_SHA512_TEXT];
    hex_encode(bytes, length, text);
    assert_string_equal(text, expected);
}

static void assert_sets_equal(const struct digest_set *a, const struct digest_set *b) {
    assert_int_equal(a->algorithms, b->algorithms);
    assert_memory_equal(a->md5, b->md5, sizeof a->md5);
    assert_memory_equal(a->sha1, b->sha1, sizeof a->sha1);
    assert_memory_equal(a->sha256, b->sha256, sizeof a->sha256);
    assert_memory_equal(a->sha512, b->sha512, sizeof a->sha512);
}

struct vector {
    const char *text;
    size_t repeat;
    const char *md5;
    const char *sha1;
    const char *sha256;
    const char *sha512;
};

/* RFC 1321 appendix A.5, FIPS 180-4 and its examples. */
static const struct vector known_vectors[] = {
    {"", 1, "d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
     "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
     "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"},
    {"abc", 1, "900150983cd24fb0d6963f7d28e17f72", "a9993e364706816aba3e25717850c26c9cd0d89d",
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1, "8215ef0796a20bcaaae116d3876c664a",
     "84983e441c3bd26ebaae4aa1f95129e5e54670f1", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
     "204a8fc6dda82f0a0ced7beb8e08a41657c16ef468b228a8279be331a703c335"
     "96fd15c13b1b07f9aa1d3bea57789ca031ad85c7a71dd70354ec631238ca3445"},
    {"a", 1000000, "7707d6ae4e027c70eea2a935c2296f21", "34aa973cd4c4daa4f61eeb2bdbad27316534016f",
     "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
     "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973eb"
     "de0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b"},
};

static void check_vector(const struct digest_provider *provider, const struct vector *vector) {
    struct digest digest;
    struct digest_set set;
    digest_init_with(provider, &digest, DIGEST_ALL);
    for (size_t i = 0; i < vector->repeat; i++) {
        digest_update(&digest, vector->text, strlen(vector->text));
    }
    assert_true(digest.length == vector->repeat * strlen(vector->text));
    digest_finish(&digest, &set);
    assert_int_equal(set.algorithms, DIGEST_ALL);
    assert_hex(set.md5, sizeof set.md5, vector->md5);
    assert_hex(set.sha1, sizeof set.sha1, vector->sha1);
    assert_hex(set.sha256, sizeof set.sha256, vector->sha256);
    assert_hex(set.sha512, sizeof set.sha512, vector->sha512);
}

static void test_base_digest__every_provider_gives_the_standards_vectors(void **state) {
    (void)state;
    const struct digest_provider *provider;
    for (size_t i = 0; (provider = digest_provider_at(i)) != NULL; i++) {
        for (size_t vector = 0; vector < sizeof known_vectors / sizeof known_vectors[0]; vector++) {
            check_vector(provider, &known_vectors[vector]);
        }
    }
}

static void test_base_digest__the_first_provider_is_the_one_in_use(void **state) {
    (void)state;
    struct digest digest;
    digest_init(&digest, DIGEST_SHA256);
    assert_ptr_equal(digest.provider, digest_provider_at(0));
    assert_string_equal(digest_provider(), digest_provider_at(0)->name);
#ifdef LREG_WITH_NETTLE
    assert_string_equal(digest_provider(), "nettle");
    assert_string_equal(digest_provider_at(1)->name, "mbedtls");
#else
    assert_string_equal(digest_provider(), "mbedtls");
#endif
}

static void test_base_digest__cuts_of_the_stream_do_not_matter(void **state) {
    (void)state;
    static const size_t steps[] = {1, 3, 63, 64, 65, 127, 128, 129, 4096, 16384, 16385, 50000};
    struct digest_set expected;
    compute(digest_provider_at(0), input, sizeof input, &expected);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct digest digest;
        struct digest_set set;
        digest_init(&digest, DIGEST_ALL);
        for (size_t at = 0; at < sizeof input; at += steps[i]) {
            size_t left = sizeof input - at;
            digest_update(&digest, input + at, left < steps[i] ? left : steps[i]);
        }
        digest_finish(&digest, &set);
        assert_sets_equal(&set, &expected);
    }
}

static void test_base_digest__only_what_is_asked_for_is_computed(void **state) {
    (void)state;
    static const uint8_t zero[DIGEST_SHA512_BYTES] = {0};
    for (uint32_t algorithms = 0; algorithms <= DIGEST_ALL; algorithms++) {
        struct digest_set set;
        memset(&set, 0xaa, sizeof set);
        digest_of(algorithms, "abc", 3, &set);
        assert_int_equal(set.algorithms, algorithms);
        assert_int_equal(memcmp(set.md5, zero, sizeof set.md5) != 0, (algorithms & DIGEST_MD5) != 0);
        assert_int_equal(memcmp(set.sha1, zero, sizeof set.sha1) != 0, (algorithms & DIGEST_SHA1) != 0);
        assert_int_equal(memcmp(set.sha256, zero, sizeof set.sha256) != 0, (algorithms & DIGEST_SHA256) != 0);
        assert_int_equal(memcmp(set.sha512, zero, sizeof set.sha512) != 0, (algorithms & DIGEST_SHA512) != 0);
    }
}

static void test_base_digest__unknown_algorithms_are_left_out(void **state) {
    (void)state;
    struct digest_set set;
    digest_of(0xfffffff4u, NULL, 0, &set);
    assert_int_equal(set.algorithms, DIGEST_SHA256);
}

static void test_base_digest__a_copy_goes_its_own_way(void **state) {
    (void)state;
    struct digest digest;
    digest_init(&digest, DIGEST_ALL);
    digest_update(&digest, input, 1000);
    struct digest copy = digest;
    digest_update(&digest, input + 1000, 1000);
    digest_update(&copy, input, 77);
    struct digest_set set;
    struct digest_set expected;
    digest_finish(&digest, &set);
    digest_of(DIGEST_ALL, input, 2000, &expected);
    assert_sets_equal(&set, &expected);
}

/* Saves with one provider at a position and continues with another. */
static void check_handover(const struct digest_provider *from, const struct digest_provider *to, uint32_t algorithms,
                           size_t position) {
    struct digest digest;
    struct digest restored;
    uint8_t saved[DIGEST_STATE_MAX];
    digest_init_with(from, &digest, algorithms);
    digest_update(&digest, input, position);
    size_t length = digest_save(&digest, saved);
    assert_in_range(length, 1, DIGEST_STATE_MAX);
    memset(&restored, 0x77, sizeof restored);
    assert_int_equal(digest_restore_with(to, &restored, saved, length, NULL), LREG_OK);
    assert_true(restored.length == position);
    assert_int_equal(restored.algorithms, algorithms);
    uint8_t again[DIGEST_STATE_MAX];
    assert_int_equal(digest_save(&restored, again), length);
    assert_memory_equal(again, saved, length);
    digest_update(&restored, input + position, sizeof input - position);
    struct digest_set set;
    struct digest_set expected;
    digest_finish(&restored, &set);
    digest_of(algorithms, input, sizeof input, &expected);
    assert_sets_equal(&set, &expected);
}

static void check_all_handovers(uint32_t algorithms, size_t position) {
    const struct digest_provider *from;
    const struct digest_provider *to;
    for (size_t i = 0; (from = digest_provider_at(i)) != NULL; i++) {
        for (size_t j = 0; (to = digest_provider_at(j)) != NULL; j++) {
            check_handover(from, to, algorithms, position);
        }
    }
}

static void test_base_digest__saved_states_go_on_with_any_provider(void **state) {
    (void)state;
    size_t apart = getenv("LREG_VALGRIND") != NULL ? 13 : 1;
    for (size_t position = 0; position <= 260; position += apart) {
        check_all_handovers(DIGEST_ALL, position);
    }
    static const size_t positions[] = {16383, 16384, 16385, 65535, 65537, 69999, INPUT_BYTES};
    for (size_t i = 0; i < sizeof positions / sizeof positions[0]; i++) {
        check_all_handovers(DIGEST_ALL, positions[i]);
    }
}

static void test_base_digest__any_choice_of_algorithms_can_be_saved(void **state) {
    (void)state;
    for (uint32_t algorithms = 0; algorithms <= DIGEST_ALL; algorithms++) {
        check_all_handovers(algorithms, 12345);
    }
}

static void put_big_endian(uint8_t *to, uint64_t value, size_t bytes) {
    for (size_t i = 0; i < bytes; i++) {
        to[i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
    }
}

/* A length beyond 2^32 reaches the last block, where every provider writes it: all must agree. */
static void test_base_digest__providers_agree_beyond_four_gibibytes(void **state) {
    (void)state;
    struct digest digest;
    uint8_t saved[DIGEST_STATE_MAX];
    digest_init(&digest, DIGEST_ALL);
    digest_update(&digest, input, 1024 + 77);
    size_t length = digest_save(&digest, saved);
    put_big_endian(saved + 8, UINT64_C(0x123456780000) + 1024 + 77, 8); /* the same position within the blocks */
    put_big_endian(saved + length - 4, crc32_of(saved, length - 4), 4);
    struct digest_set first = {0};
    const struct digest_provider *provider;
    for (size_t i = 0; (provider = digest_provider_at(i)) != NULL; i++) {
        struct digest_set set;
        assert_int_equal(digest_restore_with(provider, &digest, saved, length, NULL), LREG_OK);
        assert_true(digest.length == UINT64_C(0x123456780000) + 1024 + 77);
        digest_update(&digest, input, 1000);
        digest_finish(&digest, &set);
        if (i == 0) {
            first = set;
        }
        assert_sets_equal(&set, &first);
    }
    struct digest_set plain;
    digest_init(&digest, DIGEST_ALL);
    digest_update(&digest, input, 1024 + 77);
    digest_update(&digest, input, 1000);
    digest_finish(&digest, &plain);
    assert_memory_not_equal(plain.sha256, first.sha256, sizeof plain.sha256);
    assert_memory_not_equal(plain.md5, first.md5, sizeof plain.md5);
}

static void test_base_digest__every_flipped_bit_of_a_state_is_noticed(void **state) {
    (void)state;
    struct digest digest;
    uint8_t saved[DIGEST_STATE_MAX];
    digest_init(&digest, DIGEST_ALL);
    digest_update(&digest, input, 1000);
    size_t length = digest_save(&digest, saved);
    for (size_t bit = 0; bit < length * 8; bit++) {
        saved[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(digest_restore(&digest, saved, length, NULL), LREG_CORRUPT);
        saved[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_int_equal(digest_restore(&digest, saved, length, NULL), LREG_OK);
}

static void test_base_digest__states_of_another_length_are_refused(void **state) {
    (void)state;
    struct digest digest;
    uint8_t saved[DIGEST_STATE_MAX + 1] = {0};
    digest_init(&digest, DIGEST_ALL);
    digest_update(&digest, input, 1000);
    size_t length = digest_save(&digest, saved);
    struct error err = {0};
    for (size_t shorter = 0; shorter < length; shorter++) {
        uint8_t *copy = malloc(shorter > 0 ? shorter : 1); /* exactly as long, to detect reads past the end */
        assert_non_null(copy);
        memcpy(copy, saved, shorter);
        assert_int_equal(digest_restore(&digest, copy, shorter, &err), LREG_CORRUPT);
        free(copy);
    }
    assert_int_equal(digest_restore(&digest, saved, length + 1, &err), LREG_CORRUPT);
    assert_string_equal(err.code, "digest_state");
    assert_int_equal(digest_restore(&digest, NULL, 0, &err), LREG_CORRUPT);
}

static void test_base_digest__sound_checksum_does_not_excuse_unknown_algorithms(void **state) {
    (void)state;
    struct digest digest;
    uint8_t saved[DIGEST_STATE_MAX];
    digest_init(&digest, 0);
    size_t length = digest_save(&digest, saved);
    assert_int_equal(digest_restore(&digest, saved, length, NULL), LREG_OK);
    put_big_endian(saved + 4, 0x10, 4);
    put_big_endian(saved + length - 4, crc32_of(saved, length - 4), 4);
    assert_int_equal(digest_restore(&digest, saved, length, NULL), LREG_CORRUPT);
}

/* The format must not change: saved states outlive the program. */
static void test_base_digest__saved_form_is_fixed(void **state) {
    (void)state;
    struct digest digest;
    uint8_t saved[DIGEST_STATE_MAX];
    char text[2 * DIGEST_STATE_MAX + 1];
    digest_init(&digest, DIGEST_SHA256);
    digest_update(&digest, "abc", 3);
    hex_encode(saved, digest_save(&digest, saved), text);
    assert_string_equal(text, "4c52443100000004000000000000000"
                              "36a09e667bb67ae853c6ef372a54ff53a510e527f9b05688c1f83d9ab5be0cd19"
                              "616263"
                              "18bc150a");
}

/* RFC 4231 sections 4.2 to 4.8 without the truncated one. */
static void check_hmac(int key_byte, const char *key_text, size_t key_length, const void *bytes, size_t length,
                       const char *expected) {
    uint8_t key[131];
    memset(key, key_byte, sizeof key);
    if (key_text != NULL) {
        memcpy(key, key_text, key_length);
    }
    uint8_t out[DIGEST_SHA256_BYTES];
    hmac_sha256(key, key_length, bytes, length, out);
    assert_hex(out, sizeof out, expected);
}

static void test_base_digest__hmac_follows_the_vectors_of_its_rfc(void **state) {
    (void)state;
    check_hmac(0x0b, NULL, 20, "Hi There", 8, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    check_hmac(0, "Jefe", 4, "what do ya want for nothing?", 28,
               "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    uint8_t bytes[50];
    memset(bytes, 0xdd, sizeof bytes);
    check_hmac(0xaa, NULL, 20, bytes, 50, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    memset(bytes, 0xcd, sizeof bytes);
    check_hmac(0,
               "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19",
               25, bytes, 50, "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
    const char *larger = "Test Using Larger Than Block-Size Key - Hash Key First";
    check_hmac(0xaa, NULL, 131, larger, strlen(larger),
               "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    const char *both = "This is a test using a larger than block-size key and a larger than block-size data. The key "
                       "needs to be hashed before being used by the HMAC algorithm.";
    check_hmac(0xaa, NULL, 131, both, strlen(both), "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

static void test_base_digest__shares_in_any_order_make_the_whole(void **state) {
    (void)state;
    struct digest digest;
    struct digest_set whole;
    struct digest_set shared;
    uint8_t saved[DIGEST_STATE_MAX];
    digest_of(DIGEST_ALL, input, sizeof input, &whole);
    digest_init(&digest, DIGEST_ALL);
    digest_update_share(&digest, DIGEST_SHA1 | DIGEST_MD5, input, 40001);
    digest_update_share(&digest, DIGEST_SHA256 | DIGEST_SHA512, input, 40001);
    digest_count(&digest, 40001);
    size_t length = digest_save(&digest, saved);
    assert_int_equal(digest_restore(&digest, saved, length, NULL), LREG_OK);
    digest_update(&digest, input + 40001, sizeof input - 40001);
    digest_finish(&digest, &shared);
    assert_sets_equal(&shared, &whole);
}

/* A share ignores algorithms that the digest does not compute. */
static void test_base_digest__share_adds_no_algorithm(void **state) {
    (void)state;
    struct digest digest;
    struct digest_set whole;
    struct digest_set shared;
    digest_of(DIGEST_SHA256, input, sizeof input, &whole);
    digest_init(&digest, DIGEST_SHA256);
    digest_update_share(&digest, DIGEST_SHA256 | DIGEST_SHA512, input, sizeof input);
    digest_update_share(&digest, DIGEST_SHA1 | DIGEST_MD5, input, sizeof input);
    digest_count(&digest, sizeof input);
    digest_finish(&digest, &shared);
    assert_sets_equal(&shared, &whole);
}

static void test_base_digest__hmac_takes_empty_keys_and_texts(void **state) {
    (void)state;
    uint8_t out[DIGEST_SHA256_BYTES];
    hmac_sha256(NULL, 0, NULL, 0, out);
    assert_hex(out, sizeof out, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

static void test_base_digest__hmac_keys_count_from_their_first_byte(void **state) {
    (void)state;
    uint8_t empty[DIGEST_SHA256_BYTES];
    uint8_t one[DIGEST_SHA256_BYTES];
    hmac_sha256("", 0, "x", 1, empty);
    hmac_sha256("k", 1, "x", 1, one);
    assert_memory_not_equal(empty, one, sizeof one);
    assert_hex(one, sizeof one, "c38edc8815c8489f64738978f44008f8596345545f0baa68ef6fcf5c53e57189");
}

static void test_base_digest__hmac_may_write_over_its_text(void **state) {
    (void)state;
    uint8_t bytes[DIGEST_SHA256_BYTES] = "what do ya want for nothing?";
    hmac_sha256("Jefe", 4, bytes, 28, bytes);
    assert_hex(bytes, sizeof bytes, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}
