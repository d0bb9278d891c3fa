"""Files that people send: capped while they are read, and known by what is in them.

The name and the type that a client claims are never trusted: the type is sniffed from the first
bytes, the stored name is the server's. The claimed name is kept only to be shown.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

import puremagic
from starlette.datastructures import UploadFile

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


@dataclass(frozen=True, kw_only=True)
class CheckedUpload:
    """A file that passed: `suffix` and `media_type` come from its content."""

    data: bytes
    kind: UploadKind
    suffix: str
    media_type: str
    client_name: str


async def receive_upload(file: UploadFile, *, kinds: Collection[UploadKind]) -> CheckedUpload:
    """Read a file under the cap of its kind.

    Raises `UploadTooLarge`, `UploadEmpty` or `UploadTypeRefused`; data: `name`.
    """
    name = client_name(file.filename)
    head = await file.read(_HEAD)
    if not head:
        raise UploadEmpty(name=name)
    kind, suffix = _recognise(head, kinds, name)
    rule = RULES[kind]
    data = bytearray(head)
    while chunk := await file.read(_CHUNK):
        data += chunk
        if len(data) > rule.max_bytes:
            raise UploadTooLarge(name=name, limit_mb=rule.max_bytes // MEBIBYTE)
    return CheckedUpload(
        data=bytes(data),
        kind=kind,
        suffix=suffix,
        media_type=rule.types[suffix],
        client_name=name,
    )


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
