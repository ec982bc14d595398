/* SPDX-License-Identifier: Apache-2.0 */
/* Versions: which texts are valid, and which of two is newer. The expectations come from apk itself. */
#include "ecosystems/alpine/version.h"

#include <string.h>

static void test_ecosystems_alpine_version__valid_ones_are_told_from_invalid_ones(void **state) {
    (void)state;
    static const char *const good[] = {"1",
                                       "01.02",
                                       "1.0b",
                                       "1_alpha",
                                       "1.0_alpha1_beta2",
                                       "1.0_rc",
                                       "1.0_git20240101-r3",
                                       "1.0-r01",
                                       "1.0~abc",
                                       "1.0_git1~deadbeef-r3",
                                       "2.3.4_p5-r6",
                                       "1.2.3b_rc4-r10",
                                       "99999999999999999999999999999999"};
    static const char *const bad[] = {"",      "1.0ab", "1.0A",       "1a.2",       "1.0-1",     "1.0-r1.2",
                                      "1.0+1", "1:1.0", "1.0-r0~abc", "1.0_beta.1", "1.0.0-rc1", "1.0~ABC",
                                      " ",     "1.0 ",  "v1.0",       "1.",         ".1",        "1..2",
                                      "1.0-r", "1.0a1", "1.0_",       "1.0_gamma",  "1.0~",      "1.0_p1.2"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        if (!alpine_version_is_valid(slice_of(good[i]))) {
            fail_msg("%s is valid", good[i]);
        }
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (alpine_version_is_valid(slice_of(bad[i]))) {
            fail_msg("\"%s\" is invalid", bad[i]);
        }
    }
}

/* Each is older than all later ones. */
static void check_ascending(const char *const *versions, size_t count) {
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            int expected = (i > j) - (i < j);
            int order = alpine_version_compare(slice_of(versions[i]), slice_of(versions[j]));
            if (order != expected) {
                fail_msg("%s with %s: %d", versions[i], versions[j], order);
            }
        }
    }
}

static void test_ecosystems_alpine_version__suffixes_letters_and_revisions_are_in_order(void **state) {
    (void)state;
    static const char *const ascending[] = {"1.0_alpha", "1.0_alpha0", "1.0_beta", "1.0_pre", "1.0_rc1", "1.0_rc2",
                                            "1.0",       "1.0-r0",     "1.0-r5",   "1.0-r9",  "1.0-r10", "1.0~a",
                                            "1.0~b",     "1.0_cvs",    "1.0_svn",  "1.0_git", "1.0_hg",  "1.0_p",
                                            "1.0_p1",    "1.0_p1-r0",  "1.0a",     "1.0b",    "1.0.0",   "1.0.1",
                                            "1.9",       "1.10",       "2",        "10"};
    check_ascending(ascending, sizeof ascending / sizeof ascending[0]);
}

static void test_ecosystems_alpine_version__later_numbers_with_a_leading_zero_are_fractions(void **state) {
    (void)state;
    static const char *const ascending[] = {"1.01", "1.010", "1.02", "1.1", "1.2"};
    check_ascending(ascending, sizeof ascending / sizeof ascending[0]);
}

static void test_ecosystems_alpine_version__equal_ones_are_equal(void **state) {
    (void)state;
    assert_int_equal(alpine_version_compare(slice_of("1"), slice_of("01")), 0);
    assert_int_equal(alpine_version_compare(slice_of("1.0-r1"), slice_of("1.0-r01")), 0);
    assert_int_equal(alpine_version_compare(slice_of(""), slice_of("")), 0);
}

static void test_ecosystems_alpine_version__numbers_of_any_length_are_compared(void **state) {
    (void)state;
    static const char *const ascending[] = {"9", "18446744073709551615", "18446744073709551616",
                                            "99999999999999999999999999"};
    check_ascending(ascending, sizeof ascending / sizeof ascending[0]);
}

static void test_ecosystems_alpine_version__a_revision_counts_for_a_prerelease_too(void **state) {
    (void)state;
    static const char *const ascending[] = {"1.0_rc1", "1.0_rc1-r0", "1.0_rc2", "1.0-r0"};
    check_ascending(ascending, sizeof ascending / sizeof ascending[0]);
}
