"""The web app's files: found again by every page, cached, compressed, never outside the bundle."""

import gzip
from pathlib import Path

import httpx
import pytest
from starlette.routing import Mount, Router

from mojodex.apps.bundle import WebBundle, find_bundle, load_bundle


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / ".vite").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>Mojodex</title>")
    (tmp_path / "assets" / "index-1.js").write_text("console.log('hello');" * 200)
    (tmp_path / "assets" / "index-1.js.br").write_bytes(b"packed by the build")
    (tmp_path / "manifest.webmanifest").write_text("{}")
    (tmp_path / "assets" / "font-1.woff2").write_bytes(b"\x00font")
    (tmp_path / ".vite" / "manifest.json").write_text("{}")
    return tmp_path


def client(directory: Path | None) -> httpx.AsyncClient:
    router = Router([Mount("/app", WebBundle(directory))])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=router), base_url="http://test")


async def test_files_are_served_as_what_they_are(directory: Path) -> None:
    async with client(directory) as http:
        script = await http.get("/app/assets/index-1.js", headers={"Accept-Encoding": "gzip"})
        font = await http.get("/app/assets/font-1.woff2")
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert script.headers["content-encoding"] == "gzip"
    assert script.text.startswith("console.log")
    assert font.content == b"\x00font"
    assert "content-encoding" not in font.headers


@pytest.mark.parametrize("path", ["/app/", "/app/index.html", "/app/tasks/12", "/app/a/b/c"])
async def test_every_page_gets_the_index(directory: Path, path: str) -> None:
    async with client(directory) as http:
        answer = await http.get(path)
    assert answer.status_code == 200
    assert "<title>Mojodex</title>" in answer.text
    assert answer.headers["cache-control"] == "no-cache"
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize(
    "path",
    [
        "/app/assets/gone.js",
        "/app/.vite/manifest.json",
        "/app/assets/index-1.js.br",
        "/app/../pyproject.toml",
        "/app/%2e%2e/pyproject.toml",
        "/app/assets/..%2f..%2fsecrets.json",
        "/app//etc/passwd.txt",
    ],
)
async def test_what_is_no_file_of_the_bundle_is_not_found(directory: Path, path: str) -> None:
    async with client(directory) as http:
        answer = await http.get(path)
    assert answer.status_code == 404


async def test_an_unchanged_file_is_not_sent_again(directory: Path) -> None:
    async with client(directory) as http:
        first = await http.get("/app/")
        again = await http.get("/app/", headers={"If-None-Match": first.headers["etag"]})
        plain = await http.get("/app/assets/index-1.js", headers={"Accept-Encoding": "identity"})
    assert again.status_code == 304
    assert again.content == b""
    assert "content-encoding" not in plain.headers


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=1.0, gzip;q=0.8", "br"),
        ("gzip, br;q=0", "gzip"),
        ("gzip; q=0", None),
        ("xbr, ungzip", None),
    ],
)
async def test_the_best_form_that_the_browser_reads_is_sent(
    directory: Path, accepted: str, coding: str | None
) -> None:
    headers = {"Accept-Encoding": accepted}
    async with (
        client(directory) as http,
        http.stream("GET", "/app/assets/index-1.js", headers=headers) as answer,
    ):
        body = b"".join([part async for part in answer.aiter_raw()])
    assert answer.headers.get("content-encoding") == coding
    assert answer.headers["vary"] == "accept-encoding"
    if coding == "br":
        assert body == b"packed by the build"
    else:
        plain = gzip.decompress(body) if coding == "gzip" else body
        assert plain.startswith(b"console.log")


async def test_the_app_can_be_installed(directory: Path) -> None:
    async with client(directory) as http:
        manifest = await http.get("/app/manifest.webmanifest")
    assert manifest.headers["content-type"] == "application/manifest+json; charset=utf-8"
    assert manifest.headers["cache-control"] == "no-cache"


async def test_only_reading_is_allowed(directory: Path) -> None:
    async with client(directory) as http:
        assert (await http.post("/app/")).status_code == 405


async def test_a_missing_bundle_says_how_to_build_it() -> None:
    async with client(None) as http:
        answer = await http.get("/app/")
    assert answer.status_code == 503
    assert "make web" in answer.text


def test_compression_is_whole_and_the_bundle_is_found(directory: Path) -> None:
    asset = load_bundle(directory)["assets/index-1.js"]
    assert asset.gzipped is not None
    assert gzip.decompress(asset.gzipped) == asset.body
    found = find_bundle()
    assert found is None or (found / "index.html").is_file()
