/* SPDX-License-Identifier: Apache-2.0 */
#ifndef META_SQLITE_SCHEMA_INTERNAL_H
#define META_SQLITE_SCHEMA_INTERNAL_H

#include "meta/sqlite/connection_internal.h"

/* Brings the database to the schema of this version, in one transaction; any number of processes may do so at once.
 * LREG_UNSUPPORTED when it is of a newer version, or not ours; LREG_CORRUPT when `is_expected` and it has none. */
lreg_status meta_schema_migrate(struct meta_connection *connection, bool is_expected, struct error *err);

/* LREG_UNSUPPORTED as above, before anything is changed. */
lreg_status meta_schema_check(struct meta_connection *connection, struct error *err);

#endif
