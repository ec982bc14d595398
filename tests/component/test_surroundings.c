/* SPDX-License-Identifier: Apache-2.0 */
/* What a host may change in the process around the library: umask, directories, descriptors, signals, small stacks.
 * Each test runs in a process of its own. */
#include "component/fixture.h"
#include "support/http_script.h"
#include "support/processes.h"
#include "support/story.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED 1
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED 0
#endif

#define NOBODY 65534

static lreg_status publish(lreg_instance *instance, const char *filename, const char *text, lreg_error **err) {
    lreg_registry *registry = NULL;
    lreg_status status = lreg_registry_find(instance, "acme", "files", &registry, err);
    if (status == LREG_OK) {
        status = try_publish(instance, registry, filename, text, strlen(text), NULL, NULL, err);
    }
    lreg_registry_free(registry);
    return status;
}

/* --- umask --- */

static int check_private(const char *path, const struct stat *facts, int type, struct FTW *walk) {
    (void)walk;
    mode_t wanted = type == FTW_F ? 0600 : 0700;
    if ((facts->st_mode & 0777) != wanted) {
        fprintf(stderr, "%s has mode %o\n", path, (unsigned)facts->st_mode);
        return 1;
    }
    return 0;
}

/* Root could read everything. */
static int with_umask(void *user) {
    struct fixture *fixture = user;
    char data[96];
    char backup[96];
    const mode_t masks[] = {0, 0777, 0277};
    EXIT_UNLESS(geteuid() != 0 ||
                (chown(fixture->folder, NOBODY, NOBODY) == 0 && setgid(NOBODY) == 0 && setuid(NOBODY) == 0));
    for (size_t i = 0; i < sizeof masks / sizeof masks[0]; i++) {
        snprintf(data, sizeof data, "%s/%zu", fixture->folder, i);
        snprintf(backup, sizeof backup, "%s/%zu.copy", fixture->folder, i);
        umask(masks[i]);
        EXIT_UNLESS(lreg_options_set_directory(fixture->options, data, NULL) == LREG_OK);
        EXIT_UNLESS(lreg_options_set_durable(fixture->options, (int)i % 2, NULL) == LREG_OK);
        EXIT_UNLESS(lreg_open(fixture->options, &fixture->instance, NULL) == LREG_OK);
        free(story_play(fixture->instance, backup));
        EXIT_UNLESS(nftw(data, check_private, 16, FTW_PHYS) == 0);
        EXIT_UNLESS(nftw(backup, check_private, 16, FTW_PHYS) == 0);
        lreg_close(fixture->instance);
        EXIT_UNLESS(lreg_open(fixture->options, &fixture->instance, NULL) == LREG_OK);
        lreg_close(fixture->instance);
    }
    return 0;
}

static void test_component_surroundings__no_umask_shows_files_or_takes_them_away(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_prepare(&fixture);
    fixture_make_folder(fixture.folder);
    process_succeeds(process_start(with_umask, &fixture));
    fixture_close(&fixture);
}

/* --- the current directory --- */

static int with_relative_directory(void *user) {
    struct fixture *fixture = user;
    struct stat facts;
    EXIT_UNLESS(chdir(fixture->folder) == 0);
    EXIT_UNLESS(lreg_options_set_directory(fixture->options, "data", NULL) == LREG_OK);
    EXIT_UNLESS(lreg_open(fixture->options, &fixture->instance, NULL) == LREG_OK);
    EXIT_UNLESS(mkdir("elsewhere", 0700) == 0 && chdir("elsewhere") == 0);
    EXIT_UNLESS(lreg_fork_begin(fixture->instance, NULL) == LREG_OK); /* connections are opened again after it */
    lreg_fork_end(fixture->instance);
    lreg_registry_free(make_files(fixture->instance));
    EXIT_UNLESS(publish(fixture->instance, "a.txt", "a", NULL) == LREG_OK);
    EXIT_UNLESS(lreg_backup(fixture->instance, "copy", NULL, NULL) == LREG_OK);
    EXIT_UNLESS(stat("copy/registry.db", &facts) == 0);
    EXIT_UNLESS(stat("data", &facts) != 0);
    lreg_close(fixture->instance);
    return 0;
}

static void test_component_surroundings__a_relative_directory_stays_where_it_was(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_prepare(&fixture);
    fixture_make_folder(fixture.folder);
    process_succeeds(process_start(with_relative_directory, &fixture));
    fixture_close(&fixture);
}

/* --- standard streams --- */

static bool is_a_file(int descriptor) {
    struct stat facts;
    return fstat(descriptor, &facts) == 0 && (S_ISREG(facts.st_mode) || S_ISDIR(facts.st_mode));
}

static void close_streams(void) {
    for (int i = 0; i <= STDERR_FILENO; i++) {
        close(i);
    }
}

/* Output to a standard stream that is closed must not end up in a package. */
static int without_streams(void *user) {
    struct fixture *fixture = user;
    lreg_publication *publication = NULL;
    lreg_registry *registry = NULL;
    lreg_package_reader *content = NULL;
    lreg_package *package = NULL;
    char bytes[16];
    size_t got = 0;
    close_streams();
    if (lreg_options_set_directory(fixture->options, fixture->folder, NULL) != LREG_OK ||
        lreg_open(fixture->options, &fixture->instance, NULL) != LREG_OK) {
        return 2;
    }
    registry = make_files(fixture->instance);
    close_streams(); /* SQLite has opened something there */
    if (lreg_publication_open(fixture->instance, registry, "a.txt", &publication, NULL) != LREG_OK ||
        lreg_publication_write(publication, "quiet", 5, NULL) != LREG_OK) {
        return 3;
    }
    for (int i = 0; i <= STDERR_FILENO; i++) {
        if (is_a_file(i) || write(i, "noise", 5) == 5) {
            return 4;
        }
    }
    close_streams();
    if (lreg_publication_finish(publication, &package, NULL, NULL) != LREG_OK ||
        lreg_package_reader_open(fixture->instance, package, &content, NULL) != LREG_OK ||
        lreg_package_reader_read(content, 0, bytes, sizeof bytes, &got, NULL) != LREG_OK || got != 5 ||
        memcmp(bytes, "quiet", 5) != 0 || is_a_file(0) || is_a_file(1) || is_a_file(2)) {
        return 5;
    }
    lreg_package_reader_close(content);
    lreg_publication_close(publication);
    lreg_package_free(package);
    lreg_registry_free(registry);
    lreg_close(fixture->instance);
    return 0;
}

static void test_component_surroundings__closed_streams_do_not_become_files(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_prepare(&fixture);
    fixture_make_folder(fixture.folder);
    process_succeeds(process_start(without_streams, &fixture));
    fixture_close(&fixture);
}

/* --- descriptors --- */

static void take_all_descriptors(void) {
    struct rlimit limit;
    EXIT_UNLESS(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = 64;
    EXIT_UNLESS(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    while (dup(STDERR_FILENO) >= 0) {
        /* until none is left */
    }
}

static bool answers_busy(const struct http_script *script, const char *request) {
    struct http_answer *answer = http_script_run(script, request);
    const char *retry = http_answer_header(answer, "Retry-After");
    bool is = answer->status == 503 && retry != NULL && strstr(answer->body, "too many open files") != NULL;
    if (!is) {
        fprintf(stderr, "%s", answer->text);
    }
    http_answer_free(answer);
    return is;
}

#define UPLOAD                                                                                                \
    "POST /v2/packages/organizations/acme/registries/files/packages\nHost: localhost\n"                       \
    "Content-Type: multipart/form-data; boundary=b\n\n--b\r\nContent-Disposition: form-data; name=\"file\"; " \
    "filename=\"new-1.0.txt\"\r\n\r\nnew\r\n--b--\r\n"
#define DOWNLOAD "GET /acme/files/files/before.txt\nHost: localhost\n\n"
#define PUSH "POST /v2/acme/images/app/blobs/uploads/\nHost: localhost\nContent-Length: 0\n\n"

static int without_descriptors(void *user) {
    struct fixture *fixture = user;
    lreg_token *token = NULL;
    lreg_error *err = NULL;
    char authorization[128];
    EXIT_UNLESS(lreg_options_set_directory(fixture->options, fixture->folder, NULL) == LREG_OK);
    EXIT_UNLESS(lreg_open(fixture->options, &fixture->instance, NULL) == LREG_OK);
    lreg_registry_free(make_files(fixture->instance));
    lreg_registry_free(make_registry(fixture->instance, "acme", "images", "container"));
    EXIT_UNLESS(publish(fixture->instance, "before.txt", "before", NULL) == LREG_OK);
    EXIT_UNLESS(objects_token_create(fixture->instance, "acme", "all", "read_packages,write_packages", 0, &token,
                                     NULL) == LREG_OK);
    snprintf(authorization, sizeof authorization, "Bearer %s", lreg_token_secret(token));
    lreg_token_free(token);
    struct http_script script = {.instance = fixture->instance, .authorization = authorization};
    take_all_descriptors();
    EXIT_UNLESS(answers_busy(&script, UPLOAD));
    EXIT_UNLESS(answers_busy(&script, DOWNLOAD));
    EXIT_UNLESS(answers_busy(&script, PUSH));
    EXIT_UNLESS(publish(fixture->instance, "late.txt", "late", &err) == LREG_BUSY);
    EXIT_UNLESS(strcmp(lreg_error_code(err), "too_many_files") == 0);
    lreg_error_free(err);
    lreg_instance *other = NULL;
    err = NULL;
    EXIT_UNLESS(lreg_open(fixture->options, &other, &err) == LREG_BUSY);
    EXIT_UNLESS(strcmp(lreg_error_code(err), "too_many_files") == 0);
    lreg_error_free(err);
    for (int i = 40; i < 64; i++) {
        close(i);
    }
    EXIT_UNLESS(publish(fixture->instance, "late.txt", "late", NULL) == LREG_OK);
    lreg_close(fixture->instance);
    return 0;
}

static void test_component_surroundings__too_many_open_files_pass(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_prepare(&fixture);
    fixture_make_folder(fixture.folder);
    process_succeeds(process_start(without_descriptors, &fixture));
    fixture_close(&fixture);
}

/* --- signals --- */

static volatile sig_atomic_t rings;

static void ring(int number) {
    (void)number;
    rings = rings + 1;
}

/* Every interruptible call is interrupted repeatedly. SIGPIPE would end the process, and nothing raises it. */
static int with_signals(void *user) {
    struct fixture *fixture = user;
    const struct sigaction action = {.sa_handler = ring};
    const struct itimerval often = {.it_interval = {.tv_usec = 300}, .it_value = {.tv_usec = 300}};
    const struct itimerval never = {{0, 0}, {0, 0}};
    EXIT_UNLESS(lreg_options_set_directory(fixture->options, fixture->folder, NULL) == LREG_OK);
    EXIT_UNLESS(lreg_options_set_durable(fixture->options, 1, NULL) == LREG_OK);
    EXIT_UNLESS(sigaction(SIGALRM, &action, NULL) == 0); /* without SA_RESTART */
    EXIT_UNLESS(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
    EXIT_UNLESS(setitimer(ITIMER_REAL, &often, NULL) == 0);
    EXIT_UNLESS(lreg_open(fixture->options, &fixture->instance, NULL) == LREG_OK);
    free(story_play(fixture->instance, NULL));
    lreg_registry *registry = find_files(fixture->instance);
    enum {
        LENGTH = 3000000
    };
    char *bytes = malloc(LENGTH);
    EXIT_UNLESS(bytes != NULL);
    for (size_t i = 0; i < LENGTH; i++) {
        bytes[i] = (char)(i * 31 + (i >> 11));
    }
    EXIT_UNLESS(try_publish(fixture->instance, registry, "big-1.0.bin", bytes, LENGTH, NULL, NULL, NULL) == LREG_OK);
    check_content(fixture->instance, registry, "big-1.0.bin", bytes, LENGTH);
    free(bytes);
    lreg_registry_free(registry);
    lreg_close(fixture->instance);
    EXIT_UNLESS(setitimer(ITIMER_REAL, &never, NULL) == 0);
    EXIT_UNLESS(rings > 10);
    return 0;
}

static void test_component_surroundings__signals_interrupt_nothing(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_prepare(&fixture);
    fixture_make_folder(fixture.folder);
    process_succeeds(process_start(with_signals, &fixture));
    fixture_close(&fixture);
}

/* --- the stack --- */

#define STACK_BYTES ((size_t)128 << 10) /* musl's default */
#define STACK_PAINT 0xa5

static lreg_status take_head(void *user, const lreg_exchange *exchange) {
    *(int32_t *)user = lreg_exchange_status(exchange);
    return LREG_OK;
}

static lreg_status take_body(void *user, const void *bytes, size_t length) {
    (void)user;
    return length > 0 && bytes != NULL ? LREG_OK : LREG_HOST_STATUS;
}

/* The blocking form has its own buffers on the stack. */
static void dispatch(lreg_instance *instance) {
    static const char *const headers[] = {"Host", "localhost", NULL};
    int32_t answer = 0;
    const lreg_dispatch_io io = {.size = sizeof io, .user = &answer, .write_head = take_head, .write = take_body};
    assert_int_equal(lreg_dispatch(instance, "GET", "/acme/files/files/app-1.0.0.zip", headers, &io, NULL), LREG_OK);
    assert_int_equal(answer, 401);
}

static void *use_stack(void *user) {
    struct fixture *fixture = user;
    char backup[96];
    snprintf(backup, sizeof backup, "%s.copy", fixture->folder);
    fixture_open(fixture);
    free(story_play(fixture->instance, backup));
    dispatch(fixture->instance);
    fixture_remove_folder(backup);
    return NULL;
}

/* How much of the stack no longer has the paint. */
static size_t used_bytes(const unsigned char *stack, size_t length) {
    size_t untouched = 0;
    while (untouched < length && stack[untouched] == STACK_PAINT) {
        untouched++;
    }
    return length - untouched;
}

static void test_component_surroundings__a_small_stack_suffices(void **state) {
    (void)state;
    struct fixture fixture;
    pthread_attr_t attributes;
    pthread_t thread;
    void *stack = NULL;
    if (IS_SANITIZED) {
        skip(); /* its frames are larger */
    }
    fixture_prepare(&fixture);
    fixture_make_folder(fixture.folder);
    assert_int_equal(lreg_options_set_directory(fixture.options, fixture.folder, NULL), LREG_OK);
    assert_int_equal(posix_memalign(&stack, 4096, STACK_BYTES), 0);
    memset(stack, STACK_PAINT, STACK_BYTES);
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstack(&attributes, stack, STACK_BYTES), 0);
    assert_int_equal(pthread_create(&thread, &attributes, use_stack, &fixture), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    size_t used = used_bytes(stack, STACK_BYTES);
    print_message("%zu of %zu bytes of stack used\n", used, STACK_BYTES);
    assert_true(used < STACK_BYTES / 2);
    assert_int_equal(pthread_attr_destroy(&attributes), 0);
    free(stack);
    fixture_close(&fixture);
}
