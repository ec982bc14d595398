/* SPDX-License-Identifier: Apache-2.0 */

/* See power_cut.h. Every file and directory that was seen stays open, so that its inode number is not reused, and so
 * that it can be read after its last name is gone. */

#include "support/power_cut.h"

#include <stddef.h>
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define NODES_MAX 512
#define NAME_ROOM 256
#define PATH_ROOM 512
#define DEPTH_MAX 8

struct entry {
    char name[NAME_ROOM];
    size_t node;
};

/* Contents, of a file or of a directory. */
struct state {
    unsigned char *bytes;
    size_t length;
    struct entry *entries;
    size_t count;
};

struct node {
    dev_t device;
    ino_t number;
    int handle; /* O_PATH */
    bool is_directory;
    struct state synced; /* empty before the first sync */
    char restored[PATH_ROOM]; /* where power_cut_restore() has put it; "": not yet */
};

struct power_cut {
    struct node nodes[NODES_MAX]; /* the first is the root */
    size_t count;
    uint64_t random;
};

static void free_state(struct state *state) {
    free(state->bytes);
    free(state->entries);
    *state = (struct state){0};
}

/* Returns its number, or NODES_MAX when it is neither a file nor a directory. Takes ownership of the handle. */
static size_t node_of(struct power_cut *cut, int handle) {
    struct stat facts;
    assert_true(handle >= 0);
    assert_int_equal(fstat(handle, &facts), 0);
    for (size_t i = 0; i < cut->count; i++) {
        if (cut->nodes[i].number == facts.st_ino && cut->nodes[i].device == facts.st_dev) {
            close(handle);
            return i;
        }
    }
    if (!S_ISREG(facts.st_mode) && !S_ISDIR(facts.st_mode)) {
        close(handle);
        return NODES_MAX;
    }
    assert_in_range(cut->count, 0, NODES_MAX - 1);
    cut->nodes[cut->count] = (struct node){
        .device = facts.st_dev, .number = facts.st_ino, .handle = handle, .is_directory = S_ISDIR(facts.st_mode)};
    return cut->count++;
}

static int open_again(const struct node *node, int flags) {
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", node->handle);
    int descriptor = open(path, flags | O_RDONLY | O_CLOEXEC);
    assert_true(descriptor >= 0);
    return descriptor;
}

static void read_file(const struct node *node, struct state *out) {
    struct stat facts;
    int descriptor = open_again(node, 0);
    assert_int_equal(fstat(descriptor, &facts), 0);
    out->length = (size_t)facts.st_size;
    out->bytes = malloc(out->length + 1);
    assert_non_null(out->bytes);
    assert_int_equal(pread(descriptor, out->bytes, out->length, 0), facts.st_size);
    close(descriptor);
}

static void read_directory(struct power_cut *cut, size_t index, struct state *out) {
    DIR *directory = fdopendir(open_again(&cut->nodes[index], O_DIRECTORY));
    assert_non_null(directory);
    for (const struct dirent *at = readdir(directory); at != NULL; at = readdir(directory)) {
        if (strcmp(at->d_name, ".") == 0 || strcmp(at->d_name, "..") == 0) {
            continue;
        }
        size_t node = node_of(cut, openat(dirfd(directory), at->d_name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
        if (node == NODES_MAX) {
            continue;
        }
        out->entries = realloc(out->entries, (out->count + 1) * sizeof *out->entries);
        assert_non_null(out->entries);
        struct entry *entry = &out->entries[out->count++];
        entry->node = node;
        (void)snprintf(entry->name, sizeof entry->name, "%s", at->d_name);
    }
    closedir(directory);
}

static void read_state(struct power_cut *cut, size_t index, struct state *out) {
    *out = (struct state){0};
    if (cut->nodes[index].is_directory) {
        read_directory(cut, index, out);
    } else {
        read_file(&cut->nodes[index], out);
    }
}

static void sync_node(struct power_cut *cut, size_t index) {
    struct state state;
    read_state(cut, index, &state);
    free_state(&cut->nodes[index].synced);
    cut->nodes[index].synced = state;
}

void power_cut_sync(struct power_cut *cut, const char *path) {
    size_t index = node_of(cut, open(path, O_PATH | O_CLOEXEC));
    if (index != NODES_MAX) {
        sync_node(cut, index);
    }
}

/* The content of a directory follows it in the list of nodes to sync. */
void power_cut_sync_all(struct power_cut *cut) {
    size_t list[NODES_MAX] = {0};
    size_t count = 1;
    for (size_t i = 0; i < count; i++) {
        sync_node(cut, list[i]);
        const struct state *state = &cut->nodes[list[i]].synced;
        for (size_t k = 0; k < state->count && count < NODES_MAX; k++) {
            list[count++] = state->entries[k].node;
        }
    }
}

struct power_cut *power_cut_begin(const char *root) {
    struct power_cut *cut = calloc(1, sizeof *cut);
    assert_non_null(cut);
    assert_int_equal(node_of(cut, open(root, O_PATH | O_DIRECTORY | O_CLOEXEC)), 0);
    power_cut_sync_all(cut);
    return cut;
}

void power_cut_end(struct power_cut *cut) {
    if (cut == NULL) {
        return;
    }
    for (size_t i = 0; i < cut->count; i++) {
        free_state(&cut->nodes[i].synced);
        close(cut->nodes[i].handle);
    }
    free(cut);
}

/* --- Restoring --- */

/* xorshift64; never true for the seed 0. */
static bool chance(struct power_cut *cut) {
    cut->random ^= cut->random << 13;
    cut->random ^= cut->random >> 7;
    cut->random ^= cut->random << 17;
    return (cut->random >> 32 & 1) != 0;
}

static void write_file(const char *path, const struct state *state, mode_t mode) {
    int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, state->bytes, state->length), state->length);
    close(descriptor);
}

static void restore_node(struct power_cut *cut, size_t index, const char *path, int depth) {
    struct node *node = &cut->nodes[index];
    struct state present = {0};
    struct stat facts;
    if (node->restored[0] != '\0') {
        if (!node->is_directory) { /* a directory that was moved has two names; the second one is dropped */
            assert_int_equal(link(node->restored, path), 0);
        }
        return;
    }
    (void)snprintf(node->restored, sizeof node->restored, "%s", path);
    assert_int_equal(fstat(node->handle, &facts), 0);
    bool is_present = chance(cut);
    if (is_present) {
        read_state(cut, index, &present);
        node = &cut->nodes[index];
    }
    const struct state *state = is_present ? &present : &node->synced;
    if (!node->is_directory) {
        write_file(path, state, facts.st_mode & 07777);
    } else {
        assert_int_equal(mkdir(path, 0700), 0);
        assert_int_equal(chmod(path, facts.st_mode & 07777), 0);
    }
    for (size_t i = 0; i < state->count && depth < DEPTH_MAX; i++) {
        char below[PATH_ROOM];
        assert_in_range(snprintf(below, sizeof below, "%s/%s", path, state->entries[i].name), 1, sizeof below - 1);
        restore_node(cut, state->entries[i].node, below, depth + 1);
    }
    free_state(&present);
}

void power_cut_restore(struct power_cut *cut, const char *to, uint64_t seed) {
    for (size_t i = 0; i < cut->count; i++) {
        cut->nodes[i].restored[0] = '\0';
    }
    cut->random = seed * UINT64_C(0x9e3779b97f4a7c15);
    restore_node(cut, 0, to, 0);
}
