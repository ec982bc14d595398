/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXCHANGE_DISPATCHER_H
#define EXCHANGE_DISPATCHER_H

/*
 * The exchange: one request in, one response out, through the surfaces that the caller hands in. The functions mirror
 * those of <libregistry/exchange.h>, which documents them; only differences are documented here.
 */

#include "http/network.h"
#include "surface/surface.h"
#include <libregistry/exchange.h>
#include <libregistry/instance.h>

struct dispatcher;
struct exchange;

/* Compiles the routes of `surfaces` for use by any number of exchanges. The surfaces live as long as the program; their
 * array is NULL-terminated and not kept. Retains `core`. Counted. LREG_INTERNAL when a pattern is malformed;
 * LREG_NO_MEMORY. */
lreg_status dispatcher_new(struct core *core, const struct surface *const *surfaces, struct dispatcher **out,
                           struct error *err);

/* Which fields of proxies are trusted, and from which proxies;
 * see lreg_options_set_forwarded_header() and its neighbours. */
#define FORWARDED_NETWORKS_MAX 32
struct forwarded_rules {
    int32_t header; /* LREG_FORWARDED_HEADER_* */
    size_t hops; /* at least 1 */
    struct network networks[FORWARDED_NETWORKS_MAX];
    size_t network_count;
};
/* Copies `rules`. Call it before there are exchanges. A new dispatcher has X-Forwarded-*, one hop and no network. */
void dispatcher_set_forwarded(struct dispatcher *dispatcher, const struct forwarded_rules *rules);

void dispatcher_retain(struct dispatcher *dispatcher);
void dispatcher_release(struct dispatcher *dispatcher); /* NULL is fine */

/* Retains the dispatcher. */
lreg_status exchange_new(struct dispatcher *dispatcher, struct exchange **out, struct error *err);
void exchange_free(struct exchange *exchange); /* NULL is fine */
void exchange_reset(struct exchange *exchange);

lreg_status exchange_set_request(struct exchange *exchange, const char *method, const char *target, struct error *err);
lreg_status exchange_set_scheme(struct exchange *exchange, const char *scheme, struct error *err);
lreg_status exchange_set_host(struct exchange *exchange, const char *host, struct error *err);
lreg_status exchange_set_mount(struct exchange *exchange, const char *mount, struct error *err);
lreg_status exchange_set_peer(struct exchange *exchange, const char *address, struct error *err);
lreg_status exchange_trust_forwarded(struct exchange *exchange, bool trust, struct error *err);
lreg_status exchange_add_header(struct exchange *exchange, const char *name, const char *value, struct error *err);
lreg_status exchange_set_sends_files(struct exchange *exchange, bool sends_files, struct error *err);
lreg_status exchange_set_defers_work(struct exchange *exchange, bool defers, struct error *err);
lreg_status exchange_set_environment(struct exchange *exchange, const char *const *variables, struct error *err);

lreg_status exchange_begin(struct exchange *exchange, struct error *err);
lreg_status exchange_work(struct exchange *exchange, struct error *err);
lreg_wants exchange_wants(const struct exchange *exchange);
int64_t exchange_body_remaining(const struct exchange *exchange);
lreg_status exchange_write(struct exchange *exchange, const void *bytes, size_t length, struct error *err);
lreg_status exchange_finish(struct exchange *exchange, struct error *err);

const char *exchange_share(const struct exchange *exchange);

int32_t exchange_status(const struct exchange *exchange);
const char *exchange_reason(const struct exchange *exchange);
bool exchange_header_at(const struct exchange *exchange, size_t index, const char **out_name, const char **out_value);
int64_t exchange_content_length(const struct exchange *exchange);
bool exchange_may_keep_alive(const struct exchange *exchange);
const char *exchange_file_path(const struct exchange *exchange);

lreg_status exchange_next(struct exchange *exchange, lreg_piece *piece, struct error *err);
lreg_status exchange_consume(struct exchange *exchange, uint64_t length, struct error *err);
lreg_status exchange_read(struct exchange *exchange, void *buffer, size_t capacity, size_t *out_got, struct error *err);

#endif
