"""Doing to the site what the plan says, and writing it down."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from signal import SIGCONT, SIGSTOP

from tests.soak.database import LiveTurn
from tests.soak.ledger import Fault, Kind
from tests.soak.plan import Injection, Trouble
from tests.soak.recovery import Shows
from tests.soak.site import Place
from tests.soak.stage import Stage
from tests.soak.windows import Seen, Window

#: How long the database may think about who runs what, before a trouble begins.
LOOK_SECONDS = 1.0
#: Troubles that last side by side.
MAX_AT_ONCE = 2


class Injector:
    """Carries troubles out, side by side where they hit different places."""

    def __init__(self, stage: Stage, log: Path) -> None:
        self._stage = stage
        self._log = log
        self._tasks: set[asyncio.Task[None]] = set()
        self._acts: dict[Trouble, Callable[[Injection], Awaitable[bool]]] = {
            Trouble.WORKER_KILLED: self._end_worker,
            Trouble.WORKER_STOPPED: self._end_worker,
            Trouble.WORKER_PAUSED: self._pause_worker,
            Trouble.WORKER_HUNG: self._pause_worker,
            Trouble.WEB_KILLED: self._end_web,
            Trouble.WEB_STOPPED: self._end_web,
            Trouble.WEB_PAUSED: self._pause_web,
            Trouble.DATABASE_RESTARTED: self._restart_database,
            Trouble.DATABASE_CRASHED: self._restart_database,
            Trouble.REDIS_KILLED: self._kill_redis,
            Trouble.REDIS_PAUSED: self._pause_redis,
            Trouble.CLIENTS_CUT: self._cut_clients,
        }

    async def run(self, injections: Iterable[Injection], stop: asyncio.Event) -> None:
        """Inject until `stop`; returns when the last trouble is over."""
        for injection in injections:
            try:
                async with asyncio.timeout(max(0.0, injection.at - self._stage.seconds)):
                    await stop.wait()
            except TimeoutError:
                await self._begin(injection)
            if stop.is_set():
                break
        await asyncio.gather(*self._tasks)

    async def _begin(self, injection: Injection) -> None:
        """At once, or when others are over: a slow machine must not have nothing but trouble."""
        while len(self._tasks) >= MAX_AT_ONCE:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        task = asyncio.create_task(self._inject(injection))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _inject(self, injection: Injection) -> None:
        began = self._stage.seconds
        was_done = await self._acts[injection.trouble](injection)
        if was_done:
            self._stage.counts[injection.trouble] += 1
        with self._log.open("a") as log:
            line = {
                "planned_at": injection.at,
                "began": round(began, 3),
                "loop": round(asyncio.get_running_loop().time(), 1),
                "ended": round(self._stage.seconds, 3),
                "trouble": injection.trouble,
                "which": injection.which,
                "lasts": injection.lasts,
                "was_done": was_done,
            }
            log.write(f"{json.dumps(line)}\n")

    # Whom it hits

    def _expect(self, injection: Injection, turn: LiveTurn, shows: Shows) -> None:
        self._stage.recoveries.expect(
            injection.trouble,
            began=asyncio.get_running_loop().time(),
            session_id=turn.session_id,
            shows=shows,
            is_past=self._is_of_another(turn),
        )

    def _is_of_another(self, turn: LiveTurn) -> Shows:
        observer = self._stage.observer

        def is_past(seen: Seen) -> bool:
            if seen.turn_id is not None:
                return seen.turn_id != turn.turn_id
            of_session = observer.of_session(turn.session_id)
            return any(one.state == "running" and one.turn_id != turn.turn_id for one in of_session)

        return is_past

    def _running(self) -> Sequence[LiveTurn]:
        if not self._stage.observer.is_fresh:
            return []
        turns = self._stage.observer.turns.values()
        return [turn for turn in turns if turn.state == "running"]

    async def _run_by(self, place: Place) -> Sequence[LiveTurn]:
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                runners = await self._stage.observer.runners()
        except TimeoutError:
            return []
        return [turn for turn in self._running() if runners.get(turn.turn_id) == place.name]

    def _watched_over(self, windows: Iterable[Window]) -> Iterable[tuple[LiveTurn, Window]]:
        running = {turn.session_id: turn for turn in self._running()}
        for window in windows:
            turn = running.get(window.view.session_id)
            if turn is not None and window.is_joined:
                yield turn, window

    # What is done

    async def _end_worker(self, injection: Injection) -> bool:
        place = _choose(self._stage.site.workers, injection)
        if place is None:
            return False
        async with place.lock:
            for turn in await self._run_by(place):
                self._expect(injection, turn, _taken_over(turn))
            await self._end(place, injection)
        return True

    async def _end_web(self, injection: Injection) -> bool:
        place = _choose(self._stage.site.webs, injection)
        if place is None:
            return False
        async with place.lock:
            there = [one for one in self._stage.windows if one.url == place.url]
            for turn, window in self._watched_over(there):
                self._expect(injection, turn, _comes_back(window))
            await self._end(place, injection)
        return True

    async def _end(self, place: Place, injection: Injection) -> None:
        is_killed = injection.trouble in (Trouble.WORKER_KILLED, Trouble.WEB_KILLED)
        try:
            await (place.kill() if is_killed else place.stop())
        except RuntimeError as error:
            self._stage.note([Fault(kind=Kind.STUCK, session_id="-", what=str(error))])
        await asyncio.sleep(injection.lasts)
        await place.start()

    async def _pause_worker(self, injection: Injection) -> bool:
        place = _choose(self._stage.site.workers, injection)
        if place is None:
            return False
        async with place.lock:
            for turn in await self._run_by(place):
                self._expect(injection, turn, _goes_on(turn, injection))
            async with _paused(place):
                await asyncio.sleep(injection.lasts)
        return True

    async def _pause_web(self, injection: Injection) -> bool:
        place = _choose(self._stage.site.webs, injection)
        if place is None:
            return False
        async with place.lock:
            there = [one for one in self._stage.windows if one.url == place.url]
            for turn, window in self._watched_over(there):
                self._expect(injection, turn, _wakes_up(window, injection))
            async with _paused(place):
                await asyncio.sleep(injection.lasts)
        return True

    async def _restart_database(self, injection: Injection) -> bool:
        site = self._stage.site
        if site.postgres_lock.locked():
            return False
        mode = "fast" if injection.trouble is Trouble.DATABASE_RESTARTED else "immediate"
        async with site.postgres_lock:
            for turn in self._running():
                self._expect(injection, turn, _is_saved)
            await asyncio.to_thread(site.postgres.stop, mode)
            await asyncio.sleep(injection.lasts)
            await asyncio.to_thread(site.postgres.launch)
        return True

    async def _kill_redis(self, injection: Injection) -> bool:
        redis, lock = self._stage.site.redis, self._stage.site.redis_lock
        if redis is None or lock.locked():
            return False
        async with lock:
            for turn in self._running():
                self._expect(injection, turn, _is_anything)
            await asyncio.to_thread(redis.kill)
            await asyncio.sleep(injection.lasts)
            await asyncio.to_thread(redis.start)
        return True

    async def _pause_redis(self, injection: Injection) -> bool:
        redis, lock = self._stage.site.redis, self._stage.site.redis_lock
        if redis is None or lock.locked():
            return False
        async with lock:
            for turn in self._running():
                self._expect(injection, turn, _is_anything)
            redis.send(SIGSTOP)
            await asyncio.sleep(injection.lasts)
            redis.send(SIGCONT)
        return True

    async def _cut_clients(self, injection: Injection) -> bool:
        windows = sorted(self._stage.windows, key=lambda window: window.view.name)
        cut = windows[: max(1, round(len(windows) * injection.share))]
        for turn, window in self._watched_over(cut):
            self._expect(injection, turn, _comes_back(window))
        await asyncio.gather(*(window.cut() for window in cut))
        return bool(cut)


def _choose(places: Sequence[Place], injection: Injection) -> Place | None:
    """Two troubles at one place would be one."""
    place = places[injection.which % len(places)]
    return None if place.lock.locked() else place


@asynccontextmanager
async def _paused(place: Place) -> AsyncIterator[None]:
    place.pause()
    try:
        yield
    finally:
        place.resume()


def _is_anything(_seen: Seen) -> bool:
    return True


def _is_saved(seen: Seen) -> bool:
    return seen.is_final


def _taken_over(turn: LiveTurn) -> Shows:
    """A higher attempt, or the answer."""
    return lambda seen: (
        seen.is_final or (seen.turn_id == turn.turn_id and seen.attempt > turn.attempt)
    )


def _goes_on(turn: LiveTurn, injection: Injection) -> Shows:
    """Taken over, or anything after the pause."""
    ends_at = asyncio.get_running_loop().time() + injection.lasts
    is_taken_over = _taken_over(turn)
    return lambda seen: seen.at > ends_at or is_taken_over(seen)


def _comes_back(window: Window) -> Shows:
    """Anything over a later connection of this window."""
    name, before = window.view.name, window.n_connections
    return lambda seen: seen.window == name and seen.connection > before


def _wakes_up(window: Window, injection: Injection) -> Shows:
    ends_at = asyncio.get_running_loop().time() + injection.lasts
    comes_back = _comes_back(window)
    name = window.view.name
    return lambda seen: (seen.window == name and seen.at > ends_at) or comes_back(seen)
