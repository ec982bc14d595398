/* SPDX-License-Identifier: Apache-2.0 */
#ifndef META_BLOB_ROW_INTERNAL_H
#define META_BLOB_ROW_INTERNAL_H

/* How a row of `blobs` (as `b`) is read, wherever that table is joined. */

#include "meta/blobs.h"
#include "meta/engine.h"

#define META_BLOB_COLUMNS "b.id, b.storage, b.sha256, b.size_bytes, b.key, b.created_ms, b.damaged_ms"

/* A list for IN: with it, the indexes of `blobs` and `doomed` by storage find what any storage has. */
#define META_ALL_STORAGES "(SELECT name FROM storages)"

void meta_read_blob(struct meta_statement *statement, struct arena *arena, void *row);

#endif
