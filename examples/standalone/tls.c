/* SPDX-License-Identifier: Apache-2.0 */

/* Mbed TLS 2.28 or 3: TLS 1.2, forward secrecy only. All threads read the configuration and none writes it. Random
 * bytes come from the kernel, so there is no generator to lock. */

#include "tls.h"

#include "hello.h"
#include "log.h"

#include <errno.h>
#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/pk.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

struct tls {
    mbedtls_ssl_config config;
    mbedtls_x509_crt certificate;
    mbedtls_pk_context key;
};

static const int cipher_suites[] = {MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
                                    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
                                    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
                                    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
                                    MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
                                    MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
                                    0};

static const char *protocols[] = {"http/1.1", NULL};

static int fill_random(void *user, unsigned char *bytes, size_t length) {
    (void)user;
    while (length > 0) {
        ssize_t got = getrandom(bytes, length, 0);
        if (got < 0 && errno != EINTR) {
            return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
        }
        bytes += got > 0 ? got : 0;
        length -= got > 0 ? (size_t)got : 0;
    }
    return 0;
}

/* A connection. Its context is the first member, because callers only have the context. */
struct session {
    mbedtls_ssl_context context;
    const int *socket;
    struct hello hello; /* `bytes` is NULL when all were passed on */
    size_t hello_given;
};

static int send_bytes(void *user, const unsigned char *bytes, size_t length) {
    const struct session *session = user;
    ssize_t sent = send(*session->socket, bytes, length, MSG_NOSIGNAL);
    if (sent >= 0) {
        return (int)sent;
    }
    return errno == EAGAIN || errno == EINTR ? MBEDTLS_ERR_SSL_WANT_WRITE : MBEDTLS_ERR_NET_SEND_FAILED;
}

static int receive(const struct session *session, unsigned char *bytes, size_t capacity) {
    ssize_t got = recv(*session->socket, bytes, capacity, 0);
    if (got >= 0) {
        return (int)got;
    }
    return errno == EAGAIN || errno == EINTR ? MBEDTLS_ERR_SSL_WANT_READ : MBEDTLS_ERR_NET_RECV_FAILED;
}

static int give_hello(struct session *session, unsigned char *bytes, size_t capacity) {
    struct hello *hello = &session->hello;
    size_t left = hello->length - session->hello_given;
    size_t length = left < capacity ? left : capacity;
    memcpy(bytes, hello->bytes + session->hello_given, length);
    session->hello_given += length;
    if (length == left) {
        free(hello->bytes);
        hello->bytes = NULL;
    }
    return (int)length;
}

/* Mbed TLS gets no byte before the first message is complete. */
static int receive_bytes(void *user, unsigned char *bytes, size_t capacity) {
    struct session *session = user;
    struct hello *hello = &session->hello;
    if (hello->bytes == NULL) {
        return receive(session, bytes, capacity);
    }
    for (size_t wanted = 0; (wanted = hello_wants(hello)) > 0;) {
        unsigned char piece[1024];
        int got = receive(session, piece, wanted < sizeof piece ? wanted : sizeof piece);
        if (got <= 0) {
            return got;
        }
        hello_take(hello, piece, (size_t)got);
    }
    return give_hello(session, bytes, capacity);
}

static void complain_of_file(const char *what, const char *file, int code) {
    char reason[160];
    mbedtls_strerror(code, reason, sizeof reason);
    complain("cannot use the %s %s: %s", what, file, reason);
}

/* Mbed TLS 3 needs random numbers for these two functions, and names versions differently. TLS 1.3 would need its PSA
 * library, whose state belongs to the whole process. */
#if MBEDTLS_VERSION_MAJOR < 3
static int parse_key_file(mbedtls_pk_context *key, const char *file) {
    return mbedtls_pk_parse_keyfile(key, file, NULL);
}

static int check_pair(const struct tls *tls) {
    return mbedtls_pk_check_pair(&tls->certificate.pk, &tls->key);
}

static void set_versions(mbedtls_ssl_config *config) {
    mbedtls_ssl_conf_min_version(config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
}
#else
static int parse_key_file(mbedtls_pk_context *key, const char *file) {
    return mbedtls_pk_parse_keyfile(key, file, NULL, fill_random, NULL);
}

static int check_pair(const struct tls *tls) {
    return mbedtls_pk_check_pair(&tls->certificate.pk, &tls->key, fill_random, NULL);
}

static void set_versions(mbedtls_ssl_config *config) {
    mbedtls_ssl_conf_min_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_2);
    mbedtls_ssl_conf_max_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_2);
}
#endif

static bool read_files(struct tls *tls, const char *certificate_file, const char *key_file) {
    int code = mbedtls_x509_crt_parse_file(&tls->certificate, certificate_file);
    if (code != 0) {
        complain_of_file("certificate", certificate_file, code);
        return false;
    }
    code = parse_key_file(&tls->key, key_file);
    if (code != 0) {
        complain_of_file("key", key_file, code);
        return false;
    }
    code = check_pair(tls);
    if (code != 0) {
        complain("the key %s does not belong to the certificate %s", key_file, certificate_file);
    }
    return code == 0;
}

static bool configure(struct tls *tls) {
    mbedtls_ssl_config *config = &tls->config;
    if (mbedtls_ssl_config_defaults(config, MBEDTLS_SSL_IS_SERVER, MBEDTLS_SSL_TRANSPORT_STREAM,
                                    MBEDTLS_SSL_PRESET_DEFAULT) != 0) {
        return false;
    }
    set_versions(config);
    mbedtls_ssl_conf_ciphersuites(config, cipher_suites);
    mbedtls_ssl_conf_rng(config, fill_random, NULL);
    mbedtls_ssl_conf_renegotiation(config, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
    return mbedtls_ssl_conf_alpn_protocols(config, protocols) == 0 &&
           mbedtls_ssl_conf_own_cert(config, &tls->certificate, &tls->key) == 0;
}

struct tls *tls_open(const char *certificate_file, const char *key_file) {
    struct tls *tls = calloc(1, sizeof *tls);
    if (tls == NULL) {
        complain("out of memory");
        return NULL;
    }
    mbedtls_ssl_config_init(&tls->config);
    mbedtls_x509_crt_init(&tls->certificate);
    mbedtls_pk_init(&tls->key);
    if (!read_files(tls, certificate_file, key_file)) {
        tls_close(tls);
        return NULL;
    }
    if (!configure(tls)) {
        complain("cannot set up TLS");
        tls_close(tls);
        return NULL;
    }
    return tls;
}

void tls_close(struct tls *tls) {
    if (tls == NULL) {
        return;
    }
    mbedtls_ssl_config_free(&tls->config);
    mbedtls_x509_crt_free(&tls->certificate);
    mbedtls_pk_free(&tls->key);
    free(tls);
}

mbedtls_ssl_context *tls_session_new(struct tls *tls, const int *socket) {
    struct session *session = calloc(1, sizeof *session);
    if (session == NULL) {
        return NULL;
    }
    session->socket = socket;
    session->hello.bytes = malloc(HELLO_ROOM);
    mbedtls_ssl_init(&session->context);
    if (session->hello.bytes == NULL || mbedtls_ssl_setup(&session->context, &tls->config) != 0) {
        tls_session_free(&session->context);
        return NULL;
    }
    mbedtls_ssl_set_bio(&session->context, session, send_bytes, receive_bytes, NULL);
    return &session->context;
}

void tls_session_free(mbedtls_ssl_context *context) {
    struct session *session = (struct session *)(void *)context;
    if (session != NULL) {
        mbedtls_ssl_free(context);
        free(session->hello.bytes);
        free(session);
    }
}
