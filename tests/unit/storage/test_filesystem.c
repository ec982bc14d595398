/* SPDX-License-Identifier: Apache-2.0 */
/* Guarantees of the filesystem backend beyond the contract: its layout, crashes, hostile entries, full disks, other
 * processes. */
#include "fixture.h"

#include "storage/filesystem/filesystem.h"
#include "storage/filesystem/filesystem_internal.h"
#include "storage/memory/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

static struct hooks hooks;
static char folder[FIXTURE_FOLDER];
static struct storage *storage;

static int setup(void **state) {
    (void)state;
    hooks_default(&hooks);
    return fixture_make_folder(folder) ? 0 : -1;
}

static int teardown(void **state) {
    (void)state;
    storage_close(storage);
    storage = NULL;
    fixture_remove_folder(folder);
    return 0;
}

static void open_store(bool durable) {
    assert_int_equal(storage_open_filesystem(&hooks, folder, durable, &storage, NULL), LREG_OK);
}

#define PATH_SIZE 512

static const char *path_of(const char *below, char path[PATH_SIZE]) {
    (void)snprintf(path, PATH_SIZE, "%s/%s", folder, below);
    return path;
}

static const char *path_of_object(const char *key, char path[PATH_SIZE]) {
    (void)snprintf(path, PATH_SIZE, "%s/objects/%.2s/%.2s/%s", folder, key, key + 2, key);
    return path;
}

static mode_t mode_of(const char *path) {
    struct stat facts;
    assert_int_equal(lstat(path, &facts), 0);
    return facts.st_mode;
}

static void make_file(const char *path, const char *text) {
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(close(descriptor), 0);
}

static void assert_file(const char *path, const char *text) {
    char bytes[64] = "";
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(descriptor >= 0);
    assert_int_equal(read(descriptor, bytes, sizeof bytes - 1), (ssize_t)strlen(text));
    assert_int_equal(close(descriptor), 0);
    assert_string_equal(bytes, text);
}

static lreg_status open_object(const char *key) {
    struct storage_object *object = NULL;
    uint64_t length = 0;
    lreg_status status = storage_object_open(storage, key, -1, &object, &length, NULL);
    storage_object_close(object);
    return status;
}

static void store_text(const char *name, const char *text, char key[LREG_STORAGE_KEY_MAX + 1]) {
    assert_int_equal(fixture_store(storage, name, text, strlen(text), key, NULL), LREG_OK);
}

static void leave_stage(const char *name, const char *text) {
    struct storage_stage *stage = NULL;
    assert_int_equal(storage_stage_create(storage, name, &stage, NULL), LREG_OK);
    assert_int_equal(storage_stage_write(stage, text, strlen(text), NULL), LREG_OK);
    storage_stage_close(stage);
}

static int open_descriptors(void) {
    int count = 0;
    DIR *directory = opendir("/proc/self/fd");
    if (directory == NULL) {
        skip(); /* no /proc here */
    }
    while (readdir(directory) != NULL) {
        count++;
    }
    (void)closedir(directory);
    return count;
}

/* Runs `work` in a child and returns the number of the failed check; 0 is success, 77 asks to skip. */
static int in_child(int (*work)(void)) {
    int status = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        _exit(work());
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void test_storage_filesystem__layout_and_modes_are_as_documented(void **state) {
    (void)state;
    char key[LREG_STORAGE_KEY_MAX + 1];
    char path[PATH_SIZE];
    open_store(true);
    store_text("stage-1", "hello", key);
    assert_string_equal(key, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824-stage-1");
    path_of("objects/2c/f2/2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824-stage-1", path);
    assert_file(path, "hello");
    assert_int_equal(mode_of(path), S_IFREG | 0600);
    assert_int_equal(mode_of(path_of("staging", path)) & 0777, 0700);
    assert_int_equal(mode_of(path_of("objects", path)) & 0777, 0700);
    assert_int_equal(mode_of(path_of("objects/2c", path)) & 0777, 0700);
    assert_int_equal(mode_of(path_of("objects/2c/f2", path)) & 0777, 0700);
    leave_stage("stage-2", "waits");
    assert_file(path_of("staging/stage-2", path), "waits");
    assert_int_equal(mode_of(path), S_IFREG | 0600);
}

static void test_storage_filesystem__directories_are_marked_once_they_are_durable(void **state) {
    (void)state;
    char key[LREG_STORAGE_KEY_MAX + 1];
    char path[PATH_SIZE];
    open_store(false);
    store_text("stage-1", "hello", key);
    assert_int_equal(mode_of(path_of("objects/2c/f2", path)), S_IFDIR | 0700);
    assert_int_equal(mode_of(path_of("objects", path)), S_IFDIR | 0700);
    storage_close(storage);
    open_store(true);
    assert_int_equal(mode_of(path_of("objects", path)), S_IFDIR | S_ISVTX | 0700);
    store_text("stage-2", "hello", key);
    assert_int_equal(mode_of(path_of("objects/2c/f2", path)), S_IFDIR | S_ISVTX | 0700);
    store_text("stage-3", "hello", key);
    assert_true(fixture_holds(storage, key, "hello", 5));
}

static void test_storage_filesystem__directory_is_made_but_not_its_parents(void **state) {
    (void)state;
    char path[PATH_SIZE];
    struct error err = {0};
    path_of("new", path);
    assert_int_equal(storage_open_filesystem(&hooks, path, true, &storage, NULL), LREG_OK);
    assert_int_equal(mode_of(path), S_IFDIR | 0700);
    storage_close(storage);
    path_of("not/there", path);
    assert_int_equal(storage_open_filesystem(&hooks, path, true, &storage, &err), LREG_NOT_FOUND);
    assert_null(storage);
    assert_int_equal(err.cause, ENOENT);
    make_file(path_of("file", path), "");
    assert_int_equal(storage_open_filesystem(&hooks, path, true, &storage, &err), LREG_IO);
    assert_int_equal(err.cause, ENOTDIR);
}

/* Ends the process abruptly: nothing is closed. */
static int write_and_die(void) {
    struct storage_stage *stage = NULL;
    if (storage_stage_create(storage, "cut-off", &stage, NULL) != LREG_OK ||
        storage_stage_write(stage, "12345", 5, NULL) != LREG_OK || storage_stage_sync(stage, NULL) != LREG_OK ||
        storage_stage_write(stage, "678", 3, NULL) != LREG_OK) {
        return 1;
    }
    (void)kill(getpid(), SIGKILL);
    return 2;
}

static void test_storage_filesystem__leftover_of_a_killed_process_is_listed_and_resumed(void **state) {
    (void)state;
    struct storage_stage *stage = NULL;
    struct fixture_count count = {0};
    char key[LREG_STORAGE_KEY_MAX + 1];
    char digest[DIGEST_SHA256_TEXT];
    open_store(true);
    assert_int_equal(in_child(write_and_die), 128 + SIGKILL);
    assert_int_equal(storage_visit_all(storage, LREG_STORAGE_STAGES, fixture_add, &count, NULL), LREG_OK);
    assert_int_equal(count.names, 1);
    assert_int_equal(count.bytes, 8);
    assert_int_equal(storage_stage_reopen(storage, "cut-off", 5, &stage, NULL), LREG_OK);
    assert_int_equal(storage_stage_write(stage, "!", 1, NULL), LREG_OK);
    fixture_digest("12345!", 6, digest);
    assert_int_equal(storage_stage_commit(stage, digest, key, NULL), LREG_OK);
    assert_true(fixture_holds(storage, key, "12345!", 6));
    assert_int_equal(fixture_listed(storage, LREG_STORAGE_STAGES), 0);
}

static void test_storage_filesystem__second_name_of_an_object_is_no_stage(void **state) {
    (void)state;
    struct storage_stage *stage = NULL;
    char key[LREG_STORAGE_KEY_MAX + 1];
    char object[PATH_SIZE];
    char left[PATH_SIZE];
    open_store(true);
    store_text("moved", "committed", key);
    assert_int_equal(link(path_of_object(key, object), path_of("staging/moved", left)), 0);
    assert_int_equal(storage_stage_reopen(storage, "moved", 0, &stage, NULL), LREG_NOT_FOUND);
    assert_true(fixture_holds(storage, key, "committed", 9));
    assert_int_equal(storage_stage_remove(storage, "moved", NULL), LREG_OK);
    assert_true(fixture_holds(storage, key, "committed", 9));
}

static void test_storage_filesystem__name_used_twice_replaces_nothing(void **state) {
    (void)state;
    char key[LREG_STORAGE_KEY_MAX + 1];
    char path[PATH_SIZE];
    struct error err = {0};
    open_store(true);
    store_text("again", "same", key);
    make_file(path_of_object(key, path), "old!");
    assert_int_equal(fixture_store(storage, "again", "same", 4, key, &err), LREG_IO);
    assert_int_equal(err.cause, EEXIST);
    assert_file(path, "old!");
    assert_int_equal(fixture_listed(storage, LREG_STORAGE_STAGES), 0);
}

/* Uses the store twice: with all calls of a new kernel, and without them. */
static void with_both_kernels(void (*check)(void)) {
    for (int old = 0; old < 2; old++) {
        lreg_storage_backend table;
        void *state = NULL;
        assert_int_equal(storage_filesystem_table(&hooks, folder, true, &table, &state, NULL), LREG_OK);
        if (old == 1) {
            struct filesystem *filesystem = state;
            filesystem->has_openat2 = false;
            atomic_store(&filesystem->lacks_noreplace, true);
        }
        assert_int_equal(storage_open_backend(&hooks, &table, state, &storage, NULL), LREG_OK);
        check();
        storage_close(storage);
        storage = NULL;
        fixture_remove_folder(folder);
        assert_true(fixture_make_folder(folder));
    }
}

static void check_linked_stage(void) {
    char target[PATH_SIZE];
    char path[PATH_SIZE];
    struct storage_stage *stage = NULL;
    make_file(path_of("secret", target), "secret");
    assert_int_equal(symlink(target, path_of("staging/link", path)), 0);
    assert_int_equal(symlink("/nowhere/at/all", path_of("staging/dangling", path)), 0);
    assert_int_equal(storage_stage_create(storage, "link", &stage, NULL), LREG_IO);
    assert_int_equal(storage_stage_create(storage, "dangling", &stage, NULL), LREG_IO);
    assert_int_equal(storage_stage_reopen(storage, "link", 0, &stage, NULL), LREG_IO);
    assert_int_equal(fixture_listed(storage, LREG_STORAGE_STAGES), 0);
    assert_int_equal(storage_stage_remove(storage, "link", NULL), LREG_OK);
    assert_file(target, "secret");
}

static void test_storage_filesystem__symbolic_link_is_no_stage(void **state) {
    (void)state;
    with_both_kernels(check_linked_stage);
}

static void check_linked_object(void) {
    char key[LREG_STORAGE_KEY_MAX + 1];
    char target[PATH_SIZE];
    char path[PATH_SIZE];
    make_file(path_of("secret", target), "secret");
    store_text("to-link", "hello", key);
    assert_int_equal(open_object(key), LREG_OK);
    assert_int_equal(unlink(path_of_object(key, path)), 0);
    assert_int_equal(symlink(target, path), 0);
    assert_int_equal(open_object(key), LREG_IO);
    assert_int_equal(fixture_listed(storage, LREG_STORAGE_OBJECTS), 0);
    assert_int_equal(storage_object_remove(storage, key, NULL), LREG_OK);
    assert_file(target, "secret");
}

static void test_storage_filesystem__symbolic_link_is_no_object(void **state) {
    (void)state;
    with_both_kernels(check_linked_object);
}

/* Replaces a directory with a link to a directory with the same content. */
static void replace_by_link(const char *below) {
    char path[PATH_SIZE];
    char moved[PATH_SIZE];
    path_of(below, path);
    path_of("elsewhere", moved);
    assert_int_equal(rename(path, moved), 0);
    assert_int_equal(symlink(moved, path), 0);
}

static void check_linked_directory(const char *below) {
    char key[LREG_STORAGE_KEY_MAX + 1];
    store_text("stage-1", "hello", key);
    replace_by_link(below);
    assert_int_equal(open_object(key), LREG_IO);
    assert_int_equal(storage_object_remove(storage, key, NULL), LREG_IO);
    assert_int_equal(fixture_store(storage, "stage-2", "hello", 5, key, NULL), LREG_IO);
    assert_int_equal(fixture_listed(storage, LREG_STORAGE_STAGES), 0);
    assert_int_equal(fixture_listed(storage, LREG_STORAGE_OBJECTS), 0);
}

static void check_linked_first_directory(void) {
    check_linked_directory("objects/2c");
}

static void check_linked_second_directory(void) {
    check_linked_directory("objects/2c/f2");
}

static void test_storage_filesystem__linked_directories_are_not_entered(void **state) {
    (void)state;
    with_both_kernels(check_linked_first_directory);
    with_both_kernels(check_linked_second_directory);
}

static void test_storage_filesystem__store_with_linked_folders_does_not_open(void **state) {
    (void)state;
    static const char *const names[] = {"staging", "objects"};
    for (size_t i = 0; i < 2; i++) {
        open_store(true);
        storage_close(storage);
        replace_by_link(names[i]);
        assert_int_equal(storage_open_filesystem(&hooks, folder, true, &storage, NULL), LREG_IO);
        assert_null(storage);
        fixture_remove_folder(folder);
        assert_true(fixture_make_folder(folder));
    }
}

static void test_storage_filesystem__store_itself_may_be_reached_by_a_link(void **state) {
    (void)state;
    char path[PATH_SIZE];
    char key[LREG_STORAGE_KEY_MAX + 1];
    char target[PATH_SIZE];
    assert_int_equal(mkdir(path_of("target", target), 0700), 0);
    assert_int_equal(symlink(target, path_of("link", path)), 0);
    assert_int_equal(storage_open_filesystem(&hooks, path, true, &storage, NULL), LREG_OK);
    store_text("stage-1", "hello", key);
    assert_int_equal(open_object(key), LREG_OK);
}

static void check_odd_entries(void) {
    char key[LREG_STORAGE_KEY_MAX + 1];
    char path[PATH_SIZE];
    struct storage_stage *stage = NULL;
    assert_int_equal(mkfifo(path_of("staging/fifo", path), 0600), 0);
    assert_int_equal(mkdir(path_of("staging/folder", path), 0700), 0);
    assert_int_equal(storage_stage_reopen(storage, "fifo", 0, &stage, NULL), LREG_IO);
    assert_int_equal(storage_stage_reopen(storage, "folder", 0, &stage, NULL), LREG_IO);
    assert_int_equal(storage_stage_remove(storage, "folder", NULL), LREG_IO);
    store_text("odd", "hello", key);
    assert_int_equal(unlink(path_of_object(key, path)), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(open_object(key), LREG_IO);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(open_object(key), LREG_IO);
}

static void test_storage_filesystem__only_regular_files_are_opened_and_nothing_blocks(void **state) {
    (void)state;
    with_both_kernels(check_odd_entries);
}

static void test_storage_filesystem__foreign_entries_are_not_listed(void **state) {
    (void)state;
    static const char *const files[] = {
        "staging/README",
        "staging/.nfs0001",
        "staging/a name",
        "objects/stray",
        "objects/2c/stray",
        "objects/2c/f2/.hidden",
        "objects/2c/f2/2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
        "objects/2c/f2/2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824-Upper",
        "objects/2c/f2/2df24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824-elsewhere",
        "objects/2c/f2/2cf34dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824-elsewhere",
    };
    char key[LREG_STORAGE_KEY_MAX + 1];
    char path[PATH_SIZE];
    open_store(true);
    store_text("stage-1", "hello", key);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        make_file(path_of(files[i], path), "foreign");
    }
    assert_int_equal(mkdir(path_of("objects/lost+found", path), 0700), 0);
    assert_int_equal(mkdir(path_of("objects/2c/zz", path), 0700), 0);
    assert_int_equal(mkdir(path_of("objects/2c/00", path), 0700), 0);
    assert_int_equal(fixture_listed(storage, LREG_STORAGE_STAGES), 0);
    assert_int_equal(fixture_listed(storage, LREG_STORAGE_OBJECTS), 1);
}

static void test_storage_filesystem__keys_that_are_no_keys_open_nothing(void **state) {
    (void)state;
    static const char digest[] = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    static const char *const tails[] = {"", "-", "-../secret", "-a/b", "-a.", "-A", "x", "/a", "-\xc3\xa4"};
    char key[LREG_STORAGE_KEY_MAX + 1];
    char path[PATH_SIZE];
    open_store(true);
    store_text("stage-1", "hello", key);
    make_file(path_of("objects/2c/f2/secret", path), "secret");
    for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
        (void)snprintf(key, sizeof key, "%s%s", digest, tails[i]);
        assert_int_equal(open_object(key), LREG_NOT_FOUND);
        assert_int_equal(storage_object_remove(storage, key, NULL), LREG_OK);
    }
    assert_int_equal(open_object("2c/f2/secret"), LREG_NOT_FOUND);
    assert_int_equal(open_object("secret"), LREG_NOT_FOUND);
    assert_file(path, "secret");
}

/* Writes until the disk is full: a failed write must report it, and leave the rest sound. */
static int fill_disk(void) {
    static const char block[65536] = "x";
    char key[LREG_STORAGE_KEY_MAX + 1];
    struct storage_stage *stage = NULL;
    struct error err = {0};
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", folder, "tmpfs", 0, "size=1m") != 0) {
        return 77;
    }
    if (storage_open_filesystem(&hooks, folder, true, &storage, NULL) != LREG_OK ||
        fixture_store(storage, "before", "hello", 5, key, NULL) != LREG_OK ||
        storage_stage_create(storage, "too-long", &stage, NULL) != LREG_OK) {
        return 1;
    }
    lreg_status status = LREG_OK;
    for (int i = 0; i < 64 && status == LREG_OK; i++) {
        status = storage_stage_write(stage, block, sizeof block, &err);
    }
    if (status != LREG_NO_SPACE || err.status != LREG_NO_SPACE || err.cause != ENOSPC) {
        return 2;
    }
    if (storage_stage_write(stage, block, 1, NULL) != LREG_MISUSE || storage_stage_sync(stage, NULL) != LREG_MISUSE) {
        return 3;
    }
    storage_stage_drop(stage);
    if (!fixture_holds(storage, key, "hello", 5) || fixture_listed(storage, LREG_STORAGE_STAGES) != 0 ||
        fixture_store(storage, "after", "hello", 5, key, NULL) != LREG_OK) {
        return 4;
    }
    storage_close(storage);
    return 0;
}

static void test_storage_filesystem__full_disk_is_no_space_and_leaves_the_rest(void **state) {
    (void)state;
    int result = in_child(fill_disk);
    if (result == 77) {
        skip(); /* no right to mount a small filesystem */
    }
    assert_int_equal(result, 0);
}

static int exceed_file_size(void) {
    const struct rlimit limit = {.rlim_cur = 100000, .rlim_max = 100000};
    static const char block[65536] = "x";
    struct storage_stage *stage = NULL;
    struct error err = {0};
    if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR || setrlimit(RLIMIT_FSIZE, &limit) != 0) {
        return 77;
    }
    if (storage_stage_create(storage, "too-long", &stage, NULL) != LREG_OK ||
        storage_stage_write(stage, block, sizeof block, NULL) != LREG_OK) {
        return 1;
    }
    if (storage_stage_write(stage, block, sizeof block, &err) != LREG_IO || err.cause != EFBIG) {
        return 2;
    }
    storage_stage_drop(stage);
    return fixture_listed(storage, LREG_STORAGE_STAGES) == 0 ? 0 : 3;
}

static void test_storage_filesystem__file_over_the_size_limit_fails_cleanly(void **state) {
    (void)state;
    open_store(true);
    int result = in_child(exceed_file_size);
    if (result == 77) {
        skip(); /* no limit can be set */
    }
    assert_int_equal(result, 0);
}

static int run_out_of_descriptors(void) {
    struct rlimit limit;
    char key[LREG_STORAGE_KEY_MAX + 1];
    struct storage_stage *stage = NULL;
    struct storage_object *object = NULL;
    struct error err = {0};
    uint64_t length = 0;
    if (fixture_store(storage, "there", "hello", 5, key, NULL) != LREG_OK || getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return 1;
    }
    limit.rlim_cur = 0;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return 1;
    }
    while (dup(0) >= 0) {
        /* where a tool that runs the test has limits of its own */
    }
    if (storage_stage_create(storage, "none", &stage, &err) != LREG_BUSY || err.cause != EMFILE ||
        strstr(err.message, "open files") == NULL) {
        return 2;
    }
    if (storage_stage_reopen(storage, "none", 0, &stage, &err) != LREG_BUSY ||
        strcmp(err.code, "too_many_files") != 0) {
        return 5;
    }
    if (storage_object_open(storage, key, -1, &object, &length, &err) != LREG_BUSY || err.cause != EMFILE) {
        return 3;
    }
    return fixture_listed(storage, LREG_STORAGE_STAGES) == SIZE_MAX ? 0 : 4;
}

static void test_storage_filesystem__lack_of_descriptors_is_named(void **state) {
    (void)state;
    open_store(true);
    assert_int_equal(in_child(run_out_of_descriptors), 0);
}

#define PROCESSES 4
#define OBJECTS_EACH 50

static int store_many(int process) {
    struct storage *own = NULL;
    int failures = 0;
    if (storage_open_filesystem(&hooks, folder, true, &own, NULL) != LREG_OK) {
        return 100;
    }
    for (int i = 0; i < OBJECTS_EACH; i++) {
        char key[LREG_STORAGE_KEY_MAX + 1];
        char name[32];
        char text[32];
        (void)snprintf(name, sizeof name, "p%d-%d", process, i);
        (void)snprintf(text, sizeof text, "text %d", i); /* the same from each process */
        bool good = fixture_store(own, name, text, strlen(text), key, NULL) == LREG_OK &&
                    fixture_holds(own, key, text, strlen(text));
        failures += good ? 0 : 1;
    }
    storage_close(own);
    return failures;
}

static void test_storage_filesystem__processes_share_a_directory(void **state) {
    (void)state;
    pid_t children[PROCESSES];
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            _exit(store_many(i));
        }
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status = 0;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
    open_store(true);
    assert_int_equal(fixture_listed(storage, LREG_STORAGE_OBJECTS), PROCESSES * OBJECTS_EACH);
    assert_int_equal(fixture_listed(storage, LREG_STORAGE_STAGES), 0);
}

static int reopen_elsewhere(void) {
    struct storage *own = NULL;
    struct storage_stage *stage = NULL;
    if (storage_open_filesystem(&hooks, folder, true, &own, NULL) != LREG_OK) {
        return 100;
    }
    lreg_status status = storage_stage_reopen(own, "one-writer", 0, &stage, NULL);
    storage_stage_close(stage);
    storage_close(own);
    return status;
}

static void test_storage_filesystem__stage_has_one_writer_in_all_processes(void **state) {
    (void)state;
    struct storage_stage *stage = NULL;
    open_store(true);
    assert_int_equal(storage_stage_create(storage, "one-writer", &stage, NULL), LREG_OK);
    assert_int_equal(in_child(reopen_elsewhere), LREG_BUSY);
    storage_stage_close(stage);
    assert_int_equal(in_child(reopen_elsewhere), LREG_OK);
}

static void test_storage_filesystem__object_is_copied_to_another_store(void **state) {
    (void)state;
    char key[LREG_STORAGE_KEY_MAX + 1];
    char path[PATH_SIZE];
    struct storage *other = NULL;
    struct storage *in_memory = NULL;
    open_store(true);
    store_text("stage-1", "hello", key);
    path_of("other", path);
    assert_int_equal(storage_open_filesystem(&hooks, path, true, &other, NULL), LREG_OK);
    assert_int_equal(storage_open_memory(&hooks, &in_memory, NULL), LREG_OK);
    assert_int_equal(storage_filesystem_copy(storage, key, in_memory, true, NULL), LREG_UNSUPPORTED);
    assert_int_equal(storage_filesystem_copy(storage, key, other, true, NULL), LREG_OK);
    assert_int_equal(storage_filesystem_copy(storage, key, other, true, NULL), LREG_OK);
    assert_int_equal(storage_object_remove(storage, key, NULL), LREG_OK);
    assert_true(fixture_holds(other, key, "hello", 5));
    assert_int_equal(storage_filesystem_copy(storage, key, other, true, NULL), LREG_NOT_FOUND);
    storage_close(other);
    storage_close(in_memory);
}

static void test_storage_filesystem__object_is_copied_across_filesystems(void **state) {
    (void)state;
    char key[LREG_STORAGE_KEY_MAX + 1];
    char elsewhere[FIXTURE_FOLDER] = "/dev/shm/lreg-storage-XXXXXX";
    struct stat here;
    struct stat there;
    struct storage *other = NULL;
    open_store(false);
    char *text = malloc(700001);
    assert_non_null(text);
    memset(text, 'x', 700001);
    assert_int_equal(fixture_store(storage, "stage-1", text, 700001, key, NULL), LREG_OK);
    if (mkdtemp(elsewhere) == NULL || stat(folder, &here) != 0 || stat(elsewhere, &there) != 0 ||
        here.st_dev == there.st_dev) {
        free(text);
        skip(); /* no second filesystem here */
    }
    assert_int_equal(storage_open_filesystem(&hooks, elsewhere, false, &other, NULL), LREG_OK);
    lreg_status status = storage_filesystem_copy(storage, key, other, true, NULL);
    bool same = fixture_holds(other, key, text, 700001);
    size_t left = fixture_listed(other, LREG_STORAGE_STAGES);
    storage_close(other);
    fixture_remove_folder(elsewhere);
    free(text);
    assert_int_equal(status, LREG_OK);
    assert_true(same);
    assert_int_equal(left, 0);
}

static void test_storage_filesystem__no_descriptor_is_left_open(void **state) {
    (void)state;
    char key[LREG_STORAGE_KEY_MAX + 1];
    char path[PATH_SIZE];
    struct storage_stage *stage = NULL;
    int before = open_descriptors();
    open_store(true);
    int with_store = open_descriptors();
    assert_int_equal(with_store, before + 2);
    for (int i = 0; i < 3; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "n-%d", i);
        store_text(name, name, key);
        assert_int_equal(open_object(key), LREG_OK);
        assert_int_equal(storage_object_remove(storage, key, NULL), LREG_OK);
        assert_int_equal(open_object(key), LREG_NOT_FOUND);
    }
    leave_stage("left", "text");
    assert_int_equal(storage_stage_reopen(storage, "left", 5, &stage, NULL), LREG_IO);
    assert_int_equal(storage_stage_reopen(storage, "gone", 0, &stage, NULL), LREG_NOT_FOUND);
    assert_int_equal(storage_stage_create(storage, "left", &stage, NULL), LREG_IO);
    assert_int_equal(fixture_listed(storage, LREG_STORAGE_OBJECTS), 0);
    make_file(path_of("objects/ff", path), "");
    assert_int_equal(fixture_listed(storage, LREG_STORAGE_OBJECTS), 0);
    assert_int_equal(open_descriptors(), with_store);
    storage_close(storage);
    storage = NULL;
    assert_int_equal(open_descriptors(), before);
}

static void test_storage_filesystem__descriptors_do_not_pass_to_programs(void **state) {
    (void)state;
    char key[LREG_STORAGE_KEY_MAX + 1];
    struct storage_object *object = NULL;
    struct storage_stage *stage = NULL;
    uint64_t length = 0;
    int lowest = dup(0);
    assert_true(lowest >= 0);
    assert_int_equal(close(lowest), 0);
    open_store(true);
    store_text("stage-1", "hello", key);
    assert_int_equal(storage_object_open(storage, key, -1, &object, &length, NULL), LREG_OK);
    assert_int_equal(storage_stage_create(storage, "stage-2", &stage, NULL), LREG_OK);
    for (int descriptor = lowest; descriptor < lowest + 4; descriptor++) {
        assert_true((fcntl(descriptor, F_GETFD) & FD_CLOEXEC) != 0);
    }
    storage_object_close(object);
    storage_stage_drop(stage);
}

static lreg_status keep_time(void *user, const char *name, int64_t modified_ms, uint64_t length, struct error *err) {
    (void)name;
    (void)length;
    (void)err;
    *(int64_t *)user = modified_ms;
    return LREG_OK;
}

static void test_storage_filesystem__object_is_as_young_as_its_commit(void **state) {
    (void)state;
    const struct timespec long_ago[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
    struct storage_stage *stage = NULL;
    char key[LREG_STORAGE_KEY_MAX + 1];
    char path[PATH_SIZE];
    char digest[DIGEST_SHA256_TEXT];
    int64_t modified_ms = 0;
    open_store(true);
    leave_stage("slow", "slow");
    assert_int_equal(utimensat(AT_FDCWD, path_of("staging/slow", path), long_ago, 0), 0);
    assert_int_equal(storage_stage_reopen(storage, "slow", 4, &stage, NULL), LREG_OK);
    fixture_digest("slow", 4, digest);
    assert_int_equal(storage_stage_commit(stage, digest, key, NULL), LREG_OK);
    assert_int_equal(storage_visit_all(storage, LREG_STORAGE_OBJECTS, keep_time, &modified_ms, NULL), LREG_OK);
    assert_true(modified_ms > hooks_now_ms(&hooks) - 60000);
}
