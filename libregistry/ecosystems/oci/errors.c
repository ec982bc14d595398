/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Failures as the error document of OCI distribution 1.1, "Error Codes", and the challenge that leads clients to the
 * token endpoint. Each error has a detail: clients take an error without one for a generic answer of the server, and
 * retry.
 */

#include "ecosystems/oci/oci_internal.h"

#include <string.h>

struct code_of_word {
    const char *word; /* code of the failure */
    const char *code;
};

struct code_of_status {
    lreg_status status;
    const char *code;
};

static const struct code_of_word words[] = {
    {"bad_content_length", "SIZE_INVALID"},    {"bad_target", "NAME_INVALID"},
    {"blob_unknown", "BLOB_UNKNOWN"},          {"body_too_long", "SIZE_INVALID"},
    {"body_truncated", "SIZE_INVALID"},        {"digest_invalid", "DIGEST_INVALID"},
    {"document_unknown", "MANIFEST_UNKNOWN"},  {"manifest_invalid", "MANIFEST_INVALID"},
    {"manifest_unknown", "MANIFEST_UNKNOWN"},  {"name_invalid", "NAME_INVALID"},
    {"name_unknown", "NAME_UNKNOWN"},          {"package_unknown", "MANIFEST_UNKNOWN"},
    {"size_invalid", "SIZE_INVALID"},          {"too_many_segments", "NAME_INVALID"},
    {"upload_busy", "BLOB_UPLOAD_INVALID"},    {"upload_moved", "BLOB_UPLOAD_INVALID"},
    {"upload_unknown", "BLOB_UPLOAD_UNKNOWN"},
};

static const struct code_of_status statuses[] = {
    {LREG_UNAUTHENTICATED, "UNAUTHORIZED"},   {LREG_FORBIDDEN, "DENIED"},        {LREG_NOT_FOUND, "NAME_UNKNOWN"},
    {LREG_TOO_MANY, "TOOMANYREQUESTS"},       {LREG_TOO_LARGE, "SIZE_INVALID"},  {LREG_LENGTH_REQUIRED, "SIZE_INVALID"},
    {LREG_METHOD_NOT_ALLOWED, "UNSUPPORTED"}, {LREG_UNSUPPORTED, "UNSUPPORTED"}, {LREG_NOT_IMPLEMENTED, "UNSUPPORTED"},
    {LREG_RANGE, "BLOB_UPLOAD_INVALID"},
};

/* A client's fault must have a code of the list. The list has none for faults of a server, such as a full disk. */
static const char *code_of_rest(lreg_status status) {
    return error_http_status(status) < 500 ? "UNSUPPORTED" : "UNKNOWN";
}

static const char *code_of(const struct error *failure) {
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i].word, failure->code) == 0) {
            return words[i].code;
        }
    }
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        if (statuses[i].status == failure->status) {
            return statuses[i].code;
        }
    }
    return code_of_rest(failure->status);
}

json_t *oci_error(const char *code, const char *message, json_t *detail) {
    json_t *error = json_pack("{s:s, s:s}", "code", code, "message", message);
    if (error == NULL || (detail != NULL && json_object_set(error, "detail", detail) != 0)) {
        json_decref(error);
        error = NULL;
    }
    json_decref(detail);
    return error;
}

lreg_status oci_respond_errors(struct call *call, int status, json_t *errors, struct error *err) {
    json_t *document = errors != NULL ? json_pack("{s:O}", "errors", errors) : NULL;
    lreg_status result = document != NULL ? call_respond_json(call, status, document, err) : error_no_memory(err);
    json_decref(document);
    json_decref(errors);
    return result;
}

lreg_status oci_respond_error(struct call *call, int status, const char *code, const char *message, json_t *detail,
                              struct error *err) {
    json_t *errors = json_array();
    json_t *error = oci_error(code, message, detail);
    if (errors == NULL || json_array_append(errors, error) != 0) {
        json_decref(errors);
        errors = NULL;
    }
    json_decref(error);
    return oci_respond_errors(call, status, errors, err);
}

/* --- The challenge --- */

static const char *actions_of(enum auth_action action) {
    switch (action) {
    case AUTH_ACTION_READ_PACKAGES:
    case AUTH_ACTION_PROBE_PACKAGES:
        return "pull";
    case AUTH_ACTION_WRITE_PACKAGES:
        return "pull,push";
    case AUTH_ACTION_DELETE_PACKAGES:
        return "delete";
    default:
        return NULL;
    }
}

/* ",scope=…" for a path with a repository, "" for others. Names from the path are repeated only when they are valid. */
static const char *scope_of(struct call *call) {
    const char *actions = call->route != NULL ? actions_of(call->route->action) : NULL;
    const char *organization = call_parameter(call, "organization");
    const char *registry = call_parameter(call, "registry");
    const char *image = call_parameter(call, "image");
    if (actions == NULL || !slug_is_valid(organization) || !slug_is_valid(registry) || !oci_name_is_valid(image)) {
        return "";
    }
    return arena_format(call->arena, ",scope=\"repository:%s/%s/%s:%s\"", organization, registry, image, actions);
}

/* The service that the token is for: the host of the base URL. */
static struct slice service_of(const struct call *call) {
    const char *host = strstr(call->base_url, "://");
    if (host == NULL) {
        return slice_of("registry");
    }
    struct slice rest = slice_of(host + 3);
    return slice_cut(&rest, '/');
}

/* Always a single scheme: beside Basic, clients would no longer fetch anonymous tokens. */
static lreg_status challenge(struct call *call, const struct error *failure, struct error *err) {
    bool is_insufficient = text_equals(failure->code, "insufficient_scope"); /* RFC 6750 section 3.1 */
    if (call->route != NULL && text_equals(call->route->pattern, OCI_TOKEN_PATH)) {
        return call_challenge_basic(call, err);
    }
    const char *realm = call_url(call, OCI_TOKEN_PATH);
    const char *scope = scope_of(call);
    struct slice service = service_of(call);
    if (realm == NULL || scope == NULL) {
        return error_no_memory(err);
    }
    return call_header_format(call, err, "WWW-Authenticate", "Bearer realm=\"%s\",service=\"%.*s\"%s%s", realm,
                              (int)service.length, service.bytes, scope,
                              is_insufficient ? ",error=\"insufficient_scope\"" : "");
}

lreg_status oci_show_error(struct call *call, const struct error *failure, struct error *err) {
    lreg_status status = LREG_OK;
    if (failure->status == LREG_UNAUTHENTICATED) {
        status = challenge(call, failure, err);
        if (status != LREG_OK) {
            return status;
        }
    }
    bool has_word = failure->code[0] != '\0';
    json_t *detail = json_pack("{s:s}", "reason", has_word ? failure->code : error_status_name(failure->status));
    if (detail == NULL) {
        return error_no_memory(err);
    }
    return oci_respond_error(call, (int)error_http_status(failure->status), code_of(failure), failure->message, detail,
                             err);
}
