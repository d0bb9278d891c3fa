"""Files that people send: capped while they are read, and known by what is in them.

The name and the type that a client claims are never trusted: the type is sniffed from the first
bytes, the stored name is the server's. The claimed name is kept only to be shown.
"""

from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

import puremagic
from starlette.datastructures import UploadFile

from mojodex.domains.catalog import InputKind
from mojodex.faces.edge.errors import UploadEmpty, UploadTooLarge, UploadTypeRefused
from mojodex.kit.text import clean

MEBIBYTE = 1024 * 1024
_CHUNK = 64 * 1024
_HEAD = 8 * 1024
_MAX_CLIENT_NAME = 200
_SAME_AS = {
    ".jpeg": ".jpg",
    ".jpe": ".jpg",
    ".jfif": ".jpg",
    ".mpga": ".mp3",
    ".oga": ".ogg",
    ".opus": ".ogg",
}


class UploadKind(StrEnum):
    """Families of files that inputs take."""

    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"


@dataclass(frozen=True, kw_only=True)
class UploadRule:
    """What one kind may be: sniffed suffixes with the type under which each is served."""

    max_bytes: int
    types: Mapping[str, str]


RULES: Mapping[UploadKind, UploadRule] = {
    UploadKind.IMAGE: UploadRule(
        max_bytes=20 * MEBIBYTE,
        types={
            ".png": "image/png",
            ".jpg": "image/jpeg",
            ".gif": "image/gif",
            ".webp": "image/webp",
        },
    ),
    UploadKind.AUDIO: UploadRule(
        max_bytes=100 * MEBIBYTE,
        types={
            ".mp3": "audio/mpeg",
            ".m4a": "audio/mp4",
            ".mp4": "audio/mp4",
            ".wav": "audio/wav",
            ".ogg": "audio/ogg",
            ".webm": "audio/webm",
        },
    ),
    UploadKind.VIDEO: UploadRule(
        max_bytes=500 * MEBIBYTE,
        types={".mp4": "video/mp4", ".webm": "video/webm", ".mov": "video/quicktime"},
    ),
}


#: What each sort of field takes.
KIND_OF_INPUT: Mapping[InputKind, UploadKind] = {
    InputKind.IMAGE: UploadKind.IMAGE,
    InputKind.MULTIPLE_IMAGES: UploadKind.IMAGE,
    InputKind.AUDIO_FILE: UploadKind.AUDIO,
    InputKind.VIDEO: UploadKind.VIDEO,
}


@dataclass(frozen=True, kw_only=True)
class IncomingUpload:
    """A file whose first bytes passed: `suffix` and `media_type` come from them.

    `content` is read once. It raises `UploadTooLarge` when more comes than is allowed.
    """

    kind: UploadKind
    suffix: str
    media_type: str
    client_name: str
    max_bytes: int
    content: AsyncIterator[bytes]


async def receive_upload(
    chunks: AsyncIterator[bytes], *, filename: str | None, kinds: Collection[UploadKind]
) -> IncomingUpload:
    """Look at the first bytes of a file; the rest goes by in chunks, under the cap of its kind.

    Raises `UploadEmpty` or `UploadTypeRefused`; data: `name`.
    """
    name = client_name(filename)
    head = bytearray()
    async for chunk in chunks:
        head += chunk
        if len(head) >= _HEAD:
            break
    if not head:
        raise UploadEmpty(name=name)
    kind, suffix = _recognise(bytes(head[:_HEAD]), kinds, name)
    rule = RULES[kind]
    return IncomingUpload(
        kind=kind,
        suffix=suffix,
        media_type=rule.types[suffix],
        client_name=name,
        max_bytes=rule.max_bytes,
        content=_capped(bytes(head), chunks, name, rule.max_bytes),
    )


async def file_chunks(file: UploadFile) -> AsyncIterator[bytes]:
    """The content of a part of a form."""
    while chunk := await file.read(_CHUNK):
        yield chunk


async def _capped(
    head: bytes, rest: AsyncIterator[bytes], name: str, max_bytes: int
) -> AsyncIterator[bytes]:
    n_bytes = len(head)
    check_size(n_bytes, name=name, max_bytes=max_bytes)
    yield head
    async for chunk in rest:
        n_bytes += len(chunk)
        check_size(n_bytes, name=name, max_bytes=max_bytes)
        yield chunk


def check_size(n_bytes: int, *, name: str, max_bytes: int) -> None:
    """Raises `UploadTooLarge`."""
    if n_bytes > max_bytes:
        raise UploadTooLarge(name=name, limit_mb=max_bytes // MEBIBYTE)


def client_name(filename: str | None) -> str:
    """The claimed name, fit to be shown: no directories, no control characters, not too long."""
    last = PurePosixPath(clean(filename or "").replace("\\", "/")).name
    shown = "".join(char for char in last if char.isprintable())
    return shown[:_MAX_CLIENT_NAME] or "file"


def sniff_suffixes(head: bytes) -> list[str]:
    """The suffixes that the first bytes of a file speak for, where none speaks louder."""
    try:
        matches = puremagic.magic_string(head)
    except puremagic.PureError:
        return []
    loudest = max((match.confidence for match in matches), default=0)
    suffixes = [match.extension.lower() for match in matches if match.confidence == loudest]
    return [_SAME_AS.get(suffix, suffix) for suffix in suffixes]


def _recognise(head: bytes, kinds: Collection[UploadKind], name: str) -> tuple[UploadKind, str]:
    for suffix in sniff_suffixes(head):
        for kind in kinds:
            if suffix in RULES[kind].types:
                return kind, suffix
    raise UploadTypeRefused(name=name)
