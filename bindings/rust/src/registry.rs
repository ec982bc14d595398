// SPDX-License-Identifier: Apache-2.0
//! Snapshots of organizations, registries, tokens and upload sessions; they show the state at the time of reading.

use crate::call::{accessors, c_optional, c_text, call, give, handle, listing, pointer};
use crate::error::Result;
use crate::instance::Instance;
use crate::sys;
use std::os::raw::c_char;
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
    Organizations of Organization, lreg_organization_list, lreg_organization_list_next, lreg_organization_list_close
}

handle! {
    /// Packages of one ecosystem.
    shared Registry, lreg_registry, lreg_registry_free
}

accessors! { Registry {
    id -> text lreg_registry_id;
    /// Slug of its organization.
    organization_slug -> text lreg_registry_organization_slug;
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
        unsafe { sys::lreg_registry_is_public(self.as_ptr()) != 0 }
    }

    /// Whether a name can be published again with other bytes.
    pub fn allows_overwrite(&self) -> bool {
        // SAFETY: the handle is alive.
        unsafe { sys::lreg_registry_allows_overwrite(self.as_ptr()) != 0 }
    }

    /// Whether file names must have the ecosystem's documented form.
    pub fn has_strict_names(&self) -> bool {
        // SAFETY: the handle is alive.
        unsafe { sys::lreg_registry_has_strict_names(self.as_ptr()) != 0 }
    }
}

listing! {
    /// Registries of an organization, by slug.
    Registries of Registry, lreg_registry_list, lreg_registry_list_next, lreg_registry_list_close
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

type SetText<T> = unsafe extern "C" fn(*mut T, *const c_char, *mut *mut sys::lreg_error) -> sys::lreg_status;
type SetSwitch = unsafe extern "C" fn(
    *mut sys::lreg_registry_settings,
    sys::lreg_bool,
    *mut *mut sys::lreg_error,
) -> sys::lreg_status;

/// Sets the texts that are not `None`.
///
/// # Safety
/// The settings are alive; the texts are copied.
unsafe fn set_texts<T>(settings: *mut T, texts: &[(SetText<T>, Option<&str>)]) -> Result<()> {
    for (set, text) in texts {
        let text = c_optional(*text)?;
        call(|error| set(settings, pointer(&text), error))?;
    }
    Ok(())
}

/// Settings for a new registry, or changes to one. Settings that are not set do not change.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    name: Option<String>,
    slug: Option<String>,
    description: Option<String>,
    emoji: Option<String>,
    color: Option<String>,
    ecosystem: Option<Ecosystem>,
    public: Option<bool>,
    allow_overwrite: Option<bool>,
    strict_names: Option<bool>,
    json: Option<String>,
}

macro_rules! settings {
    ($($(#[$note:meta])* $name:ident: $kind:ty, $value:expr;)*) => {
        impl Settings {
            $($(#[$note])*
            pub fn $name(mut self, $name: $kind) -> Settings {
                self.$name = Some($value);
                self
            })*
        }
    };
}

settings! {
    name: &str, name.to_owned();
    /// Without it, the slug is derived from the name.
    slug: &str, slug.to_owned();
    /// Empty: none.
    description: &str, description.to_owned();
    /// Empty: none.
    emoji: &str, emoji.to_owned();
    /// "#RRGGBB"; empty: none.
    color: &str, color.to_owned();
    /// Whether its packages can be read without credentials.
    public: bool, public;
    /// Whether a name can be published again with other bytes.
    allow_overwrite: bool, allow_overwrite;
    /// Whether file names must have the ecosystem's documented form.
    strict_names: bool, strict_names;
    /// Settings as a JSON object, with the names of the REST API; the other settings override them.
    json: &str, json.to_owned();
}

impl Settings {
    /// The settings that a new registry requires.
    pub fn new(name: &str, ecosystem: Ecosystem) -> Settings {
        Settings {
            ecosystem: Some(ecosystem),
            ..Settings::default().name(name)
        }
    }

    fn make(&self) -> Result<Raw> {
        let raw = Raw(give(|out, error| unsafe {
            sys::lreg_registry_settings_new(out, error)
        })?);
        let switches: [(SetSwitch, Option<bool>); 3] = [
            (sys::lreg_registry_settings_set_public, self.public),
            (sys::lreg_registry_settings_set_allow_overwrite, self.allow_overwrite),
            (sys::lreg_registry_settings_set_strict_names, self.strict_names),
        ];
        // SAFETY: the settings are alive; texts are copied.
        unsafe {
            if let Some(json) = &self.json {
                let json = c_text(json)?;
                call(|error| sys::lreg_registry_settings_set_json(raw.as_ptr(), json.as_ptr(), error))?;
            }
            let texts: [(SetText<sys::lreg_registry_settings>, Option<&str>); 6] = [
                (sys::lreg_registry_settings_set_name, self.name.as_deref()),
                (sys::lreg_registry_settings_set_slug, self.slug.as_deref()),
                (sys::lreg_registry_settings_set_description, self.description.as_deref()),
                (sys::lreg_registry_settings_set_emoji, self.emoji.as_deref()),
                (sys::lreg_registry_settings_set_color, self.color.as_deref()),
                (
                    sys::lreg_registry_settings_set_ecosystem,
                    self.ecosystem.map(Ecosystem::name),
                ),
            ];
            for text in texts.iter().filter(|text| text.1.is_some()) {
                set_texts(raw.as_ptr(), &[*text])?;
            }
            for (set, value) in switches {
                if let Some(value) = value {
                    call(|error| set(raw.as_ptr(), value.into(), error))?;
                }
            }
        }
        Ok(raw)
    }
}

handle! {
    moved Raw, lreg_registry_settings, lreg_registry_settings_free
}

handle! {
    moved RawOrganization, lreg_organization_settings, lreg_organization_settings_free
}

handle! {
    moved RawToken, lreg_token_settings, lreg_token_settings_free
}

fn organization_settings(slug: Option<&str>, name: Option<&str>) -> Result<RawOrganization> {
    let raw = RawOrganization(give(|out, error| unsafe {
        sys::lreg_organization_settings_new(out, error)
    })?);
    let texts: [(SetText<sys::lreg_organization_settings>, Option<&str>); 2] = [
        (sys::lreg_organization_settings_set_slug, slug),
        (sys::lreg_organization_settings_set_name, name),
    ];
    // SAFETY: the settings are alive.
    unsafe { set_texts(raw.as_ptr(), &texts)? };
    Ok(raw)
}

fn token_settings(description: &str, scopes: Option<&str>, expires_ms: i64) -> Result<RawToken> {
    let raw = RawToken(give(|out, error| unsafe { sys::lreg_token_settings_new(out, error) })?);
    let texts: [(SetText<sys::lreg_token_settings>, Option<&str>); 2] = [
        (sys::lreg_token_settings_set_description, Some(description)),
        (sys::lreg_token_settings_set_scopes, scopes),
    ];
    // SAFETY: the settings are alive.
    unsafe {
        set_texts(raw.as_ptr(), &texts)?;
        call(|error| sys::lreg_token_settings_set_expires_ms(raw.as_ptr(), expires_ms, error))?;
    }
    Ok(raw)
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
    /// Id of the registry that a registry token reads; empty for an API access token.
    registry_id -> text lreg_token_registry_id;
    /// Empty unless the token is new, or from [`Instance::reveal`]. Dropping the token wipes the secret from memory.
    secret -> text lreg_token_secret;
    /// Milliseconds since the epoch; 0: never.
    expires_ms -> i64 lreg_token_expires_ms;
    /// Milliseconds since the epoch.
    created_ms -> i64 lreg_token_created_ms;
} }

listing! {
    /// Tokens, by age.
    Tokens of Token, lreg_token_list, lreg_token_list_next, lreg_token_list_close
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
    Uploads of Upload, lreg_upload_list, lreg_upload_list_next, lreg_upload_list_close
}

// SAFETY, of all that follows: the instance and the handles are alive, and texts live until the call returns.
impl Instance {
    /// Creates an organization; without a name, its name is the slug.
    pub fn create_organization(&self, slug: &str, name: Option<&str>) -> Result<Organization> {
        let settings = organization_settings(Some(slug), name)?;
        give(|out, error| unsafe { sys::lreg_organization_create(self.as_ptr(), settings.as_ptr(), out, error) })
            .map(Organization)
    }

    /// Changes what is not `None`, and returns the organization after the change.
    pub fn update_organization(
        &self,
        organization: &Organization,
        slug: Option<&str>,
        name: Option<&str>,
    ) -> Result<Organization> {
        let settings = organization_settings(slug, name)?;
        give(|out, error| unsafe {
            sys::lreg_organization_update(self.as_ptr(), organization.as_ptr(), settings.as_ptr(), out, error)
        })
        .map(Organization)
    }

    pub fn organization(&self, slug: &str) -> Result<Organization> {
        let slug = c_text(slug)?;
        give(|out, error| unsafe { sys::lreg_organization_find(self.as_ptr(), slug.as_ptr(), out, error) })
            .map(Organization)
    }

    pub fn organizations(&self) -> Result<Organizations> {
        give(|out, error| unsafe { sys::lreg_organization_list_open(self.as_ptr(), ptr::null(), out, error) })
            .map(Organizations)
    }

    /// Deletes an organization without registries.
    pub fn delete_organization(&self, organization: &Organization) -> Result<()> {
        call(|error| unsafe { sys::lreg_organization_delete(self.as_ptr(), organization.as_ptr(), error) })
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
        give(|out, error| unsafe {
            sys::lreg_registry_list_open(self.as_ptr(), organization.as_ptr(), ptr::null(), out, error)
        })
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
        let (organization, settings) = (
            c_text(organization)?,
            token_settings(description, Some(scopes), expires_ms)?,
        );
        let (organization, settings) = (organization.as_ptr(), settings.as_ptr());
        give(|out, error| unsafe { sys::lreg_token_create(self.as_ptr(), organization, settings, out, error) })
            .map(Token)
    }

    /// Creates a token that reads one registry. While a registry is public, its tokens are hidden: calls about them
    /// fail with `LREG_NOT_FOUND` and the code "tokens_hidden".
    pub fn create_registry_token(&self, registry: &Registry, description: &str) -> Result<Token> {
        let settings = token_settings(description, None, 0)?;
        give(|out, error| unsafe {
            sys::lreg_registry_token_create(self.as_ptr(), registry.as_ptr(), settings.as_ptr(), out, error)
        })
        .map(Token)
    }

    /// API access tokens of an organization, without their secrets.
    pub fn tokens(&self, organization: &str) -> Result<Tokens> {
        let organization = c_text(organization)?;
        give(|out, error| unsafe {
            sys::lreg_token_list_open(self.as_ptr(), organization.as_ptr(), ptr::null(), out, error)
        })
        .map(Tokens)
    }

    /// Tokens of a registry, without their secrets.
    pub fn registry_tokens(&self, registry: &Registry) -> Result<Tokens> {
        give(|out, error| unsafe {
            sys::lreg_registry_token_list_open(self.as_ptr(), registry.as_ptr(), ptr::null(), out, error)
        })
        .map(Tokens)
    }

    /// A registry token with its secret; the audit log has each showing.
    pub fn reveal(&self, token: &Token) -> Result<Token> {
        give(|out, error| unsafe { sys::lreg_token_reveal(self.as_ptr(), token.as_ptr(), out, error) }).map(Token)
    }

    /// Upload sessions of a registry.
    pub fn uploads(&self, registry: &Registry) -> Result<Uploads> {
        give(|out, error| unsafe {
            sys::lreg_upload_list_open(self.as_ptr(), registry.as_ptr(), ptr::null(), out, error)
        })
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
