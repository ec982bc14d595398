/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHECK_HPP
#define CHECK_HPP

/* Tests in C++: TEST(what_happens) { CHECK(…); } and RUN_TESTS() once. A failed check throws, so that everything on the
 * stack is destroyed. */

#include <libregistry.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace check {

class failure : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

using test = std::pair<const char *, void (*)()>;

inline std::vector<test> &tests() {
    static std::vector<test> all;
    return all;
}

struct registration {
    registration(const char *name, void (*run)()) {
        tests().emplace_back(name, run);
    }
};

inline void that(bool is_true, const char *what, const char *file, int line) {
    if (!is_true) {
        throw failure(std::string(file) + ":" + std::to_string(line) + ": " + what);
    }
}

/** The error that `body` throws. */
template <class Body> libregistry::error thrown_by(Body &&body, const char *what, const char *file, int line) {
    try {
        body();
    } catch (const libregistry::error &thrown) {
        return thrown;
    }
    throw failure(std::string(file) + ":" + std::to_string(line) + ": no error: " + what);
}

inline int run_all() {
    std::size_t failed = 0;
    for (const test &one : tests()) {
        try {
            one.second();
        } catch (const std::exception &thrown) {
            failed++;
            std::fprintf(stderr, "%s: %s\n", one.first, thrown.what());
        }
    }
    std::printf("%zu passed, %zu failed\n", tests().size() - failed, failed);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/** A folder that is removed with the object. */
class folder {
  public:
    folder() {
        std::string name = (std::filesystem::temp_directory_path() / "lreg-cpp-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) {
            throw failure("no folder");
        }
        path_ = name;
    }
    folder(const folder &) = delete;
    folder &operator=(const folder &) = delete;
    ~folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    std::string path(const char *below) const {
        return path_ + "/" + below;
    }

  private:
    std::string path_;
};

/** A registry for files in an instance. */
inline libregistry::registry make_files(const libregistry::instance &instance) {
    instance.create_organization("acme");
    libregistry::registry_settings settings;
    settings.set_name("Files").set_ecosystem("files");
    settings.set_public(true);
    return instance.create_registry("acme", settings);
}

inline libregistry::published publish(const libregistry::instance &instance, const libregistry::registry &into,
                                      std::string_view filename, std::string_view bytes) {
    libregistry::publication upload = instance.publish(into, filename);
    upload.write(bytes);
    return upload.finish();
}

inline std::string read_all(libregistry::package_reader reader) {
    std::string bytes(static_cast<std::size_t>(reader.length()), '\0');
    bytes.resize(reader.read(0, bytes.data(), bytes.size()));
    return bytes;
}

} // namespace check

#define TEST(name)                                                        \
    static void name();                                                   \
    static const check::registration registration_of_##name(#name, name); \
    static void name()
#define CHECK(condition) check::that((condition), #condition, __FILE__, __LINE__)
#define THROWN(...) check::thrown_by([&] { __VA_ARGS__; }, #__VA_ARGS__, __FILE__, __LINE__)
#define RUN_TESTS()              \
    int main() {                 \
        return check::run_all(); \
    }

#endif
