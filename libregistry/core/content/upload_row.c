/* SPDX-License-Identifier: Apache-2.0 */

/* What the row of an upload session can turn out to be: unknown, continued by another request, or of bytes that are
 * gone. */

#include "core/content/upload.h"

#include "core/instance/state.h"

lreg_status core_upload_unknown(struct error *err) {
    return error_set(err, LREG_NOT_FOUND, "upload_unknown", "there is no such upload, or it has ended");
}

lreg_status core_upload_moved(struct error *err) {
    return error_set(err, LREG_CONFLICT, "upload_moved", "another request has continued this upload meanwhile");
}

/* The row is not deleted, because another process may have made an object of the bytes and be about to end the session
 * in the transaction that publishes it. After a failure here the next request detects the loss again. */
void core_upload_lose(struct core *core, const struct meta_upload *upload) {
    struct meta_transaction *transaction = NULL;
    if (meta_begin_unsynced(core->meta, &transaction, NULL) != LREG_OK) {
        return;
    }
    lreg_status status = meta_upload_lose(transaction, upload, hooks_now_ms(&core->hooks), NULL);
    (void)meta_end(transaction, status, NULL);
}
