/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_RULES_H
#define CORE_RULES_H

#include "core/instance/instance.h"

/* What people may write, and the words for what is not there. */

/* Each check gives LREG_BAD_ARGUMENT; `what` names the value in the message: "name". */

#define CORE_NAME_MAX 255 /* bytes */
#define CORE_DESCRIPTION_MAX 1000 /* bytes */
#define CORE_EMOJI_MAX 64 /* bytes */

lreg_status core_check_name(const char *what, const char *text, struct error *err); /* 1 to CORE_NAME_MAX, one line */
/* One line of UTF-8 of at most `max` bytes, maybe empty. */
lreg_status core_check_line(const char *what, const char *text, size_t max, struct error *err);
/* UTF-8 of at most `max` bytes, maybe empty; line ends and tabs are fine. */
lreg_status core_check_text(const char *what, const char *text, size_t max, struct error *err);
lreg_status core_check_color(const char *text, struct error *err); /* "" or "#RRGGBB" */
/* Takes `slug`, or makes one of `name` when it is NULL. */
lreg_status core_choose_slug(const char *slug, const char *name, char out[SLUG_MAX + 1], struct error *err);

/* 1 to META_PAGE_MAX. */
size_t core_page_limit(size_t limit);

/* The failures that say that something is not there, in the same words wherever they are found. */
lreg_status core_organization_unknown(const char *slug, struct error *err);
lreg_status core_registry_unknown(const char *organization_slug, const char *slug, struct error *err);

#endif
