# SPDX-License-Identifier: Apache-2.0
"""Upload sessions: blobs of images that arrive in several requests."""

from __future__ import annotations

import datetime

from . import _abi, _base, _handle


class Upload(_base.Snapshot):
    """An upload session of a container client; from Registry.upload() and Registry.uploads()."""

    __slots__ = ()
    _KIND = _abi.lreg_upload
    _NAME = "upload"

    @property
    def id(self) -> str:
        """A UUID."""
        return self._text("id")

    @property
    def image(self) -> str:
        """Name of the image that the blob belongs to."""
        return self._text("image")

    @property
    def principal(self) -> str:
        """What started it: the id of a token, or "host"."""
        return self._text("principal")

    @property
    def received_bytes(self) -> int:
        """Bytes that have arrived and are durable."""
        return self._number("received_bytes")

    @property
    def created_at(self) -> datetime.datetime:
        """When it started, in UTC."""
        return self._moment("created_ms")

    @property
    def updated_at(self) -> datetime.datetime:
        """When it last made progress, in UTC."""
        return self._moment("updated_ms")

    def cancel(self) -> None:
        """Ends it and discards its bytes; its client has to start again. Raises NotFoundError when it has ended."""
        _handle.call("lreg_upload_cancel", self._instance, self._handle)

    def __repr__(self) -> str:
        return f"<Upload {self.id} {self.image}>"
