# SPDX-License-Identifier: Apache-2.0
"""Organizations and the audit log."""

from __future__ import annotations

import datetime
import json
from typing import Any, Dict, Iterable, Optional, Union

from . import _abi, _base, _handle
from ._base import Listing, Snapshot
from ._registry import Registry
from ._token import Token


class AuditEvent(Snapshot):
    """An event of the audit log: who changed what, and when."""

    __slots__ = ()
    _KIND = _abi.lreg_audit_event
    _NAME = "audit_event"

    @property
    def type(self) -> str:
        """What happened, such as "RegistryCreatedEvent"."""
        return self._text("type")

    @property
    def actor(self) -> str:
        """The actor, for people; "host" for calls without HTTP."""
        return self._text("actor")

    @property
    def subject(self) -> str:
        """What was changed, for people."""
        return self._text("subject")

    @property
    def data(self) -> Dict[str, Any]:
        """Details."""
        found: Dict[str, Any] = json.loads(self._text("data"))
        return found

    @property
    def occurred_at(self) -> datetime.datetime:
        """When it happened, in UTC."""
        return self._moment("occurred_ms")

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return f"<AuditEvent {self.type} {self.subject!r} by {self.actor!r}>"


def audit_events(instance: _handle.Handle, organization_id: str) -> Listing[AuditEvent]:
    """The events of an organization, newest first."""
    only = _base.filtered(_abi.lreg_audit_event_filter,
                          organization_id=_handle.text(organization_id, "organization_id"))
    return Listing("audit_event", _abi.lreg_audit_event_list, _abi.lreg_audit_event,
                   lambda pointer: AuditEvent(instance, pointer), instance, None, only)


class Organization(Snapshot):
    """The owner of registries and tokens; from Instance.organization(), organizations() and create_organization()."""

    __slots__ = ()
    _KIND = _abi.lreg_organization
    _NAME = "organization"

    @property
    def id(self) -> str:
        """A UUID."""
        return self._text("id")

    @property
    def slug(self) -> str:
        """Its part of every URL."""
        return self._text("slug")

    @property
    def name(self) -> str:
        """Its display name."""
        return self._text("name")

    @property
    def created_at(self) -> datetime.datetime:
        """When it was created, in UTC."""
        return self._moment("created_ms")

    def update(self, *, name: Optional[str] = None, slug: Optional[str] = None) -> Organization:
        """Changes what is not None, and returns the organization after the change. This object does not change."""
        settings = _base.Settings("organization", _abi.lreg_organization_settings, name=name, slug=slug)
        changed: Organization = Organization._give("lreg_organization_update", self._instance, self._handle,
                                                   settings.handle)
        return changed

    def delete(self) -> None:
        """Deletes it with its tokens. Raises ConflictError when it has registries. Instance.audit_events() still has
        its events."""
        _handle.call("lreg_organization_delete", self._instance, self._handle)

    def create_registry(self, name: str, *, ecosystem: str, slug: Optional[str] = None,
                        description: Optional[str] = None, emoji: Optional[str] = None, color: Optional[str] = None,
                        public: bool = False, allow_overwrite: bool = False, strict_names: bool = False) -> Registry:
        """Creates a registry for an ecosystem: "files", "alpine" or "container".

        Without a slug, one is derived from the name. `color` is "#RRGGBB". A `public` registry can be read without
        credentials. With `allow_overwrite` a name can be published again with other bytes. With `strict_names` file
        names must have the ecosystem's documented form. Raises ConflictError when the slug is taken.
        """
        settings = _base.Settings("registry", _abi.lreg_registry_settings, name=name, ecosystem=ecosystem, slug=slug,
                                  description=description, emoji=emoji, color=color, public=bool(public),
                                  allow_overwrite=bool(allow_overwrite), strict_names=bool(strict_names))
        made: Registry = Registry._give("lreg_registry_create", self._instance, self._slug(), settings.handle)
        return made

    def registry(self, slug: str) -> Registry:
        """One of its registries. Raises NotFoundError."""
        found: Registry = Registry._give("lreg_registry_find", self._instance, self._slug(),
                                         _handle.text(slug, "slug"))
        return found

    def registries(self) -> Listing[Registry]:
        """Its registries, by slug."""
        return Listing("registry", _abi.lreg_registry_list, _abi.lreg_registry,
                       lambda pointer: Registry(self._instance, pointer), self._instance, self._slug(), None)

    def create_token(self, description: str, *, scopes: Union[str, Iterable[str]],
                     expires_at: Optional[datetime.datetime] = None) -> Token:
        """Creates an API access token. Only the returned object has its `secret`.

        Scopes: read_packages, write_packages, delete_packages, read_registries, write_registries, delete_registries;
        an iterable of them, or a text with commas or blanks.
        """
        words = scopes if isinstance(scopes, str) else ",".join(scopes)
        settings = _base.Settings("token", _abi.lreg_token_settings, description=description, scopes=words,
                                  expires_ms=None if expires_at is None else _base.milliseconds_of(expires_at))
        made: Token = Token._give("lreg_token_create", self._instance, self._slug(), settings.handle)
        return made

    def token(self, id: str) -> Token:
        """One of its API access tokens, without its secret. Raises NotFoundError."""
        found: Token = Token._give("lreg_token_find", self._instance, self._slug(), _handle.text(id, "id"))
        return found

    def tokens(self) -> Listing[Token]:
        """Its API access tokens, by age, without their secrets."""
        return Listing("token", _abi.lreg_token_list, _abi.lreg_token,
                       lambda pointer: Token(self._instance, pointer), self._instance, self._slug(), None)

    def audit_events(self) -> Listing[AuditEvent]:
        """What was changed in it, newest first."""
        return audit_events(self._instance, self.id)

    def _slug(self) -> bytes:
        return self.slug.encode()

    def __repr__(self) -> str:
        return f"<Organization {self.slug!r}>"
