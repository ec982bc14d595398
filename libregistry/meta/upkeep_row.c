/* SPDX-License-Identifier: Apache-2.0 */

/* The row of upkeep. */

#include "meta/upkeep_row.h"

#include "meta/engine.h"

#include <string.h>

static void read_holder(struct meta_statement *statement, char out[ID_TEXT]) {
    const char *holder = meta_column_text(statement, NULL);
    size_t length = strlen(holder);
    if (length < ID_TEXT) {
        memcpy(out, holder, length + 1);
    }
}

lreg_status meta_upkeep_read(struct meta_transaction *transaction, struct meta_upkeep *out, struct error *err) {
    static const char sql[] = "SELECT holder, renewals, believed_ms, uptime_ms, collected_ms, swept_ms, scrubbed_ms,"
                              " scrub_blob, scrub_document FROM upkeep WHERE one = 1";
    struct meta_statement statement;
    *out = (struct meta_upkeep){0};
    meta_statement_begin(&statement, transaction, sql, err);
    if (!meta_statement_next(&statement)) {
        lreg_status status = meta_statement_end(&statement);
        return status != LREG_OK ? status : error_set(err, LREG_CORRUPT, "", "metadata: the row of upkeep is gone");
    }
    read_holder(&statement, out->holder);
    out->renewals = meta_column_int(&statement);
    out->believed_ms = meta_column_int(&statement);
    out->uptime_ms = meta_column_int(&statement);
    out->collected_ms = meta_column_int(&statement);
    out->swept_ms = meta_column_int(&statement);
    out->scrubbed_ms = meta_column_int(&statement);
    out->scrub_blob = meta_column_int(&statement);
    out->scrub_document = meta_column_int(&statement);
    return meta_statement_end(&statement);
}

lreg_status meta_upkeep_write(struct meta_transaction *transaction, const struct meta_upkeep *row, struct error *err) {
    static const char sql[] = "UPDATE upkeep SET holder = ?1, renewals = ?2, believed_ms = ?3, uptime_ms = ?4,"
                              " collected_ms = ?5, swept_ms = ?6, scrubbed_ms = ?7, scrub_blob = ?8,"
                              " scrub_document = ?9 WHERE one = 1";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, row->holder);
    meta_bind_int(&statement, row->renewals);
    meta_bind_int(&statement, row->believed_ms);
    meta_bind_int(&statement, row->uptime_ms);
    meta_bind_int(&statement, row->collected_ms);
    meta_bind_int(&statement, row->swept_ms);
    meta_bind_int(&statement, row->scrubbed_ms);
    meta_bind_int(&statement, row->scrub_blob);
    meta_bind_int(&statement, row->scrub_document);
    return meta_statement_run_one(&statement, "row", "of upkeep");
}
