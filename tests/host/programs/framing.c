/* SPDX-License-Identifier: Apache-2.0 */
/* Reads connections from standard input, each "LENGTH\n" and that many bytes, and passes them to registryd's parser.
 * For each it prints a line with one word per accepted request: the CRC-32 of method, target, minor version, fields,
 * framing and body, as in tests/host/strict_http.py. "refused" follows if the rest was refused. Run by
 * tests/host/test_framing.py. */
#include "support/registryd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECTION_MAX ((size_t)1 << 20)

static void add(void *user, const void *bytes, size_t length) {
    uint32_t crc = ~*(uint32_t *)user;
    for (size_t i = 0; i < length; i++) {
        crc ^= ((const unsigned char *)bytes)[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc & 1) != 0 ? crc >> 1 ^ UINT32_C(0xedb88320) : crc >> 1;
        }
    }
    *(uint32_t *)user = ~crc;
}

static void add_text(uint32_t *crc, const char *text, const char *end) {
    add(crc, text, strlen(text));
    add(crc, end, strlen(end));
}

static void add_head(uint32_t *crc, const struct connection *connection) {
    const struct request *request = connection->request;
    char framing[64];
    const char *name = NULL;
    const char *value = NULL;
    size_t at = request->target_end;
    add_text(crc, http_method_str(connection->parser.method), " ");
    add_text(crc, request->head, connection->parser.http_minor > 0 ? " 1\n" : " 0\n");
    while (request_next_field(request, &at, &name, &value)) {
        add_text(crc, name, ":");
        add_text(crc, value, "\n");
    }
    (void)snprintf(framing, sizeof framing, "%d %llu", request->is_chunked ? 1 : 0,
                   (unsigned long long)request->body_length);
    add_text(crc, framing, "\n");
}

/* As in connection.c and request.c. False: nothing more is read. */
static bool step(struct connection *connection, struct body_taker *taker, uint32_t *crc) {
    bool is_body = connection->request != NULL && connection->request->is_begun;
    enum parse parse = is_body ? parse_body(connection) : parse_head(connection);
    if (parse == PARSE_MORE) {
        return connection->input.length > 0;
    }
    if (parse != PARSE_DONE || connection->request->refusal != 0) {
        printf("refused");
        return false;
    }
    if (!is_body) {
        add_head(crc, connection);
        registryd_begin(connection, taker);
    }
    if (!connection->request->is_body_complete) {
        return connection->input.length > 0;
    }
    printf("%08x ", (unsigned)*crc);
    *crc = 0;
    return registryd_end(connection) && connection->input.length > 0;
}

static void run(const char *bytes, size_t length) {
    uint32_t crc = 0;
    struct body_taker taker = {add, &crc};
    struct connection connection = {.input = {.at = bytes, .length = length}};
    while (step(&connection, &taker, &crc)) {
    }
    if (connection.request != NULL) {
        (void)registryd_end(&connection);
    }
    printf("\n");
}

int main(void) {
    char line[32];
    char *bytes = malloc(CONNECTION_MAX);
    while (bytes != NULL && fgets(line, sizeof line, stdin) != NULL) {
        size_t length = strtoul(line, NULL, 10);
        if (length == 0 || length > CONNECTION_MAX || fread(bytes, 1, length, stdin) != length) {
            free(bytes);
            return 2;
        }
        run(bytes, length);
    }
    free(bytes);
    return 0;
}
