/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PACKAGES_H
#define PACKAGES_H

/*
 * Adds a registry under /packages to a libmicrohttpd server. The registry also answers below /v2/, the only place where
 * container clients look for one. The server handles all other targets.
 */

#include <libregistry.h>
#include <microhttpd.h>

/* For MHD_OPTION_URI_LOG_CALLBACK, with the instance: creates the request context for a target of the registry; returns
 * NULL for all others. */
void *packages_begin(void *instance, const char *target, struct MHD_Connection *connection);

/* Call it in the access handler for a request with such a context. */
enum MHD_Result packages_answer(void *exchange, struct MHD_Connection *connection, const char *method, const char *body,
                                size_t *length);

/* For MHD_OPTION_NOTIFY_COMPLETED: frees the context, also after a client has disconnected. */
void packages_end(void *unused, struct MHD_Connection *connection, void **exchange,
                  enum MHD_RequestTerminationCode code);

#endif
