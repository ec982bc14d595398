/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_INSTANCE_INSTANCE_H
#define CORE_INSTANCE_INSTANCE_H

/*
 * One open instance: its options, its limits, and what every rule needs of it. It is reference-counted: handles that
 * outlive their instance keep it alive.
 *
 * Threads: any thread may use a `struct core` at any time.
 */

#include "auth/auth.h"
#include "base/strbuf.h"
#include "meta/meta.h"
#include "storage/storage.h"

/* Forward declarations, so that the headers of this folder can be included in any order. */
struct core;
struct core_ecosystem;
struct core_shared;

struct core_limits {
    uint64_t max_package_bytes;
    uint64_t max_blob_bytes;
    size_t max_manifest_bytes; /* 4 MiB */
    size_t max_json_bytes; /* 1 MiB: request bodies of the management API */
    size_t max_json_depth; /* 32 */
    size_t max_target_bytes; /* 8 KiB */
    size_t max_header_bytes; /* 64 KiB, all fields together */
    size_t max_headers; /* 200 */
    size_t max_multipart_parts; /* 32 */
    size_t max_part_header_bytes; /* 16 KiB */
    size_t max_archive_entries; /* 250,000: entries of a package that are read */
    uint64_t max_unpacked_bytes; /* 64 MiB: unpacked bytes of control data that are read */
    uint64_t max_package_unpacked_bytes; /* 16 GiB: unpacked bytes of a whole package */
    uint64_t max_unpacked_ratio; /* 100: unpacked bytes for each packed one */
    size_t max_archive_manifest_bytes; /* 32 MiB: all manifests of an image archive together */
    size_t max_uploads; /* 1,000 upload sessions in progress at once, per registry */
    size_t max_token_uploads; /* 250 of them for one principal */
    int64_t max_upload_idle_ms; /* 10 min without progress; the session then no longer counts, but may continue */
    int64_t max_upload_age_ms; /* 7 days without progress; then a session may be collected */
    int64_t blob_grace_ms; /* 24 h: a blob in an image repository that no manifest names yet */
    int64_t bearer_lifetime_ms; /* 5 min */
    int64_t audit_keep_ms; /* 365 days */
    uint64_t audit_keep_events; /* 1,000,000 */
    size_t cache_bytes; /* 8 MiB */
};
void core_limits_default(struct core_limits *limits);

/* Requires "http://" or "https://", a host, and optionally a path; trailing slashes are allowed. LREG_BAD_ARGUMENT
 * ("bad_base_url"). */
lreg_status core_base_url_check(const char *base_url, struct error *err);

/* The names of the library's own storages. */
#define CORE_STORAGE_LOCAL "local" /* the files below the directory */
#define CORE_STORAGE_MEMORY "memory"
/* What the row of a registry says: its packages are stored in whichever storage is open. */
#define CORE_STORAGE_OF_INSTANCE "default"

struct core_options {
    struct hooks hooks; /* copied */
    const char *directory; /* data directory; NULL: everything in memory */
    bool durable;
    int32_t busy_timeout_ms;
    const lreg_storage_backend *backend; /* of the host; copied; its state is owned, also on failure; NULL: ours */
    void *backend_state;
    const char *backend_name; /* valid by storage_name_is_valid(); NULL without a backend */
    bool memory_storage; /* blobs in memory, whatever `directory` is; otherwise in files below it */
    bool is_filled_later; /* a backup in the making: its packages are copied after it was opened */
    const char *base_url; /* "https://packages.example.com/prefix": base of URLs in responses; NULL: from the request */
    struct core_limits limits;
    const struct core_ecosystem *const *ecosystems; /* NULL-terminated; lives as long as the program */
    int (*step_fault)(void *user); /* see meta_options */
    void *step_fault_user;
};

/* Opens or creates the data directory: `registry.db`, `objects/`, `staging/`, `instance.key` (0600). The cost does not
 * depend on the size of the store. */
lreg_status core_open(const struct core_options *options, struct core **out, struct error *err);
void core_retain(struct core *core);
void core_release(struct core *core); /* the last release closes it; NULL is allowed */

/* LREG_MISUSE ("forked") when the instance belongs to the process that forked this one. */
lreg_status core_check_process(const struct core *core, struct error *err);
/* See lreg_fork_begin(). */
lreg_status core_fork_begin(struct core *core, struct error *err);
void core_fork_end(struct core *core);

/* Whether this process cannot write to the data directory. Then every change fails with LREG_FORBIDDEN ("read_only"),
 * and side effects of reads, such as download counts, are left out. */
bool core_is_read_only(const struct core *core);
/* Returns LREG_OK, or that failure. For operations that write to the storage before they write to the metadata. */
lreg_status core_check_writable(const struct core *core, struct error *err);
/* LREG_OK when the instance can serve reads now. LREG_BUSY ("database_lost") when the database's file was removed or
 * replaced; otherwise the failure of reading it. */
lreg_status core_check_ready(struct core *core, struct error *err);
/* LREG_OK when the instance would accept a package now: LREG_FORBIDDEN ("read_only") or LREG_NO_SPACE otherwise. Checks
 * the disk of the data directory, not the storage of a host. */
lreg_status core_check_accepts(struct core *core, struct error *err);

const struct hooks *core_hooks(const struct core *core);
const struct core_limits *core_limits_of(const struct core *core);
const char *core_base_url(const struct core *core); /* NULL when there is none; without a trailing slash */
struct meta *core_meta(struct core *core);
const struct auth_keys *core_keys(const struct core *core);

/* The actor of an operation, for rules and the audit log. */
struct core_actor {
    const struct auth_principal *principal;
    const char *remote_address; /* "" when unknown */
};
/* The host as an actor. */
extern const struct core_actor core_actor_host;

#endif
