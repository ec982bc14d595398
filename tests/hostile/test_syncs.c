/* SPDX-License-Identifier: Apache-2.0 */
/* Which syncs happen, in which order, and what happens when one fails. This program defines the functions that sync and
 * that remove names, in place of the C library; libregistry and SQLite call them. */
#include "hostile/crash.h"
#include "hostile/rig.h"
#include "protocol/oci_data.h"
#include "support/power_cut.h"
#include "support/objects.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define OUR_OWN __attribute__((visibility("default")))
#define EVENTS_MAX 1024
#define PATH_ROOM 256
#define REGISTRIES "/v2/packages/organizations/acme/registries"
#define LOG "registry.db-wal"
#define BLOCK 4096

struct event {
    const char *call;
    char path[PATH_ROOM];
};

static struct event events[EVENTS_MAX];
static size_t event_count;
static int sync_error; /* errno of syncs of the log; 0: they succeed */

/* The log as a disk has it after a failed sync: the system treats the unsynced pages as written, and writes them only
 * after they change again. */
static struct {
    unsigned char *synced;
    unsigned char *lost; /* as it was at the failure; NULL: there was none */
    size_t synced_length;
    size_t lost_length;
} disk;

static unsigned char *read_log(int descriptor, size_t *out_length) {
    struct stat facts;
    assert_int_equal(fstat(descriptor, &facts), 0);
    unsigned char *bytes = calloc(1, (size_t)facts.st_size + BLOCK);
    assert_non_null(bytes);
    assert_int_equal(pread(descriptor, bytes, (size_t)facts.st_size, 0), facts.st_size);
    *out_length = (size_t)facts.st_size;
    return bytes;
}

static bool is_lost(const unsigned char *bytes, size_t at) {
    return disk.lost != NULL && at + BLOCK <= disk.lost_length && memcmp(bytes + at, disk.lost + at, BLOCK) == 0;
}

static void write_log(int descriptor) {
    size_t length = 0;
    unsigned char *bytes = read_log(descriptor, &length);
    for (size_t at = 0; at < length; at += BLOCK) {
        if (is_lost(bytes, at) && at + BLOCK <= disk.synced_length) {
            memcpy(bytes + at, disk.synced + at, BLOCK);
        } else if (is_lost(bytes, at)) {
            memset(bytes + at, 0, BLOCK);
        }
    }
    free(disk.synced);
    disk.synced = bytes;
    disk.synced_length = length;
}

static void lose_log(int descriptor) {
    free(disk.lost);
    disk.lost = read_log(descriptor, &disk.lost_length);
}

static const char *note(const char *call, int descriptor, const char *name) {
    char link[64];
    static char none[PATH_ROOM];
    struct event *event = event_count < EVENTS_MAX ? &events[event_count++] : NULL;
    char *path = event != NULL ? event->path : none;
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, PATH_ROOM / 2);
    (void)snprintf(path + (length > 0 ? length : 0), PATH_ROOM / 2, "%s", name);
    if (event != NULL) {
        event->call = call;
    }
    return path;
}

OUR_OWN int fdatasync(int descriptor) {
    const char *path = note("fdatasync", descriptor, "");
    bool is_of_log = strstr(path, LOG) != NULL;
    if (is_of_log && sync_error != 0) {
        lose_log(descriptor);
        errno = sync_error;
        return -1;
    }
    if (is_of_log) {
        write_log(descriptor);
    }
    return (int)syscall(SYS_fdatasync, descriptor);
}

OUR_OWN int fsync(int descriptor) {
    (void)note("fsync", descriptor, "");
    return (int)syscall(SYS_fsync, descriptor);
}

OUR_OWN int syncfs(int descriptor) {
    (void)note("syncfs", descriptor, "");
    return (int)syscall(SYS_syncfs, descriptor);
}

OUR_OWN int unlinkat(int descriptor, const char *name, int flags) {
    (void)note("unlinkat", descriptor, name);
    return (int)syscall(SYS_unlinkat, descriptor, name, flags);
}

/* Returns how often `call` was made for files with such a name ("": any), and the index of the first of these calls. */
static size_t count_events(const char *call, const char *name, size_t *out_first) {
    size_t count = 0;
    for (size_t i = 0; i < event_count; i++) {
        if (strcmp(events[i].call, call) == 0 && strstr(events[i].path, name) != NULL) {
            if (count++ == 0 && out_first != NULL) {
                *out_first = i;
            }
        }
    }
    return count;
}

static size_t count_syncs(void) {
    return count_events("fsync", "", NULL) + count_events("fdatasync", "", NULL) + count_events("syncfs", "", NULL);
}

/* --- A store --- */

struct store {
    char folder[RIG_FOLDER_MAX];
    char authorization[256];
    struct crash_client client;
};

static lreg_status try_open(struct store *store, bool is_durable, bool is_in_memory) {
    lreg_options *options = NULL;
    char data[RIG_FOLDER_MAX + 8];
    (void)snprintf(data, sizeof data, "%s/data", store->folder);
    assert_int_equal(lreg_options_new(&options, NULL), LREG_OK);
    assert_int_equal(lreg_options_set_directory(options, data, NULL), LREG_OK);
    assert_int_equal(lreg_options_set_durable(options, is_durable, NULL), LREG_OK);
    if (is_in_memory) {
        assert_int_equal(lreg_options_set_memory_storage(options, NULL), LREG_OK);
    }
    event_count = 0;
    lreg_status status = lreg_open(options, &store->client.instance, NULL);
    lreg_options_free(options);
    return status;
}

static void open_store(struct store *store, bool is_durable) {
    assert_int_equal(try_open(store, is_durable, false), LREG_OK);
}

static void close_store(struct store *store) {
    lreg_close(store->client.instance);
    store->client.instance = NULL;
}

static int ask(struct store *store, const char *request) {
    return crash_status(&store->client, request);
}

static int publish(struct store *store, const char *name) {
    return crash_publish(&store->client, "files", name, "the content", 11);
}

static int setup(void **state) {
    static const char scopes[] = "read_packages,write_packages,delete_packages,read_registries,write_registries";
    struct store *store = calloc(1, sizeof *store);
    lreg_token *token = NULL;
    assert_non_null(store);
    *state = store;
    rig_make_folder(store->folder);
    open_store(store, true);
    assert_int_equal(objects_organization_create(store->client.instance, "acme", NULL, NULL, NULL), LREG_OK);
    assert_int_equal(objects_token_create(store->client.instance, "acme", "all", scopes, 0, &token, NULL), LREG_OK);
    (void)snprintf(store->authorization, sizeof store->authorization, "Bearer %s", lreg_token_secret(token));
    lreg_token_free(token);
    store->client.authorization = store->authorization;
    assert_int_equal(ask(store, "POST " REGISTRIES "\n\n{\"name\":\"files\",\"ecosystem\":\"files\"}"), 200);
    assert_int_equal(ask(store, "POST " REGISTRIES "\n\n{\"name\":\"images\",\"ecosystem\":\"container\"}"), 200);
    assert_int_equal(publish(store, "app-1.0.txt"), 200);
    event_count = 0;
    return 0;
}

static int teardown(void **state) {
    struct store *store = *state;
    sync_error = 0;
    close_store(store);
    free(disk.synced);
    free(disk.lost);
    memset(&disk, 0, sizeof disk);
    rig_remove_folder(store->folder);
    free(store);
    return 0;
}

/* --- Guarantees --- */

/* The object's bytes, its directory entry, and the log. New directories on the way to the object are synced once. */
static void test_hostile_syncs__a_publication_costs_three(void **state) {
    struct store *store = *state;
    assert_int_equal(crash_publish(&store->client, "files", "new-1.0.txt", "other", 5), 200);
    size_t way = count_events("fsync", "/objects", NULL);
    assert_int_equal(count_syncs(), 2 + way);
    assert_in_range(way, 1, 3);
    assert_int_equal(count_events("fdatasync", LOG, NULL), 1);
}

static void test_hostile_syncs__what_is_there_already_is_synced_before_it_is_acknowledged(void **state) {
    struct store *store = *state;
    assert_int_equal(publish(store, "app-1.0.txt"), 200);
    assert_int_equal(count_events("fdatasync", LOG, NULL), 1);
    assert_int_equal(count_syncs(), 1);
    assert_int_equal(ask(store, "PATCH " REGISTRIES "/files\n\n{\"allow_overwrite\":false}"), 200);
    assert_int_equal(count_syncs(), 2);
    static const char push[] = "PUT /v2/acme/images/app/manifests/1.0\nContent-Type: " MANIFEST_TYPE "\n\n" IMAGE;
    assert_int_equal(ask(store, "POST /v2/acme/images/app/blobs/uploads/?digest=" CONFIG_DIGEST "\n\n" CONFIG), 201);
    assert_int_equal(ask(store, "POST /v2/acme/images/app/blobs/uploads/?digest=" LAYER_DIGEST "\n\n" LAYER), 201);
    assert_int_equal(ask(store, push), 201);
    event_count = 0;
    assert_int_equal(ask(store, push), 201);
    assert_int_equal(count_events("fdatasync", LOG, NULL), 1);
    sync_error = ENOSPC;
    assert_int_equal(ask(store, push), 507);
    assert_int_equal(publish(store, "app-1.0.txt"), 507);
}

static void test_hostile_syncs__reading_syncs_nothing(void **state) {
    struct store *store = *state;
    assert_int_equal(ask(store, "GET /acme/files/files/app-1.0.txt\n\n"), 200);
    assert_int_equal(ask(store, "GET " REGISTRIES "/files/packages\n\n"), 200);
    assert_int_equal(ask(store, "GET /acme/files/files/app-2.0.txt\n\n"), 404);
    assert_int_equal(event_count, 0);
}

/* While another process has it open, so that there is a log. */
static void test_hostile_syncs__the_log_is_synced_when_a_store_is_opened(void **state) {
    struct store *store = *state;
    struct store other = *store;
    open_store(&other, true);
    assert_int_equal(count_events("fdatasync", LOG, NULL), 1);
    close_store(&other);
    sync_error = EIO;
    assert_int_equal(try_open(&other, true, false), LREG_IO);
    assert_int_equal(try_open(&other, false, false), LREG_OK);
    close_store(&other);
}

static void test_hostile_syncs__what_one_without_syncs_left_is_synced_once(void **state) {
    struct store *store = *state;
    struct store other = *store;
    open_store(&other, false);
    assert_int_equal(publish(&other, "unsynced-1.0.txt"), 200);
    assert_int_equal(count_events("fdatasync", "", NULL) + count_events("syncfs", "", NULL), 0);
    assert_int_equal(publish(store, "unsynced-1.0.txt"), 200);
    assert_int_equal(count_events("syncfs", "/data", NULL), 1);
    assert_int_equal(publish(store, "unsynced-1.0.txt"), 200);
    assert_int_equal(count_events("syncfs", "", NULL), 1);
    assert_int_equal(publish(&other, "unsynced-2.0.txt"), 200);
    close_store(&other);
    close_store(store);
    open_store(store, true);
    assert_int_equal(count_events("syncfs", "/data", NULL), 1);
    close_store(store);
    open_store(store, true);
    assert_int_equal(count_events("syncfs", "", NULL), 0);
}

/* Also where nothing else waits for the disk: a restored row must not find its object gone. */
static void test_hostile_syncs__a_collection_syncs_before_it_removes(void **state) {
    struct store *store = *state;
    for (int is_durable = 0; is_durable < 2; is_durable++) {
        lreg_registry *registry = NULL;
        lreg_package *package = NULL;
        size_t synced = SIZE_MAX;
        size_t removed = 0;
        close_store(store);
        open_store(store, is_durable != 0);
        assert_int_equal(lreg_registry_find(store->client.instance, "acme", "files", &registry, NULL), LREG_OK);
        assert_int_equal(lreg_package_find(store->client.instance, registry, "app-1.0.txt", &package, NULL), LREG_OK);
        assert_int_equal(lreg_package_delete(store->client.instance, package, NULL), LREG_OK);
        lreg_package_free(package);
        lreg_registry_free(registry);
        event_count = 0;
        assert_int_equal(objects_collect(store->client.instance, 0, NULL, NULL), LREG_OK);
        assert_int_equal(count_events("unlinkat", "/objects/", &removed), 1);
        assert_in_range(count_events("fdatasync", LOG, &synced), 1, 100);
        assert_true(synced < removed);
        assert_int_equal(publish(store, "app-1.0.txt"), 200);
    }
}

/* With a storage of the host, nothing else syncs it. */
static void test_hostile_syncs__a_new_directory_and_its_key_are_synced(void **state) {
    struct store *store = *state;
    struct store other = {.client = {.instance = NULL}};
    rig_make_folder(other.folder);
    assert_int_equal(try_open(&other, true, true), LREG_OK);
    char parent[RIG_FOLDER_MAX];
    (void)snprintf(parent, sizeof parent, "%s", other.folder);
    size_t of_data = count_events("fsync", "/data", NULL);
    assert_in_range(of_data, 1, 100);
    assert_in_range(count_events("fsync", parent, NULL), of_data + 1, 100);
    close_store(&other);
    rig_remove_folder(other.folder);
    (void)store;
}

/* --- Full disks --- */

static void check_refused(struct store *store, int error, int status) {
    sync_error = error;
    assert_int_equal(publish(store, "new-1.0.txt"), status);
    assert_int_equal(ask(store, "PATCH " REGISTRIES "/files\n\n{\"description\":\"changed\"}"), status);
    assert_int_equal(ask(store, "GET /acme/files/files/app-1.0.txt\n\n"), 200);
    sync_error = 0;
    assert_int_equal(ask(store, "GET /acme/files/files/new-1.0.txt\n\n"), 404);
}

/* Network file systems, quotas and thin volumes report a full disk only at the sync. */
static void test_hostile_syncs__a_disk_that_is_found_full_by_the_sync_of_the_log_gives_507(void **state) {
    struct store *store = *state;
    lreg_verify_report report = {.size = sizeof report};
    check_refused(store, ENOSPC, 507);
    check_refused(store, EDQUOT, 507);
    check_refused(store, EIO, 500);
    check_refused(store, ENOSPC, 507);
    assert_int_equal(publish(store, "new-1.0.txt"), 200);
    assert_int_equal(ask(store, "GET /acme/files/files/new-1.0.txt\n\n"), 200);
    assert_int_equal(lreg_verify(store->client.instance, NULL, &report, NULL), LREG_OK);
    assert_int_equal(report.missing + report.damaged, 0);
}

/* Continues with what the disk has: the log as above, and the database, which is synced whenever it is written. */
static void cut_power(struct store *store) {
    struct power_cut *cut = power_cut_begin(store->folder);
    char path[PATH_ROOM];
    close_store(store);
    rig_remove_folder(store->folder);
    power_cut_restore(cut, store->folder, 0);
    power_cut_end(cut);
    (void)snprintf(path, sizeof path, "%s/data/" LOG, store->folder);
    FILE *log = fopen(path, "wb");
    assert_non_null(log);
    assert_int_equal(fwrite(disk.synced, 1, disk.synced_length, log), disk.synced_length);
    assert_int_equal(fclose(log), 0);
    open_store(store, true);
}

/* The commit that begins an upload does not wait for the disk. If a failed sync could not write it, no later commit may
 * follow it in the log. */
static void test_hostile_syncs__what_a_failed_sync_lost_takes_nothing_with_it(void **state) {
    struct store *store = *state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ask(store, "POST /v2/acme/images/app/blobs/uploads/\nContent-Length: 0\n\n"), 202);
    }
    sync_error = ENOSPC;
    assert_int_equal(publish(store, "new-1.0.txt"), 507);
    sync_error = 0;
    assert_int_equal(publish(store, "new-1.0.txt"), 200);
    cut_power(store);
    assert_int_equal(ask(store, "GET /acme/files/files/new-1.0.txt\n\n"), 200);
    assert_int_equal(ask(store, "GET /acme/files/files/app-1.0.txt\n\n"), 200);
}
