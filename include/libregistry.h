/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_H
#define LIBREGISTRY_H

/**
 * @file
 * libregistry: a package registry (generic files, Alpine packages, container images) as a library.
 *
 * A host gives it HTTP requests and gets HTTP responses; sockets, TLS, threads and processes stay outside. All state
 * is in one data directory, which any number of threads and processes may use at the same time.
 *
 *     lreg_options *options = NULL;
 *     lreg_instance *instance = NULL;
 *     lreg_exchange *exchange = NULL;
 *     char bytes[16384];
 *     size_t got = 0;
 *
 *     lreg_options_new(&options, NULL);
 *     lreg_options_set_directory(options, "/var/lib/registry", NULL);
 *     lreg_open(options, &instance, NULL);
 *
 *     lreg_exchange_new(instance, &exchange, NULL);
 *     lreg_exchange_set_request(exchange, "GET", "/v2/", NULL);
 *     lreg_exchange_add_header(exchange, "Host", "localhost", NULL);
 *     lreg_exchange_begin(exchange, NULL);
 *     while (lreg_exchange_wants(exchange) == LREG_WANTS_BODY)
 *         … lreg_exchange_write(exchange, body, length, NULL), at its end lreg_exchange_finish(exchange, NULL);
 *     printf("%d\n", lreg_exchange_status(exchange));
 *     while (lreg_exchange_read(exchange, bytes, sizeof bytes, &got, NULL) == LREG_OK && got > 0)
 *         fwrite(bytes, 1, got, stdout);
 *
 *     lreg_exchange_free(exchange);
 *     lreg_close(instance);
 *     lreg_options_free(options);
 *
 * Ownership. Four words say who ends what. *Owned*: you do, with the function that is named; `_new`, `_open`,
 * `_create`, `_find`, `_next` and `_begin` give owned handles through an out-parameter; `_free` or `_close` ends them,
 * takes NULL, cannot fail, and works in any order: a handle keeps what it needs of its instance, and the last one that
 * ends after lreg_close() closes the database, which may block. *Borrowed until …*: nobody has to; accessors give such
 * pointers. *Copied*: texts and structs that are given to the library, unless said otherwise. *Taken*: the library ends
 * it, also when the call fails.
 *
 * NULL. Where a comment does not allow it, a call that can fail gives LREG_BAD_ARGUMENT, and an accessor "" or 0. Every
 * out-parameter is NULL after a failure.
 *
 * Threads. One of three sentences stands in every comment: "any, at once" · "any, one at a time per handle" · "only
 * from inside the callback". A `const` handle may be read by any thread at once.
 *
 * Errors. See error.h. The library keeps no global state, installs no signal handler, writes to no stream, and never
 * ends the process.
 */

#include <libregistry/abi.h>
#include <libregistry/audit.h>
#include <libregistry/dispatch.h>
#include <libregistry/error.h>
#include <libregistry/exchange.h>
#include <libregistry/instance.h>
#include <libregistry/organization.h>
#include <libregistry/package.h>
#include <libregistry/registry.h>
#include <libregistry/token.h>
#include <libregistry/upkeep.h>
#include <libregistry/upload.h>

#endif
