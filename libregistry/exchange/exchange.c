/* SPDX-License-Identifier: Apache-2.0 */

/* The life of an exchange and its phases: head, body, response. The work of each phase is in the other files here. */

#include "exchange/exchange_internal.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>

/* Responses made of memory (listings, pages) live in the arena too. */
#define ARENA_BYTES ((size_t)8 * 1024 * 1024)
#define CODING_SHOWN 64 /* bytes of a coding's name in a message */

static size_t arena_bytes(const struct core_limits *limits) {
    size_t bytes = ARENA_BYTES;
    (void)size_add(bytes, limits->max_header_bytes, &bytes); /* unchanged when it would overflow */
    (void)size_add(bytes, limits->max_target_bytes, &bytes);
    return bytes;
}

/* Resets the state of one request, except the arena and what is kept for the next request. */
static void start_request(struct exchange *exchange) {
    exchange->phase = PHASE_HEAD;
    exchange->method = NULL;
    exchange->target = NULL;
    exchange->scheme = "http";
    exchange->host = NULL;
    exchange->mount = "";
    exchange->peer = "";
    exchange->began_ns = 0;
    exchange->is_counted = false;
    exchange->takes_turns = false;
    exchange->trusts_forwarded = false;
    exchange->header_bytes = 0;
    exchange->head_failure.status = LREG_OK;
    exchange->share[0] = '\0';
    exchange->allowed = 0;
    exchange->body_received = 0;
    exchange->body_complete = false;
    exchange->must_close = false;
    exchange->sent = 0;
    exchange->end_shown = false;
    exchange->buffer_begin = 0;
    exchange->buffer_length = 0;

    struct call *call = &exchange->call;
    *call = (struct call){.core = exchange->dispatcher->core,
                          .hooks = exchange->dispatcher->hooks,
                          .arena = &exchange->arena,
                          .mount = "",
                          .base_url = "",
                          .remote_address = ""};
    call->actor = (struct core_actor){.principal = &call->principal, .remote_address = ""};
    headers_init(&call->headers, &exchange->arena);
    headers_init(&call->response.headers, &exchange->arena);
}

lreg_status exchange_new(struct dispatcher *dispatcher, struct exchange **out, struct error *err) {
    *out = NULL;
    const struct hooks *hooks = dispatcher->hooks;
    struct exchange *exchange = memory_allocate_zeroed(hooks, 1, sizeof *exchange);
    if (exchange == NULL) {
        return error_no_memory(err);
    }
    lreg_status status = hooks_random(hooks, &exchange->request_number, sizeof exchange->request_number, err);
    if (status != LREG_OK) {
        memory_release(hooks, exchange);
        return status;
    }
    dispatcher_retain(dispatcher);
    exchange->dispatcher = dispatcher;
    arena_init(&exchange->arena, hooks, arena_bytes(core_limits_of(dispatcher->core)));
    start_request(exchange);
    *out = exchange;
    return LREG_OK;
}

/* Releases what the request holds outside of the arena. */
static void end_request(struct exchange *exchange) {
    log_end(exchange);
    if (exchange->began_ns != 0 && !exchange->is_counted) {
        core_metrics_count(exchange->call.core, CORE_COUNT_REQUESTS_ABANDONED, 1);
    }
    exchange_drop_sink(exchange);
    call_response_clear(&exchange->call);
    core_registry_release(exchange->call.registry);
    core_organization_release(exchange->call.organization);
}

void exchange_reset(struct exchange *exchange) {
    end_request(exchange);
    arena_reset(&exchange->arena);
    start_request(exchange);
}

void exchange_free(struct exchange *exchange) {
    if (exchange == NULL) {
        return;
    }
    struct dispatcher *dispatcher = exchange->dispatcher;
    end_request(exchange);
    arena_free(&exchange->arena);
    memory_release(dispatcher->hooks, exchange->buffer);
    memory_release(dispatcher->hooks, exchange);
    dispatcher_release(dispatcher);
}

/* Passes bytes of the body to the sink, and runs it to the end of its work if the host does not
 * take turns, or if `all`. */
static lreg_status run_sink_write(struct exchange *exchange, const void *bytes, size_t length, bool all,
                                  struct error *err) {
    struct call *call = &exchange->call;
    call->has_more = false;
    lreg_status status = call->sink->write(call, call->sink_state, bytes, length, err);
    while (status == LREG_OK && call->has_more && (all || !exchange->takes_turns)) {
        call->has_more = false;
        status = call->sink->write(call, call->sink_state, "", 0, err);
    }
    if (status == LREG_OK && call->response.status != 0) {
        exchange_respond(exchange);
    }
    return status;
}

static lreg_status run_sink_finish(struct exchange *exchange, struct error *err) {
    struct call *call = &exchange->call;
    /* A body may take hours: who deletes a token ends what it is used for. */
    lreg_status status = core_check_holder(call->core, &call->principal, err);
    if (status != LREG_OK) {
        return status;
    }
    do {
        call->has_more = false;
        status = call->sink->finish(call, call->sink_state, err);
    } while (status == LREG_OK && call->has_more && !exchange->takes_turns);
    if (status != LREG_OK || call->has_more) {
        return status;
    }
    if (call->response.status == 0) {
        return error_set(err, LREG_INTERNAL, "", "a handler gave no response");
    }
    if (core_downloads_are_due(call->core)) {
        (void)core_flush_downloads(call->core, NULL); /* this request has written anyway */
    }
    exchange_respond(exchange);
    return LREG_OK;
}

/* After the handler: its response is ready, or its sink takes the body, if there is one. */
static lreg_status settle(struct exchange *exchange, struct error *err) {
    struct call *call = &exchange->call;
    if (call->is_deferred) {
        exchange->phase = PHASE_WORK;
        return LREG_OK;
    }
    if (call->response.status != 0) {
        exchange_respond(exchange);
        return LREG_OK;
    }
    if (call->sink == NULL) {
        return error_set(err, LREG_INTERNAL, "", "a handler gave no response and takes no body");
    }
    if (call->has_body) {
        exchange->phase = PHASE_BODY;
        return LREG_OK;
    }
    exchange->phase = PHASE_BODY; /* in which the sink has its turns */
    exchange->body_complete = true;
    return run_sink_finish(exchange, err);
}

/* OPTIONS of a path or of the server, when no handler takes it (RFC 9110 section 9.3.7). */
static lreg_status answer_options(struct exchange *exchange, unsigned methods, struct error *err) {
    char allow[ALLOW_TEXT];
    failure_format_allow(methods, allow);
    lreg_status status = call_header(&exchange->call, "Allow", allow, err);
    if (status != LREG_OK) {
        return status;
    }
    status = call_respond(&exchange->call, 204, err);
    if (status == LREG_OK) {
        exchange_respond(exchange);
    }
    return status;
}

static lreg_status refuse_method(const struct exchange *exchange, struct error *err) {
    if (exchange->call.method == HTTP_OTHER) {
        return error_set(err, LREG_NOT_IMPLEMENTED, "method_unknown", "the method %.32s is not known",
                         exchange->method);
    }
    return error_set(err, LREG_METHOD_NOT_ALLOWED, "method_not_allowed", "%s is not possible here", exchange->method);
}

/* Long work is left to another thread. Counts of downloads are written along with such a request or with one that
 * writes. Another read is deferred for them only when they are overdue because there was neither for a long time. */
static bool is_left_to_another_thread(struct call *call) {
    bool takes_time = (call->route->flags & ROUTE_LISTS) != 0 || core_downloads_are_overdue(call->core);
    return call->may_defer && takes_time && call_defers(call);
}

static void note_share(struct exchange *exchange) {
    const char *id = exchange->call.principal.organization_id;
    if (id[0] != '\0') {
        (void)snprintf(exchange->share, sizeof exchange->share, "organization:%s", id);
    }
}

const char *exchange_share(const struct exchange *exchange) {
    return exchange->share;
}

/* A coded body (RFC 9110 section 8.4) would be stored, or read, as if it were the content. */
static lreg_status check_content_coding(const struct call *call, struct error *err) {
    struct header_position position = {0};
    struct slice coding = {0};
    while (call->has_body && headers_next_member(&call->headers, "Content-Encoding", &position, &coding)) {
        if (!slice_equals_ignoring_case(coding, "identity")) {
            return error_set(err, LREG_UNSUPPORTED, "content_coding_unsupported",
                             "the request has the field Content-Encoding (%.*s): send the body without a coding",
                             coding.length < CODING_SHOWN ? (int)coding.length : CODING_SHOWN, coding.bytes);
        }
    }
    return LREG_OK;
}

static lreg_status handle(struct exchange *exchange, const struct compiled_route *found, struct error *err) {
    struct call *call = &exchange->call;
    call->route = found->route;
    lreg_status status = router_parameters(found, &call->url, call->arena, call->parameters, err);
    if (status != LREG_OK) {
        return status;
    }
    status = access_admit(exchange, found, err);
    note_share(exchange);
    if (status == LREG_OK) {
        status = check_content_coding(call, err);
    }
    if (status != LREG_OK) {
        return status;
    }
    status = call_check_query(call, err);
    if (status == LREG_OK) {
        status = call_check_body(call, err);
    }
    if (status != LREG_OK) {
        return status;
    }
    if (call->sink != NULL) { /* the sink calls the handler later */
        return settle(exchange, err);
    }
    call->may_defer = call->may_defer && (call->method == HTTP_GET || call->method == HTTP_HEAD);
    if (!is_left_to_another_thread(call)) {
        status = found->route->handle(call, err);
    }
    return status == LREG_OK ? settle(exchange, err) : status;
}

static lreg_status route(struct exchange *exchange, struct error *err) {
    struct call *call = &exchange->call;
    struct route_match match;
    router_match(&exchange->dispatcher->router, &call->url, call->method, &match);
    exchange->allowed = match.allowed;
    if (match.other == NULL) {
        return error_set(err, LREG_NOT_FOUND, "path_unknown", "there is nothing at this path");
    }
    if (match.found != NULL) {
        call->surface = match.found->surface;
        return handle(exchange, match.found, err);
    }
    call->surface = match.other->surface;
    if (call->method == HTTP_OPTIONS) {
        return answer_options(exchange, match.allowed, err);
    }
    return refuse_method(exchange, err);
}

static lreg_status begin(struct exchange *exchange, struct error *err) {
    bool is_star = false;
    lreg_status status = request_prepare(exchange, &is_star, err);
    if (status != LREG_OK) {
        return status;
    }
    if (is_star) {
        unsigned all = HTTP_GET | HTTP_POST | HTTP_PUT | HTTP_PATCH | HTTP_DELETE;
        return answer_options(exchange, all, err);
    }
    return route(exchange, err);
}

lreg_status exchange_begin(struct exchange *exchange, struct error *err) {
    if (exchange->phase != PHASE_HEAD || exchange->method == NULL || exchange->target == NULL) {
        return exchange_misuse(err, "begin wants a request, once");
    }
    exchange->began_ns = clock_monotonic_ns();
    static const char digits[] = "0123456789abcdef";
    exchange->request_number += 0x9e3779b97f4a7c15u; /* odd: passes through all numbers */
    for (size_t i = 0; i < REQUEST_ID_TEXT - 1; i++) {
        exchange->request_id[i] = digits[(exchange->request_number >> (60 - 4 * i)) & 15];
    }
    exchange->request_id[REQUEST_ID_TEXT - 1] = '\0';
    struct error failure;
    struct core_pin pin;
    core_pin(exchange->call.core, &pin);
    if (begin(exchange, &failure) != LREG_OK) {
        failure_show(exchange, &failure);
    }
    core_unpin(exchange->call.core);
    exchange->body_complete = !exchange->call.has_body;
    return LREG_OK;
}

static lreg_status work(struct exchange *exchange, struct error *err) {
    struct call *call = &exchange->call;
    if (exchange->phase == PHASE_BODY) {
        return exchange->body_complete ? run_sink_finish(exchange, err) : run_sink_write(exchange, "", 0, false, err);
    }
    call_response_clear(call);
    call->may_defer = false;
    call->is_deferred = false;
    if (core_downloads_are_due(call->core)) {
        (void)core_flush_downloads(call->core, NULL); /* tried again later */
    }
    lreg_status status = call->route->handle(call, err);
    return status == LREG_OK ? settle(exchange, err) : status;
}

lreg_status exchange_work(struct exchange *exchange, struct error *err) {
    if (exchange_wants(exchange) != LREG_WANTS_WORK) {
        return exchange_misuse(err, "there is no work");
    }
    struct error failure;
    struct core_pin pin;
    core_pin(exchange->call.core, &pin);
    if (work(exchange, &failure) != LREG_OK) {
        failure_show(exchange, &failure);
    }
    core_unpin(exchange->call.core);
    return LREG_OK;
}

lreg_wants exchange_wants(const struct exchange *exchange) {
    if (exchange->phase == PHASE_WORK) {
        return LREG_WANTS_WORK;
    }
    if (exchange->phase == PHASE_BODY) {
        return exchange->call.has_more ? LREG_WANTS_WORK : LREG_WANTS_BODY;
    }
    bool is_ready = exchange->phase == PHASE_RESPONSE && !exchange->end_shown;
    return is_ready ? LREG_WANTS_RESPONSE : LREG_WANTS_NOTHING;
}

static bool is_begun(const struct exchange *exchange) {
    return exchange->phase == PHASE_BODY || exchange->phase == PHASE_RESPONSE;
}

int64_t exchange_body_remaining(const struct exchange *exchange) {
    const struct call *call = &exchange->call;
    if (!is_begun(exchange)) {
        return -1;
    }
    if (exchange->body_complete) {
        return 0;
    }
    return call->has_length ? (int64_t)(call->body_length - exchange->body_received) : -1;
}

/* The body does not have the length that the head declared. */
static void refuse_length(struct exchange *exchange, const char *code, const char *message) {
    exchange->must_close = true;
    if (exchange->phase == PHASE_BODY) {
        struct error failure;
        (void)error_set(&failure, LREG_BAD_ARGUMENT, code, "%s", message);
        failure_show(exchange, &failure);
    }
}

/* A host that writes on without exchange_work() has the work done in this call. */
static lreg_status finish_turns(struct exchange *exchange, struct error *err) {
    return exchange->call.has_more ? run_sink_write(exchange, "", 0, true, err) : LREG_OK;
}

lreg_status exchange_write(struct exchange *exchange, const void *bytes, size_t length, struct error *err) {
    struct call *call = &exchange->call;
    if (!is_begun(exchange) || exchange->body_complete) {
        return exchange_misuse(err, "there is no body, or it was finished");
    }
    if (length == 0) {
        return LREG_OK;
    }
    if (call->has_length && length > call->body_length - exchange->body_received) {
        refuse_length(exchange, "body_too_long", "the body is longer than Content-Length says");
        return LREG_OK;
    }
    exchange->body_received += length;
    core_metrics_count_received(call->core, exchange_metric(exchange), length);
    if (exchange->phase != PHASE_BODY) {
        return LREG_OK;
    }
    struct error failure;
    if (finish_turns(exchange, &failure) != LREG_OK ||
        (exchange->phase == PHASE_BODY && run_sink_write(exchange, bytes, length, false, &failure) != LREG_OK)) {
        failure_show(exchange, &failure);
    }
    return LREG_OK;
}

lreg_status exchange_finish(struct exchange *exchange, struct error *err) {
    const struct call *call = &exchange->call;
    if (!is_begun(exchange)) {
        return exchange_misuse(err, "finish comes after begin");
    }
    if (exchange->body_complete) {
        return LREG_OK;
    }
    exchange->body_complete = true;
    if (call->has_length && exchange->body_received < call->body_length) {
        refuse_length(exchange, "body_truncated", "the body is shorter than Content-Length says");
        return LREG_OK;
    }
    if (exchange->phase != PHASE_BODY) {
        return LREG_OK;
    }
    struct error failure;
    struct core_pin pin;
    core_pin(call->core, &pin);
    lreg_status status = finish_turns(exchange, &failure);
    if (status == LREG_OK && exchange->phase == PHASE_BODY) {
        status = run_sink_finish(exchange, &failure);
    }
    core_unpin(call->core);
    if (status != LREG_OK) {
        failure_show(exchange, &failure);
    }
    return LREG_OK;
}

bool exchange_may_keep_alive(const struct exchange *exchange) {
    return exchange->phase == PHASE_RESPONSE && exchange->body_complete && !exchange->must_close;
}
