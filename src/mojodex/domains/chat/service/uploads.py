"""Files that people give to a session."""

from collections.abc import AsyncIterable, Sequence
from uuid import UUID

from mojodex.domains.chat import policy
from mojodex.domains.chat.rules.places import session_folder
from mojodex.domains.chat.store import uploads
from mojodex.domains.chat.views import Upload, UploadFolder, UploadId
from mojodex.domains.identity import Caller
from mojodex.kit.ids import new_id
from mojodex.platform.db import Database, Tx
from mojodex.platform.media import Media


async def save_upload(
    db: Database,
    caller: Caller,
    *,
    session_id: UUID,
    input_name: str,
    client_name: str,
    folder: UploadFolder,
    suffix: str,
    media_type: str,
    content: bytes | AsyncIterable[bytes],
    max_bytes: int,
) -> Upload:
    """Keep a file that a person gives to a session, under a name of the server's making.

    The edge has checked what is in it: `suffix` and `media_type` come from the content,
    `client_name` is only shown. The file is written outside any transaction, and deleted again
    when its row cannot be. Raises `SessionNotFound`, `FileTooLarge`, `TransactionOpen`.
    """
    db.outside_transaction()
    media = db.use(Media)
    async with db.begin() as tx:
        session = await policy.access_session(tx, caller, session_id=session_id)
    prefix = f"{session_folder(session.user_id, session.session_id)}/{folder.value}"
    kept = await media.save(prefix, content, suffix=suffix, max_bytes=max_bytes)
    try:
        async with db.begin() as tx:
            session = await policy.access_session(tx, caller, session_id=session_id)
            upload = Upload(
                upload_id=UploadId(new_id()),
                session_id=session.session_id,
                input_name=input_name[:255],
                client_name=client_name[:255],
                stored_name=kept.key.rsplit("/", 1)[-1],
                media_key=kept.key,
                media_type=media_type,
                size_bytes=kept.size_bytes,
                created_at=tx.clock.now(),
            )
            await uploads.add_upload(tx, upload)
    except BaseException:
        await media.delete(kept.key)
        raise
    return upload


async def access_uploads(
    tx: Tx, caller: Caller, *, session_id: UUID, upload_ids: Sequence[UUID]
) -> tuple[Upload, ...]:
    """Uploads of the caller's session, in the order asked for. Raises `UploadNotFound`."""
    return await policy.access_uploads(
        tx, caller, session_id=session_id, upload_ids=tuple(upload_ids)
    )
