"""Keeping files: on disk, or in memory for tests."""

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterable, AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, TypeVar

from mojodex.kit.ids import new_id
from mojodex.platform.media.errors import FileTooLarge, MediaNotFound
from mojodex.platform.media.keys import join_key, path_of

CHUNK_BYTES = 64 * 1024
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """What was kept, and under which key."""

    key: str
    size_bytes: int


async def _chunks(content: bytes | AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    async for chunk in content:
        yield chunk


class Media:
    """Files on a disk that every process of the installation shares.

    A file appears whole or not at all: it is written beside its place and then moved there.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    async def save(
        self, prefix: str, content: bytes | AsyncIterable[bytes], *, suffix: str, max_bytes: int
    ) -> StoredFile:
        """Keep `content` under a new key below `prefix`; `suffix` is like ".png" or empty.

        Raises `FileTooLarge` as soon as `max_bytes` are passed, keeping nothing.
        """
        key = join_key(*prefix.split("/"), f"{new_id().hex}{suffix}")
        target = path_of(self._root, key)
        await asyncio.to_thread(target.parent.mkdir, parents=True, exist_ok=True, mode=0o700)
        waiting = target.with_name(f".{target.name}")
        try:
            size = await self._write(waiting, content, max_bytes)
            await asyncio.to_thread(os.replace, waiting, target)
        except BaseException:
            await asyncio.to_thread(waiting.unlink, missing_ok=True)
            raise
        return StoredFile(key=key, size_bytes=size)

    async def _write(
        self, path: Path, content: bytes | AsyncIterable[bytes], max_bytes: int
    ) -> int:
        size = 0
        file = await asyncio.to_thread(path.open, "xb")
        try:
            async for chunk in _chunks(content):
                size += len(chunk)
                if size > max_bytes:
                    raise FileTooLarge(limit_bytes=max_bytes)
                await asyncio.to_thread(file.write, chunk)
            await asyncio.to_thread(file.flush)
            await asyncio.to_thread(os.fsync, file.fileno())
        finally:
            await asyncio.to_thread(file.close)
        return size

    async def open(
        self, key: str, *, start: int = 0, length: int | None = None
    ) -> AsyncIterator[bytes]:
        """The content of a file in chunks: `length` bytes from `start`, or all from there.

        Raises `MediaNotFound` before the first.
        """
        file = await asyncio.to_thread(self._open_file, key)
        try:
            await asyncio.to_thread(file.seek, start)
            left = sys.maxsize if length is None else length
            while chunk := await asyncio.to_thread(file.read, min(CHUNK_BYTES, left)):
                left -= len(chunk)
                yield chunk
        finally:
            await asyncio.to_thread(file.close)

    async def use_file(self, key: str, use: Callable[[BinaryIO], T]) -> T:
        """What `use` makes of the open file, in a thread. Raises `MediaNotFound`."""
        return await asyncio.to_thread(self._use_file, key, use)

    def _use_file(self, key: str, use: Callable[[BinaryIO], T]) -> T:
        with self._open_file(key) as file:
            return use(file)

    def _open_file(self, key: str) -> BinaryIO:
        try:
            return path_of(self._root, key).open("rb")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise MediaNotFound() from error

    async def read(self, key: str) -> bytes:
        """The whole content of a file. Raises `MediaNotFound`."""
        return b"".join([chunk async for chunk in self.open(key)])

    async def delete(self, key: str) -> None:
        """Delete a file; one that is gone already is no error."""
        await asyncio.to_thread(path_of(self._root, key).unlink, missing_ok=True)

    async def delete_below(self, prefix: str) -> None:
        """Delete every file whose key begins with `prefix` and a slash. Raises `OSError`."""
        await asyncio.to_thread(_remove_tree, path_of(self._root, prefix))


def _remove_tree(directory: Path) -> None:
    """Remove a directory, also while another process removes it."""
    while directory.exists():
        with suppress(FileNotFoundError):
            shutil.rmtree(directory)


class MemoryMedia(Media):
    """The double: the same keys and refusals, files in a dictionary."""

    def __init__(self) -> None:
        super().__init__(Path("memory"))
        self.files: dict[str, bytes] = {}

    async def save(
        self, prefix: str, content: bytes | AsyncIterable[bytes], *, suffix: str, max_bytes: int
    ) -> StoredFile:
        key = join_key(*prefix.split("/"), f"{new_id().hex}{suffix}")
        kept = bytearray()
        async for chunk in _chunks(content):
            kept += chunk
            if len(kept) > max_bytes:
                raise FileTooLarge(limit_bytes=max_bytes)
        self.files[key] = bytes(kept)
        return StoredFile(key=key, size_bytes=len(kept))

    def _open_file(self, key: str) -> BinaryIO:
        join_key(*key.split("/"))
        if key not in self.files:
            raise MediaNotFound()
        return BytesIO(self.files[key])

    async def delete(self, key: str) -> None:
        join_key(*key.split("/"))
        self.files.pop(key, None)

    async def delete_below(self, prefix: str) -> None:
        start = join_key(*prefix.split("/")) + "/"
        for key in [key for key in self.files if key.startswith(start)]:
            del self.files[key]
