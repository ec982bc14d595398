/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A registry's own RSA keys: generated at the first request, and then never changed. Generating one takes up to
 * seconds, so it happens outside any lock. When several callers generate one at once, the first to write wins, and the
 * others use its key.
 */

#include "core/registry_key.h"

#include "core/instance/state.h"

#include <mbedtls/bignum.h>
#include <mbedtls/pk.h>
#include <mbedtls/rsa.h>
#include <string.h>

#define BITS_MIN 2048
#define BITS_MAX 8192
#define EXPONENT 65537
#define PEM_MAX ((size_t)16 * 1024)

struct pem_pair {
    char private_pem[PEM_MAX];
    char public_pem[PEM_MAX];
};

static int random_for_mbedtls(void *user, unsigned char *bytes, size_t length) {
    const struct hooks *hooks = user;
    return hooks_random(hooks, bytes, length, NULL) == LREG_OK ? 0 : MBEDTLS_ERR_RSA_RNG_FAILED;
}

/* mbedtls adds the number of the inner failure to that of the outer one. */
static lreg_status report(int result, struct error *err) {
    bool is_memory = result == MBEDTLS_ERR_PK_ALLOC_FAILED || (-result & 0x7f) == -MBEDTLS_ERR_MPI_ALLOC_FAILED;
    if (is_memory) {
        return error_no_memory(err);
    }
    return error_set(err, LREG_IO, "key_generation", "an RSA key could not be made (mbedtls %d)", result);
}

static lreg_status generate(struct core *core, unsigned bits, struct pem_pair *out, struct error *err) {
    mbedtls_pk_context key;
    mbedtls_pk_init(&key);
    int result = mbedtls_pk_setup(&key, mbedtls_pk_info_from_type(MBEDTLS_PK_RSA));
    if (result == 0) {
        result = mbedtls_rsa_gen_key(mbedtls_pk_rsa(key), random_for_mbedtls, &core->hooks, bits, EXPONENT);
    }
    if (result == 0) {
        result = mbedtls_pk_write_key_pem(&key, (unsigned char *)out->private_pem, sizeof out->private_pem);
    }
    if (result == 0) {
        result = mbedtls_pk_write_pubkey_pem(&key, (unsigned char *)out->public_pem, sizeof out->public_pem);
    }
    mbedtls_pk_free(&key);
    return result == 0 ? LREG_OK : report(result, err);
}

/* The context that the sealed key is bound to: it cannot be moved to another registry or name. */
static lreg_status make_context(const struct core_registry *registry, const char *name, struct arena *arena,
                                const char **out, struct error *err) {
    *out = arena_format(arena, "registry_key\n%s\n%s", registry->row.id, name);
    return *out != NULL ? LREG_OK : error_no_memory(err);
}

static lreg_status unseal(struct core *core, const struct meta_registry_key *row, const char *context,
                          struct arena *arena, struct core_registry_key *out, struct error *err) {
    void *bytes = NULL;
    size_t length = 0;
    lreg_status status =
        auth_unseal(&core->hooks, &core->keys, context, row->sealed, row->sealed_length, &bytes, &length, err);
    if (status != LREG_OK) {
        return status;
    }
    out->private_pem = arena_copy_bytes(arena, bytes, length);
    out->public_pem = row->public_text;
    memory_wipe(bytes, length);
    memory_release(&core->hooks, bytes);
    return out->private_pem != NULL ? LREG_OK : error_no_memory(err);
}

static lreg_status find(struct core *core, const struct core_registry *registry, const char *name, struct arena *arena,
                        struct meta_registry_key *out, struct error *err) {
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin(core->meta, META_READ, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = meta_registry_key_find(transaction, registry->row.id, name, arena, out, err);
    meta_rollback(transaction);
    return status;
}

/* LREG_CONFLICT when another caller was faster. */
static lreg_status insert(struct core *core, const struct meta_registry_key *row, struct error *err) {
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin(core->meta, META_WRITE, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = meta_registry_key_insert(transaction, row, err);
    return meta_end(transaction, status, err);
}

static lreg_status seal_and_insert(struct core *core, const struct core_registry *registry, const char *name,
                                   const char *context, const struct pem_pair *pair, struct error *err) {
    void *sealed = NULL;
    struct meta_registry_key row = {.registry_id = registry->row.id, .name = name, .public_text = pair->public_pem};
    lreg_status status = auth_seal(&core->hooks, &core->keys, context, pair->private_pem, strlen(pair->private_pem),
                                   &sealed, &row.sealed_length, err);
    if (status != LREG_OK) {
        return status;
    }
    row.sealed = sealed;
    status = insert(core, &row, err);
    memory_release(&core->hooks, sealed);
    return status;
}

static lreg_status make(struct core *core, const struct core_registry *registry, const char *name, unsigned bits,
                        const char *context, struct error *err) {
    if (bits < BITS_MIN || bits > BITS_MAX) {
        return error_set(err, LREG_BAD_ARGUMENT, "", "an RSA key has %d to %d bits", BITS_MIN, BITS_MAX);
    }
    struct pem_pair *pair = memory_allocate_zeroed(&core->hooks, 1, sizeof *pair);
    if (pair == NULL) {
        return error_no_memory(err);
    }
    lreg_status status = generate(core, bits, pair, err);
    if (status == LREG_OK) {
        status = seal_and_insert(core, registry, name, context, pair, err);
    }
    memory_wipe(pair, sizeof *pair);
    memory_release(&core->hooks, pair);
    return status;
}

lreg_status core_registry_key_find_or_make(struct core *core, const struct core_registry *registry, const char *name,
                                           unsigned bits, struct arena *arena, struct core_registry_key *out,
                                           struct error *err) {
    struct meta_registry_key row;
    const char *context = NULL;
    *out = (struct core_registry_key){0};
    lreg_status status = make_context(registry, name, arena, &context, err);
    if (status != LREG_OK) {
        return status;
    }
    status = find(core, registry, name, arena, &row, err);
    if (status == LREG_NOT_FOUND) {
        error_clear(err);
        status = make(core, registry, name, bits, context, err);
        if (status != LREG_OK && status != LREG_CONFLICT) {
            return status;
        }
        error_clear(err);
        status = find(core, registry, name, arena, &row, err);
    }
    if (status != LREG_OK) {
        return status;
    }
    return unseal(core, &row, context, arena, out, err);
}

void core_registry_key_wipe(struct core_registry_key *key) {
    if (key->private_pem != NULL) {
        /* The text is in the caller's arena; const is only for readers. */
        memory_wipe((char *)key->private_pem, strlen(key->private_pem));
    }
    *key = (struct core_registry_key){0};
}
