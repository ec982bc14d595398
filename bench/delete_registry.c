/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Measures how long writers in another process wait while a registry with very many packages is deleted. Fills a
 * registry in a new data directory (package bytes stay in memory: this is about the metadata), deletes it and collects.
 * Meanwhile another process publishes into a second registry. Prints the time of both, and the median, 99th percentile
 * and maximum time of a publication.
 */

#include <libregistry.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TIMES_MAX 1000000

static double now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void check(lreg_status status, lreg_error *error) {
    if (status != LREG_OK) {
        fprintf(stderr, "delete_registry: %s\n", lreg_error_message(error));
        exit(1);
    }
}

static lreg_instance *open_instance(const char *directory, lreg_bool durable) {
    lreg_error *error = NULL;
    lreg_options *options = NULL;
    lreg_instance *instance = NULL;
    check(lreg_options_new(&options, &error), error);
    check(lreg_options_set_directory(options, directory, &error), error);
    check(lreg_options_set_memory_storage(options, &error), error);
    check(lreg_options_set_durable(options, durable, &error), error);
    check(lreg_options_set_busy_timeout_ms(options, 120000, &error), error);
    check(lreg_open(options, &instance, &error), error);
    lreg_options_free(options);
    return instance;
}

static void publish(lreg_instance *instance, const lreg_registry *registry, const char *prefix, int number) {
    lreg_error *error = NULL;
    lreg_publication *publication = NULL;
    char name[64];
    snprintf(name, sizeof name, "%s-%d-1.%d.0.zip", prefix, number % 5000, number / 5000);
    check(lreg_publication_open(instance, registry, name, &publication, &error), error);
    check(lreg_publication_write(publication, name, strlen(name), &error), error);
    check(lreg_publication_finish(publication, NULL, NULL, &error), error);
    lreg_publication_close(publication);
}

static void make_organization(lreg_instance *instance) {
    lreg_error *error = NULL;
    lreg_organization_settings *settings = NULL;
    check(lreg_organization_settings_new(&settings, &error), error);
    check(lreg_organization_settings_set_slug(settings, "acme", &error), error);
    check(lreg_organization_create(instance, settings, NULL, &error), error);
    lreg_organization_settings_free(settings);
}

static void make_registry(lreg_instance *instance, const char *name) {
    lreg_error *error = NULL;
    lreg_registry_settings *settings = NULL;
    check(lreg_registry_settings_new(&settings, &error), error);
    check(lreg_registry_settings_set_name(settings, name, &error), error);
    check(lreg_registry_settings_set_ecosystem(settings, "files", &error), error);
    check(lreg_registry_create(instance, "acme", settings, NULL, &error), error);
    lreg_registry_settings_free(settings);
}

static void fill(const char *directory, int packages) {
    lreg_error *error = NULL;
    lreg_registry *registry = NULL;
    lreg_instance *instance = open_instance(directory, 0);
    make_organization(instance);
    make_registry(instance, "large");
    make_registry(instance, "other");
    check(lreg_registry_find(instance, "acme", "large", &registry, &error), error);
    for (int i = 0; i < packages; i++) {
        publish(instance, registry, "package", i);
    }
    lreg_registry_free(registry);
    lreg_close(instance);
}

/* --- the other process --- */

static volatile sig_atomic_t ended;

static void end(int signal) {
    (void)signal;
    ended = 1;
}

static int compare(const void *a, const void *b) {
    double left = *(const double *)a;
    double right = *(const double *)b;
    return (left > right) - (left < right);
}

static void publish_until_ended(const char *directory, int ready) {
    lreg_error *error = NULL;
    lreg_registry *registry = NULL;
    double *times = calloc(TIMES_MAX, sizeof *times);
    int count = 0;
    char prefix[32];
    snprintf(prefix, sizeof prefix, "by-%ld", (long)getpid());
    ended = 0;
    signal(SIGTERM, end);
    lreg_instance *instance = open_instance(directory, 1);
    check(lreg_registry_find(instance, "acme", "other", &registry, &error), error);
    publish(instance, registry, "first", 0); /* exists already the second time */
    if (times == NULL || write(ready, "r", 1) != 1) {
        exit(1);
    }
    while (!ended && count < TIMES_MAX) {
        double start = now_ms();
        publish(instance, registry, prefix, count);
        times[count++] = now_ms() - start;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    qsort(times, (size_t)count, sizeof *times, compare);
    printf("publications %d median_ms %.1f 99%%_ms %.1f longest_ms %.1f\n", count, times[count / 2],
           times[count * 99 / 100], times[count - 1]);
    lreg_registry_free(registry);
    lreg_close(instance);
    free(times);
}

/* --- this process --- */

static void delete_large(lreg_instance *instance) {
    lreg_error *error = NULL;
    lreg_registry *registry = NULL;
    check(lreg_registry_find(instance, "acme", "large", &registry, &error), error);
    check(lreg_registry_delete(instance, registry, &error), error);
    lreg_registry_free(registry);
}

static void collect(lreg_instance *instance) {
    lreg_error *error = NULL;
    const lreg_collect_options options = {.size = sizeof options, .grace_ms = -1};
    check(lreg_collect(instance, &options, NULL, &error), error);
}

/* Runs `work` while the other process publishes. */
static void measure(const char *directory, const char *name, void (*work)(lreg_instance *instance)) {
    int ready[2];
    char byte;
    if (pipe(ready) != 0) {
        exit(1);
    }
    pid_t other = fork();
    if (other == 0) {
        publish_until_ended(directory, ready[1]);
        exit(0);
    }
    if (other < 0 || read(ready[0], &byte, 1) != 1) {
        exit(1);
    }
    lreg_instance *instance = open_instance(directory, 1);
    double start = now_ms();
    work(instance);
    printf("%s_ms %.0f ", name, now_ms() - start);
    fflush(stdout);
    kill(other, SIGTERM);
    (void)waitpid(other, NULL, 0);
    lreg_close(instance);
}

int main(int argc, char **argv) {
    long packages = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
    if (packages <= 0 || packages > INT_MAX) {
        fprintf(stderr, "usage: delete_registry NEW-DATA-DIRECTORY PACKAGES\n");
        return 2;
    }
    fill(argv[1], (int)packages);
    measure(argv[1], "deletion", delete_large);
    measure(argv[1], "collection", collect);
    return 0;
}
