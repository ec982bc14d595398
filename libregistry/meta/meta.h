/* SPDX-License-Identifier: Apache-2.0 */
#ifndef META_META_H
#define META_META_H

/*
 * Metadata: what exists, and where its bytes are. All SQL of the library is in this folder; its first engine is SQLite.
 * This header has opening and upkeep. Transactions and each kind of row have a header of their own, included here.
 *
 * Nothing here assumes that this process alone owns the database.
 *
 * Failures: LREG_BUSY when a lock was held for longer than the busy timeout, LREG_NO_SPACE, LREG_CORRUPT, LREG_IO,
 * LREG_NO_MEMORY; functions name the others. After any failure of a write, roll the transaction back.
 *
 * Threads: any thread may use a `struct meta` at any time.
 */

#include "meta/transaction.h"

#include "meta/audit.h"
#include "meta/blobs.h"
#include "meta/documents.h"
#include "meta/organizations.h"
#include "meta/packages.h"
#include "meta/referrers.h"
#include "meta/registries.h"
#include "meta/storages.h"
#include "meta/tokens.h"
#include "meta/upkeep_row.h"
#include "meta/uploads.h"

#define META_DATABASE_FILE "registry.db"

struct meta_options {
    const char *directory; /* where META_DATABASE_FILE is, created when absent; NULL: a private database in memory */
    int32_t busy_timeout_ms;
    bool durable; /* PRAGMA synchronous = FULL; otherwise NORMAL */
    bool is_expected; /* the database must exist; none is created */
    bool is_read_only; /* the files cannot be written to, and nothing is created; set `is_expected` too */
    /* Makes durable what is stored outside the database; NULL: there is nothing. Called within a write transaction of a
     * durable instance when an instance that is not durable has written to the database since. */
    lreg_status (*settle)(void *user, struct error *err);
    void *settle_user;
    /* When set, called before every step of a statement: a result other than SQLITE_OK (0) replaces the step and its
     * result. For tests that make the n-th step fail. */
    int (*step_fault)(void *user);
    void *step_fault_user;
};

/* Opens or creates the database, migrates its schema (PRAGMA user_version), and, when `durable`, syncs what it finds
 * unsynced (meta_settle()). LREG_UNSUPPORTED when a newer version of the library has written the database, or when it
 * belongs to another program; it is not changed then. LREG_CORRUPT ("database_missing") when an expected database does
 * not exist or is empty. Options are copied. */
lreg_status meta_open(const struct hooks *hooks, const struct meta_options *options, struct meta **out,
                      struct error *err);
/* The failure "database_missing", with one message for all places that detect it; `is_empty`: the file exists. */
lreg_status meta_database_missing(bool is_empty, struct error *err);
/* The failure of every write to a database that is only read: LREG_FORBIDDEN ("read_only"). */
lreg_status meta_read_only(struct error *err);
void meta_close(struct meta *meta); /* no transaction may be open; NULL is allowed */

/* Prepares the database for a fork of the process: waits until it is unused, closes all connections, and blocks new
 * users until meta_fork_end(), which the same thread calls in both processes. LREG_BUSY when that takes longer than the
 * busy timeout; LREG_MISUSE ("fork_begun") when a fork has begun already. */
lreg_status meta_fork_begin(struct meta *meta, struct error *err);
void meta_fork_end(struct meta *meta, bool is_child);
/* Replaces meta_close() in a child whose parent forked without meta_fork_begin(). */
void meta_abandon(struct meta *meta);

/* A number that changes with every commit, by this process or another. What was read in a transaction that began after
 * this call is valid while the number stays the same. It costs a read of memory while there are no commits; otherwise
 * PRAGMA data_version on a connection that never writes. */
lreg_status meta_generation(struct meta *meta, uint64_t *out, struct error *err);

/* Makes the current content of the database durable, whichever process wrote it. Call it before acknowledging something
 * that was only read; meta_commit() does the same for writes. Costs one sync; nothing when the instance is not
 * durable. */
lreg_status meta_settle(struct meta *meta, struct error *err);

/* The same for the database alone, and also when the instance is not durable. Call it before an action outside the
 * database that cannot be undone and that follows from a commit. */
lreg_status meta_sync_log(struct meta *meta, struct error *err);

/* The number of writes that this process has committed. When it grows, a generation is out of date; the engine is not
 * queried. */
uint64_t meta_commits(const struct meta *meta);

/* Runs PRAGMA integrity_check and foreign_key_check, and compares derived columns with the rows; LREG_CORRUPT with the
 * first finding. */
lreg_status meta_check(struct meta *meta, struct error *err);

/* Returns some of the database's free pages to the file system, in one short transaction, when far more are free than
 * will soon be reused; `*out_more` says whether that still holds. Does nothing for a database in memory, or for an
 * older file without a map for it: such a file has to be compacted once. */
lreg_status meta_space_give_back(struct meta *meta, uint64_t *out_freed_bytes, bool *out_more, struct error *err);
/* Rewrites the whole database without free pages; meta_space_give_back() works on it afterwards. Blocks writers, not
 * readers. Needs as much free disk space as the database uses. */
lreg_status meta_space_compact(struct meta *meta, uint64_t *out_freed_bytes, struct error *err);

/* The sizes of the database file and of its log. False when the database is in memory. Waits for the disk at most. */
bool meta_file_sizes(const struct meta *meta, uint64_t *out_database_bytes, uint64_t *out_log_bytes);

/* Copies the database, consistently, to the new file `path`, while others read and write. LREG_CONFLICT when the file
 * exists; a failure leaves no file. */
lreg_status meta_backup(struct meta *meta, const char *path, struct error *err);

#endif
