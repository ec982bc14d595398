/* SPDX-License-Identifier: Apache-2.0 */

/* See crash.h. Every process that opens an instance is a child, so that this process has no SQLite locks to inherit. */

#include "hostile/crash.h"

#include "hostile/rig.h"
#include "support/traced.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "support/processes.h"
#include "support/objects.h"

#define PATH_ROOM 128
#define PLACE_ROOM (PATH_ROOM + 16)
#define SCOPES "read_packages,write_packages,delete_packages,read_registries,write_registries,delete_registries"

enum who {
    FIRST, /* is killed */
    SECOND, /* repeats the request */
    PROCESSES
};

/* In memory that all processes share. */
struct shared {
    char authorization[CRASH_ROOM]; /* "": there is none */
    int status[PROCESSES]; /* of the answer; 0: there was none */
    char note[PROCESSES][CRASH_ROOM];
};

struct way {
    const char *name;
    bool is_living; /* the second process has the store open already */
    bool is_unsynced; /* the first one does not sync */
    bool backs_up;
};

static const struct way ways[] = {
    {.name = "opened after the kill"},
    {.name = "open before the kill", .is_living = true},
    {.name = "opened after the kill of one without syncs", .is_unsynced = true},
    {.name = "open beside one without syncs", .is_living = true, .is_unsynced = true},
    {.name = "backed up after the kill", .backs_up = true},
};

/* One point of the campaign. */
struct point {
    const struct crash_operation *operation;
    const struct way *way;
    struct shared *shared;
    struct power_cut *store; /* the store to begin with; NULL: none */
    char work[PATH_ROOM]; /* the folder that the power cut affects; "data" and "backup" are in it */
    char after[PATH_ROOM]; /* the remains of it */
    char place[PLACE_ROOM]; /* of the instance that a child opens */
    uint64_t at; /* the system call */
};

/* --- In children --- */

struct http_answer *crash_ask(const struct crash_client *client, int status, const char *request) {
    const struct http_script script = {
        .instance = client->instance, .authorization = client->authorization, .any_failure = true};
    struct http_answer *answer = http_script_run(&script, request);
    if (status != 0 && answer->status != status) {
        fprintf(stderr, "%d in place of %d for %s\n%s\n", answer->status, status, request, answer->text);
        _exit(1);
    }
    return answer;
}

int crash_status(const struct crash_client *client, const char *request) {
    struct http_answer *answer = crash_ask(client, 0, request);
    int status = answer->status;
    http_answer_free(answer);
    return status;
}

int crash_publish(const struct crash_client *client, const char *registry, const char *name, const void *bytes,
                  size_t length) {
    static const char head[] = "POST /v2/packages/organizations/acme/registries/%s/packages\nContent-Type: "
                               "multipart/form-data; boundary=cut\n\n--cut\r\nContent-Disposition: form-data; "
                               "name=\"file\"; filename=\"%s\"\r\n\r\n";
    static const char tail[] = "\r\n--cut--\r\n";
    const struct http_script script = {
        .instance = client->instance, .authorization = client->authorization, .any_failure = true};
    size_t room = sizeof head + strlen(registry) + strlen(name) + length + sizeof tail;
    char *request = malloc(room);
    EXIT_UNLESS(request != NULL);
    size_t at = (size_t)snprintf(request, room, head, registry, name);
    memcpy(request + at, bytes, length);
    memcpy(request + at + length, tail, sizeof tail);
    struct http_answer *answer = http_script_run_bytes(&script, request, at + length + sizeof tail - 1);
    int status = answer->status;
    http_answer_free(answer);
    free(request);
    return status;
}

static lreg_instance *open_instance(const char *place, bool is_durable) {
    lreg_options *options = NULL;
    lreg_instance *instance = NULL;
    lreg_error *err = NULL;
    EXIT_UNLESS(lreg_options_new(&options, NULL) == LREG_OK);
    EXIT_UNLESS(lreg_options_set_directory(options, place, NULL) == LREG_OK);
    EXIT_UNLESS(lreg_options_set_durable(options, is_durable, NULL) == LREG_OK);
    if (lreg_open(options, &instance, &err) != LREG_OK) {
        fprintf(stderr, "%s does not open: %s\n", place, lreg_error_message(err));
        _exit(1);
    }
    lreg_options_free(options);
    return instance;
}

static struct crash_client client_of(struct shared *shared, enum who who, lreg_instance *instance) {
    return (struct crash_client){.instance = instance,
                                 .authorization = shared->authorization[0] != '\0' ? shared->authorization : NULL,
                                 .note = shared->note[who]};
}

static int act(const struct crash_operation *operation, struct crash_client *client) {
    return operation->act != NULL ? operation->act(client) : crash_status(client, operation->request);
}

static void run_first(void *user) {
    struct point *point = user;
    lreg_instance *instance = open_instance(point->place, !point->way->is_unsynced);
    struct crash_client client = client_of(point->shared, FIRST, instance);
    point->shared->status[FIRST] = act(point->operation, &client);
    lreg_close(instance);
}

static void run_second(void *user) {
    struct point *point = user;
    char backup[PLACE_ROOM];
    lreg_instance *instance = open_instance(point->place, true);
    struct crash_client client = client_of(point->shared, SECOND, instance);
    if (point->way->is_living) {
        (void)crash_status(&client, "GET /v2/\n\n");
        traced_wait();
    }
    int status = act(point->operation, &client);
    if (point->way->backs_up) {
        (void)snprintf(backup, sizeof backup, "%s/backup", point->work);
        EXIT_UNLESS(lreg_backup(instance, backup, NULL, NULL) == LREG_OK);
    }
    point->shared->status[SECOND] = status;
    traced_die();
}

static bool is_done(const struct crash_operation *operation, int status) {
    return status / 100 == 2 || (operation->ends && status == 404);
}

static void check_effect(const struct crash_operation *operation, struct crash_client *client) {
    if (operation->check != NULL) {
        operation->check(client);
        return;
    }
    struct http_answer *answer = crash_ask(client, operation->probe_status, operation->probe);
    EXIT_UNLESS(operation->probe_text == NULL || strstr(answer->body, operation->probe_text) != NULL);
    http_answer_free(answer);
}

static lreg_status tell_finding(void *user, const lreg_finding *finding) {
    (void)user;
    fprintf(stderr, "verify: %s\n", finding->message);
    return LREG_OK;
}

/* Without syncs by the other process, a removal is not guaranteed to last. */
static bool is_promised(const struct point *point, enum who who) {
    int status = point->shared->status[who];
    return point->way->is_unsynced ? who == SECOND && status / 100 == 2 : is_done(point->operation, status);
}

/* Checks the state after the power cut: sound, with everything acknowledged, and the request works. */
static int run_check(void *user) {
    struct point *point = user;
    lreg_verify_report report = {.size = sizeof report};
    lreg_instance *instance = open_instance(point->place, true);
    EXIT_UNLESS(
        lreg_verify(instance,
                    &(lreg_verify_options){.size = sizeof(lreg_verify_options), .finding = tell_finding, .user = NULL},
                    &report, NULL) == LREG_OK);
    EXIT_UNLESS(report.missing == 0 && report.damaged == 0);
    for (int who = FIRST; who < PROCESSES; who++) {
        struct crash_client client = client_of(point->shared, (enum who)who, instance);
        if (is_promised(point, (enum who)who)) {
            check_effect(point->operation, &client);
        }
    }
    char note[CRASH_ROOM] = "";
    struct crash_client client = client_of(point->shared, SECOND, instance);
    client.note = note;
    int status = act(point->operation, &client);
    if (!is_done(point->operation, status)) {
        fprintf(stderr, "%d when it is asked once more\n", status);
        return 1;
    }
    check_effect(point->operation, &client);
    lreg_close(instance);
    return 0;
}

/* --- The points --- */

static void check_child(struct point *point, int (*run)(void *user), const char *what, uint64_t seed) {
    int status = 0;
    pid_t child = process_start(run, point);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fail_msg("%s: killed before call %llu, %s; power cut with seed %llu: %s", point->operation->name,
                 (unsigned long long)point->at, point->way->name, (unsigned long long)seed, what);
    }
}

static void check_after(struct point *point, struct power_cut *disk, const char *name, uint64_t seed) {
    struct stat facts;
    power_cut_restore(disk, point->after, seed);
    (void)snprintf(point->place, sizeof point->place, "%s/%s", point->after, name);
    if (point->store != NULL || lstat(point->place, &facts) == 0 || point->shared->status[SECOND] != 0) {
        check_child(point, run_check, "what is left is not right", seed);
    }
    rig_remove_folder(point->after);
}

static void make_work(struct point *point) {
    (void)snprintf(point->place, sizeof point->place, "%s/data", point->work);
    assert_int_equal(mkdir(point->work, 0700), 0);
    if (point->store != NULL) {
        power_cut_restore(point->store, point->place, 0);
    }
    memset(point->shared->status, 0, sizeof point->shared->status);
}

static void run_second_to_end(struct point *point, struct traced *second) {
    enum traced_stop stop = traced_go_on(second);
    if (stop != TRACED_ENDED || !is_done(point->operation, point->shared->status[SECOND])) {
        fail_msg("%s: killed before call %llu, %s: the second process did not get through, status %d",
                 point->operation->name, (unsigned long long)point->at, point->way->name,
                 point->shared->status[SECOND]);
    }
}

/* In the whole campaign the first process is killed before every n-th system call: returns n; 0 outside of it. */
static uint64_t whole_stride(void) {
    const char *text = getenv("LREG_CRASH");
    return text != NULL ? strtoull(text, NULL, 10) : 0;
}

/* False when the first process ended before the call. */
static bool run_point(struct point *point) {
    make_work(point);
    struct power_cut *disk = power_cut_begin(point->work);
    struct traced first = {.disk = disk, .kill_at = point->at, .counts_all = whole_stride() != 0};
    struct traced second = {.disk = disk};
    if (point->way->is_living) {
        traced_start(&second, run_second, point);
        assert_int_equal(traced_go_on(&second), TRACED_WAITS);
    }
    traced_start(&first, run_first, point);
    enum traced_stop stop = traced_go_on(&first);
    assert_int_not_equal(stop, TRACED_FAILED);
    if (is_promised(point, FIRST) || point->way == &ways[0]) {
        char place[PLACE_ROOM];
        memcpy(place, point->place, sizeof place);
        check_after(point, disk, "data", 0);
        memcpy(point->place, place, sizeof place);
    }
    if (!point->way->is_living) {
        traced_start(&second, run_second, point);
    }
    run_second_to_end(point, &second);
    check_after(point, disk, point->way->backs_up ? "backup" : "data", 0);
    check_after(point, disk, point->way->backs_up ? "backup" : "data", point->at);
    power_cut_end(disk);
    rig_remove_folder(point->work);
    return stop == TRACED_KILLED;
}

static size_t run_points(struct point *point, uint64_t first, uint64_t stride) {
    size_t count = 0;
    for (point->at = first; run_point(point); point->at += stride) {
        count++;
    }
    return count;
}

/* --- Initial stores --- */

struct furnishing {
    void (*furnish)(struct crash_client *client);
    struct shared *shared;
    const char *place;
    bool is_torn; /* it ends by being killed */
};

static int run_furnish(void *user) {
    struct furnishing *how = user;
    lreg_token *token = NULL;
    lreg_instance *instance = open_instance(how->place, true);
    EXIT_UNLESS(objects_organization_create(instance, "acme", NULL, NULL, NULL) == LREG_OK);
    EXIT_UNLESS(objects_token_create(instance, "acme", "all", SCOPES, 0, &token, NULL) == LREG_OK);
    (void)snprintf(how->shared->authorization, sizeof how->shared->authorization, "Bearer %s",
                   lreg_token_secret(token));
    lreg_token_free(token);
    struct crash_client client = client_of(how->shared, FIRST, instance);
    how->furnish(&client);
    if (!how->is_torn) {
        lreg_close(instance);
    }
    return 0;
}

static struct power_cut *make_store(void (*furnish)(struct crash_client *client), struct shared *shared,
                                    const char *root, bool is_torn) {
    char place[PLACE_ROOM];
    (void)snprintf(place, sizeof place, "%s/%s", root, is_torn ? "torn" : "closed");
    struct furnishing how = {furnish, shared, place, is_torn};
    process_succeeds(process_start(run_furnish, &how));
    return power_cut_begin(place);
}

/* --- The campaign --- */

static void run_operation(struct point *point, size_t number) {
    uint64_t stride = whole_stride();
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        point->way = &ways[i];
        bool is_possible = (point->store != NULL || (!point->way->is_living && !point->way->is_unsynced)) &&
                           !(point->way->backs_up && point->operation->is_not_backed_up);
        bool is_wanted = stride != 0 || i == 0 || (i + number) % 2 == 0;
        if (!is_possible || !is_wanted) {
            continue;
        }
        size_t count = stride != 0 ? run_points(point, 1 + (number + i) % stride, stride) : run_points(point, 1, 1);
        if (stride != 0) {
            print_message("%s, %s: %zu points\n", point->operation->name, point->way->name, count);
        }
    }
}

void crash_campaign(void (*furnish)(struct crash_client *client), const struct crash_operation *operations,
                    size_t count) {
    char root[RIG_FOLDER_MAX];
    if (!traced_is_possible()) {
        skip();
        return;
    }
    struct shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(shared, MAP_FAILED);
    struct point point = {.shared = shared};
    rig_make_folder(root);
    (void)snprintf(point.work, sizeof point.work, "%s/work", root);
    (void)snprintf(point.after, sizeof point.after, "%s/after", root);
    for (int is_torn = 0; is_torn < (furnish != NULL ? 2 : 1); is_torn++) {
        point.store = furnish != NULL ? make_store(furnish, shared, root, is_torn != 0) : NULL;
        for (size_t i = 0; i < count; i++) {
            point.operation = &operations[i];
            run_operation(&point, i + (is_torn != 0 ? 1 : 0));
        }
        power_cut_end(point.store);
    }
    rig_remove_folder(root);
    assert_int_equal(munmap(shared, sizeof *shared), 0);
}
