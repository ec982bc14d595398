/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STANDALONE_LISTENER_H
#define STANDALONE_LISTENER_H

/* Sockets that listen, and what comes in by them. */

#include "server.h"

#include <stdbool.h>

struct listeners {
    int sockets[OPTIONS_LIST_MAX];
    unsigned count;
};

/* Opens all that the options name, and writes the port file. False after a complaint; what is open then is closed. */
bool listeners_open(struct listeners *listeners, const struct options *options);

void listeners_close(struct listeners *listeners);

/* Accepts until there is nothing more, and hands the connections to the loops. */
void listeners_accept(const struct listeners *listeners, struct server *server);

/* Asks for the end of the connection that is idle for longest. False when none is. */
bool listeners_make_room(struct server *server);

/* Whether there are so many connections that no more should be accepted at all. */
bool listeners_are_full(const struct server *server);

#endif
