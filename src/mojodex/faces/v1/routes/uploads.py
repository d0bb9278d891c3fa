"""Files for forms: sent before the run that names them, read back, taken back."""

from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from mojodex.domains.chat import access_upload, remove_upload
from mojodex.domains.executions import access_file_input, list_form_files, save_form_file
from mojodex.faces.edge import (
    KIND_OF_INPUT,
    RULES,
    Person,
    PersonApart,
    RequestDb,
    RequestTx,
    check_size,
    client_name,
    receive_upload,
    send_file,
)
from mojodex.faces.v1.encode.uploads import encode_upload
from mojodex.faces.v1.parts import PathId, build_router, row_id, uuid_id
from mojodex.faces.v1.wire.base import ClientMadeId, Line, Page
from mojodex.faces.v1.wire.uploads import UploadOut
from mojodex.platform.media import Media

router = build_router("uploads")

#: The largest file, and a little room: the exact cap depends on the field.
MAX_UPLOAD_BYTES = max(rule.max_bytes for rule in RULES.values()) + 1024 * 1024
BINARY = {"schema": {"type": "string", "format": "binary"}}
FILE_BODY = {"requestBody": {"required": True, "content": {"application/octet-stream": BINARY}}}

InputName = Annotated[Line, Query(description="The field of the form that the file is for.")]
FileName = Annotated[Line, Query(description="What its owner calls it; only shown.")]
ClientId = Annotated[
    ClientMadeId | None, Query(description="Makes the request safe to repeat: one file, not two.")
]


@router.post("/executions/{execution_id}/uploads", status_code=201, openapi_extra=FILE_BODY)
async def add_upload(
    request: Request,
    db: RequestDb,
    caller: PersonApart,
    execution_id: PathId,
    input_name: InputName,
    name: FileName,
    client_id: ClientId = None,
) -> UploadOut:
    """Give a file to the form of an execution that was not started; the body is the file itself.

    What it is, is found in its content. Name its id under `uploads` when you start the execution.
    """
    number = row_id(execution_id)
    async with db.begin() as tx:
        field = await access_file_input(tx, caller, execution_id=number, input_name=input_name)
    kind = KIND_OF_INPUT[field.kind]
    claimed = request.headers.get("content-length", "")
    if claimed.isascii() and claimed.isdigit():
        check_size(int(claimed[:18]), name=client_name(name), max_bytes=RULES[kind].max_bytes)
    incoming = await receive_upload(request.stream(), filename=name, kinds=[kind])
    upload = await save_form_file(
        db,
        caller,
        execution_id=number,
        input_name=field.name,
        client_name=incoming.client_name,
        suffix=incoming.suffix,
        media_type=incoming.media_type,
        content=incoming.content,
        max_bytes=incoming.max_bytes,
        client_id=client_id,
    )
    return encode_upload(upload)


@router.get("/executions/{execution_id}/uploads")
async def read_uploads(tx: RequestTx, caller: Person, execution_id: PathId) -> Page[UploadOut]:
    """All files given to an execution, the oldest first."""
    found = await list_form_files(tx, caller, execution_id=row_id(execution_id))
    return Page(items=[encode_upload(upload) for upload in found])


@router.get(
    "/uploads/{upload_id}/content",
    response_class=Response,
    responses={
        200: {"description": "The file.", "content": {"application/octet-stream": BINARY}},
        206: {"description": "The part that a `Range` header asked for."},
        304: {"description": "What you have is still right."},
        416: {"description": "The file does not reach so far."},
    },
)
async def read_content(
    request: Request, db: RequestDb, caller: PersonApart, upload_id: PathId
) -> Response:
    """The file itself; `Range` and `If-None-Match` are understood."""
    async with db.begin() as tx:
        upload = await access_upload(tx, caller, upload_id=uuid_id(upload_id))
    return await send_file(request.headers, db.use(Media), upload)


@router.delete("/uploads/{upload_id}", status_code=204)
async def delete_upload(tx: RequestTx, caller: Person, upload_id: PathId) -> None:
    """Take a file back that no run rests on."""
    await remove_upload(tx, caller, upload_id=uuid_id(upload_id))
