"""Sending people their own files back: whole, in part, or not again.

A file never changes, so its name is its tag. It is shown in place only when its type, which we
found in its content, is one that no browser runs; anything else is saved.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.responses import Response, StreamingResponse

from mojodex.domains.chat import Upload
from mojodex.faces.edge.uploads import RULES
from mojodex.platform.media import Media

SHOWN_TYPES = frozenset(media_type for rule in RULES.values() for media_type in rule.types.values())
UNKNOWN_TYPE = "application/octet-stream"
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


@dataclass(frozen=True, kw_only=True)
class Span:
    """A part of a file, from its first byte on."""

    start: int
    length: int


async def send_file(headers: Headers, media: Media, upload: Upload) -> Response:
    """The answer to a request with these headers: 200, 206, 304 or 416.

    Raises `MediaNotFound`.
    """
    about = _describe(upload)
    if _is_known(headers.get("if-none-match"), about["ETag"]):
        return Response(status_code=304, headers=about)
    wanted = headers.get("range")
    if headers.get("if-range") not in (None, about["ETag"]):
        wanted = None
    span = read_range(wanted, upload.size_bytes)
    if span is None:
        return Response(
            status_code=416,
            headers={**about, "Content-Range": f"bytes */{upload.size_bytes}"},
        )
    is_part = span.length != upload.size_bytes
    if is_part:
        last = span.start + span.length - 1
        about["Content-Range"] = f"bytes {span.start}-{last}/{upload.size_bytes}"
    return StreamingResponse(
        await _begin(media.open(upload.media_key, start=span.start, length=span.length)),
        status_code=206 if is_part else 200,
        headers={**about, "Content-Length": str(span.length)},
    )


def read_range(wanted: str | None, size: int) -> Span | None:
    """The part that a `Range` asks for; None when the file does not reach so far.

    Without one, or with one that we do not read (several parts, other units), the whole.
    """
    whole = Span(start=0, length=size)
    found = _RANGE.fullmatch((wanted or "").replace(" ", ""))
    if found is None or not (found[1] or found[2]):
        return whole
    if not found[1]:
        length = min(int(found[2]), size)
        return Span(start=size - length, length=length) if length else None
    start = int(found[1])
    end = min(int(found[2]), size - 1) if found[2] else size - 1
    if start >= size:
        return None
    return Span(start=start, length=end - start + 1) if end >= start else whole


def _describe(upload: Upload) -> dict[str, str]:
    is_shown = upload.media_type in SHOWN_TYPES
    manner = "inline" if is_shown else "attachment"
    name = quote(upload.client_name, safe="")
    return {
        "Content-Type": upload.media_type if is_shown else UNKNOWN_TYPE,
        "Content-Disposition": f"{manner}; filename*=UTF-8''{name}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
        "Accept-Ranges": "bytes",
        "ETag": f'"{upload.stored_name}"',
        # Asked again each time, so that the right to see it is checked each time.
        "Cache-Control": "private, no-cache",
    }


def _is_known(tags: str | None, tag: str) -> bool:
    known = [each.strip().removeprefix("W/") for each in (tags or "").split(",")]
    return tag in known or known == ["*"]


async def _begin(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Have the first chunk before the answer begins: a file that is gone is told by a status."""
    first = await anext(chunks, b"")

    async def go_on() -> AsyncIterator[bytes]:
        yield first
        async for chunk in chunks:
            yield chunk

    return go_on()
