"""Files go back to their owners whole, in part, or not at all when they have them."""

from datetime import UTC, datetime

import pytest
from starlette.datastructures import Headers
from starlette.responses import Response, StreamingResponse

from mojodex.domains.chat import SessionId, Upload, UploadId
from mojodex.faces.edge import send_file
from mojodex.kit.ids import new_id
from mojodex.platform.media import MediaNotFound, MemoryMedia

CONTENT = bytes(range(100))


@pytest.fixture
def media() -> MemoryMedia:
    media = MemoryMedia()
    media.files["users/a/s/images/f.png"] = CONTENT
    return media


def upload(media_type: str = "image/png", key: str = "users/a/s/images/f.png") -> Upload:
    return Upload(
        upload_id=UploadId(new_id()),
        session_id=SessionId(new_id()),
        input_name="photo",
        client_name='été \r\n".png',
        stored_name="f.png",
        media_key=key,
        media_type=media_type,
        size_bytes=len(CONTENT),
        created_at=datetime(2026, 11, 2, tzinfo=UTC),
    )


async def body(answer: Response) -> bytes:
    if not isinstance(answer, StreamingResponse):
        return bytes(answer.body)
    chunks = [chunk async for chunk in answer.body_iterator]
    return b"".join(chunk for chunk in chunks if isinstance(chunk, bytes))


async def ask(media: MemoryMedia, **headers: str) -> Response:
    spelled = {name.replace("_", "-"): value for name, value in headers.items()}
    return await send_file(Headers(spelled), media, upload())


async def test_the_whole_file_may_not_be_taken_for_anything_else(media: MemoryMedia) -> None:
    answer = await ask(media)
    assert (answer.status_code, await body(answer)) == (200, CONTENT)
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["accept-ranges"] == "bytes"
    assert "private" in answer.headers["cache-control"]
    disposition = answer.headers["content-disposition"]
    assert disposition == "inline; filename*=UTF-8''%C3%A9t%C3%A9%20%0D%0A%22.png"


@pytest.mark.parametrize("media_type", ["text/html", "image/svg+xml", "application/pdf"])
async def test_what_a_browser_could_run_is_never_shown_in_place(
    media_type: str, media: MemoryMedia
) -> None:
    answer = await send_file(Headers({}), media, upload(media_type))
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment;")


@pytest.mark.parametrize(
    ("wanted", "status", "first", "last"),
    [
        ("bytes=0-9", 206, 0, 9),
        ("bytes=90-", 206, 90, 99),
        ("bytes=90-500", 206, 90, 99),
        ("bytes=-10", 206, 90, 99),
        ("bytes=-500", 200, 0, 99),
        ("bytes=0-", 200, 0, 99),
        ("bytes=9-5", 200, 0, 99),
        ("bytes=-", 200, 0, 99),
        ("bytes=0-1,5-6", 200, 0, 99),
        ("lines=0-1", 200, 0, 99),
    ],
)
async def test_parts(wanted: str, status: int, first: int, last: int, media: MemoryMedia) -> None:
    answer = await ask(media, range=wanted)
    assert (answer.status_code, await body(answer)) == (status, CONTENT[first : last + 1])
    assert answer.headers["content-length"] == str(last - first + 1)
    if status == 206:
        assert answer.headers["content-range"] == f"bytes {first}-{last}/100"


@pytest.mark.parametrize("wanted", ["bytes=100-", "bytes=100-200", "bytes=-0"])
async def test_parts_that_are_not_there(wanted: str, media: MemoryMedia) -> None:
    answer = await ask(media, range=wanted)
    assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */100")


async def test_what_the_client_has_is_not_sent_again(media: MemoryMedia) -> None:
    tag = (await ask(media)).headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = await ask(media, if_none_match=known)
        assert (answer.status_code, await body(answer)) == (304, b"")
    assert (await ask(media, if_none_match='"other"')).status_code == 200
    part = {"range": "bytes=0-9"}
    assert (await ask(media, if_range=tag, **part)).status_code == 206
    assert (await ask(media, if_range='"other"', **part)).status_code == 200


async def test_a_file_that_is_gone_is_told_before_the_answer_begins(media: MemoryMedia) -> None:
    with pytest.raises(MediaNotFound):
        await send_file(Headers({}), media, upload(key="users/a/s/images/gone.png"))
