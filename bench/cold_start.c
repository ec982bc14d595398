/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Measures how long a new process takes to open an existing instance and to answer one request, as a CGI program does.
 * Prints milliseconds: open, answer, both.
 */

#include <libregistry.h>
#include <stdio.h>
#include <time.h>

static double now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int fail(lreg_error *error) {
    fprintf(stderr, "cold_start: %s\n", lreg_error_message(error));
    lreg_error_free(error);
    return 1;
}

/* Reads the response to its end and returns its length. */
static uint64_t drain(lreg_exchange *exchange) {
    char bytes[16384];
    size_t got = 0;
    uint64_t total = 0;
    while (lreg_exchange_read(exchange, bytes, sizeof bytes, &got, NULL) == LREG_OK && got > 0) {
        total += got;
    }
    return total;
}

int main(int argc, char **argv) {
    lreg_error *error = NULL;
    lreg_options *options = NULL;
    lreg_instance *instance = NULL;
    lreg_exchange *exchange = NULL;
    if (argc != 3) {
        fprintf(stderr, "usage: cold_start DATA-DIRECTORY TARGET\n");
        return 2;
    }
    double start = now_ms();
    if (lreg_options_new(&options, &error) != LREG_OK ||
        lreg_options_set_directory(options, argv[1], &error) != LREG_OK ||
        lreg_open(options, &instance, &error) != LREG_OK) {
        return fail(error);
    }
    double opened = now_ms();
    if (lreg_exchange_new(instance, &exchange, &error) != LREG_OK ||
        lreg_exchange_set_request(exchange, "GET", argv[2], &error) != LREG_OK ||
        lreg_exchange_add_header(exchange, "Host", "localhost", &error) != LREG_OK ||
        lreg_exchange_begin(exchange, &error) != LREG_OK) {
        return fail(error);
    }
    int32_t status = lreg_exchange_status(exchange);
    uint64_t length = drain(exchange);
    double answered = now_ms();
    printf("open_ms %.3f answer_ms %.3f total_ms %.3f status %d bytes %llu\n", opened - start, answered - opened,
           answered - start, status, (unsigned long long)length);
    lreg_exchange_free(exchange);
    lreg_close(instance);
    lreg_options_free(options);
    return status == 200 ? 0 : 1;
}
