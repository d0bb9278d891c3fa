"""Files that people give to a session."""

import asyncio
from collections.abc import AsyncIterable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from mojodex.domains.chat import (
    SessionNotFound,
    TooManyUploads,
    Upload,
    UploadInUse,
    UploadNotFound,
    access_upload,
    access_uploads,
    delete_session,
    find_upload_by_name,
    purge_uploads_job,
    remove_upload,
    save_upload,
    use_uploads,
)
from mojodex.domains.chat.service import uploads as service
from mojodex.domains.identity import Caller
from mojodex.kit.clock import FrozenClock
from mojodex.kit.ids import new_id
from mojodex.platform.db import TransactionOpen
from mojodex.platform.jobs import ImmediateJobs, JobContext, JobQueue
from mojodex.platform.media import (
    FileTooLarge,
    Media,
    MemoryMedia,
    PictureUnreadable,
    StoredFile,
    delete_file_job,
)
from tests.domains.chat.conftest import Stage, new_person, person
from tests.harness.files import HTML, PICTURE, PNG

WEEK = timedelta(days=7)


async def save(
    stage: Stage,
    *,
    caller: Caller | None = None,
    content: bytes | AsyncIterable[bytes] = PNG,
    client_id: UUID | None = None,
    max_bytes: int = len(PNG),
) -> Upload:
    return await save_upload(
        stage.db,
        caller or stage.caller,
        session_id=stage.session.session_id,
        new=replace(
            PICTURE,
            client_name="../../me.png",
            content=content,
            max_bytes=max_bytes,
            client_id=client_id,
        ),
    )


def files(stage: Stage) -> dict[str, bytes]:
    media = stage.db.use(Media)
    assert isinstance(media, MemoryMedia)
    return media.files


def with_file_jobs(stage: Stage) -> ImmediateJobs:
    jobs = ImmediateJobs(stage.db, [delete_file_job])
    stage.db.provide(JobQueue, jobs)
    return jobs


async def test_a_file_is_kept_under_a_name_of_the_server(stage: Stage) -> None:
    upload = await save(stage)
    user, session = stage.user.user_id.hex, stage.session.session_id.hex
    assert upload.media_key == f"users/{user}/{session}/images/{upload.stored_name}"
    assert "me" not in upload.stored_name.removesuffix(".png")
    assert files(stage) == {upload.media_key: PNG}
    assert upload.size_bytes == len(PNG)
    async with stage.db.begin() as tx:
        found = await access_uploads(
            tx,
            stage.caller,
            session_id=stage.session.session_id,
            upload_ids=[upload.upload_id],
        )
        assert await access_upload(tx, stage.caller, upload_id=upload.upload_id) == upload
    assert found == (upload,)


async def test_what_is_refused_leaves_no_file(stage: Stage) -> None:
    bob = person(await new_person(stage.db, "bob@example.com"))
    with pytest.raises(SessionNotFound):
        await save(stage, caller=bob)
    with pytest.raises(FileTooLarge):
        await save(stage, content=PNG + b"x")
    with pytest.raises(PictureUnreadable) as refused:
        await save(stage, content=HTML, max_bytes=1_000)
    assert refused.value.data == {"name": "../../me.png"}
    async with stage.db.begin() as tx:
        with pytest.raises(TransactionOpen):
            await save(stage)
        with pytest.raises(UploadNotFound):
            await access_uploads(
                tx, stage.caller, session_id=stage.session.session_id, upload_ids=[new_id()]
            )
    assert files(stage) == {}


async def test_an_upload_belongs_to_one_person(stage: Stage) -> None:
    upload = await save(stage)
    bob = person(await new_person(stage.db, "bob@example.com"))
    async with stage.db.begin() as tx:
        with pytest.raises(UploadNotFound):
            await access_upload(tx, bob, upload_id=upload.upload_id)
        with pytest.raises(UploadNotFound):
            await remove_upload(tx, bob, upload_id=upload.upload_id)
        await delete_session(tx, stage.caller, session_id=stage.session.session_id)
        with pytest.raises(UploadNotFound):
            await access_upload(tx, stage.caller, upload_id=upload.upload_id)


async def test_the_same_upload_again_is_the_one_that_is_there(stage: Stage) -> None:
    client_id = new_id()
    first = await save(stage, client_id=client_id)
    assert await save(stage, client_id=client_id, content=b"not even read") == first
    other = await save(stage, client_id=new_id())
    assert files(stage).keys() == {first.media_key, other.media_key}


async def test_the_same_upload_twice_at_once_is_one(committed_stage: Stage) -> None:
    stage, client_id = committed_stage, new_id()
    found = await asyncio.gather(*(save(stage, client_id=client_id) for _ in range(5)))
    assert len({upload.upload_id for upload in found}) == 1
    assert files(stage).keys() == {found[0].media_key}


async def test_files_are_found_by_either_name_and_by_no_path(stage: Stage) -> None:
    session_id = stage.session.session_id
    first, second = await save(stage), await save(stage)
    bob = person(await new_person(stage.db, "bob@example.com"))
    async with stage.db.begin() as tx:
        for name, wanted in (
            (first.stored_name, first),
            ("../../me.png", second),
            ("me.png", None),
            (first.media_key, None),
            ("../" + first.stored_name, None),
        ):
            assert (
                await find_upload_by_name(tx, stage.caller, session_id=session_id, name=name)
                == wanted
            )
        with pytest.raises(SessionNotFound):
            await find_upload_by_name(tx, bob, session_id=session_id, name=first.stored_name)


async def test_so_many_files_wait_and_no_more(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MAX_UNUSED", 2)
    used, _ = await save(stage), await save(stage)
    with pytest.raises(TooManyUploads):
        await save(stage)
    async with stage.db.begin() as tx:
        await use_uploads(tx, upload_ids=[used.upload_id])
    await save(stage)
    assert len(files(stage)) == 3


async def test_a_file_is_taken_back_until_work_rests_on_it(stage: Stage) -> None:
    jobs = with_file_jobs(stage)
    gone, kept = await save(stage), await save(stage)
    async with stage.db.begin() as tx:
        await remove_upload(tx, stage.caller, upload_id=gone.upload_id)
        await use_uploads(tx, upload_ids=[kept.upload_id])
        with pytest.raises(UploadInUse):
            await remove_upload(tx, stage.caller, upload_id=kept.upload_id)
        with pytest.raises(UploadNotFound):
            await use_uploads(tx, upload_ids=[gone.upload_id])
        assert (await access_upload(tx, stage.caller, upload_id=kept.upload_id)).is_used
    await jobs.run_all(stage.db)
    assert files(stage).keys() == {kept.media_key}


async def test_what_nobody_used_goes_after_a_week(
    stage: Stage, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "BATCH", 2)
    jobs = with_file_jobs(stage)
    used = await save(stage)
    for _ in range(5):
        await save(stage)
    async with stage.db.begin() as tx:
        await use_uploads(tx, upload_ids=[used.upload_id])
    clock.advance(timedelta(hours=1))
    late = await save(stage)
    clock.advance(WEEK - timedelta(minutes=1))
    context = JobContext(db=stage.db, job_id=1, attempt=1, worker_id="w")
    await purge_uploads_job(context)
    assert len(jobs.waiting) == 5
    await jobs.run_all(stage.db)
    assert files(stage).keys() == {used.media_key, late.media_key}
    await purge_uploads_job(context)
    assert jobs.waiting == []


class LosingMedia(MemoryMedia):
    """While a file comes, its session goes."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self._stage = stage

    async def save(
        self, prefix: str, content: bytes | AsyncIterable[bytes], *, suffix: str, max_bytes: int
    ) -> StoredFile:
        kept = await super().save(prefix, content, suffix=suffix, max_bytes=max_bytes)
        async with self._stage.db.begin() as tx:
            session_id = self._stage.session.session_id
            await delete_session(tx, self._stage.caller, session_id=session_id)
        return kept


async def test_a_session_that_goes_while_the_file_comes(stage: Stage) -> None:
    stage.db.provide(Media, LosingMedia(stage))
    with pytest.raises(SessionNotFound):
        await save(stage)
    assert files(stage) == {}
