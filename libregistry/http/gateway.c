/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Makes a request of meta-variables. Two things need care. Gateways decode and normalize PATH_INFO, so the target is
 * taken from REQUEST_URI wherever both name the same path. Gateways also decode transfer codings, and some of them
 * (nginx) still pass on the field that announced one.
 */

#include "http/gateway.h"

#include "base/encoding.h"
#include "http/authority.h"
#include "http/mount.h"
#include "http/url.h"

#include <string.h>

/* The value of a variable with that name; NULL for another name. */
static const char *value_of(const char *variable, const char *name) {
    size_t length = strlen(name);
    return strncmp(variable, name, length) == 0 && variable[length] == '=' ? variable + length + 1 : NULL;
}

/* The last value of a variable, so that a later line of a gateway's settings replaces an earlier one; NULL when it is
 * absent or empty. */
static const char *find(const char *const *variables, const char *name) {
    const char *found = "";
    for (size_t i = 0; variables[i] != NULL; i++) {
        const char *value = value_of(variables[i], name);
        found = value != NULL ? value : found;
    }
    return found[0] != '\0' ? found : NULL;
}

static const char *find_either(const char *const *variables, const char *name, const char *other) {
    const char *found = find(variables, name);
    return found != NULL ? found : find(variables, other);
}

/* --- the path --- */

/* Decodes one character of a percent-encoded text, and returns how many bytes it takes there. A malformed escape is
 * taken literally. */
static size_t decode_one(struct slice raw, char *out) {
    *out = raw.bytes[0];
    bool is_escape = raw.bytes[0] == '%' && raw.length >= 3 && hex_decode(raw.bytes + 1, 2, out);
    return is_escape ? 3 : 1;
}

static struct slice skip(struct slice text, size_t length) {
    return (struct slice){text.bytes + length, text.length - length};
}

/* Whether `raw` begins with text that decodes to `plain`; `*out_rest` is then the text after it. */
static bool starts_with_decoded(struct slice raw, struct slice plain, struct slice *out_rest) {
    for (size_t i = 0; i < plain.length; i++) {
        char c = '\0';
        size_t used = raw.length > 0 ? decode_one(raw, &c) : 0;
        if (used == 0 || c != plain.bytes[i]) {
            return false;
        }
        raw = skip(raw, used);
    }
    *out_rest = raw;
    return true;
}

static size_t decoded_length(struct slice raw) {
    size_t length = 0;
    char c = '\0';
    for (; raw.length > 0; length++) {
        raw = skip(raw, decode_one(raw, &c));
    }
    return length;
}

/* Whether `raw` ends with text that decodes to `plain`; `*out_start` is then the text before it. */
static bool ends_with_decoded(struct slice raw, struct slice plain, struct slice *out_start) {
    size_t length = decoded_length(raw);
    struct slice rest = raw;
    char c = '\0';
    for (; length > plain.length; length--) {
        rest = skip(rest, decode_one(rest, &c));
    }
    *out_start = (struct slice){raw.bytes, raw.length - rest.length};
    return starts_with_decoded(rest, plain, &rest) && rest.length == 0;
}

/* SCRIPT_NAME without slashes at its end, and PATH_INFO. Both are decoded. */
struct place {
    struct slice script;
    struct slice info; /* empty, or begins with a slash */
};

static struct place find_place(const char *const *variables) {
    struct place place = {.script = slice_of(find(variables, "SCRIPT_NAME")),
                          .info = slice_of(find(variables, "PATH_INFO"))};
    while (place.script.length > 0 && place.script.bytes[place.script.length - 1] == '/') {
        place.script.length--;
    }
    if (!slice_starts_with(place.info, "/")) {
        place.info.length = 0;
    }
    return place;
}

/* The path of a target in origin form or absolute form; empty for "*". */
static struct slice path_of(const char *target) {
    const char *path = target;
    struct slice authority;
    (void)url_split_absolute(target, &authority, &path);
    return (struct slice){path, path[0] == '/' ? strcspn(path, "?#") : 0};
}

/*
 * Finds the mount as it is written in `path`. Usually the decoded path is SCRIPT_NAME followed by PATH_INFO; some
 * gateways set no PATH_INFO. When the gateway rewrites paths (a whole host that is mapped to /cgi-bin/registry.cgi),
 * the client's path does not contain SCRIPT_NAME, but ends with PATH_INFO. False when the path has neither form.
 */
static bool find_mount(struct slice path, const struct place *place, struct slice *out) {
    struct slice rest;
    if (starts_with_decoded(path, place->script, &rest) && (rest.length == 0 || rest.bytes[0] == '/')) {
        *out = (struct slice){path.bytes, path.length - rest.length};
        bool is_whole = starts_with_decoded(rest, place->info, &rest) && rest.length == 0;
        if (is_whole || place->info.length == 0) {
            return true;
        }
    }
    return place->info.length > 0 && ends_with_decoded(path, place->info, out);
}

static lreg_status keep_mount(struct slice mount, struct arena *arena, struct gateway_request *out, struct error *err) {
    const char *copy = arena_copy_bytes(arena, mount.bytes, mount.length);
    if (copy == NULL) {
        return error_no_memory(err);
    }
    out->mount = mount_is_sound(copy) ? copy : "";
    return LREG_OK;
}

/* Encodes a path, but no more than `max` bytes of it: a longer one is refused anyway. NULL when out of memory. */
static char *encode_path(struct slice text, size_t max, struct arena *arena) {
    static const char digits[] = "0123456789ABCDEF";
    size_t room = 0;
    text.length = text.length < max ? text.length : max;
    if (!size_multiply(text.length, 3, &room) || !size_add(room, 1, &room)) {
        return NULL;
    }
    char *encoded = arena_allocate(arena, room);
    if (encoded == NULL) {
        return NULL;
    }
    char *at = encoded;
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.bytes[i];
        if (char_is_alphanumeric(text.bytes[i]) || (byte != '\0' && strchr("-._~/+:@", byte) != NULL)) {
            *at++ = text.bytes[i];
            continue;
        }
        *at++ = '%';
        *at++ = digits[byte >> 4];
        *at++ = digits[byte & 15];
    }
    *at = '\0';
    return encoded;
}

/* Puts the target together from its decoded parts (RFC 3875 section 3.3). */
static lreg_status join_target(const char *const *variables, const struct place *place, size_t max, struct arena *arena,
                               struct gateway_request *out, struct error *err) {
    size_t enough = max < SIZE_MAX ? max + 1 : max; /* encoding does not shorten a text */
    const char *query = find(variables, "QUERY_STRING");
    const char *script = encode_path(place->script, enough, arena);
    const char *info = encode_path(place->info, enough, arena);
    const char *kept = query != NULL ? arena_copy_bytes(arena, query, strnlen(query, enough)) : "";
    if (script == NULL || info == NULL || kept == NULL) {
        return error_no_memory(err);
    }
    out->mount = mount_is_sound(script) ? script : "";
    const char *path = info[0] != '\0' || script[0] != '\0' ? info : "/";
    out->target = arena_format(arena, "%s%s%s%s", script, path, query != NULL ? "?" : "", kept);
    return out->target != NULL ? LREG_OK : error_no_memory(err);
}

static lreg_status read_target(const char *const *variables, size_t max, struct arena *arena,
                               struct gateway_request *out, struct error *err) {
    struct place place = find_place(variables);
    const char *target = find_either(variables, "REQUEST_URI", "RAW_URI");
    if (target == NULL) {
        return join_target(variables, &place, max, arena, out, err);
    }
    struct slice path = path_of(target);
    struct slice mount = {path.bytes, 0};
    if (path.length == 0 || strlen(target) > max) { /* "*", or too long: refused later */
        out->target = target;
        return LREG_OK;
    }
    if (!find_mount(path, &place, &mount)) { /* the gateway has mapped the client's path to another one */
        return join_target(variables, &place, max, arena, out, err);
    }
    lreg_status status = keep_mount(mount, arena, out, err);
    out->target = target;
    bool is_kept = mount.length == 0 || out->mount[0] != '\0';
    return status != LREG_OK || is_kept ? status : join_target(variables, &place, max, arena, out, err);
}

/* --- the rest --- */

static bool is_https(const char *const *variables) {
    const char *https = find(variables, "HTTPS");
    if (https != NULL) { /* Apache and nginx set "on", others "1" */
        return !text_equals_ignoring_case(https, "off") && !text_equals(https, "0");
    }
    const char *scheme = find_either(variables, "REQUEST_SCHEME", "wsgi.url_scheme");
    return scheme != NULL && text_equals_ignoring_case(scheme, "https");
}

/* Name and port of the server (RFC 3875 sections 4.1.14 and 4.1.15). A malformed name or port counts as unknown and is
 * not an error, because it comes from the gateway and not from the client. */
static lreg_status read_server(const char *const *variables, struct arena *arena, struct gateway_request *out,
                               struct error *err) {
    const char *name = find(variables, "SERVER_NAME");
    const char *port = find(variables, "SERVER_PORT");
    uint64_t number = 0;
    if (name == NULL || find(variables, "HTTP_HOST") != NULL) {
        return LREG_OK;
    }
    bool is_bare_ipv6 = strchr(name, ':') != NULL && authority_is_address(slice_of(name));
    const char *host = is_bare_ipv6 ? arena_format(arena, "[%s]", name) : name;
    bool has_port = port != NULL && text_parse_u64(slice_of(port), &number) && number > 0 && number <= UINT16_MAX;
    bool is_default = number == (text_equals(out->scheme, "https") ? 443u : 80u);
    struct authority authority;
    if (host != NULL && !authority_parse(slice_of(host), &authority)) {
        return LREG_OK;
    }
    if (host != NULL && has_port && !is_default && authority.port == AUTHORITY_NO_PORT) {
        host = arena_format(arena, "%s:%u", host, (unsigned)number);
    }
    out->host = host;
    return host != NULL ? LREG_OK : error_no_memory(err);
}

/* Apache adds a prefix to variables that a rewrite rule has set, once per internal redirect. */
static const char *find_authorization(const char *const *variables) {
    const char *found = find(variables, "HTTP_AUTHORIZATION");
    for (size_t i = 0; found == NULL && variables[i] != NULL; i++) {
        const char *variable = variables[i];
        while (text_starts_with(variable, "REDIRECT_")) {
            variable += strlen("REDIRECT_");
        }
        const char *value = value_of(variable, "HTTP_AUTHORIZATION");
        found = value != NULL && value[0] != '\0' ? value : NULL;
    }
    return found;
}

/*
 * CONTENT_LENGTH is the length of the decoded body (RFC 3875 section 4.1.2), so it takes precedence over a coding.
 * Without it, an HTTP/1 request has a body when it announces a transfer coding. HTTP/2 and later have no such field, so
 * every method that may have a body is assumed to have one, which may be empty.
 */
static bool has_open_body(const char *const *variables, const char *method) {
    if (find(variables, "CONTENT_LENGTH") != NULL) {
        return false;
    }
    const char *protocol = find(variables, "SERVER_PROTOCOL");
    bool is_framed = protocol != NULL && text_starts_with(protocol, "HTTP/") && !text_starts_with(protocol, "HTTP/1") &&
                     !text_starts_with(protocol, "HTTP/0");
    bool takes_body = text_equals(method, "POST") || text_equals(method, "PUT") || text_equals(method, "PATCH");
    return find(variables, "HTTP_TRANSFER_ENCODING") != NULL || (is_framed && takes_body);
}

lreg_status gateway_read(const char *const *variables, size_t max_target_bytes, struct arena *arena,
                         struct gateway_request *out, struct error *err) {
    *out = (struct gateway_request){.mount = "", .method = find(variables, "REQUEST_METHOD")};
    if (out->method == NULL) {
        return error_set(err, LREG_BAD_ARGUMENT, "bad_environment", "there is no variable REQUEST_METHOD");
    }
    out->scheme = is_https(variables) ? "https" : "http";
    out->peer = find(variables, "REMOTE_ADDR");
    out->authorization = find_authorization(variables);
    out->has_open_body = has_open_body(variables, out->method);
    out->coding = find(variables, "HTTP_TRANSFER_ENCODING");
    out->coding = out->coding != NULL ? out->coding : "chunked";
    lreg_status status = read_server(variables, arena, out, err);
    return status == LREG_OK ? read_target(variables, max_target_bytes, arena, out, err) : status;
}

/* Fields that are read from other variables. Some gateways send Content-Type and Content-Length with the prefix HTTP_,
 * too; only CONTENT_TYPE and CONTENT_LENGTH count. */
static bool is_read_elsewhere(const char *name) {
    return text_equals_ignoring_case(name, "Content-Type") || text_equals_ignoring_case(name, "Content-Length") ||
           text_equals_ignoring_case(name, "Transfer-Encoding") || text_equals_ignoring_case(name, "Authorization");
}

/* Converts "ACCEPT_ENCODING" to "Accept-Encoding"; false when the name is empty or too long. */
static bool spell_name(struct slice variable, char out[GATEWAY_NAME_MAX + 1]) {
    if (variable.length == 0 || variable.length > GATEWAY_NAME_MAX) {
        return false;
    }
    bool is_start = true;
    for (size_t i = 0; i < variable.length; i++) {
        char c = variable.bytes[i] == '_' ? '-' : variable.bytes[i];
        out[i] = is_start ? c : char_to_lower(c);
        is_start = c == '-';
    }
    out[variable.length] = '\0';
    return true;
}

/* Returns the value of a variable that is a field, and sets `name`; NULL for other variables. */
static const char *field_of(const char *variable, char name[GATEWAY_NAME_MAX + 1]) {
    const char *value = strchr(variable, '=');
    if (value == NULL || value[1] == '\0') {
        return NULL;
    }
    struct slice key = {variable, (size_t)(value - variable)};
    if (slice_equals(key, "CONTENT_TYPE") || slice_equals(key, "CONTENT_LENGTH")) {
        return spell_name(key, name) ? value + 1 : NULL;
    }
    bool is_field = slice_starts_with(key, "HTTP_") && spell_name(skip(key, strlen("HTTP_")), name);
    return is_field && !is_read_elsewhere(name) ? value + 1 : NULL;
}

/* Whether a later variable replaces this one. Clients may repeat fields, except for these. */
static bool is_replaced(const char *const *variables, const char *name, const char *value) {
    static const char *const once[][2] = {
        {"Content-Type", "CONTENT_TYPE"}, {"Content-Length", "CONTENT_LENGTH"}, {"Host", "HTTP_HOST"}};
    for (size_t i = 0; i < sizeof once / sizeof once[0]; i++) {
        if (text_equals(name, once[i][0])) {
            return find(variables, once[i][1]) != value;
        }
    }
    return false;
}

bool gateway_next_field(const char *const *variables, struct gateway_position *position, struct header *out) {
    while (variables[position->index] != NULL) {
        const char *value = field_of(variables[position->index++], position->name);
        if (value != NULL && !is_replaced(variables, position->name, value)) {
            *out = (struct header){position->name, value};
            return true;
        }
    }
    return false;
}
