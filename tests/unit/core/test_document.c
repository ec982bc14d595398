/* SPDX-License-Identifier: Apache-2.0 */
/* Documents and registry keys: found, cached, made once. Labels: threaded */

#include "store.h"

#include <mbedtls/pk.h>
#include <pthread.h>

static void put_document(struct core *core, const struct core_registry *registry, const char *scope, const char *name,
                         const void *content, size_t length) {
    struct meta_transaction *transaction = NULL;
    struct digest_set digests;
    struct meta_document row = {.registry_id = registry->row.id,
                                .scope = scope,
                                .name = name,
                                .media_type = "text/plain",
                                .content = content,
                                .content_length = length,
                                .attributes = ""};
    digest_of(DIGEST_SHA256, content, length, &digests);
    memcpy(row.sha256, digests.sha256, sizeof row.sha256);
    assert_int_equal(meta_begin(core_meta(core), META_WRITE, &transaction, NULL), LREG_OK);
    assert_int_equal(meta_document_put(transaction, &row, NULL, 0, NULL), LREG_OK);
    assert_int_equal(meta_commit(transaction, NULL), LREG_OK);
}

static void put_text(struct store *store, const char *scope, const char *name, const char *text) {
    put_document(store->core, store->registry, scope, name, text, strlen(text));
}

static void assert_document(struct store *store, const char *scope, const char *name, const char *text) {
    const struct core_document *document = NULL;
    assert_int_equal(core_document_find(store->core, store->registry, scope, name, &document, NULL), LREG_OK);
    assert_int_equal(document->row.content_length, strlen(text));
    assert_memory_equal(document->row.content, text, strlen(text));
    assert_string_equal(document->row.media_type, "text/plain");
    core_document_release(document);
}

static void test_core_document__is_found_and_seen_to_change(void **state) {
    struct store store;
    (void)state;
    store_begin(&store);
    put_text(&store, "index", "x86_64", "one");
    assert_document(&store, "index", "x86_64", "one");
    assert_document(&store, "index", "x86_64", "one");
    put_text(&store, "index", "x86_64", "two!");
    assert_document(&store, "index", "x86_64", "two!");
    store_end(&store);
}

static void test_core_document__warm_reads_no_row(void **state) {
    struct store store;
    (void)state;
    store_begin(&store);
    put_text(&store, "index", "x86_64", "one");
    assert_document(&store, "index", "x86_64", "one");
    steps_arm(&store.steps, 0, 0);
    assert_document(&store, "index", "x86_64", "one");
    assert_true(atomic_load(&store.steps.calls) <= 2);
    store_end(&store);
}

static void test_core_document__what_is_not_there_is_unknown(void **state) {
    struct store store;
    struct error err = {0};
    const struct core_document *document = NULL;
    char longest[3000];
    (void)state;
    store_begin(&store);
    memset(longest, 'n', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(core_document_find(store.core, store.registry, "a", "b", &document, &err), LREG_NOT_FOUND);
    assert_string_equal(err.code, "document_unknown");
    assert_int_equal(core_document_find(store.core, store.registry, "a", longest, &document, &err), LREG_NOT_FOUND);
    assert_null(document);
    core_document_release(NULL);
    store_end(&store);
}

static void test_core_document__names_are_not_mixed_up(void **state) {
    struct store store;
    (void)state;
    store_begin(&store);
    put_text(&store, "a", "b\nc", "first");
    put_text(&store, "a\nb", "c", "second");
    assert_document(&store, "a", "b\nc", "first");
    assert_document(&store, "a\nb", "c", "second");
    store_end(&store);
}

static void test_core_document__large_ones_are_not_kept(void **state) {
    struct store store;
    const size_t length = 300 * 1024;
    const struct core_document *first = NULL;
    const struct core_document *second = NULL;
    (void)state;
    store_begin(&store);
    char *content = test_calloc(1, length);
    put_document(store.core, store.registry, "app", "large", content, length);
    assert_int_equal(core_document_find(store.core, store.registry, "app", "large", &first, NULL), LREG_OK);
    assert_int_equal(core_document_find(store.core, store.registry, "app", "large", &second, NULL), LREG_OK);
    assert_ptr_not_equal(first, second);
    assert_int_equal(first->row.content_length, length);
    core_document_retain(first);
    core_document_release(first);
    core_document_release(first);
    core_document_release(second);
    test_free(content);
    store_end(&store);
}

/* --- Keys --- */

static void assert_pair(const struct core_registry_key *key, unsigned bits) {
    mbedtls_pk_context private_key;
    mbedtls_pk_context public_key;
    mbedtls_pk_init(&private_key);
    mbedtls_pk_init(&public_key);
    assert_true(strstr(key->public_pem, "-----BEGIN PUBLIC KEY-----") == key->public_pem);
    assert_int_equal(mbedtls_pk_parse_key(&private_key, (const unsigned char *)key->private_pem,
                                          strlen(key->private_pem) + 1, NULL, 0),
                     0);
    assert_int_equal(
        mbedtls_pk_parse_public_key(&public_key, (const unsigned char *)key->public_pem, strlen(key->public_pem) + 1),
        0);
    assert_int_equal(mbedtls_pk_get_bitlen(&private_key), bits);
    assert_int_equal(mbedtls_pk_check_pair(&public_key, &private_key), 0);
    mbedtls_pk_free(&private_key);
    mbedtls_pk_free(&public_key);
}

static void test_core_document__a_key_is_made_once_and_sealed(void **state) {
    struct store store;
    struct arena arena;
    struct core_registry_key first;
    struct core_registry_key second;
    struct meta_registry_key row;
    struct meta_transaction *transaction = NULL;
    (void)state;
    store_begin(&store);
    arena_init(&arena, core_hooks(store.core), 1 << 20);
    assert_int_equal(core_registry_key_find_or_make(store.core, store.registry, "rsa", 2048, &arena, &first, NULL),
                     LREG_OK);
    assert_pair(&first, 2048);
    assert_int_equal(core_registry_key_find_or_make(store.core, store.registry, "rsa", 4096, &arena, &second, NULL),
                     LREG_OK);
    assert_string_equal(first.private_pem, second.private_pem);
    assert_string_equal(first.public_pem, second.public_pem);

    assert_int_equal(meta_begin(core_meta(store.core), META_READ, &transaction, NULL), LREG_OK);
    assert_int_equal(meta_registry_key_find(transaction, store.registry->row.id, "rsa", &arena, &row, NULL), LREG_OK);
    meta_rollback(transaction);
    assert_null(memmem(row.sealed, row.sealed_length, "PRIVATE", strlen("PRIVATE")));
    assert_string_equal(row.public_text, first.public_pem);

    const char *text = first.private_pem;
    size_t length = strlen(text);
    core_registry_key_wipe(&first);
    assert_null(first.private_pem);
    for (size_t i = 0; i < length; i++) {
        assert_int_equal(text[i], 0);
    }
    core_registry_key_wipe(&second);
    core_registry_key_wipe(&second);
    arena_free(&arena);
    store_end(&store);
}

/* A key that was moved to another registry's row cannot be unsealed. */
static void test_core_document__a_key_is_bound_to_its_registry(void **state) {
    struct store store;
    struct arena arena;
    struct core_registry_key key;
    struct meta_registry_key row;
    struct meta_transaction *transaction = NULL;
    (void)state;
    store_begin(&store);
    const struct core_registry *other = fixture_registry(store.core, store.organization, "other", false);
    arena_init(&arena, core_hooks(store.core), 1 << 20);
    assert_int_equal(core_registry_key_find_or_make(store.core, store.registry, "rsa", 2048, &arena, &key, NULL),
                     LREG_OK);
    core_registry_key_wipe(&key);
    assert_int_equal(meta_begin(core_meta(store.core), META_WRITE, &transaction, NULL), LREG_OK);
    assert_int_equal(meta_registry_key_find(transaction, store.registry->row.id, "rsa", &arena, &row, NULL), LREG_OK);
    row.registry_id = other->row.id;
    assert_int_equal(meta_registry_key_insert(transaction, &row, NULL), LREG_OK);
    assert_int_equal(meta_commit(transaction, NULL), LREG_OK);
    assert_int_equal(core_registry_key_find_or_make(store.core, other, "rsa", 2048, &arena, &key, NULL), LREG_CORRUPT);
    assert_null(key.private_pem);
    core_registry_release(other);
    arena_free(&arena);
    store_end(&store);
}

static void test_core_document__weak_keys_are_refused(void **state) {
    struct store store;
    struct arena arena;
    struct core_registry_key key;
    (void)state;
    store_begin(&store);
    arena_init(&arena, core_hooks(store.core), 1 << 20);
    assert_int_equal(core_registry_key_find_or_make(store.core, store.registry, "rsa", 1024, &arena, &key, NULL),
                     LREG_BAD_ARGUMENT);
    arena_free(&arena);
    store_end(&store);
}

static lreg_status no_randomness(void *user, void *bytes, size_t length, lreg_failure *failure) {
    (void)failure;
    (void)bytes;
    (void)length;
    (void)user;
    return LREG_IO;
}

static void test_core_document__no_key_without_randomness(void **state) {
    struct store store;
    struct arena arena;
    struct core_registry_key key;
    struct error err = {0};
    (void)state;
    store_begin(&store);
    arena_init(&arena, core_hooks(store.core), 1 << 20);
    store.core->hooks.random.fill = no_randomness;
    assert_int_equal(core_registry_key_find_or_make(store.core, store.registry, "rsa", 2048, &arena, &key, &err),
                     LREG_IO);
    assert_string_equal(err.code, "key_generation");
    arena_free(&arena);
    store_end(&store);
}

#define THREADS 3

struct maker {
    pthread_t thread;
    struct store *store;
    struct arena arena;
    struct core_registry_key key;
    lreg_status status;
};

static void *make_key(void *user) {
    struct maker *maker = user;
    maker->status = core_registry_key_find_or_make(maker->store->core, maker->store->registry, "rsa", 2048,
                                                   &maker->arena, &maker->key, NULL);
    return NULL;
}

static void test_core_document__many_threads_get_the_same_key(void **state) {
    struct store store;
    struct maker makers[THREADS];
    (void)state;
    store_begin(&store);
    for (int i = 0; i < THREADS; i++) {
        makers[i] = (struct maker){.store = &store};
        arena_init(&makers[i].arena, core_hooks(store.core), 1 << 20);
        assert_int_equal(pthread_create(&makers[i].thread, NULL, make_key, &makers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(makers[i].thread, NULL), 0);
        assert_int_equal(makers[i].status, LREG_OK);
        assert_string_equal(makers[i].key.public_pem, makers[0].key.public_pem);
    }
    for (int i = 0; i < THREADS; i++) {
        arena_free(&makers[i].arena);
    }
    store_end(&store);
}
