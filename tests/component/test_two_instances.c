/* SPDX-License-Identifier: Apache-2.0 */
/* Two instances with different settings in one process, each used by eight threads at once: no setting of one is ever
 * visible through the other. Labels: threaded */
#include "component/fixture.h"

#include <pthread.h>
#include <stdbool.h>

#define THREADS 8
#define ROUNDS 8
#define LARGE 2000
#define BODY_MAX 65536

struct side {
    const char *base_url;
    const char *marker; /* of the base URL */
    int64_t now_ms;
    uint64_t limit_bytes; /* of a package */
    bool durable;
    bool is_in_memory;
    lreg_status large; /* the result of publishing LARGE bytes */
    int json_status; /* of a request with a body of 300 bytes */
    /* made from it: */
    struct fixture fixture;
    atomic_ullong random;
    char authorization[96];
    char id_prefix[32]; /* of objects that its clock dates */
};

static lreg_status fill(void *user, void *bytes, size_t length, lreg_failure *failure) {
    (void)failure;
    struct side *side = user;
    unsigned long long next = atomic_fetch_add(&side->random, 1) + (unsigned long long)side->now_ms;
    for (size_t i = 0; i < length; i++) {
        next = next * 6364136223846793005u + 1442695040888963407u;
        ((unsigned char *)bytes)[i] = (unsigned char)(next >> 56);
    }
    return LREG_OK;
}

static void open_side(struct side *side) {
    lreg_error *err = NULL;
    lreg_token *token = NULL;
    lreg_options *options = NULL;
    const lreg_random source = {.size = sizeof source, .user = side, .fill = fill};
    fixture_prepare(&side->fixture);
    options = side->fixture.options;
    atomic_store(&side->fixture.now_ms, side->now_ms);
    CHECK(lreg_options_set_random(options, &source, &err), err);
    CHECK(lreg_options_set_base_url(options, side->base_url, &err), err);
    CHECK(lreg_options_set_durable(options, side->durable, &err), err);
    CHECK(lreg_options_set_number(options, LREG_LIMIT_PACKAGE_BYTES, side->limit_bytes, &err), err);
    CHECK(lreg_options_set_number(options, LREG_LIMIT_JSON_BYTES, side->limit_bytes / 10, &err), err);
    if (side->is_in_memory) {
        CHECK(lreg_options_set_memory_storage(options, &err), err);
    }
    fixture_make_folder(side->fixture.folder);
    CHECK(lreg_options_set_directory(options, side->fixture.folder, &err), err);
    fixture_open(&side->fixture);
    lreg_registry_free(make_files(side->fixture.instance));
    CHECK(objects_token_create(side->fixture.instance, "acme", "all",
                               "read_packages,write_packages,read_registries,write_registries", 0, &token, &err),
          err);
    snprintf(side->authorization, sizeof side->authorization, "Bearer %s", lreg_token_secret(token));
    lreg_token_free(token);
    snprintf(side->id_prefix, sizeof side->id_prefix, "%08llx-%04llx-", (unsigned long long)side->now_ms >> 16,
             (unsigned long long)side->now_ms & 0xffff);
}

/* --- requests report failures by return value: cmocka's assertions belong to the main thread --- */

struct answer {
    int status;
    const char *send; /* the rest of the request body */
    size_t length;
    char body[BODY_MAX];
};

static lreg_status read_body(void *user, void *buffer, size_t capacity, size_t *out_got) {
    struct answer *answer = user;
    size_t length = strlen(answer->send);
    *out_got = length < capacity ? length : capacity;
    memcpy(buffer, answer->send, *out_got);
    answer->send += *out_got;
    return LREG_OK;
}

static lreg_status take_head(void *user, const lreg_exchange *exchange) {
    ((struct answer *)user)->status = lreg_exchange_status(exchange);
    return LREG_OK;
}

static lreg_status take_body(void *user, const void *bytes, size_t length) {
    struct answer *answer = user;
    if (length >= BODY_MAX - answer->length) {
        return LREG_HOST_STATUS;
    }
    memcpy(answer->body + answer->length, bytes, length);
    answer->length += length;
    answer->body[answer->length] = '\0';
    return LREG_OK;
}

static bool ask(const struct side *side, const char *method, const char *target, const char *body,
                struct answer *answer) {
    const char *headers[] = {"Host",
                             "localhost",
                             "Authorization",
                             side->authorization,
                             "Content-Type",
                             "application/json",
                             "Transfer-Encoding",
                             "chunked",
                             NULL};
    const lreg_dispatch_io io = {
        .size = sizeof io, .user = answer, .read = read_body, .write_head = take_head, .write = take_body};
    if (body == NULL) {
        headers[4] = NULL;
    }
    answer->status = 0;
    answer->length = 0;
    answer->body[0] = '\0';
    answer->send = body != NULL ? body : "";
    return lreg_dispatch(side->fixture.instance, method, target, headers, &io, NULL) == LREG_OK;
}

/* --- what each thread does --- */

struct worker {
    struct side *side;
    const struct side *other;
    unsigned number;
    const char *failed;
    struct answer answer;
    pthread_t thread;
};

static const char *publish_both(const struct worker *worker, const lreg_registry *registry, int round) {
    static const char large[LARGE];
    const struct side *side = worker->side;
    lreg_instance *instance = side->fixture.instance;
    lreg_package *package = NULL;
    char name[48];
    snprintf(name, sizeof name, "large-%u-%d.bin", worker->number, round);
    if (try_publish(instance, registry, name, large, sizeof large, NULL, NULL, NULL) != side->large) {
        return "limit of packages";
    }
    snprintf(name, sizeof name, "small-%u-%d.bin", worker->number, round);
    if (try_publish(instance, registry, name, name, strlen(name), &package, NULL, NULL) != LREG_OK) {
        return "small package";
    }
    bool is_own = lreg_package_created_ms(package) == side->now_ms &&
                  strncmp(lreg_package_id(package), side->id_prefix, strlen(side->id_prefix)) == 0;
    lreg_package_free(package);
    return is_own ? NULL : "clock";
}

static const char *request_both(struct worker *worker, int round) {
    struct answer *answer = &worker->answer;
    const struct side *side = worker->side;
    char body[512];
    if (!ask(side, "GET", "/v2/packages/organizations/acme/registries/files/packages", NULL, answer) ||
        answer->status != 200) {
        return "list of packages";
    }
    if (strstr(answer->body, side->marker) == NULL || strstr(answer->body, worker->other->marker) != NULL) {
        return "base URL";
    }
    snprintf(body, sizeof body, "{\"name\":\"r %u %d\",\"ecosystem\":\"files\",\"description\":\"%0250d\"}",
             worker->number, round, 0);
    if (!ask(side, "POST", "/v2/packages/organizations/acme/registries", body, answer) ||
        answer->status != side->json_status) {
        return "limit of JSON";
    }
    /* A token of one instance is unknown to the other. */
    struct side borrowed = {.fixture = {.instance = side->fixture.instance}};
    memcpy(borrowed.authorization, worker->other->authorization, sizeof borrowed.authorization);
    if (!ask(&borrowed, "GET", "/v2/packages/organizations/acme/registries", NULL, answer) || answer->status != 401) {
        return "token of the other";
    }
    return NULL;
}

static void *work(void *user) {
    struct worker *worker = user;
    lreg_registry *registry = NULL;
    if (lreg_registry_find(worker->side->fixture.instance, "acme", "files", &registry, NULL) != LREG_OK) {
        worker->failed = "registry";
    }
    for (int round = 0; round < ROUNDS && worker->failed == NULL; round++) {
        worker->failed = publish_both(worker, registry, round);
        if (worker->failed == NULL) {
            worker->failed = request_both(worker, round);
        }
    }
    lreg_registry_free(registry);
    return NULL;
}

static void test_component_two_instances__no_setting_leaks(void **state) {
    (void)state;
    static struct side sides[] = {
        {.base_url = "https://one.example/first",
         .marker = "https://one.example/first/",
         .now_ms = INT64_C(981173106000),
         .limit_bytes = 1500,
         .durable = false,
         .large = LREG_TOO_LARGE,
         .json_status = 413},
        {.base_url = "http://two.example:8080",
         .marker = "http://two.example:8080/",
         .now_ms = INT64_C(1795230245678),
         .limit_bytes = 50000,
         .durable = true,
         .is_in_memory = true,
         .large = LREG_OK,
         .json_status = 200},
    };
    static struct worker workers[2 * THREADS];
    for (int i = 0; i < 2; i++) {
        open_side(&sides[i]);
    }
    for (unsigned i = 0; i < 2 * THREADS; i++) {
        workers[i] = (struct worker){.side = &sides[i % 2], .other = &sides[(i + 1) % 2], .number = i};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (unsigned i = 0; i < 2 * THREADS; i++) {
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
    }
    for (unsigned i = 0; i < 2 * THREADS; i++) {
        if (workers[i].failed != NULL) {
            fail_msg("thread %u: %s: %d %s", i, workers[i].failed, workers[i].answer.status, workers[i].answer.body);
        }
    }
    for (int i = 0; i < 2; i++) {
        assert_true(atomic_load(&sides[i].random) > THREADS * ROUNDS);
        fixture_close(&sides[i].fixture); /* it got all of its memory back, and none of the other's */
    }
}
