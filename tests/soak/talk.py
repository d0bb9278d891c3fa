"""One conversation from its form to the moment when every window shows everything."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from tests.soak.database import LiveTurn
from tests.soak.ledger import (
    OPEN_STATES,
    Conversation,
    Fault,
    Kind,
    Post,
    Truth,
    check_conversation,
)
from tests.soak.mojodex_window import MojodexWindow
from tests.soak.plan import ConversationPlan, TabPlan, TurnPlan, Wire
from tests.soak.recovery import STOP, Wait
from tests.soak.speaker import Refused, now, until_clear
from tests.soak.stage import Stage
from tests.soak.v1_window import V1Window
from tests.soak.windows import View, Window

#: Nobody waits longer than this while nothing moves: the longest trouble lasts 27 s.
PATIENCE_SECONDS = 90.0
#: How often a person asks again for an answer that failed.
MAX_RETRIES = 4


class Stalled(Exception):
    """Nothing moved for too long."""


class Talk:
    """Says what the plan says, and looks on."""

    def __init__(self, stage: Stage, plan: ConversationPlan, dice: Random) -> None:
        self._stage = stage
        self._plan = plan
        self._dice = dice
        self._person = stage.people[plan.number % len(stage.people)]
        self._record = Conversation(session_id="")
        self._execution_id = ""
        self._windows: list[Window] = []
        self._side_acts: set[asyncio.Task[None]] = set()
        self._n_retries = 0
        self._last_written_at: datetime | None = None

    async def run(self) -> None:
        """Everything, and the count of what is wrong in the end."""
        try:
            await self._speak()
            if self._record.session_id:
                await self._until_shown()
        finally:
            await self._end()

    async def _speak(self) -> None:
        try:
            await self._begin()
            for number, turn in enumerate(self._plan.turns[1:], 1):
                await self._take_turn(number, turn)
            await asyncio.gather(*self._side_acts)
            await self._until_ended()
        except (Stalled, Refused) as error:
            kind = Kind.STUCK if isinstance(error, Stalled) else Kind.LOST
            self._note(kind, str(error))

    async def _begin(self) -> None:
        client_id = UUID(int=self._dice.getrandbits(128), version=4)
        first = self._plan.turns[0]
        wire = Wire.V1 if first.wire is Wire.V1 else Wire.MOJODEX
        self._execution_id, self._record.session_id = await self._person.begin(wire, client_id)
        self._stage.conversations.append(self._record)
        self._stage.observer.follow(self._record.session_id)
        self._stage.counts["turns"] += 1
        self._open_tabs(0)

    async def _take_turn(self, number: int, turn: TurnPlan) -> None:
        if turn.waits:
            await self._until_ended()
        await asyncio.sleep(turn.pause)
        post = self._write(number)
        self._open_tabs(number)
        await self._send(turn.wire, post, n_copies=turn.n_copies)
        self._stage.counts["turns"] += 1
        self._stage.counts["copies of posts"] += post.n_sent - 1
        if turn.stops_after is not None:
            self._beside(self._stop(post, turn.stops_after, retries=turn.retries))
        if turn.repeats:
            self._beside(self._repeat(turn.wire, post))

    def _write(self, number: int) -> Post:
        written_at = now()
        if self._last_written_at is not None:
            written_at = max(written_at, self._last_written_at + timedelta(milliseconds=1))
        self._last_written_at = written_at
        client_id = str(UUID(int=self._dice.getrandbits(128), version=4))
        text = f"Make it {self._dice.choice(('shorter', 'warmer', 'formal'))}, please ({number})."
        post = Post(client_id=client_id, text=text, written_at=written_at)
        self._record.posts.append(post)
        return post

    async def _send(self, wire: Wire, post: Post, *, n_copies: int = 1) -> None:
        ids = self._record.session_id, self._execution_id
        await self._person.post(wire, *ids, post, n_copies=n_copies)

    def _beside(self, act: Coroutine[Any, Any, None]) -> None:
        self._side_acts.add(asyncio.create_task(act))

    # Windows

    def _open_tabs(self, turn: int) -> None:
        for tab in self._plan.tabs:
            if tab.turn == turn:
                self._beside(self._open(tab))

    async def _open(self, tab: TabPlan) -> None:
        await asyncio.sleep(tab.after)
        kind = V1Window if tab.wire is Wire.V1 else MojodexWindow
        name = f"{self._plan.number}.{len(self._windows) + 1} {tab.wire}"
        view = View(
            name=name,
            session_id=self._record.session_id,
            execution_id=self._execution_id,
            token=self._person.token,
            address=self._stage.site.any_web,
            tell=self._stage.recoveries.take,
            reads=not self._plan.is_lone,
            forgets=tab.forgets,
        )
        window = kind(view)
        self._windows.append(window)
        self._stage.windows.add(window)
        self._stage.counts["windows"] += 1

    # What is done to posts and turns

    def _turn_of(self, post: Post) -> LiveTurn | None:
        turns = self._stage.observer.of_session(self._record.session_id)
        return next((one for one in turns if one.message_id in post.message_ids), None)

    async def _wait_for_turn(self, post: Post) -> LiveTurn:
        await self._until(lambda: self._turn_of(post) is not None, "a post gets no turn")
        turn = self._turn_of(post)
        assert turn is not None
        return turn

    async def _stop(self, post: Post, after: float, *, retries: bool) -> None:
        await asyncio.sleep(after)
        turn = await self._wait_for_turn(post)
        wait = self._expect_stop(turn.turn_id)
        if not await self._act(turn.turn_id, "stop"):
            self._stage.recoveries.withdraw(wait)
            return
        self._stage.counts["stops"] += 1
        if retries:
            await self._until(lambda: self._is_ended(turn.turn_id), "a stopped turn goes on")
            await self._retry(turn.turn_id)

    def _expect_stop(self, turn_id: str) -> Wait:
        """From the first request to the first window that shows the turn as stopped.

        Windows of released clients are not told of states.
        """
        return self._stage.recoveries.expect(
            STOP,
            session_id=self._record.session_id,
            shows=lambda seen: seen.turn_id == turn_id and seen.state is not None,
            is_past=lambda seen: seen.state != "stopped",
        )

    def _is_ended(self, turn_id: str) -> bool:
        return self._stage.observer.turns[turn_id].state not in OPEN_STATES

    async def _act(self, turn_id: str, act: str) -> bool:
        """False when the turn had ended."""
        try:
            await until_clear(lambda: self._person.v1("POST", f"/turns/{turn_id}/{act}"))
        except Refused:
            return False
        return True

    async def _retry(self, turn_id: str) -> None:
        self._record.retried.add(turn_id)
        if await self._act(turn_id, "retry"):
            self._stage.counts["retries"] += 1

    async def _repeat(self, wire: Wire, post: Post) -> None:
        """The same once more when it is long answered: a client that never heard."""
        turn = await self._wait_for_turn(post)
        await self._until(lambda: self._is_ended(turn.turn_id), "a turn does not end")
        if self._stage.observer.turns[turn.turn_id].state == "failed":
            # Then this asks for the answer again.
            self._record.retried.add(turn.turn_id)
        await until_clear(
            lambda: self._person.say(wire, self._record.session_id, self._execution_id, post)
        )
        self._stage.counts["late repetitions"] += 1

    # Waiting

    async def _until(self, holds: Callable[[], bool], otherwise: str) -> None:
        """Until it holds. Raises `Stalled` when the session's turns do not move."""
        before: object = None
        moved_at = time.monotonic()
        while not holds():
            turns = self._stage.observer.of_session(self._record.session_id)
            current = sorted((one.turn_id, one.state, one.attempt) for one in turns)
            if current != before:
                before, moved_at = current, time.monotonic()
            elif time.monotonic() - moved_at > PATIENCE_SECONDS:
                raise Stalled(f"{otherwise}: {[one for one in current if one[1] != 'done']}")
            await self._stage.observer.next_look()

    async def _until_ended(self) -> None:
        """Until every turn has ended; those that failed are asked for again, as people do."""
        while True:
            await self._until(self._are_ended, "turns do not end")
            failed = [
                one.turn_id
                for one in self._stage.observer.of_session(self._record.session_id)
                if one.state == "failed"
            ]
            if not failed or self._n_retries >= MAX_RETRIES:
                return
            self._n_retries += 1
            for turn_id in failed:
                await self._retry(turn_id)
            await self._stage.observer.next_look()
            await self._stage.observer.next_look()

    def _are_ended(self) -> bool:
        turns = self._stage.observer.of_session(self._record.session_id)
        known = {one.message_id for one in turns}
        are_there = all(post.message_ids <= known for post in self._record.posts)
        return bool(turns) and are_there and all(one.state not in OPEN_STATES for one in turns)

    async def _until_shown(self) -> None:
        """Until the windows show everything, or do not change any more."""
        before: object = None
        moved_at = time.monotonic()
        while True:
            await asyncio.sleep(0.3)
            truth = await self._stage.observer.truth(self._record.session_id)
            lacking = self._curable(truth)
            current = (lacking, [window.n_connections for window in self._windows])
            if not lacking and all(window.is_joined for window in self._windows):
                return
            if current != before:
                before, moved_at = current, time.monotonic()
            elif time.monotonic() - moved_at > PATIENCE_SECONDS:
                return

    def _curable(self, truth: Truth) -> list[Fault]:
        windows = [window.shown() for window in self._windows]
        found = check_conversation(
            Conversation(
                session_id=self._record.session_id,
                posts=self._record.posts,
                retried=self._record.retried,
                windows=windows,
            ),
            truth,
        )
        noticed = {fault for window in windows for fault in window.faults}
        return [fault for fault in found if fault not in noticed]

    # The end

    async def _end(self) -> None:
        for act in self._side_acts:
            act.cancel()
        await asyncio.gather(*self._side_acts, return_exceptions=True)
        if self._record.session_id:
            await self._count()
        for window in self._windows:
            self._stage.windows.discard(window)
        await asyncio.gather(*(window.close() for window in self._windows))

    async def _count(self) -> None:
        session_id = self._record.session_id
        truth = await self._stage.observer.truth(session_id)
        self._record.windows = [window.shown() for window in self._windows]
        self._stage.counts["connections"] += sum(one.n_connections for one in self._windows)
        self._stage.counts["failed turns"] += sum(one.state == "failed" for one in truth.turns)
        found = check_conversation(self._record, truth)
        self._stage.note(found, self._windows)
        self._record.windows = []
        self._record.faults = []
        self._stage.observer.leave(session_id)
        self._stage.recoveries.forget(session_id)
        self._stage.counts["conversations"] += 1

    def _note(self, kind: Kind, what: str) -> None:
        self._record.faults.append(Fault(kind=kind, session_id=self._record.session_id, what=what))
