"""Doing to the site what the plan says, and writing it down."""

import asyncio
import json
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from signal import SIGCONT, SIGSTOP

from tests.soak import signs
from tests.soak.database import LiveTurn
from tests.soak.ledger import Fault, Kind
from tests.soak.plan import Injection, Trouble
from tests.soak.recovery import Shows
from tests.soak.signs import Hit
from tests.soak.site import Place
from tests.soak.stage import Stage
from tests.soak.timeline import Period
from tests.soak.v1_window import V1Window
from tests.soak.windows import Window

#: How long the database may think about who runs what, before a trouble begins.
LOOK_SECONDS = 1.0
#: Troubles that last side by side.
MAX_AT_ONCE = 2
#: After so long a kernel gives up on a database that does not acknowledge (`tcp_user_timeout`).
GIVE_UP_SECONDS = 25.0
#: How often it is looked whether a place has anything to do before something is done to it.
BUSY_TRIES = 10
LOOK_AGAIN_SECONDS = 0.2

Sign = Callable[[Hit], Shows]
#: What is done to a place; it returns when everything is as before.
Deed = Callable[[Place, Injection], Awaitable[None]]
Act = Callable[[Injection, Period], Awaitable[bool]]


class Injector:
    """Carries troubles out, side by side where they hit different places."""

    def __init__(self, stage: Stage, log: Path) -> None:
        self._stage = stage
        self._log = log
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(MAX_AT_ONCE)
        #: The connections that a trouble silently ended, by the number that each window counts.
        self._lost: dict[Period, dict[Window, int]] = {}
        worker, web = partial(partial, self._hit_worker), partial(partial, self._hit_web)
        self._acts: dict[Trouble, Act] = {
            Trouble.WORKER_KILLED: worker(self._kill, signs.is_taken_over),
            Trouble.WORKER_STOPPED: worker(self._stop, signs.is_taken_over),
            Trouble.WORKER_PAUSED: worker(self._pause, signs.goes_on_after),
            Trouble.WORKER_HUNG: worker(self._pause, signs.goes_on_after),
            Trouble.WORKER_SILENT: worker(self._hold, signs.goes_on_after),
            Trouble.WORKER_LOST: worker(self._lose, signs.is_taken_over),
            Trouble.WEB_KILLED: web(self._kill, signs.comes_back),
            Trouble.WEB_STOPPED: web(self._stop, signs.comes_back),
            Trouble.WEB_PAUSED: web(self._pause, signs.wakes_up),
            Trouble.CLIENTS_SILENT: web(self._hold, signs.wakes_up),
            Trouble.CLIENTS_LOST: self._lose_clients,
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
        await self._slots.acquire()
        if injection.is_lone:
            await self._until_quiet()
        task = asyncio.create_task(self._inject(injection))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if injection.is_lone:
            await asyncio.wait({task})
            await self._until_quiet()

    async def _until_quiet(self) -> None:
        """Until nothing is left of any trouble."""
        while not self._stage.timeline.is_quiet(asyncio.get_running_loop().time(), math.inf):
            await asyncio.sleep(LOOK_AGAIN_SECONDS)

    async def _inject(self, injection: Injection) -> None:
        began = self._stage.seconds
        clock = datetime.now(UTC)
        period = self._stage.timeline.begin()
        try:
            was_done = await self._acts[injection.trouble](injection, period)
        finally:
            self._slots.release()
        if was_done:
            self._stage.counts[injection.trouble] += 1
        self._write(injection, began, clock, was_done=was_done)
        await self._until_back(self._lost.pop(period, {}))
        self._stage.timeline.end(period, was_done=was_done)

    def _write(
        self, injection: Injection, began: float, clock: datetime, *, was_done: bool
    ) -> None:
        with self._log.open("a") as log:
            line = {
                "planned_at": injection.at,
                "began": round(began, 3),
                "clock": clock.isoformat(timespec="milliseconds"),
                "ended": round(self._stage.seconds, 3),
                "trouble": injection.trouble,
                "which": injection.which,
                "is_lone": injection.is_lone,
                "lasts": injection.lasts,
                "was_done": was_done,
            }
            log.write(f"{json.dumps(line)}\n")

    # Whom it hits

    def _expect(self, hit: Hit, sign: Sign, period: Period) -> None:
        self._stage.recoveries.expect(
            hit.injection.trouble,
            session_id=hit.turn.session_id,
            shows=sign(hit),
            is_past=signs.is_of_another(hit, self._stage.observer),
            cause=period,
        )

    def _running(self) -> Sequence[LiveTurn]:
        if not self._stage.observer.is_fresh:
            return []
        turns = self._stage.observer.turns.values()
        return [turn for turn in turns if turn.state == "running"]

    async def _run_by(self, place: Place) -> Sequence[LiveTurn]:
        """Those that a window of v1 looks at: released clients are not told of attempts."""
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                runners = await self._stage.observer.runners()
        except TimeoutError:
            return []
        watched = {
            window.view.session_id
            for window in self._stage.windows
            if isinstance(window, V1Window) and window.is_joined
        }
        return [
            turn
            for turn in self._running()
            if runners.get(turn.turn_id) == place.name and turn.session_id in watched
        ]

    def _watched_over(self, windows: Iterable[Window]) -> Sequence[tuple[LiveTurn, Window]]:
        running = {turn.session_id: turn for turn in self._running()}
        return [
            (running[window.view.session_id], window)
            for window in windows
            if window.is_joined and window.view.session_id in running
        ]

    def _at(self, place: Place) -> Sequence[Window]:
        return [one for one in self._stage.windows if one.url == place.client_url]

    # What is done

    async def _hit_worker(
        self, deed: Deed, sign: Sign, injection: Injection, period: Period
    ) -> bool:
        place = _choose(self._stage.site.workers, injection)
        if place is None:
            return False
        async with place.lock:
            for _ in range(BUSY_TRIES):
                turns = await self._run_by(place)
                if turns:
                    break
                await asyncio.sleep(LOOK_AGAIN_SECONDS)
            for turn in turns:
                self._expect(Hit(injection=injection, turn=turn), sign, period)
            await deed(place, injection)
        return True

    async def _hit_web(self, deed: Deed, sign: Sign, injection: Injection, period: Period) -> bool:
        place = _choose(self._stage.site.webs, injection)
        if place is None:
            return False
        async with place.lock:
            for _ in range(BUSY_TRIES):
                if self._watched_over(self._at(place)):
                    break
                await asyncio.sleep(LOOK_AGAIN_SECONDS)
            for turn, window in self._watched_over(self._at(place)):
                self._expect(Hit(injection=injection, turn=turn, window=window), sign, period)
            await deed(place, injection)
        return True

    async def _kill(self, place: Place, injection: Injection) -> None:
        await place.kill()
        await self._start_again(place, injection)

    async def _stop(self, place: Place, injection: Injection) -> None:
        try:
            await place.stop()
        except RuntimeError as error:
            self._stage.note([Fault(kind=Kind.STUCK, session_id="-", what=str(error))])
        await self._start_again(place, injection)

    @staticmethod
    async def _start_again(place: Place, injection: Injection) -> None:
        await asyncio.sleep(injection.lasts)
        await place.start()

    @staticmethod
    async def _pause(place: Place, injection: Injection) -> None:
        async with _paused(place):
            await asyncio.sleep(injection.lasts)

    async def _hold(self, place: Place, injection: Injection) -> None:
        """What is sent waits."""
        network = self._stage.site.network
        network.hold(place.name)
        await asyncio.sleep(injection.lasts)
        network.release(place.name)

    async def _lose(self, place: Place, injection: Injection) -> None:
        """What is sent over connections that there are arrives nowhere."""
        self._stage.site.network.lose(place.name, told_after=GIVE_UP_SECONDS)
        await asyncio.sleep(injection.lasts)

    async def _lose_clients(self, injection: Injection, period: Period) -> bool:
        """Both sides find out by themselves."""
        network = self._stage.site.network

        async def lose(place: Place, injection: Injection) -> None:
            self._lost[period] = {window: window.n_connections for window in self._at(place)}
            network.hold(place.name)
            network.lose(place.name)
            await asyncio.sleep(injection.lasts)
            network.release(place.name)

        return await self._hit_web(lose, signs.comes_back, injection, period)

    async def _until_back(self, lost: dict[Window, int]) -> None:
        """Until none of the windows waits on a connection that is lost."""
        while any(
            window in self._stage.windows and window.n_connections == number
            for window, number in lost.items()
        ):
            await asyncio.sleep(LOOK_AGAIN_SECONDS)

    async def _restart_database(self, injection: Injection, period: Period) -> bool:
        site = self._stage.site
        if site.postgres_lock.locked():
            return False
        mode = "fast" if injection.trouble is Trouble.DATABASE_RESTARTED else "immediate"
        async with site.postgres_lock:
            self._expect_all(injection, signs.is_saved, period)
            await asyncio.to_thread(site.postgres.stop, mode)
            await asyncio.sleep(injection.lasts)
            await asyncio.to_thread(site.postgres.launch)
        return True

    async def _kill_redis(self, injection: Injection, period: Period) -> bool:
        redis, lock = self._stage.site.redis, self._stage.site.redis_lock
        if redis is None or lock.locked():
            return False
        async with lock:
            self._expect_all(injection, signs.goes_on, period)
            await asyncio.to_thread(redis.kill)
            await asyncio.sleep(injection.lasts)
            await asyncio.to_thread(redis.start)
        return True

    async def _pause_redis(self, injection: Injection, period: Period) -> bool:
        redis, lock = self._stage.site.redis, self._stage.site.redis_lock
        if redis is None or lock.locked():
            return False
        async with lock:
            self._expect_all(injection, signs.goes_on, period)
            redis.send(SIGSTOP)
            await asyncio.sleep(injection.lasts)
            redis.send(SIGCONT)
        return True

    def _expect_all(self, injection: Injection, sign: Sign, period: Period) -> None:
        for turn in self._running():
            self._expect(Hit(injection=injection, turn=turn), sign, period)

    async def _cut_clients(self, injection: Injection, period: Period) -> bool:
        windows = sorted(self._stage.windows, key=lambda window: window.view.name)
        cut = windows[: max(1, round(len(windows) * injection.share))]
        for turn, window in self._watched_over(cut):
            hit = Hit(injection=injection, turn=turn, window=window)
            self._expect(hit, signs.comes_back, period)
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
