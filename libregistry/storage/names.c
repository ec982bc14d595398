/* SPDX-License-Identifier: Apache-2.0 */

/* Names and keys. Paths are built only from text that was checked here. */

#include "storage/names.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

static bool is_digest_character(char c) {
    return char_is_digit(c) || (c >= 'a' && c <= 'f');
}

static bool is_name(const char *name, size_t max) {
    size_t length = 0;
    if (name == NULL) {
        return false;
    }
    while (name[length] != '\0') {
        char c = name[length];
        bool allowed = char_is_digit(c) || (c >= 'a' && c <= 'z') || c == '-';
        if (!allowed || length == max) {
            return false;
        }
        length++;
    }
    return length > 0;
}

bool storage_stage_name_is_valid(const char *name) {
    return is_name(name, LREG_STORAGE_STAGE_NAME_MAX);
}

bool storage_name_is_valid(const char *name) {
    return is_name(name, LREG_STORAGE_NAME_MAX);
}

bool storage_digest_is_valid(const char *digest) {
    size_t length = 0;
    if (digest == NULL) {
        return false;
    }
    while (length < STORAGE_DIGEST_LENGTH && is_digest_character(digest[length])) {
        length++;
    }
    return length == STORAGE_DIGEST_LENGTH && digest[length] == '\0';
}

bool storage_key_is_valid(const char *key) {
    if (key == NULL) {
        return false;
    }
    size_t length = strnlen(key, LREG_STORAGE_KEY_MAX + 1);
    return length >= 1 && length <= LREG_STORAGE_KEY_MAX && text_is_utf8(key, length);
}

bool storage_own_key(const char *digest, const char *stage_name, char *key, size_t capacity) {
    int length =
        snprintf(key, capacity, "%.*s-%.*s", STORAGE_DIGEST_LENGTH, digest, LREG_STORAGE_STAGE_NAME_MAX, stage_name);
    return length > 0 && (size_t)length < capacity;
}

bool storage_own_key_is_valid(const char *key) {
    for (size_t i = 0; i < STORAGE_DIGEST_LENGTH; i++) {
        if (!is_digest_character(key[i])) {
            return false;
        }
    }
    return key[STORAGE_DIGEST_LENGTH] == '-' && storage_stage_name_is_valid(key + STORAGE_DIGEST_LENGTH + 1);
}
