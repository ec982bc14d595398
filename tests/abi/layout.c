/* SPDX-License-Identifier: Apache-2.0 */
/* The layout of every public struct, on machines with pointers of 8 bytes. A line here never changes; a struct that
 * grows gets lines for its new members and a new size. It is compiled, not run. */
#include <libregistry/dispatch.h>
#include <libregistry/exchange.h>
#include <libregistry.h>

#if UINTPTR_MAX == UINT64_MAX

#define AT(type, member, offset) _Static_assert(offsetof(type, member) == (offset), #type "." #member)
#define SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), "size of " #type)

SIZE(lreg_status, 4);
SIZE(lreg_bool, 4);
SIZE(lreg_wants, 4);
SIZE(lreg_piece_kind, 4);

AT(lreg_metrics_filter, size, 0);
AT(lreg_metrics_filter, flags, 4);
AT(lreg_metrics_filter, name_prefix, 8);
SIZE(lreg_metrics_filter, 16);

AT(lreg_upkeep_options, size, 0);
AT(lreg_upkeep_options, flags, 4);
AT(lreg_upkeep_options, budget_ms, 8);
AT(lreg_upkeep_options, grace_ms, 16);
AT(lreg_upkeep_options, collect_interval_ms, 24);
AT(lreg_upkeep_options, scrub_interval_ms, 32);
AT(lreg_upkeep_options, scrub_bytes_per_second, 40);
SIZE(lreg_upkeep_options, 48);

AT(lreg_upkeep_report, size, 0);
AT(lreg_upkeep_report, flags, 4);
AT(lreg_upkeep_report, next_ms, 8);
AT(lreg_upkeep_report, clock_ahead_ms, 16);
AT(lreg_upkeep_report, uploads, 24);
AT(lreg_upkeep_report, stages, 32);
AT(lreg_upkeep_report, blobs, 40);
AT(lreg_upkeep_report, blob_bytes, 48);
AT(lreg_upkeep_report, objects, 56);
AT(lreg_upkeep_report, audit_events, 64);
AT(lreg_upkeep_report, freed_bytes, 72);
AT(lreg_upkeep_report, scrubbed_blobs, 80);
AT(lreg_upkeep_report, scrubbed_documents, 88);
AT(lreg_upkeep_report, scrubbed_bytes, 96);
AT(lreg_upkeep_report, missing, 104);
AT(lreg_upkeep_report, damaged, 112);
AT(lreg_upkeep_report, unreadable, 120);
AT(lreg_upkeep_report, healed, 128);
SIZE(lreg_upkeep_report, 136);

AT(lreg_allocator, size, 0);
AT(lreg_allocator, flags, 4);
AT(lreg_allocator, user, 8);
AT(lreg_allocator, allocate, 16);
AT(lreg_allocator, reallocate, 24);
AT(lreg_allocator, release, 32);
SIZE(lreg_allocator, 40);

AT(lreg_clock, size, 0);
AT(lreg_clock, flags, 4);
AT(lreg_clock, user, 8);
AT(lreg_clock, now_ms, 16);
AT(lreg_clock, destroy, 24);
AT(lreg_clock, uptime_ms, 32);
SIZE(lreg_clock, 40);

AT(lreg_random, size, 0);
AT(lreg_random, flags, 4);
AT(lreg_random, user, 8);
AT(lreg_random, fill, 16);
AT(lreg_random, destroy, 24);
SIZE(lreg_random, 32);

AT(lreg_log, size, 0);
AT(lreg_log, level, 4);
AT(lreg_log, user, 8);
AT(lreg_log, write, 16);
AT(lreg_log, destroy, 24);
SIZE(lreg_log, 32);

AT(lreg_executor, size, 0);
AT(lreg_executor, flags, 4);
AT(lreg_executor, user, 8);
AT(lreg_executor, run, 16);
AT(lreg_executor, destroy, 24);
SIZE(lreg_executor, 32);

AT(lreg_stage_info, size, 0);
AT(lreg_stage_info, flags, 4);
AT(lreg_stage_info, expected_length, 8);
SIZE(lreg_stage_info, 16);

AT(lreg_object_info, size, 0);
AT(lreg_object_info, flags, 4);
AT(lreg_object_info, digest, 8);
AT(lreg_object_info, length, 16);
SIZE(lreg_object_info, 24);

AT(lreg_read_info, size, 0);
AT(lreg_read_info, flags, 4);
AT(lreg_read_info, expected_length, 8);
AT(lreg_read_info, offset, 16);
AT(lreg_read_info, length, 24);
SIZE(lreg_read_info, 32);

AT(lreg_list_info, size, 0);
AT(lreg_list_info, flags, 4);
AT(lreg_list_info, after, 8);
AT(lreg_list_info, what, 16);
AT(lreg_list_info, reserved, 20);
SIZE(lreg_list_info, 24);

AT(lreg_storage_backend, size, 0);
AT(lreg_storage_backend, flags, 4);
AT(lreg_storage_backend, stage_create, 8);
AT(lreg_storage_backend, stage_reopen, 16);
AT(lreg_storage_backend, stage_write, 24);
AT(lreg_storage_backend, stage_sync, 32);
AT(lreg_storage_backend, stage_close, 40);
AT(lreg_storage_backend, stage_drop, 48);
AT(lreg_storage_backend, stage_remove, 56);
AT(lreg_storage_backend, stage_commit, 64);
AT(lreg_storage_backend, object_open, 72);
AT(lreg_storage_backend, object_read, 80);
AT(lreg_storage_backend, object_descriptor, 88);
AT(lreg_storage_backend, object_close, 96);
AT(lreg_storage_backend, object_remove, 104);
AT(lreg_storage_backend, list_open, 112);
AT(lreg_storage_backend, list_next, 120);
AT(lreg_storage_backend, list_close, 128);
AT(lreg_storage_backend, destroy, 136);
AT(lreg_storage_backend, object_path, 144);
SIZE(lreg_storage_backend, 152);

SIZE(lreg_wants, 4);
SIZE(lreg_piece_kind, 4);

AT(lreg_piece, size, 0);
AT(lreg_piece, kind, 4);
AT(lreg_piece, bytes, 8);
AT(lreg_piece, length, 16);
AT(lreg_piece, file_offset, 24);
AT(lreg_piece, file, 32);
AT(lreg_piece, reserved, 36);
SIZE(lreg_piece, 40);

AT(lreg_dispatch_io, size, 0);
AT(lreg_dispatch_io, flags, 4);
AT(lreg_dispatch_io, user, 8);
AT(lreg_dispatch_io, read, 16);
AT(lreg_dispatch_io, write_head, 24);
AT(lreg_dispatch_io, write, 32);
AT(lreg_dispatch_io, send_file, 40);
SIZE(lreg_dispatch_io, 48);

AT(lreg_audit_event_filter, size, 0);
AT(lreg_audit_event_filter, flags, 4);
AT(lreg_audit_event_filter, organization_id, 8);
SIZE(lreg_audit_event_filter, 16);

AT(lreg_finding, size, 0);
AT(lreg_finding, flags, 4);
AT(lreg_finding, message, 8);
SIZE(lreg_finding, 16);

AT(lreg_verify_options, size, 0);
AT(lreg_verify_options, flags, 4);
AT(lreg_verify_options, finding, 8);
AT(lreg_verify_options, user, 16);
SIZE(lreg_verify_options, 24);

AT(lreg_collect_options, size, 0);
AT(lreg_collect_options, flags, 4);
AT(lreg_collect_options, grace_ms, 8);
SIZE(lreg_collect_options, 16);

AT(lreg_backup_options, size, 0);
AT(lreg_backup_options, flags, 4);
SIZE(lreg_backup_options, 8);

AT(lreg_organization_filter, size, 0);
AT(lreg_organization_filter, flags, 4);
SIZE(lreg_organization_filter, 8);

AT(lreg_package_filter, size, 0);
AT(lreg_package_filter, flags, 4);
AT(lreg_package_filter, name_contains, 8);
SIZE(lreg_package_filter, 16);

AT(lreg_registry_filter, size, 0);
AT(lreg_registry_filter, flags, 4);
SIZE(lreg_registry_filter, 8);

AT(lreg_token_filter, size, 0);
AT(lreg_token_filter, flags, 4);
SIZE(lreg_token_filter, 8);

AT(lreg_upload_filter, size, 0);
AT(lreg_upload_filter, flags, 4);
SIZE(lreg_upload_filter, 8);

AT(lreg_verify_report, size, 0);
AT(lreg_verify_report, flags, 4);
AT(lreg_verify_report, blobs, 8);
AT(lreg_verify_report, blob_bytes, 16);
AT(lreg_verify_report, documents, 24);
AT(lreg_verify_report, missing, 32);
AT(lreg_verify_report, damaged, 40);
AT(lreg_verify_report, unnamed_objects, 48);
AT(lreg_verify_report, dangling, 56);
AT(lreg_verify_report, unreadable, 64);
SIZE(lreg_verify_report, 72);

AT(lreg_collect_report, size, 0);
AT(lreg_collect_report, flags, 4);
AT(lreg_collect_report, uploads, 8);
AT(lreg_collect_report, stages, 16);
AT(lreg_collect_report, blobs, 24);
AT(lreg_collect_report, blob_bytes, 32);
AT(lreg_collect_report, objects, 40);
AT(lreg_collect_report, audit_events, 48);
SIZE(lreg_collect_report, 56);

/* Values that programs have been compiled with. */
#define VALUE(name, value) _Static_assert((name) == (value), #name)

VALUE(LREG_BACKUP_LINK, 1);
VALUE(LREG_COLLECT_HAS_MORE, 1);
VALUE(LREG_DISPATCH_READS_ALL, 1);

VALUE(LREG_WANTS_NOTHING, 0);
VALUE(LREG_WANTS_BODY, 1);
VALUE(LREG_WANTS_RESPONSE, 2);
VALUE(LREG_PIECE_END, 0);
VALUE(LREG_PIECE_BYTES, 1);
VALUE(LREG_PIECE_FILE, 2);
VALUE(LREG_PIECE_WAIT, 3);
VALUE(LREG_LIMIT_PACKAGE_BYTES, 1);
VALUE(LREG_SETTING_CACHE_BYTES, 19);
VALUE(LREG_STORAGE_KEY_MAX, 255);
VALUE(LREG_STORAGE_STAGE_NAME_MAX, 63);
VALUE(LREG_NOT_IMPLEMENTED, 23);
VALUE(LREG_HOST_STATUS, 1000);

#endif
