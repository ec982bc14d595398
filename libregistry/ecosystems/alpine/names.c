/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Clients check none of these when they read an index, and make addresses and file names of them. Whatever is accepted
 * here is safe in all those places.
 */

#include "ecosystems/alpine/names.h"

#include <string.h>

static bool has_only(const char *text, const char *more, bool upper) {
    for (const char *at = text; *at != '\0'; at++) {
        bool is_upper = *at >= 'A' && *at <= 'Z';
        if (is_upper ? !upper : !char_is_alphanumeric(*at) && strchr(more, *at) == NULL) {
            return false;
        }
    }
    return true;
}

bool alpine_name_is_valid(const char *name) {
    return char_is_alphanumeric(name[0]) && has_only(name, "._+-", true);
}

bool alpine_architecture_is_valid(const char *architecture) {
    size_t length = strlen(architecture);
    return length > 0 && length <= ALPINE_ARCHITECTURE_MAX && has_only(architecture, "_-", false);
}

bool alpine_architecture_is_known(const char *architecture) {
    static const char *const known[] = {
        ALPINE_NOARCH,  "aarch64", "arc700", "archs",  "armeb",    "armel",  "armhf",  "armv7",   "loongarch64",
        "loongarchx32", "mips",    "mipsel", "mips64", "mips64el", "ppc",    "ppc64",  "ppc64le", "riscv32",
        "riscv64",      "s390x",   "sh2eb",  "sh3",    "sh4",      "wasi32", "wasi64", "x86",     "x86_64"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (text_equals(architecture, known[i])) {
            return true;
        }
    }
    return false;
}

lreg_status alpine_architecture_unknown(struct error *err) {
    return error_set(err, LREG_NOT_FOUND, "architecture_unknown", "there is no such architecture");
}

bool alpine_version_is_addressable(const char *version) {
    return version[0] != '\0' && has_only(version, "._+~:^-", true);
}

lreg_status alpine_names_check(const char *name, const char *version, const char *architecture, struct error *err) {
    if (!alpine_name_is_valid(name)) {
        return error_set(err, LREG_UNPROCESSABLE, "bad_name",
                         "pkgname \"%.100s\" is not of the form [A-Za-z0-9][A-Za-z0-9._+-]*", name);
    }
    if (!alpine_version_is_addressable(version)) {
        return error_set(err, LREG_UNPROCESSABLE, "bad_version",
                         "pkgver \"%.100s\" has a character other than A-Z, a-z, 0-9 and ._+~:^-", version);
    }
    if (!alpine_architecture_is_valid(architecture)) {
        return error_set(err, LREG_UNPROCESSABLE, "bad_architecture",
                         "arch \"%.100s\" is not 1 to %d characters of a-z, 0-9, _ and -", architecture,
                         ALPINE_ARCHITECTURE_MAX);
    }
    if (strlen(name) + 1 + strlen(version) > ALPINE_NAME_VERSION_MAX) {
        return error_set(err, LREG_UNPROCESSABLE, "bad_name",
                         "pkgname and pkgver are longer than %d bytes together: clients could not keep the file",
                         ALPINE_NAME_VERSION_MAX);
    }
    return LREG_OK;
}
