/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STANDALONE_INSTANCE_H
#define STANDALONE_INSTANCE_H

/* The registry that is served. */

#include "server.h"

/* Opens it by the options, and makes the organization that they name. `server->workers` must be started. False after a
 * complaint. */
bool instance_open(struct server *server);

#endif
