/* SPDX-License-Identifier: Apache-2.0 */
/* The C++ API on an instance in memory: every call once, moved-from handles, and errors. */
#include "check.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <sys/wait.h>
#include <type_traits>
#include <unistd.h>

using libregistry::instance;
using libregistry::package;
using libregistry::registry;

static_assert(!std::is_copy_constructible_v<instance> && std::is_nothrow_move_constructible_v<instance>);
static_assert(!std::is_copy_assignable_v<package> && std::is_nothrow_move_assignable_v<package>);
static_assert(std::is_nothrow_copy_constructible_v<libregistry::error>);

TEST(organizations_are_created_found_listed_and_deleted) {
    instance in_memory(std::nullopt);
    CHECK(in_memory.create_organization(std::nullopt, "Some Company").slug() == "some-company");
    const libregistry::organization acme = in_memory.create_organization("acme", "ACME");
    CHECK(acme.name() == "ACME" && acme.id().size() == 36 && acme.created_ms() > 0);
    CHECK(in_memory.find_organization("acme").id() == acme.id());
    std::string slugs;
    for (const libregistry::organization &one : in_memory.organizations()) {
        slugs += std::string(one.slug()) + " ";
    }
    CHECK(slugs == "acme some-company ");
    in_memory.delete_organization(in_memory.find_organization("acme"));
    CHECK(THROWN(in_memory.find_organization("acme")).status() == LREG_NOT_FOUND);
    CHECK(acme.name() == "ACME");
}

TEST(registries_are_created_changed_and_deleted) {
    instance in_memory(std::nullopt);
    registry files = check::make_files(in_memory);
    CHECK(files.slug() == "files" && files.ecosystem() == "files" && files.organization_slug() == "acme");
    CHECK(files.is_public() && !files.allows_overwrite());
    libregistry::registry_settings settings;
    settings.set_description("of mine").set_color("#00ff00");
    settings.set_emoji("x");
    const registry changed = in_memory.update_registry(files, settings);
    CHECK(changed.description() == "of mine" && changed.color() == "#00ff00" && changed.emoji() == "x");
    CHECK(files.description().empty() && changed.id() == files.id() && changed.name() == "Files");
    CHECK(changed.updated_ms() >= changed.created_ms());
    libregistry::registry_list list = in_memory.registries("acme");
    CHECK(list.next()->slug() == "files" && !list.next() && !list.next());
    in_memory.delete_registry(files);
    CHECK(THROWN(in_memory.find_registry("acme", "files")).status() == LREG_NOT_FOUND);
}

TEST(metrics_are_listed_with_labels_and_values) {
    libregistry::options settings;
    settings.set_metrics_access(LREG_METRICS_ACCESS_OFF);
    CHECK(THROWN(settings.set_metrics_access(7)).status() == LREG_BAD_ARGUMENT);
    instance in_memory(std::nullopt);
    const registry files = check::make_files(in_memory);
    check::publish(in_memory, files, "app-1.0.0.txt", "hello");
    double bytes = -1;
    for (const libregistry::metric &one : in_memory.metrics("libregistry_storage_")) {
        CHECK(one.label("storage") == "memory" && one.label("other").empty() && !one.help().empty());
        bytes = one.name() == "libregistry_storage_bytes" ? one.value() : bytes;
    }
    CHECK(bytes == 5);
    libregistry::metric_list list = in_memory.metrics("libregistry_start_time_seconds", LREG_METRICS_MEMORY_ONLY);
    const libregistry::metric start = *list.next();
    CHECK(start.value() > 1e9 && start.type() == "gauge" && start.family() == start.name() && !list.next());
}

TEST(packages_are_published_read_listed_and_deleted) {
    instance in_memory(std::nullopt);
    const registry files = check::make_files(in_memory);
    libregistry::published first = check::publish(in_memory, files, "app-1.0.0.txt", "hello");
    CHECK(first.is_new && first.item.name() == "app" && first.item.version() == "1.0.0");
    CHECK(first.item.size_bytes() == 5 && first.item.path() == "/acme/files/files/app-1.0.0.txt");
    CHECK(first.item.digest("md5") == "5d41402abc4b2a76b9719d911017c592" && first.item.digest("crc").empty());
    CHECK(first.item.architecture().empty() && first.item.attributes() == "{}" && first.item.downloads() == 0);
    CHECK(!check::publish(in_memory, files, "app-1.0.0.txt", "hello").is_new);
    CHECK(THROWN(check::publish(in_memory, files, "app-1.0.0.txt", "other")).status() == LREG_CONFLICT);
    check::publish(in_memory, files, "lib-2.0.0.txt", "more");
    CHECK(check::read_all(in_memory.open_package(first.item)) == "hello");
    CHECK(in_memory.find_package_by_id(files, first.item.id()).reference() == "app-1.0.0.txt");
    CHECK(in_memory.find_package(files, "lib-2.0.0.txt").size_bytes() == 4);
    libregistry::package_list all = in_memory.packages(files);
    CHECK(std::count_if(all.begin(), all.end(), [](const package &one) { return one.created_ms() > 0; }) == 2);
    std::vector<package> kept;
    for (package &one : in_memory.packages(files, "APP")) {
        kept.push_back(std::move(one));
    }
    CHECK(kept.size() == 1 && kept[0].id() == first.item.id());
    in_memory.delete_package(kept[0]);
    CHECK(THROWN(in_memory.delete_package(kept[0])).status() == LREG_NOT_FOUND);
    CHECK(in_memory.collect({0, 0, -1}).blobs == 1 && in_memory.verify().blobs == 1);
}

TEST(an_upload_that_is_not_finished_leaves_nothing) {
    instance in_memory(std::nullopt);
    const registry files = check::make_files(in_memory);
    {
        libregistry::publication upload = in_memory.publish(files, "half-1.0.0.txt");
        upload.write("half");
    }
    libregistry::package_list packages = in_memory.packages(files);
    CHECK(packages.begin() == packages.end());
}

TEST(tokens_are_created_found_listed_and_deleted) {
    instance in_memory(std::nullopt);
    const registry open = check::make_files(in_memory);
    CHECK(THROWN(in_memory.create_token(open, "for reading")).code() == "tokens_hidden");
    CHECK(THROWN(in_memory.tokens(open).next()).status() == LREG_NOT_FOUND);
    libregistry::registry_settings settings;
    const registry files = in_memory.update_registry(open, settings.set_public(false));
    const libregistry::token writer = in_memory.create_token("acme", "for the build", "write_packages");
    CHECK(writer.scopes() == "write_packages" && !writer.secret().empty() && writer.expires_ms() == 0);
    CHECK(in_memory.find_token("acme", writer.id()).secret().empty() && writer.created_ms() > 0);
    const libregistry::token reader = in_memory.create_token(files, "for reading");
    CHECK(in_memory.find_token(files, reader.id()).secret().empty() && reader.registry_id() == files.id());
    CHECK(in_memory.reveal(in_memory.find_token(files, reader.id())).secret() == reader.secret());
    CHECK(THROWN(in_memory.reveal(writer)).status() == LREG_UNSUPPORTED);
    CHECK(in_memory.tokens("acme").next()->description() == "for the build");
    CHECK(in_memory.tokens(files).next()->id() == reader.id());
    in_memory.delete_token(writer);
    CHECK(!in_memory.tokens("acme").next());
}

TEST(upload_sessions_are_listed_and_found) {
    instance in_memory(std::nullopt);
    const registry files = check::make_files(in_memory);
    CHECK(!in_memory.uploads(files).next());
    CHECK(THROWN(in_memory.find_upload(files, "0")).status() == LREG_NOT_FOUND);
}

TEST(the_audit_log_is_listed) {
    instance in_memory(std::nullopt);
    check::make_files(in_memory);
    int found = 0;
    for (const libregistry::audit_event &event : in_memory.audit_events("acme")) {
        CHECK(!event.actor().empty() && !event.subject().empty() && event.data().front() == '{' &&
              event.occurred_ms() > 0);
        found += event.type() == "OrganizationCreatedEvent" ? 1 : event.type() == "RegistryCreatedEvent" ? 10 : 100;
    }
    CHECK(found == 11);
}

TEST(a_handle_that_was_moved_from_is_harmless) {
    instance in_memory(std::nullopt);
    registry files = check::make_files(in_memory);
    const std::string_view slug = files.slug();
    registry moved = std::move(files);
    CHECK(!files && moved && slug == "files"); /* borrowed values move along */
    CHECK(files.slug().empty() && files.created_ms() == 0 && files.get() == nullptr);
    CHECK(THROWN(in_memory.packages(files)).status() == LREG_BAD_ARGUMENT);
    instance other = std::move(in_memory);
    CHECK(THROWN(in_memory.create_organization("a")).status() == LREG_BAD_ARGUMENT);
    CHECK(THROWN(libregistry::exchange of(in_memory)).status() == LREG_BAD_ARGUMENT);
    CHECK(THROWN(libregistry::package_list().next()).status() == LREG_BAD_ARGUMENT);
    CHECK(THROWN(libregistry::publication().finish()).status() == LREG_BAD_ARGUMENT);
    CHECK(libregistry::package_reader().length() == 0 && libregistry::token().secret().empty());
    libregistry::exchange none;
    none.reset();
    CHECK(none.wants() == LREG_WANTS_NOTHING && none.response().status() == 0);
    CHECK(none.response().fields().begin() == none.response().fields().end() && none.response().file_path().empty());
    libregistry::options options;
    libregistry::options taken = std::move(options);
    CHECK(THROWN(options.set_durable(false)).status() == LREG_BAD_ARGUMENT);
    moved = registry();
    CHECK(!moved);
}

TEST(handles_end_in_any_order) {
    package item;
    libregistry::package_list list;
    {
        instance in_memory(std::nullopt);
        const registry files = check::make_files(in_memory);
        item = check::publish(in_memory, files, "a-1.0.0.txt", "a").item;
        list = in_memory.packages(files);
    }
    CHECK(list.next()->id() == item.id() && item.name() == "a");
    lreg_package *raw = item.release();
    CHECK(raw != nullptr && !item);
    const package again(raw);
    CHECK(again.name() == "a");
}

TEST(an_error_tells_all_and_outlives_its_instance) {
    const libregistry::error thrown = [] {
        instance in_memory(std::nullopt);
        const registry files = check::make_files(in_memory);
        check::publish(in_memory, files, "a-1.0.0.txt", "a");
        return THROWN(check::publish(in_memory, files, "a-1.0.0.txt", "b"));
    }();
    const libregistry::error copy = thrown;
    CHECK(copy.status() == LREG_CONFLICT && copy.http_status() == 409 && copy.status_name() == "LREG_CONFLICT");
    CHECK(!copy.code().empty() && std::string(copy.what()).size() > 10 && copy.cause() == 0);
    CHECK(copy.code().data() == thrown.code().data());
    const libregistry::error own(LREG_HOST_STATUS + 7, "mine");
    CHECK(own.code().empty() && own.operation().empty() && own.http_status() == 500);
}

TEST(wrong_texts_are_refused) {
    instance in_memory(std::nullopt);
    const registry files = check::make_files(in_memory);
    using namespace std::string_view_literals;
    CHECK(THROWN(in_memory.find_organization("acme\0x"sv)).status() == LREG_BAD_ARGUMENT);
    CHECK(THROWN(in_memory.create_organization(std::nullopt, "a\0b"sv)).status() == LREG_BAD_ARGUMENT);
    CHECK(THROWN(in_memory.create_organization("Not A Slug")).status() == LREG_BAD_ARGUMENT);
    CHECK(THROWN(in_memory.create_token("acme", "x", "no_such_scope")).status() == LREG_BAD_ARGUMENT);
    const std::string_view part = "acme-and-more"sv.substr(0, 4); /* not NUL-terminated */
    CHECK(in_memory.find_organization(part).slug() == "acme");
}

TEST(options_reach_the_instance) {
    check::folder folder;
    std::int64_t now = 1700000000000;
    const auto clock = [&now]() noexcept { return now; };
    std::string lines;
    auto log = [&lines](std::int32_t, std::string_view line) {
        lines += line;
        throw std::runtime_error("dropped");
    };
    const auto executor = [](void (*)(void *), void *) noexcept { return false; };
    {
        libregistry::options options;
        options.set_directory(folder.path("data")).set_durable(false).set_busy_timeout_ms(100);
        options.set_base_url("https://packages.example.com").set_number(LREG_LIMIT_PACKAGE_BYTES, 4).set_clock(clock);
        options.set_log(LREG_LOG_DEBUG, log).set_executor(executor);
        options.set("busy-timeout-ms", "200");
        options.set_forwarded_header(LREG_FORWARDED_HEADER_FORWARDED).set_forwarded_hops(2);
        options.trust_forwarded("10.0.0.0/8").trust_forwarded(std::nullopt);
        CHECK(THROWN(options.set_forwarded_hops(17)).status() == LREG_BAD_ARGUMENT);
        CHECK(THROWN(options.trust_forwarded("h")).status() == LREG_BAD_ARGUMENT);
        CHECK(THROWN(options.set_number(999, 1)).status() == LREG_BAD_ARGUMENT);
        CHECK(THROWN(options.set("no-such-option", "1")).status() == LREG_BAD_ARGUMENT);
        CHECK(THROWN(options.load(folder.path("none"))).status() == LREG_NOT_FOUND);
        instance opened(options);
        const registry files = check::make_files(opened);
        CHECK(files.created_ms() == now);
        CHECK(THROWN(check::publish(opened, files, "a-1.0.0.txt", "12345")).status() == LREG_TOO_LARGE);
        check::publish(opened, files, "a-1.0.0.txt", "1234");
        opened.backup(folder.path("copy"));
        CHECK(THROWN(opened.backup(folder.path("copy"))).status() == LREG_CONFLICT);
    }
    const instance copy(folder.path("copy"));
    CHECK(copy.find_package(copy.find_registry("acme", "files"), "a-1.0.0.txt").size_bytes() == 4);
    CHECK(THROWN(instance(folder.path("no/such/parent"))).status() == LREG_NOT_FOUND);
}

TEST(hooks_live_as_long_as_they_are_needed) {
    const auto witness = std::make_shared<int>();
    libregistry::package item;
    {
        libregistry::options options;
        options.set_clock([witness]() noexcept { return std::int64_t{1700000000000}; });
        options.set_random([witness](void *bytes, std::size_t length) { std::memset(bytes, 7, length); });
        CHECK(witness.use_count() == 3);
        options.set_random([next = 0](void *bytes, std::size_t length) mutable { std::memset(bytes, next++, length); });
        CHECK(witness.use_count() == 2);
        instance opened(options);
        item = check::publish(opened, check::make_files(opened), "a-1.0.0.txt", "a").item;
    }
    CHECK(item.created_ms() == 1700000000000 && witness.use_count() == 2); /* it keeps its instance */
    item = package();
    CHECK(witness.use_count() == 1);
}

TEST(a_process_may_fork) {
    check::folder folder;
    const instance opened(folder.path("data"));
    check::make_files(opened);
    pid_t child = -1;
    {
        const libregistry::fork_guard guard(opened);
        CHECK(THROWN(libregistry::fork_guard again(opened)).status() == LREG_MISUSE);
        child = fork();
    }
    if (child == 0) {
        _exit(opened.find_registry("acme", "files").slug() == "files" ? 0 : 1);
    }
    int status = -1;
    CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
    opened.find_registry("acme", "files");
}

TEST(memory_comes_from_the_allocator) {
    static long balance;
    static long calls;
    balance = calls = 0;
    lreg_allocator allocator = {};
    allocator.size = sizeof allocator;
    allocator.allocate = [](void *, std::size_t bytes) {
        balance++, calls++;
        return std::malloc(bytes);
    };
    allocator.reallocate = [](void *, void *memory, std::size_t bytes) {
        balance += memory == nullptr ? 1 : 0;
        return std::realloc(memory, bytes);
    };
    allocator.release = [](void *, void *memory) {
        balance -= memory != nullptr ? 1 : 0;
        std::free(memory);
    };
    {
        libregistry::options options;
        options.set_allocator(allocator).set_memory_storage();
        instance opened(options);
        check::make_files(opened);
    }
    CHECK(calls > 10 && balance == 0);
}

TEST(the_version_is_told) {
    CHECK(libregistry::version() == LREG_VERSION_STRING);
    CHECK(libregistry::has_feature("ecosystem-files") && !libregistry::has_feature("ecosystem-none"));
    CHECK(libregistry::version_number() == LREG_VERSION_MAJOR * 1000000 + LREG_VERSION_MINOR * 1000);
}

RUN_TESTS()
