/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ECOSYSTEMS_ALPINE_INDEX_H
#define ECOSYSTEMS_ALPINE_INDEX_H

/*
 * Writes APKINDEX.tar.gz: a gzip member with the signature, and one with the index itself, which the signature covers.
 * The index is packed while its records come in, so it needs memory only for the packed index. Equal records and key
 * make equal bytes. No I/O.
 */

#include "base/digest.h"
#include "formats/gzip.h"
#include "ecosystems/alpine/index_record.h"

#define ALPINE_INDEX_MAX ((size_t)256 * 1024 * 1024) /* bytes, packed */
#define ALPINE_INDEX_TEXT_MAX (UINT64_C(8) * 1024 * 1024 * 1024 - 1) /* the maximum of a tar header */
#define ALPINE_KEY_NAME_MAX 87 /* bytes: with the prefix ".SIGN.RSA256." it fills the 100 of a plain tar name */

/* Must not be moved between begin and end. */
struct alpine_index {
    struct strbuf packed;
    struct alpine_gzip gzip;
    uint64_t text_bytes; /* announced */
    uint64_t written_bytes;
};

/* `text_bytes` is the sum of alpine_index_record_length() of all records to come. LREG_TOO_LARGE. */
lreg_status alpine_index_begin(struct alpine_index *index, const struct hooks *hooks, uint64_t text_bytes,
                               struct error *err);
lreg_status alpine_index_add(struct alpine_index *index, const struct alpine_index_record *record,
                             const char *architecture, struct error *err);

/* Signs the index. `key_name` is the file name of the public key on clients. The whole file
 * is then in `index->packed`, until end. */
lreg_status alpine_index_finish(struct alpine_index *index, const char *private_pem, const char *key_name,
                                struct error *err);
void alpine_index_end(struct alpine_index *index); /* frees; call it after begin, also after a failed one */

#endif
