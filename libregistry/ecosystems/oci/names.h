/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ECOSYSTEMS_OCI_NAMES_H
#define ECOSYSTEMS_OCI_NAMES_H

/* The names of the container world: repositories, tags, digests (OCI distribution 1.1, "Pulling manifests"; OCI image
 * 1.1, descriptor.md, "Digests"). Pure. */

#include "base/digest.h"
#include "base/text.h"

#define OCI_NAME_MAX 255 /* bytes of "organization/registry/image" */
#define OCI_TAG_MAX 128 /* bytes */

/* One or more path components, parted by slashes, of [a-z0-9] in groups that ".", "_", "__" or dashes part. */
bool oci_name_is_valid(const char *name);
bool oci_tag_is_valid(const char *tag);

/* A media type as RFC 6838 section 4.2 bounds it: type/subtype, without parameters. */
bool oci_media_type_is_valid(const char *media_type);

#define OCI_DIGEST_TEXT 136 /* "sha512:" and 128 digits, with NUL */

/* What a digest says, in the one spelling that it has: "sha256:" or "sha512:" and lower-case digits. */
struct oci_digest {
    uint32_t algorithm; /* DIGEST_SHA256 or DIGEST_SHA512 */
    uint8_t bytes[DIGEST_SHA512_BYTES];
    char text[OCI_DIGEST_TEXT];
};

/* False when it is malformed, or of an algorithm that is not known. */
bool oci_digest_parse(const char *text, struct oci_digest *out);
/* Of the SHA-256 in the set. */
void oci_digest_of_sha256(const uint8_t sha256[DIGEST_SHA256_BYTES], struct oci_digest *out);
/* The set must hold the digest's algorithm. */
bool oci_digest_matches(const struct oci_digest *digest, const struct digest_set *set);

#endif
