/* SPDX-License-Identifier: Apache-2.0 */
/* Encodings, numbers, points in time and UTF-8: decoded text encodes to the one accepted spelling, and text that was
 * made printable is printable. */
#include "base/clock.h"
#include "base/encoding.h"
#include "base/text.h"

#include "support/fuzzer.h"

#include <inttypes.h>
#include <stdio.h>

#define MIN(a, b) ((a) < (b) ? (a) : (b))

typedef bool decode_function(const char *text, size_t length, void *out, size_t capacity, size_t *out_length);
typedef void encode_function(const void *bytes, size_t length, char *out);

/* A buffer that is one byte too short must be refused. */
static void check_base64(const char *text, size_t length, decode_function *decode, encode_function *encode,
                         size_t encoded_length) {
    size_t capacity = length / 4 * 3 + 3;
    size_t got = 0;
    size_t again = 0;
    uint8_t *bytes = malloc(capacity);
    expect(bytes != NULL);
    if (decode(text, length, bytes, capacity, &got)) {
        expect(got <= capacity);
        if (got > 0) {
            expect(!decode(text, length, bytes, got - 1, &again));
        }
        expect(decode(text, length, bytes, got, &again) && again == got);
        char *spelled = malloc(encoded_length + 8);
        expect(spelled != NULL);
        encode(bytes, got, spelled);
        expect(strncmp(spelled, text, MIN(length, strlen(spelled))) == 0);
        free(spelled);
    }
    free(bytes);
}

static void check_hex(const char *text, size_t length) {
    uint8_t *bytes = malloc(length / 2 + 1);
    char *spelled = malloc(length + 1);
    expect(bytes != NULL && spelled != NULL);
    if (length % 2 == 0 && hex_decode(text, length, bytes)) {
        hex_encode(bytes, length / 2, spelled);
        expect(text_equals_ignoring_case(spelled, text));
    }
    free(spelled);
    free(bytes);
}

static void check_encoders(const uint8_t *bytes, size_t length) {
    char *text = malloc(base64_encoded_length(length) + 1);
    uint8_t *back = malloc(length + 1);
    size_t got = 0;
    expect(text != NULL && back != NULL);
    base64_encode(bytes, length, text);
    expect(strlen(text) == base64_encoded_length(length));
    expect(base64_decode(text, strlen(text), back, length, &got) && got == length && memcmp(back, bytes, got) == 0);
    base64url_encode(bytes, length, text);
    expect(strlen(text) == base64url_encoded_length(length));
    expect(base64url_decode(text, strlen(text), back, length, &got) && got == length && memcmp(back, bytes, got) == 0);
    free(back);
    free(text);
}

static void check_utf8(char *text, size_t length) {
    for (size_t max = 0; max <= MIN(length, 9); max++) {
        size_t prefix = text_utf8_prefix(text, length, max);
        expect(prefix <= max && (!text_is_utf8(text, length) || text_is_utf8(text, prefix)));
    }
    bool was_clean = text_is_utf8(text, length) && !text_has_control(text, length);
    char *before = copy_text(text, length);
    text_make_printable(text, length);
    expect(text_is_utf8(text, length) && !text_has_control(text, length));
    expect(!was_clean || memcmp(before, text, length) == 0);
    free(before);
}

static void check_number(const char *text, size_t length) {
    uint64_t number = 0;
    char spelled[24];
    if (text_parse_u64((struct slice){text, length}, &number)) {
        (void)snprintf(spelled, sizeof spelled, "%" PRIu64, number);
        size_t zeros = strspn(text, "0");
        expect(number == 0 ? zeros == length : strcmp(text + zeros, spelled) == 0);
    }
}

/* A point in time is written in the first of the three forms, which parses to the same point in time. */
static void check_clock(const char *text) {
    int64_t first = 0;
    int64_t second = 0;
    char spelled[CLOCK_HTTP_TEXT];
    char iso[CLOCK_ISO_TEXT];
    if (clock_parse_http(text, &first)) {
        clock_format_http(first, spelled);
        clock_format_iso(first, iso);
        expect(clock_parse_http(spelled, &second) && first == second);
        expect(strlen(iso) == CLOCK_ISO_TEXT - 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = copy_text(data, size);
    check_encoders(data, size);
    check_base64(text, size, base64_decode, base64_encode, base64_encoded_length(size));
    check_base64(text, size, base64url_decode, base64url_encode, base64url_encoded_length(size));
    check_clock(text);
    check_hex(text, strlen(text));
    check_number(text, strlen(text));
    check_utf8(text, size);
    free(text);
    return 0;
}
