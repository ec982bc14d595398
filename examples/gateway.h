/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GATEWAY_H
#define GATEWAY_H

/*
 * Shared by the CGI and the FastCGI program: their settings, which the web server passes as variables.
 *   REGISTRY_DATA      the data directory
 *   REGISTRY_CONFIG    optional: a file of options, "name = value" (lreg_options_set())
 *   REGISTRY_LOG_LEVEL  optional: error, warning (default), info or debug
 *   REGISTRY_SENDFILE  optional: has the web server send files. A field, and the prefix of the path in it:
 *                      "X-Sendfile: /var/lib/registry/" (Apache), "X-Accel-Redirect: /registry-files/" (nginx)
 */

#include <libregistry.h>

#include <stdbool.h>
#include <stdint.h>

/* Opens the registry. Failures and the library's log go to standard error, which web servers write to their error log.
 * NULL when the registry cannot be opened. */
lreg_instance *gateway_open(void);

/* Writes the failure of a request to standard error; frees the error. */
void gateway_complain(lreg_status status, lreg_error *err);

/* Value of REGISTRY_SENDFILE; NULL when it is not set. */
const char *gateway_sendfile(void);

/* Reads a setting: a number from `minimum` to `maximum`, returned in thousandths (1500 for "1.5"). An unset one is
 * `otherwise`. False after a complaint: it is not a number, or out of range. */
bool gateway_number(const char *name, double minimum, double maximum, double otherwise, int64_t *out_thousandths);

#endif
