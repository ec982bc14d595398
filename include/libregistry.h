/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_H
#define LIBREGISTRY_H

/**
 * @file
 * libregistry: a package registry (generic files, Alpine packages, container images) as a library.
 *
 * The host passes in HTTP requests and gets HTTP responses back. The library opens no socket, speaks no TLS and starts
 * no thread or process. All state is in one data directory, which any number of threads and processes may use at the
 * same time.
 *
 * Objects.
 *
 * - lreg_instance: an open data directory. lreg_open() makes it from lreg_options.
 * - lreg_exchange: one HTTP request and its response. exchange.h drives it step by step, dispatch.h in one call.
 * - lreg_organization, lreg_registry, lreg_package, lreg_token, lreg_upload, lreg_audit_event: snapshots of what is
 *   stored. A snapshot does not change. The functions that take one find the stored object by its id.
 * - lreg_organization_list and its relatives: listings, read step by step.
 * - lreg_publication and lreg_package_reader: writing and reading the bytes of one package, without HTTP.
 * - lreg_error: the reason for a failure.
 *
 * A host in 20 lines, without the checks of results:
 *
 *     lreg_options *options = NULL;
 *     lreg_instance *instance = NULL;
 *     lreg_exchange *exchange = NULL;
 *     char bytes[16384];
 *     size_t got = 0;
 *     lreg_options_new(&options, NULL);
 *     lreg_options_set_directory(options, "/var/lib/registry", NULL);
 *     lreg_open(options, &instance, NULL);
 *     lreg_options_free(options);
 *     lreg_exchange_new(instance, &exchange, NULL);
 *     lreg_exchange_set_request(exchange, "GET", "/v2/", NULL);
 *     lreg_exchange_add_header(exchange, "Host", "localhost", NULL);
 *     lreg_exchange_begin(exchange, NULL);
 *     while (lreg_exchange_wants(exchange) == LREG_WANTS_BODY)
 *         lreg_exchange_finish(exchange, NULL); // or lreg_exchange_write(), while there are bytes
 *     printf("%d\n", lreg_exchange_status(exchange));
 *     while (lreg_exchange_read(exchange, bytes, sizeof bytes, &got, NULL) == LREG_OK && got > 0)
 *         fwrite(bytes, 1, got, stdout);
 *     lreg_exchange_free(exchange);
 *     lreg_close(instance);
 *
 * Ownership. Every comment uses the same four words.
 *
 * - "Owned": the caller ends it, with the function that is named. Functions that end in `_new`, `_open`, `_create`,
 *   `_find` and `_list_next`, and lreg_publication_open(), return owned handles through an out-parameter. `_free` and
 *   `_close` end them. Both accept NULL, cannot fail, and may be called in any order.
 * - "Borrowed until …": the caller does not end it. It is valid until the event that is named. What accessors and
 *   lreg_exchange_next() return is borrowed.
 * - "Copied": strings and structs that are passed to the library, unless the comment says otherwise.
 * - "Taken": the library ends it, also when the call fails.
 *
 * Every handle keeps its instance open. lreg_close() may therefore be called first: the call that ends the last handle
 * then closes the database and the storage.
 *
 * NULL. Unless a comment allows NULL, a function that can fail returns LREG_BAD_ARGUMENT for it, and an accessor
 * returns "" or 0. Every out-parameter that returns a handle is NULL after a failure.
 *
 * Threads. Every comment has one of three sentences: "any, at once" means from any number of threads on the same
 * handle; "any, one at a time per handle" means from any thread, but not from two at the same time; "only from inside
 * the callback". A few comments name a thread instead. Calls on an instance and on snapshots may run at once. A `const`
 * parameter alone does not allow it: the functions that read an exchange are "one at a time per handle".
 *
 * Blocking. "Blocks:" says what a call waits for: the metadata database (the disk, or a lock of another process, which
 * lreg_options_set_busy_timeout_ms() bounds), the storage (the disk, or the host's storage backend), or "no". "Only as
 * the last handle" means: the call returns at once, unless the instance was closed and this is its last handle. Then it
 * writes the download counts and closes the database and the storage.
 *
 * Errors. Functions that can fail return an lreg_status and take an lreg_error ** as their last parameter; see error.h.
 *
 * Caveats.
 *
 * - A child process may use an instance of its parent only after lreg_fork_begin(); see instance.h.
 * - A request may wait for the disk. Event loops need lreg_exchange_set_defers_work() and a thread that may wait.
 * - The host has to refuse ambiguous framing, limit time, and bound what one client can use; see exchange.h and
 *   docs/hosting.md, "A host of your own".
 * - Deleting frees no space. lreg_upkeep() or lreg_collect() does, and one of them has to be called from time to time.
 * - The library keeps no global state, installs no signal handler, writes to no stream, and never ends the process.
 */

#include <libregistry/abi.h>
#include <libregistry/audit.h>
#include <libregistry/dispatch.h>
#include <libregistry/error.h>
#include <libregistry/exchange.h>
#include <libregistry/instance.h>
#include <libregistry/maintenance.h>
#include <libregistry/metrics.h>
#include <libregistry/organization.h>
#include <libregistry/package.h>
#include <libregistry/registry.h>
#include <libregistry/token.h>
#include <libregistry/upkeep.h>
#include <libregistry/upload.h>

#endif
