/* SPDX-License-Identifier: Apache-2.0 */
/* A storage written in C++: it is used, it reports failures by throwing, and the caller receives what it throws.
 * Labels: threaded */
#include "check.hpp"

#include <atomic>
#include <map>
#include <mutex>
#include <thread>

using libregistry::instance;
using libregistry::registry;

namespace {

struct own_exception {
    int number;
};

/** The stored objects, and which call is to fail with which exception. */
struct shelf {
    std::mutex mutex;
    std::map<std::string, std::string> stages;
    std::map<std::string, std::string> objects;
    std::atomic<int> open{0};
    std::atomic<bool> is_destroyed{false};
    std::function<void(std::string_view call)> fault = [](std::string_view) {};
    std::function<void()> when_dropped = [] {};
};

class shelf_stage : public libregistry::storage::stage {
  public:
    shelf_stage(shelf &on, std::string name) : on_(on), name_(std::move(name)) {
        on_.open++;
    }
    ~shelf_stage() override {
        on_.open--;
    }
    void write(const void *bytes, std::size_t length) override {
        on_.fault("write");
        const std::lock_guard<std::mutex> lock(on_.mutex);
        on_.stages[name_].append(static_cast<const char *>(bytes), length);
    }
    std::uint64_t sync() override {
        on_.fault("sync");
        const std::lock_guard<std::mutex> lock(on_.mutex);
        return on_.stages[name_].size();
    }
    std::string commit(std::string_view digest) override {
        on_.fault("commit");
        const std::lock_guard<std::mutex> lock(on_.mutex);
        const std::string key = std::string(digest) + "-" + name_;
        on_.objects[key] = std::move(on_.stages[name_]);
        on_.stages.erase(name_);
        return key;
    }
    void drop() override {
        const std::lock_guard<std::mutex> lock(on_.mutex);
        on_.stages.erase(name_);
        on_.when_dropped();
        throw own_exception{99}; /* this call cannot report an error */
    }

  private:
    shelf &on_;
    std::string name_;
};

class shelf_object : public libregistry::storage::object {
  public:
    shelf_object(shelf &on, std::string bytes) : on_(on), bytes_(std::move(bytes)) {
        on_.open++;
    }
    ~shelf_object() override {
        on_.open--;
    }
    std::uint64_t length() const override {
        return bytes_.size();
    }
    std::size_t read(std::uint64_t offset, void *bytes, std::size_t capacity) override {
        on_.fault("read");
        return bytes_.copy(static_cast<char *>(bytes), capacity, static_cast<std::size_t>(offset));
    }

  private:
    shelf &on_;
    std::string bytes_;
};

class shelf_list : public libregistry::storage::listing {
  public:
    explicit shelf_list(const std::map<std::string, std::string> &of) : of_(of) {
    }
    std::optional<libregistry::storage::entry> next() override {
        if (at_ == of_.end()) {
            return std::nullopt;
        }
        const auto &[name, bytes] = *at_++;
        return libregistry::storage::entry{name, 1, bytes.size()};
    }

  private:
    std::map<std::string, std::string> of_;
    std::map<std::string, std::string>::const_iterator at_ = of_.begin();
};

class shelf_storage : public libregistry::storage {
  public:
    explicit shelf_storage(shelf &on) : on_(on) {
    }
    ~shelf_storage() override {
        on_.is_destroyed = true;
    }
    std::unique_ptr<stage> create_stage(std::string_view name) override {
        on_.fault("create");
        return std::make_unique<shelf_stage>(on_, std::string(name));
    }
    std::unique_ptr<stage> reopen_stage(std::string_view name, std::uint64_t length) override {
        const std::lock_guard<std::mutex> lock(on_.mutex);
        const auto found = on_.stages.find(std::string(name));
        if (found == on_.stages.end()) {
            return nullptr;
        }
        found->second.resize(static_cast<std::size_t>(length));
        return std::make_unique<shelf_stage>(on_, std::string(name));
    }
    void remove_stage(std::string_view name) override {
        const std::lock_guard<std::mutex> lock(on_.mutex);
        on_.stages.erase(std::string(name));
    }
    std::unique_ptr<object> open_object(std::string_view key) override {
        on_.fault("open");
        const std::lock_guard<std::mutex> lock(on_.mutex);
        const auto found = on_.objects.find(std::string(key));
        return found != on_.objects.end() ? std::make_unique<shelf_object>(on_, found->second) : nullptr;
    }
    void remove_object(std::string_view key) override {
        on_.fault("remove");
        const std::lock_guard<std::mutex> lock(on_.mutex);
        on_.objects.erase(std::string(key));
    }
    std::unique_ptr<listing> list(std::int32_t what, std::string_view) override {
        const std::lock_guard<std::mutex> lock(on_.mutex);
        return std::make_unique<shelf_list>(what == LREG_STORAGE_STAGES ? on_.stages : on_.objects);
    }

  private:
    shelf &on_;
};

instance open_on(shelf &on) {
    libregistry::options options;
    options.set_storage("shelf", std::make_unique<shelf_storage>(on));
    return instance(options);
}

/** Makes the calls of that name fail with `with`. */
template <class Exception> auto failing(const char *name, Exception with) {
    return [name, with](std::string_view call) {
        if (call == name) {
            throw with;
        }
    };
}

} // namespace

TEST(packages_go_through_the_storage) {
    shelf on;
    {
        const instance opened = open_on(on);
        const registry files = check::make_files(opened);
        const libregistry::package item = check::publish(opened, files, "a-1.0.0.txt", "hello").item;
        CHECK(on.objects.size() == 1 && on.stages.empty() && on.objects.begin()->second == "hello");
        CHECK(check::read_all(opened.open_package(item)) == "hello");
        on.objects["surplus"] = "x";
        const lreg_verify_report report = opened.verify();
        CHECK(report.blobs == 1 && report.unnamed_objects == 1 && report.missing == 0 && report.damaged == 0);
        opened.delete_package(item);
        CHECK(opened.collect({0, 0, -1}).blobs == 1);
        CHECK(THROWN(opened.backup("/nowhere")).status() == LREG_UNSUPPORTED && !on.is_destroyed);
    }
    CHECK(on.is_destroyed && on.open == 0 && on.objects.empty());
}

TEST(what_the_storage_throws_comes_out) {
    shelf on;
    const instance opened = open_on(on);
    const registry files = check::make_files(opened);
    for (const char *call : {"create", "write", "commit"}) {
        on.fault = failing(call, own_exception{42});
        int caught = 0;
        try {
            check::publish(opened, files, "a-1.0.0.txt", "hello");
        } catch (const own_exception &thrown) {
            caught = thrown.number;
        }
        CHECK(caught == 42);
        on.fault = [](std::string_view) {};
        CHECK(on.stages.empty() && on.objects.empty() && on.open == 0);
    }
    const libregistry::package item = check::publish(opened, files, "a-1.0.0.txt", "hello").item;
    on.fault = failing("read", own_exception{43});
    int caught = 0;
    try {
        check::read_all(opened.open_package(item));
    } catch (const own_exception &thrown) {
        caught = thrown.number;
    }
    CHECK(caught == 43);
}

TEST(what_a_storage_does_elsewhere_meanwhile_hides_nothing) {
    shelf on;
    const instance opened = open_on(on);
    const instance elsewhere(std::nullopt);
    const registry files = check::make_files(opened);
    int dropped = 0;
    on.when_dropped = [&] {
        dropped++;
        CHECK(THROWN(elsewhere.find_organization("none")).status() == LREG_NOT_FOUND);
        elsewhere.create_organization("acme");
    };
    on.fault = failing("commit", own_exception{42});
    int caught = 0;
    try {
        check::publish(opened, files, "a-1.0.0.txt", "hello");
    } catch (const own_exception &thrown) {
        caught = thrown.number;
    }
    CHECK(caught == 42 && dropped == 1 && elsewhere.find_organization("acme"));
}

TEST(a_storage_fails_with_a_status_by_throwing_an_error) {
    shelf on;
    const instance opened = open_on(on);
    const registry files = check::make_files(opened);
    for (const lreg_status status : {LREG_NO_SPACE, LREG_IO, LREG_HOST_STATUS + 3, LREG_CONFLICT, LREG_OK}) {
        on.fault = failing("write", libregistry::error(status, "the shelf broke"));
        const libregistry::error thrown = THROWN(check::publish(opened, files, "a-1.0.0.txt", "hello"));
        CHECK(thrown.status() == status && std::string(thrown.what()) == "the shelf broke");
    }
    on.fault = failing("write", std::bad_alloc());
    bool is_caught = false;
    try {
        check::publish(opened, files, "a-1.0.0.txt", "hello");
    } catch (const std::bad_alloc &) {
        is_caught = true;
    }
    CHECK(is_caught);
    on.fault = failing("write", libregistry::error(LREG_NO_SPACE, "full"));
    libregistry::exchange one(opened);
    const libregistry::token writer = opened.create_token("acme", "x", "write_packages");
    one.set_request("POST", "/v2/packages/organizations/acme/registries/files/packages");
    one.add_header("Authorization", "Bearer " + std::string(writer.secret())).add_header("Content-Length", "102");
    one.add_header("Content-Type", "multipart/form-data; boundary=b");
    one.begin();
    one.write(
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"b-1.0.0.txt\"\r\n\r\n1234567890123456\r\n");
    one.write("--b--\r\n");
    one.finish();
    CHECK(one.response().status() == 507); /* within HTTP it becomes a response */
    on.fault = [](std::string_view) {};
    check::publish(opened, files, "a-1.0.0.txt", "hello");
}

TEST(an_object_that_is_gone_is_the_librarys_failure) {
    shelf on;
    const instance opened = open_on(on);
    const registry files = check::make_files(opened);
    const libregistry::package item = check::publish(opened, files, "a-1.0.0.txt", "hello").item;
    on.objects.clear();
    CHECK(THROWN(opened.open_package(item)).status() == LREG_CORRUPT);
    std::string told;
    CHECK(opened.verify([&told](std::string_view message) { told += message; }).missing == 1 && !told.empty());
    int caught = 0;
    try {
        opened.verify([](std::string_view) { throw own_exception{5}; });
    } catch (const own_exception &thrown) {
        caught = thrown.number;
    }
    CHECK(caught == 5);
}

TEST(keys_are_checked) {
    class bad_stage : public libregistry::storage::stage {
      public:
        explicit bad_stage(std::string key) : key_(std::move(key)) {
        }
        void write(const void *, std::size_t) override {
        }
        std::uint64_t sync() override {
            return 0;
        }
        std::string commit(std::string_view) override {
            return key_;
        }
        void drop() override {
        }

      private:
        std::string key_;
    };
    class bad_storage : public shelf_storage {
      public:
        bad_storage(shelf &on, std::string key) : shelf_storage(on), key_(std::move(key)) {
        }
        std::unique_ptr<stage> create_stage(std::string_view) override {
            return key_ == "none" ? nullptr : std::make_unique<bad_stage>(key_);
        }

      private:
        std::string key_;
    };
    for (const std::string &key :
         {std::string(), std::string(256, 'k'), std::string(4096, 'k'), std::string("a\0b", 3), std::string("none")}) {
        shelf on;
        libregistry::options options;
        options.set_storage("shelf", std::make_unique<bad_storage>(on, key));
        const instance opened(options);
        CHECK(THROWN(check::publish(opened, check::make_files(opened), "a-1.0.0.txt", "a")).status() == LREG_IO);
    }
}

TEST(a_storage_is_ended_once_whatever_fails) {
    shelf on;
    {
        libregistry::options options;
        options.set_storage("shelf", std::make_unique<shelf_storage>(on));
    }
    CHECK(on.is_destroyed.exchange(false));
    libregistry::options options;
    CHECK(THROWN(options.set_storage("shelf", nullptr)).status() == LREG_BAD_ARGUMENT);
    libregistry::options taken = std::move(options);
    CHECK(THROWN(options.set_storage("shelf", std::make_unique<shelf_storage>(on))).status() == LREG_BAD_ARGUMENT);
    CHECK(on.is_destroyed.exchange(false));
    taken.set_storage("shelf", std::make_unique<shelf_storage>(on));
    const instance first(taken);
    CHECK(THROWN(instance second(taken)).status() == LREG_MISUSE);
}

TEST(randomness_that_fails_by_throwing_comes_out) {
    bool fails = false;
    unsigned char next = 0;
    auto fill = [&](void *bytes, std::size_t length) {
        if (fails) {
            throw own_exception{11};
        }
        for (std::size_t i = 0; i < length; i++) {
            static_cast<unsigned char *>(bytes)[i] = next++;
        }
    };
    libregistry::options options;
    options.set_random(fill);
    const instance opened(options);
    fails = true;
    int caught = 0;
    try {
        opened.create_organization("acme");
    } catch (const own_exception &thrown) {
        caught = thrown.number;
    }
    CHECK(caught == 11);
}

TEST(threads_keep_their_exceptions_apart) {
    shelf on;
    const instance opened = open_on(on);
    const registry files = check::make_files(opened);
    thread_local int number_of_this_thread = 0;
    on.fault = [](std::string_view call) {
        if (call == "commit" && number_of_this_thread % 2 == 1) {
            throw own_exception{number_of_this_thread};
        }
    };
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (int number = 0; number < 4; number++) {
        threads.emplace_back([&, number] {
            number_of_this_thread = number;
            for (int round = 0; round < 10; round++) {
                const std::string name = std::to_string(number) + "-" + std::to_string(round) + ".0.0.txt";
                int caught = 0;
                try {
                    check::publish(opened, files, name, name);
                } catch (const own_exception &thrown) {
                    caught = thrown.number;
                }
                wrong += caught == (number % 2 == 1 ? number : 0) ? 0 : 1;
            }
        });
    }
    for (std::thread &one : threads) {
        one.join();
    }
    CHECK(wrong == 0 && on.objects.size() == 20 && on.stages.empty());
}

RUN_TESTS()
