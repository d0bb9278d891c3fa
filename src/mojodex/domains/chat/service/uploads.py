"""Files that people give to a session."""

from collections.abc import AsyncIterable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from mojodex.domains.chat import policy
from mojodex.domains.chat.errors import TooManyUploads, UploadInUse, UploadNotFound
from mojodex.domains.chat.rules.places import session_folder
from mojodex.domains.chat.service.locks import lock_session
from mojodex.domains.chat.store import uploads
from mojodex.domains.chat.views import Session, SessionId, Upload, UploadFolder, UploadId
from mojodex.domains.identity import Caller
from mojodex.kit.ids import new_id
from mojodex.platform.db import Database, Reading, Tx
from mojodex.platform.jobs import defer
from mojodex.platform.media import (
    Media,
    PictureUnreadable,
    StoredFile,
    check_picture,
    delete_file_job,
)

#: Files of one session that nothing rests on yet.
MAX_UNUSED = 60
#: A file that nobody used is kept so long: a form may be filled over a week-end.
UNUSED_MEMORY = timedelta(days=7)
#: Uploads that are removed in one transaction.
BATCH = 100


@dataclass(frozen=True, kw_only=True)
class NewUpload:
    """A file on its way in. The edge has looked at what is in it.

    `suffix` and `media_type` come from the content; `client_name` is only shown. The same
    `client_id` is the same upload.
    """

    input_name: str
    client_name: str
    folder: UploadFolder
    suffix: str
    media_type: str
    content: bytes | AsyncIterable[bytes]
    max_bytes: int
    client_id: UUID | None = None


async def save_upload(db: Database, caller: Caller, *, session_id: UUID, new: NewUpload) -> Upload:
    """Keep a file that a person gives to a session, under a name of the server's making.

    A picture is decoded once. The file is written outside any transaction, and deleted again when
    its row cannot be. Sent again with its client's id, the upload that is there is the answer.
    Raises `SessionNotFound`, `FileTooLarge`, `TooManyUploads`, `PictureUnreadable`,
    `PictureTooLarge`, `TransactionOpen`.
    """
    db.outside_transaction()
    media = db.use(Media)
    async with db.begin() as tx:
        session = await policy.access_session(tx, caller, session_id=session_id)
        known = await _find_known(tx, session, new)
        if known is not None:
            return known
        await _check_room(tx, session)
    prefix = f"{session_folder(session.user_id, session.session_id)}/{new.folder.value}"
    kept = await media.save(prefix, new.content, suffix=new.suffix, max_bytes=new.max_bytes)
    upload = None
    try:
        if new.folder is UploadFolder.IMAGES:
            await _check_picture(media, kept, new.client_name)
        async with db.begin() as tx:
            upload = await _add(tx, caller, session, new, kept)
    finally:
        if upload is None or upload.media_key != kept.key:
            await media.delete(kept.key)
    return upload


async def _find_known(tx: Reading, session: Session, new: NewUpload) -> Upload | None:
    if new.client_id is None:
        return None
    return await uploads.find_by_client_id(
        tx, session_id=session.session_id, client_id=new.client_id
    )


async def _check_room(tx: Reading, session: Session) -> None:
    if await uploads.count_unused(tx, session_id=session.session_id) >= MAX_UNUSED:
        raise TooManyUploads(limit=MAX_UNUSED)


async def _check_picture(media: Media, kept: StoredFile, name: str) -> None:
    try:
        await media.use_file(kept.key, check_picture)
    except PictureUnreadable as error:
        raise PictureUnreadable(name=name) from error


async def _add(
    tx: Tx, caller: Caller, session: Session, new: NewUpload, kept: StoredFile
) -> Upload:
    """The row of a file; the one that is there, when the same was sent twice at once."""
    await lock_session(tx, session_id=session.session_id)
    await policy.access_session(tx, caller, session_id=session.session_id)
    known = await _find_known(tx, session, new)
    if known is not None:
        return known
    await _check_room(tx, session)
    upload = Upload(
        upload_id=UploadId(new_id()),
        session_id=session.session_id,
        input_name=new.input_name[:255],
        client_name=new.client_name[:255],
        stored_name=kept.key.rsplit("/", 1)[-1],
        media_key=kept.key,
        media_type=new.media_type,
        size_bytes=kept.size_bytes,
        created_at=tx.clock.now(),
        client_id=new.client_id,
    )
    await uploads.add_upload(tx, upload)
    return upload


async def access_uploads(
    tx: Reading, caller: Caller, *, session_id: UUID, upload_ids: Sequence[UUID]
) -> tuple[Upload, ...]:
    """Uploads of the caller's session, in the order asked for. Raises `UploadNotFound`."""
    return await policy.access_uploads(
        tx, caller, session_id=session_id, upload_ids=tuple(upload_ids)
    )


async def access_upload(tx: Reading, caller: Caller, *, upload_id: UUID) -> Upload:
    """The caller's upload, whatever session it was given to. Raises `UploadNotFound`."""
    return await policy.access_upload(tx, caller, upload_id=upload_id)


async def find_upload_by_name(
    tx: Reading, caller: Caller, *, session_id: UUID, name: str
) -> Upload | None:
    """The upload of the caller's session with this stored name, else the newest that was called so.

    The name is compared with names and never becomes a path. Raises `SessionNotFound`.
    """
    session = await policy.access_session(tx, caller, session_id=session_id)
    found = await uploads.list_of_sessions(tx, session_ids=[session.session_id])
    stored = [upload for upload in found if upload.stored_name == name]
    called = [upload for upload in found if upload.client_name == name]
    return next(reversed([*called, *stored]), None)


async def get_uploads_of_sessions(
    tx: Reading, *, session_ids: Collection[UUID]
) -> dict[SessionId, tuple[Upload, ...]]:
    """Uploads by session, the oldest first; one statement. For code that checked who asks."""
    found: dict[SessionId, tuple[Upload, ...]] = {}
    for upload in await uploads.list_of_sessions(tx, session_ids=session_ids):
        found[upload.session_id] = (*found.get(upload.session_id, ()), upload)
    return found


async def use_uploads(tx: Tx, *, upload_ids: Collection[UUID]) -> None:
    """Note that work rests on these uploads. For code that checked whose they are.

    Raises `UploadNotFound` when one was taken back, or removed as unused, meanwhile.
    """
    if upload_ids:
        found = await uploads.mark_used(tx, upload_ids=upload_ids, at=tx.clock.now())
        if not found >= set(upload_ids):
            raise UploadNotFound()


async def remove_upload(tx: Tx, caller: Caller, *, upload_id: UUID) -> None:
    """Take back a file that nothing rests on. Raises `UploadNotFound`, `UploadInUse`."""
    upload = await policy.access_upload(tx, caller, upload_id=upload_id)
    key = await uploads.remove_unused(tx, upload_id=upload.upload_id)
    if key is None:
        raise UploadInUse()
    await defer(tx, delete_file_job, media_key=key)


async def purge_unused_uploads(db: Database) -> int:
    """Remove the uploads that nobody used within a week, and their files. Returns how many.

    In batches, each its own transaction. Harmless to repeat, also side by side.
    """
    db.outside_transaction()
    n_removed = 0
    while True:
        async with db.begin() as tx:
            before = tx.clock.now() - UNUSED_MEMORY
            keys = await uploads.remove_stale(tx, before=before, limit=BATCH)
            for key in keys:
                await defer(tx, delete_file_job, media_key=key)
        n_removed += len(keys)
        if len(keys) < BATCH:
            return n_removed
