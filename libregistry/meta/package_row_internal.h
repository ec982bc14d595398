/* SPDX-License-Identifier: Apache-2.0 */
#ifndef META_PACKAGE_ROW_INTERNAL_H
#define META_PACKAGE_ROW_INTERNAL_H

/* How a row of packages is read. */

#include "meta/packages.h"
#include "meta/engine.h"

/* `texts` are the two columns that may be long: attributes and index_entry. */
#define META_PACKAGE_COLUMNS_WITH(texts)                                                                         \
    "id, registry_id, name, version, qualifier, filename, media_type, size_bytes, blob_id, document, md5, sha1," \
    " sha256, sha512, " texts ", downloads, published_by, created_ms, updated_ms"
#define META_PACKAGE_COLUMNS META_PACKAGE_COLUMNS_WITH("attributes, index_entry")

void meta_read_package(struct meta_statement *statement, struct arena *arena, void *row);

#endif
