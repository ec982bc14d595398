/* SPDX-License-Identifier: Apache-2.0 */
/* Authorities, networks and mounts: accepted text can be rebuilt from its parsed parts and can stand in a URL. */
#include "http/authority.h"

#include "http/mount.h"
#include "http/network.h"
#include "http/url.h"

#include "support/fuzzer.h"

#include <stdio.h>

#define TEXT_MAX 300

/* Rebuilds host and port from their parsed parts. */
static void write_again(const struct authority *authority, const char *port, char out[TEXT_MAX]) {
    bool is_ipv6 = authority->kind == AUTHORITY_IPV6;
    int length = snprintf(out, TEXT_MAX, "%s%.*s%s%s%s", is_ipv6 ? "[" : "", (int)authority->host.length,
                          authority->host.bytes, is_ipv6 ? "]" : "", port != NULL ? ":" : "", port != NULL ? port : "");
    expect(length > 0 && length < TEXT_MAX);
}

static void check_url(const char *text, struct arena *arena) {
    char target[TEXT_MAX + 16];
    struct url url;
    struct slice authority;
    const char *rest = NULL;
    (void)snprintf(target, sizeof target, "http://%s/a?b", text);
    expect(url_split_absolute(target, &authority, &rest) && slice_equals(authority, text) && strcmp(rest, "/a?b") == 0);
    expect(url_parse(&url, target, arena, NULL) == LREG_OK && url.segment_count == 1);
}

static void check_authority(const char *text, struct arena *arena) {
    struct authority found;
    char again[TEXT_MAX];
    bool is_sound = authority_parse(slice_of(text), &found);
    expect(is_sound == authority_parse(slice_of(text), NULL));
    if (!is_sound) {
        expect(found.host.bytes == NULL && found.port == 0);
        return;
    }
    const char *last = strrchr(text, ':');
    const char *port = found.port == AUTHORITY_NO_PORT ? NULL : last + 1;
    expect(found.port >= AUTHORITY_NO_PORT && found.port <= 65535);
    expect(port == NULL || strtol(port, NULL, 10) == found.port);
    expect(authority_is_address(found.host) == (found.kind != AUTHORITY_NAME));
    write_again(&found, port, again);
    expect(strcmp(again, text) == 0 && strpbrk(text, " \"\\/?#@%<>,;\t\r\n") == NULL);
    check_url(text, arena);
}

static void check_network(const char *text) {
    struct network network;
    if (!network_parse(slice_of(text), &network)) {
        return;
    }
    char address[64];
    size_t length = strcspn(text, "/");
    expect(network.bits <= 128 && length < sizeof address);
    (void)snprintf(address, sizeof address, "%.*s", (int)length, text);
    expect(network_contains(&network, address) && !network_contains(&network, text[length] == '/' ? text : ""));
}

/* A mount is below itself; the path after it is returned unchanged. */
static void check_mount(const char *text, const char *other) {
    if (!mount_is_sound(text)) {
        return;
    }
    char path[2 * TEXT_MAX];
    (void)snprintf(path, sizeof path, "%s/x", text);
    const char *below = mount_take_off(text, path);
    expect(below != NULL && strcmp(below, "/x") == 0);
    below = mount_take_off(text, other);
    expect(below == NULL || (below >= other && below <= other + strlen(other)));
    expect(below == NULL || below[0] == '/' || below[0] == '?' || below[0] == '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct hooks hooks;
    struct arena arena;
    if (size > TEXT_MAX - 40) {
        return 0;
    }
    hooks_default(&hooks);
    arena_init(&arena, &hooks, (size_t)1 << 20);
    char *text = copy_text(data, size);
    char *line_end = strchr(text, '\n');
    const char *other = line_end != NULL ? line_end + 1 : text;
    if (line_end != NULL) {
        *line_end = '\0';
    }
    check_authority(text, &arena);
    check_network(text);
    check_mount(text, other);
    free(text);
    arena_free(&arena);
    return 0;
}
