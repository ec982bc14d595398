/* SPDX-License-Identifier: Apache-2.0 */

/* The audit log: rows are only added, listed newest first, and removed starting with the oldest. */

#include "meta/audit.h"

#include "meta/engine.h"

#define AUDIT_COLUMNS \
    "id, organization_id, registry_id, type, actor, actor_token_id, remote_address, subject, data, at_ms"

static void read_row(struct meta_statement *statement, struct arena *arena, void *row) {
    struct meta_audit_event *event = row;
    event->id = meta_column_text(statement, arena);
    event->organization_id = meta_column_text(statement, arena);
    event->registry_id = meta_column_text_or_null(statement, arena);
    event->type = meta_column_text(statement, arena);
    event->actor = meta_column_text(statement, arena);
    event->actor_token_id = meta_column_text_or_null(statement, arena);
    event->remote_address = meta_column_text(statement, arena);
    event->subject = meta_column_text(statement, arena);
    event->data = meta_column_text(statement, arena);
    event->at_ms = meta_column_int(statement);
}

lreg_status meta_audit_insert(struct meta_transaction *transaction, const struct meta_audit_event *row,
                              struct error *err) {
    static const char sql[] = "INSERT INTO audit_events (" AUDIT_COLUMNS ")"
                              " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, row->id);
    meta_bind_text(&statement, row->organization_id);
    meta_bind_text(&statement, row->registry_id);
    meta_bind_text(&statement, row->type);
    meta_bind_text_or_empty(&statement, row->actor);
    meta_bind_text(&statement, row->actor_token_id);
    meta_bind_text_or_empty(&statement, row->remote_address);
    meta_bind_text_or_empty(&statement, row->subject);
    meta_bind_text_or_empty(&statement, row->data);
    meta_bind_int(&statement, row->at_ms);
    return meta_statement_run(&statement, NULL);
}

lreg_status meta_audit_newest(struct meta_transaction *transaction, const char *organization_id, char out[ID_TEXT],
                              struct error *err) {
    static const char sql[] = "SELECT id FROM audit_events WHERE organization_id = ?1 ORDER BY id DESC LIMIT 1";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, organization_id);
    return meta_statement_find_id(&statement, out);
}

lreg_status meta_audit_list(struct meta_transaction *transaction, const char *organization_id, const char *before_id,
                            size_t limit, struct arena *arena, struct meta_audit_event **out, size_t *out_count,
                            struct error *err) {
    static const char from_newest[] = "SELECT " AUDIT_COLUMNS " FROM audit_events WHERE organization_id = ?1"
                                      " ORDER BY id DESC LIMIT ?3";
    static const char older[] = "SELECT " AUDIT_COLUMNS " FROM audit_events WHERE organization_id = ?1 AND id < ?2"
                                " ORDER BY id DESC LIMIT ?3";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, before_id != NULL ? older : from_newest, err);
    meta_bind_text(&statement, organization_id);
    meta_bind_text(&statement, before_id);
    meta_bind_limit(&statement, limit);
    void *rows = NULL;
    lreg_status status = meta_statement_collect(&statement, arena, sizeof **out, read_row, &rows, out_count);
    *out = rows;
    return status;
}

static int64_t clamp(uint64_t number) {
    return number < INT64_MAX ? (int64_t)number : INT64_MAX;
}

/* Removes at most `limit` events that are older than `at_ms`. */
static lreg_status remove_older(struct meta_transaction *transaction, int64_t at_ms, uint64_t limit,
                                uint64_t *out_removed, struct error *err) {
    static const char sql[] = "DELETE FROM audit_events WHERE position IN (SELECT position FROM audit_events"
                              " WHERE at_ms < ?1 ORDER BY at_ms, id LIMIT ?2)";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_int(&statement, at_ms);
    meta_bind_int(&statement, clamp(limit));
    return meta_statement_run(&statement, out_removed);
}

/* True when there may be more than `keep` events. Positions have gaps where events were removed out of order, so their
 * range is an upper bound of the number. It costs two look-ups; counting would read the whole log. */
static lreg_status may_be_more(struct meta_transaction *transaction, uint64_t keep, bool *out, struct error *err) {
    static const char sql[] = "SELECT coalesce((SELECT max(position) FROM audit_events)"
                              " - (SELECT min(position) FROM audit_events) + 1, 0)";
    struct meta_statement statement;
    *out = false;
    meta_statement_begin(&statement, transaction, sql, err);
    if (meta_statement_next(&statement)) {
        *out = meta_column_size(&statement) > keep;
    }
    return meta_statement_end(&statement);
}

/* Removes the oldest events, at most `limit`, until `keep` (at least 1) are left. */
static lreg_status remove_beyond(struct meta_transaction *transaction, uint64_t keep, uint64_t limit,
                                 uint64_t *out_removed, struct error *err) {
    static const char sql[] = "DELETE FROM audit_events WHERE position IN (SELECT position FROM audit_events"
                              " WHERE (at_ms, id) < (SELECT at_ms, id FROM audit_events"
                              " ORDER BY at_ms DESC, id DESC LIMIT 1 OFFSET ?1) ORDER BY at_ms, id LIMIT ?2)";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_int(&statement, clamp(keep - 1));
    meta_bind_int(&statement, clamp(limit));
    return meta_statement_run(&statement, out_removed);
}

static lreg_status keep_newest(struct meta_transaction *transaction, uint64_t keep, uint64_t limit,
                               uint64_t *out_removed, struct error *err) {
    bool more = false;
    *out_removed = 0;
    if (keep == 0) {
        return remove_older(transaction, INT64_MAX, limit, out_removed, err);
    }
    lreg_status status = may_be_more(transaction, keep, &more, err);
    if (status == LREG_OK && more) {
        status = remove_beyond(transaction, keep, limit, out_removed, err);
    }
    return status;
}

lreg_status meta_audit_rotate(struct meta_transaction *transaction, int64_t before_ms, uint64_t keep, size_t limit,
                              uint64_t *out_removed, struct error *err) {
    uint64_t old = 0;
    uint64_t surplus = 0;
    *out_removed = 0;
    lreg_status status = remove_older(transaction, before_ms, limit, &old, err);
    if (status == LREG_OK && old < limit) {
        status = keep_newest(transaction, keep, limit - old, &surplus, err);
    }
    if (status == LREG_OK) {
        *out_removed = old + surplus;
    }
    return status;
}
