/* SPDX-License-Identifier: Apache-2.0 */
/* JSON bodies: accepted bodies stay within the depth limit and can be parsed again after serialization. The first byte
 * is the depth limit. */
#include "base/json.h"

#include "support/fuzzer.h"

#define LEVELS_MAX 64

/* Returns whether the text never has more than `most` open brackets, not counting those in strings. */
static bool is_within(const char *text, size_t length, size_t most) {
    size_t open = 0;
    bool is_string = false;
    for (size_t i = 0; i < length; i++) {
        if (is_string && text[i] == '\\') {
            i++;
        } else if (is_string) {
            is_string = text[i] != '"';
        } else if (text[i] == '"') {
            is_string = true;
        } else if (text[i] == '{' || text[i] == '[') {
            open++;
        } else if (text[i] == '}' || text[i] == ']') {
            open -= open > 0 ? 1 : 0;
        }
        if (open > most) {
            return false;
        }
    }
    return true;
}

static void check_value(const json_t *value, size_t depth, const struct hooks *hooks) {
    struct strbuf text;
    json_t *again = NULL;
    expect(json_is_object(value) || json_is_array(value));
    strbuf_init(&text, hooks, (size_t)1 << 22);
    expect(json_render(value, &text, NULL) == LREG_OK);
    expect(json_parse(strbuf_text(&text), text.length, depth, &again, NULL) == LREG_OK);
    expect(json_equal(value, again) == 1);
    json_decref(again);
    if (json_is_object(value)) {
        again = json_stored(strbuf_text(&text));
        expect(json_equal(value, again) == 1);
        json_decref(again);
        const char *member = json_member_text(value, "name");
        expect((member != NULL) == json_is_string(json_object_get(value, "name")));
    }
    strbuf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct hooks hooks;
    struct error err = {.code = ""};
    json_t *value = NULL;
    if (size == 0) {
        return 0;
    }
    hooks_default(&hooks);
    size_t depth = data[0] % LEVELS_MAX + 1;
    char *text = copy_text(data + 1, size - 1);
    lreg_status status = json_parse(text, size - 1, depth, &value, &err);
    expect((status == LREG_OK) == (value != NULL));
    if (status == LREG_OK) {
        expect(is_within(text, size - 1, depth));
        check_value(value, depth, &hooks);
    } else {
        expect(status == LREG_BAD_ARGUMENT && err.message[0] != '\0');
    }
    json_decref(value);
    free(text);
    return 0;
}
