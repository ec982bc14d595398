/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ECOSYSTEMS_OCI_TOKEN_SCOPE_H
#define ECOSYSTEMS_OCI_TOKEN_SCOPE_H

/* Scopes that container clients request from the token endpoint (distribution, "Token Scope Documentation"):
 * "repository:organization/registry/image:pull,push". Pure. */

#include "base/error.h"
#include "base/text.h"

struct oci_scope {
    struct slice repository; /* empty: another type of resource, such as "registry:catalog:*" */
    uint32_t actions; /* AUTH_PULL …; unknown words are left out, "*" is all */
};

/* Takes the next scope from a list separated by spaces; false at its end. */
bool oci_scope_next(struct slice *list, struct slice *out);
/* LREG_BAD_ARGUMENT ("bad_scope") when it is not TYPE:NAME:ACTIONS. A class after the
 * type, as in "repository(plugin)", is ignored. */
lreg_status oci_scope_parse(struct slice text, struct oci_scope *out, struct error *err);

/* The words for some actions, separated by commas: at most "pull,push,delete". */
#define OCI_ACTIONS_TEXT 24
void oci_scope_format_actions(uint32_t actions, char out[OCI_ACTIONS_TEXT]);

#endif
