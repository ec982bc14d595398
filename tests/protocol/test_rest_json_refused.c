/* SPDX-License-Identifier: Apache-2.0 */
/* Management requests with invalid bodies: broken JSON, wrong types, values that break a rule. */
#include "support/protocol_world.h"

#include <stdlib.h>
#include <string.h>

#define REGISTRIES "/v2/packages/organizations/my-organization/registries"
#define FIELDS " HTTP/1.1\nHost: localhost\nContent-Type: application/json\n\n"
#define CREATE(name, body, ...) \
    { name, WHO_OWNER, "POST " REGISTRIES FIELDS body, 0, __VA_ARGS__ }
#define UPDATE(name, body, ...) \
    { name, WHO_OWNER, "PATCH " REGISTRIES "/my-files" FIELDS body, 0, __VA_ARGS__ }
#define TOKEN(name, body, ...) \
    { name, WHO_OWNER, "POST " REGISTRIES "/my-files/tokens" FIELDS body, 0, __VA_ARGS__ }
#define CHANGE_TOKEN(name, body, ...) \
    { name, WHO_OWNER, "POST " REGISTRIES "/my-files/tokens/<<token>>" FIELDS body, 0, __VA_ARGS__ }
#define MALFORMED(why) 400, "malformed_json", why
#define WRONG_TYPE(why) 422, "wrong_type", why
#define BAD_SLUG 400, "bad_slug", "the slug must be 1 to 100 characters of a-z, 0-9 and single dashes between them"

static int group_setup(void **state) {
    return protocol_setup(state);
}

static int group_teardown(void **state) {
    return protocol_teardown(state);
}

static void run(void **state, const struct protocol_case *cases, size_t count) {
    protocol_check_cases(*state, cases, count);
}

static void test_protocol_rest_json__broken_json_is_refused(void **state) {
    static const struct protocol_case cases[] = {
        CREATE("nothing", "", MALFORMED("malformed JSON at line 1, column 0: it ends too early")),
        CREATE("blanks", "  \n ", MALFORMED(NULL)),
        CREATE("not JSON", "name=x&ecosystem=files", MALFORMED(NULL)),
        CREATE("cut", "{\"name\":\"x\",\"ecosystem\":\"fil", MALFORMED(NULL)),
        CREATE("cut behind a comma", "{\"name\":\"x\",", MALFORMED(NULL)),
        CREATE("trailing comma", "{\"name\":\"x\",\"ecosystem\":\"files\",}", MALFORMED(NULL)),
        CREATE("single quotes", "{'name':'x','ecosystem':'files'}", MALFORMED(NULL)),
        CREATE("comment", "{/* */\"name\":\"x\",\"ecosystem\":\"files\"}", MALFORMED(NULL)),
        CREATE("something behind it", "{\"name\":\"x\",\"ecosystem\":\"files\"} x",
               MALFORMED("malformed JSON at line 1, column 34: something stands behind its end")),
        CREATE("two objects", "{\"name\":\"x\",\"ecosystem\":\"files\"}{}", MALFORMED(NULL)),
        CREATE("an array", "[{\"name\":\"x\",\"ecosystem\":\"files\"}]", MALFORMED("the body must be a JSON object")),
        CREATE("a string", "\"name\"", MALFORMED(NULL)),
        CREATE("a number", "17", MALFORMED(NULL)),
        CREATE("null", "null", MALFORMED(NULL)),
        CREATE("a name twice", "{\"name\":\"x\",\"name\":\"y\",\"ecosystem\":\"files\"}",
               MALFORMED("malformed JSON at line 1, column 18: a name occurs twice in one object")),
        CREATE("escaped NUL", "{\"name\":\"x\\u0000y\",\"ecosystem\":\"files\"}",
               MALFORMED("malformed JSON at line 1, column 18: a string holds NUL")),
        {"NUL", WHO_OWNER, PROTOCOL_BYTES("POST " REGISTRIES FIELDS "{\"name\":\"x\0y\",\"ecosystem\":\"files\"}"),
         MALFORMED(NULL)},
        {"NUL behind it", WHO_OWNER,
         PROTOCOL_BYTES("POST " REGISTRIES FIELDS "{\"name\":\"x\",\"ecosystem\":\"files\"}\0"), MALFORMED(NULL)},
        CREATE("not UTF-8", "{\"name\":\"x\xff\",\"ecosystem\":\"files\"}", MALFORMED(NULL)),
        CREATE("overlong UTF-8", "{\"name\":\"\xc0\xaf\",\"ecosystem\":\"files\"}", MALFORMED(NULL)),
        CREATE("half of a surrogate pair", "{\"name\":\"\\ud800\",\"ecosystem\":\"files\"}", MALFORMED(NULL)),
        CREATE("control character", "{\"name\":\"a\x01\",\"ecosystem\":\"files\"}", MALFORMED(NULL)),
        CREATE("byte order mark", "\xef\xbb\xbf{\"name\":\"x\",\"ecosystem\":\"files\"}", MALFORMED(NULL)),
        CREATE("a number that is too large", "{\"name\":\"x\",\"ecosystem\":\"files\",\"n\":1e999}", MALFORMED(NULL)),
        CREATE("too deep", "{\"name\":<<[*32>>1<<]*32>>}", 400, "json_too_deep",
               "JSON is nested deeper than 32 levels at byte 39"),
        CREATE("far too deep", "<<[*16000>>", 400, "json_too_deep", "JSON is nested deeper than 32 levels at byte 32"),
        CREATE("too large", "{\"name\":\"<<a*17000>>\"}", 413, "body_too_large",
               "the request body is larger than the 16384 bytes allowed here"),
        {"too large, in chunks", WHO_OWNER,
         "POST " REGISTRIES " HTTP/1.1\nHost: localhost\nTransfer-Encoding: chunked\n\n{\"name\":\"<<a*17000>>\"}", 0,
         413, "body_too_large", "the request body is larger than the 16384 bytes allowed here"},
        {"shorter than it says", WHO_OWNER,
         "POST " REGISTRIES
         " HTTP/1.1\nHost: localhost\nContent-Length: 50\n\n{\"name\":\"x\",\"ecosystem\":\"files\"}",
         0, 400, "body_truncated", "the body is shorter than Content-Length says"},
        {"longer than it says", WHO_OWNER,
         "POST " REGISTRIES " HTTP/1.1\nHost: localhost\nContent-Length: 5\n\n{\"name\":\"x\",\"ecosystem\":\"files\"}",
         0, 400, "body_too_long", "the body is longer than Content-Length says"},
    };
    run(state, cases, sizeof cases / sizeof cases[0]);
}

static void test_protocol_rest_json__a_new_registry_follows_the_rules(void **state) {
    static const struct protocol_case cases[] = {
        CREATE("empty object", "{}", 422, "missing_member", "\"name\" is needed"),
        CREATE("no name", "{\"ecosystem\":\"files\"}", 422, "missing_member", "\"name\" is needed"),
        CREATE("name is null", "{\"name\":null,\"ecosystem\":\"files\"}", WRONG_TYPE("\"name\" must be a string")),
        CREATE("ecosystem is null", "{\"name\":\"x\",\"ecosystem\":null}",
               WRONG_TYPE("\"ecosystem\" must be a string")),
        CREATE("slug is null", "{\"name\":\"x\",\"ecosystem\":\"files\",\"slug\":null}",
               WRONG_TYPE("\"slug\" must be a string")),
        UPDATE("name becomes null", "{\"name\":null}", WRONG_TYPE("\"name\" must be a string")),
        UPDATE("slug becomes null", "{\"slug\":null}", WRONG_TYPE("\"slug\" must be a string")),
        UPDATE("ecosystem becomes null", "{\"ecosystem\":null}", WRONG_TYPE("\"ecosystem\" must be a string")),
        CREATE("no ecosystem", "{\"name\":\"x\"}", 422, "missing_member", "\"ecosystem\" is needed"),
        CREATE("name is a number", "{\"name\":1,\"ecosystem\":\"files\"}", WRONG_TYPE("\"name\" must be a string")),
        CREATE("name is an object", "{\"name\":{},\"ecosystem\":\"files\"}", WRONG_TYPE("\"name\" must be a string")),
        CREATE("ecosystem is a list", "{\"name\":\"x\",\"ecosystem\":[\"files\"]}",
               WRONG_TYPE("\"ecosystem\" must be a string")),
        CREATE("slug is a number", "{\"name\":\"x\",\"ecosystem\":\"files\",\"slug\":7}",
               WRONG_TYPE("\"slug\" must be a string")),
        CREATE("description is a number", "{\"name\":\"x\",\"ecosystem\":\"files\",\"description\":7}",
               WRONG_TYPE("\"description\" must be a string")),
        CREATE("emoji is true", "{\"name\":\"x\",\"ecosystem\":\"files\",\"emoji\":true}",
               WRONG_TYPE("\"emoji\" must be a string")),
        CREATE("color is a number", "{\"name\":\"x\",\"ecosystem\":\"files\",\"color\":16777215}",
               WRONG_TYPE("\"color\" must be a string")),
        CREATE("public is a string", "{\"name\":\"x\",\"ecosystem\":\"files\",\"public\":\"true\"}",
               WRONG_TYPE("\"public\" must be true or false")),
        CREATE("public is null", "{\"name\":\"x\",\"ecosystem\":\"files\",\"public\":null}",
               WRONG_TYPE("\"public\" must be true or false")),
        CREATE("overwriting is a number", "{\"name\":\"x\",\"ecosystem\":\"files\",\"allow_overwrite\":1}",
               WRONG_TYPE("\"allow_overwrite\" must be true or false")),
        CREATE("strictness is a list", "{\"name\":\"x\",\"ecosystem\":\"files\",\"strict_names\":[]}",
               WRONG_TYPE("\"strict_names\" must be true or false")),
        CREATE("empty name", "{\"name\":\"\",\"ecosystem\":\"files\"}", 400, "name_missing", "the name is missing"),
        CREATE("name of blanks", "{\"name\":\"   \",\"ecosystem\":\"files\"}", 400, "name_missing",
               "the name is missing"),
        CREATE("name that is too long", "{\"name\":\"<<x*256>>\",\"ecosystem\":\"files\"}", 400, "too_long",
               "the name is longer than 255 bytes"),
        CREATE("name of two lines", "{\"name\":\"a\\nb\",\"ecosystem\":\"files\"}", 400, "control_character",
               "the name has control characters"),
        CREATE("name with a command to a terminal", "{\"name\":\"a\\u009b31m\",\"ecosystem\":\"files\"}", 400,
               "control_character", "the name has control characters"),
        CREATE("name without letters", "{\"name\":\"\xe6\x97\xa5\xe6\x9c\xac\",\"ecosystem\":\"files\"}", 400,
               "bad_slug", "no slug can be made of this name, which has no letter a-z and no digit: give a slug"),
        CREATE("unknown ecosystem", "{\"name\":\"x\",\"ecosystem\":\"ruby\"}", 422, "unknown_ecosystem",
               "there is no ecosystem \"ruby\": it is one of files, alpine, container"),
        CREATE("ecosystem in capitals", "{\"name\":\"x\",\"ecosystem\":\"Files\"}", 422, "unknown_ecosystem",
               "there is no ecosystem \"Files\": it is one of files, alpine, container"),
        CREATE("empty ecosystem", "{\"name\":\"x\",\"ecosystem\":\"\"}", 422, "unknown_ecosystem",
               "there is no ecosystem \"\": it is one of files, alpine, container"),
        CREATE("empty slug", "{\"name\":\"x\",\"ecosystem\":\"files\",\"slug\":\"\"}", BAD_SLUG),
        CREATE("slug in capitals", "{\"name\":\"x\",\"ecosystem\":\"files\",\"slug\":\"Big\"}", BAD_SLUG),
        CREATE("slug with a slash", "{\"name\":\"x\",\"ecosystem\":\"files\",\"slug\":\"a/b\"}", BAD_SLUG),
        CREATE("slug of dots", "{\"name\":\"x\",\"ecosystem\":\"files\",\"slug\":\"..\"}", BAD_SLUG),
        CREATE("slug with a dash in front", "{\"name\":\"x\",\"ecosystem\":\"files\",\"slug\":\"-a\"}", BAD_SLUG),
        CREATE("slug with two dashes", "{\"name\":\"x\",\"ecosystem\":\"files\",\"slug\":\"a--b\"}", BAD_SLUG),
        CREATE("slug that is too long", "{\"name\":\"x\",\"ecosystem\":\"files\",\"slug\":\"<<a*101>>\"}", BAD_SLUG),
        CREATE("color without hash", "{\"name\":\"x\",\"ecosystem\":\"files\",\"color\":\"FFE0F1\"}", 400, "bad_color",
               "the color must have the form #RRGGBB"),
        CREATE("color with markup", "{\"name\":\"x\",\"ecosystem\":\"files\",\"color\":\"red;}\"}", 400, "bad_color",
               "the color must have the form #RRGGBB"),
        CREATE("emoji that is too long", "{\"name\":\"x\",\"ecosystem\":\"files\",\"emoji\":\"<<e*65>>\"}", 400,
               "too_long", "the emoji is longer than 64 bytes"),
        CREATE("description that is too long",
               "{\"name\":\"x\",\"ecosystem\":\"files\",\"description\":\"<<d*1001>>\"}", 400, "too_long",
               "the description is longer than 1000 bytes"),
        CREATE("description with an escape character",
               "{\"name\":\"x\",\"ecosystem\":\"files\",\"description\":\"\\u001b[0m\"}", 400, "control_character",
               "the description has control characters"),
        CREATE("taken slug", "{\"name\":\"My files\",\"ecosystem\":\"files\"}", 409, "slug_taken",
               "there is a registry my-organization/my-files already"),
        CREATE("taken slug, other ecosystem", "{\"name\":\"x\",\"slug\":\"my-files\",\"ecosystem\":\"alpine\"}", 409,
               "slug_taken", "there is a registry my-organization/my-files already"),
    };
    run(state, cases, sizeof cases / sizeof cases[0]);
}

static void test_protocol_rest_json__changes_of_a_registry_follow_the_rules(void **state) {
    static const struct protocol_case cases[] = {
        UPDATE("nothing", "", MALFORMED(NULL)),
        UPDATE("a list", "[]", MALFORMED("the body must be a JSON object")),
        UPDATE("another ecosystem", "{\"ecosystem\":\"alpine\"}", 422, "ecosystem_fixed",
               "the ecosystem of a registry cannot be changed: this one is for files"),
        UPDATE("an unknown ecosystem", "{\"ecosystem\":\"ruby\"}", 422, "ecosystem_fixed",
               "the ecosystem of a registry cannot be changed: this one is for files"),
        UPDATE("an empty name", "{\"name\":\"\"}", 400, "name_missing", "the name is missing"),
        UPDATE("name is a number", "{\"name\":5}", WRONG_TYPE("\"name\" must be a string")),
        UPDATE("public is a number", "{\"public\":0}", WRONG_TYPE("\"public\" must be true or false")),
        UPDATE("one good, one bad", "{\"description\":\"new\",\"public\":\"yes\"}",
               WRONG_TYPE("\"public\" must be true or false")),
        UPDATE("good name, bad color", "{\"name\":\"New name\",\"color\":\"blue\"}", 400, "bad_color",
               "the color must have the form #RRGGBB"),
        UPDATE("bad slug", "{\"slug\":\"My Files\"}", BAD_SLUG),
        UPDATE("taken slug", "{\"slug\":\"strict-files\"}", 409, "slug_taken",
               "there is a registry my-organization/strict-files already"),
        {"unknown registry", WHO_OWNER, "PATCH " REGISTRIES "/nothing" FIELDS "{\"public\":true}", 0, 404,
         "registry_unknown", "no registry my-organization/nothing"},
        {"deleting an unknown registry", WHO_OWNER, "DELETE " REGISTRIES "/nothing HTTP/1.1\nHost: localhost\n\n", 0,
         404, "registry_unknown", "no registry my-organization/nothing"},
    };
    run(state, cases, sizeof cases / sizeof cases[0]);
}

static void test_protocol_rest_json__tokens_follow_the_rules(void **state) {
    static const struct protocol_case cases[] = {
        TOKEN("nothing", "", MALFORMED(NULL)),
        TOKEN("no description", "{}", 422, "missing_member", "\"description\" is needed"),
        TOKEN("description is null", "{\"description\":null}", WRONG_TYPE("\"description\" must be a string")),
        TOKEN("description is a number", "{\"description\":3}", WRONG_TYPE("\"description\" must be a string")),
        TOKEN("description that is too long", "{\"description\":\"<<x*1001>>\"}", 400, "too_long",
              "the description is longer than 1000 bytes"),
        TOKEN("description of two lines", "{\"description\":\"a\\nb\"}", 400, "control_character",
              "the description has control characters"),
        CHANGE_TOKEN("no description, existing", "{}", 422, "missing_member", "\"description\" is needed"),
        CHANGE_TOKEN("description is a list", "{\"description\":[]}", WRONG_TYPE("\"description\" must be a string")),
        CHANGE_TOKEN("description with a control character", "{\"description\":\"\\u0007\"}", 400, "control_character",
                     "the description has control characters"),
        {"unknown token", WHO_OWNER,
         "PATCH " REGISTRIES "/my-files/tokens/01a1fc0f-a32e-7fa3-a7e3-000000000000" FIELDS "{\"description\":\"x\"}",
         0, 404, "token_unknown", "no token 01a1fc0f-a32e-7fa3-a7e3-000000000000"},
        {"no id", WHO_OWNER, "PATCH " REGISTRIES "/my-files/tokens/1" FIELDS "{\"description\":\"x\"}", 0, 404,
         "token_unknown", "no token 1"},
        {"deleting no id", WHO_OWNER, "DELETE " REGISTRIES "/my-files/tokens/%C3%A4 HTTP/1.1\nHost: localhost\n\n", 0,
         404, "token_unknown", "no token \xc3\xa4"},
    };
    run(state, cases, sizeof cases / sizeof cases[0]);
}
