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
    std::string_view organization() const noexcept {
        return lreg_registry_organization(get());
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
    /** @param which LREG_REGISTRY_PUBLIC to LREG_REGISTRY_STRICT_NAMES */
    bool is_switched_on(std::int32_t which) const noexcept {
        return lreg_registry_switch(get(), which) != 0;
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

/** Settings for a new registry, or changes to one. Threads: any, one at a time per handle. Since: 0.1 */
class registry_settings : public handle<lreg_registry_settings, lreg_registry_settings_free> {
  public:
    /** Without any setting. Throws LREG_NO_MEMORY. */
    registry_settings() {
        open(lreg_registry_settings_new);
    }

    /** Sets a text. @param which LREG_REGISTRY_NAME to LREG_REGISTRY_ECOSYSTEM */
    registry_settings &set_text(std::int32_t which, std::string_view value) {
        const std::string copy = detail::text(value);
        detail::call(
            [&](lreg_error **failure) { return lreg_registry_settings_set_text(get(), which, copy.c_str(), failure); });
        return *this;
    }

    /** Sets a switch. @param which LREG_REGISTRY_PUBLIC to LREG_REGISTRY_STRICT_NAMES */
    registry_settings &set_switch(std::int32_t which, bool value) {
        detail::call([&](lreg_error **failure) {
            return lreg_registry_settings_set_switch(get(), which, value ? 1 : 0, failure);
        });
        return *this;
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
    /** The name that instance::find_package_by_filename() takes. */
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
    /** When it was published, in milliseconds since the epoch. */
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
    std::string_view description() const noexcept {
        return lreg_token_description(get());
    }
    /** Words separated by commas; "" for a registry token. */
    std::string_view scopes() const noexcept {
        return lreg_token_scopes(get());
    }
    /** "" when the library cannot show it. */
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

    /** What happened, such as "REGISTRY_CREATED". */
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
    std::int64_t at_ms() const noexcept {
        return lreg_audit_event_at_ms(get());
    }
};

/** By slug. Since: 0.1 */
using organization_list =
    listing<organization, lreg_organization_list, lreg_organization_list_next, lreg_organization_list_free>;
/** By slug. Since: 0.1 */
using registry_list = listing<registry, lreg_registry_list, lreg_registry_list_next, lreg_registry_list_free>;
/** Newest first. Since: 0.1 */
using package_list = listing<package, lreg_package_list, lreg_package_list_next, lreg_package_list_free>;
/** By age. Since: 0.1 */
using token_list = listing<token, lreg_token_list, lreg_token_list_next, lreg_token_list_free>;
/** By id. Since: 0.1 */
using upload_list = listing<upload, lreg_upload_list, lreg_upload_list_next, lreg_upload_list_free>;
/** Newest first. Since: 0.1 */
using audit_list = listing<audit_event, lreg_audit_list, lreg_audit_list_next, lreg_audit_list_free>;

} // namespace libregistry

#endif
