/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STANDALONE_PARSE_H
#define STANDALONE_PARSE_H

/* Parsing of requests. */

#include "connection.h"

enum parse {
    PARSE_MORE, /* all input was taken; more is needed */
    PARSE_DONE, /* the head, or the body, is complete */
    PARSE_REFUSED, /* the request has a refusal */
    PARSE_FAILED /* out of memory */
};

/* Takes input, at least one byte, until the head is complete. The connection has its request from the first byte on. */
enum parse parse_head(struct connection *connection);

/* Takes input, at least one byte, until the body is complete, and writes it to the exchange. Only for a request whose
 * body is not complete. */
enum parse parse_body(struct connection *connection);

#endif
