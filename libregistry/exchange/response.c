/* SPDX-License-Identifier: Apache-2.0 */

/* Hands the response to the host: its head, then its body in pieces, from memory, from a file,
 * or read from a storage. */

#include "exchange/exchange_internal.h"
#include "http/status.h"

#include <string.h>

#define BUFFER_BYTES ((size_t)64 * 1024)

/* Fields of every response. Clients must never guess a content type. */
#define COMMON_FIELDS 2

static bool is_ready(const struct exchange *exchange) {
    return exchange->phase == PHASE_RESPONSE;
}

int32_t exchange_status(const struct exchange *exchange) {
    return is_ready(exchange) ? exchange->call.response.status : 0;
}

const char *exchange_reason(const struct exchange *exchange) {
    return is_ready(exchange) ? status_reason(exchange->call.response.status) : "";
}

static struct header common_field(const struct exchange *exchange, size_t index) {
    return index == 0 ? (struct header){"X-Content-Type-Options", "nosniff"}
                      : (struct header){"X-Request-Id", exchange->request_id};
}

bool exchange_header_at(const struct exchange *exchange, size_t index, const char **out_name, const char **out_value) {
    *out_name = NULL;
    *out_value = NULL;
    const struct headers *headers = &exchange->call.response.headers;
    if (!is_ready(exchange) || index >= headers->count + COMMON_FIELDS) {
        return false;
    }
    bool is_own = index < headers->count;
    struct header field = is_own ? headers->fields[index] : common_field(exchange, index - headers->count);
    *out_name = field.name;
    *out_value = field.value;
    return true;
}

/* Responses without a body and without Content-Length (RFC 9110 section 8.6). */
static bool is_bodiless_status(int status) {
    return status == 204 || status == 304;
}

int64_t exchange_content_length(const struct exchange *exchange) {
    const struct response *response = &exchange->call.response;
    if (!is_ready(exchange) || is_bodiless_status(response->status) || response->length > INT64_MAX) {
        return -1;
    }
    return (int64_t)response->length;
}

const char *exchange_file_path(const struct exchange *exchange) {
    return is_ready(exchange) ? exchange->call.response.file_path : NULL;
}

/* Bytes of the body that are not sent yet. */
static uint64_t remaining(const struct exchange *exchange) {
    const struct response *response = &exchange->call.response;
    bool is_silent = exchange->call.method == HTTP_HEAD || is_bodiless_status(response->status);
    return is_silent || response->body == BODY_NONE ? 0 : response->length - exchange->sent;
}

static lreg_status fail(struct exchange *exchange, const struct error *failure, struct error *err) {
    exchange->phase = PHASE_FAILED;
    core_metrics_count(exchange->call.core, CORE_COUNT_REQUESTS_CUT_OFF, 1);
    hooks_log(exchange->dispatcher->hooks, LREG_LOG_ERROR, "request %s: the response was cut off: %s",
              exchange->request_id, failure->message);
    if (err != NULL) {
        *err = *failure;
    }
    return failure->status;
}

/* Bytes in the buffer that are next to be sent. */
static size_t buffered(const struct exchange *exchange) {
    uint64_t end = exchange->buffer_begin + exchange->buffer_length;
    return end > exchange->sent ? (size_t)(end - exchange->sent) : 0;
}

static lreg_status fill_buffer(struct exchange *exchange, struct error *err) {
    const struct response *response = &exchange->call.response;
    if (exchange->buffer == NULL) {
        exchange->buffer = memory_allocate(exchange->dispatcher->hooks, BUFFER_BYTES);
        if (exchange->buffer == NULL) {
            return error_no_memory(err);
        }
    }
    uint64_t rest = remaining(exchange);
    size_t length = rest < BUFFER_BYTES ? (size_t)rest : BUFFER_BYTES;
    lreg_status status =
        storage_object_read(response->object, response->object_offset + exchange->sent, exchange->buffer, length, err);
    if (status == LREG_OK) {
        exchange->buffer_begin = exchange->sent;
        exchange->buffer_length = length;
    }
    return status;
}

/* From the memory that holds the object, or from a descriptor if there is one; otherwise through the buffer. */
static lreg_status show_object(struct exchange *exchange, lreg_piece *piece, struct error *err) {
    const struct response *response = &exchange->call.response;
    int32_t file = -1;
    uint64_t offset = 0;
    const void *held =
        storage_object_loaded(response->object, response->object_offset + exchange->sent, remaining(exchange));
    if (buffered(exchange) == 0 && held != NULL) {
        piece->kind = LREG_PIECE_BYTES;
        piece->bytes = held;
        piece->length = remaining(exchange);
        return LREG_OK;
    }
    if (buffered(exchange) == 0 && storage_object_descriptor(response->object, &file, &offset)) {
        piece->kind = LREG_PIECE_FILE;
        piece->file = file;
        piece->file_offset = (int64_t)(offset + response->object_offset + exchange->sent);
        piece->length = remaining(exchange);
        return LREG_OK;
    }
    lreg_status status = buffered(exchange) == 0 ? fill_buffer(exchange, err) : LREG_OK;
    if (status == LREG_OK) {
        piece->kind = LREG_PIECE_BYTES;
        piece->bytes = exchange->buffer + (exchange->sent - exchange->buffer_begin);
        piece->length = buffered(exchange);
    }
    return status;
}

lreg_status exchange_next(struct exchange *exchange, lreg_piece *piece, struct error *err) {
    if (!is_ready(exchange)) {
        return exchange_misuse(err, "there is no response yet");
    }
    if (piece->size < sizeof *piece) {
        return error_set(err, LREG_BAD_ARGUMENT, "", "the piece has no size");
    }
    const struct response *response = &exchange->call.response;
    *piece = (lreg_piece){.size = piece->size, .kind = LREG_PIECE_END, .file = -1};
    if (remaining(exchange) == 0) {
        exchange->end_shown = true;
        return LREG_OK;
    }
    if (response->body == BODY_OBJECT) {
        struct error failure;
        lreg_status status = show_object(exchange, piece, &failure);
        return status == LREG_OK ? LREG_OK : fail(exchange, &failure, err);
    }
    piece->kind = LREG_PIECE_BYTES;
    piece->bytes = (const char *)response->bytes + exchange->sent;
    piece->length = remaining(exchange);
    return LREG_OK;
}

static void note_sent(struct exchange *exchange, uint64_t length) {
    exchange->sent += length;
    core_metrics_count_sent(exchange->call.core, exchange_metric(exchange), length);
}

lreg_status exchange_consume(struct exchange *exchange, uint64_t length, struct error *err) {
    if (!is_ready(exchange)) {
        return exchange_misuse(err, "there is no response yet");
    }
    bool is_buffered = exchange->call.response.body == BODY_OBJECT && buffered(exchange) > 0;
    if (length > (is_buffered ? buffered(exchange) : remaining(exchange))) {
        return exchange_misuse(err, "more was sent than was shown");
    }
    note_sent(exchange, length);
    return LREG_OK;
}

static lreg_status copy_object(struct exchange *exchange, void *buffer, size_t length, size_t *out_got,
                               struct error *err) {
    const struct response *response = &exchange->call.response;
    size_t ready = buffered(exchange);
    if (ready == 0) {
        *out_got = length;
        return storage_object_read(response->object, response->object_offset + exchange->sent, buffer, length, err);
    }
    *out_got = length < ready ? length : ready;
    memcpy(buffer, exchange->buffer + (exchange->sent - exchange->buffer_begin), *out_got);
    return LREG_OK;
}

lreg_status exchange_read(struct exchange *exchange, void *buffer, size_t capacity, size_t *out_got,
                          struct error *err) {
    *out_got = 0;
    if (!is_ready(exchange)) {
        return exchange_misuse(err, "there is no response yet");
    }
    const struct response *response = &exchange->call.response;
    uint64_t rest = remaining(exchange);
    size_t length = rest < capacity ? (size_t)rest : capacity;
    exchange->end_shown = exchange->end_shown || rest == 0;
    if (length == 0) {
        return LREG_OK;
    }
    if (response->body == BODY_OBJECT) {
        struct error failure;
        lreg_status status = copy_object(exchange, buffer, length, &length, &failure);
        if (status != LREG_OK) {
            return fail(exchange, &failure, err);
        }
    } else {
        memcpy(buffer, (const char *)response->bytes + exchange->sent, length);
    }
    note_sent(exchange, length);
    *out_got = length;
    return LREG_OK;
}
