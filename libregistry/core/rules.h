/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_RULES_H
#define CORE_RULES_H

#include "core/instance/instance.h"

/* What users may enter, and the errors for things that do not exist. */

/* Each check returns LREG_BAD_ARGUMENT; `what` names the value in the message: "name". */

#define CORE_NAME_MAX 255 /* bytes */
#define CORE_DESCRIPTION_MAX 1000 /* bytes */
#define CORE_EMOJI_MAX 64 /* bytes */

lreg_status core_check_name(const char *what, const char *text, struct error *err); /* 1 to CORE_NAME_MAX, one line */
/* One line of UTF-8 of at most `max` bytes, possibly empty. */
lreg_status core_check_line(const char *what, const char *text, size_t max, struct error *err);
/* UTF-8 of at most `max` bytes, possibly empty; line ends and tabs are allowed. */
lreg_status core_check_text(const char *what, const char *text, size_t max, struct error *err);
lreg_status core_check_color(const char *text, struct error *err); /* "" or "#RRGGBB" */
/* Uses `slug`, or makes one from `name` when it is NULL. Neither may have the form of an id. */
lreg_status core_choose_slug(const char *slug, const char *name, char out[SLUG_MAX + 1], struct error *err);

/* 1 to META_PAGE_MAX. */
size_t core_page_limit(size_t limit);

/* The errors for things that do not exist, with one message for all places. */
lreg_status core_organization_unknown(const char *slug, struct error *err);
lreg_status core_registry_unknown(const char *organization_slug, const char *slug, struct error *err);

#endif
