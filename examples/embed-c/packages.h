/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PACKAGES_H
#define PACKAGES_H

/*
 * Gives a server of libmicrohttpd a registry under /packages. The registry also answers below /v2/: container clients
 * look for a registry there, and nowhere else. All other targets stay with the server.
 */

#include <libregistry.h>
#include <microhttpd.h>

/* For MHD_OPTION_URI_LOG_CALLBACK, with the instance: makes the request context of the targets that are the registry's,
 * and gives NULL for all others. */
void *packages_begin(void *instance, const char *target, struct MHD_Connection *connection);

/* What the access handler does with a request that has such a context. */
enum MHD_Result packages_answer(void *exchange, struct MHD_Connection *connection, const char *method, const char *body,
                                size_t *length);

/* For MHD_OPTION_NOTIFY_COMPLETED: ends the context, also of a client that went away. */
void packages_end(void *unused, struct MHD_Connection *connection, void **exchange,
                  enum MHD_RequestTerminationCode code);

#endif
