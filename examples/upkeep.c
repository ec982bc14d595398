/* SPDX-License-Identifier: Apache-2.0 */

#include "upkeep.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FIRST_MS 5000 /* leaves a starting server to its first requests */
#define FAILED_MS 60000

struct upkeep {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_stopping;
    lreg_instance *instance;
    lreg_upkeep_options options;
    void (*complain)(lreg_status status, lreg_error *error);
    lreg_status failure; /* how the last call ended */
    char failure_code[64]; /* its code, cut to what fits */
};

/* False when it is to stop. */
static bool rest(struct upkeep *upkeep, int64_t ms) {
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(ms / 1000);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    (void)pthread_mutex_lock(&upkeep->lock);
    int result = 0;
    while (!upkeep->is_stopping && result == 0) {
        result = pthread_cond_timedwait(&upkeep->changed, &upkeep->lock, &until);
    }
    bool goes_on = !upkeep->is_stopping;
    (void)pthread_mutex_unlock(&upkeep->lock);
    return goes_on;
}

/* A collection interval that is shorter is also the longest rest. */
static int64_t at_most_interval(const struct upkeep *upkeep, int64_t ms) {
    int64_t interval_ms = upkeep->options.collect_interval_ms;
    return interval_ms > 0 && interval_ms < ms ? interval_ms : ms;
}

/* A failure equal to the last one is not reported again: a full disk, or one that is read-only, would fill the log. */
static void tell(struct upkeep *upkeep, lreg_status status, lreg_error *error) {
    char code[sizeof upkeep->failure_code];
    (void)snprintf(code, sizeof code, "%s", lreg_error_code(error));
    bool is_known = status == upkeep->failure && strcmp(code, upkeep->failure_code) == 0;
    upkeep->failure = status;
    memcpy(upkeep->failure_code, code, sizeof code);
    if (is_known) {
        lreg_error_free(error);
    } else {
        upkeep->complain(status, error);
    }
}

/* Does one call. Returns how long to rest. */
static int64_t work(struct upkeep *upkeep) {
    lreg_upkeep_report report = {.size = sizeof report};
    lreg_error *error = NULL;
    lreg_status status = lreg_upkeep(upkeep->instance, &upkeep->options, &report, &error);
    if (status != LREG_OK) {
        tell(upkeep, status, error);
        return at_most_interval(upkeep, FAILED_MS);
    }
    upkeep->failure = LREG_OK;
    return report.next_ms;
}

static void *run(void *user) {
    struct upkeep *upkeep = user;
    int64_t ms = at_most_interval(upkeep, FIRST_MS);
    while (rest(upkeep, ms)) {
        ms = work(upkeep);
    }
    return NULL;
}

struct upkeep *upkeep_start(lreg_instance *instance, const lreg_upkeep_options *options,
                            void (*complain)(lreg_status status, lreg_error *error)) {
    pthread_condattr_t attributes;
    struct upkeep *upkeep = calloc(1, sizeof *upkeep);
    if (upkeep == NULL) {
        return NULL;
    }
    upkeep->instance = instance;
    upkeep->options = *options;
    upkeep->complain = complain;
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&upkeep->lock, NULL);
    (void)pthread_cond_init(&upkeep->changed, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    if (pthread_create(&upkeep->thread, NULL, run, upkeep) != 0) {
        (void)pthread_cond_destroy(&upkeep->changed);
        (void)pthread_mutex_destroy(&upkeep->lock);
        free(upkeep);
        return NULL;
    }
    return upkeep;
}

void upkeep_stop(struct upkeep *upkeep) {
    if (upkeep == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&upkeep->lock);
    upkeep->is_stopping = true;
    (void)pthread_cond_signal(&upkeep->changed);
    (void)pthread_mutex_unlock(&upkeep->lock);
    (void)pthread_join(upkeep->thread, NULL);
    (void)pthread_cond_destroy(&upkeep->changed);
    (void)pthread_mutex_destroy(&upkeep->lock);
    free(upkeep);
}
