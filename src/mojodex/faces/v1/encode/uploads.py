"""Uploads."""

from mojodex.domains.chat import Upload
from mojodex.faces.v1.wire.uploads import UploadOut


def encode_upload(upload: Upload) -> UploadOut:
    return UploadOut(
        id=str(upload.upload_id),
        input_name=upload.input_name,
        name=upload.client_name,
        media_type=upload.media_type,
        size_bytes=upload.size_bytes,
        created_at=upload.created_at,
        is_used=upload.is_used,
    )
