/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOSTILE_PLAY_H
#define HOSTILE_PLAY_H

/*
 * Plays a script of requests repeatedly, each time on a fresh copy of an instance. In each request the n-th operation
 * that can fail does fail, for every n until no failure occurs any more.
 *
 * A first run without faults records what must hold: the results of the probes (requests that change nothing) after
 * each step. A step with a failure must
 *   - answer as it does without faults, byte for byte, and then have its whole effect; or
 *   - answer 500, 503 or 507, or break off; and then have no effect, or, if only the answer was lost, its whole effect.
 * After it the store is sound, and without faults the repeated request works. At the end everything that is
 * unreferenced can be collected, and every block, handle and descriptor is released.
 */

#include "rig.h"

#include "support/http_script.h"

#define PLAY_VARIABLES_MAX 32

/* Texts or bytes that replace ${name} in requests. */
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
/* Sets a variable to the hexadecimal SHA-256 of bytes. */
void play_set_hash(struct play_variables *variables, const char *name, const void *bytes, size_t length);

/* Returns the bytes of a variable, followed by a NUL; fails the test when there is none. */
const char *play_variable(const struct play_variables *variables, const char *name);

struct play; /* one run */

struct play_step {
    const char *name;
    const char *request; /* see http_script.h; ${name} is replaced by a variable */
    /* of the answer to a request repeated after its effect; 0: the run ends, and another one continues */
    lreg_status (*act)(struct play *play, lreg_instance *instance, lreg_error **err);
    int status; /* of the answer without faults */
    int again; /* of the answer to a request repeated after its effect; 0: this run ends, another one continues */
    const char *keep; /* name of a variable; NULL: the answer is not used later */
    const char *keep_from; /* "json:<member>" or "header:<name>" of the answer */
    /* of the answer to a request repeated after its effect; 0: this run ends, another one continues */
    size_t back;
    /* NULL, or a function that runs instead and leaves everything as the step would have. */
    void (*recover)(struct play *play);
};

struct play_script {
    const struct play_step *steps;
    size_t step_count;
    const char *const *probes; /* requests */
    size_t probe_count;
    char folder[RIG_FOLDER_MAX]; /* the template */
    struct play_variables variables; /* that are the same in every run */
    /* Recorded without faults; bytes followed by a NUL. */
    char **seen; /* by the probes: before all steps, after the first, … */
    size_t *seen_length;
    char **answers; /* to the steps */
    size_t *answer_length;
};

/* Makes the template; `furnish` fills a new instance and sets the script's variables. Then runs it without faults. */
void play_prepare(struct play_script *script, void (*furnish)(struct rig *rig, struct play_script *script));
void play_end(struct play_script *script);

/* All runs with one kind of fault. */
void play_with(struct play_script *script, const struct fault *fault);

/* The kinds of faults that every script runs with. */
void play_with_failing_allocation(struct play_script *script);
void play_with_failing_allocations(struct play_script *script); /* for the rest of the request */
void play_with_failing_storage(struct play_script *script); /* once before, once after its effect; for the rest */
void play_with_full_storage(struct play_script *script);
void play_with_failing_database(struct play_script *script); /* once; for the rest of the request */
void play_with_full_database(struct play_script *script);
void play_with_busy_database(struct play_script *script);
/* Not every allocation of SQLite, because there are many: the first ones, and then every few of a request. */
void play_with_forgetful_database(struct play_script *script);

/* For acts: the text of a variable. */
const char *play_text(const struct play *play, const char *name);
/* For recover functions: makes a request (without further faults) and returns its answer. */
struct http_answer *play_ask(struct play *play, const char *request);
void play_keep(struct play *play, const char *name, const char *text);
void play_keep_bytes(struct play *play, const char *name, const void *bytes, size_t length);

#endif
