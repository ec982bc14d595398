/* SPDX-License-Identifier: Apache-2.0 */
#ifndef META_META_H
#define META_META_H

/*
 * Metadata: what exists, and where its bytes are. All SQL of the library is in this room; its first engine is SQLite.
 * This header has opening and upkeep; transactions and each kind of row have a header of their own, included here.
 *
 * Nothing here assumes that this process alone owns the database.
 *
 * Failures: LREG_BUSY when a lock was held for longer than the busy timeout, LREG_NO_SPACE, LREG_CORRUPT, LREG_IO,
 * LREG_NO_MEMORY; functions name the further ones. After any failure of a write the transaction is to be rolled back.
 *
 * Threads: a `struct meta` from any, at once.
 */

#include "meta/transaction.h"

#include "meta/audit.h"
#include "meta/blobs.h"
#include "meta/documents.h"
#include "meta/organizations.h"
#include "meta/packages.h"
#include "meta/referrers.h"
#include "meta/registries.h"
#include "meta/tokens.h"
#include "meta/upkeep_row.h"
#include "meta/uploads.h"

#define META_DATABASE_FILE "registry.db"

struct meta_options {
    const char *directory; /* where META_DATABASE_FILE is, made when absent; NULL: a private database in memory */
    int32_t busy_timeout_ms;
    bool durable; /* PRAGMA synchronous = FULL, else NORMAL */
    bool is_expected; /* a database is there already; none is made in its place */
    bool is_read_only; /* this process cannot write to the files: nothing is made or changed; `is_expected` too */
    /* Makes durable all that is stored beside the database; NULL: nothing is. Called within a write transaction of a
     * durable instance when one that is not has written to the database since. */
    lreg_status (*settle)(void *user, struct error *err);
    void *settle_user;
    /* Asked before every step of a statement, when set: a result other than SQLITE_OK (0) is taken for the step's. For
     * tests that make the n-th step fail. */
    int (*step_fault)(void *user);
    void *step_fault_user;
};

/* Opens or creates the database, migrates its schema (PRAGMA user_version), and, when `durable`, syncs what it found
 * unsynced (meta_settle()). LREG_UNSUPPORTED when a newer version of the library has written it, or when it belongs to
 * another program, which finds it as it was; LREG_CORRUPT ("database_missing") when one was expected that is not there,
 * or has nothing in it. Options are copied. */
lreg_status meta_open(const struct hooks *hooks, const struct meta_options *options, struct meta **out,
                      struct error *err);
/* That failure, in the same words wherever it is found; `is_empty`: the file is there. */
lreg_status meta_database_missing(bool is_empty, struct error *err);
/* The failure of every write where the database is only read: LREG_FORBIDDEN ("read_only"). */
lreg_status meta_read_only(struct error *err);
void meta_close(struct meta *meta); /* no transaction is open any more; NULL is fine */

/* Brings the database to rest, so that the process may fork: waits until nobody uses it, closes all connections, and
 * holds off whoever comes, until meta_fork_end() by the same thread, in both processes. LREG_BUSY when that takes
 * longer than the busy timeout; LREG_MISUSE ("fork_begun"). */
lreg_status meta_fork_begin(struct meta *meta, struct error *err);
void meta_fork_end(struct meta *meta, bool is_child);
/* In place of meta_close() in a child whose parent forked without that. */
void meta_abandon(struct meta *meta);

/* A number that is different after any commit, by this process or another: what was read in a transaction that began
 * after this call is still true while the number stays. While nobody commits it costs a look at memory, and else
 * PRAGMA data_version on a connection that never writes. */
lreg_status meta_generation(struct meta *meta, uint64_t *out, struct error *err);

/* Makes durable what is in the database by now, whichever process wrote it. To be called before an answer that promises
 * what was only read; meta_commit() does the same. Costs one sync; nothing when the instance is not durable. */
lreg_status meta_settle(struct meta *meta, struct error *err);

/* The same for the database alone, and whether the instance is durable or not: before something that cannot be undone
 * is done outside, for which a commit was the reason. */
lreg_status meta_sync_log(struct meta *meta, struct error *err);

/* How many writes this process has committed: tells, without asking the engine, that a generation is out of date. */
uint64_t meta_commits(const struct meta *meta);

/* PRAGMA integrity_check and foreign_key_check, and that derived columns say what the rows say; LREG_CORRUPT with the
 * first finding. */
lreg_status meta_check(struct meta *meta, struct error *err);

/* Gives a part of the database's free pages back to the file system, in one short transaction, as long as there are
 * far more than what is soon used again; `*out_more` says whether there are still. Nothing in a database in memory, and
 * in one whose file was made before databases were made for this: that one is to be compacted once. */
lreg_status meta_space_give_back(struct meta *meta, uint64_t *out_freed_bytes, bool *out_more, struct error *err);
/* Writes the whole database anew without free pages, after which meta_space_give_back() works in it. Writers wait for
 * it, readers do not; it needs as much disk again as the database has in use. */
lreg_status meta_space_compact(struct meta *meta, uint64_t *out_freed_bytes, struct error *err);

/* A consistent copy of the database as the new file `path`, while others read and write. LREG_CONFLICT when there is
 * such a file; after a failure there is none. */
lreg_status meta_backup(struct meta *meta, const char *path, struct error *err);

#endif
