/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Publishing over REST: multipart/form-data with the package in the part "file", in any position. The bytes go on to
 * the ecosystem as they arrive; nothing is collected. The package is published when the whole form has arrived, so a
 * truncated form leaves nothing.
 */

#include "rest/rest_internal.h"

#include "http/multipart.h"

#define FILE_FIELD "file"

/* At most this many bytes of the file are kept for another turn. When a host hands over more at once, the excess is
 * processed without waiting for a turn. */
#define BACKLOG_MAX ((size_t)1024 * 1024)

/* Callbacks of the multipart parser get no call, so the state holds it. */
struct publishing {
    struct call *call;
    const struct core_ecosystem *ecosystem;
    struct multipart *form;
    struct core_publication context;
    void *publication; /* of the ecosystem; NULL before the file part */
    struct turn turn;
    struct strbuf backlog; /* bytes of the file that the ecosystem has not taken yet */
    size_t backlog_taken;
    bool is_in_file;
    uint64_t beside_file; /* bytes of the form outside of the file */
};

/* What a form may hold besides its file: the header blocks of all parts, and some more for other fields. */
static uint64_t beside_file_max(const struct core_limits *limits) {
    return (uint64_t)limits->max_multipart_parts * limits->max_part_header_bytes + limits->max_json_bytes;
}

static lreg_status part_begin(void *user, const char *name, const char *filename, const struct headers *headers,
                              struct error *err) {
    (void)headers;
    struct publishing *publishing = user;
    publishing->is_in_file = text_equals(name, FILE_FIELD);
    if (!publishing->is_in_file) {
        return call_check_field(publishing->call, name, err);
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

/* Gives the backlog to the ecosystem, as much as it takes in this turn. */
static lreg_status work_off(struct publishing *publishing, struct error *err) {
    struct strbuf *backlog = &publishing->backlog;
    size_t taken = 0;
    if (backlog->length == 0) {
        return LREG_OK;
    }
    lreg_status status =
        publishing->ecosystem->publish_write(publishing->publication, backlog->bytes + publishing->backlog_taken,
                                             backlog->length - publishing->backlog_taken, &taken, err);
    publishing->backlog_taken += taken;
    if (publishing->backlog_taken == backlog->length) {
        strbuf_clear(backlog);
        publishing->backlog_taken = 0;
    }
    return status;
}

/* Makes room for `length` more bytes, in extra turns if need be. */
static lreg_status make_room(struct publishing *publishing, size_t length, struct error *err) {
    lreg_status status = LREG_OK;
    while (status == LREG_OK && publishing->backlog.length > 0 && length > BACKLOG_MAX - publishing->backlog.length) {
        turn_begin(&publishing->turn);
        status = work_off(publishing, err);
    }
    return status;
}

static lreg_status take_piece(struct publishing *publishing, const char *bytes, size_t length, struct error *err) {
    size_t taken = 0;
    lreg_status status = make_room(publishing, length, err);
    if (status == LREG_OK && publishing->backlog.length == 0) {
        status = publishing->ecosystem->publish_write(publishing->publication, bytes, length, &taken, err);
    }
    if (status != LREG_OK || taken == length) {
        return status;
    }
    strbuf_append(&publishing->backlog, bytes + taken, length - taken);
    return strbuf_status(&publishing->backlog, err);
}

static lreg_status part_data(void *user, const void *bytes, size_t length, struct error *err) {
    struct publishing *publishing = user;
    const char *at = bytes;
    lreg_status status = LREG_OK;
    if (!publishing->is_in_file) {
        return LREG_OK; /* a field without a meaning */
    }
    publishing->beside_file -= length; /* publish_write() has counted it */
    while (status == LREG_OK && length > 0) {
        size_t piece = length < BACKLOG_MAX ? length : BACKLOG_MAX;
        status = take_piece(publishing, at, piece, err);
        at += piece;
        length -= piece;
    }
    return status;
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
    turn_begin(&publishing->turn);
    lreg_status status = length > 0 ? multipart_write(publishing->form, bytes, length, err) : work_off(publishing, err);
    call->has_more = publishing->backlog.length > 0;
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
    turn_begin(&publishing->turn);
    lreg_status status = multipart_finish(publishing->form, err);
    if (status == LREG_OK && publishing->publication == NULL) {
        status = error_set(err, LREG_UNPROCESSABLE, "missing_file",
                           "the form has no part \"" FILE_FIELD "\"; with curl: -F file=@PATH");
    }
    if (status == LREG_OK) {
        status = publishing->ecosystem->publish_finish(publishing->publication, &package, &created, err);
    }
    call->has_more = status == LREG_OK && package == NULL;
    if (status == LREG_OK && package != NULL) {
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
    strbuf_free(&publishing->backlog);
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
    /* A body larger than file and form may be together is refused before it is sent. */
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
    publishing->context = (struct core_publication){
        .core = call->core, .registry = call->registry, .actor = &call->actor, .turn = &publishing->turn};
    strbuf_init(&publishing->backlog, call->hooks, BACKLOG_MAX);
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
