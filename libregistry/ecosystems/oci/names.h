/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ECOSYSTEMS_OCI_NAMES_H
#define ECOSYSTEMS_OCI_NAMES_H

/* Names of repositories, tags and digests (OCI distribution 1.1, "Pulling manifests"; OCI image 1.1, descriptor.md,
 * "Digests"). Pure. */

#include "base/digest.h"
#include "base/text.h"

#define OCI_NAME_MAX 255 /* bytes of "organization/registry/image" */
#define OCI_TAG_MAX 128 /* bytes */

/* One or more components, separated by slashes. A component has groups of [a-z0-9], separated by
 * ".", "_", "__" or dashes. */
bool oci_name_is_valid(const char *name);
bool oci_tag_is_valid(const char *tag);

/* A media type within the bounds of RFC 6838 section 4.2: type/subtype, without parameters. */
bool oci_media_type_is_valid(const char *media_type);

#define OCI_DIGEST_TEXT 136 /* "sha512:" and 128 digits, with NUL */

/* A digest in its only spelling: "sha256:" or "sha512:" and lower-case digits. */
struct oci_digest {
    uint32_t algorithm; /* DIGEST_SHA256 or DIGEST_SHA512 */
    uint8_t bytes[DIGEST_SHA512_BYTES];
    char text[OCI_DIGEST_TEXT];
};

/* False when it is malformed or of an unknown algorithm. */
bool oci_digest_parse(const char *text, struct oci_digest *out);
/* Makes a digest from a SHA-256. */
void oci_digest_of_sha256(const uint8_t sha256[DIGEST_SHA256_BYTES], struct oci_digest *out);
/* The set must hold the digest's algorithm. */
bool oci_digest_matches(const struct oci_digest *digest, const struct digest_set *set);

#endif
