/* SPDX-License-Identifier: Apache-2.0 */
/* Real and hostile packages, if available: each gets the verdict that clients need. */
#include "fixture.h"

#include "base/encoding.h"
#include "base/text.h"

#include <string.h>

static int setup(void **state) {
    return fixture_setup(state);
}

static int teardown(void **state) {
    return fixture_teardown(state);
}

struct verdict {
    const char *file;
    const char *code; /* NULL: accepted */
};

static const struct verdict verdicts[] = {
    {"aarch64/alpine-baselayout-3.2.0-r23.apk", NULL},
    {"aarch64/custom-ca-certs-1-1.0.0-r0.apk", NULL},
    {"aarch64/kubeflow-pipelines-2.1.3-r7.apk", NULL},
    {"aarch64/libcap-2.69-r0.apk", NULL},
    {"aarch64/package-x-1.0.0-r0.apk", NULL},
    {"aarch64/package-y-1.0.0-r0.apk", NULL},
    {"aarch64/pretend-baselayout-1.0.0-r0.apk", NULL},
    {"aarch64/replaces-0.0.1-r0.apk", NULL},
    {"aarch64/replayout-1.0.0-r0.apk", NULL},
    {"x86_64/custom-ca-certs-1-1.0.0-r0.apk", NULL},
    {"x86_64/custom-ca-certs-2-1.0.0-r0.apk", NULL},
    {"x86_64/hello-0.1.0-r0.apk", NULL},
    {"x86_64/hello-wolfi-2.12.1-r0.apk", NULL},
    {"x86_64/ld-so-conf-d-test-1-r1.apk", NULL},
    {"x86_64/linux-modules-zstd-6.17.7-r0.apk", NULL},
    {"x86_64/package-x-1.0.0-r0.apk", NULL},
    {"x86_64/pretend-baselayout-1.0.0-r0.apk", NULL},
    {"made/big-control-1.0-r0.apk", NULL},
    {"made/every-field-2.3.4_p5-r6.apk", NULL},
    {"made/letter-1.2.3b_rc4-r10.apk", NULL},
    {"made/meta-1-r0.apk", NULL},
    {"made/noarch-tool-1.0-r0.apk", NULL},
    {"made/odd-pkginfo-1.0-r0.apk", NULL},
    {"made/plus++name.with_all-1.2.3_git20240101-r1.apk", NULL},
    {"made/tilde-1.0~abc123-r0.apk", NULL},
    {"made/v3-plain-1.0-r0.apk", "apk_v3"},
    {"made/v3-tool-1.0-r0.apk", "apk_v3"},
    {"made/v3-zstd-1.0-r0.apk", "apk_v3"},
    {"bad/aws-c-s3-0.4.9-r0.apk", "datahash_mismatch"},
    {"bad/bad-dependency-version-1.0-r0.apk", "bad_dependency"},
    /* Clients install invalid versions; a registry with strict names refuses them when it publishes. */
    {"bad/bad-version-1.0-beta.apk", NULL},
    {"bad/debian-version-1.0+dfsg~rc1.apk", NULL},
    {"bad/carriage-return-1.0-r0.apk", "bad_value"},
    {"bad/control-with-end-mark-1.0-r0.apk", "bad_tar"},
    {"bad/empty-1.0-r0.apk", "not_an_apk"},
    {"bad/expanding-control-1.0-r0.apk", "control_too_large"},
    {"bad/long-dependency-1.0-r0.apk", "bad_dependency"},
    {"bad/long-line-1.0-r0.apk", "index_line_too_long"},
    {"bad/no-arch-1.0-r0.apk", "missing_field"},
    {"bad/no-datahash-1.0-r0.apk", "missing_field"},
    {"bad/no-name-1.0-r0.apk", "missing_field"},
    {"bad/no-version-1.0-r0.apk", "missing_field"},
    {"bad/no-pkginfo-1.0-r0.apk", "not_an_apk"},
    {"bad/not-utf8-1.0-r0.apk", "bad_value"},
    {"bad/nul-in-value-1.0-r0.apk", "bad_value"},
    {"bad/only-control-1.0-r0.apk", "bad_tar"},
    {"bad/plain-gzip-1.0-r0.apk", "not_an_apk"},
    {"bad/slash-arch-1.0-r0.apk", "bad_architecture"},
    {"bad/space-name-1.0-r0.apk", "bad_name"},
    {"bad/traversal-name-1.0-r0.apk", "bad_name"},
    {"bad/trailing-bytes-1.0-r0.apk", "trailing_bytes"},
    {"bad/truncated-1.0-r0.apk", "truncated"},
    {"bad/two-data-members-1.0-r0.apk", "bad_structure"},
    {"bad/wrong-datahash-1.0-r0.apk", "datahash_mismatch"},
};

static void test_ecosystems_alpine_fixtures__every_package_gets_its_verdict(void **state) {
    struct fixture *fixture = *state;
    char path[1024];
    const char *folder = fixture_folder(path, sizeof path);
    if (folder == NULL) {
        skip();
    }
    for (size_t i = 0; i < sizeof verdicts / sizeof verdicts[0]; i++) {
        struct alpine_package_reader *reader = NULL;
        struct error err = {.code = ""};
        struct apk_bytes package = fixture_read(folder, verdicts[i].file);
        lreg_status status = fixture_judge(&fixture->hooks, &package, 0, &reader, &err);
        lreg_status expected = verdicts[i].code != NULL ? LREG_UNPROCESSABLE : LREG_OK;
        if (status != expected || (status != LREG_OK && strcmp(err.code, verdicts[i].code) != 0)) {
            fail_msg("%s: %d %s %s", verdicts[i].file, status, err.code, err.message);
        }
        alpine_package_reader_free(reader);
        apk_free(&package);
    }
}
