"""Files for forms over v1: sent, read back, taken back, and named when the run begins."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from mojodex.domains import purchases
from mojodex.domains.catalog import add_task, decode_definition
from mojodex.domains.identity import secret_caller
from mojodex.domains.identity.views import BACKOFFICE
from mojodex.platform.db import Database
from tests.domains.catalog.definitions import make_definition, make_display, make_input
from tests.faces.v1.conftest import MakePerson, Someone
from tests.faces.v1.problems import named_fields, read_problem
from tests.harness.doubles import Doubles, provide_doubles
from tests.harness.files import HTML, MP4, PNG, SVG, WAV, make_photo

OFFICE = secret_caller(BACKOFFICE)
FORM = [
    make_input(type="image", input_name="photo", optional=True),
    make_input(type="multiple_images", input_name="shelves", optional=True),
    make_input(type="audio_file", input_name="memo", optional=True),
    make_input(type="video", input_name="tour", optional=True),
    make_input(input_name="words", optional=True),
]


class Desk:
    """Ada with a task whose form takes files."""

    def __init__(self, db: Database, doubles: Doubles, ada: Someone) -> None:
        self.db = db
        self.doubles = doubles
        self.ada = ada
        self.api = ada.client
        self.task_id = ""
        self.product_id = purchases.ProductId(0)

    async def add_task(self) -> None:
        definition = make_definition(
            name_for_system="files", task_displayed_data=[make_display("en", *FORM)]
        )
        async with self.db.begin() as tx:
            task = await add_task(tx, OFFICE, definition=decode_definition(definition))
            self.product_id = await purchases.ensure_examples(tx)
            await purchases.associate_task(
                tx, OFFICE, product_id=self.product_id, task_id=task.task_id
            )
        self.task_id = str(task.task_id)
        await self.sell_to(self.ada)

    async def sell_to(self, person: Someone) -> None:
        async with self.db.begin() as tx:
            await purchases.grant_product(
                tx, OFFICE, user_id=person.user.user_id, product_id=self.product_id
            )

    async def prepare(self, **more: Any) -> dict[str, Any]:
        answer = await self.api.post("/executions", json={"task_id": self.task_id, **more})
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def send(
        self, execution: dict[str, Any], content: bytes = PNG, **query: str
    ) -> httpx.Response:
        wanted = {"input_name": "photo", "name": "me.png", **query}
        path = f"/executions/{execution['id']}/uploads"
        return await self.api.post(path, params=wanted, content=content)


@pytest.fixture
async def desk(db: Database, ada: Someone) -> AsyncIterator[Desk]:
    desk = Desk(db, provide_doubles(db), ada)
    await desk.add_task()
    yield desk
    await desk.doubles.streams.close_all()


async def test_limits_are_told_before(desk: Desk) -> None:
    fields = (await desk.api.get(f"/tasks/{desk.task_id}")).json()["inputs"]
    rules = {field["name"]: field["file_rule"] for field in fields}
    assert rules["words"] is None
    assert rules["photo"] == {
        "media_types": ["image/gif", "image/jpeg", "image/png", "image/webp"],
        "suffixes": [".gif", ".jpg", ".png", ".webp"],
        "max_bytes": 20 * 1024 * 1024,
        "max_files": 1,
    }
    assert rules["shelves"]["max_files"] == 10


async def test_a_run_with_files(desk: Desk) -> None:
    client_id = str(uuid4())
    made = await desk.prepare(client_id=client_id)
    photo = (await desk.send(made, name="ça.png")).json()
    assert (photo["name"], photo["media_type"], photo["size_bytes"]) == (
        "ça.png",
        "image/png",
        len(PNG),
    )
    shelves = [
        (await desk.send(made, make_photo(), input_name="shelves", name=f"{name}.jpg")).json()
        for name in "ab"
    ]
    memo = (await desk.send(made, WAV, input_name="memo", name="memo.wav")).json()
    listed = (await desk.api.get(f"/executions/{made['id']}/uploads")).json()["items"]
    assert listed == [photo, *shelves, memo]
    body = {
        "task_id": desk.task_id,
        "client_id": client_id,
        "inputs": {"words": "Hello"},
        "uploads": {
            "photo": [photo["id"]],
            "shelves": [each["id"] for each in shelves],
            "memo": [memo["id"]],
        },
    }
    for _ in range(2):
        answer = await desk.api.post("/executions", json=body)
        assert answer.status_code == 201, answer.text
        assert answer.json()["id"] == made["id"]
        assert answer.json()["state"] == "writing"
    files = {item["name"]: item["files"] for item in answer.json()["inputs"]}
    assert files["photo"] == [photo | {"is_used": True}]
    assert [each["id"] for each in files["shelves"]] == [each["id"] for each in shelves]
    assert (files["tour"], files["words"]) == ([], [])
    refused = await desk.api.delete(f"/uploads/{photo['id']}")
    read_problem(refused, 409, "upload_in_use")


async def test_a_file_is_sent_once_and_taken_back(desk: Desk) -> None:
    made, client_id = await desk.prepare(), str(uuid4())
    first = await desk.send(made, client_id=client_id)
    again = await desk.send(made, client_id=client_id)
    assert first.json() == again.json()
    upload_id = first.json()["id"]
    assert (await desk.api.delete(f"/uploads/{upload_id}")).status_code == 204
    assert (await desk.api.get(f"/uploads/{upload_id}/content")).status_code == 404
    await desk.doubles.jobs.run_all(desk.db)
    assert desk.doubles.media.files == {}
    body = {"inputs": {}, "uploads": {"photo": [upload_id]}}
    refused = await desk.api.post(f"/executions/{made['id']}/run", json=body)
    read_problem(refused, 404, "upload_not_found")


@pytest.mark.parametrize(
    ("content", "query", "status", "code"),
    [
        (HTML, {}, 422, "upload_type_refused"),
        (SVG, {"name": "a.png"}, 422, "upload_type_refused"),
        (WAV, {}, 422, "upload_type_refused"),
        (MP4, {"input_name": "memo.wav"}, 422, "unknown_input"),
        (PNG, {"input_name": "memo"}, 422, "upload_type_refused"),
        (PNG, {"input_name": "words"}, 422, "wrong_input_kind"),
        (b"", {}, 422, "upload_empty"),
        (PNG[:40], {}, 422, "picture_unreadable"),
        (PNG, {"client_id": "x"}, 422, "invalid_request"),
        (PNG + bytes(20 * 1024 * 1024), {}, 413, "upload_too_large"),
    ],
    ids=[
        "html",
        "svg",
        "sound",
        "unknown-field",
        "picture-for-sound",
        "text-field",
        "empty",
        "broken",
        "bad-id",
        "large",
    ],
)
async def test_what_does_not_fit_is_refused_and_nothing_is_kept(
    content: bytes, query: dict[str, str], status: int, code: str, desk: Desk
) -> None:
    answer = await desk.send(await desk.prepare(), content, **query)
    read_problem(answer, status, code)
    assert desk.doubles.media.files == {}


async def test_the_cap_holds_whatever_length_is_claimed(desk: Desk) -> None:
    made = await desk.prepare()

    async def much() -> AsyncIterator[bytes]:
        yield PNG
        for _ in range(21):
            yield bytes(1024 * 1024)

    path = f"/executions/{made['id']}/uploads"
    query = {"input_name": "photo", "name": "me.png"}
    answer = await desk.api.post(path, params=query, content=much())
    read_problem(answer, 413, "upload_too_large")
    assert desk.doubles.media.files == {}


async def test_content_comes_back_safely_and_in_parts(desk: Desk) -> None:
    made = await desk.prepare()
    upload = (await desk.send(made, MP4, input_name="tour", name="<b>.html")).json()
    path = f"/uploads/{upload['id']}/content"
    whole = await desk.api.get(path)
    assert (whole.status_code, whole.content) == (200, MP4)
    assert whole.headers["content-type"] == "video/mp4"
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert whole.headers["content-disposition"] == "inline; filename*=UTF-8''%3Cb%3E.html"
    assert whole.headers["cache-control"] == "private, no-cache"
    part = await desk.api.get(path, headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")
    known = await desk.api.get(path, headers={"If-None-Match": whole.headers["etag"]})
    assert known.status_code == 304


async def test_another_person_s_file_is_not_there(desk: Desk, make_person: MakePerson) -> None:
    bob = await make_person("bob@example.org")
    await desk.sell_to(bob)
    upload = (await desk.send(await desk.prepare())).json()
    theirs = await bob.client.post("/executions", json={"task_id": desk.task_id})
    for method, path, body in (
        ("GET", f"/uploads/{upload['id']}/content", None),
        ("DELETE", f"/uploads/{upload['id']}", None),
        (
            "POST",
            f"/executions/{theirs.json()['id']}/run",
            {"inputs": {}, "uploads": {"photo": [upload["id"]]}},
        ),
    ):
        answer = await bob.client.request(method, path, json=body)
        read_problem(answer, 404, "upload_not_found")


async def test_too_many_files_are_told_at_their_field(desk: Desk) -> None:
    made = await desk.prepare()
    ids = [(await desk.send(made)).json()["id"] for _ in range(2)]
    body = {"inputs": {}, "uploads": {"photo": ids}}
    answer = await desk.api.post(f"/executions/{made['id']}/run", json=body)
    problem = read_problem(answer, 422, "too_many_files")
    assert named_fields(problem) == ["inputs.photo"]
