"""Once a second, the texts of all running streams that grew, in one statement."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Protocol
from uuid import UUID

import orjson
import structlog
from sqlalchemy import bindparam, select, text

from mojodex.platform.db import (
    STATEMENT_ERRORS,
    Database,
    DatabaseUnavailable,
    Prepared,
    Reading,
    Tx,
)
from mojodex.platform.realtime.bus import StreamClosed, StreamSnapshot
from mojodex.platform.realtime.tables import StreamRow

log = structlog.stdlib.get_logger(__name__)

#: Web processes look at least this often for streams of their rooms that ended; the end is also
#: published, so this is for those who missed that.
RECENT_END = timedelta(minutes=1)
#: Ends that a process which enters a room learns of, the latest.
MAX_ENDS = 200

# A paused publisher of a lower attempt that wakes up overwrites nothing.
_WRITE = Prepared(
    text("""
INSERT INTO md_stream (stream_id, room, attempt, seq, texts, meta)
SELECT * FROM unnest(CAST(:stream_ids AS uuid[]), CAST(:rooms AS text[]),
                     CAST(:attempts AS int[]), CAST(:seqs AS bigint[]),
                     CAST(CAST(:texts AS text[]) AS jsonb[]),
                     CAST(CAST(:metas AS text[]) AS jsonb[]))
ON CONFLICT (stream_id) DO UPDATE SET room = EXCLUDED.room, attempt = EXCLUDED.attempt,
  seq = EXCLUDED.seq, texts = EXCLUDED.texts, meta = EXCLUDED.meta, updated_at = now(),
  ended_at = NULL
WHERE (md_stream.attempt, md_stream.seq) <= (EXCLUDED.attempt, EXCLUDED.seq)
  AND (md_stream.ended_at IS NULL OR md_stream.attempt < EXCLUDED.attempt)
""")
)
_DELETE = Prepared(
    text("""
DELETE FROM md_stream USING unnest(CAST(:stream_ids AS uuid[]), CAST(:attempts AS int[]))
  AS ended (stream_id, attempt)
WHERE md_stream.stream_id = ended.stream_id AND md_stream.attempt <= ended.attempt
  AND md_stream.ended_at IS NULL
""")
)
_END = Prepared(
    text("""
INSERT INTO md_stream (stream_id, room, attempt, seq, ended_at)
VALUES (:stream_id, :room, :attempt, 0, now())
ON CONFLICT (stream_id) DO UPDATE SET texts = '{}', meta = '{}', seq = 0, updated_at = now(),
  attempt = greatest(md_stream.attempt, EXCLUDED.attempt), ended_at = now()
""")
)
_LIST = Prepared(
    text("""
SELECT stream_id, room, attempt, seq, CASE WHEN NOT is_known THEN texts END,
  CASE WHEN NOT is_known THEN meta END, has_ended, is_known
FROM (
  SELECT stream.*, stream.ended_at IS NOT NULL AS has_ended,
    coalesce((stream.attempt, stream.seq) < (known.attempt, known.seq), false) AS is_known
  FROM md_stream AS stream
  LEFT JOIN unnest(CAST(:stream_ids AS uuid[]), CAST(:attempts AS int[]), CAST(:seqs AS bigint[]))
    AS known (stream_id, attempt, seq) ON known.stream_id = stream.stream_id
  WHERE stream.room = ANY(CAST(:rooms AS text[]))
    AND (stream.ended_at IS NULL OR stream.ended_at > now() - CAST(:recent AS interval))
) AS listed
""")
)
_PURGE = Prepared(text("DELETE FROM md_stream WHERE updated_at < now() - interval '1 day'"))
_KEPT = Prepared(
    select(
        StreamRow.stream_id,
        StreamRow.room,
        StreamRow.attempt,
        StreamRow.seq,
        StreamRow.texts,
        StreamRow.meta,
    ).where(StreamRow.stream_id == bindparam("stream_id"), StreamRow.ended_at.is_(None))
)
_ENDS = Prepared(
    select(StreamRow.stream_id, StreamRow.room, StreamRow.attempt)
    .where(StreamRow.room == bindparam("room"), StreamRow.ended_at.is_not(None))
    .order_by(StreamRow.ended_at.desc())
    .limit(MAX_ENDS)
)


@dataclass(frozen=True)
class StreamKnown:
    """A stream that runs, of whose checkpoint everything is known."""

    stream_id: UUID


class Checkpointed(Protocol):
    """What the checkpointer needs of a stream."""

    @property
    def stream_id(self) -> UUID: ...
    @property
    def attempt(self) -> int: ...
    def snapshot(self) -> StreamSnapshot: ...


class Checkpointer:
    """Writes what was marked, once a period; it sleeps while nothing is."""

    def __init__(self, db: Database, *, seconds: float) -> None:
        self._db = db
        self._seconds = seconds
        self._dirty: dict[UUID, Checkpointed] = {}
        self._writing: dict[UUID, Checkpointed] = {}
        self._written: dict[UUID, int] = {}
        self._ended: dict[UUID, int] = {}
        self._task: asyncio.Task[None] | None = None
        self._lock = asyncio.Lock()

    def mark(self, stream: Checkpointed) -> None:
        """`stream` grew."""
        self._dirty[stream.stream_id] = stream
        self._ended.pop(stream.stream_id, None)
        self._wake()

    def drop(self, stream: Checkpointed) -> None:
        """`stream` ended; one that lived for less than a period never touches the database."""
        self._dirty.pop(stream.stream_id, None)
        was_written = self._written.pop(stream.stream_id, None) is not None
        if was_written or stream.stream_id in self._writing:
            self._ended[stream.stream_id] = stream.attempt
            self._wake()

    async def settle(self, stream: Checkpointed) -> None:
        """Returns when nobody can read the checkpoint of an ended stream any more.

        When the database is away, it is deleted later.
        """
        async with self._lock:
            attempt = self._ended.pop(stream.stream_id, None)
            if attempt is None:
                return
            try:
                async with self._db.begin() as tx:
                    await _delete_all(tx, {stream.stream_id: attempt})
            except (*STATEMENT_ERRORS, DatabaseUnavailable, OSError) as error:
                log.warning("a checkpoint could not be deleted", error=str(error))
                self._ended.setdefault(stream.stream_id, attempt)
                self._wake()

    async def close(self) -> None:
        """Write what is left and stop."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await self._write()

    def _wake(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="stream-checkpoints")

    async def _run(self) -> None:
        while self._dirty or self._ended:
            await asyncio.sleep(self._seconds)
            async with self._lock:
                await self._write()

    async def _write(self) -> None:
        """A failure is no loss: the same streams, longer by then, are written a period later."""
        writing, self._dirty = self._dirty, {}
        ended, self._ended = self._ended, {}
        if not writing and not ended:
            return
        self._writing = writing
        try:
            async with self._db.begin() as tx:
                await _write_all(tx, [stream.snapshot() for stream in writing.values()])
                await _delete_all(tx, ended)
        except (*STATEMENT_ERRORS, DatabaseUnavailable, OSError) as error:
            log.warning("streams could not be checkpointed", error=str(error))
            self._take_back(writing, ended)
        except asyncio.CancelledError:
            self._take_back(writing, ended)
            raise
        finally:
            # Also after a failure: the database may have committed what it could not tell us.
            for stream_id in writing.keys() - self._ended.keys():
                self._written[stream_id] = writing[stream_id].attempt
            self._writing = {}

    def _take_back(self, writing: dict[UUID, Checkpointed], ended: dict[UUID, int]) -> None:
        self._ended = {**ended, **self._ended}
        for stream_id in writing.keys() - self._ended.keys():
            self._dirty.setdefault(stream_id, writing[stream_id])


async def _write_all(tx: Tx, snapshots: list[StreamSnapshot]) -> None:
    if snapshots:
        await tx.change(
            _WRITE,
            {
                "stream_ids": [one.stream_id for one in snapshots],
                "rooms": [one.room for one in snapshots],
                "attempts": [one.attempt for one in snapshots],
                "seqs": [one.seq for one in snapshots],
                "texts": [orjson.dumps(dict(one.texts)).decode() for one in snapshots],
                "metas": [orjson.dumps(dict(one.meta)).decode() for one in snapshots],
            },
        )


async def _delete_all(tx: Tx, ended: dict[UUID, int]) -> None:
    if ended:
        await tx.change(
            _DELETE, {"stream_ids": list(ended.keys()), "attempts": list(ended.values())}
        )


async def end_checkpoint(tx: Tx, *, stream_id: UUID, room: str, attempt: int) -> None:
    """Drop what is kept of a stream, in the transaction that ends what it was the text of.

    From then on nothing of this or a lower attempt is kept, whoever wakes up and writes it.
    """
    await tx.change(_END, {"stream_id": stream_id, "room": room, "attempt": attempt})


async def find_checkpoint(tx: Reading, *, stream_id: UUID) -> StreamSnapshot | None:
    """The last checkpoint of a stream that has not ended: what a dead worker left."""
    rows = await tx.fetch(_KEPT, {"stream_id": stream_id})
    return _snapshot(rows[0]) if rows else None


async def list_checkpoints(
    tx: Reading,
    *,
    rooms: Collection[str],
    known: Mapping[UUID, tuple[int, int]] = MappingProxyType({}),
) -> list[StreamSnapshot | StreamKnown | StreamClosed]:
    """The last checkpoints of the streams of these rooms, and the streams that ended lately.

    `known`: streams of which everything up to this attempt and number is known; the texts of
    earlier checkpoints are not read.
    """
    positions = known.values()
    values = {
        "rooms": list(rooms),
        "recent": RECENT_END,
        "stream_ids": list(known),
        "attempts": [attempt for attempt, _ in positions],
        "seqs": [seq for _, seq in positions],
    }
    return [_listed(row) for row in await tx.fetch(_LIST, values)]


def _listed(row: Sequence[Any]) -> StreamSnapshot | StreamKnown | StreamClosed:
    *kept, has_ended, is_known = row
    if has_ended:
        return _end(kept[:3])
    if is_known:
        return StreamKnown(stream_id=kept[0])
    return _snapshot(kept)


async def list_ends(tx: Reading, *, room: str) -> list[StreamClosed]:
    """The latest streams of a room that ended for good, as far as they are remembered."""
    return [_end(row) for row in await tx.fetch(_ENDS, {"room": room})]


def _end(row: Sequence[Any]) -> StreamClosed:
    stream_id, room, attempt = row
    return StreamClosed(stream_id=stream_id, room=room, attempt=attempt)


def _snapshot(row: Sequence[Any]) -> StreamSnapshot:
    stream_id, room, attempt, seq, texts, meta = row
    return StreamSnapshot(
        stream_id=stream_id, room=room, attempt=attempt, seq=seq, texts=texts, meta=meta
    )


async def purge_checkpoints(tx: Tx) -> None:
    """Forget ends after a day, and streams that nobody took up again when their publisher died."""
    await tx.change(_PURGE, {})
