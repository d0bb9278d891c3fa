"""Files in the forms of the released clients, and how they read pictures back."""

import json
from typing import Any

import httpx
import pytest

from mojodex.domains.executions import Execution, access_execution
from mojodex.faces.mojodex.routes.executions import find_field
from tests.faces.mojodex.stage import Files, Stage
from tests.harness.files import HTML, MP4, PNG, SVG, WAV, make_photo, make_picture

RUN, IMAGE = "POST /user_task_execution_run", "GET /image"


async def run(stage: Stage, files: Files, **inputs: str) -> httpx.Response:
    """Send a form as the web app does: the files' own names are values of their inputs."""
    items = [{"input_name": name, "input_value": value} for name, value in inputs.items()]
    return await stage.call(
        RUN,
        changes={
            "user_task_execution_pk": stage.ada.form.execution_id,
            "inputs": json.dumps(items),
        },
        files=files,
    )


async def form(stage: Stage) -> Execution:
    caller = await stage.caller(stage.ada)
    async with stage.db.begin() as tx:
        return await access_execution(tx, caller, execution_id=stage.ada.form.execution_id)


async def read(stage: Stage, **changes: Any) -> httpx.Response:
    return await stage.call(IMAGE, changes=changes)


async def test_a_form_with_all_kinds_of_files(stage: Stage) -> None:
    photo = make_photo()
    parts = [
        ("photo", ("me.png", PNG, "image/png")),
        # The released web app counts wrongly: the same number again and again.
        ("shelves_0", ("a.jpg", photo, "image/jpeg")),
        ("shelves_0", ("b.png", make_picture((3, 3)), "image/png")),
        ("memo", ("memo.m4a", WAV, "audio/m4a")),
        ("tour", ("tour.webm", MP4, "video/webm")),
        ("unknown", ("x.png", PNG, "image/png")),
    ]
    answer = await run(
        stage, parts, photo="me.png", shelves_0="b.png", memo="memo.m4a", tour="tour.webm"
    )
    assert (answer.status_code, answer.json()) == (200, {"success": "ok"})
    started = await form(stage)
    assert [upload.client_name for upload in started.files.values()] == [
        "me.png", "a.jpg", "b.png", "memo.m4a", "tour.webm",
    ]  # fmt: skip
    assert [upload.media_type for upload in started.files.values()] == [
        "image/png", "image/jpeg", "image/png", "audio/wav", "video/mp4",
    ]  # fmt: skip
    # What the single form of the execution names is what GET /image finds.
    listed = await stage.call(
        "GET /user_task_execution",
        changes={"user_task_execution_pk": stage.ada.form.execution_id},
    )
    values = {item["input_name"]: item["value"] for item in listed.json()["json_inputs_values"]}
    assert (await read(stage, filename=values["shelves"][0])).content == photo
    assert (await read(stage, filename="b.png")).content == make_picture((3, 3))
    keys = [upload.media_key for upload in started.files.values()]
    folders = [key.split("/")[3] for key in keys]
    assert folders == ["images", "images", "images", "audio_files", "videos"]


@pytest.mark.parametrize(
    ("part", "content", "status"),
    [
        ("photo", HTML, 400),
        ("photo", SVG, 400),
        ("photo", WAV, 400),
        ("photo", b"", 400),
        ("photo", PNG[:30], 400),
        ("shelves_1", HTML, 400),
        ("memo", PNG, 400),
        ("tour", WAV, 400),
        ("photo", PNG + bytes(21 * 1024 * 1024), 413),
    ],
    ids=[
        "html",
        "svg",
        "sound",
        "empty",
        "broken",
        "one-of-many",
        "picture-for-sound",
        "sound-for-video",
        "large",
    ],
)
async def test_what_does_not_fit_is_refused_and_the_form_waits(
    part: str, content: bytes, status: int, stage: Stage
) -> None:
    answer = await run(stage, {part: ("photo.png", content, "image/png")})
    assert (answer.status_code, list(answer.json())) == (status, ["error"])
    assert (await form(stage)).started_at is None


async def test_an_empty_file_part_is_no_file(stage: Stage) -> None:
    answer = await run(stage, [("photo", ("", b"", "application/octet-stream"))], photo="")
    assert answer.status_code == 200
    assert (await form(stage)).files == {}


async def test_a_path_is_no_file(stage: Stage) -> None:
    for value in ("../../../etc/passwd", stage.ada.picture.media_key):
        assert (await run(stage, {}, photo=value)).status_code == 400


async def test_a_picture_comes_whole_in_part_and_once(stage: Stage) -> None:
    whole = await read(stage)
    assert (whole.status_code, whole.content) == (200, PNG)
    assert whole.headers["content-type"] == "image/png"
    assert whole.headers["accept-ranges"] == "bytes"
    assert whole.headers["x-content-type-options"] == "nosniff"
    token = {"Authorization": stage.ada.token}
    query = stage.values(IMAGE)
    for extra, status, content in (
        ({"Range": "bytes=0-7"}, 206, PNG[:8]),
        ({"If-None-Match": whole.headers["etag"]}, 304, b""),
        ({"Range": "bytes=9999-"}, 416, b""),
    ):
        answer = await stage.client.get("/image", params=query, headers=token | extra)
        assert (answer.status_code, answer.content) == (status, content)


async def test_what_is_not_there_is_400(stage: Stage) -> None:
    stage.doubles.media.files.pop(stage.ada.picture.media_key)
    for changes in (
        {},
        {"filename": "nothing.png"},
        {"filename": "../" + stage.ada.picture.stored_name},
        {"filename": stage.ada.picture.media_key},
        {"filename": stage.bob.picture.stored_name},
        {"session_id": stage.bob.form.session_id.hex},
        {"session_id": "1"},
    ):
        answer = await read(stage, **changes)
        assert (answer.status_code, list(answer.json())) == (400, ["error"]), changes


async def test_parts_find_their_fields(stage: Stage) -> None:
    inputs = (await form(stage)).inputs
    found = {
        part: field and field.name
        for part in ("photo", "photo_0", "shelves", "shelves_12", "shelves_", "shelves_x", "notes")
        for field in [find_field(inputs, part)]
    }
    assert found == {
        "photo": "photo",
        "photo_0": None,
        "shelves": "shelves",
        "shelves_12": "shelves",
        "shelves_": None,
        "shelves_x": None,
        "notes": None,
    }
