"""Queries about uploads."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select, update

from mojodex.domains.chat.models import SessionRow, UploadRow
from mojodex.domains.chat.store.rows import UNSYNCHRONIZED, read_upload
from mojodex.domains.chat.views import Upload, UploadId
from mojodex.platform.db import Tx


async def add_upload(tx: Tx, upload: Upload) -> None:
    tx.add(
        UploadRow(
            upload_id=upload.upload_id,
            session_id=upload.session_id,
            input_name=upload.input_name,
            client_name=upload.client_name,
            media_key=upload.media_key,
            type=upload.media_type,
            size=upload.size_bytes,
            created_at=upload.created_at,
            client_id=upload.client_id,
        )
    )
    await tx.flush()


async def get_uploads(
    tx: Tx, *, session_id: UUID, upload_ids: Sequence[UUID]
) -> dict[UploadId, Upload]:
    rows = await tx.scalars(
        select(UploadRow).where(
            UploadRow.session_id == session_id, UploadRow.upload_id.in_(upload_ids)
        )
    )
    return {UploadId(row.upload_id): read_upload(row) for row in rows}


async def find_upload(tx: Tx, *, upload_id: UUID, user_id: UUID) -> Upload | None:
    """An upload of this person, in a session that is not deleted."""
    row = await tx.scalar(
        select(UploadRow)
        .join(SessionRow, SessionRow.session_id == UploadRow.session_id)
        .where(
            UploadRow.upload_id == upload_id,
            SessionRow.user_id == user_id,
            SessionRow.deleted_at.is_(None),
        )
    )
    return None if row is None else read_upload(row)


async def find_by_client_id(tx: Tx, *, session_id: UUID, client_id: UUID) -> Upload | None:
    row = await tx.scalar(
        select(UploadRow).where(
            UploadRow.session_id == session_id, UploadRow.client_id == client_id
        )
    )
    return None if row is None else read_upload(row)


async def list_of_sessions(tx: Tx, *, session_ids: Collection[UUID]) -> list[Upload]:
    """All uploads of these sessions, the oldest first."""
    rows = await tx.scalars(
        select(UploadRow)
        .where(UploadRow.session_id.in_(session_ids))
        .order_by(UploadRow.session_id, UploadRow.upload_id)
    )
    return [read_upload(row) for row in rows]


async def count_unused(tx: Tx, *, session_id: UUID) -> int:
    count = await tx.scalar(
        select(func.count())
        .select_from(UploadRow)
        .where(UploadRow.session_id == session_id, UploadRow.used_at.is_(None))
    )
    return count or 0


async def mark_used(tx: Tx, *, upload_ids: Collection[UUID], at: datetime) -> set[UploadId]:
    """Returns those of them that are still there."""
    marked = await tx.scalars(
        update(UploadRow)
        .where(UploadRow.upload_id.in_(upload_ids))
        .values(used_at=func.coalesce(UploadRow.used_at, at))
        .returning(UploadRow.upload_id),
        execution_options=UNSYNCHRONIZED,
    )
    return {UploadId(upload_id) for upload_id in marked}


async def remove_unused(tx: Tx, *, upload_id: UUID) -> str | None:
    """Delete an upload that nothing rests on. Returns the key of its file, None when used."""
    return await tx.scalar(
        delete(UploadRow)
        .where(UploadRow.upload_id == upload_id, UploadRow.used_at.is_(None))
        .returning(UploadRow.media_key),
        execution_options=UNSYNCHRONIZED,
    )


async def remove_stale(tx: Tx, *, before: datetime, limit: int) -> list[str]:
    """Delete uploads that were made before this instant and never used. Returns their keys."""
    stale = (
        select(UploadRow.upload_id)
        .where(UploadRow.used_at.is_(None), UploadRow.created_at < before)
        .order_by(UploadRow.created_at, UploadRow.upload_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    keys = await tx.scalars(
        delete(UploadRow).where(UploadRow.upload_id.in_(stale)).returning(UploadRow.media_key),
        execution_options=UNSYNCHRONIZED,
    )
    return list(keys)
