"""Files are kept whole, capped, under keys that lead nowhere else. Disk and double alike."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mojodex.platform.db import Database
from mojodex.platform.jobs import JobContext
from mojodex.platform.media import (
    FileTooLarge,
    Media,
    MediaNotFound,
    MemoryMedia,
    UnsafeKey,
    delete_files_job,
    join_key,
    path_of,
)


@pytest.fixture(params=["disk", "memory"])
def media(request: pytest.FixtureRequest, tmp_path: Path) -> Media:
    return Media(tmp_path / "media") if request.param == "disk" else MemoryMedia()


async def parts(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def test_a_part_of_a_file(media: Media) -> None:
    content = bytes(range(256)) * 1_000
    kept = await media.save("users/a/videos", content, suffix=".mp4", max_bytes=300_000)
    for start, length in ((0, 10), (100_000, 70_000), (255_990, 10), (255_990, None), (256_000, 5)):
        end = None if length is None else start + length
        chunks = [chunk async for chunk in media.open(kept.key, start=start, length=length)]
        assert b"".join(chunks) == content[start:end]


async def test_a_file_comes_back_as_it_went_in(media: Media) -> None:
    content = b"x" * 200_000 + b"end"
    kept = await media.save("users/a/images", content, suffix=".png", max_bytes=300_000)
    assert kept.size_bytes == len(content)
    assert kept.key.startswith("users/a/images/")
    assert kept.key.endswith(".png")
    assert await media.read(kept.key) == content
    streamed = await media.save("users/a", parts(b"ab", b"", b"c"), suffix="", max_bytes=3)
    assert await media.read(streamed.key) == b"abc"


async def test_too_much_is_refused_and_nothing_stays(media: Media, tmp_path: Path) -> None:
    with pytest.raises(FileTooLarge):
        await media.save("users/a", parts(b"ab", b"cd"), suffix="", max_bytes=3)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


async def test_an_upload_that_breaks_off_leaves_nothing(media: Media, tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"ab"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await media.save("users/a", broken(), suffix="", max_bytes=30)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


async def test_deleted_files_are_gone(media: Media) -> None:
    one = await media.save("users/a/x", b"1", suffix="", max_bytes=9)
    two = await media.save("users/a/y", b"2", suffix="", max_bytes=9)
    other = await media.save("users/b", b"3", suffix="", max_bytes=9)
    await media.delete(one.key)
    await media.delete(one.key)
    with pytest.raises(MediaNotFound):
        await media.read(one.key)
    await media.delete_below("users/a")
    with pytest.raises(MediaNotFound):
        await media.read(two.key)
    assert await media.read(other.key) == b"3"


@pytest.mark.parametrize(
    "key",
    ["", "/", "..", "a/../b", "a//b", "/etc/passwd", ".hidden", "a\\b", "a\x00", "C:", "a/" * 9],
)
async def test_a_key_that_is_no_plain_path_is_refused(media: Media, key: str) -> None:
    with pytest.raises(UnsafeKey):
        await media.read(key)
    with pytest.raises(UnsafeKey):
        await media.delete(key)
    with pytest.raises(UnsafeKey):
        await media.delete_below(key)
    with pytest.raises(UnsafeKey):
        await media.save(key, b"", suffix="", max_bytes=1)


@given(st.lists(st.text(), max_size=9))
def test_no_key_leaves_the_root(names: list[str]) -> None:
    root = Path("/srv/media")
    try:
        path = path_of(root, join_key(*names))
    except UnsafeKey:
        return
    assert path.resolve().is_relative_to(root)


async def test_whole_folders_go_also_when_two_delete_them(media: Media) -> None:
    kept = await media.save("users/b/images", b"b", suffix=".png", max_bytes=9)
    for number in range(20):
        await media.save(f"users/a/s{number}/images", b"a", suffix=".png", max_bytes=9)
    await asyncio.gather(*(media.delete_below("users/a") for _ in range(3)))
    await media.delete_below("users/a")
    assert await media.read(kept.key) == b"b"
    again = await media.save("users/a/s1/images", b"a", suffix=".png", max_bytes=9)
    assert await media.read(again.key) == b"a"


async def test_what_cannot_be_deleted_is_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, db: Database
) -> None:
    """Else its job would end well, and the files would stay for ever."""

    def refuse(_: object) -> None:
        raise PermissionError(13, "no")

    media = Media(tmp_path)
    await media.save("users/a", b"a", suffix=".png", max_bytes=9)
    db.provide(Media, media)
    context = JobContext(db=db, job_id=1, attempt=1, worker_id="1")
    with monkeypatch.context() as broken:
        broken.setattr(shutil, "rmtree", refuse)
        with pytest.raises(PermissionError):
            await delete_files_job(context, prefix="users/a")
    assert delete_files_job.retry.delay_after(PermissionError(), 1) is not None
    await delete_files_job(context, prefix="users/a")
    assert list(tmp_path.rglob("*.png")) == []
