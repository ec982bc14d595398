/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_CPP_EXCHANGE_HPP
#define LIBREGISTRY_CPP_EXCHANGE_HPP

/**
 * @file
 * One HTTP request and its response. <libregistry/exchange.h> documents the phases and rules.
 */

#include <libregistry/cpp/instance.hpp>
#include <libregistry/dispatch.h>
#include <libregistry/exchange.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace libregistry {

/** Name and value of a header field. */
using field = std::pair<std::string_view, std::string_view>;

/** The header fields of a response, as a range. Borrowed until the exchange is reset or destroyed. Since: 0.1 */
class field_range {
  public:
    class iterator {
      public:
        using iterator_category = std::input_iterator_tag;
        using value_type = field;
        using difference_type = std::ptrdiff_t;
        using pointer = const field *;
        using reference = const field &;

        /** The end. */
        iterator() noexcept = default;
        explicit iterator(const lreg_exchange *exchange) noexcept : exchange_(exchange) {
            look();
        }
        reference operator*() const noexcept {
            return shown_;
        }
        pointer operator->() const noexcept {
            return &shown_;
        }
        iterator &operator++() noexcept {
            index_++;
            look();
            return *this;
        }
        iterator operator++(int) noexcept {
            iterator before = *this;
            ++*this;
            return before;
        }
        friend bool operator==(const iterator &a, const iterator &b) noexcept {
            return a.exchange_ == b.exchange_ && a.index_ == b.index_;
        }
        friend bool operator!=(const iterator &a, const iterator &b) noexcept {
            return !(a == b);
        }

      private:
        void look() noexcept {
            const char *name = nullptr;
            const char *value = nullptr;
            if (exchange_ != nullptr && lreg_exchange_header_at(exchange_, index_, &name, &value) != 0) {
                shown_ = field(name, value);
            } else {
                *this = iterator();
            }
        }
        const lreg_exchange *exchange_ = nullptr;
        std::size_t index_ = 0;
        field shown_;
    };

    explicit field_range(const lreg_exchange *exchange) noexcept : exchange_(exchange) {
    }
    iterator begin() const noexcept {
        return iterator(exchange_);
    }
    iterator end() const noexcept {
        return iterator();
    }

  private:
    const lreg_exchange *exchange_;
};

/** The head of a response. Borrowed until the exchange is reset or destroyed. Never throws. Since: 0.1 */
class response_head {
  public:
    explicit response_head(const lreg_exchange *exchange) noexcept : exchange_(exchange) {
    }
    /** Such as 200; 0 until the response is ready. */
    std::int32_t status() const noexcept {
        return lreg_exchange_status(exchange_);
    }
    /** The reason phrase, such as "Not Found"; "" until the response is ready. */
    std::string_view reason() const noexcept {
        return lreg_exchange_reason(exchange_);
    }
    field_range fields() const noexcept {
        return field_range(exchange_);
    }
    /** The value of "Content-Length"; -1: omit the field. */
    std::int64_t content_length() const noexcept {
        return lreg_exchange_content_length(exchange_);
    }
    /** The share of the host's threads that the request counts against; "" before begin, and without credentials. */
    std::string_view share() const noexcept {
        return lreg_exchange_share(exchange_);
    }
    /** Whether the connection may carry another request. */
    bool may_keep_alive() const noexcept {
        return lreg_exchange_may_keep_alive(exchange_) != 0;
    }
    /** The file that is the whole body, after exchange::set_sends_files(); "" when there is none. */
    std::string_view file_path() const noexcept {
        return lreg_exchange_file_path(exchange_);
    }

  private:
    const lreg_exchange *exchange_;
};

/** The source of a request's body and the destination of its response. When a function throws, the call ends with that
 * exception. Since: 0.1 */
struct dispatch_io {
    /** Optional: reads up to `capacity` bytes of the body; 0 is its end. Send 100 in the first call. */
    std::function<std::size_t(void *buffer, std::size_t capacity)> read;
    /** Sends the head. */
    std::function<void(const response_head &)> write_head;
    /** Sends bytes of the body. */
    std::function<void(const void *bytes, std::size_t length)> write;
    /** Optional: makes the front server send the file, instead of the two above. */
    std::function<void(const response_head &, std::string_view path)> send_file;
    /** LREG_DISPATCH_*, or 0. */
    std::uint32_t flags = 0;
};

namespace detail {

/** The C table of functions that call a dispatch_io. */
inline lreg_dispatch_io dispatch_table(const dispatch_io &io) noexcept {
    lreg_dispatch_io table = {};
    table.size = sizeof table;
    table.flags = io.flags;
    table.user = const_cast<dispatch_io *>(&io);
    if (io.read) {
        table.read = [](void *user, void *buffer, std::size_t capacity, std::size_t *out_got) noexcept {
            return guard([&] { *out_got = static_cast<const dispatch_io *>(user)->read(buffer, capacity); });
        };
    }
    if (io.write_head) {
        table.write_head = [](void *user, const lreg_exchange *exchange) noexcept {
            return guard([&] { static_cast<const dispatch_io *>(user)->write_head(response_head(exchange)); });
        };
    }
    if (io.write) {
        table.write = [](void *user, const void *bytes, std::size_t length) noexcept {
            return guard([&] { static_cast<const dispatch_io *>(user)->write(bytes, length); });
        };
    }
    if (io.send_file) {
        table.send_file = [](void *user, const lreg_exchange *exchange, const char *path) noexcept {
            return guard([&] { static_cast<const dispatch_io *>(user)->send_file(response_head(exchange), path); });
        };
    }
    return table;
}

} // namespace detail

/** One request and its response. Threads: any, one at a time per exchange, not always the same one. Since: 0.1 */
class exchange : public handle<lreg_exchange, lreg_exchange_free> {
  public:
    using handle::handle;

    /** A new exchange, which waits for the head of a request. */
    explicit exchange(const instance &of) {
        open([&](lreg_exchange **out, lreg_error **failure) { return lreg_exchange_new(of.get(), out, failure); });
    }

    /** Makes it ready for the next request, in any phase. */
    void reset() noexcept {
        if (get() != nullptr) {
            detail::call_scope scope;
            lreg_exchange_reset(get());
        }
    }

    /* --- the head of the request; each returns the exchange --- */

    exchange &set_request(const optional_text &method, const optional_text &target) {
        const detail::nullable_text method_copy(method);
        const detail::nullable_text target_copy(target);
        return set([&](lreg_error **failure) {
            return lreg_exchange_set_request(get(), method_copy.get(), target_copy.get(), failure);
        });
    }
    /** @param scheme "http" or "https" */
    exchange &set_scheme(std::string_view scheme) {
        const std::string copy = detail::text(scheme);
        return set([&](lreg_error **failure) { return lreg_exchange_set_scheme(get(), copy.c_str(), failure); });
    }
    /** @param host nothing: take it from the field Host */
    exchange &set_host(const optional_text &host) {
        const detail::nullable_text copy(host);
        return set([&](lreg_error **failure) { return lreg_exchange_set_host(get(), copy.get(), failure); });
    }
    exchange &set_mount(std::string_view mount) {
        const std::string copy = detail::text(mount);
        return set([&](lreg_error **failure) { return lreg_exchange_set_mount(get(), copy.c_str(), failure); });
    }
    /** @param address nothing: unknown */
    exchange &set_peer(const optional_text &address) {
        const detail::nullable_text copy(address);
        return set([&](lreg_error **failure) { return lreg_exchange_set_peer(get(), copy.get(), failure); });
    }
    exchange &trust_forwarded(bool trust) {
        return set([&](lreg_error **failure) { return lreg_exchange_trust_forwarded(get(), trust ? 1 : 0, failure); });
    }
    exchange &set_sends_files(bool sends_files) {
        return set(
            [&](lreg_error **failure) { return lreg_exchange_set_sends_files(get(), sends_files ? 1 : 0, failure); });
    }
    exchange &add_header(std::string_view name, std::string_view value) {
        const std::string name_copy = detail::text(name);
        const std::string value_copy = detail::text(value);
        return set([&](lreg_error **failure) {
            return lreg_exchange_add_header(get(), name_copy.c_str(), value_copy.c_str(), failure);
        });
    }
    /** Sets the whole head from CGI variables. @param variables "NAME=value" each, NULL at the end */
    exchange &set_environment(const char *const *variables) {
        return set([&](lreg_error **failure) { return lreg_exchange_set_environment(get(), variables, failure); });
    }

    /** For event loops: call work() when wants() returns LREG_WANTS_WORK. */
    exchange &set_defers_work(bool defers) {
        return set([&](lreg_error **failure) { return lreg_exchange_set_defers_work(get(), defers ? 1 : 0, failure); });
    }

    /* --- its body --- */

    void begin() {
        detail::call([&](lreg_error **failure) { return lreg_exchange_begin(get(), failure); });
    }
    /** Does deferred work, on a thread that may block. */
    void work() {
        detail::call([&](lreg_error **failure) { return lreg_exchange_work(get(), failure); });
    }
    /** The number of bytes of the body still to come; -1: unknown. */
    std::int64_t body_remaining() const noexcept {
        return lreg_exchange_body_remaining(get());
    }
    /** One of LREG_WANTS_*. */
    lreg_wants wants() const noexcept {
        return lreg_exchange_wants(get());
    }
    void write(const void *bytes, std::size_t length) {
        detail::call([&](lreg_error **failure) { return lreg_exchange_write(get(), bytes, length, failure); });
    }
    void write(std::string_view bytes) {
        write(bytes.data(), bytes.size());
    }
    void finish() {
        detail::call([&](lreg_error **failure) { return lreg_exchange_finish(get(), failure); });
    }

    /* --- the response --- */

    response_head response() const noexcept {
        return response_head(get());
    }
    /** The next piece of the body; does not advance. Borrowed until consume() has passed it, reset(), or the
     * destructor. */
    lreg_piece next() {
        lreg_piece piece = {};
        piece.size = sizeof piece;
        detail::call([&](lreg_error **failure) { return lreg_exchange_next(get(), &piece, failure); });
        return piece;
    }
    /** Advances: `length` bytes of the piece from next() were sent. */
    void consume(std::uint64_t length) {
        detail::call([&](lreg_error **failure) { return lreg_exchange_consume(get(), length, failure); });
    }
    /** Copies the next bytes of the body and advances. @return the number of bytes; 0 only at the end */
    std::size_t read(void *buffer, std::size_t capacity) {
        std::size_t got = 0;
        detail::call([&](lreg_error **failure) { return lreg_exchange_read(get(), buffer, capacity, &got, failure); });
        return got;
    }

    /** Answers the request whose head was set: begins it, reads its body and writes the response. */
    void run(const dispatch_io &io) {
        const lreg_dispatch_io table = detail::dispatch_table(io);
        detail::call([&](lreg_error **failure) { return lreg_exchange_run(get(), &table, failure); });
    }

  private:
    template <class Setter> exchange &set(Setter &&setter) {
        detail::call(setter);
        return *this;
    }
};

/** Answers one request with a separate exchange: lreg_dispatch(). Threads: any, at once. Since: 0.1 */
inline void dispatch(const instance &to, std::string_view method, std::string_view target,
                     std::initializer_list<field> fields, const dispatch_io &io) {
    const std::string method_copy = detail::text(method);
    const std::string target_copy = detail::text(target);
    std::vector<std::string> texts;
    for (const field &one : fields) {
        texts.push_back(detail::text(one.first));
        texts.push_back(detail::text(one.second));
    }
    std::vector<const char *> pointers;
    for (const std::string &one : texts) {
        pointers.push_back(one.c_str());
    }
    pointers.push_back(nullptr);
    const lreg_dispatch_io table = detail::dispatch_table(io);
    detail::call([&](lreg_error **failure) {
        return lreg_dispatch(to.get(), method_copy.c_str(), target_copy.c_str(), pointers.data(), &table, failure);
    });
}

} // namespace libregistry

#endif
