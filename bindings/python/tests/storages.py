# SPDX-License-Identifier: Apache-2.0
"""A complete storage in memory, as a user would write it."""
import errno
import io
import threading
import time

import libregistry


class Blob:
    """Bytes of a stage or an object; at most one writer has it open."""

    def __init__(self):
        self.content, self.modified, self.is_open = io.BytesIO(), time.time(), True


class MemoryStage(libregistry.Stage):
    def __init__(self, storage, name, blob, length):
        self.storage, self.name, self.blob = storage, name, blob
        blob.content.seek(length)

    def write(self, data):
        self.blob.content.write(data)
        self.blob.content.truncate()
        self.blob.modified = time.time()

    def sync(self):
        self.blob.content.truncate()

    def close(self):
        self.blob.is_open = False

    def drop(self):
        self.storage.staged.pop(self.name, None)

    def commit(self, digest):
        key = f"{digest[:8]}-{self.name}"
        with self.storage.lock:
            if self.storage.staged.pop(self.name, None) is None:
                raise OSError(errno.EIO, "the stage was removed")
            self.blob.content.truncate()
            self.storage.kept[key] = self.blob
        return key


class MemoryObject(libregistry.StoredObject):
    def __init__(self, content):
        self.content, self.length = content, len(content)

    def read(self, offset, length):
        return self.content[offset:offset + length]


class MemoryStorage(libregistry.Storage):
    name = "python-memory"

    def __init__(self):
        self.lock, self.staged, self.kept, self.is_closed = threading.Lock(), {}, {}, 0

    def create_stage(self, name):
        with self.lock:
            if name in self.staged:
                raise FileExistsError(errno.EEXIST, name)
            self.staged[name] = Blob()
            return MemoryStage(self, name, self.staged[name], 0)

    def reopen_stage(self, name, length):
        with self.lock:
            blob = self.staged.get(name)
            if blob is None:
                raise FileNotFoundError(errno.ENOENT, name)
            if blob.is_open:
                raise libregistry.BusyError(f"{name} is open")
            if len(blob.content.getbuffer()) < length:
                raise OSError(errno.EIO, "the stage is shorter")
            blob.is_open = True
            return MemoryStage(self, name, blob, length)

    def remove_stage(self, name):
        if self.staged.pop(name, None) is None:
            raise FileNotFoundError(errno.ENOENT, name)

    def open_object(self, key):
        try:
            return MemoryObject(self.kept[key].content.getvalue())
        except KeyError:
            raise libregistry.NotFoundError(f"no object {key}") from None

    def remove_object(self, key):
        if self.kept.pop(key, None) is None:
            raise FileNotFoundError(errno.ENOENT, key)

    def stages(self):
        return self._entries(self.staged)

    def objects(self):
        return self._entries(self.kept)

    def _entries(self, shelf):
        return [(name, blob.modified, len(blob.content.getbuffer())) for name, blob in list(shelf.items())]

    def close(self):
        self.is_closed += 1
