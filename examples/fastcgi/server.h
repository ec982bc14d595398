/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FASTCGI_SERVER_H
#define FASTCGI_SERVER_H

/* Accepts the connections of the web server, waits for their sockets, and has threads work on those that are ready. */

#include "client.h"

#include <stdbool.h>

struct server;

struct server_settings {
    int listening; /* does not block */
    int signals; /* a signalfd: it is readable when the server is to end */
    unsigned threads;
};

/* Serves until `signals` says that it is the end, and the requests that there are then are answered. False after a
 * complaint: it could not begin. */
bool server_run(const struct server_settings *settings, struct client_settings *clients);

#endif
