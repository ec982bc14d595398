/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FUZZ_SUPPORT_TEMPLATES_H
#define FUZZ_SUPPORT_TEMPLATES_H

/* Requests and lines that the mutator inserts into scripts, see script.h for the language. */

#include <stddef.h>

extern const char *const script_templates[]; /* whole requests */
extern const size_t script_template_count;
extern const char *const script_directives[]; /* lines before the request line */
extern const size_t script_directive_count;
extern const char *const script_fields[]; /* lines after the request line */
extern const size_t script_field_count;

#endif
