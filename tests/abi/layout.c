/* SPDX-License-Identifier: Apache-2.0 */
/* The layout of every public struct, on machines with pointers of 8 bytes. A line here never changes; a struct that
 * grows gets lines for its new members and a new size. It is compiled, not run. */
#include <libregistry/dispatch.h>
#include <libregistry/exchange.h>
#include <libregistry/sys/hooks.h>
#include <libregistry/sys/storage_backend.h>

#if UINTPTR_MAX == UINT64_MAX

#define AT(type, member, offset) _Static_assert(offsetof(type, member) == (offset), #type "." #member)
#define SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), "size of " #type)

SIZE(lreg_status, 4);
SIZE(lreg_bool, 4);

AT(lreg_allocator, size, 0);
AT(lreg_allocator, user, 8);
AT(lreg_allocator, allocate, 16);
AT(lreg_allocator, reallocate, 24);
AT(lreg_allocator, release, 32);
SIZE(lreg_allocator, 40);

AT(lreg_clock, size, 0);
AT(lreg_clock, user, 8);
AT(lreg_clock, now_ms, 16);
SIZE(lreg_clock, 24);

AT(lreg_random, size, 0);
AT(lreg_random, user, 8);
AT(lreg_random, fill, 16);
SIZE(lreg_random, 24);

AT(lreg_log, size, 0);
AT(lreg_log, level, 4);
AT(lreg_log, user, 8);
AT(lreg_log, write, 16);
SIZE(lreg_log, 24);

AT(lreg_storage_backend, size, 0);
AT(lreg_storage_backend, reserved, 4);
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
SIZE(lreg_storage_backend, 144);

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
AT(lreg_dispatch_io, reserved, 4);
AT(lreg_dispatch_io, user, 8);
AT(lreg_dispatch_io, read, 16);
AT(lreg_dispatch_io, write_head, 24);
AT(lreg_dispatch_io, write, 32);
SIZE(lreg_dispatch_io, 40);

#endif
