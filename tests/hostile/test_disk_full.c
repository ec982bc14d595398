/* SPDX-License-Identifier: Apache-2.0 */
/* A file system that is really full: published data stays readable, a write that does not fit is refused with a
 * message, and everything works again when there is room. Needs the right to mount a file system; otherwise skipped. */
#include "hostile/play.h"
#include "support/objects.h"

#include <libregistry.h>

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#define FILE_BYTES ((size_t)300 * 1000)
#define FILES_MAX 40

struct disk {
    char folder[RIG_FOLDER_MAX]; /* "" when nothing may be mounted */
    lreg_instance *instance;
    char *bytes; /* of a file; the first bytes identify it */
};

/* In a mount namespace of its own, which ends with this process. */
static bool mount_small(const char *folder) {
    return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("lreg", folder, "tmpfs", MS_NOSUID | MS_NODEV, "size=4m,mode=700") == 0;
}

static void open_instance(struct disk *disk) {
    lreg_options *options = NULL;
    assert_int_equal(lreg_options_new(&options, NULL), LREG_OK);
    assert_int_equal(lreg_options_set_directory(options, disk->folder, NULL), LREG_OK);
    assert_int_equal(lreg_open(options, &disk->instance, NULL), LREG_OK);
    lreg_options_free(options);
}

static int setup(void **state) {
    struct disk *disk = calloc(1, sizeof *disk);
    assert_non_null(disk);
    *state = disk;
    disk->bytes = calloc(1, FILE_BYTES);
    assert_non_null(disk->bytes);
    rig_make_folder(disk->folder);
    if (!mount_small(disk->folder)) {
        rmdir(disk->folder);
        disk->folder[0] = '\0';
        return 0;
    }
    lreg_registry_settings *settings = NULL;
    open_instance(disk);
    assert_int_equal(objects_organization_create(disk->instance, "acme", NULL, NULL, NULL), LREG_OK);
    assert_int_equal(lreg_registry_settings_new(&settings, NULL), LREG_OK);
    assert_int_equal(lreg_registry_settings_set_name(settings, "files", NULL), LREG_OK);
    assert_int_equal(lreg_registry_settings_set_ecosystem(settings, "files", NULL), LREG_OK);
    assert_int_equal(lreg_registry_settings_set_public(settings, 1, NULL), LREG_OK);
    assert_int_equal(lreg_registry_create(disk->instance, "acme", settings, NULL, NULL), LREG_OK);
    lreg_registry_settings_free(settings);
    return 0;
}

static int teardown(void **state) {
    struct disk *disk = *state;
    lreg_close(disk->instance);
    if (disk->folder[0] != '\0') {
        umount2(disk->folder, MNT_DETACH);
        rmdir(disk->folder);
    }
    free(disk->bytes);
    free(disk);
    return 0;
}

static char *new_token(struct disk *disk) {
    lreg_token *token = NULL;
    char text[256];
    assert_int_equal(objects_token_create(disk->instance, "acme", "test",
                                          "read_packages,write_packages,delete_packages,read_registries", 0, &token,
                                          NULL),
                     LREG_OK);
    (void)snprintf(text, sizeof text, "Bearer %s", lreg_token_secret(token));
    lreg_token_free(token);
    return strdup(text);
}

static void name_file(char out[64], size_t number) {
    memset(out, 0, 64);
    (void)snprintf(out, 64, "file-%zu.bin", number);
}

static struct http_answer *publish_bytes(struct disk *disk, const char *authorization, size_t number, size_t size) {
    static const char head[] = "POST /v2/packages/organizations/acme/registries/files/packages\nContent-Type: "
                               "multipart/form-data; boundary=cut\n\n--cut\r\nContent-Disposition: form-data; "
                               "name=\"file\"; filename=\"%s\"\r\n\r\n";
    static const char tail[] = "\r\n--cut--\r\n";
    char name[64];
    char *request = calloc(1, sizeof head + sizeof name + size + sizeof tail);
    assert_non_null(request);
    name_file(name, number);
    (void)snprintf(request, sizeof head + sizeof name, head, name);
    size_t length = strlen(request);
    memcpy(disk->bytes, name, sizeof name);
    memcpy(request + length, disk->bytes, size);
    length += size;
    memcpy(request + length, tail, sizeof tail - 1);
    const struct http_script script = {
        .instance = disk->instance, .authorization = authorization, .piece_bytes = 64 * 1024};
    struct http_answer *answer = http_script_run_bytes(&script, request, length + sizeof tail - 1);
    free(request);
    return answer;
}

static struct http_answer *publish(struct disk *disk, const char *authorization, size_t number) {
    return publish_bytes(disk, authorization, number, FILE_BYTES);
}

static void check_file(struct disk *disk, size_t number) {
    const struct http_script script = {.instance = disk->instance, .reads_by_pieces = true};
    char name[64];
    char request[128];
    name_file(name, number);
    (void)snprintf(request, sizeof request, "GET /acme/files/files/%s\n\n", name);
    memcpy(disk->bytes, name, sizeof name);
    struct http_answer *answer = http_script_run(&script, request);
    assert_int_equal(answer->status, 200);
    assert_int_equal(answer->body_length, FILE_BYTES);
    assert_memory_equal(answer->body, disk->bytes, FILE_BYTES);
    http_answer_free(answer);
}

static void check_sound(struct disk *disk) {
    lreg_verify_report report = {.size = sizeof report};
    assert_int_equal(lreg_verify(disk->instance, NULL, &report, NULL), LREG_OK);
    assert_int_equal(report.missing + report.damaged, 0);
}

/* Publishes until there is no room; returns the number of published files. */
static size_t fill(struct disk *disk, const char *authorization) {
    size_t count = 0;
    int status = 200;
    while (status == 200 && count < FILES_MAX) {
        struct http_answer *answer = publish(disk, authorization, count);
        status = answer->status;
        if (status != 200) {
            assert_int_equal(status, 507);
            assert_non_null(strstr(answer->body, "space"));
        }
        count += status == 200 ? 1 : 0;
        http_answer_free(answer);
    }
    assert_in_range(count, 2, FILES_MAX - 1);
    return count;
}

static void test_hostile_disk_full__what_does_not_fit_is_refused_and_the_rest_goes_on(void **state) {
    struct disk *disk = *state;
    if (disk->folder[0] == '\0') {
        skip(); /* nothing may be mounted here */
        return;
    }
    char *authorization = new_token(disk);
    size_t count = fill(disk, authorization);
    for (size_t i = 0; i < count; i++) {
        check_file(disk, i);
    }
    check_sound(disk);
    lreg_close(disk->instance);
    open_instance(disk);
    check_file(disk, 0);
    assert_int_equal(mount("lreg", disk->folder, "tmpfs", MS_REMOUNT | MS_NOSUID | MS_NODEV, "size=6m"), 0);
    struct http_answer *answer = publish(disk, authorization, count);
    assert_int_equal(answer->status, 200);
    http_answer_free(answer);
    for (size_t i = 0; i <= count; i++) {
        check_file(disk, i);
    }
    check_sound(disk);
    free(authorization);
}

static void delete_file(struct disk *disk, size_t number) {
    lreg_registry *registry = NULL;
    lreg_package *package = NULL;
    char name[64];
    name_file(name, number);
    assert_int_equal(lreg_registry_find(disk->instance, "acme", "files", &registry, NULL), LREG_OK);
    assert_int_equal(lreg_package_find(disk->instance, registry, name, &package, NULL), LREG_OK);
    assert_int_equal(lreg_package_delete(disk->instance, package, NULL), LREG_OK);
    lreg_package_free(package);
    lreg_registry_free(registry);
}

/* However small the last uploads were: deletion needs room in the database, which they left. */
static void test_hostile_disk_full__what_is_full_can_be_emptied(void **state) {
    struct disk *disk = *state;
    if (disk->folder[0] == '\0') {
        skip(); /* nothing may be mounted here */
        return;
    }
    char *authorization = new_token(disk);
    size_t count = fill(disk, authorization);
    int status = 200;
    for (size_t number = 1000; status == 200 && number < 2000; number++) {
        struct http_answer *answer = publish_bytes(disk, authorization, number, 1000);
        status = answer->status;
        http_answer_free(answer);
    }
    assert_int_equal(status, 507);
    for (size_t i = 1; i < count; i++) {
        lreg_collect_report report = {.size = sizeof report};
        delete_file(disk, i);
        assert_int_equal(objects_collect(disk->instance, 0, &report, NULL), LREG_OK);
        assert_int_equal(report.blobs, 1);
    }
    struct http_answer *answer = publish(disk, authorization, 1);
    assert_int_equal(answer->status, 200);
    http_answer_free(answer);
    check_file(disk, 0);
    check_sound(disk);
    free(authorization);
}

/* Not even the database has room, down to the last byte. */
static void test_hostile_disk_full__a_full_database_is_still_read(void **state) {
    struct disk *disk = *state;
    static const char ballast[65536] = "";
    char path[RIG_FOLDER_MAX + 16];
    if (disk->folder[0] == '\0') {
        skip(); /* nothing may be mounted here */
        return;
    }
    char *authorization = new_token(disk);
    http_answer_free(publish(disk, authorization, 0));
    (void)snprintf(path, sizeof path, "%s/ballast", disk->folder);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    setvbuf(file, NULL, _IONBF, 0);
    for (size_t size = sizeof ballast; size > 0; size /= 2) {
        while (fwrite(ballast, 1, size, file) == size) {
            /* until it does not fit */
        }
    }
    fclose(file);

    lreg_status status = LREG_OK;
    for (int i = 0; i < 200 && status == LREG_OK; i++) {
        lreg_token *token = NULL;
        status = objects_token_create(disk->instance, "acme", "one more", "read_packages", 0, &token, NULL);
        lreg_token_free(token);
    }
    assert_int_equal(status, LREG_NO_SPACE);
    check_file(disk, 0);
    struct http_answer *answer = publish(disk, authorization, 1);
    assert_int_equal(answer->status, 507);
    http_answer_free(answer);
    check_sound(disk);

    assert_int_equal(remove(path), 0);
    answer = publish(disk, authorization, 1);
    assert_int_equal(answer->status, 200);
    http_answer_free(answer);
    check_file(disk, 1);
    check_sound(disk);
    free(authorization);
}
