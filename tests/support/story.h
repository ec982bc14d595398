/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUPPORT_STORY_H
#define SUPPORT_STORY_H

/*
 * One of everything, from the outside: organization, registries, tokens; files, Alpine packages, an image; listings,
 * downloads, refusals; names in many scripts; verify, collect, backup. For tests that observe the process meanwhile.
 */

#include <libregistry.h>

/* Plays it on an empty instance. `backup` is a folder to create, or NULL. Returns all answers as text, which is the
 * same for the same clock and randomness; free() it. Failures end the test through cmocka. */
char *story_play(lreg_instance *instance, const char *backup);

#endif
