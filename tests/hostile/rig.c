/* SPDX-License-Identifier: Apache-2.0 */

/* See rig.h. */

#include "core/upkeep/maintenance.h"
#include "rig.h"

#include "core/instance/state.h"
#include "ecosystems/table.h"
#include "rest/rest.h"
#include "storage/filesystem/filesystem.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <jansson.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define SURFACES_MAX 16
#define LATER_MS (60 * 1000)
#define COPY_BYTES 65536

/* --- Counting --- */

static bool counter_fails(struct rig_counter *counter) {
    uint64_t call = atomic_fetch_add(&counter->calls, 1) + 1;
    bool fails = counter->at != 0 && (call == counter->at || (counter->and_later && call > counter->at));
    if (fails) {
        atomic_store(&counter->hit, true);
    }
    return fails;
}

static void counter_arm(struct rig_counter *counter, uint64_t n, bool and_later, int code) {
    counter->at = n;
    counter->and_later = and_later;
    counter->code = code;
    atomic_store(&counter->hit, false);
    atomic_store(&counter->calls, 0);
}

static int step_fault(void *user) {
    struct rig *rig = user;
    return counter_fails(&rig->steps) ? rig->steps.code : SQLITE_OK;
}

/* jansson and SQLite have one allocator per process, so the test has one of each too. */
static struct failing_allocator *json_memory;
static struct rig_counter sqlite_memory;
static sqlite3_mem_methods sqlite_default;

static void *json_allocate(size_t bytes) {
    return json_memory == NULL ? malloc(bytes) : failing_allocator_hook(json_memory).allocate(json_memory, bytes);
}

static void json_release(void *memory) {
    if (json_memory == NULL) {
        free(memory);
    } else {
        failing_allocator_hook(json_memory).release(json_memory, memory);
    }
}

static void *sqlite_allocate(int bytes) {
    return counter_fails(&sqlite_memory) ? NULL : sqlite_default.xMalloc(bytes);
}

static void *sqlite_reallocate(void *memory, int bytes) {
    return counter_fails(&sqlite_memory) ? NULL : sqlite_default.xRealloc(memory, bytes);
}

void rig_prepare_process(void) {
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &sqlite_default), SQLITE_OK);
    sqlite3_mem_methods methods = sqlite_default;
    methods.xMalloc = sqlite_allocate;
    methods.xRealloc = sqlite_reallocate;
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &methods), SQLITE_OK);
    json_set_alloc_funcs(json_allocate, json_release);
    json_object_seed(1);
}

/* --- Hooks --- */

int64_t rig_epoch_ms(void) {
    static int64_t epoch;
    if (epoch == 0) {
        epoch = (int64_t)time(NULL) * 1000 + LATER_MS;
    }
    return epoch;
}

static int64_t now_ms(void *user) {
    const struct rig *rig = user;
    return rig->now_ms;
}

/* splitmix64: suitable for tests only. */
static lreg_status fill_random(void *user, void *bytes, size_t length, lreg_failure *failure) {
    (void)failure;
    struct rig *rig = user;
    unsigned char *out = bytes;
    for (size_t i = 0; i < length; i++) {
        rig->random += UINT64_C(0x9e3779b97f4a7c15);
        uint64_t mixed = (rig->random ^ (rig->random >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
        out[i] = (unsigned char)(mixed >> 56);
    }
    return LREG_OK;
}

static void prepare(struct rig *rig) {
    memset(rig, 0, sizeof *rig);
    failing_allocator_init(&rig->memory);
    json_memory = &rig->memory;
    rig->now_ms = rig_epoch_ms();
    rig->random = 1;
    rig_make_folder(rig->folder);
    struct core_options *options = &rig->options;
    hooks_default(&options->hooks);
    options->hooks.allocator = failing_allocator_hook(&rig->memory);
    options->hooks.clock.now_ms = now_ms;
    options->hooks.clock.user = rig;
    options->hooks.random.fill = fill_random;
    options->hooks.random.user = rig;
    options->directory = rig->folder;
    options->busy_timeout_ms = 100;
    options->ecosystems = ecosystem_table;
    options->step_fault = step_fault;
    options->step_fault_user = rig;
    core_limits_default(&options->limits);
}

/* --- Folders --- */

void rig_make_folder(char out[RIG_FOLDER_MAX]) {
    const char *parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    (void)snprintf(out, RIG_FOLDER_MAX, "%s/lreg-hostile-XXXXXX", parent);
    assert_non_null(mkdtemp(out));
}

static int remove_entry(const char *path, const struct stat *about, int kind, struct FTW *walk) {
    (void)about;
    (void)kind;
    (void)walk;
    return remove(path);
}

void rig_remove_folder(const char *folder) {
    if (folder[0] != '\0') {
        assert_int_equal(nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
    }
}

static void copy_file(const char *from, const char *to, mode_t mode) {
    static char bytes[COPY_BYTES];
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    assert_true(in >= 0 && out >= 0);
    ssize_t got = 0;
    while ((got = read(in, bytes, sizeof bytes)) > 0) {
        assert_int_equal(write(out, bytes, (size_t)got), got);
    }
    assert_int_equal(got, 0);
    close(in);
    close(out);
}

/* The destination of the folder copy; nftw has no user pointer. */
static const char *copy_from;
static const char *copy_to;

static int copy_entry(const char *path, const struct stat *about, int kind, struct FTW *walk) {
    char target[512];
    if (walk->level == 0) {
        return 0;
    }
    (void)snprintf(target, sizeof target, "%s%s", copy_to, path + strlen(copy_from));
    if (kind == FTW_D) {
        return mkdir(target, about->st_mode & 0777);
    }
    copy_file(path, target, about->st_mode & 0777);
    return 0;
}

/* --- Opening and closing --- */

/* As in lreg_open(). */
static void make_dispatcher(struct rig *rig) {
    struct error failure = {0};
    const struct surface *surfaces[SURFACES_MAX + 1] = {&surface_rest, &surface_operations};
    size_t count = 2;
    for (size_t i = 0; ecosystem_table[i] != NULL && count < SURFACES_MAX; i++) {
        if (ecosystem_table[i]->surface != NULL) {
            surfaces[count++] = ecosystem_table[i]->surface;
        }
    }
    if (dispatcher_new(rig->instance.core, surfaces, &rig->instance.dispatcher, &failure) != LREG_OK) {
        fail_msg("dispatcher_new: %s", failure.message);
    }
}

static void open_instance(struct rig *rig) {
    struct error failure = {0};
    lreg_storage_backend inner;
    lreg_storage_backend table;
    void *state = NULL;
    assert_int_equal(storage_filesystem_table(&rig->options.hooks, rig->folder, false, &inner, &state, &failure),
                     LREG_OK);
    fault_backend_wrap(&rig->storage, &inner, state, &table);
    rig->options.backend = &table;
    rig->options.backend_state = &rig->storage;
    rig->options.backend_name = CORE_STORAGE_LOCAL;
    if (core_open(&rig->options, &rig->instance.core, &failure) != LREG_OK) {
        fail_msg("core_open: %s", failure.message);
    }
    make_dispatcher(rig);
}

void rig_create(struct rig *rig) {
    prepare(rig);
    rig->now_ms = rig_epoch_ms() - 1000;
    open_instance(rig);
}

void rig_copy(struct rig *rig, const char *folder) {
    prepare(rig);
    rig->random = 2; /* ids differ from those of the template */
    copy_from = folder;
    copy_to = rig->folder;
    assert_int_equal(nftw(folder, copy_entry, 16, FTW_PHYS), 0);
    open_instance(rig);
}

void rig_close(struct rig *rig) {
    (void)core_flush_downloads(rig->instance.core, NULL);
    dispatcher_release(rig->instance.dispatcher);
    core_release(rig->instance.core);
    rig->instance = (lreg_instance){0};
    assert_int_equal(fault_backend_open_handles(&rig->storage), 0);
    assert_int_equal(failing_allocator_live_blocks(&rig->memory), 0);
}

void rig_reopen(struct rig *rig) {
    rig_close(rig);
    open_instance(rig);
}

void rig_forget(struct rig *rig) {
    struct core *core = rig->instance.core;
    core_cache_free(core->cache);
    core->cache = core_cache_new(&core->hooks, core->limits.cache_bytes);
    assert_non_null(core->cache);
}

void rig_end(struct rig *rig) {
    if (rig->instance.core != NULL) {
        rig_close(rig);
    }
    rig_remove_folder(rig->folder);
    rig->folder[0] = '\0';
    json_memory = NULL;
}

/* --- Faults --- */

void rig_arm(struct rig *rig, const struct fault *fault, uint64_t n) {
    rig->armed = fault->place;
    switch (fault->place) {
    case FAULT_MEMORY:
        failing_allocator_fail_at(&rig->memory, n, fault->and_later);
        break;
    case FAULT_STORAGE:
        if (fault->and_later) {
            fault_backend_arm_from(&rig->storage, n, fault->status);
        } else {
            fault_backend_arm(&rig->storage, n, fault->status, fault->moment);
        }
        break;
    case FAULT_SQL:
        counter_arm(&rig->steps, n, fault->and_later, fault->code);
        break;
    case FAULT_SQLITE_MEMORY:
        counter_arm(&sqlite_memory, n, fault->and_later, 0);
        break;
    }
}

void rig_disarm(struct rig *rig) {
    atomic_store(&rig->memory.fail_at, 0);
    fault_backend_disarm(&rig->storage);
    rig->steps.at = 0;
    sqlite_memory.at = 0;
}

bool rig_fired(const struct rig *rig) {
    switch (rig->armed) {
    case FAULT_MEMORY:
        return failing_allocator_failed(&rig->memory);
    case FAULT_STORAGE:
        return fault_backend_failures(&rig->storage) > 0;
    case FAULT_SQL:
        return atomic_load(&rig->steps.hit);
    case FAULT_SQLITE_MEMORY:
        return atomic_load(&sqlite_memory.hit);
    }
    return false;
}

/* --- Calls that must succeed --- */

static void must(lreg_status status, const struct error *failure, const char *what) {
    if (status != LREG_OK) {
        fail_msg("%s: %s: %s", what, error_status_name(status), failure->message);
    }
}

const struct core_organization *rig_organization(struct rig *rig, const char *slug) {
    struct error failure = {0};
    const struct core_organization *organization = NULL;
    must(core_organization_create(rig->instance.core, &core_actor_host,
                                  &(struct core_organization_settings){.slug = slug, .name = slug}, &organization,
                                  &failure),
         &failure, "core_organization_create");
    return organization;
}

void rig_make_registry(struct rig *rig, const struct core_organization *organization, const char *slug,
                       const char *ecosystem, bool is_public) {
    struct error failure = {0};
    const struct core_registry *registry = NULL;
    struct core_registry_settings settings;
    core_registry_settings_init(&settings);
    settings.name = slug;
    settings.ecosystem = ecosystem;
    settings.is_public = is_public ? 1 : 0;
    must(core_registry_create(rig->instance.core, &core_actor_host, organization, &settings, &registry, &failure),
         &failure, "core_registry_create");
    core_registry_release(registry);
}

char *rig_authorization(struct rig *rig, const struct core_organization *organization, uint32_t scopes) {
    struct error failure = {0};
    const struct core_token *token = NULL;
    char text[256];
    must(core_token_create_api(rig->instance.core, &core_actor_host, organization, "test", scopes, 0, &token, &failure),
         &failure, "core_token_create_api");
    (void)snprintf(text, sizeof text, "Bearer %s", token->secret);
    core_token_release(token);
    return strdup(text);
}

static lreg_status print_finding(void *user, const char *message) {
    (void)user;
    print_error("finding: %s\n", message);
    return LREG_OK;
}

struct core_verify_report rig_verify(struct rig *rig) {
    struct error failure = {0};
    struct core_verify_report report = {0};
    must(core_verify(rig->instance.core, print_finding, NULL, &report, &failure), &failure, "core_verify");
    assert_int_equal(report.missing, 0);
    assert_int_equal(report.damaged, 0);
    return report;
}

/* Files below a folder of the instance. */
static size_t file_count;

static int count_entry(const char *path, const struct stat *about, int kind, struct FTW *walk) {
    (void)path;
    (void)about;
    (void)walk;
    file_count += kind == FTW_F ? 1 : 0;
    return 0;
}

static size_t count_files(const struct rig *rig, const char *below) {
    char path[RIG_FOLDER_MAX + 16];
    (void)snprintf(path, sizeof path, "%s/%s", rig->folder, below);
    file_count = 0;
    (void)nftw(path, count_entry, 16, FTW_PHYS);
    return file_count;
}

void rig_check_store(struct rig *rig) {
    struct error failure = {0};
    struct core_collect_report collected = {0};
    (void)rig_verify(rig);
    must(core_collect(rig->instance.core, 0, &collected, &failure), &failure, "core_collect");
    struct core_verify_report report = rig_verify(rig);
    assert_int_equal(report.unnamed_objects, 0);
    assert_int_equal(count_files(rig, "staging"), 0);
    assert_int_equal(count_files(rig, "objects"), report.blobs);
}
