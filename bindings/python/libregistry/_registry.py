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
    """Packages of one ecosystem; from Organization.registry() and its relatives."""

    __slots__ = ()
    _KIND = _abi.lreg_registry
    _NAME = "registry"

    @property
    def id(self) -> str:
        """A UUID."""
        return self._text("id")

    @property
    def organization_slug(self) -> str:
        """The slug of its organisation."""
        return self._text("organization")

    @property
    def slug(self) -> str:
        """Its part of every URL."""
        return self._text("slug")

    @property
    def name(self) -> str:
        """Its name for people."""
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
        """Anybody may read its packages."""
        return bool(self._number("switch", _abi.LREG_REGISTRY_PUBLIC))

    @property
    def allow_overwrite(self) -> bool:
        """A name may be published again with other bytes."""
        return bool(self._number("switch", _abi.LREG_REGISTRY_ALLOW_OVERWRITE))

    @property
    def strict_names(self) -> bool:
        """File names that are not of the ecosystem's documented form are refused."""
        return bool(self._number("switch", _abi.LREG_REGISTRY_STRICT_NAMES))

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
        """Changes what is not None, and gives the registry as it is now. This object stays as it was."""
        settings = _base.Settings(name=name, slug=slug, description=description, emoji=emoji, color=color,
                                  public=public, allow_overwrite=allow_overwrite, strict_names=strict_names)
        changed: Registry = Registry._give("lreg_registry_update", self._instance, self._handle, settings.handle)
        return changed

    def delete(self) -> None:
        """Deletes it for good, with all packages and tokens. Their bytes are freed by Instance.collect()."""
        _handle.call("lreg_registry_delete", self._instance, self._handle)

    def publication(self, filename: str) -> Publication:
        """Begins to publish one package file under a name: something to write to.

            with registry.publication("app-1.0.0.zip") as publication:
                publication.write(b"…")
            publication.package
        """
        return Publication(self._instance, self._handle, filename)

    def publish(self, source: Union[str, os.PathLike[str], BinaryIO, bytes], filename: Optional[str] = None) -> Package:
        """Publishes a file: a path, an open binary file (which is read to its end, by pieces), or bytes.

        The file name is that of the path or of the open file, unless another is given. When this returns, the package
        is there for everybody, durably; the same bytes published again are the package that is there. Raises
        ConflictError when the name is there with other bytes, UnprocessableError when it is not a sound package.
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

    def package(self, filename: str) -> Package:
        """A package by its file name: "app-1.0.zip"; of an apk below its architecture, "x86_64/hello-1.0-r0.apk"; of
        an image "image:tag". Raises NotFoundError."""
        return self._package("lreg_package_find_by_filename", filename, "filename")

    def package_by_id(self, id: str) -> Package:
        """A package by its id. Raises NotFoundError."""
        return self._package("lreg_package_find", id, "id")

    def _package(self, function: str, value: str, what: str) -> Package:
        found: Package = Package._give(function, self._instance, self._handle, _handle.text(value, what))
        return found

    def packages(self, name_contains: Optional[str] = None) -> Listing[Package]:
        """Its packages, newest first; only those whose name contains a text, when one is given (ASCII case is
        ignored)."""
        return Listing("package", _abi.lreg_package_list, _abi.lreg_package,
                       lambda pointer: Package(self._instance, pointer), self._instance, self._handle,
                       _handle.optional_text(name_contains, "name_contains"))

    def create_token(self, description: str) -> Token:
        """Creates a token that reads the packages of this registry, and never ends by itself. Its secret can be shown
        again. Raises NotFoundError (code "tokens_hidden") while the registry is public, as all about its tokens
        does."""
        made: Token = Token._give("lreg_token_create_for_registry", self._instance, self._handle,
                                  _handle.text(description, "description"))
        return made

    def token(self, id: str) -> Token:
        """One of its tokens, with its secret. Raises NotFoundError."""
        found: Token = Token._give("lreg_token_find", self._instance, None, self._handle, _handle.text(id, "id"))
        return found

    def tokens(self) -> Listing[Token]:
        """Its tokens, by age, with their secrets. Taking one raises NotFoundError (code "tokens_hidden") while the
        registry is public."""
        return Listing("token", _abi.lreg_token_list, _abi.lreg_token,
                       lambda pointer: Token(self._instance, pointer), self._instance, None, self._handle)

    def upload(self, id: str) -> Upload:
        """One of its upload sessions. Raises NotFoundError when there is none, or it has ended."""
        found: Upload = Upload._give("lreg_upload_find", self._instance, self._handle, _handle.text(id, "id"))
        return found

    def uploads(self) -> Listing[Upload]:
        """Its upload sessions, by id."""
        return Listing("upload", _abi.lreg_upload_list, _abi.lreg_upload,
                       lambda pointer: Upload(self._instance, pointer), self._instance, self._handle)

    def __repr__(self) -> str:
        return f"<Registry {self.organization_slug}/{self.slug} {self.ecosystem}>"


def _name_of(source: Any) -> str:
    name = getattr(source, "name", None)
    if not isinstance(name, str):
        raise TypeError("filename is needed: the source has no name of its own")
    return os.path.basename(name)
