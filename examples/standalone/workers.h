/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STANDALONE_WORKERS_H
#define STANDALONE_WORKERS_H

/* Threads for requests that write or take long, so that the event loop does not wait for them. They are shared out
 * fairly among organizations, and among peers without a token: see fair_queue.h. */

#include <stdbool.h>

struct connection;
struct workers;

/* NULL after a complaint. */
struct workers *workers_start(unsigned count);

/* Ends the threads when they have done what was submitted. `workers` may be NULL. */
void workers_stop(struct workers *workers);

/* Submits a connection; it is returned by loop_return(). */
void workers_submit(struct workers *workers, struct connection *connection);

/* Has a thread that is idle now run `task(argument)`; false when there is none. */
bool workers_lend(struct workers *workers, void (*task)(void *argument), void *argument);

#endif
