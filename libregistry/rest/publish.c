/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Publishing over REST: multipart/form-data with the package in the part "file", in any position. The bytes go on to
 * the ecosystem as they arrive; nothing is collected. The package is published when the whole form has arrived, so a
 * torn one leaves nothing.
 */

#include "rest/rest_internal.h"

#include "http/multipart.h"

#define FILE_FIELD "file"

/* The multipart parser calls without a call, so the state knows it. */
struct publishing {
    struct call *call;
    const struct core_ecosystem *ecosystem;
    struct multipart *form;
    struct core_publication context;
    void *publication; /* of the ecosystem; NULL before the file part */
    bool is_in_file;
    uint64_t beside_file; /* bytes of the form that are not the file's */
};

/* What a form may hold beside its file: header blocks of all its parts, and some more for fields that mean nothing. */
static uint64_t beside_file_max(const struct core_limits *limits) {
    return (uint64_t)limits->max_multipart_parts * limits->max_part_header_bytes + limits->max_json_bytes;
}

static lreg_status part_begin(void *user, const char *name, const char *filename, const struct headers *headers,
                              struct error *err) {
    (void)headers;
    struct publishing *publishing = user;
    publishing->is_in_file = text_equals(name, FILE_FIELD);
    if (!publishing->is_in_file) {
        return LREG_OK;
    }
    if (publishing->publication != NULL) {
        return error_set(err, LREG_UNPROCESSABLE, "several_files",
                         "the form has more than one part \"" FILE_FIELD "\"");
    }
    if (filename == NULL || filename[0] == '\0') {
        return error_set(err, LREG_UNPROCESSABLE, "missing_filename",
                         "the part \"" FILE_FIELD "\" has no file name; with curl: -F file=@PATH");
    }
    publishing->context.filename = arena_copy_text(publishing->call->arena, filename);
    if (publishing->context.filename == NULL) {
        return error_no_memory(err);
    }
    return publishing->ecosystem->publish_begin(&publishing->context, &publishing->publication, err);
}

static lreg_status part_data(void *user, const void *bytes, size_t length, struct error *err) {
    struct publishing *publishing = user;
    if (!publishing->is_in_file) {
        return LREG_OK; /* other fields of the form mean nothing here */
    }
    publishing->beside_file -= length; /* it was counted with all that came */
    return publishing->ecosystem->publish_write(publishing->publication, bytes, length, err);
}

static lreg_status part_end(void *user, struct error *err) {
    (void)err;
    struct publishing *publishing = user;
    publishing->is_in_file = false;
    return LREG_OK;
}

static lreg_status publish_write(struct call *call, void *state, const void *bytes, size_t length, struct error *err) {
    struct publishing *publishing = state;
    uint64_t max = beside_file_max(core_limits_of(call->core));
    publishing->beside_file += length;
    lreg_status status = multipart_write(publishing->form, bytes, length, err);
    if (status == LREG_OK && publishing->beside_file > max) {
        return error_set(err, LREG_TOO_LARGE, "form_too_large", "the form has more than %llu bytes beside the file",
                         (unsigned long long)max);
    }
    return status;
}

static lreg_status publish_finish(struct call *call, void *state, struct error *err) {
    struct publishing *publishing = state;
    const struct core_package *package = NULL;
    bool created = false;
    lreg_status status = multipart_finish(publishing->form, err);
    if (status == LREG_OK && publishing->publication == NULL) {
        status = error_set(err, LREG_UNPROCESSABLE, "missing_file",
                           "the form has no part \"" FILE_FIELD "\"; with curl: -F file=@PATH");
    }
    if (status == LREG_OK) {
        status = publishing->ecosystem->publish_finish(publishing->publication, &package, &created, err);
    }
    if (status == LREG_OK) {
        status = rest_respond(call, rest_package(call, call->registry, &package->row), err);
    }
    core_package_release(package);
    return status;
}

static void publish_free(struct call *call, void *state) {
    (void)call;
    struct publishing *publishing = state;
    if (publishing->publication != NULL) {
        publishing->ecosystem->publish_free(publishing->publication);
    }
    multipart_free(publishing->form);
}

static const struct sink publish_sink = {.write = publish_write, .finish = publish_finish, .free = publish_free};

static lreg_status check_request(const struct call *call, struct error *err) {
    if (call->registry->ecosystem == NULL) {
        return error_set(err, LREG_UNPROCESSABLE, "unknown_ecosystem", "this build cannot publish to %s registries",
                         call->registry->row.ecosystem);
    }
    if (!call->has_body) {
        return error_set(err, LREG_UNPROCESSABLE, "missing_file", "the request has no body; with curl: -F file=@PATH");
    }
    /* What is larger than file and form may be together is refused before it is sent. */
    const struct core_limits *limits = core_limits_of(call->core);
    uint64_t beside = beside_file_max(limits);
    if (call->has_length && call->body_length > beside && call->body_length - beside > limits->max_package_bytes) {
        return error_set(err, LREG_TOO_LARGE, "package_too_large", "larger than the limit of %llu bytes",
                         (unsigned long long)limits->max_package_bytes);
    }
    return LREG_OK;
}

lreg_status rest_packages_publish(struct call *call, struct error *err) {
    const struct core_limits *limits = core_limits_of(call->core);
    const char *content_type = headers_find(&call->headers, "Content-Type");
    lreg_status status = check_request(call, err);
    if (status != LREG_OK) {
        return status;
    }
    struct publishing *publishing = arena_allocate_zeroed(call->arena, 1, sizeof *publishing);
    if (publishing == NULL) {
        return error_no_memory(err);
    }
    publishing->call = call;
    publishing->ecosystem = call->registry->ecosystem;
    publishing->context =
        (struct core_publication){.core = call->core, .registry = call->registry, .actor = &call->actor};
    const struct multipart_limits form_limits = {
        .max_parts = limits->max_multipart_parts,
        .max_part_header_bytes = limits->max_part_header_bytes,
        .max_part_headers = limits->max_headers,
    };
    const struct multipart_events events = {
        .user = publishing, .part_begin = part_begin, .part_data = part_data, .part_end = part_end};
    status = multipart_new(call->hooks, content_type == NULL ? "" : content_type, &form_limits, &events,
                           &publishing->form, err);
    if (status != LREG_OK) {
        return status;
    }
    call->sink = &publish_sink;
    call->sink_state = publishing;
    return LREG_OK;
}
