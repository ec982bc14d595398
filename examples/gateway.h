/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GATEWAY_H
#define GATEWAY_H

/*
 * What the CGI and the FastCGI program have in common: their settings, which come as variables from the web server.
 *   REGISTRY_DATA      the data directory
 *   REGISTRY_CONFIG    optional: a file of options, "name = value" (lreg_options_set_text())
 *   REGISTRY_SENDFILE  optional: has the web server send files. A field, and what stands before the path in it:
 *                      "X-Sendfile: /var/lib/registry/" (Apache), "X-Accel-Redirect: /registry-files/" (nginx)
 */

#include <libregistry.h>

#include <stdbool.h>
#include <stdint.h>

/* Opens the registry. Failures, and what the library logs, go to the standard error, which web servers put into their
 * error log. NULL when it does not open. */
lreg_instance *gateway_open(void);

/* Says on the standard error why a request could not be answered; ends the error. */
void gateway_complain(lreg_status status, lreg_error *err);

/* Value of REGISTRY_SENDFILE; NULL when it is not set. */
const char *gateway_sendfile(void);

/* A setting that is a number from `minimum` to `maximum`, in thousandths: 1500 for "1.5". What is not set is
 * `otherwise`. False after a complaint: it is none, or outside. */
bool gateway_number(const char *name, double minimum, double maximum, double otherwise, int64_t *out_thousandths);

#endif
