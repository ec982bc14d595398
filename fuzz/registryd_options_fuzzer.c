/* SPDX-License-Identifier: Apache-2.0 */
/* The file that registryd --config reads, command lines, and networks: accepted values are within their bounds. The
 * input is the file; lines that begin with "--" are arguments. */
#include "address.h"
#include "log.h"
#include "options.h"

#include "support/fuzzer.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define ARGUMENTS_MAX 16

static void check_options(const struct options *options) {
    expect(options->wants_help || options->wants_version || (options->data != NULL) != options->is_in_memory);
    expect(options->listen.count <= OPTIONS_LIST_MAX && options->trust_forwarded.count <= OPTIONS_LIST_MAX);
    expect(options->threads >= 0 && options->workers >= 0 && options->max_connections >= 0);
    expect(options->header_timeout_ms >= 0 && options->shutdown_timeout_ms >= 0);
}

/* Texts as command lines and files contain them; every line of both is tried as a network too. */
static void check_network(const char *text) {
    struct network network;
    struct sockaddr_storage address = {.ss_family = AF_INET};
    char written[ADDRESS_TEXT];
    if (network_parse(text, &network)) {
        expect(network.bits <= 128);
        struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)(void *)&address;
        *ipv6 = (struct sockaddr_in6){.sin6_family = AF_INET6};
        memcpy(&ipv6->sin6_addr, network.bytes, sizeof network.bytes);
        expect(network_contains(&network, &address));
        address_format(&address, written);
        expect(network_parse(written, &network) && network_contains(&network, &address));
    }
}

static int make_file(char path[64]) {
    int file = memfd_create("options", MFD_CLOEXEC);
    expect(file >= 0);
    (void)snprintf(path, 64, "/proc/self/fd/%d", file);
    return file;
}

static void write_line(int file, const char *line, size_t length) {
    expect(write(file, line, length) == (ssize_t)length && write(file, "\n", 1) == 1);
}

/* Replaces a function of log.c: messages are discarded. */
void complain(const char *format, ...) {
    expect(format[0] != '\0');
}

/* Reads no file other than the input. */
static bool is_argument(const char *line) {
    return strncmp(line, "--", 2) == 0 && strncmp(line, "--config", 8) != 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char path[64];
    char name[] = "registryd";
    char option[] = "--config";
    char *arguments[ARGUMENTS_MAX + 4] = {name, option, path};
    int count = 3;
    struct options options;
    int file = make_file(path);
    char *text = copy_text(data, size);
    for (char *line = text; line != NULL;) {
        char *end = strchr(line, '\n');
        if (end != NULL) {
            *end++ = '\0';
        }
        check_network(line);
        if (is_argument(line) && count < ARGUMENTS_MAX) {
            arguments[count++] = line;
        } else {
            write_line(file, line, strlen(line));
        }
        line = end;
    }
    if (options_read(&options, count, arguments)) {
        check_options(&options);
    }
    options_free(&options);
    (void)close(file);
    free(text);
    return 0;
}
