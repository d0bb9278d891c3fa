"""Files that people give to a session."""

from collections.abc import AsyncIterable

import pytest

from mojodex.domains.chat import (
    SessionNotFound,
    Upload,
    UploadFolder,
    UploadNotFound,
    access_uploads,
    delete_session,
    save_upload,
)
from mojodex.domains.identity import Caller
from mojodex.kit.ids import new_id
from mojodex.platform.db import TransactionOpen
from mojodex.platform.media import FileTooLarge, Media, MemoryMedia, StoredFile
from tests.domains.chat.conftest import Stage, new_person, person


async def save(
    stage: Stage, *, caller: Caller | None = None, content: bytes = b"picture"
) -> Upload:
    return await save_upload(
        stage.db,
        caller or stage.caller,
        session_id=stage.session.session_id,
        input_name="photo",
        client_name="../../me.png",
        folder=UploadFolder.IMAGES,
        suffix=".png",
        media_type="image/png",
        content=content,
        max_bytes=10,
    )


def files(stage: Stage) -> dict[str, bytes]:
    media = stage.db.use(Media)
    assert isinstance(media, MemoryMedia)
    return media.files


async def test_a_file_is_kept_under_a_name_of_the_server(stage: Stage) -> None:
    upload = await save(stage)
    user, session = stage.user.user_id.hex, stage.session.session_id.hex
    assert upload.media_key == f"users/{user}/{session}/images/{upload.stored_name}"
    assert "me" not in upload.stored_name.removesuffix(".png")
    assert files(stage) == {upload.media_key: b"picture"}
    assert upload.size_bytes == 7
    async with stage.db.begin() as tx:
        found = await access_uploads(
            tx,
            stage.caller,
            session_id=stage.session.session_id,
            upload_ids=[upload.upload_id],
        )
    assert found == (upload,)


async def test_what_is_refused_leaves_no_file(stage: Stage) -> None:
    bob = person(await new_person(stage.db, "bob@example.com"))
    with pytest.raises(SessionNotFound):
        await save(stage, caller=bob)
    with pytest.raises(FileTooLarge):
        await save(stage, content=b"x" * 11)
    async with stage.db.begin() as tx:
        with pytest.raises(TransactionOpen):
            await save(stage)
        with pytest.raises(UploadNotFound):
            await access_uploads(
                tx, stage.caller, session_id=stage.session.session_id, upload_ids=[new_id()]
            )
    assert files(stage) == {}


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
