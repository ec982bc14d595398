/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_CPP_INSTANCE_HPP
#define LIBREGISTRY_CPP_INSTANCE_HPP

/**
 * @file
 * An instance: an open data directory, and the operations on it that do not use HTTP.
 */

#include <libregistry/cpp/options.hpp>
#include <libregistry/cpp/package_reader.hpp>
#include <libregistry/cpp/snapshots.hpp>
#include <libregistry/maintenance.h>
#include <libregistry/upkeep.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace libregistry {

/**
 * An instance. Handles that came from it stay valid after its destruction. Every function throws libregistry::error
 * when the C function it calls fails, with the statuses documented there, and blocks when that function blocks. A text
 * that contains a NUL throws LREG_BAD_ARGUMENT.
 * Threads: any, at once; moving and destroying it: one at a time. Since: 0.1
 */
class instance : public handle<lreg_instance, lreg_close> {
  public:
    using handle::handle;

    /** Opens an instance; creates it when the directory is new. */
    explicit instance(options &settings) {
        open([&](lreg_instance **out, lreg_error **failure) { return lreg_open(settings.get(), out, failure); });
    }
    /** The same with all defaults. @param directory nothing: in memory */
    explicit instance(const optional_text &directory) {
        options settings;
        settings.set_directory(directory);
        open([&](lreg_instance **out, lreg_error **failure) { return lreg_open(settings.get(), out, failure); });
    }

    /* --- organizations --- */

    /** @param settings slug or name is required */
    organization create_organization(const organization_settings &settings) const {
        return detail::make<organization>([&](lreg_organization **out, lreg_error **failure) {
            return lreg_organization_create(get(), settings.get(), out, failure);
        });
    }
    /** @param slug nothing: from the name @param name nothing: the slug; at least one is required */
    organization create_organization(const optional_text &slug, const optional_text &name = std::nullopt) const {
        return create_organization(organization_settings().set_slug(slug).set_name(name));
    }
    organization find_organization(std::string_view slug) const {
        const std::string copy = detail::text(slug);
        return detail::make<organization>([&](lreg_organization **out, lreg_error **failure) {
            return lreg_organization_find(get(), copy.c_str(), out, failure);
        });
    }
    organization_list organizations() const {
        return detail::make<organization_list>([&](lreg_organization_list **out, lreg_error **failure) {
            return lreg_organization_list_open(get(), nullptr, out, failure);
        });
    }
    /** Applies what is set in `settings`. @return the organization after the change */
    organization update_organization(const organization &item, const organization_settings &settings) const {
        return detail::make<organization>([&](lreg_organization **out, lreg_error **failure) {
            return lreg_organization_update(get(), item.get(), settings.get(), out, failure);
        });
    }
    /** Deletes an organization that has no registries. */
    void delete_organization(const organization &item) const {
        detail::call([&](lreg_error **failure) { return lreg_organization_delete(get(), item.get(), failure); });
    }

    /** An organization's events, newest first. */
    audit_event_list audit_events(std::string_view organization_slug) const {
        const std::string copy = detail::text(organization_slug);
        return detail::make<audit_event_list>([&](lreg_audit_event_list **out, lreg_error **failure) {
            return lreg_audit_event_list_open(get(), copy.c_str(), nullptr, out, failure);
        });
    }
    /** The same by id, also of a deleted organization. */
    audit_event_list audit_events_by_id(std::string_view organization_id) const {
        const std::string copy = detail::text(organization_id);
        lreg_audit_event_filter filter = {};
        filter.size = sizeof filter;
        filter.organization_id = copy.c_str();
        return detail::make<audit_event_list>([&](lreg_audit_event_list **out, lreg_error **failure) {
            return lreg_audit_event_list_open(get(), nullptr, &filter, out, failure);
        });
    }

    /* --- registries --- */

    /** @param settings name and ecosystem are required */
    registry create_registry(std::string_view organization_slug, const registry_settings &settings) const {
        const std::string copy = detail::text(organization_slug);
        return detail::make<registry>([&](lreg_registry **out, lreg_error **failure) {
            return lreg_registry_create(get(), copy.c_str(), settings.get(), out, failure);
        });
    }
    registry find_registry(std::string_view organization_slug, std::string_view slug) const {
        const std::string organization_copy = detail::text(organization_slug);
        const std::string slug_copy = detail::text(slug);
        return detail::make<registry>([&](lreg_registry **out, lreg_error **failure) {
            return lreg_registry_find(get(), organization_copy.c_str(), slug_copy.c_str(), out, failure);
        });
    }
    registry_list registries(std::string_view organization_slug) const {
        const std::string copy = detail::text(organization_slug);
        return detail::make<registry_list>([&](lreg_registry_list **out, lreg_error **failure) {
            return lreg_registry_list_open(get(), copy.c_str(), nullptr, out, failure);
        });
    }
    /** Applies what is set in `settings`. @return the registry after the change */
    registry update_registry(const registry &item, const registry_settings &settings) const {
        return detail::make<registry>([&](lreg_registry **out, lreg_error **failure) {
            return lreg_registry_update(get(), item.get(), settings.get(), out, failure);
        });
    }
    /** Permanently deletes a registry with all its packages and tokens. */
    void delete_registry(const registry &item) const {
        detail::call([&](lreg_error **failure) { return lreg_registry_delete(get(), item.get(), failure); });
    }

    /* --- packages --- */

    /** Starts publishing one package file. */
    publication publish(const registry &into, std::string_view filename) const {
        const std::string copy = detail::text(filename);
        return detail::make<publication>([&](lreg_publication **out, lreg_error **failure) {
            return lreg_publication_open(get(), into.get(), copy.c_str(), out, failure);
        });
    }
    /** @param reference "app-1.0.zip", "x86_64/hello-1.0-r0.apk", "image:tag" */
    package find_package(const registry &in, std::string_view reference) const {
        const std::string copy = detail::text(reference);
        return detail::make<package>([&](lreg_package **out, lreg_error **failure) {
            return lreg_package_find(get(), in.get(), copy.c_str(), out, failure);
        });
    }
    package find_package_by_id(const registry &in, std::string_view id) const {
        const std::string copy = detail::text(id);
        return detail::make<package>([&](lreg_package **out, lreg_error **failure) {
            return lreg_package_find_by_id(get(), in.get(), copy.c_str(), out, failure);
        });
    }
    /** Newest first. @param name_contains only names that contain it, ignoring ASCII case; nothing: all */
    package_list packages(const registry &in, const optional_text &name_contains = std::nullopt) const {
        const detail::nullable_text copy(name_contains);
        lreg_package_filter filter = {};
        filter.size = sizeof filter;
        filter.name_contains = copy.get();
        return detail::make<package_list>([&](lreg_package_list **out, lreg_error **failure) {
            return lreg_package_list_open(get(), in.get(), &filter, out, failure);
        });
    }
    void delete_package(const package &item) const {
        detail::call([&](lreg_error **failure) { return lreg_package_delete(get(), item.get(), failure); });
    }
    /** A package's bytes; for an image, its manifest. */
    package_reader open_package(const package &item) const {
        return detail::make<package_reader>([&](lreg_package_reader **out, lreg_error **failure) {
            return lreg_package_reader_open(get(), item.get(), out, failure);
        });
    }

    /* --- tokens --- */

    /** An API access token; only this handle has its secret. @param settings scopes are required */
    token create_token(std::string_view organization_slug, const token_settings &settings) const {
        const std::string copy = detail::text(organization_slug);
        return detail::make<token>([&](lreg_token **out, lreg_error **failure) {
            return lreg_token_create(get(), copy.c_str(), settings.get(), out, failure);
        });
    }
    /** The same. @param expires_ms since the epoch; 0: never */
    token create_token(std::string_view organization_slug, std::string_view description, std::string_view scopes,
                       std::int64_t expires_ms = 0) const {
        return create_token(
            organization_slug,
            token_settings().set_description(description).set_scopes(scopes).set_expires_ms(expires_ms));
    }
    /** A registry token, which reads one registry. Fails with LREG_NOT_FOUND while the registry is public. */
    token create_token(const registry &for_registry, const token_settings &settings) const {
        return detail::make<token>([&](lreg_token **out, lreg_error **failure) {
            return lreg_registry_token_create(get(), for_registry.get(), settings.get(), out, failure);
        });
    }
    token create_token(const registry &for_registry, std::string_view description) const {
        return create_token(for_registry, token_settings().set_description(description));
    }
    /** An organization's API access tokens, without their secrets. */
    token_list tokens(std::string_view organization_slug) const {
        const std::string copy = detail::text(organization_slug);
        return detail::make<token_list>([&](lreg_token_list **out, lreg_error **failure) {
            return lreg_token_list_open(get(), copy.c_str(), nullptr, out, failure);
        });
    }
    /** A registry's tokens, without their secrets. The first step fails with LREG_NOT_FOUND while it is public. */
    token_list tokens(const registry &of_registry) const {
        return detail::make<token_list>([&](lreg_token_list **out, lreg_error **failure) {
            return lreg_registry_token_list_open(get(), of_registry.get(), nullptr, out, failure);
        });
    }
    /** An API access token of an organization. */
    token find_token(std::string_view organization_slug, std::string_view id) const {
        const std::string organization_copy = detail::text(organization_slug);
        const std::string id_copy = detail::text(id);
        return detail::make<token>([&](lreg_token **out, lreg_error **failure) {
            return lreg_token_find(get(), organization_copy.c_str(), id_copy.c_str(), out, failure);
        });
    }
    /** A token of a registry, without its secret. */
    token find_token(const registry &of_registry, std::string_view id) const {
        const std::string copy = detail::text(id);
        return detail::make<token>([&](lreg_token **out, lreg_error **failure) {
            return lreg_registry_token_find(get(), of_registry.get(), copy.c_str(), out, failure);
        });
    }
    /** A registry token with its secret; the audit log has each showing. */
    token reveal(const token &item) const {
        return detail::make<token>(
            [&](lreg_token **out, lreg_error **failure) { return lreg_token_reveal(get(), item.get(), out, failure); });
    }
    /** Deletes a token, which is invalid from then on. */
    void delete_token(const token &item) const {
        detail::call([&](lreg_error **failure) { return lreg_token_delete(get(), item.get(), failure); });
    }

    /* --- upload sessions --- */

    /** The upload sessions of a registry. */
    upload_list uploads(const registry &of_registry) const {
        return detail::make<upload_list>([&](lreg_upload_list **out, lreg_error **failure) {
            return lreg_upload_list_open(get(), of_registry.get(), nullptr, out, failure);
        });
    }
    /** Finds an upload session by its id. */
    upload find_upload(const registry &of_registry, std::string_view id) const {
        const std::string copy = detail::text(id);
        return detail::make<upload>([&](lreg_upload **out, lreg_error **failure) {
            return lreg_upload_find(get(), of_registry.get(), copy.c_str(), out, failure);
        });
    }
    /** Ends an upload session; its client has to start again. */
    void cancel_upload(const upload &item) const {
        detail::call([&](lreg_error **failure) { return lreg_upload_cancel(get(), item.get(), failure); });
    }

    /* --- maintenance --- */

    /** The metrics: all, or those whose family's name begins with `prefix`. */
    metric_list metrics(std::string_view prefix = "", std::uint32_t flags = 0) const {
        const std::string copy = detail::text(prefix);
        lreg_metrics_filter filter = {};
        filter.size = sizeof filter;
        filter.flags = flags;
        filter.name_prefix = copy.c_str();
        return detail::make<metric_list>([&](lreg_metrics_list **out, lreg_error **failure) {
            return lreg_metrics_list_open(get(), &filter, out, failure);
        });
    }

    /** Hashes all stored data again. Findings are not a failure. */
    lreg_verify_report verify() const {
        return verify([](std::string_view) {});
    }
    /** @param finding `void(std::string_view message)`, called for each finding; an exception ends the verification and
     * is rethrown */
    template <class Finding> lreg_verify_report verify(Finding &&finding) const {
        using function = std::remove_reference_t<Finding>;
        lreg_verify_report report = {};
        report.size = sizeof report;
        function *to = &finding;
        lreg_verify_options options = {};
        options.size = sizeof options;
        options.user = &to;
        options.finding = [](void *user, const lreg_finding *found) noexcept {
            return detail::guard([&] { (**static_cast<function **>(user))(std::string_view(found->message)); });
        };
        detail::call([&](lreg_error **failure) { return lreg_verify(get(), &options, &report, failure); });
        return report;
    }

    /** Removes unreferenced data. @param options all zero: the defaults; `size` is set here */
    lreg_collect_report collect(lreg_collect_options options = {}) const {
        lreg_collect_report report = {};
        report.size = sizeof report;
        options.size = sizeof options;
        detail::call([&](lreg_error **failure) { return lreg_collect(get(), &options, &report, failure); });
        return report;
    }

    /** Does a part of the due maintenance; call it again after `next_ms`.
     * @param options  all zero: the defaults; `size` is set here */
    lreg_upkeep_report upkeep(lreg_upkeep_options options = {}) const {
        lreg_upkeep_report report = {};
        report.size = sizeof report;
        options.size = sizeof options;
        detail::call([&](lreg_error **failure) { return lreg_upkeep(get(), &options, &report, failure); });
        return report;
    }

    /** Makes a consistent copy; others can read and write meanwhile. @param directory must not exist
     * @param options all zero: the defaults; `size` is set here */
    void backup(std::string_view directory, lreg_backup_options options = {}) const {
        const std::string copy = detail::text(directory);
        options.size = sizeof options;
        detail::call([&](lreg_error **failure) { return lreg_backup(get(), copy.c_str(), &options, failure); });
    }
};

/**
 * Quiesces an instance so that the process may fork. Parent and child can use the instance again after each has
 * destroyed the guard, on the thread that created it. Throws when lreg_fork_begin() fails.
 * Threads: any, one at a time per instance. Since: 0.1
 */
class fork_guard {
  public:
    explicit fork_guard(const instance &of) : instance_(of.get()) {
        detail::call([this](lreg_error **failure) { return lreg_fork_begin(instance_, failure); });
    }
    ~fork_guard() {
        lreg_fork_end(instance_);
    }
    fork_guard(const fork_guard &) = delete;
    fork_guard &operator=(const fork_guard &) = delete;

  private:
    lreg_instance *instance_;
};

} // namespace libregistry

#endif
