/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_CPP_SNAPSHOTS_HPP
#define LIBREGISTRY_CPP_SNAPSHOTS_HPP

/**
 * @file
 * Snapshots of organizations, registries, packages, tokens, uploads and audit events, and their listings. A snapshot
 * shows the state at the time it was read.
 *
 * A text that an accessor returns is NUL-terminated, and borrowed until the handle is destroyed; the handle may be
 * moved. Accessors never throw and do not block. Threads: any, at once.
 */

#include <libregistry/audit.h>
#include <libregistry/cpp/handle.hpp>
#include <libregistry/metrics.h>
#include <libregistry/organization.h>
#include <libregistry/package.h>
#include <libregistry/registry.h>
#include <libregistry/token.h>
#include <libregistry/upload.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace libregistry {

/** An organization. Since: 0.1 */
class organization : public handle<lreg_organization, lreg_organization_free> {
  public:
    using handle::handle;

    /** UUID. */
    std::string_view id() const noexcept {
        return lreg_organization_id(get());
    }
    /** Its part of every URL. */
    std::string_view slug() const noexcept {
        return lreg_organization_slug(get());
    }
    /** Its display name. */
    std::string_view name() const noexcept {
        return lreg_organization_name(get());
    }
    /** When it was created, in milliseconds since the epoch. */
    std::int64_t created_ms() const noexcept {
        return lreg_organization_created_ms(get());
    }
};

/** A registry. Since: 0.1 */
class registry : public handle<lreg_registry, lreg_registry_free> {
  public:
    using handle::handle;

    /** UUID. */
    std::string_view id() const noexcept {
        return lreg_registry_id(get());
    }
    /** Slug of its organization. */
    std::string_view organization_slug() const noexcept {
        return lreg_registry_organization_slug(get());
    }
    /** Its part of every URL. */
    std::string_view slug() const noexcept {
        return lreg_registry_slug(get());
    }
    /** Its display name. */
    std::string_view name() const noexcept {
        return lreg_registry_name(get());
    }
    /** "" when there is none. */
    std::string_view description() const noexcept {
        return lreg_registry_description(get());
    }
    /** "" when there is none. */
    std::string_view emoji() const noexcept {
        return lreg_registry_emoji(get());
    }
    /** "#RRGGBB", or "" when there is none. */
    std::string_view color() const noexcept {
        return lreg_registry_color(get());
    }
    /** "files", "alpine" or "container". */
    std::string_view ecosystem() const noexcept {
        return lreg_registry_ecosystem(get());
    }
    /** Whether its packages can be read without credentials. */
    bool is_public() const noexcept {
        return lreg_registry_is_public(get()) != 0;
    }
    /** Whether a name can be published again with other bytes. */
    bool allows_overwrite() const noexcept {
        return lreg_registry_allows_overwrite(get()) != 0;
    }
    /** Whether file names must have the ecosystem's documented form. */
    bool has_strict_names() const noexcept {
        return lreg_registry_has_strict_names(get()) != 0;
    }
    /** When it was created, in milliseconds since the epoch. */
    std::int64_t created_ms() const noexcept {
        return lreg_registry_created_ms(get());
    }
    /** When its settings were last changed, in milliseconds since the epoch. */
    std::int64_t updated_ms() const noexcept {
        return lreg_registry_updated_ms(get());
    }
};

/**
 * What all settings share: setters that return the settings, so that they can be chained. In a text, nothing takes the
 * setting back. Threads: any, one at a time per handle. Since: 0.1
 */
template <class Self, class Raw, lreg_status (*New)(Raw **, lreg_error **), void (*Free)(Raw *)>
class settings_of : public handle<Raw, Free> {
  public:
    /** Without any setting. Throws LREG_NO_MEMORY. */
    settings_of() {
        this->open(New);
    }

  protected:
    Self &set(lreg_status (*setter)(Raw *, const char *, lreg_error **), const optional_text &value) {
        const detail::nullable_text copy(value);
        detail::call([&](lreg_error **failure) { return setter(this->get(), copy.get(), failure); });
        return static_cast<Self &>(*this);
    }
    template <class Number> Self &set(lreg_status (*setter)(Raw *, Number, lreg_error **), Number value) {
        detail::call([&](lreg_error **failure) { return setter(this->get(), value, failure); });
        return static_cast<Self &>(*this);
    }
};

/** Settings for a new organization, or changes to one. Since: 0.1 */
class organization_settings : public settings_of<organization_settings, lreg_organization_settings,
                                                 lreg_organization_settings_new, lreg_organization_settings_free> {
  public:
    organization_settings &set_slug(const optional_text &value) {
        return set(lreg_organization_settings_set_slug, value);
    }
    organization_settings &set_name(const optional_text &value) {
        return set(lreg_organization_settings_set_name, value);
    }
};

/** Settings for a new registry, or changes to one. Since: 0.1 */
class registry_settings : public settings_of<registry_settings, lreg_registry_settings, lreg_registry_settings_new,
                                             lreg_registry_settings_free> {
  public:
    registry_settings &set_name(const optional_text &value) {
        return set(lreg_registry_settings_set_name, value);
    }
    registry_settings &set_slug(const optional_text &value) {
        return set(lreg_registry_settings_set_slug, value);
    }
    registry_settings &set_description(const optional_text &value) {
        return set(lreg_registry_settings_set_description, value);
    }
    registry_settings &set_emoji(const optional_text &value) {
        return set(lreg_registry_settings_set_emoji, value);
    }
    registry_settings &set_color(const optional_text &value) {
        return set(lreg_registry_settings_set_color, value);
    }
    registry_settings &set_ecosystem(const optional_text &value) {
        return set(lreg_registry_settings_set_ecosystem, value);
    }
    registry_settings &set_public(bool value) {
        return set(lreg_registry_settings_set_public, lreg_bool{value ? 1 : 0});
    }
    registry_settings &set_allow_overwrite(bool value) {
        return set(lreg_registry_settings_set_allow_overwrite, lreg_bool{value ? 1 : 0});
    }
    registry_settings &set_strict_names(bool value) {
        return set(lreg_registry_settings_set_strict_names, lreg_bool{value ? 1 : 0});
    }
    /** Sets what a JSON object has, with the names of the REST API. */
    registry_settings &set_json(std::string_view json) {
        return set(lreg_registry_settings_set_json, optional_text(json));
    }
};

/** Settings for a new token. Since: 0.1 */
class token_settings
    : public settings_of<token_settings, lreg_token_settings, lreg_token_settings_new, lreg_token_settings_free> {
  public:
    token_settings &set_description(const optional_text &value) {
        return set(lreg_token_settings_set_description, value);
    }
    /** Words separated by commas or blanks; not for a registry token. */
    token_settings &set_scopes(const optional_text &value) {
        return set(lreg_token_settings_set_scopes, value);
    }
    /** In milliseconds since the epoch; 0: never; not for a registry token. */
    token_settings &set_expires_ms(std::int64_t value) {
        return set(lreg_token_settings_set_expires_ms, value);
    }
};

/** A package: a file, an apk of one architecture, a tag of an image. Since: 0.1 */
class package : public handle<lreg_package, lreg_package_free> {
  public:
    using handle::handle;

    /** UUID. */
    std::string_view id() const noexcept {
        return lreg_package_id(get());
    }
    std::string_view name() const noexcept {
        return lreg_package_name(get());
    }
    /** "" when there is none. */
    std::string_view version() const noexcept {
        return lreg_package_version(get());
    }
    /** "" when there is none. */
    std::string_view architecture() const noexcept {
        return lreg_package_architecture(get());
    }
    /** What names it in its registry; instance::find_package() takes it. */
    std::string_view reference() const noexcept {
        return lreg_package_reference(get());
    }
    /** The name under which to save it: the last part of its reference. */
    std::string_view filename() const noexcept {
        return lreg_package_filename(get());
    }
    /** The path for HTTP clients, below the mount, percent-encoded. */
    std::string_view path() const noexcept {
        return lreg_package_path(get());
    }
    /** For an image, including everything its manifest references. */
    std::uint64_t size_bytes() const noexcept {
        return lreg_package_size_bytes(get());
    }
    /** @param algorithm "md5", "sha1", "sha256" or "sha512" @return hexadecimal; "" when unknown */
    std::string_view digest(const char *algorithm) const noexcept {
        return lreg_package_digest(get(), algorithm);
    }
    /** Further data of the ecosystem, as a JSON object. */
    std::string_view attributes() const noexcept {
        return lreg_package_attributes(get());
    }
    /** The number of downloads over HTTP; those of the last seconds may be missing. */
    std::uint64_t downloads() const noexcept {
        return lreg_package_downloads(get());
    }
    /** When it was first published, in milliseconds since the epoch. */
    std::int64_t created_ms() const noexcept {
        return lreg_package_created_ms(get());
    }
};

/** A token. The destructor wipes its secret. Since: 0.1 */
class token : public handle<lreg_token, lreg_token_free> {
  public:
    using handle::handle;

    /** UUID. */
    std::string_view id() const noexcept {
        return lreg_token_id(get());
    }
    /** Id of the registry that a registry token reads; "" for an API access token. */
    std::string_view registry_id() const noexcept {
        return lreg_token_registry_id(get());
    }
    std::string_view description() const noexcept {
        return lreg_token_description(get());
    }
    /** Words separated by commas; "" for a registry token. */
    std::string_view scopes() const noexcept {
        return lreg_token_scopes(get());
    }
    /** "" unless the token is new, or from instance::reveal(). */
    std::string_view secret() const noexcept {
        return lreg_token_secret(get());
    }
    /** When it expires, in milliseconds since the epoch; 0: never. */
    std::int64_t expires_ms() const noexcept {
        return lreg_token_expires_ms(get());
    }
    /** When it was created, in milliseconds since the epoch. */
    std::int64_t created_ms() const noexcept {
        return lreg_token_created_ms(get());
    }
};

/** An upload session of a container client. Since: 0.1 */
class upload : public handle<lreg_upload, lreg_upload_free> {
  public:
    using handle::handle;

    /** UUID. */
    std::string_view id() const noexcept {
        return lreg_upload_id(get());
    }
    /** Name of the image that the blob belongs to. */
    std::string_view image() const noexcept {
        return lreg_upload_image(get());
    }
    /** What started it: the id of a token, or "host". */
    std::string_view principal() const noexcept {
        return lreg_upload_principal(get());
    }
    /** Bytes that have arrived and are durable. */
    std::uint64_t received_bytes() const noexcept {
        return lreg_upload_received_bytes(get());
    }
    /** When it started, in milliseconds since the epoch. */
    std::int64_t created_ms() const noexcept {
        return lreg_upload_created_ms(get());
    }
    /** When it last made progress, in milliseconds since the epoch. */
    std::int64_t updated_ms() const noexcept {
        return lreg_upload_updated_ms(get());
    }
};

/** One event of the audit log. Since: 0.1 */
class audit_event : public handle<lreg_audit_event, lreg_audit_event_free> {
  public:
    using handle::handle;

    /** What happened, such as "RegistryCreatedEvent". */
    std::string_view type() const noexcept {
        return lreg_audit_event_type(get());
    }
    /** The actor, for people. */
    std::string_view actor() const noexcept {
        return lreg_audit_event_actor(get());
    }
    /** What was changed, for people. */
    std::string_view subject() const noexcept {
        return lreg_audit_event_subject(get());
    }
    /** Details, as a JSON object. */
    std::string_view data() const noexcept {
        return lreg_audit_event_data(get());
    }
    /** When it happened, in milliseconds since the epoch. */
    std::int64_t occurred_ms() const noexcept {
        return lreg_audit_event_occurred_ms(get());
    }
};

/** One sample of a metric. Since: 0.1 */
class metric : public handle<lreg_metric, lreg_metric_free> {
  public:
    using handle::handle;

    /** Of the sample: the family's, for a histogram with "_bucket", "_sum" or "_count" behind it. */
    std::string_view name() const noexcept {
        return lreg_metric_name(get());
    }
    /** Such as "libregistry_http_requests_total". */
    std::string_view family() const noexcept {
        return lreg_metric_family(get());
    }
    /** "counter", "gauge" or "histogram". */
    std::string_view type() const noexcept {
        return lreg_metric_type(get());
    }
    /** What the family counts. */
    std::string_view help() const noexcept {
        return lreg_metric_help(get());
    }
    /** The value of a label; "" when there is none with that name. */
    std::string_view label(std::string_view wanted) const noexcept {
        const char *name = nullptr;
        const char *value = nullptr;
        for (std::size_t i = 0; lreg_metric_label_at(get(), i, &name, &value) != 0; i++) {
            if (wanted == name) {
                return value;
            }
        }
        return "";
    }
    /** In the unit of the name: seconds, bytes, or a number of things. */
    double value() const noexcept {
        double number = static_cast<double>(lreg_metric_value(get()));
        for (std::int32_t i = lreg_metric_decimals(get()); i > 0; i--) {
            number /= 10;
        }
        return number;
    }
};

/** By slug. Since: 0.1 */
using organization_list =
    listing<organization, lreg_organization_list, lreg_organization_list_next, lreg_organization_list_close>;
/** By slug. Since: 0.1 */
using registry_list = listing<registry, lreg_registry_list, lreg_registry_list_next, lreg_registry_list_close>;
/** Newest first. Since: 0.1 */
using package_list = listing<package, lreg_package_list, lreg_package_list_next, lreg_package_list_close>;
/** By age. Since: 0.1 */
using token_list = listing<token, lreg_token_list, lreg_token_list_next, lreg_token_list_close>;
/** By id. Since: 0.1 */
using upload_list = listing<upload, lreg_upload_list, lreg_upload_list_next, lreg_upload_list_close>;
/** The samples of a family one after the other. Since: 0.1 */
using metric_list = listing<metric, lreg_metrics_list, lreg_metrics_list_next, lreg_metrics_list_close>;
/** Newest first. Since: 0.1 */
using audit_event_list =
    listing<audit_event, lreg_audit_event_list, lreg_audit_event_list_next, lreg_audit_event_list_close>;

} // namespace libregistry

#endif
