"""The web app at `/app/`: files held in memory, compressed once, found again by every page."""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import mojodex
from mojodex.platform.telemetry.asgi import Receive, Scope, Send, header

#: What the page may load: itself. Styles are injected by the component library.
PAGE_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
FOR_EVER = "public, max-age=31536000, immutable"
INDEX = "index.html"
#: What the build laid beside a file, compressed better than is possible at every start.
BROTLI = ".br"
REFUSED = ("q=0", "q=0.0", "q=0.00", "q=0.000")
BYTES = "application/octet-stream"
#: Types that the table of some machines lacks.
TYPES = {".webmanifest": "application/manifest+json", ".woff2": "font/woff2"}
COMPRESSED_TYPES = (
    "text/",
    "application/javascript",
    "application/json",
    "application/manifest+json",
    "image/svg",
)
NOT_BUILT = b"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Mojodex</title>
<body style="font-family:system-ui;max-width:40rem;margin:4rem auto;padding:0 1rem">
<h1>The web app is not built</h1>
<p>The server runs, but its web app was not built. In the source directory run</p>
<pre>make web</pre>
<p>and start the server again. The interfaces work without it: see <a href="/docs">/docs</a>.</p>
"""


@dataclass(frozen=True, kw_only=True)
class Asset:
    """A file as it is sent."""

    body: bytes
    brotli: bytes | None
    content_type: str
    tag: str
    cache: str

    @cached_property
    def gzipped(self) -> bytes | None:
        """Made when it is first asked for: most browsers read what the build compressed."""
        if not self.content_type.startswith(COMPRESSED_TYPES):
            return None
        packed = gzip.compress(self.body, 6, mtime=0)
        return packed if len(packed) < len(self.body) else None


def find_bundle() -> Path | None:
    """Where the built web app is: in the installed package, or in the source directory."""
    package = Path(mojodex.__file__).parent
    for place in (package / "_web", package.parents[1] / "web" / "dist"):
        if (place / INDEX).is_file():
            return place
    return None


def load_bundle(directory: Path) -> dict[str, Asset]:
    """Every file of the bundle by its path below `/app/`; names with a leading dot stay out."""
    assets = {}
    for path in sorted(directory.rglob("*")):
        name = path.relative_to(directory).as_posix()
        is_hidden = any(part.startswith(".") for part in name.split("/"))
        if path.is_file() and not is_hidden and path.suffix != BROTLI:
            assets[name] = _load(path, name)
    return assets


def _load(path: Path, name: str) -> Asset:
    body = path.read_bytes()
    content_type = TYPES.get(path.suffix) or mimetypes.guess_type(name)[0] or BYTES
    if content_type == "text/javascript" or name.endswith(".js"):
        content_type = "text/javascript"
    if content_type.startswith(COMPRESSED_TYPES):
        content_type += "; charset=utf-8"
    beside = path.with_name(path.name + BROTLI)
    return Asset(
        body=body,
        brotli=beside.read_bytes() if beside.is_file() else None,
        content_type=content_type,
        tag=f'"{hashlib.sha256(body).hexdigest()[:20]}"',
        cache=FOR_EVER if name.startswith("assets/") else "no-cache",
    )


class WebBundle:
    """Serves the bundle; unknown paths that name no file are pages of the app, so get its index."""

    def __init__(self, directory: Path | None) -> None:
        self._assets = load_bundle(directory) if directory is not None else {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
        elif scope["method"] not in ("GET", "HEAD"):
            await _send(send, 405, b"Method not allowed", [(b"content-type", b"text/plain")])
        elif not self._assets:
            headers = [
                (b"content-type", b"text/html; charset=utf-8"),
                (b"content-security-policy", PAGE_POLICY.encode()),
                (b"cache-control", b"no-store"),
            ]
            await _send(send, 503, NOT_BUILT, headers)
        else:
            await self._serve(scope, send)

    async def _serve(self, scope: Scope, send: Send) -> None:
        name = scope["path"].removeprefix(scope.get("root_path", "")).strip("/")
        asset = self._assets.get(name)
        if asset is None and "." not in name.rpartition("/")[2]:
            asset = self._assets[INDEX]
        if asset is None:
            await _send(send, 404, b"Not found", [(b"content-type", b"text/plain")])
            return
        headers = [
            (b"content-type", asset.content_type.encode()),
            (b"cache-control", asset.cache.encode()),
            (b"etag", asset.tag.encode()),
            (b"vary", b"accept-encoding"),
            (b"content-security-policy", PAGE_POLICY.encode()),
        ]
        if header(scope, b"if-none-match") == asset.tag:
            await _send(send, 304, b"", headers)
            return
        body, coding = _spell(asset, header(scope, b"accept-encoding") or "")
        if coding is not None:
            headers.append((b"content-encoding", coding))
        await _send(send, 200, body, headers)


def _spell(asset: Asset, accepted: str) -> tuple[bytes, bytes | None]:
    """The smallest form that the client reads, and its name. `q=0` refuses a form."""
    offers = {
        offer.split(";")[0].strip(): offer.replace(" ", "").partition(";")[2]
        for offer in accepted.lower().split(",")
    }
    readable = {name for name, weight in offers.items() if weight not in REFUSED}
    if asset.brotli is not None and "br" in readable:
        return asset.brotli, b"br"
    if "gzip" in readable and asset.gzipped is not None:
        return asset.gzipped, b"gzip"
    return asset.body, None


async def _send(send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    if status != 304:
        headers = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
