/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STANDALONE_TLS_H
#define STANDALONE_TLS_H

/* The part of TLS that all connections share: certificate, key, and parameters. */

#include <mbedtls/ssl.h>

struct tls;

/* NULL after a complaint. */
struct tls *tls_open(const char *certificate_file, const char *key_file);

/* No connection may be left. */
void tls_close(struct tls *tls);

/* The TLS state of one connection on a non-blocking socket. `socket` must stay valid. NULL: out of memory. */
mbedtls_ssl_context *tls_session_new(struct tls *tls, const int *socket);

void tls_session_free(mbedtls_ssl_context *context);

#endif
