"""Queries about uploads."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, bindparam, delete, func, insert, select, update

from mojodex.domains.chat.models import SessionRow, UploadRow
from mojodex.domains.chat.store.rows import UPLOAD_PARTS, UploadParts, read_upload
from mojodex.domains.chat.views import Upload, UploadId
from mojodex.platform.db import Prepared, Reading, Rows, Tx, given, one_of_uuids


def _read_all(rows: Rows) -> list[Upload]:
    return [read_upload(UploadParts(*row)) for row in rows]


_ADD = Prepared(
    insert(UploadRow).values(
        **given(
            "upload_id",
            "session_id",
            "input_name",
            "client_name",
            "media_key",
            "type",
            "size",
            "created_at",
            "client_id",
        )
    )
)


async def add_upload(tx: Tx, upload: Upload) -> None:
    await tx.change(
        _ADD,
        {
            "upload_id": upload.upload_id,
            "session_id": upload.session_id,
            "input_name": upload.input_name,
            "client_name": upload.client_name,
            "media_key": upload.media_key,
            "type": upload.media_type,
            "size": upload.size_bytes,
            "created_at": upload.created_at,
            "client_id": upload.client_id,
        },
    )


_GET = Prepared(
    select(*UPLOAD_PARTS).where(
        UploadRow.session_id == bindparam("session_id"),
        UploadRow.upload_id == one_of_uuids("upload_ids"),
    )
)


async def get_uploads(
    tx: Reading, *, session_id: UUID, upload_ids: Sequence[UUID]
) -> dict[UploadId, Upload]:
    rows = await tx.fetch(_GET, {"session_id": session_id, "upload_ids": list(upload_ids)})
    return {upload.upload_id: upload for upload in _read_all(rows)}


_FIND = Prepared(
    select(*UPLOAD_PARTS)
    .join(SessionRow, SessionRow.session_id == UploadRow.session_id)
    .where(
        UploadRow.upload_id == bindparam("upload_id"),
        SessionRow.user_id == bindparam("user_id"),
        SessionRow.deleted_at.is_(None),
    )
)


async def find_upload(tx: Reading, *, upload_id: UUID, user_id: UUID) -> Upload | None:
    """An upload of this person, in a session that is not deleted."""
    rows = await tx.fetch(_FIND, {"upload_id": upload_id, "user_id": user_id})
    return next(iter(_read_all(rows)), None)


_OF_CLIENT = Prepared(
    select(*UPLOAD_PARTS).where(
        UploadRow.session_id == bindparam("session_id"),
        UploadRow.client_id == bindparam("client_id"),
    )
)


async def find_by_client_id(tx: Reading, *, session_id: UUID, client_id: UUID) -> Upload | None:
    rows = await tx.fetch(_OF_CLIENT, {"session_id": session_id, "client_id": client_id})
    return next(iter(_read_all(rows)), None)


_OF_SESSIONS = Prepared(
    select(*UPLOAD_PARTS)
    .where(UploadRow.session_id == one_of_uuids("session_ids"))
    .order_by(UploadRow.session_id, UploadRow.upload_id)
)


async def list_of_sessions(tx: Reading, *, session_ids: Collection[UUID]) -> list[Upload]:
    """All uploads of these sessions, the oldest first."""
    return _read_all(await tx.fetch(_OF_SESSIONS, {"session_ids": list(session_ids)}))


_COUNT_UNUSED = Prepared(
    select(func.count())
    .select_from(UploadRow)
    .where(UploadRow.session_id == bindparam("session_id"), UploadRow.used_at.is_(None))
)


async def count_unused(tx: Reading, *, session_id: UUID) -> int:
    ((count,),) = await tx.fetch(_COUNT_UNUSED, {"session_id": session_id})
    return int(count)


_MARK_USED = Prepared(
    update(UploadRow)
    .where(UploadRow.upload_id == one_of_uuids("upload_ids"))
    .values(
        used_at=func.coalesce(UploadRow.used_at, bindparam("at", type_=DateTime(timezone=True)))
    )
    .returning(UploadRow.upload_id)
)


async def mark_used(tx: Tx, *, upload_ids: Collection[UUID], at: datetime) -> set[UploadId]:
    """Returns those of them that are still there."""
    rows = await tx.fetch(_MARK_USED, {"upload_ids": list(upload_ids), "at": at})
    return {UploadId(upload_id) for (upload_id,) in rows}


_REMOVE_UNUSED = Prepared(
    delete(UploadRow)
    .where(UploadRow.upload_id == bindparam("upload_id"), UploadRow.used_at.is_(None))
    .returning(UploadRow.media_key)
)


async def remove_unused(tx: Tx, *, upload_id: UUID) -> str | None:
    """Delete an upload that nothing rests on. Returns the key of its file, None when used."""
    rows = await tx.fetch(_REMOVE_UNUSED, {"upload_id": upload_id})
    return rows[0][0] if rows else None


_REMOVE_STALE = Prepared(
    delete(UploadRow)
    .where(
        UploadRow.upload_id.in_(
            select(UploadRow.upload_id)
            .where(UploadRow.used_at.is_(None), UploadRow.created_at < bindparam("before"))
            .order_by(UploadRow.created_at, UploadRow.upload_id)
            .limit(bindparam("limit", type_=BigInteger()))
            .with_for_update(skip_locked=True)
        )
    )
    .returning(UploadRow.media_key)
)


async def remove_stale(tx: Tx, *, before: datetime, limit: int) -> list[str]:
    """Delete uploads that were made before this instant and never used. Returns their keys."""
    rows = await tx.fetch(_REMOVE_STALE, {"before": before, "limit": limit})
    return [key for (key,) in rows]
