/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_SYNC_H
#define BASE_SYNC_H

/* Syncs of more than one file. Threads: any, at once. */

#include "base/error.h"

/* All that was written to the file system on which the directory `path` is becomes durable. */
lreg_status sync_file_system(const char *path, struct error *err);

/* The entries of an open directory become durable. */
lreg_status sync_directory(int directory, struct error *err);

#endif
