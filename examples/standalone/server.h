/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STANDALONE_SERVER_H
#define STANDALONE_SERVER_H

/* State that all threads share. All but the atomics is set before they start, and constant then. */

#include "address.h"
#include "options.h"
#include "peers.h"

#include <libregistry.h>

#include <stdatomic.h>

struct access_log;
struct loop;
struct tls;
struct upkeep;
struct workers;

/* The progress of the shutdown. */
enum stopping {
    STOPPING_NO,
    STOPPING_GRACEFULLY, /* running requests may finish */
    STOPPING_NOW
};

struct server {
    const struct options *options;
    lreg_instance *instance;
    struct tls *tls; /* NULL: plain */
    struct access_log *access_log; /* NULL: none */
    struct network trusted[OPTIONS_LIST_MAX];
    size_t trusted_count;
    struct peers *peers; /* with a connection; trusted proxies do not count */
    int64_t max_connections; /* bounded by the available descriptors */
    int64_t connections_per_peer;
    int64_t next_complaint_ms; /* used by the main thread: about descriptors */
    struct workers *workers;
    struct upkeep *upkeep; /* NULL: none */
    struct loop **loops;
    unsigned loop_count;
    int loop_ended; /* eventfd: counts loops that have ended */
    atomic_uint connections;
    atomic_int stopping; /* enum stopping */
};

#endif
