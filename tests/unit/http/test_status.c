/* SPDX-License-Identifier: Apache-2.0 */
/* Reason phrases: every HTTP status of a failure has one. */
#include "http/status.h"

#include "base/error.h"

static void test_http_status__every_failure_has_a_reason(void **state) {
    (void)state;
    for (lreg_status status = LREG_OK; status < 100; status++) {
        assert_string_not_equal(status_reason(error_http_status(status)), "Unknown");
    }
    assert_string_equal(status_reason(404), "Not Found");
    assert_string_equal(status_reason(0), "Unknown");
    assert_string_equal(status_reason(999), "Unknown");
}
