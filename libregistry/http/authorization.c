/* SPDX-License-Identifier: Apache-2.0 */

/* Credentials of a request. Malformed credentials are a scheme, not an error: only allocation can fail here. */

#include "http/authorization.h"

#include "base/encoding.h"
#include "base/text.h"

#include <string.h>

/* token68 of RFC 9110 section 11.2, which is also b64token of RFC 6750 section 2.1. */
static bool is_token68(struct slice text) {
    size_t length = text.length;
    while (length > 0 && text.bytes[length - 1] == '=') {
        length--;
    }
    for (size_t i = 0; i < length; i++) {
        char c = text.bytes[i];
        if (!char_is_alphanumeric(c) && (c == '\0' || strchr("-._~+/", c) == NULL)) {
            return false;
        }
    }
    return length > 0;
}

/* A user has no control characters (RFC 7617 section 2). In UTF-8 that includes C1; in an unknown encoding only the
 * control characters of ASCII can be recognized. */
static bool is_user(const char *bytes, size_t length) {
    if (text_is_utf8(bytes, length)) {
        return !text_has_control(bytes, length);
    }
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (byte < 0x20 || byte == 0x7f) {
            return false;
        }
    }
    return true;
}

static bool is_secret(const char *bytes, size_t length) {
    return text_is_utf8(bytes, length) && !text_has_control(bytes, length);
}

/* Splits "user:password" in place. The user may be in any encoding: clients in Python send Latin-1, and the user is not
 * used for look-ups. */
static void split_user(char *decoded, size_t length, struct authorization *out) {
    char *colon = memchr(decoded, ':', length);
    size_t user = colon != NULL ? (size_t)(colon - decoded) : 0;
    bool is_sound = colon != NULL && is_user(decoded, user) && is_secret(colon + 1, length - user - 1);
    if (!is_sound) {
        memory_wipe(decoded, length);
        out->scheme = AUTHORIZATION_MALFORMED;
        return;
    }
    if (length == 1) { /* the colon alone */
        return;
    }
    decoded[length] = '\0';
    *colon = '\0';
    out->scheme = AUTHORIZATION_BASIC;
    out->user = decoded;
    out->secret = colon + 1;
}

static lreg_status parse_basic(struct slice credentials, struct arena *arena, struct authorization *out,
                               struct error *err) {
    char *decoded = arena_allocate(arena, credentials.length + 1);
    if (decoded == NULL) {
        return error_no_memory(err);
    }
    size_t length = 0;
    if (!base64_decode(credentials.bytes, credentials.length, decoded, credentials.length, &length)) {
        memory_wipe(decoded, credentials.length);
        out->scheme = AUTHORIZATION_MALFORMED;
        return LREG_OK;
    }
    split_user(decoded, length, out);
    return LREG_OK;
}

static lreg_status parse_bearer(struct slice credentials, struct arena *arena, struct authorization *out,
                                struct error *err) {
    if (!is_token68(credentials)) {
        out->scheme = AUTHORIZATION_MALFORMED;
        return LREG_OK;
    }
    out->secret = arena_copy_bytes(arena, credentials.bytes, credentials.length);
    if (out->secret == NULL) {
        return error_no_memory(err);
    }
    out->scheme = AUTHORIZATION_BEARER;
    return LREG_OK;
}

/* credentials = auth-scheme [ 1*SP … ] (RFC 9110 section 11.4) */
static lreg_status parse(struct slice rest, struct arena *arena, struct authorization *out, struct error *err) {
    struct slice scheme = slice_cut(&rest, ' ');
    while (rest.length > 0 && rest.bytes[0] == ' ') {
        rest.bytes++;
        rest.length--;
    }
    if (slice_equals_ignoring_case(scheme, "basic")) {
        return parse_basic(rest, arena, out, err);
    }
    if (slice_equals_ignoring_case(scheme, "bearer")) {
        return parse_bearer(rest, arena, out, err);
    }
    out->scheme = is_token68(scheme) ? AUTHORIZATION_OTHER : AUTHORIZATION_MALFORMED;
    return LREG_OK;
}

lreg_status authorization_parse(const char *value, struct arena *arena, struct authorization *out, struct error *err) {
    *out = (struct authorization){.scheme = AUTHORIZATION_NONE};
    if (value == NULL) {
        return LREG_OK;
    }
    return parse(slice_trim(slice_of(value)), arena, out, err);
}
