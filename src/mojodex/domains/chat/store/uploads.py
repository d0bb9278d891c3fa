"""Queries about uploads."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from mojodex.domains.chat.models import UploadRow
from mojodex.domains.chat.store.rows import read_upload
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
