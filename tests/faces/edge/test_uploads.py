"""Files are known by what is in them, and never larger than their cap."""

import io
from collections.abc import Mapping

import pytest
from starlette.datastructures import UploadFile

from mojodex.faces.edge import (
    UploadEmpty,
    UploadKind,
    UploadTooLarge,
    UploadTypeRefused,
    client_name,
    receive_upload,
)
from mojodex.faces.edge import uploads as uploads_module
from mojodex.faces.edge.uploads import UploadRule

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)
WAV = b"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00" + bytes(40)


def upload(data: bytes, name: str) -> UploadFile:
    return UploadFile(io.BytesIO(data), filename=name)


async def test_content_decides() -> None:
    checked = await receive_upload(upload(PNG, "photo.html"), kinds=[UploadKind.IMAGE])
    assert (checked.suffix, checked.media_type, checked.data) == (".png", "image/png", PNG)
    sound = await receive_upload(upload(WAV, "x"), kinds=[UploadKind.IMAGE, UploadKind.AUDIO])
    assert (sound.kind, sound.suffix) == (UploadKind.AUDIO, ".wav")


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
    checked = await receive_upload(upload(head + bytes(400), "x"), kinds=[kind])
    assert checked.media_type == media_type


@pytest.mark.parametrize(
    "data",
    [
        b"<html><script>alert(1)</script></html>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"%PDF-1.7 ...",
        b"#!/bin/sh\nrm -rf /",
        b"plain words",
        WAV,
    ],
)
async def test_what_is_no_image_is_refused_whatever_its_name(data: bytes) -> None:
    with pytest.raises(UploadTypeRefused):
        await receive_upload(upload(data, "photo.png"), kinds=[UploadKind.IMAGE])


async def test_empty_files_are_refused() -> None:
    with pytest.raises(UploadEmpty):
        await receive_upload(upload(b"", "photo.png"), kinds=[UploadKind.IMAGE])


async def test_the_cap_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    small = UploadRule(max_bytes=100_000, types={".png": "image/png"})
    rules: Mapping[UploadKind, UploadRule] = {UploadKind.IMAGE: small}
    monkeypatch.setattr(uploads_module, "RULES", rules)
    with pytest.raises(UploadTooLarge):
        await receive_upload(upload(PNG + bytes(100_000), "p.png"), kinds=[UploadKind.IMAGE])


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
