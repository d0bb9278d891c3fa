"""The database seen from outside: what is stored, what runs, what is left."""

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

import psycopg

from tests.soak.ledger import Leftovers, StoredMessage, StoredTurn, Truth

#: Between two looks at the turns.
LOOK_SECONDS = 0.15
FRESH_SECONDS = 0.6
RECONNECT_SECONDS = 0.1

_MESSAGES: LiteralString = """
SELECT m.message_pk, m.sender, m.client_message_id, coalesce(m.message ->> 'text', ''),
       m.message_date, coalesce((m.message ->> 'stopped')::boolean, false), v.production
FROM md_message m LEFT JOIN md_produced_text_version v ON v.message_id = m.message_pk
WHERE m.session_id = %s AND NOT m.message ? 'error' ORDER BY m.message_date, m.message_pk"""
_TURNS: LiteralString = """
SELECT turn_id::text, message_pk, state, attempt, queue_number, started_at, ended_at
FROM md_turn WHERE session_id = %s ORDER BY queue_number"""
_WAITING: LiteralString = """
SELECT count(*) FROM md_delivery
WHERE room = %s AND needs_ack AND delivered_at IS NULL"""
_FACTS: LiteralString = """
SELECT e.state, e.title, (
  SELECT coalesce(max(v.version_index), 0) FROM md_produced_text t
  JOIN md_produced_text_version v ON v.produced_text_fk = t.produced_text_pk
  WHERE t.user_task_execution_fk = e.user_task_execution_pk),
  (SELECT coalesce(array_agg(m.message_pk ORDER BY m.message_pk), '{}') FROM md_message m
  WHERE m.session_id = e.session_id AND m.in_error_state IS NOT NULL)
FROM md_user_task_execution e WHERE e.session_id = %s"""
_LOOK: LiteralString = """
SELECT turn_id::text, session_id::text, message_pk, state, attempt, ended_at FROM md_turn
WHERE session_id = ANY(%s::uuid[])"""
#: Which process runs which turn: a worker holds a lock on a connection that bears its name.
_RUNNERS: LiteralString = """
SELECT t.turn_id::text, a.application_name
FROM md_turn t
JOIN procrastinate_jobs j ON t.claimed_by = 'job:' || j.id AND j.status = 'doing'
JOIN pg_locks l ON l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
  AND l.objid::bigint = mod(j.worker_id, 2147483648)
JOIN pg_stat_activity a ON a.pid = l.pid
WHERE t.state = 'running'"""
_OPEN: LiteralString = "SELECT turn_id::text FROM md_turn WHERE state IN ('queued', 'running')"
_JOBS: LiteralString = """
SELECT id || ' ' || task_name || ' ' || status FROM procrastinate_jobs
WHERE status = 'doing' OR (status = 'todo' AND coalesce(scheduled_at, now()) <= now())"""
_STREAMS: LiteralString = "SELECT stream_id::text FROM md_stream WHERE ended_at IS NULL"
_FAILED: LiteralString = "SELECT job_name || ': ' || error_type FROM md_job_failure"


@dataclass(frozen=True, kw_only=True)
class LiveTurn:
    """A turn of a conversation that is going on."""

    turn_id: str
    session_id: str
    message_id: int | None
    state: str
    attempt: int
    ended_at: datetime | None = None


class Observer:
    """Looks at the turns of live conversations again and again, on connections of its own."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._lock = asyncio.Lock()
        self._sessions: set[str] = set()
        self._changed = asyncio.Condition()
        self.turns: dict[str, LiveTurn] = {}
        self._looked_at = 0.0

    @property
    def is_fresh(self) -> bool:
        """Whether `turns` are those of now; they are not while the database is away."""
        return time.monotonic() - self._looked_at < FRESH_SECONDS

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            rows = await self._ask(_LOOK, list(self._sessions)) if self._sessions else []
            self.turns = {
                turn_id: LiveTurn(
                    turn_id=turn_id,
                    session_id=session_id,
                    message_id=message_id,
                    state=state,
                    attempt=attempt,
                    ended_at=ended_at,
                )
                for turn_id, session_id, message_id, state, attempt, ended_at in rows
            }
            self._looked_at = time.monotonic()
            async with self._changed:
                self._changed.notify_all()

    def follow(self, session_id: str) -> None:
        self._sessions.add(session_id)

    def leave(self, session_id: str) -> None:
        self._sessions.discard(session_id)

    def of_session(self, session_id: str) -> Sequence[LiveTurn]:
        return [one for one in self.turns.values() if one.session_id == session_id]

    async def until(self, condition: Callable[[], object]) -> None:
        """Return when the condition holds after a look."""
        async with self._changed:
            await self._changed.wait_for(lambda: bool(condition()))

    async def next_look(self) -> None:
        """Return when the turns were looked at anew."""
        async with self._changed:
            await self._changed.wait()

    async def truth(self, session_id: str) -> Truth:
        """One session as it is stored."""
        messages = await self._ask(_MESSAGES, session_id)
        turns = await self._ask(_TURNS, session_id)
        [(n_waiting,)] = await self._ask(_WAITING, f"session:{session_id}")
        [(state, title, n_versions, failed)] = await self._ask(_FACTS, session_id)
        return Truth(
            facts={"state": state, "title": title, "n_versions": n_versions, "failed": failed},
            messages=[_message(row) for row in messages],
            turns=[_turn(row) for row in turns],
            n_unacknowledged=n_waiting,
        )

    async def runners(self) -> dict[str, str]:
        """The name of the worker that runs each running turn."""
        return dict(await self._ask(_RUNNERS))

    async def leftovers(self, *, unready: Collection[str], n_sockets: int) -> Leftovers:
        """What is open, due or half written anywhere; the rest goes with it."""
        return Leftovers(
            unready=unready,
            n_sockets=n_sockets,
            open_turns=[one for (one,) in await self._ask(_OPEN)],
            jobs=[one for (one,) in await self._ask(_JOBS)],
            streams=[one for (one,) in await self._ask(_STREAMS)],
        )

    async def failed_jobs(self) -> Sequence[str]:
        """The jobs that finally failed, each a visible row."""
        return [one for (one,) in await self._ask(_FAILED)]

    async def _ask(self, query: LiteralString, *parameters: object) -> list[Any]:
        """Ask until there is an answer: the database is restarted under us."""
        async with self._lock:
            while True:
                try:
                    if self._connection is None or self._connection.broken:
                        self._connection = await psycopg.AsyncConnection.connect(
                            self._url, autocommit=True, connect_timeout=5
                        )
                    cursor = await self._connection.execute(query, parameters)
                    return await cursor.fetchall()
                except psycopg.OperationalError:
                    if self._connection is not None:
                        await self._connection.close()
                    self._connection = None
                    await asyncio.sleep(RECONNECT_SECONDS)

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()


def _message(row: Sequence[Any]) -> StoredMessage:
    message_id, sender, client_id, text, written_at, is_stopped, body = row
    return StoredMessage(
        message_id=message_id,
        sender=sender,
        client_id=client_id,
        text=text,
        written_at=written_at,
        is_stopped=is_stopped,
        body=body,
    )


def _turn(row: Sequence[Any]) -> StoredTurn:
    turn_id, message_id, state, attempt, queue_number, started_at, ended_at = row
    return StoredTurn(
        turn_id=turn_id,
        message_id=message_id,
        state=state,
        attempt=attempt,
        queue_number=queue_number,
        started_at=started_at,
        ended_at=ended_at,
    )
