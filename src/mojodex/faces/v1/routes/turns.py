"""Stop and retry answers."""

from mojodex.domains.chat import TurnId, retry_turn, stop_turn
from mojodex.faces.edge import RequestTx
from mojodex.faces.v1.encode.executions import encode_turn
from mojodex.faces.v1.parts import PathId, ReaderOf, build_router, uuid_id
from mojodex.faces.v1.wire.executions import TurnOut

router = build_router("turns")


@router.post("/turns/{turn_id}/stop", status_code=202)
async def stop(tx: RequestTx, reader: ReaderOf, turn_id: PathId) -> TurnOut:
    """Ask the assistant to stop; what it wrote so far is kept, marked stopped."""
    turn = await stop_turn(tx, reader.caller, turn_id=TurnId(uuid_id(turn_id)))
    return encode_turn(turn, reader.language)


@router.post("/turns/{turn_id}/retry", status_code=202)
async def retry(tx: RequestTx, reader: ReaderOf, turn_id: PathId) -> TurnOut:
    """Try a failed or stopped answer again."""
    turn = await retry_turn(tx, reader.caller, turn_id=TurnId(uuid_id(turn_id)))
    return encode_turn(turn, reader.language)
