/* SPDX-License-Identifier: Apache-2.0 */

/* Options of the command line. */

#include "registryctl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *option_of(const struct invocation *invocation, const char *name) {
    const char *found = NULL;
    for (size_t i = 0; i < invocation->option_count; i++) {
        if (strcmp(invocation->options[i].name, name) == 0) {
            found = invocation->options[i].value == NULL ? "" : invocation->options[i].value;
        }
    }
    return found;
}

bool option_number(const struct invocation *invocation, const char *name, int64_t *out) {
    const char *text = option_of(invocation, name);
    char *end = NULL;
    if (text == NULL) {
        return true;
    }
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || value < 0 || value > OPTION_NUMBER_MAX) {
        fail_with_text("--%s takes a whole number from 0 to %lld", name, (long long)OPTION_NUMBER_MAX);
        return false;
    }
    *out = value;
    return true;
}
