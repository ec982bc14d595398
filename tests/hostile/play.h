/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOSTILE_PLAY_H
#define HOSTILE_PLAY_H

/*
 * Plays a script of requests again and again, each time on a fresh copy of an instance, with the n-th thing that can
 * fail failing in each of its requests, for every n until nothing fails any more.
 *
 * What must hold is what a first playing without faults has shown: what the probes (requests that change nothing)
 * see after each step. A step during which something failed must
 *   - answer as it does without faults, to the byte, and then have its whole effect; or
 *   - answer 500, 503 or 507, or break off; and then have no effect, or, when just the answer was lost, all of it.
 * The store is sound after it, and while nothing fails the request works when it is asked again. In the end everything
 * that nothing names can be collected, and every block, handle and descriptor is back.
 */

#include "rig.h"

#include "support/http_script.h"

#define PLAY_VARIABLES_MAX 32

/* Texts or bytes that stand for ${name} in requests. */
struct play_variables {
    struct {
        const char *name; /* lives longer */
        char *bytes; /* owned */
        size_t length;
    } all[PLAY_VARIABLES_MAX];
    size_t count;
};

void play_set(struct play_variables *variables, const char *name, const void *bytes, size_t length); /* copied */
void play_set_text(struct play_variables *variables, const char *name, const char *text);
/* The hexadecimal SHA-256 of bytes, under that name. */
void play_set_hash(struct play_variables *variables, const char *name, const void *bytes, size_t length);

/* The bytes of one, which a NUL follows; fails the test when there is none. */
const char *play_variable(const struct play_variables *variables, const char *name);

struct play; /* one playing */

struct play_step {
    const char *name;
    const char *request; /* see http_script.h; ${name} is replaced by a variable */
    /* In place of a request: calls of the C API, whose outcome counts as the HTTP status that goes with it. */
    lreg_status (*act)(struct play *play, lreg_instance *instance, lreg_error **err);
    int status; /* of the answer when nothing fails */
    int again; /* of the answer to one who asks once more after it took effect; 0: the play ends, another one goes on */
    const char *keep; /* name of a variable; NULL: the answer is of no use later */
    const char *keep_from; /* "json:<member>" or "header:<name>" of the answer */
    /* How many steps a client goes back when this one failed, to begin anew what has several steps; 0: he asks once
     * more. */
    size_t back;
    /* NULL, or what is to be done instead: leaves everything as the step would have. */
    void (*recover)(struct play *play);
};

struct play_script {
    const struct play_step *steps;
    size_t step_count;
    const char *const *probes; /* requests */
    size_t probe_count;
    char folder[RIG_FOLDER_MAX]; /* the template */
    struct play_variables variables; /* that are the same in every playing */
    /* What was learnt without faults; bytes with a NUL behind. */
    char **seen; /* by the probes: before all steps, after the first, … */
    size_t *seen_length;
    char **answers; /* to the steps */
    size_t *answer_length;
};

/* Makes the template; `furnish` fills a new instance and sets the script's variables. Then plays it without faults. */
void play_prepare(struct play_script *script, void (*furnish)(struct rig *rig, struct play_script *script));
void play_end(struct play_script *script);

/* All the playings of one kind of fault. */
void play_with(struct play_script *script, const struct fault *fault);

/* The kinds of faults that every script is played with. */
void play_with_failing_allocation(struct play_script *script);
void play_with_failing_allocations(struct play_script *script); /* for the rest of the request */
void play_with_failing_storage(struct play_script *script); /* once before, once after its effect; for the rest */
void play_with_full_storage(struct play_script *script);
void play_with_failing_database(struct play_script *script); /* once; for the rest of the request */
void play_with_full_database(struct play_script *script);
void play_with_busy_database(struct play_script *script);
/* Not every allocation of SQLite, of which there are many, but each of the first and then every few of a request. */
void play_with_forgetful_database(struct play_script *script);

/* For acts: the text of a variable. */
const char *play_text(const struct play *play, const char *name);
/* For recover functions: makes a request (no more faults then) and gives its answer. */
struct http_answer *play_ask(struct play *play, const char *request);
void play_keep(struct play *play, const char *name, const char *text);
void play_keep_bytes(struct play *play, const char *name, const void *bytes, size_t length);

#endif
