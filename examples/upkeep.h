/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXAMPLES_UPKEEP_H
#define EXAMPLES_UPKEEP_H

/* The thread in which a server that runs for long keeps its registry in order: lreg_upkeep(), again and again. It works
 * for 20 ms at a time and rests for longer, so that requests hardly notice. Any number of servers may have
 * such a thread on one directory: the library lets one at a time do the work. */

#include <libregistry.h>

struct upkeep;

/* Starts it; the first call is made a few seconds after the start. `complain` is told of failures, from that thread; it
 * ends the error. Options are copied. NULL when there is no thread or no memory. */
struct upkeep *upkeep_start(lreg_instance *instance, const lreg_upkeep_options *options,
                            void (*complain)(lreg_status status, lreg_error *error));

/* Waits until it has finished the step that it is in. Before lreg_close(). `upkeep` may be NULL. */
void upkeep_stop(struct upkeep *upkeep);

#endif
