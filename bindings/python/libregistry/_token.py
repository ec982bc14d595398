# SPDX-License-Identifier: Apache-2.0
"""Tokens: credentials for HTTP clients."""

from __future__ import annotations

import datetime
from typing import Optional, Tuple

from . import _abi, _base, _handle


class Token(_base.Snapshot):
    """An API access token of an organization, or a registry token, which reads the packages of one registry."""

    __slots__ = ()
    _KIND = _abi.lreg_token
    _NAME = "token"

    @property
    def id(self) -> str:
        """A UUID."""
        return self._text("id")

    @property
    def registry_id(self) -> str:
        """Id of the registry that a registry token reads; "" for an API access token."""
        return self._text("registry_id")

    @property
    def description(self) -> str:
        """A text for people."""
        return self._text("description")

    @property
    def scopes(self) -> Tuple[str, ...]:
        """What it permits; empty for a registry token."""
        return tuple(self._text("scopes").split(",")) if self._text("scopes") else ()

    @property
    def secret(self) -> str:
        """What clients send. "" unless the token was just created, or comes from reveal(). The repr() of a token does
        not contain it."""
        return self._text("secret")

    @property
    def expires_at(self) -> Optional[datetime.datetime]:
        """When it expires, in UTC; None: never."""
        expires = self._number("expires_ms")
        return _base.moment(expires) if expires != 0 else None

    @property
    def created_at(self) -> datetime.datetime:
        """When it was created, in UTC."""
        return self._moment("created_ms")

    def reveal(self) -> Token:
        """The token with its secret, if it is a registry token; the audit log has each showing. Raises UnsupportedError
        for an API access token, whose secret is not stored."""
        shown: Token = Token._give("lreg_token_reveal", self._instance, self._handle)
        return shown

    def delete(self) -> None:
        """Deletes it, which makes it invalid. Raises NotFoundError when it was deleted before."""
        _handle.call("lreg_token_delete", self._instance, self._handle)

    def __repr__(self) -> str:
        return f"<Token {self.id} {self.description!r}>"
