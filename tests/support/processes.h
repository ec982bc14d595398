/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUPPORT_PROCESSES_H
#define SUPPORT_PROCESSES_H

/* Forked children that report by exit status: only the parent may use cmocka's assertions. */

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* In a child: ends it, with the source location on standard error. */
#define EXIT_UNLESS(condition)                                                      \
    do {                                                                            \
        if (!(condition)) {                                                         \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            _exit(1);                                                               \
        }                                                                           \
    } while (0)

#define PROCESS_SECONDS_MAX 120

static inline pid_t process_start(int (*run)(void *user), void *user) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)setenv("CMOCKA_TEST_ABORT", "1", 1); /* its assertions end the child too */
        (void)alarm(PROCESS_SECONDS_MAX);
        _exit(run(user));
    }
    return child;
}

static inline void process_succeeds(pid_t child) {
    int status = 0;
    pid_t ended;
    do {
        ended = waitpid(child, &status, 0);
    } while (ended < 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* The child reports that it has come so far, and waits until it may go on. */
struct process_gate {
    int told[2];
    int let[2];
};

static inline void process_gate_open(struct process_gate *gate) {
    assert_int_equal(pipe(gate->told), 0);
    assert_int_equal(pipe(gate->let), 0);
}

static inline void process_gate_close(struct process_gate *gate) {
    for (int i = 0; i < 2; i++) {
        close(gate->told[i]);
        close(gate->let[i]);
    }
}

static inline void process_gate_tell(struct process_gate *gate) {
    EXIT_UNLESS(write(gate->told[1], "x", 1) == 1);
}

static inline void process_gate_wait(struct process_gate *gate) {
    char byte;
    EXIT_UNLESS(read(gate->let[0], &byte, 1) == 1);
}

static inline void process_gate_hear(struct process_gate *gate) {
    char byte;
    close(gate->told[1]); /* so that the end of a dead child is noticed too */
    gate->told[1] = -1;
    assert_int_equal(read(gate->told[0], &byte, 1), 1);
}

static inline void process_gate_let(struct process_gate *gate) {
    assert_int_equal(write(gate->let[1], "x", 1), 1);
}

#endif
