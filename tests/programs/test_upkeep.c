/* SPDX-License-Identifier: Apache-2.0 */
/* The upkeep thread, with an lreg_upkeep() of the test, which fails in a given order. */
#include "upkeep.h"

#include <pthread.h>

#define CALLS 9

static const lreg_status outcomes[CALLS] = {
    LREG_FORBIDDEN, LREG_FORBIDDEN, LREG_FORBIDDEN, /* reported once */
    LREG_IO,        LREG_IO, /* another one */
    LREG_OK, /* it is over */
    LREG_IO,        LREG_IO, /* a new one */
    LREG_OK,
};
static const lreg_status wanted[] = {LREG_FORBIDDEN, LREG_IO, LREG_IO};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static size_t calls;
static lreg_status complaints[CALLS];
static size_t complaint_count;

lreg_status lreg_upkeep(lreg_instance *instance, const lreg_upkeep_options *options, lreg_upkeep_report *report,
                        lreg_error **err) {
    (void)instance;
    (void)options;
    *err = NULL;
    report->next_ms = 1;
    (void)pthread_mutex_lock(&lock);
    lreg_status outcome = calls < CALLS ? outcomes[calls] : LREG_OK;
    calls++;
    (void)pthread_cond_signal(&changed);
    (void)pthread_mutex_unlock(&lock);
    return outcome;
}

static void complain(lreg_status status, lreg_error *error) {
    lreg_error_free(error);
    if (complaint_count < CALLS) { /* an assertion would end another thread than the test's */
        complaints[complaint_count++] = status;
    }
}

static void test_programs_upkeep__a_failure_that_repeats_is_reported_once(void **state) {
    (void)state;
    const lreg_upkeep_options options = {.size = sizeof options, .collect_interval_ms = 1};
    struct upkeep *upkeep = upkeep_start(NULL, &options, complain);
    assert_non_null(upkeep);
    (void)pthread_mutex_lock(&lock);
    while (calls <= CALLS) {
        (void)pthread_cond_wait(&changed, &lock);
    }
    (void)pthread_mutex_unlock(&lock);
    upkeep_stop(upkeep);
    assert_int_equal(complaint_count, sizeof wanted / sizeof wanted[0]);
    assert_memory_equal(complaints, wanted, sizeof wanted);
}
