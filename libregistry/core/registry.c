/* SPDX-License-Identifier: Apache-2.0 */

/* Registries: found through the cache; their creation, changes and deletion are recorded in the audit log. */

#include "core/registry.h"

#include "base/text.h"
#include "core/audit.h"
#include "core/ecosystem.h"
#include "core/instance/state.h"
#include "core/purge.h"
#include "core/rules.h"

#include <stdio.h>
#include <string.h>

#define ARENA_MAX ((size_t)1 << 20)
#define PURGE_PAGES 8 /* of a deleted registry, before its deletion returns: about half a second */

void core_registry_retain(const struct core_registry *registry) {
    core_shared_retain(registry->shared);
}

void core_registry_release(const struct core_registry *registry) {
    if (registry != NULL) {
        core_shared_release(registry->shared);
    }
}

/* --- finding --- */

/* How a registry is looked up. */
struct registry_key {
    const char *id; /* NULL: by the slugs */
    const char *organization_slug;
    const char *slug;
};

static lreg_status read_registry(struct core *core, struct meta_transaction *transaction, const void *arguments,
                                 struct core_shared *shared, struct error *err) {
    const struct registry_key *key = arguments;
    struct core_registry *registry = core_shared_object(shared);
    struct arena *arena = core_shared_arena(shared);
    registry->shared = shared;
    lreg_status status = key->id != NULL ? meta_registry_find_by_id(transaction, key->id, arena, &registry->row, err)
                                         : meta_registry_find(transaction, key->organization_slug, key->slug, arena,
                                                              &registry->row, err);
    if (status == LREG_NOT_FOUND) {
        return core_registry_unknown(key->organization_slug, key->slug, err);
    }
    if (status == LREG_OK) {
        registry->ecosystem = core_ecosystem_find(core, registry->row.ecosystem);
    }
    return status;
}

static const struct core_lookup registry_lookup = {
    .object_bytes = sizeof(struct core_registry),
    .read = read_registry,
};

static struct registry_key key_of_row(const struct meta_registry *row, const char *organization_slug) {
    return (struct registry_key){.id = row->id, .organization_slug = organization_slug, .slug = row->slug};
}

lreg_status core_registry_find(struct core *core, const char *organization_slug, const char *slug,
                               const struct core_registry **out, struct error *err) {
    char cache_key[16 + 2 * SLUG_MAX];
    struct core_shared *shared = NULL;
    *out = NULL;
    if (!slug_is_valid(organization_slug) || !slug_is_valid(slug)) {
        return core_registry_unknown(organization_slug, slug, err);
    }
    snprintf(cache_key, sizeof(cache_key), "registry\n%s\n%s", organization_slug, slug);
    struct registry_key key = {.organization_slug = organization_slug, .slug = slug};
    lreg_status status = core_find_cached(core, &registry_lookup, cache_key, &key, &shared, err);
    if (status == LREG_OK) {
        *out = core_shared_object(shared);
    }
    return status;
}

lreg_status core_registry_read(struct core *core, const struct meta_registry *row, const struct core_registry **out,
                               struct error *err) {
    struct core_shared *shared = NULL;
    struct registry_key key = key_of_row(row, row->organization_slug);
    *out = NULL;
    lreg_status status = core_read_object(core, &registry_lookup, NULL, &key, &shared, err);
    if (status == LREG_OK) {
        *out = core_shared_object(shared);
    }
    return status;
}

lreg_status core_registry_reread(struct meta_transaction *transaction, const struct core_registry *registry,
                                 struct arena *arena, struct meta_registry *out, struct error *err) {
    const struct meta_registry *row = &registry->row;
    lreg_status status = meta_registry_find_by_id(transaction, row->id, arena, out, err);
    if (status == LREG_NOT_FOUND) {
        return core_registry_unknown(row->organization_slug, row->slug, err);
    }
    return status;
}

lreg_status core_registry_list(struct core *core, const struct core_organization *organization, const char *after_slug,
                               size_t limit, struct arena *arena, struct meta_registry **out, size_t *out_count,
                               struct error *err) {
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin(core->meta, META_READ, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = meta_registry_list(transaction, organization->row.id, after_slug, core_page_limit(limit), arena, out,
                                out_count, err);
    meta_rollback(transaction);
    return status;
}

/* --- settings --- */

static const char *given_text(const char *setting, const char *otherwise) {
    return setting != NULL ? setting : otherwise;
}

static bool given_flag(int setting, bool otherwise) {
    return setting == CORE_UNCHANGED ? otherwise : setting != 0;
}

/* Applies the given settings to the row; the texts stay borrowed. */
static void apply(const struct core_registry_settings *settings, struct meta_registry *row) {
    row->name = given_text(settings->name, row->name);
    row->description = given_text(settings->description, row->description);
    row->emoji = given_text(settings->emoji, row->emoji);
    row->color = given_text(settings->color, row->color);
    row->is_public = given_flag(settings->is_public, row->is_public);
    row->allow_overwrite = given_flag(settings->allow_overwrite, row->allow_overwrite);
    row->strict_names = given_flag(settings->strict_names, row->strict_names);
}

static lreg_status check_row(const struct meta_registry *row, struct error *err) {
    lreg_status status = core_check_name("name", row->name, err);
    if (status != LREG_OK) {
        return status;
    }
    status = core_check_text("description", row->description, CORE_DESCRIPTION_MAX, err);
    if (status != LREG_OK) {
        return status;
    }
    status = core_check_line("emoji", row->emoji, CORE_EMOJI_MAX, err);
    return status == LREG_OK ? core_check_color(row->color, err) : status;
}

static lreg_status check_ecosystem(const struct core *core, const char *name, struct error *err) {
    if (core_ecosystem_find(core, name) != NULL) {
        return LREG_OK;
    }
    struct strbuf known;
    strbuf_init(&known, &core->hooks, 200);
    for (size_t i = 0; core->ecosystems != NULL && core->ecosystems[i] != NULL; i++) {
        strbuf_append_format(&known, "%s%s", i == 0 ? "" : ", ", core->ecosystems[i]->name);
    }
    lreg_status status = name == NULL
                             ? error_set(err, LREG_BAD_ARGUMENT, "ecosystem_missing",
                                         "the ecosystem is missing: one of %s", strbuf_text(&known))
                             : error_set(err, LREG_UNPROCESSABLE, "unknown_ecosystem",
                                         "there is no ecosystem \"%.60s\": it is one of %s", name, strbuf_text(&known));
    strbuf_free(&known);
    return status;
}

static lreg_status slug_taken(const char *organization_slug, const char *slug, struct error *err) {
    return error_set(err, LREG_CONFLICT, "slug_taken", "there is a registry %s/%s already", organization_slug, slug);
}

/* --- the audit log --- */

static lreg_status audit(struct core *core, struct meta_transaction *transaction, const struct core_actor *actor,
                         const struct meta_registry *row, const char *type, const char *data, struct arena *arena,
                         struct error *err) {
    const char *subject = arena_format(arena, "%s/%s", row->organization_slug, row->slug);
    if (subject == NULL) {
        return error_no_memory(err);
    }
    return core_audit(core, transaction, actor, row->organization_id, row->id, type, subject, data, err);
}

static json_t *describe(const struct meta_registry *row) {
    return json_pack("{s:s, s:s, s:s, s:b, s:b, s:b}", "slug", row->slug, "name", row->name, "ecosystem",
                     row->ecosystem, "public", row->is_public, "allow_overwrite", row->allow_overwrite, "strict_names",
                     row->strict_names);
}

/* Adds {"<name>": {"from": …, "to": …}} when the two differ. False when out of memory. */
static bool note_text(json_t *changes, const char *name, const char *from, const char *to) {
    return strcmp(from, to) == 0 ||
           json_object_set_new(changes, name, json_pack("{s:s, s:s}", "from", from, "to", to)) == 0;
}

static bool note_flag(json_t *changes, const char *name, bool from, bool to) {
    return from == to || json_object_set_new(changes, name, json_pack("{s:b, s:b}", "from", from, "to", to)) == 0;
}

/* The differences, owned by the caller: an empty object when there are none, NULL when out of memory. */
static json_t *changes_between(const struct meta_registry *from, const struct meta_registry *to) {
    json_t *changes = json_object();
    bool noted = changes != NULL && note_text(changes, "slug", from->slug, to->slug) &&
                 note_text(changes, "name", from->name, to->name) &&
                 note_text(changes, "description", from->description, to->description) &&
                 note_text(changes, "emoji", from->emoji, to->emoji) &&
                 note_text(changes, "color", from->color, to->color) &&
                 note_flag(changes, "public", from->is_public, to->is_public) &&
                 note_flag(changes, "allow_overwrite", from->allow_overwrite, to->allow_overwrite) &&
                 note_flag(changes, "strict_names", from->strict_names, to->strict_names);
    if (!noted) {
        json_decref(changes);
        return NULL;
    }
    return changes;
}

/* --- creation --- */

static lreg_status create_in(struct core *core, struct meta_transaction *transaction, const struct core_actor *actor,
                             const struct core_organization *organization, const struct meta_registry *row,
                             struct core_shared **out, struct error *err) {
    struct meta_organization found;
    struct arena arena;
    const char *data = NULL;
    arena_init(&arena, &core->hooks, ARENA_MAX);
    lreg_status status = core_organization_reread(transaction, organization, &arena, &found, err);
    if (status != LREG_OK) {
        goto out;
    }
    status = meta_registry_insert(transaction, row, err);
    if (status == LREG_CONFLICT) {
        status = slug_taken(found.slug, row->slug, err);
    }
    if (status != LREG_OK) {
        goto out;
    }
    status = core_audit_data(core, describe(row), &arena, &data, err);
    if (status != LREG_OK) {
        goto out;
    }
    status = audit(core, transaction, actor, row, "RegistryCreatedEvent", data, &arena, err);
    if (status != LREG_OK) {
        goto out;
    }
    struct registry_key key = key_of_row(row, found.slug);
    status = core_read_object(core, &registry_lookup, transaction, &key, out, err);

out:
    arena_free(&arena);
    return status;
}

static lreg_status create(struct core *core, const struct core_actor *actor,
                          const struct core_organization *organization, struct meta_registry *row,
                          const struct core_registry **out, struct error *err) {
    struct meta_transaction *transaction = NULL;
    struct core_shared *shared = NULL;
    char id[ID_TEXT];
    lreg_status status = id_new(&core->hooks, id, err);
    if (status != LREG_OK) {
        goto out;
    }
    row->id = id;
    row->created_ms = hooks_now_ms(&core->hooks);
    row->updated_ms = row->created_ms;
    status = meta_begin(core->meta, META_WRITE, &transaction, err);
    if (status != LREG_OK) {
        goto out;
    }
    status = create_in(core, transaction, actor, organization, row, &shared, err);
    status = meta_end(transaction, status, err);
    if (status != LREG_OK) {
        goto out;
    }
    *out = core_shared_object(shared);
    shared = NULL;

out:
    core_shared_release(shared);
    row->id = NULL;
    return status;
}

lreg_status core_registry_create(struct core *core, const struct core_actor *actor,
                                 const struct core_organization *organization,
                                 const struct core_registry_settings *settings, const struct core_registry **out,
                                 struct error *err) {
    char slug[SLUG_MAX + 1];
    struct meta_registry row = {.organization_id = organization->row.id,
                                .organization_slug = organization->row.slug,
                                .slug = slug,
                                .description = "",
                                .emoji = "",
                                .color = "",
                                .ecosystem = settings->ecosystem,
                                .storage = CORE_STORAGE_OF_INSTANCE};
    *out = NULL;
    apply(settings, &row);
    lreg_status status = check_row(&row, err);
    if (status != LREG_OK) {
        return status;
    }
    status = core_choose_slug(settings->slug, settings->name, slug, err);
    if (status != LREG_OK) {
        return status;
    }
    status = check_ecosystem(core, settings->ecosystem, err);
    return status == LREG_OK ? create(core, actor, organization, &row, out, err) : status;
}

/* --- change --- */

/* The changed row. `slug` holds the new slug, if it changes. */
static lreg_status changed_row(const struct core_registry_settings *settings, const struct meta_registry *before,
                               char slug[SLUG_MAX + 1], struct meta_registry *out, struct error *err) {
    *out = *before;
    if (settings->ecosystem != NULL && strcmp(settings->ecosystem, before->ecosystem) != 0) {
        return error_set(err, LREG_UNPROCESSABLE, "ecosystem_fixed",
                         "the ecosystem of a registry cannot be changed: this one is for %s", before->ecosystem);
    }
    if (settings->slug != NULL) {
        lreg_status status = core_choose_slug(settings->slug, before->name, slug, err);
        if (status != LREG_OK) {
            return status;
        }
        out->slug = slug;
    }
    apply(settings, out);
    return check_row(out, err);
}

static lreg_status write_change(struct core *core, struct meta_transaction *transaction, const struct core_actor *actor,
                                const struct meta_registry *row, json_t *changes, struct core_shared **out,
                                struct error *err) {
    struct arena arena;
    const char *data = NULL;
    arena_init(&arena, &core->hooks, ARENA_MAX);
    lreg_status status = core_audit_data(core, changes, &arena, &data, err);
    if (status != LREG_OK) {
        goto out;
    }
    status = meta_registry_update(transaction, row, err);
    if (status == LREG_CONFLICT) {
        status = slug_taken(row->organization_slug, row->slug, err);
    }
    if (status != LREG_OK) {
        goto out;
    }
    status = audit(core, transaction, actor, row, "RegistryUpdatedEvent", data, &arena, err);
    if (status != LREG_OK) {
        goto out;
    }
    struct registry_key key = key_of_row(row, row->organization_slug);
    status = core_read_object(core, &registry_lookup, transaction, &key, out, err);

out:
    arena_free(&arena);
    return status;
}

/* Settings that are equal already are not a change: no event and no write. The snapshot is then the existing one. */
static lreg_status update_in(struct core *core, struct meta_transaction *transaction, const struct core_actor *actor,
                             const struct meta_registry *known, const struct core_registry_settings *settings,
                             struct core_shared **out, struct error *err) {
    struct core_shared *before = NULL;
    struct meta_registry row;
    char slug[SLUG_MAX + 1];
    struct registry_key key = key_of_row(known, known->organization_slug);
    lreg_status status = core_read_object(core, &registry_lookup, transaction, &key, &before, err);
    if (status != LREG_OK) {
        return status;
    }
    const struct core_registry *registry = core_shared_object(before);
    status = changed_row(settings, &registry->row, slug, &row, err);
    if (status != LREG_OK) {
        goto out;
    }
    json_t *changes = changes_between(&registry->row, &row);
    if (changes != NULL && json_object_size(changes) == 0) {
        json_decref(changes);
        *out = before;
        before = NULL;
        goto out;
    }
    row.updated_ms = hooks_now_ms(&core->hooks);
    status = write_change(core, transaction, actor, &row, changes, out, err);

out:
    core_shared_release(before);
    return status;
}

lreg_status core_registry_update(struct core *core, const struct core_actor *actor,
                                 const struct core_registry *registry, const struct core_registry_settings *settings,
                                 const struct core_registry **out, struct error *err) {
    struct meta_transaction *transaction = NULL;
    struct core_shared *shared = NULL;
    if (out != NULL) {
        *out = NULL;
    }
    lreg_status status = meta_begin(core->meta, META_WRITE, &transaction, err);
    if (status != LREG_OK) {
        goto out;
    }
    status = update_in(core, transaction, actor, &registry->row, settings, &shared, err);
    status = meta_end(transaction, status, err);
    if (status != LREG_OK || out == NULL) {
        goto out;
    }
    *out = core_shared_object(shared);
    shared = NULL;

out:
    core_shared_release(shared);
    return status;
}

/* --- deletion --- */

static lreg_status delete_in(struct core *core, struct meta_transaction *transaction, const struct core_actor *actor,
                             const struct core_registry *registry, struct arena *arena, struct error *err) {
    struct meta_registry row;
    const char *data = NULL;
    lreg_status status = core_registry_reread(transaction, registry, arena, &row, err);
    if (status != LREG_OK) {
        return status;
    }
    status = core_audit_data(core, describe(&row), arena, &data, err);
    if (status != LREG_OK) {
        return status;
    }
    status = meta_registry_delete(transaction, row.id, err);
    if (status != LREG_OK) {
        return status;
    }
    return audit(core, transaction, actor, &row, "RegistryDeletedEvent", data, arena, err);
}

/* The registry is deleted already: what fails here, or takes long, is left to the collector. */
static void purge_deleted(struct core *core, const struct meta_registry *row) {
    struct error failure = {0};
    if (core_registry_purge(core, row->id, PURGE_PAGES, &failure) != LREG_OK) {
        hooks_log(&core->hooks, LREG_LOG_WARNING, "the content of registry %s/%s is left to the next collection: %s",
                  row->organization_slug, row->slug, failure.message);
    }
}

lreg_status core_registry_delete(struct core *core, const struct core_actor *actor,
                                 const struct core_registry *registry, struct error *err) {
    struct meta_transaction *transaction = NULL;
    struct arena arena;
    arena_init(&arena, &core->hooks, ARENA_MAX);
    lreg_status status = meta_begin(core->meta, META_WRITE, &transaction, err);
    if (status != LREG_OK) {
        goto out;
    }
    status = delete_in(core, transaction, actor, registry, &arena, err);
    status = meta_end(transaction, status, err);
    if (status == LREG_OK) {
        purge_deleted(core, &registry->row);
    }

out:
    arena_free(&arena);
    return status;
}
