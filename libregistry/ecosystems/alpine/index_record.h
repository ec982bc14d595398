/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ECOSYSTEMS_ALPINE_INDEX_RECORD_H
#define ECOSYSTEMS_ALPINE_INDEX_RECORD_H

/* A package in the text of an index. The text is stored with the package, without the architecture, which differs
 * between the indexes that list a noarch package. Pure. */

#include "base/strbuf.h"
#include "base/text.h"
#include "ecosystems/alpine/package_reader.h"

#define ALPINE_RECORD_HEAD_MAX ((size_t)2048) /* from this size on, clients cannot write their database */

#define ALPINE_RECORD_MAX ((size_t)64 * 1024) /* of the whole record */

/* Appends the lines C P V S I T U L o m t c k D p i, without A and without the empty line at the end.
 * LREG_UNPROCESSABLE ("metadata_too_long", "record_too_long"). */
lreg_status alpine_index_record_render(const struct alpine_package *package, struct strbuf *out, struct error *err);

/* A record for the index of any architecture: A comes after `identity`, and an empty line after `rest`. */
struct alpine_index_record {
    struct slice identity; /* lines C P V */
    struct slice rest;
};
/* Splits a rendered record; LREG_CORRUPT when it is not one. */
lreg_status alpine_index_record_split(const char *rendered, struct alpine_index_record *out, struct error *err);
size_t alpine_index_record_length(const struct alpine_index_record *record, const char *architecture);

#endif
