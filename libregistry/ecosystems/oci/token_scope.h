/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ECOSYSTEMS_OCI_TOKEN_SCOPE_H
#define ECOSYSTEMS_OCI_TOKEN_SCOPE_H

/* The scopes that container clients ask the token endpoint for (distribution, "Token Scope Documentation"):
 * "repository:organization/registry/image:pull,push". Pure. */

#include "base/error.h"
#include "base/text.h"

struct oci_scope {
    struct slice repository; /* empty: of another type of resource, such as "registry:catalog:*" */
    uint32_t actions; /* AUTH_PULL …; what is not known is left out, "*" is all */
};

/* Takes the next scope from a list with blanks between; false at its end. */
bool oci_scope_next(struct slice *list, struct slice *out);
/* LREG_BAD_ARGUMENT ("bad_scope") when it is not TYPE:NAME:ACTIONS. A class behind the type, as in
 * "repository(plugin)", makes no difference. */
lreg_status oci_scope_parse(struct slice text, struct oci_scope *out, struct error *err);

/* The words of some actions with commas between, "pull,push,delete" at most. */
#define OCI_ACTIONS_TEXT 24
void oci_scope_format_actions(uint32_t actions, char out[OCI_ACTIONS_TEXT]);

#endif
