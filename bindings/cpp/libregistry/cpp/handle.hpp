/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_CPP_HANDLE_HPP
#define LIBREGISTRY_CPP_HANDLE_HPP

/**
 * @file
 * What all handles share. They own their object, and can be moved but not copied. An empty or moved-from handle is
 * harmless: calls that can fail throw LREG_BAD_ARGUMENT, accessors return "" or 0.
 */

#include <libregistry/cpp/error.hpp>

#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace libregistry {

/** An optional text. */
using optional_text = std::optional<std::string_view>;

namespace detail {

/** A text for the C functions, or NULL. */
class nullable_text {
  public:
    explicit nullable_text(const optional_text &value) {
        if (value) {
            copy_ = text(*value);
        }
    }
    const char *get() const noexcept {
        return copy_ ? copy_->c_str() : nullptr;
    }

  private:
    std::optional<std::string> copy_;
};

} // namespace detail

/** Owns a handle of the C API and ends it in the destructor. Since: 0.1 */
template <class Raw, void (*Free)(Raw *)> class handle {
  public:
    using raw_type = Raw;

    /** An empty handle. */
    handle() noexcept = default;

    /** @param raw taken; may be NULL */
    explicit handle(Raw *raw) noexcept : raw_(raw) {
    }

    /** The C handle. @return borrowed; NULL when empty or moved from */
    Raw *get() const noexcept {
        return raw_.get();
    }

    /** Transfers ownership of the C handle to the caller, who ends it with the C API. */
    Raw *release() noexcept {
        return raw_.release();
    }

    /** Whether it is not empty. */
    explicit operator bool() const noexcept {
        return raw_ != nullptr;
    }

  protected:
    /** Replaces the C handle by a new one from `operation(Raw **, lreg_error **)`. */
    template <class Operation> void open(Operation &&operation) {
        Raw *fresh = nullptr;
        detail::call([&](lreg_error **failure) { return operation(&fresh, failure); });
        raw_.reset(fresh);
    }

  private:
    struct end {
        void operator()(Raw *raw) const noexcept {
            detail::call_scope scope; /* this may call a storage of the host, which may throw */
            Free(raw);
        }
    };
    std::unique_ptr<Raw, end> raw_;
};

namespace detail {

/** A new `Handle` from `operation(Raw **, lreg_error **)`. */
template <class Handle, class Operation> Handle make(Operation &&operation) {
    typename Handle::raw_type *raw = nullptr;
    call([&](lreg_error **failure) { return operation(&raw, failure); });
    return Handle(raw);
}

} // namespace detail

/**
 * A listing that is read step by step: `for (const registry &one : instance.registries("my-organization"))`. It is an
 * input range, for a single pass. Moving it invalidates its iterators.
 * Blocks: metadata database, at every step. Threads: any, one at a time per handle. Since: 0.1
 */
template <class Item, class Raw, lreg_status (*Next)(Raw *, typename Item::raw_type **, lreg_error **),
          void (*Free)(Raw *)>
class listing : public handle<Raw, Free> {
  public:
    using handle<Raw, Free>::handle;

    class iterator {
      public:
        using iterator_category = std::input_iterator_tag;
        using value_type = Item;
        using difference_type = std::ptrdiff_t;
        using pointer = Item *;
        using reference = Item &;

        /** The end. */
        iterator() noexcept = default;

        /** Borrowed until the iterator advances; may be moved from. */
        reference operator*() const {
            return *list_->current_;
        }
        pointer operator->() const {
            return &*list_->current_;
        }
        /** Throws what next() throws. */
        iterator &operator++() {
            list_->current_ = list_->next();
            return *this;
        }
        void operator++(int) {
            ++*this;
        }
        friend bool operator==(const iterator &a, const iterator &b) noexcept {
            return a.is_end() == b.is_end();
        }
        friend bool operator!=(const iterator &a, const iterator &b) noexcept {
            return !(a == b);
        }

      private:
        friend class listing;
        explicit iterator(listing *list) noexcept : list_(list) {
        }
        bool is_end() const noexcept {
            return list_ == nullptr || !list_->current_;
        }
        listing *list_ = nullptr;
    };

    /** The next item; nothing at the end. After an exception it may be called again and continues there. */
    std::optional<Item> next() {
        Item item =
            detail::make<Item>([&](auto **out, lreg_error **failure) { return Next(this->get(), out, failure); });
        return item ? std::optional<Item>(std::move(item)) : std::nullopt;
    }

    /** Reads the next unread item. */
    iterator begin() {
        current_ = next();
        return iterator(this);
    }
    iterator end() const noexcept {
        return iterator();
    }

  private:
    std::optional<Item> current_;
};

} // namespace libregistry

#endif
