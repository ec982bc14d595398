/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Builds bodies from texts, so that a change of one letter results in a package with valid checksums:
 *
 *     =form FILENAME   a multipart form with one file
 *     =apk             an Alpine package; the text is .PKGINFO, to which size and datahash are added
 *     =tar             an archive; 0x1d separates the entries; the first line of each is its name, where "$" is
 *                      blobs/sha256/<digest of the contents>
 */

#include "support/script.h"

#include "base/digest.h"
#include "base/encoding.h"
#include "formats/gzip.h"
#include "support/fuzzer.h"

#include <stdio.h>

#define TAR_BLOCK ((size_t)512)
#define ENTRY_END 0x1d
#define WRAPPINGS_MAX 4

struct wrapping {
    const char *bytes; /* the line without its = */
    size_t length;
};

void script_note(const void *bytes, size_t length, struct script_piece *out) {
    struct digest_set digests;
    digest_of(DIGEST_SHA256, bytes, length, &digests);
    memcpy(out->digest, "sha256:", 7);
    hex_encode(digests.sha256, sizeof digests.sha256, out->digest + 7);
    out->length = length;
}

static void append_piece(const struct script_piece *piece, bool is_length, struct strbuf *out) {
    if (is_length) {
        strbuf_append_format(out, "%zu", piece->length);
    } else {
        strbuf_append_text(out, piece->digest);
    }
}

/* Returns the length of the word after a $; 0 if it is not one. */
static size_t append_word(const struct script *script, const char *at, size_t left, struct strbuf *out) {
    bool has_number = left > 1 && at[1] >= '0' && at[1] <= '9';
    size_t number = has_number ? (size_t)(at[1] - '0') : 0;
    switch (left > 0 ? at[0] : '\0') {
    case 'd':
    case 's':
        append_piece(&script->bodies[number], at[0] == 's', out);
        return has_number ? 2 : 1;
    case 't':
    case 'u':
        append_piece(&script->entries[number], at[0] == 'u', out);
        return has_number ? 2 : 1;
    case 'D':
    case 'S':
        append_piece(&script->bodies[script->count % 10], at[0] == 'S', out);
        return 1;
    case 'H':
        strbuf_append_text(out, script->sha512);
        return 1;
    case 'T':
        strbuf_append_text(out, script->token);
        return 1;
    case 'L':
        strbuf_append_text(out, script->location);
        return 1;
    case 'I':
        strbuf_append_text(out, script->id);
        return 1;
    default:
        return 0;
    }
}

void script_expand(const struct script *script, const char *bytes, size_t length, struct strbuf *out) {
    for (size_t i = 0; i < length; i++) {
        size_t word = bytes[i] == '$' ? append_word(script, bytes + i + 1, length - i - 1, out) : 0;
        if (word == 0) {
            strbuf_append_char(out, bytes[i]);
        }
        i += word;
    }
}

static void append_octal(char *field, size_t digits, size_t value) {
    for (size_t i = digits; i > 0; i--) {
        field[i - 1] = (char)('0' + (value & 7));
        value >>= 3;
    }
}

static void append_tar_entry(struct strbuf *out, const char *name, const void *content, size_t length) {
    char header[TAR_BLOCK] = {0};
    static const char zeros[TAR_BLOCK];
    unsigned sum = 0;
    memcpy(header, name, strnlen(name, 99));
    memcpy(header + 100, "0000644", 7);
    append_octal(header + 124, 11, length);
    memset(header + 148, ' ', 8);
    header[156] = '0';
    memcpy(header + 257, "ustar\00000", 8);
    for (size_t i = 0; i < TAR_BLOCK; i++) {
        sum += (unsigned char)header[i];
    }
    append_octal(header + 148, 6, sum);
    header[154] = '\0';
    strbuf_append(out, header, sizeof header);
    strbuf_append(out, content, length);
    strbuf_append(out, zeros, (TAR_BLOCK - length % TAR_BLOCK) % TAR_BLOCK);
}

static void append_tar_end(struct strbuf *out) {
    static const char zeros[2 * TAR_BLOCK];
    strbuf_append(out, zeros, sizeof zeros);
}

static void append_gzip(struct strbuf *out, const struct strbuf *plain) {
    struct alpine_gzip gzip;
    expect(alpine_gzip_begin(&gzip, out, NULL) == LREG_OK);
    lreg_status status = alpine_gzip_write(&gzip, strbuf_text(plain), plain->length, NULL);
    if (status == LREG_OK) {
        status = alpine_gzip_finish(&gzip, NULL);
    }
    alpine_gzip_end(&gzip);
    expect(status == LREG_OK || out->status != LREG_OK);
}

/* Builds a package with the text as .PKGINFO and a data segment with one file. */
static void make_apk(const struct script *script, const struct strbuf *text, struct strbuf *out) {
    struct strbuf tar;
    struct strbuf data;
    struct strbuf info;
    struct script_piece hash;
    strbuf_init(&tar, &script->hooks, SCRIPT_BODY_MAX);
    strbuf_init(&data, &script->hooks, SCRIPT_BODY_MAX);
    strbuf_init(&info, &script->hooks, SCRIPT_BODY_MAX);
    append_tar_entry(&tar, "etc/file", "contents", 8);
    append_tar_end(&tar);
    append_gzip(&data, &tar);
    script_note(strbuf_text(&data), data.length, &hash);
    strbuf_append(&info, strbuf_text(text), text->length);
    strbuf_append_format(&info, "\nsize = 8\ndatahash = %s\n", hash.digest + 7);
    strbuf_clear(&tar);
    append_tar_entry(&tar, ".PKGINFO", strbuf_text(&info), info.length);
    append_gzip(out, &tar);
    strbuf_append(out, strbuf_text(&data), data.length);
    strbuf_free(&info);
    strbuf_free(&data);
    strbuf_free(&tar);
}

/* Adds one entry of =tar; later ones may name it. */
static void make_entry(struct script *script, size_t number, const char *bytes, size_t length, struct strbuf *out) {
    struct strbuf content;
    struct script_piece piece;
    const char *end = memchr(bytes, '\n', length);
    size_t line = end != NULL ? (size_t)(end - bytes) : length;
    char name[160];
    strbuf_init(&content, &script->hooks, SCRIPT_BODY_MAX);
    if (end != NULL) {
        script_expand(script, end + 1, length - line - 1, &content);
    }
    script_note(strbuf_text(&content), content.length, &piece);
    if (line == 1 && bytes[0] == '$') {
        (void)snprintf(name, sizeof name, "blobs/sha256/%s", piece.digest + 7);
    } else {
        (void)snprintf(name, sizeof name, "%.*s", (int)(line < 150 ? line : 150), bytes);
    }
    if (number < 10) {
        script->entries[number] = piece;
    }
    append_tar_entry(out, name, strbuf_text(&content), content.length);
    strbuf_free(&content);
}

static void make_tar(struct script *script, const struct strbuf *text, struct strbuf *out) {
    const char *at = strbuf_text(text);
    const char *end = at + text->length;
    for (size_t number = 0; at < end; number++) {
        const char *stop = memchr(at, ENTRY_END, (size_t)(end - at));
        stop = stop != NULL ? stop : end;
        make_entry(script, number, at, (size_t)(stop - at), out);
        at = stop < end ? stop + 1 : end;
    }
    append_tar_end(out);
}

static void make_form(const struct strbuf *file, const char *filename, size_t length, struct strbuf *out) {
    strbuf_append_text(out, "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"");
    strbuf_append(out, filename, length);
    strbuf_append_text(out, "\"\r\n\r\n");
    strbuf_append(out, strbuf_text(file), file->length);
    strbuf_append_text(out, "\r\n--b--\r\n");
}

/* Returns the type of the built body. */
static const char *wrap(struct script *script, const struct wrapping *how, const struct strbuf *text,
                        struct strbuf *out) {
    if (how->length >= 5 && memcmp(how->bytes, "form ", 5) == 0) {
        make_form(text, how->bytes + 5, how->length - 5, out);
        return "multipart/form-data; boundary=b";
    }
    if (how->length == 3 && memcmp(how->bytes, "apk", 3) == 0) {
        make_apk(script, text, out);
    } else if (how->length == 3 && memcmp(how->bytes, "tar", 3) == 0) {
        make_tar(script, text, out);
    } else {
        strbuf_append(out, strbuf_text(text), text->length);
    }
    return NULL;
}

const char *script_make_body(struct script *script, const char *bytes, size_t length) {
    struct wrapping how[WRAPPINGS_MAX];
    size_t count = 0;
    const char *type = NULL;
    struct strbuf next;
    while (length > 0 && bytes[0] == '=' && count < WRAPPINGS_MAX) {
        const char *end = memchr(bytes, '\n', length);
        size_t line = end != NULL ? (size_t)(end - bytes) : length;
        how[count++] = (struct wrapping){bytes + 1, line - 1};
        bytes += end != NULL ? line + 1 : line;
        length -= end != NULL ? line + 1 : line;
    }
    bool is_archive = count > 0 && how[count - 1].length == 3 && memcmp(how[count - 1].bytes, "tar", 3) == 0;
    strbuf_clear(&script->body);
    if (is_archive) {
        strbuf_append(&script->body, bytes, length); /* each entry is expanded separately */
    } else {
        script_expand(script, bytes, length, &script->body);
    }
    strbuf_init(&next, &script->hooks, SCRIPT_BODY_MAX);
    while (count > 0) {
        strbuf_clear(&next);
        type = wrap(script, &how[--count], &script->body, &next);
        struct strbuf made = next;
        next = script->body;
        script->body = made;
    }
    strbuf_free(&next);
    return type;
}
