/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXCHANGE_EXCHANGE_INTERNAL_H
#define EXCHANGE_EXCHANGE_INTERNAL_H

#include "exchange/dispatcher.h"
#include "exchange/router_internal.h"

#include <stdatomic.h>

struct dispatcher {
    atomic_size_t count;
    const struct hooks *hooks; /* the core's */
    struct core *core;
    struct router router;
    struct forwarded_rules forwarded;
    struct {
        const struct surface *surface;
        size_t metric; /* its number in core/instance/metrics.h */
    } surfaces[CORE_METRIC_SURFACES];
    size_t surface_count;
};

enum exchange_phase {
    PHASE_HEAD, /* takes the head */
    PHASE_WORK, /* waits for a thread that may block to run the handler */
    PHASE_BODY, /* a sink takes the body */
    PHASE_RESPONSE, /* the response is ready */
    PHASE_FAILED /* only reset and free are possible */
};

#define REQUEST_ID_TEXT 17 /* 16 hexadecimal digits */

#define SHARE_TEXT 56 /* "organization:" and an id */

struct exchange {
    struct dispatcher *dispatcher;
    struct arena arena; /* of this request */
    uint64_t request_number; /* grows by a constant: ids of one exchange do not repeat */
    enum exchange_phase phase;
    unsigned allowed; /* methods for Allow; 0: no path was found */

    /* The head, as the host gave it. */
    const char *method; /* NULL: not set */
    const char *target;
    const char *scheme;
    const char *host; /* NULL: not set */
    const char *mount;
    const char *peer;
    size_t header_bytes;
    struct error head_failure; /* the first one; LREG_OK: none */

    struct call call;
    char share[SHARE_TEXT]; /* see lreg_exchange_share() */
    uint64_t body_received;

    uint64_t sent; /* of the response's body */
    struct header emergency_fields[1]; /* of a response that needs no memory */
    unsigned char *buffer; /* of an object without descriptor; kept until free */
    uint64_t buffer_begin; /* offset in the body of what is in the buffer */
    size_t buffer_length;

    int64_t began_ns; /* 0: exchange_begin() was not called */
    bool is_counted; /* the response is among the metrics */
    bool takes_turns; /* the host calls exchange_work() */
    bool trusts_forwarded;
    bool body_complete;
    bool must_close; /* the end of this request on the connection is not certain */
    bool end_shown;
    char request_id[REQUEST_ID_TEXT];
};

/* --- phase.c --- */

/* Returns LREG_MISUSE, for a call in the wrong phase. */
lreg_status exchange_misuse(struct error *err, const char *what);
/* The response is ready: hands it to the host, and counts the request. */
void exchange_respond(struct exchange *exchange);
/* The number of the request's surface among the metrics. */
size_t exchange_metric(const struct exchange *exchange);
/* Ends the work on the body: the sink drops what is unfinished. */
void exchange_drop_sink(struct exchange *exchange);

/* --- request.c, origin.c, forwarded.c: the head --- */

/* Framing, limits, origin, target: fills in the call up to its url. Sets *out_is_star for "OPTIONS *". */
lreg_status request_prepare(struct exchange *exchange, bool *out_is_star, struct error *err);
/* Scheme, host and mount as clients see them, and what follows from them: call.mount, base_url, remote_address. */
lreg_status origin_resolve(struct exchange *exchange, struct error *err);
/* The path of the target below the mount, with its query; NULL when it is outside the mount or not a path. */
const char *origin_target_path(const struct exchange *exchange);

/* --- access.c --- */

/* Authenticates the caller and decides access: fills in principal, organization and registry of the call. */
lreg_status access_admit(struct exchange *exchange, const struct compiled_route *route, struct error *err);

/* --- log.c --- */

void log_failure(const struct exchange *exchange, const struct error *failure);
/* Writes the line of a request that was begun. Called before its state is released. */
void log_end(const struct exchange *exchange);

/* --- failure.c --- */

/* Makes the response for a failure; cannot fail itself. The phase is then PHASE_RESPONSE. */
void failure_show(struct exchange *exchange, const struct error *failure);
/* The value of Allow for methods (of enum http_method). */
#define ALLOW_TEXT 64
void failure_format_allow(unsigned methods, char out[ALLOW_TEXT]);

#endif
