/* SPDX-License-Identifier: Apache-2.0 */
#ifndef META_SQLITE_SCHEMA_INTERNAL_H
#define META_SQLITE_SCHEMA_INTERNAL_H

#include "meta/sqlite/connection_internal.h"

/* Brings the database to the schema of this version, in one transaction; any number of processes may do so at once.
 * LREG_UNSUPPORTED when it is of a newer version, or not ours. */
lreg_status meta_schema_migrate(struct meta_connection *connection, struct error *err);

#endif
