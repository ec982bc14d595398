/* SPDX-License-Identifier: Apache-2.0 */
/* Scopes, tokens and bearers. A fuzzer cannot guess a checksum or a signature, so the first byte chooses whether the
 * harness computes them; then a change of a single byte, which the input selects, must be detected. */
#include "auth/auth.h"

#include "base/encoding.h"
#include "base/text.h"
#include "support/fuzzer.h"

#define SECRET_CHARACTERS (5 + 38)

static const struct auth_keys keys = {.seal = {1}, .bearer = {2}};

static void check_scopes(const char *text) {
    uint32_t scopes = 0;
    uint32_t again = 0;
    char written[256] = "";
    struct error err = {.code = ""};
    if (auth_scopes_parse(text, &scopes, &err) != LREG_OK) {
        expect(err.message[0] != '\0');
        return;
    }
    expect(scopes != 0 && (scopes & ~AUTH_ALL_SCOPES) == 0);
    for (uint32_t bit = 1; bit <= AUTH_ALL_SCOPES; bit <<= 1) {
        if ((scopes & bit) != 0) {
            const char *word = auth_scope_text(bit);
            expect(word != NULL && strlen(written) + strlen(word) + 2 < sizeof written);
            memcpy(written + strlen(written), word, strlen(word) + 1);
            memcpy(written + strlen(written), ",", 2);
        }
    }
    written[strlen(written) - 1] = '\0';
    expect(auth_scopes_parse(written, &again, NULL) == LREG_OK && again == scopes);
}

static void check_secret(const char *text) {
    struct auth_bearer bearer;
    struct error err = {.code = ""};
    enum auth_secret_kind kind = auth_secret_classify(text);
    if (kind != AUTH_SECRET_UNKNOWN) {
        expect(has_only(text, LOWER UPPER DIGITS "_-"));
        expect(kind == AUTH_SECRET_BEARER || strlen(text) == SECRET_CHARACTERS + 6);
    }
    lreg_status status = auth_bearer_read(&keys, text, &bearer, &err);
    expect(status == LREG_UNAUTHENTICATED ? err.code[0] != '\0' : status == LREG_OK && kind == AUTH_SECRET_BEARER);
}

/* The text followed by its checksum is a token if its characters are allowed in one; followed by another checksum it is
 * not. */
static void check_checksum(const char *text) {
    char secret[AUTH_SECRET_TEXT];
    if (strlen(text) != SECRET_CHARACTERS) {
        return;
    }
    memcpy(secret, text, SECRET_CHARACTERS);
    base62_encode(crc32_of(text, SECRET_CHARACTERS), 6, secret + SECRET_CHARACTERS);
    enum auth_secret_kind kind = auth_secret_classify(secret);
    bool is_ours = text_starts_with(text, AUTH_API_TOKEN_PREFIX) || text_starts_with(text, AUTH_REGISTRY_TOKEN_PREFIX);
    if (!text_starts_with(text, AUTH_BEARER_PREFIX)) {
        expect((kind != AUTH_SECRET_UNKNOWN) == (is_ours && has_only(text + 5, LOWER UPPER DIGITS)));
        secret[SECRET_CHARACTERS + 5] ^= 1;
        expect(auth_secret_classify(secret) == AUTH_SECRET_UNKNOWN);
    }
}

/* A bearer that we issued is accepted, with the grants that the rest of the input set; after a change of one byte it is
 * refused. */
static void check_bearer(const uint8_t *data, size_t size) {
    struct auth_principal principal = {.kind = AUTH_API_TOKEN, .token_id = "01932a4b-8f6e-7c3d-9a1b-2c3d4e5f6a7b"};
    struct auth_bearer issued;
    struct auth_bearer got;
    char bearer[AUTH_BEARER_TEXT];
    char name[2] = "";
    int64_t expires_ms = 0;
    if (size < 10) {
        return;
    }
    memcpy(&expires_ms, data, sizeof expires_ms);
    expires_ms &= INT64_MAX;
    auth_bearer_init(&issued, &principal, expires_ms);
    for (size_t i = 10; i < size; i++) {
        uint32_t actions = 0;
        name[0] = (char)(data[i] | 1);
        lreg_status status = auth_bearer_grant(&issued, name, data[i], NULL);
        expect(status == LREG_OK || issued.grant_count == AUTH_GRANTS_MAX);
        expect(auth_bearer_find(&issued, name, &actions) == (status == LREG_OK) && actions <= AUTH_ALL_GRANTS);
    }
    expect(auth_bearer_issue(&keys, &issued, bearer, NULL) == LREG_OK);
    expect(auth_bearer_read(&keys, bearer, &got, NULL) == LREG_OK);
    expect(got.expires_ms == expires_ms && strcmp(got.token_id, principal.token_id) == 0);
    expect(got.grant_count == issued.grant_count && memcmp(got.grants, issued.grants, sizeof got.grants) == 0);
    size_t at = data[8] % strlen(bearer);
    if (bearer[at] == (char)data[9]) {
        return;
    }
    bearer[at] = (char)data[9];
    expect(auth_bearer_read(&keys, bearer, &got, NULL) == LREG_UNAUTHENTICATED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) {
        return 0;
    }
    char *text = copy_text(data + 1, size - 1);
    switch (data[0] % 4) {
    case 0:
        check_scopes(text);
        break;
    case 1:
        check_secret(text);
        break;
    case 2:
        check_checksum(text);
        break;
    default:
        check_bearer(data + 1, size - 1);
        break;
    }
    free(text);
    return 0;
}
