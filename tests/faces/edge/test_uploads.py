"""Files are known by what is in them, and never larger than their cap."""

import io
from collections.abc import AsyncIterator, Mapping

import pytest
from starlette.datastructures import UploadFile

from mojodex.faces.edge import (
    IncomingUpload,
    UploadEmpty,
    UploadKind,
    UploadRule,
    UploadTooLarge,
    UploadTypeRefused,
    client_name,
    file_chunks,
    receive_upload,
)
from mojodex.faces.edge import uploads as uploads_module
from tests.harness.files import HTML, PNG, SVG, WAV


async def upload(data: bytes, name: str, *kinds: UploadKind) -> IncomingUpload:
    file = UploadFile(io.BytesIO(data), filename=name)
    return await receive_upload(file_chunks(file), filename=name, kinds=kinds)


async def content(incoming: IncomingUpload) -> bytes:
    return b"".join([chunk async for chunk in incoming.content])


async def test_content_decides() -> None:
    checked = await upload(PNG, "photo.html", UploadKind.IMAGE)
    assert (checked.suffix, checked.media_type) == (".png", "image/png")
    assert await content(checked) == PNG
    sound = await upload(WAV, "x", UploadKind.IMAGE, UploadKind.AUDIO)
    assert (sound.kind, sound.suffix) == (UploadKind.AUDIO, ".wav")


async def test_a_file_that_comes_drop_by_drop_is_known_all_the_same() -> None:
    async def drops() -> AsyncIterator[bytes]:
        for at in range(len(PNG)):
            yield PNG[at : at + 1]

    checked = await receive_upload(drops(), filename="p", kinds=[UploadKind.IMAGE])
    assert await content(checked) == PNG


@pytest.mark.parametrize(
    ("head", "kind", "media_type"),
    [
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", UploadKind.IMAGE, "image/jpeg"),
        (b"GIF89a", UploadKind.IMAGE, "image/gif"),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 ", UploadKind.IMAGE, "image/webp"),
        (b"\xff\xfb\x90\x00", UploadKind.AUDIO, "audio/mpeg"),
        (b"ID3\x04\x00\x00\x00\x00\x00\x00", UploadKind.AUDIO, "audio/mpeg"),
        (b"\x00\x00\x00\x20ftypM4A \x00\x00\x02\x00isomiso2", UploadKind.AUDIO, "audio/mp4"),
        (b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2", UploadKind.VIDEO, "video/mp4"),
        (bytes.fromhex("1a45dfa39f42868101428284") + b"webm", UploadKind.VIDEO, "video/webm"),
    ],
)
async def test_what_people_record_and_photograph_is_known(
    head: bytes, kind: UploadKind, media_type: str
) -> None:
    checked = await upload(head + bytes(400), "x", kind)
    assert checked.media_type == media_type


@pytest.mark.parametrize(
    "data",
    [
        HTML,
        SVG,
        b"%PDF-1.7 ...",
        b"#!/bin/sh\nrm -rf /",
        b"plain words",
        WAV,
    ],
)
async def test_what_is_no_image_is_refused_whatever_its_name(data: bytes) -> None:
    with pytest.raises(UploadTypeRefused):
        await upload(data, "photo.png", UploadKind.IMAGE)


async def test_empty_files_are_refused() -> None:
    with pytest.raises(UploadEmpty):
        await upload(b"", "photo.png", UploadKind.IMAGE)


async def test_the_cap_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    small = UploadRule(max_bytes=100_000, types={".png": "image/png"})
    rules: Mapping[UploadKind, UploadRule] = {UploadKind.IMAGE: small}
    monkeypatch.setattr(uploads_module, "RULES", rules)
    large = await upload(PNG + bytes(100_000), "p.png", UploadKind.IMAGE)
    with pytest.raises(UploadTooLarge):
        await content(large)


@pytest.mark.parametrize(
    ("claimed", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\photo.png", "photo.png"),
        ("a\x00b\r\nc.png", "abc.png"),
        (None, "file"),
        ("/", "file"),
        ("x" * 500, "x" * 200),
    ],
)
def test_claimed_names_are_only_shown(claimed: str | None, shown: str) -> None:
    assert client_name(claimed) == shown
