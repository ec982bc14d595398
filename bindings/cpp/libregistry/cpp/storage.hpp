/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_CPP_STORAGE_HPP
#define LIBREGISTRY_CPP_STORAGE_HPP

/**
 * @file
 * A storage for package bytes written in C++: derive from libregistry::storage and pass it to options::set_storage().
 * <libregistry/sys/storage_backend.h> documents what each member has to do; the comments here describe the differences.
 *
 * Members fail by throwing. The library understands an error with LREG_NOT_FOUND, LREG_NO_SPACE, LREG_IO, LREG_BUSY,
 * LREG_UPSTREAM, LREG_TIMEOUT, LREG_CANCELLED, LREG_NO_MEMORY, or a status of LREG_HOST_STATUS and above, with its
 * code, message, cause and retry time. std::bad_alloc becomes LREG_NO_MEMORY, and any other exception LREG_HOST_STATUS.
 * When that makes the call of the C++ API fail, the call throws the same exception; an HTTP request is answered with a
 * 5xx.
 * Threads: members are called from any thread, several at once for one storage, one at a time per stage and object.
 */

#include <libregistry/cpp/error.hpp>
#include <libregistry/sys/storage_backend.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace libregistry {

/** A storage. Since: 0.1 */
class storage {
  public:
    /** Bytes that are being written. The destructor closes the stage and keeps what was written. */
    class stage {
      public:
        stage() = default;
        stage(const stage &) = delete;
        stage &operator=(const stage &) = delete;
        virtual ~stage() = default;
        /** Appends all `length` bytes. */
        virtual void write(const void *bytes, std::size_t length) = 0;
        /** Makes what was written so far survive a power failure. @return the length of the stage that does */
        virtual std::uint64_t sync() = 0;
        /** Makes an object that survives a power failure. When it throws, drop() follows. @return its key, of 1 to
         * LREG_STORAGE_KEY_MAX bytes, never used before */
        virtual std::string commit(std::string_view digest) = 0;
        /** Removes what was written. The destructor follows. */
        virtual void drop() = 0;
    };

    /** A file that contains an object, and the offset where it starts. */
    struct file_part {
        std::int32_t descriptor;
        std::uint64_t offset;
    };

    /** An object, open for reading. The destructor closes it. */
    class object {
      public:
        object() = default;
        object(const object &) = delete;
        object &operator=(const object &) = delete;
        virtual ~object() = default;
        virtual std::uint64_t length() const = 0;
        /** @return the number of bytes; less than `capacity` only at the end */
        virtual std::size_t read(std::uint64_t offset, void *bytes, std::size_t capacity) = 0;
        /** Optional: for pread and sendfile, valid until the destructor. */
        virtual std::optional<file_part> descriptor() {
            return std::nullopt;
        }
        /** Optional: a file for a front server to send. */
        virtual std::optional<std::string> path() {
            return std::nullopt;
        }
    };

    /** An entry of a listing: the key of an object or the name of a stage, when it was last written, and its length. */
    struct entry {
        std::string name;
        std::int64_t modified_ms;
        std::uint64_t length;
    };

    /** A listing. */
    class listing {
      public:
        listing() = default;
        listing(const listing &) = delete;
        listing &operator=(const listing &) = delete;
        virtual ~listing() = default;
        /** The next entry; nothing at the end. */
        virtual std::optional<entry> next() {
            return std::nullopt;
        }
    };

    storage() = default;
    storage(const storage &) = delete;
    storage &operator=(const storage &) = delete;
    /** Called once, when neither options nor instance need it any more. */
    virtual ~storage() = default;

    virtual std::unique_ptr<stage> create_stage(std::string_view name) = 0;
    /** @return NULL when it does not exist */
    virtual std::unique_ptr<stage> reopen_stage(std::string_view name, std::uint64_t length) = 0;
    virtual void remove_stage(std::string_view name) = 0;
    /** @return NULL when there is no such object */
    virtual std::unique_ptr<object> open_object(std::string_view key) = 0;
    virtual void remove_object(std::string_view key) = 0;
    /** Optional: without it, leftovers of a crash are kept. @param what LREG_STORAGE_STAGES or LREG_STORAGE_OBJECTS
     * @param after only names that are greater, compared byte by byte */
    virtual std::unique_ptr<listing> list(std::int32_t what, std::string_view after) {
        (void)what;
        (void)after;
        return std::make_unique<listing>();
    }
};

namespace detail {

/** The C table of functions that call a libregistry::storage. */
struct storage_table {
    static storage &of(void *state) noexcept {
        return *static_cast<storage *>(state);
    }
    static storage::stage &stage_of(void *stage) noexcept {
        return *static_cast<storage::stage *>(stage);
    }
    static storage::object &object_of(void *object) noexcept {
        return *static_cast<storage::object *>(object);
    }

    /** Statuses that a storage may not return become LREG_HOST_STATUS. */
    template <class Body> static lreg_status run(lreg_failure *failure, Body &&body) noexcept {
        const lreg_status status = guard(failure, body);
        switch (status) {
        case LREG_OK:
        case LREG_NOT_FOUND:
        case LREG_NO_MEMORY:
        case LREG_BUSY:
        case LREG_NO_SPACE:
        case LREG_IO:
        case LREG_UPSTREAM:
        case LREG_TIMEOUT:
        case LREG_CANCELLED:
            return status;
        default:
            pending().status = status >= LREG_HOST_STATUS ? status : LREG_HOST_STATUS;
            return pending().status;
        }
    }

    /** Transfers `owned` to the library. */
    template <class T> static void give(std::unique_ptr<T> owned, lreg_status when_none, void **out) {
        if (owned == nullptr) {
            throw error(when_none, "the storage has no such thing");
        }
        *out = owned.release();
    }

    static void copy(std::string_view text, std::size_t longest, char *out) {
        if (text.empty() || text.size() > longest || text.find('\0') != std::string_view::npos) {
            throw error(LREG_IO, "a key, a name or a path of the storage is empty, too long, or has a NUL inside");
        }
        std::memcpy(out, text.data(), text.size());
        out[text.size()] = '\0';
    }

    static lreg_status stage_create(void *state, const char *name, const lreg_stage_info *, void **out,
                                    lreg_failure *failure) noexcept {
        return run(failure, [&] { give(of(state).create_stage(name), LREG_IO, out); });
    }
    static lreg_status stage_reopen(void *state, const char *name, std::uint64_t length, void **out,
                                    lreg_failure *failure) noexcept {
        return run(failure, [&] { give(of(state).reopen_stage(name, length), LREG_NOT_FOUND, out); });
    }
    static lreg_status stage_write(void *, void *stage, const void *bytes, std::size_t length,
                                   lreg_failure *failure) noexcept {
        return run(failure, [&] { stage_of(stage).write(bytes, length); });
    }
    static lreg_status stage_sync(void *, void *stage, std::uint64_t *out_durable, lreg_failure *failure) noexcept {
        return run(failure, [&] { *out_durable = stage_of(stage).sync(); });
    }
    static void stage_close(void *, void *stage) noexcept {
        delete &stage_of(stage);
    }
    static void stage_drop(void *state, void *stage) noexcept {
        guard_quietly([&] { stage_of(stage).drop(); });
        stage_close(state, stage);
    }
    static lreg_status stage_remove(void *state, const char *name, lreg_failure *failure) noexcept {
        return run(failure, [&] { of(state).remove_stage(name); });
    }
    static lreg_status stage_commit(void *state, void *stage, const lreg_object_info *info, char *key,
                                    std::size_t capacity, lreg_failure *failure) noexcept {
        const lreg_status status = run(failure, [&] { copy(stage_of(stage).commit(info->digest), capacity - 1, key); });
        status == LREG_OK ? stage_close(state, stage) : stage_drop(state, stage);
        return status;
    }
    static lreg_status object_open(void *state, const char *key, const lreg_read_info *, void **out,
                                   std::uint64_t *out_length, lreg_failure *failure) noexcept {
        return run(failure, [&] {
            std::unique_ptr<storage::object> object = of(state).open_object(key);
            const std::uint64_t length = object != nullptr ? object->length() : 0;
            give(std::move(object), LREG_NOT_FOUND, out);
            *out_length = length;
        });
    }
    static lreg_status object_read(void *, void *object, std::uint64_t offset, void *bytes, std::size_t length,
                                   std::size_t *out_got, lreg_failure *failure) noexcept {
        return run(failure, [&] { *out_got = object_of(object).read(offset, bytes, length); });
    }
    static lreg_status object_descriptor(void *, void *object, std::int32_t *out, std::uint64_t *out_offset,
                                         lreg_failure *failure) noexcept {
        std::optional<storage::file_part> part;
        const lreg_status status = run(failure, [&] { part = object_of(object).descriptor(); });
        if (status == LREG_OK && part) {
            *out = part->descriptor;
            *out_offset = part->offset;
        }
        return status == LREG_OK && !part ? LREG_NOT_FOUND : status;
    }
    static lreg_status object_path(void *, void *object, char *out, std::size_t capacity,
                                   lreg_failure *failure) noexcept {
        bool is_there = false;
        const lreg_status status = run(failure, [&] {
            const std::optional<std::string> path = object_of(object).path();
            is_there = path.has_value();
            if (is_there) {
                copy(*path, capacity - 1, out);
            }
        });
        return status == LREG_OK && !is_there ? LREG_NOT_FOUND : status;
    }
    static void object_close(void *, void *object) noexcept {
        delete &object_of(object);
    }
    static lreg_status object_remove(void *state, const char *key, lreg_failure *failure) noexcept {
        return run(failure, [&] { of(state).remove_object(key); });
    }
    static lreg_status list_open(void *state, const lreg_list_info *info, void **out, lreg_failure *failure) noexcept {
        return run(failure,
                   [&] { give(of(state).list(info->what, info->after != nullptr ? info->after : ""), LREG_IO, out); });
    }
    static lreg_status list_next(void *, void *list, char *name, std::size_t capacity, std::int64_t *out_modified_ms,
                                 std::uint64_t *out_length, lreg_failure *failure) noexcept {
        bool is_there = false;
        const lreg_status status = run(failure, [&] {
            const std::optional<storage::entry> found = static_cast<storage::listing *>(list)->next();
            is_there = found.has_value();
            if (is_there) {
                copy(found->name, capacity - 1, name);
                *out_modified_ms = found->modified_ms;
                *out_length = found->length;
            }
        });
        return status == LREG_OK && !is_there ? LREG_NOT_FOUND : status;
    }
    static void list_close(void *, void *list) noexcept {
        delete static_cast<storage::listing *>(list);
    }
    static void destroy(void *state) noexcept {
        delete &of(state);
    }

    static lreg_storage_backend table() noexcept {
        lreg_storage_backend table = {};
        table.size = sizeof table;
        table.stage_create = stage_create;
        table.stage_reopen = stage_reopen;
        table.stage_write = stage_write;
        table.stage_sync = stage_sync;
        table.stage_close = stage_close;
        table.stage_drop = stage_drop;
        table.stage_remove = stage_remove;
        table.stage_commit = stage_commit;
        table.object_open = object_open;
        table.object_read = object_read;
        table.object_descriptor = object_descriptor;
        table.object_close = object_close;
        table.object_remove = object_remove;
        table.list_open = list_open;
        table.list_next = list_next;
        table.list_close = list_close;
        table.destroy = destroy;
        table.object_path = object_path;
        return table;
    }
};

} // namespace detail
} // namespace libregistry

#endif
