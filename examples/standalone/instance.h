/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STANDALONE_INSTANCE_H
#define STANDALONE_INSTANCE_H

/* The registry that is served. */

#include "server.h"

/* Opens it as the options say, with the organization that they want; `server->workers` has been started. False after a
 * complaint. */
bool instance_open(struct server *server);

#endif
