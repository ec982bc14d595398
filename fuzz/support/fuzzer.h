/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FUZZ_SUPPORT_FUZZER_H
#define FUZZ_SUPPORT_FUZZER_H

/* What fuzzers share: the entry point, aborting a run whose property does not hold, and cutting the input. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void expect(bool holds) {
    if (!holds) {
        abort();
    }
}

/* Returns a copy followed by a NUL, in memory of exactly that size; free() it. A NUL within it ends the text for code
 * that reads it as a string. */
static inline char *copy_text(const void *bytes, size_t length) {
    char *text = malloc(length + 1);
    expect(text != NULL);
    if (length > 0) {
        memcpy(text, bytes, length);
    }
    text[length] = '\0';
    return text;
}

/* Returns the length of the next piece of `left` bytes: all of them when the step is 0. A step above 1 changes with
 * each call. */
static inline size_t next_piece(uint8_t *step, size_t left) {
    size_t piece = *step == 0 || *step > left ? left : *step;
    *step = (uint8_t)(*step > 1 ? *step * 5 % 64 + 1 : *step);
    return piece;
}

static inline bool has_only(const char *text, const char *allowed) {
    return text[strspn(text, allowed)] == '\0';
}

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

#endif
