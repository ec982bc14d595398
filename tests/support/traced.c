/* SPDX-License-Identifier: Apache-2.0 */

/* See traced.h. */

#include "support/traced.h"

#include <stddef.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define SECONDS_MAX 120

/* Before each of these calls something is incomplete: bytes are written but not synced, or a name is not moved yet. */
static const long turning[] = {
#ifdef SYS_rename
    SYS_rename,    SYS_link,   SYS_unlink,
#endif
#ifdef SYS_renameat
    SYS_renameat,
#endif
    SYS_renameat2, SYS_linkat, SYS_unlinkat, SYS_fsync, SYS_fdatasync, SYS_syncfs,
};

static bool is_counted(const struct traced *traced) {
    bool is_turning = false;
    for (size_t i = 0; i < sizeof turning / sizeof turning[0]; i++) {
        is_turning = is_turning || (uint64_t)turning[i] == traced->call;
    }
    return traced->counts_all || is_turning;
}

bool traced_is_possible(void) {
    pid_t child = fork();
    int status = 0;
    assert_true(child >= 0);
    if (child == 0) {
        _exit(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void traced_wait(void) {
    (void)raise(SIGSTOP);
}

void traced_die(void) {
    (void)kill(getpid(), SIGKILL);
    (void)pause();
}

static void run_child(void (*run)(void *user), void *user) {
    (void)setenv("CMOCKA_TEST_ABORT", "1", 1); /* its assertions end the child too */
    (void)alarm(SECONDS_MAX);
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) {
        _exit(1);
    }
    traced_wait();
    run(user);
    _exit(0);
}

void traced_start(struct traced *traced, void (*run)(void *user), void *user) {
    int status = 0;
    traced->pid = fork();
    assert_true(traced->pid >= 0);
    if (traced->pid == 0) {
        run_child(run, user);
    }
    assert_int_equal(waitpid(traced->pid, &status, 0), traced->pid);
    assert_true(WIFSTOPPED(status));
    assert_int_equal(ptrace(PTRACE_SETOPTIONS, traced->pid, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL), 0);
}

static void note_sync(const struct traced *traced) {
    char path[64];
    bool is_of_file = traced->call == SYS_fsync || traced->call == SYS_fdatasync;
    if (traced->disk != NULL && is_of_file) {
        (void)snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)traced->pid, (int)traced->argument);
        power_cut_sync(traced->disk, path);
    } else if (traced->disk != NULL && (traced->call == SYS_syncfs || traced->call == SYS_sync)) {
        power_cut_sync_all(traced->disk);
    }
}

/* At the beginning or at the end of a call. True when the child was killed before it. */
static bool meet_call(struct traced *traced) {
    struct __ptrace_syscall_info info = {0};
    long length = ptrace(PTRACE_GET_SYSCALL_INFO, traced->pid, (void *)sizeof info, &info);
    assert_true(length > 0);
    traced->is_inside = info.op == PTRACE_SYSCALL_INFO_ENTRY;
    if (traced->is_inside) {
        traced->call = info.entry.nr;
        traced->argument = info.entry.args[0];
        traced->calls += is_counted(traced) ? 1 : 0;
    } else if (info.op == PTRACE_SYSCALL_INFO_EXIT && info.exit.rval == 0) {
        note_sync(traced);
    }
    if (traced->is_inside && traced->kill_at != 0 && traced->calls == traced->kill_at && is_counted(traced)) {
        traced_kill(traced);
        return true;
    }
    return false;
}

void traced_kill(struct traced *traced) {
    int status = 0;
    (void)kill(traced->pid, SIGKILL);
    assert_int_equal(waitpid(traced->pid, &status, 0), traced->pid);
    traced->pid = -1;
}

static enum traced_stop ended(struct traced *traced, int status) {
    bool died = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    traced->pid = -1;
    return died || (WIFEXITED(status) && WEXITSTATUS(status) == 0) ? TRACED_ENDED : TRACED_FAILED;
}

enum traced_stop traced_go_on(struct traced *traced) {
    int number = 0;
    for (;;) {
        int status = 0;
        assert_int_equal(ptrace(PTRACE_SYSCALL, traced->pid, NULL, (void *)(intptr_t)number), 0);
        assert_int_equal(waitpid(traced->pid, &status, 0), traced->pid);
        if (!WIFSTOPPED(status)) {
            return ended(traced, status);
        }
        number = WSTOPSIG(status);
        if (number == (SIGTRAP | 0x80)) {
            number = 0;
            if (meet_call(traced)) {
                return TRACED_KILLED;
            }
        } else if (number == SIGSTOP) {
            return TRACED_WAITS;
        }
    }
}
