/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ECOSYSTEMS_ALPINE_SIGNATURE_H
#define ECOSYSTEMS_ALPINE_SIGNATURE_H

#include "base/digest.h"
#include "base/memory.h"

#define ALPINE_SIGNATURE_MAX ((size_t)1024) /* bytes: RSA of 8192 bits */

/* RSA PKCS#1 v1.5 with SHA-256 (RFC 8017 section 8.2) of a finished digest, with a private key in PEM. Deterministic.
 * LREG_CORRUPT when the key is unusable. */
lreg_status alpine_sign(const struct hooks *hooks, const char *private_pem, const uint8_t digest[DIGEST_SHA256_BYTES],
                        uint8_t out[ALPINE_SIGNATURE_MAX], size_t *out_length, struct error *err);

#endif
