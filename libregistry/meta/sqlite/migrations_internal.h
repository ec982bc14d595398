/* SPDX-License-Identifier: Apache-2.0 */
#ifndef META_SQLITE_MIGRATIONS_INTERNAL_H
#define META_SQLITE_MIGRATIONS_INTERNAL_H

#include "meta/sqlite/connection_internal.h"

/* Migrates the database to the schema of this version, in one transaction. Several processes may call it at once.
 * LREG_UNSUPPORTED when the database is of a newer version, or not ours; LREG_CORRUPT when `is_expected` and it has no
 * schema. */
lreg_status meta_schema_migrate(struct meta_connection *connection, bool is_expected, struct error *err);

/* LREG_UNSUPPORTED as above. Changes nothing. */
lreg_status meta_schema_check(struct meta_connection *connection, struct error *err);

#endif
