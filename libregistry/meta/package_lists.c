/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Listings of packages. Each order has an index, so that the cost of a page depends on the page alone. The statement is
 * chosen by the most selective filter; the other filters are checked row by row, and NULL matches every row.
 */

#include "meta/package_row_internal.h"

#include "base/encoding.h"
#include "base/text.h"
#include "meta/distinct_internal.h"

#include <stdio.h>
#include <string.h>

/* Parameters of all listings: ?1 registry, ?2 name, ?3 part of the name, ?4 qualifier, ?5 document, ?6 and ?7 time and
 * id of the package to continue after, ?8 version to continue after, ?9 limit, ?10 whether to leave out columns that
 * may be long. */
#define TEXTS "iif(?10, '', attributes), iif(?10, '', index_entry)"
#define LIST "SELECT " META_PACKAGE_COLUMNS_WITH(TEXTS) " FROM packages WHERE " META_OF_REGISTRY
#define ANY_NAME " AND (?2 IS NULL OR name = ?2)"
#define ANY_PART " AND (?3 IS NULL OR instr(lower(name), lower(?3)) > 0)" /* lower() folds ASCII only */
#define ANY_QUALIFIER " AND (?4 IS NULL OR qualifier = ?4)"
#define BY_TIME " AND (created_ms, id) < (?6, ?7) ORDER BY created_ms DESC, id DESC LIMIT ?9"
#define BY_NAME " ORDER BY name, version, qualifier, id LIMIT ?9"

static const char by_time[] = LIST ANY_PART ANY_QUALIFIER BY_TIME;
static const char by_time_of_name[] = LIST " AND name = ?2" ANY_PART ANY_QUALIFIER BY_TIME;
static const char by_time_of_document[] = LIST " AND document = ?5" ANY_NAME ANY_PART ANY_QUALIFIER BY_TIME;
static const char by_name[] = LIST ANY_PART BY_NAME;
static const char by_name_of_name[] = LIST " AND name = ?2" ANY_PART ANY_QUALIFIER BY_NAME;
static const char by_name_behind[] = LIST " AND name = ?2 AND version > ?8" ANY_PART ANY_QUALIFIER BY_NAME;
static const char by_name_of_qualifier[] =
    LIST " AND qualifier = ?4" ANY_PART " ORDER BY name, version, created_ms, id LIMIT ?9";
/* Few packages have the same document (the tags of one manifest), so these are sorted. "+" keeps SQLite from using the
 * index of names, which would walk over all packages. */
static const char by_name_of_document[] =
    LIST " AND document = ?5" ANY_NAME ANY_PART ANY_QUALIFIER " AND (?8 IS NULL OR version > ?8)"
         " ORDER BY +name, version, qualifier, id LIMIT ?9";

struct position {
    int64_t created_ms;
    const char *id;
};

/* The time in a UUIDv7 (RFC 9562 section 5.7). */
static bool time_of_id(const char *id, int64_t *out_ms) {
    char digits[12];
    uint8_t bytes[6];
    if (!id_is_valid(id) || id[14] != '7') {
        return false;
    }
    memcpy(digits, id, 8);
    memcpy(digits + 8, id + 9, 4);
    if (!hex_decode(digits, sizeof digits, bytes)) {
        return false;
    }
    int64_t ms = 0;
    for (size_t i = 0; i < sizeof bytes; i++) {
        ms = ms * 256 + bytes[i];
    }
    *out_ms = ms;
    return true;
}

/* Where to continue. The position of a package that was deleted since the previous page follows from its id. */
static lreg_status find_position(struct meta_transaction *transaction, const struct meta_package_query *query,
                                 struct position *out, struct error *err) {
    static const char sql[] = "SELECT created_ms FROM packages WHERE id = ?1 AND registry_id = ?2";
    *out = (struct position){.created_ms = INT64_MAX, .id = query->after_id};
    if (query->after_id == NULL) {
        out->id = "";
        return LREG_OK;
    }
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, query->after_id);
    meta_bind_text(&statement, query->registry_id);
    bool found = meta_statement_next(&statement);
    if (found) {
        out->created_ms = meta_column_int(&statement);
    }
    lreg_status status = meta_statement_end(&statement);
    if (status == LREG_OK && !found && !time_of_id(query->after_id, &out->created_ms)) {
        status = error_set(err, LREG_NOT_FOUND, "", "no package %s to continue after", query->after_id);
    }
    return status;
}

static const char *statement_for(const struct meta_package_query *query) {
    if (query->order == META_BY_TIME) {
        if (query->document != NULL) {
            return by_time_of_document;
        }
        return query->name != NULL ? by_time_of_name : by_time;
    }
    if (query->document != NULL) {
        return by_name_of_document;
    }
    if (query->name != NULL) {
        return query->after_version != NULL ? by_name_behind : by_name_of_name;
    }
    return query->qualifier != NULL ? by_name_of_qualifier : by_name;
}

static lreg_status check_query(const struct meta_package_query *query, struct error *err) {
    if (query->limit == 0 || query->limit > META_PAGE_MAX) {
        return error_set(err, LREG_BAD_ARGUMENT, "", "a page has 1 to %d packages", META_PAGE_MAX);
    }
    if (query->after_id != NULL && query->order != META_BY_TIME) {
        return error_set(err, LREG_BAD_ARGUMENT, "", "a listing by name does not continue after an id");
    }
    if (query->after_version != NULL && (query->order != META_BY_NAME || query->name == NULL)) {
        return error_set(err, LREG_BAD_ARGUMENT, "", "only the versions of one name continue after a version");
    }
    return LREG_OK;
}

lreg_status meta_package_list(struct meta_transaction *transaction, const struct meta_package_query *query,
                              struct arena *arena, struct meta_package **out, size_t *out_count, struct error *err) {
    struct position position = {0};
    *out = NULL;
    *out_count = 0;
    lreg_status status = check_query(query, err);
    if (status == LREG_OK) {
        status = find_position(transaction, query, &position, err);
    }
    if (status != LREG_OK) {
        return status;
    }
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, statement_for(query), err);
    meta_bind_text(&statement, query->registry_id);
    meta_bind_text(&statement, query->name);
    meta_bind_text(&statement, query->name_contains);
    meta_bind_text(&statement, query->qualifier);
    meta_bind_text(&statement, query->document);
    meta_bind_int(&statement, position.created_ms);
    meta_bind_text(&statement, position.id);
    meta_bind_text(&statement, query->after_version);
    meta_bind_limit(&statement, query->limit);
    meta_bind_int(&statement, query->is_brief ? 1 : 0);
    void *rows = NULL;
    status = meta_statement_collect(&statement, arena, sizeof **out, meta_read_package, &rows, out_count);
    *out = rows;
    return status;
}

/* --- Searching --- */

/* Ids of packages that were found. */
struct search {
    const struct meta_package_query *query;
    const char **ids;
    size_t count;
    size_t looked_at;
    char *last;
};

static bool contains(const char *name, const char *part) {
    size_t length = strlen(part);
    size_t room = strlen(name);
    for (size_t at = 0; at + length <= room; at++) {
        if (slice_equals_ignoring_case((struct slice){name + at, length}, part)) {
            return true;
        }
    }
    return false;
}

static lreg_status look_at(struct search *search, struct meta_statement *statement, struct arena *arena) {
    const char *id = meta_column_text(statement, NULL);
    const char *name = meta_column_text(statement, NULL);
    search->looked_at++;
    (void)snprintf(search->last, ID_TEXT, "%s", id);
    if (!contains(name, search->query->name_contains)) {
        return LREG_OK;
    }
    search->ids[search->count] = arena_copy_text(arena, id);
    return search->ids[search->count++] != NULL ? LREG_OK : error_no_memory(statement->err);
}

/* Reads the index by time only, which contains the names. */
static lreg_status find_ids(struct search *search, struct meta_transaction *transaction, size_t looks_at,
                            struct arena *arena, struct error *err) {
    static const char sql[] = "SELECT id, name FROM packages WHERE " META_OF_REGISTRY
                              " AND (created_ms, id) < (?2, ?3) ORDER BY created_ms DESC, id DESC";
    struct position position;
    struct meta_statement statement;
    lreg_status status = find_position(transaction, search->query, &position, err);
    if (status != LREG_OK) {
        return status;
    }
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, search->query->registry_id);
    meta_bind_int(&statement, position.created_ms);
    meta_bind_text(&statement, position.id);
    bool is_end = false;
    while (status == LREG_OK && !is_end && search->count < search->query->limit && search->looked_at < looks_at) {
        is_end = !meta_statement_next(&statement);
        status = is_end ? LREG_OK : look_at(search, &statement, arena);
    }
    if (is_end) {
        search->last[0] = '\0';
    }
    lreg_status ended = meta_statement_end(&statement);
    return status != LREG_OK ? status : ended;
}

static lreg_status find_brief(struct meta_transaction *transaction, const struct meta_package_query *query,
                              const char *id, struct arena *arena, struct meta_package *out, struct error *err) {
    static const char sql[] = "SELECT " META_PACKAGE_COLUMNS_WITH(
        "iif(?3, '', attributes), iif(?3, '', index_entry)") " FROM packages"
                                                             " WHERE " META_OF_REGISTRY " AND id = ?2";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, query->registry_id);
    meta_bind_text(&statement, id);
    meta_bind_int(&statement, query->is_brief ? 1 : 0);
    return meta_statement_find(&statement, arena, meta_read_package, out, "package", id);
}

lreg_status meta_package_search(struct meta_transaction *transaction, const struct meta_package_query *query,
                                size_t looks_at, struct arena *arena, struct meta_package **out, size_t *out_count,
                                char out_last[ID_TEXT], struct error *err) {
    struct search search = {.query = query, .last = out_last};
    *out = NULL;
    *out_count = 0;
    out_last[0] = '\0';
    lreg_status status = check_query(query, err);
    if (status != LREG_OK) {
        return status;
    }
    search.ids = arena_allocate_zeroed(arena, query->limit, sizeof *search.ids);
    *out = arena_allocate_zeroed(arena, query->limit, sizeof **out);
    if (search.ids == NULL || *out == NULL) {
        return error_no_memory(err);
    }
    status = find_ids(&search, transaction, looks_at, arena, err);
    for (size_t i = 0; status == LREG_OK && i < search.count; i++) {
        status = find_brief(transaction, query, search.ids[i], arena, &(*out)[i], err);
    }
    *out_count = search.count;
    return status;
}

lreg_status meta_package_newest_at(struct meta_transaction *transaction, const char *registry_id, int64_t created_ms,
                                   char out[ID_TEXT], struct error *err) {
    static const char sql[] = "SELECT id FROM packages WHERE registry_id = ?1 AND created_ms = ?2"
                              " ORDER BY id DESC LIMIT 1";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, registry_id);
    meta_bind_int(&statement, created_ms);
    return meta_statement_find_id(&statement, out);
}

lreg_status meta_package_find_by_version(struct meta_transaction *transaction, const char *registry_id,
                                         const char *name, const char *version, struct arena *arena,
                                         struct meta_package **out, size_t *out_count, struct error *err) {
    static const char sql[] = "SELECT " META_PACKAGE_COLUMNS " FROM packages"
                              " WHERE " META_OF_REGISTRY " AND name = ?2 AND version = ?3"
                              " ORDER BY qualifier, id LIMIT ?4";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, registry_id);
    meta_bind_text(&statement, name);
    meta_bind_text(&statement, version);
    meta_bind_limit(&statement, META_PAGE_MAX);
    void *rows = NULL;
    lreg_status status = meta_statement_collect(&statement, arena, sizeof **out, meta_read_package, &rows, out_count);
    *out = rows;
    return status;
}

lreg_status meta_package_names(struct meta_transaction *transaction, const char *registry_id, const char *after_name,
                               size_t limit, struct arena *arena, const char ***out, size_t *out_count,
                               struct error *err) {
    static const char from[] =
        "SELECT name FROM packages WHERE " META_OF_REGISTRY " AND name >= ?2 ORDER BY name LIMIT 1";
    static const char behind[] =
        "SELECT name FROM packages WHERE " META_OF_REGISTRY " AND name > ?2 ORDER BY name LIMIT 1";
    const struct meta_distinct query = {
        .from = from,
        .behind = behind,
        .registry_id = registry_id,
        .prefix = "",
        .after = after_name,
        .limit = limit,
    };
    return meta_list_distinct(transaction, &query, arena, out, out_count, err);
}

lreg_status meta_package_qualifiers(struct meta_transaction *transaction, const char *registry_id, struct arena *arena,
                                    const char ***out, size_t *out_count, struct error *err) {
    static const char from[] = "SELECT qualifier FROM packages WHERE " META_OF_REGISTRY " AND qualifier >= ?2"
                               " ORDER BY qualifier LIMIT 1";
    static const char behind[] = "SELECT qualifier FROM packages WHERE " META_OF_REGISTRY " AND qualifier > ?2"
                                 " ORDER BY qualifier LIMIT 1";
    const struct meta_distinct query = {
        .from = from,
        .behind = behind,
        .registry_id = registry_id,
        .prefix = "",
        .limit = META_PAGE_MAX,
    };
    return meta_list_distinct(transaction, &query, arena, out, out_count, err);
}

/* The two qualifiers are two ranges of one index, merged while they are read. */
lreg_status meta_package_visit_index(struct meta_transaction *transaction, const char *registry_id,
                                     const char *qualifier, const char *or_qualifier, meta_index_visit visit,
                                     void *user, struct error *err) {
    static const char sql[] =
        "SELECT index_entry, name, version, created_ms, id FROM packages WHERE " META_OF_REGISTRY " AND qualifier = ?2"
        " UNION ALL "
        "SELECT index_entry, name, version, created_ms, id FROM packages WHERE " META_OF_REGISTRY " AND qualifier = ?3"
        " AND ?3 <> ?2 ORDER BY name, version, created_ms, id";
    struct meta_statement statement;
    lreg_status visited = LREG_OK;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, registry_id);
    meta_bind_text(&statement, qualifier);
    meta_bind_text(&statement, or_qualifier);
    while (visited == LREG_OK && meta_statement_next(&statement)) {
        const char *entry = meta_column_text(&statement, NULL);
        if (statement.status == LREG_OK && entry[0] != '\0') {
            visited = visit(user, entry, err);
        }
    }
    lreg_status status = meta_statement_end(&statement);
    return status != LREG_OK ? status : visited;
}

lreg_status meta_package_visit_dangling(struct meta_transaction *transaction, meta_package_dangling visit, void *user,
                                        struct error *err) {
    static const char sql[] = "SELECT registry_id, filename, document FROM packages WHERE document IS NOT NULL"
                              " AND NOT EXISTS (SELECT 1 FROM documents AS d WHERE d.registry_id = packages.registry_id"
                              " AND d.scope = packages.name AND d.name = packages.document)"
                              " AND " META_REGISTRY_LIVES("packages.registry_id");
    struct meta_statement statement;
    lreg_status visited = LREG_OK;
    meta_statement_begin(&statement, transaction, sql, err);
    while (visited == LREG_OK && meta_statement_next(&statement)) {
        const char *registry_id = meta_column_text(&statement, NULL);
        const char *filename = meta_column_text(&statement, NULL);
        const char *document = meta_column_text(&statement, NULL);
        if (statement.status == LREG_OK) {
            visited = visit(user, registry_id, filename, document, err);
        }
    }
    lreg_status status = meta_statement_end(&statement);
    return status != LREG_OK ? status : visited;
}
