/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_ENCODING_H
#define BASE_ENCODING_H

/* Bytes as text and back. Decoders are strict and skip nothing. When they return false, the output is undefined. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void hex_encode(const void *bytes, size_t length, char *out); /* writes 2 * length characters and a NUL, lower case */
bool hex_decode(const char *text, size_t length, void *out); /* both cases; length even; out has length / 2 bytes */

/* This and base64url_encoded_length() return SIZE_MAX on overflow, so that an allocation of that size fails. */
size_t base64_encoded_length(size_t length); /* without NUL, with padding */
void base64_encode(const void *bytes, size_t length, char *out); /* RFC 4648 section 4, with padding and a NUL */
/* Padding may be missing. False also when the output exceeds `capacity`. */
bool base64_decode(const char *text, size_t length, void *out, size_t capacity, size_t *out_length);

size_t base64url_encoded_length(size_t length); /* without NUL, without padding */
void base64url_encode(const void *bytes, size_t length, char *out); /* RFC 4648 section 5, no padding, with NUL */
bool base64url_decode(const char *text, size_t length, void *out, size_t capacity, size_t *out_length);

/* Writes `value` modulo 62^digits as `digits` characters of [0-9A-Za-z], most significant first, and a NUL. */
void base62_encode(uint64_t value, size_t digits, char *out);

uint32_t crc32_of(const void *bytes, size_t length); /* ISO-HDLC (zlib's) */

#endif
