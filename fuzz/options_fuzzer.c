/* SPDX-License-Identifier: Apache-2.0 */
/* An option file: an invalid line is refused with its number, and a valid line has the effect of its setter. The same
 * lines are also set one by one, which must lead to the same verdict. */
#include "support/fuzzer.h"

#include <libregistry.h>

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static int make_file(const uint8_t *data, size_t size, char path[64]) {
    int file = memfd_create("options", MFD_CLOEXEC);
    expect(file >= 0 && (size == 0 || write(file, data, size) == (ssize_t)size));
    (void)snprintf(path, 64, "/proc/self/fd/%d", file);
    return file;
}

static char *trim(char *text) {
    text += strspn(text, " \t");
    for (size_t length = strlen(text); length > 0 && strchr(" \t", text[length - 1]) != NULL; length--) {
        text[length - 1] = '\0';
    }
    return text;
}

static lreg_status set_line(lreg_options *options, char *line) {
    size_t length = strlen(line);
    if (length > 0 && line[length - 1] == '\r') {
        line[length - 1] = '\0';
    }
    line = trim(line);
    if (line[0] == '\0' || line[0] == '#') {
        return LREG_OK;
    }
    char *equals = strchr(line, '=');
    if (equals == NULL) {
        return LREG_BAD_ARGUMENT;
    }
    *equals = '\0';
    return lreg_options_set(options, trim(line), trim(equals + 1), NULL);
}

static lreg_status set_lines(lreg_options *options, const uint8_t *data, size_t size) {
    lreg_status status = LREG_OK;
    char *text = copy_text(data, size);
    for (char *line = text; status == LREG_OK && line != NULL;) {
        char *end = strchr(line, '\n');
        if (end != NULL) {
            *end++ = '\0';
        }
        status = set_line(options, line);
        line = end;
    }
    free(text);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    lreg_options *by_file = NULL;
    lreg_options *by_line = NULL;
    lreg_error *err = NULL;
    char path[64];
    int file = make_file(data, size, path);
    expect(lreg_options_new(&by_file, NULL) == LREG_OK && lreg_options_new(&by_line, NULL) == LREG_OK);
    lreg_status status = lreg_options_load(by_file, path, &err);
    expect(status == LREG_OK || (status == LREG_BAD_ARGUMENT && lreg_error_message(err)[0] != '\0'));
    bool is_text = size <= 65536 && (size == 0 || memchr(data, '\0', size) == NULL);
    expect(is_text ? set_lines(by_line, data, size) == status : status == LREG_BAD_ARGUMENT);
    lreg_error_free(err);
    lreg_options_free(by_line);
    lreg_options_free(by_file);
    (void)close(file);
    return 0;
}
