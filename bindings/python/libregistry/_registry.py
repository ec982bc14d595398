# SPDX-License-Identifier: Apache-2.0
"""Registries: packages of one ecosystem."""

from __future__ import annotations

import datetime
import os
from typing import Any, BinaryIO, Optional, Union

from . import _abi, _base, _handle
from ._base import Listing, Snapshot
from ._package import Package, Publication, copy
from ._token import Token
from ._upload import Upload


class Registry(Snapshot):
    """Packages of one ecosystem; from Organization.registry(), registries() and create_registry()."""

    __slots__ = ()
    _KIND = _abi.lreg_registry
    _NAME = "registry"

    @property
    def id(self) -> str:
        """A UUID."""
        return self._text("id")

    @property
    def organization_slug(self) -> str:
        """The slug of its organization."""
        return self._text("organization_slug")

    @property
    def slug(self) -> str:
        """Its part of every URL."""
        return self._text("slug")

    @property
    def name(self) -> str:
        """Its display name."""
        return self._text("name")

    @property
    def description(self) -> str:
        """"" when there is none."""
        return self._text("description")

    @property
    def emoji(self) -> str:
        """"" when there is none."""
        return self._text("emoji")

    @property
    def color(self) -> str:
        """"#RRGGBB", or "" when there is none."""
        return self._text("color")

    @property
    def ecosystem(self) -> str:
        """"files", "alpine" or "container"."""
        return self._text("ecosystem")

    @property
    def public(self) -> bool:
        """Whether its packages can be read without credentials."""
        return bool(self._number("is_public"))

    @property
    def allow_overwrite(self) -> bool:
        """Whether a name can be published again with other bytes."""
        return bool(self._number("allows_overwrite"))

    @property
    def strict_names(self) -> bool:
        """Whether file names must have the ecosystem's documented form."""
        return bool(self._number("has_strict_names"))

    @property
    def created_at(self) -> datetime.datetime:
        """When it was created, in UTC."""
        return self._moment("created_ms")

    @property
    def updated_at(self) -> datetime.datetime:
        """When its settings were last changed, in UTC."""
        return self._moment("updated_ms")

    def update(self, *, name: Optional[str] = None, slug: Optional[str] = None, description: Optional[str] = None,
               emoji: Optional[str] = None, color: Optional[str] = None, public: Optional[bool] = None,
               allow_overwrite: Optional[bool] = None, strict_names: Optional[bool] = None) -> Registry:
        """Changes what is not None, and returns the registry after the change. This object does not change."""
        settings = _base.Settings("registry", _abi.lreg_registry_settings, name=name, slug=slug,
                                  description=description, emoji=emoji, color=color,
                                  public=None if public is None else bool(public),
                                  allow_overwrite=None if allow_overwrite is None else bool(allow_overwrite),
                                  strict_names=None if strict_names is None else bool(strict_names))
        changed: Registry = Registry._give("lreg_registry_update", self._instance, self._handle, settings.handle)
        return changed

    def delete(self) -> None:
        """Permanently deletes it with all packages and tokens. Instance.collect() frees their bytes."""
        _handle.call("lreg_registry_delete", self._instance, self._handle)

    def publication(self, filename: str) -> Publication:
        """Starts publishing one package file under a name.

            with registry.publication("app-1.0.0.zip") as publication:
                publication.write(b"…")
            publication.package
        """
        return Publication(self._instance, self._handle, filename)

    def publish(self, source: Union[str, os.PathLike[str], BinaryIO, bytes], filename: Optional[str] = None) -> Package:
        """Publishes a file: a path, an open binary file (read in pieces, to its end), or bytes.

        Without `filename`, the name of the path or of the open file is used. When this returns, the package is visible
        and durable. Publishing the same bytes again returns the existing package. Raises ConflictError when the name
        exists with other bytes, UnprocessableError when the package is invalid.
        """
        if isinstance(source, (str, os.PathLike)):
            with open(source, "rb", buffering=0) as file:
                return self.publish(file, os.path.basename(source) if filename is None else filename)
        name = filename if filename is not None else _name_of(source)
        with self.publication(name) as publication:
            if isinstance(source, bytes):
                publication.write(source)
            else:
                copy(source, publication.write)
        return publication.package

    def package(self, reference: str) -> Package:
        """A package by its reference: "app-1.0.zip"; for an apk with its architecture, "x86_64/hello-1.0-r0.apk"; for
        an image "image:tag". Raises NotFoundError."""
        return self._package("lreg_package_find", reference, "reference")

    def package_by_id(self, id: str) -> Package:
        """A package by its id. Raises NotFoundError."""
        return self._package("lreg_package_find_by_id", id, "id")

    def _package(self, function: str, value: str, what: str) -> Package:
        found: Package = Package._give(function, self._instance, self._handle, _handle.text(value, what))
        return found

    def packages(self, name_contains: Optional[str] = None) -> Listing[Package]:
        """Its packages, newest first. With `name_contains`, only those whose name contains it, ignoring ASCII case."""
        return Listing("package", _abi.lreg_package_list, _abi.lreg_package,
                       lambda pointer: Package(self._instance, pointer), self._instance, self._handle,
                       _base.filtered(_abi.lreg_package_filter,
                                      name_contains=_handle.optional_text(name_contains, "name_contains")))

    def create_token(self, description: str) -> Token:
        """Creates a token that reads the packages of this registry, and does not expire. Token.reveal() shows its
        secret again. While the registry is public, this and all other calls about its tokens raise NotFoundError (code
        "tokens_hidden")."""
        settings = _base.Settings("token", _abi.lreg_token_settings, description=description)
        made: Token = Token._give("lreg_registry_token_create", self._instance, self._handle, settings.handle)
        return made

    def token(self, id: str) -> Token:
        """One of its tokens, without its secret. Raises NotFoundError."""
        found: Token = Token._give("lreg_registry_token_find", self._instance, self._handle, _handle.text(id, "id"))
        return found

    def tokens(self) -> Listing[Token]:
        """Its tokens, by age, without their secrets. The first step raises NotFoundError (code "tokens_hidden") while
        the registry is public."""
        return Listing("token", _abi.lreg_token_list, _abi.lreg_token,
                       lambda pointer: Token(self._instance, pointer), self._instance, self._handle, None,
                       opened="lreg_registry_token_list_open")

    def upload(self, id: str) -> Upload:
        """One of its upload sessions. Raises NotFoundError when it does not exist or has ended."""
        found: Upload = Upload._give("lreg_upload_find", self._instance, self._handle, _handle.text(id, "id"))
        return found

    def uploads(self) -> Listing[Upload]:
        """Its upload sessions, by id."""
        return Listing("upload", _abi.lreg_upload_list, _abi.lreg_upload,
                       lambda pointer: Upload(self._instance, pointer), self._instance, self._handle, None)

    def __repr__(self) -> str:
        return f"<Registry {self.organization_slug}/{self.slug} {self.ecosystem}>"


def _name_of(source: Any) -> str:
    name = getattr(source, "name", None)
    if not isinstance(name, str):
        raise TypeError("filename is needed: the source has no name")
    return os.path.basename(name)
