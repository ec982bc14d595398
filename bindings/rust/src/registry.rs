// SPDX-License-Identifier: Apache-2.0
//! Snapshots of organizations, registries, tokens and upload sessions; they show the state at the time of reading.

use crate::call::{accessors, c_optional, c_text, call, give, handle, listing, pointer};
use crate::error::Result;
use crate::instance::Instance;
use crate::sys;
use std::ptr;

handle! {
    /// The owner of registries and tokens.
    shared Organization, lreg_organization, lreg_organization_free
}

accessors! { Organization {
    id -> text lreg_organization_id;
    /// Its part of every URL.
    slug -> text lreg_organization_slug;
    name -> text lreg_organization_name;
    /// Milliseconds since the epoch.
    created_ms -> i64 lreg_organization_created_ms;
} }

listing! {
    /// Organizations by slug.
    Organizations of Organization, lreg_organization_list, lreg_organization_list_next, lreg_organization_list_free
}

handle! {
    /// Packages of one ecosystem.
    shared Registry, lreg_registry, lreg_registry_free
}

accessors! { Registry {
    id -> text lreg_registry_id;
    /// Slug of its organization.
    organization -> text lreg_registry_organization;
    /// Its part of every URL.
    slug -> text lreg_registry_slug;
    name -> text lreg_registry_name;
    description -> text lreg_registry_description;
    emoji -> text lreg_registry_emoji;
    /// "#RRGGBB", or empty.
    color -> text lreg_registry_color;
    /// "files", "alpine" or "container".
    ecosystem -> text lreg_registry_ecosystem;
    /// Milliseconds since the epoch.
    created_ms -> i64 lreg_registry_created_ms;
    /// Milliseconds since the epoch.
    updated_ms -> i64 lreg_registry_updated_ms;
} }

impl Registry {
    /// Whether its packages can be read without credentials.
    pub fn is_public(&self) -> bool {
        // SAFETY: the handle is alive.
        unsafe { sys::lreg_registry_switch(self.as_ptr(), sys::LREG_REGISTRY_PUBLIC) != 0 }
    }
}

listing! {
    /// Registries of an organization, by slug.
    Registries of Registry, lreg_registry_list, lreg_registry_list_next, lreg_registry_list_free
}

/// The kind of packages in a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ecosystem {
    Files,
    Alpine,
    Container,
}

impl Ecosystem {
    pub fn name(self) -> &'static str {
        match self {
            Ecosystem::Files => "files",
            Ecosystem::Alpine => "alpine",
            Ecosystem::Container => "container",
        }
    }
}

/// Settings for a new registry, or changes to one. Settings that are not set do not change.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    texts: Vec<(i32, String)>,
    switches: Vec<(i32, bool)>,
}

impl Settings {
    /// The settings that a new registry requires.
    pub fn new(name: &str, ecosystem: Ecosystem) -> Settings {
        Settings::default()
            .text(sys::LREG_REGISTRY_NAME, name)
            .text(sys::LREG_REGISTRY_ECOSYSTEM, ecosystem.name())
    }

    /// Sets a text: `sys::LREG_REGISTRY_NAME` to `sys::LREG_REGISTRY_ECOSYSTEM`.
    pub fn text(mut self, text: i32, value: &str) -> Settings {
        self.texts.push((text, value.to_owned()));
        self
    }

    /// Sets a switch: `sys::LREG_REGISTRY_PUBLIC` to `sys::LREG_REGISTRY_STRICT_NAMES`.
    pub fn switch(mut self, which: i32, value: bool) -> Settings {
        self.switches.push((which, value));
        self
    }

    /// Without it, the slug is derived from the name.
    pub fn slug(self, slug: &str) -> Settings {
        self.text(sys::LREG_REGISTRY_SLUG, slug)
    }

    /// Whether its packages can be read without credentials.
    pub fn public(self, public: bool) -> Settings {
        self.switch(sys::LREG_REGISTRY_PUBLIC, public)
    }

    fn make(&self) -> Result<Raw> {
        // SAFETY: the settings are alive; texts are copied.
        unsafe {
            let raw = Raw(give(|out, error| sys::lreg_registry_settings_new(out, error))?);
            for (text, value) in &self.texts {
                let value = c_text(value)?;
                call(|error| sys::lreg_registry_settings_set_text(raw.as_ptr(), *text, value.as_ptr(), error))?;
            }
            for (which, value) in &self.switches {
                let value = i32::from(*value);
                call(|error| sys::lreg_registry_settings_set_switch(raw.as_ptr(), *which, value, error))?;
            }
            Ok(raw)
        }
    }
}

handle! {
    moved Raw, lreg_registry_settings, lreg_registry_settings_free
}

handle! {
    /// A credential for a registry, or for an organization's API.
    shared Token, lreg_token, lreg_token_free
}

accessors! { Token {
    id -> text lreg_token_id;
    description -> text lreg_token_description;
    /// Words separated by commas; empty for a registry token.
    scopes -> text lreg_token_scopes;
    /// Empty when the library cannot show it. Dropping the token wipes the secret from memory.
    secret -> text lreg_token_secret;
    /// Milliseconds since the epoch; 0: never.
    expires_ms -> i64 lreg_token_expires_ms;
    /// Milliseconds since the epoch.
    created_ms -> i64 lreg_token_created_ms;
} }

listing! {
    /// Tokens, by age.
    Tokens of Token, lreg_token_list, lreg_token_list_next, lreg_token_list_free
}

handle! {
    /// An upload session of a container client.
    shared Upload, lreg_upload, lreg_upload_free
}

accessors! { Upload {
    id -> text lreg_upload_id;
    /// Name of the image that the blob belongs to.
    image -> text lreg_upload_image;
    /// What started it: the id of a token, or "host".
    principal -> text lreg_upload_principal;
    /// Bytes that have arrived and are durable.
    received_bytes -> u64 lreg_upload_received_bytes;
    /// Milliseconds since the epoch.
    created_ms -> i64 lreg_upload_created_ms;
    /// When it last made progress, in milliseconds since the epoch.
    updated_ms -> i64 lreg_upload_updated_ms;
} }

listing! {
    /// Upload sessions, by id.
    Uploads of Upload, lreg_upload_list, lreg_upload_list_next, lreg_upload_list_free
}

// SAFETY, of all that follows: the instance and the handles are alive, and texts live until the call returns.
impl Instance {
    /// Creates an organization; without a name, its name is the slug.
    pub fn create_organization(&self, slug: &str, name: Option<&str>) -> Result<Organization> {
        let (slug, name) = (c_text(slug)?, c_optional(name)?);
        let (slug, name) = (slug.as_ptr(), pointer(&name));
        give(|out, error| unsafe { sys::lreg_organization_create(self.as_ptr(), slug, name, out, error) })
            .map(Organization)
    }

    pub fn organization(&self, slug: &str) -> Result<Organization> {
        let slug = c_text(slug)?;
        give(|out, error| unsafe { sys::lreg_organization_find(self.as_ptr(), slug.as_ptr(), out, error) })
            .map(Organization)
    }

    pub fn organizations(&self) -> Result<Organizations> {
        give(|out, error| unsafe { sys::lreg_organization_list_open(self.as_ptr(), out, error) }).map(Organizations)
    }

    /// Deletes an organization without registries.
    pub fn delete_organization(&self, slug: &str) -> Result<()> {
        let slug = c_text(slug)?;
        call(|error| unsafe { sys::lreg_organization_delete(self.as_ptr(), slug.as_ptr(), error) })
    }

    pub fn create_registry(&self, organization: &str, settings: &Settings) -> Result<Registry> {
        let (organization, settings) = (c_text(organization)?, settings.make()?);
        let (organization, settings) = (organization.as_ptr(), settings.as_ptr());
        give(|out, error| unsafe { sys::lreg_registry_create(self.as_ptr(), organization, settings, out, error) })
            .map(Registry)
    }

    pub fn registry(&self, organization: &str, slug: &str) -> Result<Registry> {
        let (organization, slug) = (c_text(organization)?, c_text(slug)?);
        let (organization, slug) = (organization.as_ptr(), slug.as_ptr());
        give(|out, error| unsafe { sys::lreg_registry_find(self.as_ptr(), organization, slug, out, error) })
            .map(Registry)
    }

    pub fn registries(&self, organization: &str) -> Result<Registries> {
        let organization = c_text(organization)?;
        give(|out, error| unsafe { sys::lreg_registry_list_open(self.as_ptr(), organization.as_ptr(), out, error) })
            .map(Registries)
    }

    /// Applies what is set, and returns the registry after the change.
    pub fn update_registry(&self, registry: &Registry, settings: &Settings) -> Result<Registry> {
        let settings = settings.make()?;
        give(|out, error| unsafe {
            sys::lreg_registry_update(self.as_ptr(), registry.as_ptr(), settings.as_ptr(), out, error)
        })
        .map(Registry)
    }

    /// Permanently deletes a registry with all its packages and tokens.
    pub fn delete_registry(&self, registry: &Registry) -> Result<()> {
        call(|error| unsafe { sys::lreg_registry_delete(self.as_ptr(), registry.as_ptr(), error) })
    }

    /// Creates an API access token; only this handle has its secret. `expires_ms` is in milliseconds since the epoch;
    /// 0: never.
    pub fn create_token(&self, organization: &str, description: &str, scopes: &str, expires_ms: i64) -> Result<Token> {
        let (organization, description, scopes) = (c_text(organization)?, c_text(description)?, c_text(scopes)?);
        let (organization, description, scopes) = (organization.as_ptr(), description.as_ptr(), scopes.as_ptr());
        give(|out, error| unsafe {
            sys::lreg_token_create(self.as_ptr(), organization, description, scopes, expires_ms, out, error)
        })
        .map(Token)
    }

    /// Creates a token that reads one registry. While a registry is public, its tokens are hidden: calls about them
    /// fail with `LREG_NOT_FOUND` and the code "tokens_hidden".
    pub fn create_registry_token(&self, registry: &Registry, description: &str) -> Result<Token> {
        let description = c_text(description)?;
        let description = description.as_ptr();
        give(|out, error| unsafe {
            sys::lreg_token_create_for_registry(self.as_ptr(), registry.as_ptr(), description, out, error)
        })
        .map(Token)
    }

    /// API access tokens of an organization.
    pub fn tokens(&self, organization: &str) -> Result<Tokens> {
        let organization = c_text(organization)?;
        give(|out, error| unsafe {
            sys::lreg_token_list_open(self.as_ptr(), organization.as_ptr(), ptr::null(), out, error)
        })
        .map(Tokens)
    }

    /// Tokens of a registry, with their secrets.
    pub fn registry_tokens(&self, registry: &Registry) -> Result<Tokens> {
        give(|out, error| unsafe {
            sys::lreg_token_list_open(self.as_ptr(), ptr::null(), registry.as_ptr(), out, error)
        })
        .map(Tokens)
    }

    /// Upload sessions of a registry.
    pub fn uploads(&self, registry: &Registry) -> Result<Uploads> {
        give(|out, error| unsafe { sys::lreg_upload_list_open(self.as_ptr(), registry.as_ptr(), out, error) })
            .map(Uploads)
    }

    /// Ends an upload session; its client has to start again.
    pub fn cancel_upload(&self, upload: &Upload) -> Result<()> {
        call(|error| unsafe { sys::lreg_upload_cancel(self.as_ptr(), upload.as_ptr(), error) })
    }

    /// Deletes a token, which is invalid from then on.
    pub fn delete_token(&self, token: &Token) -> Result<()> {
        call(|error| unsafe { sys::lreg_token_delete(self.as_ptr(), token.as_ptr(), error) })
    }
}
