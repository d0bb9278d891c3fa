"""The worker: fetches jobs, runs them side by side, and takes over from dead workers."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.worker import Worker
from psycopg import AsyncConnection
from psycopg import Error as PsycopgError
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout

from mojodex.kit.clock import Clock
from mojodex.platform.db import CONNECT_ARGS, Database
from mojodex.platform.jobs.lease import Lease
from mojodex.platform.jobs.ledger import Ledger
from mojodex.platform.jobs.queue import JobQueue
from mojodex.platform.jobs.run import JobRunner
from mojodex.platform.jobs.schedule import Scheduler

log = structlog.stdlib.get_logger(__name__)

RESTART_SECONDS = (0.2, 0.5, 1.0, 2.0)
CONNECTIONS = 4


@dataclass(frozen=True, kw_only=True)
class WorkerTiming:
    """How often a worker looks and how long it is patient, all in seconds."""

    #: Looks for jobs that became due without a bell (a delay ended, a bell was lost).
    poll: float = 1.0
    #: Looks for jobs of workers whose lock is gone. Half of it is most of what a person waits for
    #: whose worker was killed; a look costs half a millisecond.
    take_over: float = 0.5
    #: Beats, and silence after which a worker with a lock is dead too: hung, paused or cut off.
    beat: float = 5.0
    silence: float = 20.0
    #: Time that running jobs get when the worker is told to stop, before they go back.
    grace: float = 5.0


class _Loop(Worker):
    """The queue's worker with our bell. Its own lines per job are replaced by `JobRunner`'s."""

    def __init__(self, app: App, ledger: Ledger, concurrency: int, timing: WorkerTiming) -> None:
        super().__init__(
            app,
            name=None,
            concurrency=concurrency,
            install_signal_handlers=False,
            delete_jobs="successful",
            fetch_job_polling_interval=timing.poll,
            update_heartbeat_interval=timing.beat,
            stalled_worker_timeout=timing.silence,
            shutdown_graceful_timeout=timing.grace,
        )
        self._new_job_event = ledger.bell
        self.start: Callable[[], Coroutine[Any, Any, None]] = self.run
        self.finish: Callable[[], None] = self.stop

    async def _periodic_deferrer(self) -> None:
        await Scheduler(self.app.periodic_registry).worker()

    def _log_job_outcome(self, *_: object, **__: object) -> None:
        """Said already, with the error, by `JobRunner`."""

    def drop(self) -> None:
        """Stop at once: the jobs belong to others, or soon will."""
        self.shutdown_graceful_timeout = 0
        self.finish()


class JobWorker:
    """Runs the application's jobs, in a web process's loop or alone in its process."""

    def __init__(
        self,
        db: Database,
        queue: JobQueue,
        *,
        concurrency: int = 500,
        clock: Clock | None = None,
        timing: WorkerTiming | None = None,
    ) -> None:
        """`concurrency`: as many jobs as answers that may stream at once; they mostly wait."""
        self._db = db
        self._queue = queue
        self._concurrency = concurrency
        self._clock = clock or db.clock
        self._timing = timing or WorkerTiming()
        logging.getLogger("procrastinate").setLevel(logging.WARNING)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; then let jobs end for a moment and give the others back.

        Comes back by itself when the database does, or when it lost its lock.
        """
        failures = 0
        while not stop.is_set():
            began = asyncio.get_running_loop().time()
            try:
                await self._run_once(stop)
            except (ConnectorException, PsycopgError, PoolTimeout, PoolClosed, OSError) as error:
                log.warning("the worker lost the database", error=str(error.__cause__ or error))
            if stop.is_set():
                return
            lasted = asyncio.get_running_loop().time() - began
            failures = 0 if lasted > RESTART_SECONDS[-1] else failures + 1
            pause = RESTART_SECONDS[min(failures, len(RESTART_SECONDS) - 1)]
            log.warning("the worker starts again", seconds=pause)
            await _wait(stop, pause)

    async def _run_once(self, stop: asyncio.Event) -> None:
        async with self._connector() as connector, _lease(self._db) as lease:
            given_up = asyncio.Event()
            ledger = Ledger(connector, lease=lease, clock=self._clock, give_up=given_up.set)
            loop = _Loop(self._app(connector, ledger), ledger, self._concurrency, self._timing)
            running = asyncio.create_task(loop.start(), name="job-worker")
            watchers = [
                asyncio.create_task(stop.wait()),
                asyncio.create_task(lease.lost()),
                asyncio.create_task(given_up.wait()),
                asyncio.create_task(self._look_for_dead(ledger)),
            ]
            try:
                await asyncio.wait({running, *watchers}, return_when=asyncio.FIRST_COMPLETED)
                loop.finish() if stop.is_set() else loop.drop()
                await running
            finally:
                if not running.done():
                    loop.drop()
                    await asyncio.gather(running, return_exceptions=True)
                for watcher in watchers:
                    watcher.cancel()
                await asyncio.gather(*watchers, return_exceptions=True)

    def _app(self, connector: PsycopgConnector, ledger: Ledger) -> App:
        app = App(connector=connector)
        app.job_manager = ledger
        runner = JobRunner(self._db, ledger)
        for job in self._queue.jobs.values():
            runner.register(app, job)
        return app

    async def _look_for_dead(self, ledger: Ledger) -> None:
        """Ends only by an error, upon which the worker starts again.

        Who is silent is looked for five times a beat, so that hardly more than `silence` passes.
        """
        passed = 0.0
        while True:
            await asyncio.sleep(self._timing.take_over)
            passed += self._timing.take_over
            if passed >= self._timing.beat / 5:
                passed = 0.0
                await ledger.prune_stalled_workers(self._timing.silence)
            await ledger.take_over()

    @asynccontextmanager
    async def _connector(self) -> AsyncIterator[PsycopgConnector]:
        """The queue's connections: few, in autocommit mode, not probed before each use."""
        pool: AsyncConnectionPool[AsyncConnection[Any]] = AsyncConnectionPool(
            self._db.url,
            kwargs=CONNECT_ARGS,
            configure=_autocommit,
            min_size=1,
            max_size=CONNECTIONS,
            open=False,
            timeout=10,
        )
        async with pool:
            connector = PsycopgConnector()
            await connector.open_async(pool)
            yield connector


async def _autocommit(connection: AsyncConnection[Any]) -> None:
    await connection.set_autocommit(True)


@asynccontextmanager
async def _lease(db: Database) -> AsyncIterator[Lease]:
    lease = Lease(db)
    try:
        yield lease
    finally:
        await lease.release()


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
