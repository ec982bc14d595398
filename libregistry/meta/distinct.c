/* SPDX-License-Identifier: Apache-2.0 */

/* Distinct values by jumping through an index. SQL's DISTINCT would read every row. */

#include "meta/distinct_internal.h"

#include "base/text.h"
#include "meta/engine.h"

#include <string.h>

/* Sets `*out` to the value that `sql` finds, or to NULL when it finds none, or one without the prefix: no later value
 * has the prefix then. */
static lreg_status find_next(struct meta_transaction *transaction, const struct meta_distinct *query, const char *sql,
                             const char *than, struct arena *arena, const char **out, struct error *err) {
    struct meta_statement statement;
    *out = NULL;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, query->registry_id);
    meta_bind_text(&statement, than);
    if (meta_statement_next(&statement) && text_starts_with(meta_column_text(&statement, NULL), query->prefix)) {
        statement.column = 0;
        *out = meta_column_text_or_null(&statement, arena);
    }
    return meta_statement_end(&statement);
}

lreg_status meta_list_distinct(struct meta_transaction *transaction, const struct meta_distinct *query,
                               struct arena *arena, const char ***out, size_t *out_count, struct error *err) {
    struct meta_rows rows = {.bytes_each = sizeof(const char *)};
    size_t limit = query->limit < META_PAGE_MAX ? query->limit : META_PAGE_MAX;
    bool resumes = query->after != NULL && strcmp(query->after, query->prefix) >= 0;
    const char *sql = resumes ? query->behind : query->from;
    const char *value = resumes ? query->after : query->prefix;
    *out = NULL;
    *out_count = 0;
    while (rows.count < limit) {
        lreg_status status = find_next(transaction, query, sql, value, arena, &value, err);
        if (status != LREG_OK) {
            return status;
        }
        if (value == NULL) {
            break;
        }
        const char **slot = meta_rows_add(&rows, arena);
        if (slot == NULL) {
            return error_no_memory(err);
        }
        *slot = value;
        sql = query->behind;
    }
    *out = (const char **)(void *)rows.items;
    *out_count = rows.count;
    return LREG_OK;
}
