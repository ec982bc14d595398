/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STORAGE_MEMORY_MEMORY_H
#define STORAGE_MEMORY_MEMORY_H

/* The backend that keeps objects in memory: for tests, and for hosts that need no persistent registry. */

#include "storage/storage.h"

lreg_status storage_open_memory(const struct hooks *hooks, struct storage **out, struct error *err);

/* The table that storage_open_memory() opens; see storage_filesystem_table(). */
lreg_status storage_memory_table(const struct hooks *hooks, lreg_storage_backend *out_table, void **out_state,
                                 struct error *err);

#endif
