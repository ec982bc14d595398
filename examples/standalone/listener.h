/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STANDALONE_LISTENER_H
#define STANDALONE_LISTENER_H

/* Listening sockets, and the connections that they accept. */

#include "server.h"

#include <stdbool.h>

struct listeners {
    int sockets[OPTIONS_LIST_MAX];
    unsigned count;
};

/* Opens all sockets of the options, and writes the port file. False after a complaint; all are closed again then. */
bool listeners_open(struct listeners *listeners, const struct options *options);

void listeners_close(struct listeners *listeners);

/* Accepts all waiting connections, and hands them to the loops. */
void listeners_accept(const struct listeners *listeners, struct server *server);

/* Requests the end of the connection that has been idle longest. False when none is idle. */
bool listeners_make_room(struct server *server);

/* Whether no more connections should be accepted. */
bool listeners_are_full(const struct server *server);

#endif
