/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXAMPLES_UPKEEP_H
#define EXAMPLES_UPKEEP_H

/* The thread by which a long-running server maintains its registry: it calls lreg_upkeep() repeatedly. It works for 20
 * ms at a time and rests for longer, so requests hardly notice. Any number of servers may have such a thread on one
 * directory: the library lets one at a time do the work. */

#include <libregistry.h>

struct upkeep;

/* Starts the thread; the first call is a few seconds later. `complain` is called with failures, in that thread, and
 * frees the error. A failure that repeats is reported once, until a call succeeds or fails in another way. Options are
 * copied. NULL when there is no thread or no memory. */
struct upkeep *upkeep_start(lreg_instance *instance, const lreg_upkeep_options *options,
                            void (*complain)(lreg_status status, lreg_error *error));

/* Waits until the current step is finished. Call it before lreg_close(). `upkeep` may be NULL. */
void upkeep_stop(struct upkeep *upkeep);

#endif
