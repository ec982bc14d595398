/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUPPORT_REGISTRYD_H
#define SUPPORT_REGISTRYD_H

/* Replaces the rest of registryd, so that its parser runs on bytes in memory. Linked with parse.c, head.c and chunks.c;
 * for the fuzzer registryd_http, and for tests/host/programs/framing.c. */

#include "loop.h"
#include "parse.h"
#include "request.h"

/* Takes the bodies of requests in place of an exchange. */
struct body_taker {
    void (*take)(void *user, const void *bytes, size_t length);
    void *user;
};

/* Begins the request whose head is complete. */
void registryd_begin(struct connection *connection, struct body_taker *taker);

/* Ends the current request of the connection. False: the connection must be closed. */
bool registryd_end(struct connection *connection);

#endif
