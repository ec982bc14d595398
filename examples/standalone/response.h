/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STANDALONE_RESPONSE_H
#define STANDALONE_RESPONSE_H

#include "connection.h"

enum sending {
    SENDING_DONE,
    SENDING_WAIT,
    SENDING_YIELD,
    SENDING_FAILED
};

/* Sends the response of the connection's request, as far as the socket takes it. Sets `must_close` when the response
 * begins. Only from the thread of the loop. */
enum sending response_send(struct connection *connection);

/* The status that was sent, for the log. */
int response_status(const struct connection *connection);

#endif
