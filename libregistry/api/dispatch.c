/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The exchange in one call. It uses public functions only.
 */

#include <libregistry/dispatch.h>

#include <stdbool.h>
#include <string.h>

#define READ_BYTES 16384

/* A table of the first version ends with `write`. */
#define IO_SIZE_1 offsetof(lreg_dispatch_io, send_file)

/* Copies the common part of the host's table; 0 when the table is not usable. */
static int take_io(const lreg_dispatch_io *io, lreg_dispatch_io *own) {
    memset(own, 0, sizeof *own);
    if (io == NULL || io->size < IO_SIZE_1) {
        return 0;
    }
    memcpy(own, io, io->size < sizeof *own ? io->size : sizeof *own);
    bool has_known_flags = (own->flags & ~(uint32_t)LREG_DISPATCH_READS_ALL) == 0;
    return has_known_flags && own->write_head != NULL && own->write != NULL;
}

static lreg_status feed(lreg_exchange *exchange, const lreg_dispatch_io *io, lreg_error **err) {
    unsigned char bytes[READ_BYTES];
    bool reads_all = (io->flags & LREG_DISPATCH_READS_ALL) != 0;
    while (lreg_exchange_wants(exchange) == LREG_WANTS_BODY ||
           (reads_all && lreg_exchange_body_remaining(exchange) != 0)) {
        size_t got = 0;
        int64_t rest = lreg_exchange_body_remaining(exchange);
        size_t wanted = rest >= 0 && rest < READ_BYTES ? (size_t)rest : sizeof bytes;
        lreg_status status = io->read != NULL && wanted > 0 ? io->read(io->user, bytes, wanted, &got) : LREG_OK;
        if (status != LREG_OK) {
            return status;
        }
        if (got > wanted) {
            return LREG_BAD_ARGUMENT;
        }
        status = got > 0 ? lreg_exchange_write(exchange, bytes, got, err) : lreg_exchange_finish(exchange, err);
        if (status != LREG_OK) {
            return status;
        }
    }
    return LREG_OK;
}

static lreg_status answer(lreg_exchange *exchange, const lreg_dispatch_io *io, lreg_error **err) {
    const char *path = lreg_exchange_file_path(exchange);
    if (path[0] != '\0' && io->send_file != NULL) {
        return io->send_file(io->user, exchange, path);
    }
    lreg_status status = io->write_head(io->user, exchange);
    unsigned char bytes[READ_BYTES];
    size_t got = 1;
    while (status == LREG_OK && got > 0) {
        status = lreg_exchange_read(exchange, bytes, sizeof bytes, &got, err);
        if (status == LREG_OK && got > 0) {
            status = io->write(io->user, bytes, got);
        }
    }
    return status;
}

lreg_status lreg_exchange_run(lreg_exchange *exchange, const lreg_dispatch_io *io, lreg_error **err) {
    lreg_dispatch_io own;
    lreg_status status = LREG_OK;
    if (!take_io(io, &own)) {
        return LREG_BAD_ARGUMENT;
    }
    status = lreg_exchange_set_defers_work(exchange, 0, err); /* this call may block */
    if (status == LREG_OK && own.send_file != NULL) {
        status = lreg_exchange_set_sends_files(exchange, 1, err);
    }
    if (status == LREG_OK) {
        status = lreg_exchange_begin(exchange, err);
    }
    if (status == LREG_OK) {
        status = feed(exchange, &own, err);
    }
    return status == LREG_OK ? answer(exchange, &own, err) : status;
}

static lreg_status add_headers(lreg_exchange *exchange, const char *const *headers, lreg_error **err) {
    for (size_t i = 0; headers != NULL && headers[i] != NULL; i += 2) {
        if (headers[i + 1] == NULL) {
            return LREG_BAD_ARGUMENT;
        }
        lreg_status status = lreg_exchange_add_header(exchange, headers[i], headers[i + 1], err);
        if (status != LREG_OK) {
            return status;
        }
    }
    return LREG_OK;
}

lreg_status lreg_dispatch(lreg_instance *instance, const char *method, const char *target, const char *const *headers,
                          const lreg_dispatch_io *io, lreg_error **err) {
    lreg_exchange *exchange = NULL;
    lreg_status status = lreg_exchange_new(instance, &exchange, err);
    if (status != LREG_OK) {
        goto out;
    }
    status = lreg_exchange_set_request(exchange, method, target, err);
    if (status != LREG_OK) {
        goto out;
    }
    status = add_headers(exchange, headers, err);
    if (status != LREG_OK) {
        goto out;
    }
    status = lreg_exchange_run(exchange, io, err);
out:
    lreg_exchange_free(exchange);
    return status;
}
