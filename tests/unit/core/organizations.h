/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UNIT_CORE_ORGANIZATIONS_H
#define UNIT_CORE_ORGANIZATIONS_H

#include "core/organization.h"

/* Deletes the organization that has the slug now. */
static inline lreg_status delete_organization(struct core *core, const char *slug, struct error *err) {
    const struct core_organization *organization = NULL;
    lreg_status status = core_organization_find(core, slug, &organization, err);
    if (status == LREG_OK) {
        status = core_organization_delete(core, &core_actor_host, organization, err);
    }
    core_organization_release(organization);
    return status;
}

#endif
