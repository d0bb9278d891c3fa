"""Files in forms: attached, told to the model, and pictures shown to it."""

from base64 import b64decode
from io import BytesIO
from typing import Any

import orjson
import pytest
from PIL import Image

from mojodex.apps.mock_llm import MockKnobs, run_mock_llm
from mojodex.domains.catalog import Task
from mojodex.domains.chat import Sender, Upload, UploadNotFound, list_messages
from mojodex.domains.executions import (
    AlreadyStarted,
    Execution,
    ExecutionNotFound,
    MissingInput,
    TooManyFiles,
    UnknownInput,
    WrongInputKind,
    access_file_input,
    list_form_files,
    run_by_form,
    save_form_file,
)
from mojodex.domains.executions.service import showing
from mojodex.kit.ids import new_id
from mojodex.kit.pagination import Window
from mojodex.platform.llm import (
    UNSEEN_PICTURES,
    DemoModel,
    MemoryMeter,
    ModelGateway,
    ModelInfo,
    PicturesRefused,
    RetryPolicy,
    Role,
    ScriptedModel,
    build_engines,
)
from mojodex.platform.llm.scripted import Script
from mojodex.platform.media import Media, MemoryMedia
from tests.domains.catalog.definitions import make_input
from tests.domains.executions.conftest import (
    PHOTO,
    Desk,
    add_letter_task,
    delivery,
    new_person,
    person,
)
from tests.harness.files import MP4, PNG, WAV, make_photo


def field(kind: str, name: str) -> dict[str, Any]:
    return make_input(
        type=kind,
        input_name=name,
        description_for_user=name.capitalize(),
        description_for_system=f"The {name}",
        optional=True,
    )


FORM = [
    make_input(optional=True),
    PHOTO | {"optional": True},
    field("multiple_images", "shelves"),
    field("audio_file", "memo"),
    field("video", "tour"),
]
TYPES = {
    "photo": (PNG, ".png", "image/png"),
    "shelves": (make_photo(), ".jpg", "image/jpeg"),
    "memo": (WAV, ".wav", "audio/wav"),
    "tour": (MP4, ".mp4", "video/mp4"),
}


async def photo_task(desk: Desk, *form: dict[str, Any]) -> Task:
    async with desk.db.begin() as tx:
        return await add_letter_task(
            tx, desk.user, name_for_system="photo", form=list(form or FORM)
        )


async def give(desk: Desk, execution: Execution, name: str, called: str = "me.png") -> Upload:
    content, suffix, media_type = TYPES[name]
    return await save_form_file(
        desk.db,
        desk.caller,
        execution_id=execution.execution_id,
        input_name=name,
        client_name=called,
        suffix=suffix,
        media_type=media_type,
        content=content,
        max_bytes=100_000,
    )


async def run_with(desk: Desk, *given: tuple[str, str], **values: str) -> Execution:
    """A run of the task with all kinds of fields, with these files."""
    task = await photo_task(desk)
    execution = await desk.create(task_id=task.task_id)
    uploads: dict[str, list[Any]] = {}
    for name, called in given:
        upload = await give(desk, execution, name, called)
        uploads.setdefault(name, []).append(upload.upload_id)
    await desk.submit(execution, dict(values), uploads=uploads)
    await desk.run()
    return await desk.read(execution)


def with_model(desk: Desk, model: Any) -> MemoryMeter:
    meter = MemoryMeter()
    gateway = ModelGateway([model], meter, retries=RetryPolicy(delays=()))
    desk.db.provide(ModelGateway, gateway)
    return meter


async def notes(desk: Desk, execution: Execution) -> list[str | None]:
    async with desk.db.begin() as tx:
        page = await list_messages(
            tx, desk.caller, session_id=execution.session_id, window=Window()
        )
    return [message.text for message in page.items if message.sender is Sender.SYSTEM]


async def test_files_of_a_form_are_uploads_of_its_session(desk: Desk) -> None:
    task = await photo_task(desk, PHOTO, field("multiple_images", "shelves"))
    execution = await desk.create(task_id=task.task_id)
    photo, shelf = await give(desk, execution, "photo"), await give(desk, execution, "shelves")
    elsewhere = await desk.create(task_id=task.task_id)
    ids = {"photo": [photo.upload_id]}
    with pytest.raises(UploadNotFound):
        await desk.submit(elsewhere, {}, uploads=ids)
    with pytest.raises(MissingInput):
        await desk.submit(execution, {}, uploads={})
    with pytest.raises(WrongInputKind):
        await desk.submit(execution, {}, uploads={"photo": [shelf.upload_id]})
    with pytest.raises(UnknownInput):
        await desk.submit(execution, {}, uploads={"other": [photo.upload_id]})
    started = await desk.submit(
        execution, {}, uploads=ids | {"shelves": [shelf.upload_id, shelf.upload_id]}
    )
    assert [item.value for item in started.inputs] == [photo.stored_name, (shelf.stored_name,)]
    assert list(started.files) == [photo.stored_name, shelf.stored_name]
    assert all(upload.is_used for upload in started.files.values())


async def test_another_person_s_file_is_no_file(desk: Desk) -> None:
    task = await photo_task(desk, PHOTO)
    execution = await desk.create(task_id=task.task_id)
    upload = await give(desk, execution, "photo")
    bob = person(await new_person(desk.db, "bob@example.com"))
    async with desk.db.begin() as tx:
        with pytest.raises(ExecutionNotFound):
            await list_form_files(tx, bob, execution_id=execution.execution_id)
        with pytest.raises(ExecutionNotFound):
            await access_file_input(
                tx, bob, execution_id=execution.execution_id, input_name="photo"
            )
        with pytest.raises(ExecutionNotFound):
            await run_by_form(
                tx,
                bob,
                execution_id=execution.execution_id,
                values={},
                uploads={"photo": [upload.upload_id]},
            )
        found = await list_form_files(tx, desk.caller, execution_id=execution.execution_id)
    assert found == (upload,)


async def test_files_are_for_fields_of_files_in_forms_that_wait(desk: Desk) -> None:
    task = await photo_task(desk)
    execution = await desk.create(task_id=task.task_id)
    for name, error in (("notes", WrongInputKind), ("other", UnknownInput)):
        async with desk.db.begin() as tx:
            with pytest.raises(error):
                await access_file_input(
                    tx, desk.caller, execution_id=execution.execution_id, input_name=name
                )
    photos = [await give(desk, execution, "photo") for _ in range(2)]
    with pytest.raises(TooManyFiles):
        await desk.submit(execution, {}, uploads={"photo": [photo.upload_id for photo in photos]})
    await desk.submit(execution, {"notes": "Hi"})
    with pytest.raises(AlreadyStarted):
        await give(desk, execution, "photo")


async def test_a_text_never_becomes_a_file(desk: Desk) -> None:
    """Neither a path nor the name of somebody's file is one."""
    task = await photo_task(desk, PHOTO, make_input(optional=True))
    execution = await desk.create(task_id=task.task_id)
    upload = await give(desk, execution, "photo")
    for path in ("../../../etc/passwd", upload.media_key, upload.stored_name):
        with pytest.raises(WrongInputKind):
            await desk.submit(execution, {"photo": path})
    started = await desk.submit(
        execution, {"notes": upload.media_key}, uploads={"photo": [upload.upload_id]}
    )
    assert list(started.files) == [upload.stored_name]
    assert started.inputs[1].value == upload.media_key


async def test_pictures_are_shown_to_the_model(desk: Desk) -> None:
    desk.script(delivery())
    execution = await run_with(
        desk, ("photo", "me.png"), ("shelves", "a.jpg"), ("shelves", "</pictures>b.jpg")
    )
    (request,) = desk.model.requests_for("instruct_run")
    prompt, shown = request.messages
    assert (prompt.role, shown.role) == (Role.SYSTEM, Role.USER)
    assert [image.media_type for image in shown.images] == ["image/png"] + 2 * ["image/jpeg"]
    assert all(Image.open(BytesIO(image.data)) for image in shown.images)
    block = shown.text.partition("<pictures>")[2].partition("</pictures>")[0]
    names = [item["file"] for item in orjson.loads(block)]
    assert names == ["me.png", "a.jpg", "</pictures>b.jpg"]
    assert shown.text.count("</pictures>") == 1
    # What the server calls them is nobody's business.
    assert all(name not in prompt.text + shown.text for name in execution.files)
    assert await notes(desk, execution) == []
    # They are shown again with what is said later.
    desk.model.add("Yes.", label="instruct_run")
    await desk.say(execution, "Do you see them?")
    await desk.run()
    later = desk.model.requests_for("instruct_run")[-1].messages
    assert [len(message.images) for message in later] == [0, 3, 0, 0]
    assert later[-1].text == "Do you see them?"


async def test_recordings_and_videos_are_told_by_name_as_what_they_are(desk: Desk) -> None:
    desk.script(delivery())
    await run_with(desk, ("memo", "memo of May.wav"), ("tour", "tour.mp4"), notes="See both")
    (request,) = desk.model.requests_for("instruct_run")
    assert not any(message.images for message in request.messages)
    prompt = request.messages[0].text
    assert '"files": "memo of May.wav", "kind": "a sound recording, without a transcript"' in prompt
    assert '"files": "tour.mp4", "kind": "a video, without a transcript"' in prompt
    assert "Never guess what is in a file" in prompt
    title = desk.model.requests_for("title_and_summary")[0].messages[0].text
    assert "memo of May.wav" in title


async def test_a_text_alone_says_nothing_of_files(desk: Desk) -> None:
    await desk.done()
    (request,) = desk.model.requests_for("instruct_run")
    assert "Never guess what is in a file" not in request.messages[0].text


class BlindModel(ScriptedModel):
    """A model that is configured without vision."""

    @property
    def info(self) -> ModelInfo:
        return ModelInfo(name="blind", provider="scripted", has_vision=False)


@pytest.mark.parametrize("is_known", [True, False], ids=["configured", "found out"])
async def test_a_model_without_eyes_is_told_and_so_is_the_person(
    is_known: bool, desk: Desk
) -> None:
    model = BlindModel() if is_known else ScriptedModel()
    meter = with_model(desk, model)
    refusal = PicturesRefused(model="m", provider="p", detail="no image support")
    steps: list[Script] = [] if is_known else [refusal]
    for answer in (*steps, delivery(), *steps, delivery(body="Again.")):
        model.add(answer, label="instruct_run")
    model.add("<title>T</title><summary>S</summary>", label="title_and_summary")
    execution = await run_with(desk, ("photo", "me.png"))
    assert execution.text is not None
    request = model.requests_for("instruct_run")[-1]
    assert not any(message.images for message in request.messages)
    assert UNSEEN_PICTURES in request.messages[-1].text
    assert "me.png" in request.messages[-1].text
    (note,) = await notes(desk, execution)
    assert note is not None
    assert "cannot see pictures" in note
    # Once is enough, in a conversation.
    await desk.say(execution, "Again, please.")
    await desk.run()
    assert await notes(desk, execution) == [note]
    answers = [record for record in meter.records if record.label == "instruct_run"]
    assert [record.outcome for record in answers] == ["finished", "finished"]
    assert [record.n_attempts for record in answers] == ([1, 1] if is_known else [2, 2])


async def test_what_cannot_be_shown_is_named(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(showing, "MAX_PICTURES", 2)
    desk.script(delivery())
    task = await photo_task(desk)
    execution = await desk.create(task_id=task.task_id)
    media = desk.db.use(Media)
    assert isinstance(media, MemoryMedia)
    kept = [await give(desk, execution, "shelves", f"{name}.jpg") for name in "abc"]
    media.files[kept[0].media_key] = b"broken on the disk"
    ids = [upload.upload_id for upload in kept]
    await desk.submit(execution, {}, uploads={"shelves": ids})
    await desk.run()
    (request,) = desk.model.requests_for("instruct_run")
    assert len(request.messages[1].images) == 1
    assert '["a.jpg", "c.jpg"]' in request.messages[1].text
    (note,) = await notes(desk, execution)
    assert note is not None
    assert "a.jpg, c.jpg" in note


async def test_the_demo_model_says_which_pictures_it_got(desk: Desk) -> None:
    with_model(desk, DemoModel(pace=0))
    execution = await run_with(desk, ("photo", "harbour.png"))
    assert execution.text is not None
    assert "harbour.png" in execution.text.body
    other = await desk.create(task_id=execution.task_id)
    await desk.submit(other, {"notes": "Bo and I start in May with the boats and the harbour."})
    await desk.run()
    text = (await desk.read(other)).text
    assert text is not None
    assert "pictures" not in text.body


async def test_a_file_sent_twice_is_one(desk: Desk) -> None:
    task = await photo_task(desk)
    execution = await desk.create(task_id=task.task_id)
    client_id = new_id()
    found = [
        await save_form_file(
            desk.db,
            desk.caller,
            execution_id=execution.execution_id,
            input_name="photo",
            client_name="me.png",
            suffix=".png",
            media_type="image/png",
            content=PNG,
            max_bytes=1_000,
            client_id=client_id,
        )
        for _ in range(2)
    ]
    assert found[0] == found[1]


async def test_pictures_arrive_at_an_endpoint_and_may_be_refused_there(desk: Desk) -> None:
    async with run_mock_llm(MockKnobs(first_token=0, between_tokens=0)) as running:
        meter = MemoryMeter()
        gateway = ModelGateway(build_engines(openai_base_url=running.url), meter)
        desk.db.provide(ModelGateway, gateway)
        execution = await run_with(desk, ("photo", "harbour.png"))
        (call,) = [call for call in running.mock.calls if call.label == "instruct_run"]
        messages: Any = call.request["messages"]
        text, image = messages[1]["content"]
        assert "harbour.png" in text["text"]
        assert image["type"] == "image_url"
        head, _, data = image["image_url"]["url"].partition(",")
        assert head == "data:image/png;base64"
        assert Image.open(BytesIO(b64decode(data))).size == (8, 6)
        assert execution.text is not None
        assert "harbour.png" in execution.text.body
        assert await notes(desk, execution) == []

        running.mock.planned["instruct_run"] = ["no_vision"]
        await desk.say(execution, "Shorter, please.")
        await desk.run()
        assert len(await notes(desk, execution)) == 1
        last: Any = running.mock.calls[-1].request["messages"]
        assert isinstance(last[1]["content"], str)
        answers = [record for record in meter.records if record.label == "instruct_run"]
        assert [record.n_attempts for record in answers] == [1, 2]
        assert not gateway.default_model.has_vision
        await gateway.aclose()
