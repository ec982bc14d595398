/* SPDX-License-Identifier: Apache-2.0 */

/*
 * server PORT DATA: an existing server with a registry. The code for the registry is in packages.c, and in the lines
 * here that are marked "the registry". The server listens on the loopback interface; port 0 selects a free port.
 */

#include "packages.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECTIONS 256
#define CONNECTION_BYTES (128 * 1024) /* for the head and a piece of the body */
#define SILENCE_S 60

static enum MHD_Result send_text(struct MHD_Connection *connection, unsigned int status, const char *text) {
    struct MHD_Response *response = MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

/* The registry: a page of the server that queries it without HTTP. */
static enum MHD_Result send_newest(struct MHD_Connection *connection, lreg_instance *instance) {
    char text[4096] = "";
    size_t used = 0;
    lreg_registry *registry = NULL;
    lreg_package_list *packages = NULL;
    lreg_package *package = NULL;
    if (lreg_registry_find(instance, "my-organization", "my-files", &registry, NULL) == LREG_OK &&
        lreg_package_list_open(instance, registry, NULL, &packages, NULL) == LREG_OK) {
        while (used < sizeof text - 512 && lreg_package_list_next(packages, &package, NULL) == LREG_OK &&
               package != NULL) {
            int length = snprintf(text + used, sizeof text - used, "%s %llu\n", lreg_package_filename(package),
                                  (unsigned long long)lreg_package_size_bytes(package));
            used += length > 0 ? (size_t)length : 0;
            lreg_package_free(package);
        }
    }
    lreg_package_list_close(packages);
    lreg_registry_free(registry);
    return send_text(connection, MHD_HTTP_OK, text);
}

static enum MHD_Result answer(void *instance, struct MHD_Connection *connection, const char *path, const char *method,
                              const char *version, const char *body, size_t *length, void **context) {
    (void)version;
    if (*context != NULL && *context != connection) { /* the registry: packages_begin() gave its targets a context */
        return packages_answer(*context, connection, method, body, length);
    }
    if (*context == NULL || *length > 0) { /* answer when the request is complete; ignore its body */
        *context = connection;
        *length = 0;
        return MHD_YES;
    }
    if (strcmp(path, "/hello") == 0) {
        return send_text(connection, MHD_HTTP_OK, "hello\n");
    }
    if (strcmp(path, "/newest") == 0) {
        return send_newest(connection, instance);
    }
    return send_text(connection, MHD_HTTP_NOT_FOUND, "there is no such page\n");
}

static void end(void *unused, struct MHD_Connection *connection, void **context, enum MHD_RequestTerminationCode code) {
    if (*context != connection) { /* the registry */
        packages_end(unused, connection, context, code);
    }
}

static lreg_instance *open_registry(const char *directory) {
    lreg_options *options = NULL;
    lreg_instance *instance = NULL;
    lreg_error *error = NULL;
    if (lreg_options_new(&options, &error) == LREG_OK &&
        lreg_options_set_directory(options, directory, &error) == LREG_OK) {
        (void)lreg_open(options, &instance, &error);
    }
    if (instance == NULL) {
        (void)fprintf(stderr, "server: %s: %s\n", directory, lreg_error_message(error));
    }
    lreg_error_free(error);
    lreg_options_free(options);
    return instance;
}

/* One thread per connection: a handler may block on the disk without delaying other clients. */
static struct MHD_Daemon *listen_on(uint16_t port, lreg_instance *instance) {
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    return MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ERROR_LOG, port,
                            NULL, NULL, answer, instance, MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_CONNECTION_LIMIT,
                            CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, SILENCE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                            (size_t)CONNECTION_BYTES, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_NOTIFY_COMPLETED, end,
                            NULL, /* the registry: */ MHD_OPTION_URI_LOG_CALLBACK, packages_begin, instance,
                            MHD_OPTION_END);
}

int main(int argc, char **argv) {
    char *end = NULL;
    unsigned long port = argc == 3 ? strtoul(argv[1], &end, 10) : 0;
    if (argc != 3 || *argv[1] == '\0' || *end != '\0' || port > UINT16_MAX) {
        (void)fputs("usage: server PORT DATA\n", stderr);
        return EXIT_FAILURE;
    }
    sigset_t signals; /* blocked here, and so in all threads: only sigwait() receives them */
    int got = 0;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);

    lreg_instance *instance = open_registry(argv[2]);
    struct MHD_Daemon *daemon = instance != NULL ? listen_on((uint16_t)port, instance) : NULL;
    if (daemon != NULL) {
        printf("http://127.0.0.1:%u/\n", (unsigned)MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
        (void)fflush(stdout);
        (void)sigwait(&signals, &got);
        MHD_stop_daemon(daemon);
    }
    lreg_close(instance);
    return daemon != NULL ? EXIT_SUCCESS : EXIT_FAILURE;
}
