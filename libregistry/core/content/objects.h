/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_CONTENT_OBJECTS_H
#define CORE_CONTENT_OBJECTS_H

/* Objects as the metadata names them. */

#include "core/package.h"

/* Opens a stored blob for reading. LREG_BUSY ("storage_unknown") when neither it nor a copy of it is in the storage
 * that is open. LREG_NOT_FOUND when the collector has just removed it: look the name up again. LREG_CORRUPT when the
 * storage has lost it ("blob_missing"), when it has another length ("blob_length"), or when it is in quarantine
 * ("blob_damaged", see core/upkeep/quarantine.h). */
lreg_status core_blob_open(struct core *core, const struct meta_blob *blob, struct storage_object **out,
                           uint64_t *out_length, struct error *err);

/* Opens the package's bytes. LREG_NOT_FOUND when the package is gone or has no blob (an image: read its document). */
lreg_status core_package_open(struct core *core, const struct core_package *package, struct storage_object **out,
                              uint64_t *out_length, struct error *err);

/* Finds the storage that a row names; LREG_BUSY ("storage_unknown") when this instance was opened without it. */
bool core_storage_is_open(const struct core *core, const char *name);
lreg_status core_storage_find(struct core *core, const char *name, struct storage **out, struct error *err);

/* Like core_blob_open(), for a blob whose storage is open, but opens the object in the storage instead of the cached
 * one, and also one in quarantine. */
lreg_status core_blob_open_anew(struct core *core, const struct meta_blob *blob, struct storage_object **out,
                                uint64_t *out_length, struct error *err);

/* Removes the object of a doomed row from its storage, then the row. No transaction may be open. */
lreg_status core_doomed_remove(struct core *core, const char *storage, const char *key, struct error *err);

/* Reads how often objects that the metadata did not know were doomed. When the number is the same before an object is
 * created and in the transaction that names it, the object was not among them. */
lreg_status core_sweeps_read(struct core *core, struct meta_transaction *transaction, uint64_t *out, struct error *err);
lreg_status core_sweeps_note(struct core *core, struct meta_transaction *transaction, struct error *err);

#endif
