/* SPDX-License-Identifier: Apache-2.0 */
/* Gateway variables, one per line: accepted variables form a request that an exchange accepts and that it answers below
 * the mount they name. The first byte sets the maximum length of a target and how scarce memory is. */
#include "http/gateway.h"

#include "http/authority.h"
#include "http/mount.h"
#include "http/url.h"

#include "support/fuzzer.h"

#define VARIABLES_MAX 32

static void check_request(const struct gateway_request *request, bool is_whole) {
    const char *path = request->target;
    struct slice authority;
    expect(request->method[0] != '\0' && request->target != NULL && mount_is_sound(request->mount));
    expect(strcmp(request->scheme, "http") == 0 || strcmp(request->scheme, "https") == 0);
    expect(request->host == NULL || authority_parse(slice_of(request->host), NULL));
    expect(!request->has_open_body || request->coding[0] != '\0');
    (void)url_split_absolute(request->target, &authority, &path);
    size_t mount = strlen(request->mount);
    expect(!is_whole || strncmp(path, request->mount, mount) == 0);
    expect(!is_whole || mount == 0 || strchr("/?#%", path[mount]) != NULL); /* the exchange answers %2f with 404 */
}

static void check_fields(const char *const *variables) {
    struct gateway_position position = {0};
    struct header field = {0};
    for (size_t count = 0; gateway_next_field(variables, &position, &field); count++) {
        expect(count < VARIABLES_MAX && field.name[0] != '\0' && strlen(field.name) <= GATEWAY_NAME_MAX);
        expect(strcmp(field.name, "Authorization") != 0 && strcmp(field.name, "Transfer-Encoding") != 0);
        expect(field.value != NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct hooks hooks;
    struct arena arena;
    struct gateway_request request = {0};
    const char *variables[VARIABLES_MAX + 1] = {NULL};
    size_t count = 0;
    if (size == 0) {
        return 0;
    }
    hooks_default(&hooks);
    arena_init(&arena, &hooks, (data[0] & 1) != 0 ? (size_t)data[0] * 8 : (size_t)1 << 20);
    size_t max = (data[0] & 2) != 0 ? data[0] : 8192;
    char *text = copy_text(data + 1, size - 1);
    for (char *line = text; count < VARIABLES_MAX && line != NULL;) {
        char *end = strchr(line, '\n');
        if (end != NULL) {
            *end++ = '\0';
        }
        variables[count++] = line;
        line = end;
    }
    lreg_status status = gateway_read(variables, max, &arena, &request, NULL);
    expect(status == LREG_OK || status == LREG_BAD_ARGUMENT || status == LREG_NO_MEMORY);
    if (status == LREG_OK) {
        check_request(&request, strlen(request.target) <= max);
    }
    check_fields(variables);
    arena_free(&arena);
    free(text);
    return 0;
}
