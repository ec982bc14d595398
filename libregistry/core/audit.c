/* SPDX-License-Identifier: Apache-2.0 */

/* The audit log: one event for each change, written in the transaction that makes it. */

#include "core/audit.h"

#include "core/instance/state.h"
#include "core/rules.h"

#include <string.h>

#define AUDIT_DATA_MAX ((size_t)64 << 10)

lreg_status core_audit_data(struct core *core, json_t *object, struct arena *arena, const char **out,
                            struct error *err) {
    if (object == NULL) {
        return error_no_memory(err);
    }
    struct strbuf text;
    strbuf_init(&text, &core->hooks, AUDIT_DATA_MAX);
    lreg_status status = json_render(object, &text, err);
    if (status == LREG_OK) {
        *out = arena_copy_text(arena, strbuf_text(&text));
        status = *out == NULL ? error_no_memory(err) : LREG_OK;
    }
    strbuf_free(&text);
    json_decref(object);
    return status;
}

/* Runs under the write lock, so the order of the ids is the order of the commits, also within a millisecond and when a
 * clock was set back or differs. */
static lreg_status new_event_id(struct core *core, struct meta_transaction *transaction, const char *organization_id,
                                char out[ID_TEXT], struct error *err) {
    char newest[ID_TEXT];
    lreg_status status = id_new(&core->hooks, out, err);
    if (status == LREG_OK) {
        status = meta_audit_newest(transaction, organization_id, newest, err);
    }
    if (status == LREG_OK) {
        id_put_behind(out, newest);
    }
    return status;
}

lreg_status core_audit(struct core *core, struct meta_transaction *transaction, const struct core_actor *actor,
                       const char *organization_id, const char *registry_id, const char *type, const char *subject,
                       const char *data, struct error *err) {
    char id[ID_TEXT];
    lreg_status status = new_event_id(core, transaction, organization_id, id, err);
    if (status != LREG_OK) {
        return status;
    }
    const struct auth_principal *principal = actor->principal;
    struct meta_audit_event event = {
        .id = id,
        .organization_id = organization_id,
        .registry_id = registry_id,
        .type = type,
        .actor = principal->label,
        .actor_token_id = principal->token_id[0] == '\0' ? NULL : principal->token_id,
        .remote_address = actor->remote_address == NULL ? "" : actor->remote_address,
        .subject = subject,
        .data = data == NULL ? "" : data,
        .at_ms = hooks_now_ms(&core->hooks),
    };
    return meta_audit_insert(transaction, &event, err);
}

/* Rows of before version 0.1 have words such as REGISTRY_CREATED for "RegistryCreatedEvent". They are
 * shown as of today, and stay as they are. NULL when out of memory. */
static const char *type_of_today(const char *stored, struct arena *arena) {
    if (stored[0] == '\0' || stored[strspn(stored, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_")] != '\0') {
        return stored;
    }
    char *type = arena_allocate(arena, strlen(stored) + sizeof "Event");
    size_t length = 0;
    for (const char *word = stored; type != NULL && *word != '\0';) {
        size_t end = strcspn(word, "_");
        bool is_acronym = end == 3 && strncmp(word, "API", 3) == 0;
        for (size_t i = 0; i < end; i++) {
            type[length++] = (char)(i == 0 || is_acronym ? word[i] : word[i] - 'A' + 'a');
        }
        word += end + (word[end] == '_' ? 1 : 0);
    }
    if (type != NULL) {
        memcpy(type + length, "Event", sizeof "Event");
    }
    return type;
}

lreg_status core_audit_list(struct core *core, const char *organization_id, const char *before_id, size_t limit,
                            struct arena *arena, struct meta_audit_event **out, size_t *out_count, struct error *err) {
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin(core->meta, META_READ, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status =
        meta_audit_list(transaction, organization_id, before_id, core_page_limit(limit), arena, out, out_count, err);
    meta_rollback(transaction);
    for (size_t i = 0; status == LREG_OK && i < *out_count; i++) {
        (*out)[i].type = type_of_today((*out)[i].type, arena);
        status = (*out)[i].type == NULL ? error_no_memory(err) : LREG_OK;
    }
    return status;
}
