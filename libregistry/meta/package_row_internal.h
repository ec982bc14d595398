/* SPDX-License-Identifier: Apache-2.0 */
#ifndef META_PACKAGE_ROW_INTERNAL_H
#define META_PACKAGE_ROW_INTERNAL_H

/* How a row of packages is read. */

#include "meta/packages.h"
#include "meta/statement_internal.h"

#define META_PACKAGE_COLUMNS                                                                                     \
    "id, registry_id, name, version, qualifier, filename, media_type, size_bytes, blob_id, document, md5, sha1," \
    " sha256, sha512, attributes, index_entry, downloads, published_by, created_ms, updated_ms"

void meta_read_package(struct meta_statement *statement, struct arena *arena, void *row);

#endif
