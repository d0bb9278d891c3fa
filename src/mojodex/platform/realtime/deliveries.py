"""Saved facts on their way to people: saved first, announced second."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import (
    ARRAY,
    BigInteger,
    all_,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
    text,
    update,
)

from mojodex.platform.db import Prepared, Reading, Tx, one_of_numbers
from mojodex.platform.realtime.rooms import check_room, user_room
from mojodex.platform.realtime.tables import DeliveryRow, StreamRow

#: Rung with each delivery as its payload, so that nobody has to read the row.
CHANNEL = "md_delivery"
#: A notification holds 7,999 bytes; ids never need more.
MAX_IDS_BYTES = 4_000
#: How many unacknowledged facts a joining socket gets at most, the latest.
MAX_REPLAYED = 200

# Numbers are given, and bells rung, in the order of announcing.
_ANNOUNCE = Prepared(
    text("""
WITH delivery AS (
  INSERT INTO md_delivery (room, user_id, kind, ids, needs_ack, created_at)
  SELECT room, user_id, kind, ids, needs_ack, :created_at
  FROM unnest(CAST(:rooms AS text[]), CAST(:user_ids AS uuid[]), CAST(:kinds AS text[]),
              CAST(CAST(:ids AS text[]) AS jsonb[]), CAST(:need_acks AS boolean[]))
    WITH ORDINALITY AS fact (room, user_id, kind, ids, needs_ack, place)
  ORDER BY place RETURNING *)
SELECT pg_notify(:channel, json_build_object(
  'delivery_id', delivery_id, 'room', room, 'user_id', user_id, 'kind', kind, 'ids', ids,
  'needs_ack', needs_ack, 'created_at', created_at)::text)
FROM (SELECT * FROM delivery ORDER BY delivery_id) AS told
""")
)
_ANNOUNCE_TO_PEOPLE = Prepared(
    text("""
WITH delivery AS (
  INSERT INTO md_delivery (room, user_id, kind, ids, needs_ack, created_at)
  SELECT heard.room, heard.user_id, :kind, '{}'::jsonb, false, :created_at
  FROM unnest(CAST(:rooms AS text[]), CAST(:user_ids AS uuid[])) AS heard(room, user_id)
  RETURNING *)
SELECT pg_notify(:channel, json_build_object(
  'delivery_id', delivery_id, 'room', room, 'user_id', user_id, 'kind', kind, 'ids', ids,
  'needs_ack', needs_ack, 'created_at', created_at)::text) FROM delivery
""")
)
# Gone after a day: what was delivered, and what wanted no acknowledgement. What nobody acknowledged
# stays a month; by then its reader has long loaded it.
_PURGE = Prepared(
    text("""
DELETE FROM md_delivery
WHERE created_at < :now - interval '30 days'
   OR (created_at < :now - interval '1 day' AND (NOT needs_ack OR delivered_at IS NOT NULL))
""")
)
# For each room and person its own part of the index.
_WAITING = Prepared(
    text("""
SELECT waiting.delivery_id, waiting.room, waiting.user_id, waiting.kind, waiting.ids,
  waiting.needs_ack, waiting.created_at, waiting.n_sent, waiting.delivered_at
FROM unnest(CAST(:rooms AS text[]), CAST(:user_ids AS uuid[]))
  AS asked (room, user_id)
CROSS JOIN LATERAL (
  SELECT * FROM md_delivery
  WHERE room = asked.room AND user_id = asked.user_id AND needs_ack AND delivered_at IS NULL
  ORDER BY delivery_id DESC LIMIT :limit) AS waiting
ORDER BY waiting.delivery_id
""")
)
_ACKNOWLEDGE = Prepared(
    text("""
UPDATE md_delivery SET delivered_at = :now
WHERE delivery_id IN (
  SELECT delivery_id FROM md_delivery
  WHERE delivery_id = ANY(CAST(:ids AS bigint[])) AND delivered_at IS NULL
  ORDER BY delivery_id FOR UPDATE)
RETURNING delivery_id
""")
)

_PARTS = (
    DeliveryRow.delivery_id,
    DeliveryRow.room,
    DeliveryRow.user_id,
    DeliveryRow.kind,
    DeliveryRow.ids,
    DeliveryRow.needs_ack,
    DeliveryRow.created_at,
    DeliveryRow.n_sent,
    DeliveryRow.delivered_at,
)
_LATEST = Prepared(select(func.coalesce(func.max(DeliveryRow.delivery_id), 0)))
_MISSED = Prepared(
    select(*_PARTS)
    .where(
        or_(
            and_(
                DeliveryRow.delivery_id > bindparam("above", type_=BigInteger()),
                DeliveryRow.delivery_id != all_(bindparam("known", type_=ARRAY(BigInteger()))),
            ),
            DeliveryRow.delivery_id == one_of_numbers("again"),
        )
    )
    .order_by(DeliveryRow.delivery_id)
    .limit(1_000)
)
_STILL_WAITING = Prepared(
    select(DeliveryRow.delivery_id).where(
        DeliveryRow.delivery_id == one_of_numbers("ids"),
        DeliveryRow.delivered_at.is_(None),
    )
)
_COUNT_SENT = Prepared(
    update(DeliveryRow)
    .where(DeliveryRow.delivery_id == one_of_numbers("ids"))
    .values(n_sent=DeliveryRow.n_sent + 1, sent_at=bindparam("now"))
)
_READ = Prepared(
    text("""
UPDATE md_delivery SET delivered_at = :now
WHERE delivery_id IN (
  SELECT delivery_id FROM md_delivery
  WHERE user_id = :user_id AND kind = :kind AND needs_ack AND delivered_at IS NULL
    AND ids ->> :id_name = ANY(CAST(:ids AS text[]))
  ORDER BY delivery_id FOR UPDATE)
""")
)

_WAITS = (DeliveryRow.needs_ack, DeliveryRow.delivered_at.is_(None))


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A fact to be told to one person's sockets in one room."""

    delivery_id: int
    room: str
    user_id: UUID
    kind: str
    ids: Mapping[str, str | int | None]
    needs_ack: bool
    created_at: datetime
    n_sent: int = 0
    delivered_at: datetime | None = None


@dataclass(frozen=True)
class _Fact:
    """What is to be told, not yet numbered."""

    room: str
    user_id: UUID
    kind: str
    ids: str
    needs_ack: bool


async def announce(
    tx: Tx,
    *,
    room: str,
    user_id: UUID,
    kind: str,
    ids: Mapping[str, str | int | None],
    needs_ack: bool = False,
) -> None:
    """Tell the sockets in `room` when, and only when, `tx` commits.

    Written just before that, with all that the transaction announces, in one statement.
    With `needs_ack` it is sent again, and to sockets that join later, until one of the person's
    sockets acknowledges it or `mark_delivered` says that it was read. Without, it is told once to
    those who are there. Raises `RoomRefused` for what is no room of this person.
    """
    check_room(room, user_id)
    encoded = orjson.dumps(dict(ids))
    if len(encoded) > MAX_IDS_BYTES:
        raise ValueError("a delivery carries ids, not contents")
    tx.leave(_write, _Fact(room, user_id, kind, encoded.decode(), needs_ack))


async def _write(tx: Tx, facts: Sequence[_Fact]) -> None:
    await tx.fetch(
        _ANNOUNCE,
        {
            "channel": CHANNEL,
            "rooms": [fact.room for fact in facts],
            "user_ids": [fact.user_id for fact in facts],
            "kinds": [fact.kind for fact in facts],
            "ids": [fact.ids for fact in facts],
            "need_acks": [fact.needs_ack for fact in facts],
            "created_at": tx.clock.now(),
        },
    )


async def announce_to_people(tx: Tx, *, user_ids: Collection[UUID], kind: str) -> None:
    """Tell each of these people in their own room, once, that something is new; one statement."""
    if user_ids:
        people = sorted(user_ids)
        await tx.fetch(
            _ANNOUNCE_TO_PEOPLE,
            {
                "channel": CHANNEL,
                "rooms": [user_room(user_id) for user_id in people],
                "user_ids": people,
                "kind": kind,
                "created_at": tx.clock.now(),
            },
        )


async def mark_delivered(
    tx: Tx, *, user_id: UUID, kind: str, id_name: str, ids: Sequence[int | str]
) -> None:
    """What was read by other means counts as delivered and is not sent again.

    Rows are locked in their order. Call it before locking what was read: acknowledgements lock
    their row of deliveries first.
    """
    if ids:
        await tx.write_left()
        await tx.change(
            _READ,
            {
                "user_id": user_id,
                "kind": kind,
                "id_name": id_name,
                "ids": [str(one) for one in ids],
                "now": tx.clock.now(),
            },
        )


def decode_delivery(payload: str) -> Delivery:
    """A delivery from its notification."""
    raw: dict[str, Any] = orjson.loads(payload)
    raw["user_id"] = UUID(raw["user_id"])
    raw["created_at"] = datetime.fromisoformat(raw["created_at"])
    return Delivery(**raw)


def _view(row: Sequence[Any]) -> Delivery:
    number, room, user_id, kind, ids, needs_ack, created_at, n_sent, delivered_at = row
    return Delivery(
        delivery_id=number,
        room=room,
        user_id=user_id,
        kind=kind,
        ids=ids,
        needs_ack=needs_ack,
        created_at=created_at,
        n_sent=n_sent,
        delivered_at=delivered_at,
    )


async def latest_delivery_id(tx: Reading) -> int:
    """The highest number given so far; lower ones may still be uncommitted."""
    return int((await tx.fetch(_LATEST, {}))[0][0])


async def list_missed(
    tx: Reading, *, above: int, known: Collection[int], again: Collection[int] = ()
) -> list[Delivery]:
    """Deliveries above a number, except the known ones, and those of `again`, in order."""
    values = {"above": above, "known": list(known), "again": list(again)}
    return [_view(row) for row in await tx.fetch(_MISSED, values)]


async def list_waiting(
    tx: Reading, *, asked: Collection[tuple[str, UUID]]
) -> dict[tuple[str, UUID], list[Delivery]]:
    """What these persons have not acknowledged in these rooms: the latest of each, in order.

    One statement.
    """
    rooms, user_ids = zip(*asked, strict=True)
    values = {"rooms": list(rooms), "user_ids": list(user_ids), "limit": MAX_REPLAYED}
    waiting: dict[tuple[str, UUID], list[Delivery]] = {}
    for delivery in map(_view, await tx.fetch(_WAITING, values)):
        waiting.setdefault((delivery.room, delivery.user_id), []).append(delivery)
    return waiting


async def keep_waiting(tx: Reading, *, delivery_ids: Collection[int]) -> set[int]:
    """Those of the numbers that are still unacknowledged."""
    return {number for (number,) in await tx.fetch(_STILL_WAITING, {"ids": list(delivery_ids)})}


async def count_sent(tx: Tx, *, delivery_ids: Collection[int]) -> None:
    """Note another round of sending."""
    await tx.change(_COUNT_SENT, {"ids": list(delivery_ids), "now": tx.clock.now()})


async def acknowledge(tx: Tx, *, delivery_ids: Collection[int]) -> set[int]:
    """The persons have these. Returns those of which that was not known. Rows are locked in their
    order, as by `mark_delivered`."""
    values = {"ids": list(delivery_ids), "now": tx.clock.now()}
    return {number for (number,) in await tx.fetch(_ACKNOWLEDGE, values)}


async def purge_deliveries(tx: Tx) -> None:
    """Forget what is old."""
    await tx.change(_PURGE, {"now": tx.clock.now()})


async def forget_rooms(tx: Tx, *, rooms: Collection[str]) -> None:
    """Forget what waits to be told in rooms that are gone, and what was streamed there.

    What does not wait goes by itself within a day.
    """
    if rooms:
        await tx.write_left()
        await tx.execute(delete(DeliveryRow).where(DeliveryRow.room.in_(rooms), *_WAITS))
        await tx.execute(delete(StreamRow).where(StreamRow.room.in_(rooms)))


async def forget_person(tx: Tx, *, user_id: UUID) -> None:
    """Forget what waits to be told to a person who is gone, wherever."""
    await tx.write_left()
    gone = delete(DeliveryRow).where(DeliveryRow.user_id == user_id, *_WAITS)
    await tx.execute(gone)
