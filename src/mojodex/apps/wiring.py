"""What a process is made of: parts from platform, domains' handlers, jobs and assistants."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog

from mojodex.apps.head_start import HeadStart
from mojodex.apps.migrations import load_models
from mojodex.apps.phases import note_phase
from mojodex.apps.rights import build_login_check, keep_claims
from mojodex.apps.roles import Role
from mojodex.apps.seed import seed
from mojodex.apps.storage import borrow_storage, complete_secrets, join_storage, open_storage
from mojodex.domains import chat, executions, identity
from mojodex.platform.db import Database
from mojodex.platform.events import EventBus
from mojodex.platform.jobs import Job, JobQueue, JobWorker, purge_jobs_job
from mojodex.platform.llm import DatabaseMeter, ModelGateway, build_engines
from mojodex.platform.mail import ConsoleTransport, Mailer, SmtpTransport
from mojodex.platform.media import Media, delete_file_job, delete_files_job
from mojodex.platform.realtime import (
    Bus,
    NotifyBus,
    RedisBus,
    ServerTiming,
    SocketServer,
    Streams,
)
from mojodex.platform.settings import MailSettings, ModelSettings, Secrets, Settings

log = structlog.stdlib.get_logger(__name__)

#: How long worker and sockets may take to end; the worker itself gives its jobs 5 s.
STOP_SECONDS = 15.0
NO_SENDER = "mojodex@localhost"


#: Where each role finds its data. With the embedded database, one process of the role "all" or
#: "web" runs it, and the others use it.
STORAGE = {Role.ALL: open_storage, Role.WEB: borrow_storage, Role.WORKER: join_storage}


@dataclass(kw_only=True)
class Runtime:
    """A composed process. `is_demo_open`: the demo account exists and may log in.

    A web process has no worker that runs, a worker has no sockets.
    """

    role: Role
    settings: Settings
    secrets: Secrets
    db: Database
    gateway: ModelGateway
    streams: Streams
    sockets: SocketServer | None
    worker: JobWorker
    is_demo_open: bool
    is_working: bool = False


@asynccontextmanager
async def build_runtime(
    settings: Settings, role: Role = Role.ALL, early: HeadStart | None = None
) -> AsyncIterator[Runtime]:
    """Everything a process needs, from the database up; taken down in the opposite order.

    `early` is the embedded database, on its way already. Raises the errors of `open_storage`, and
    `ModelConfigurationInvalid`.
    """
    load_models()
    engines = build_engines(**model_arguments(settings.models))
    async with (
        STORAGE[role](settings, early) as url,
        _opened(Database(url, pool_size=settings.database.pool_size)) as db,
    ):
        note_phase("database migrated")
        secrets = await complete_secrets(settings, db)
        gateway = ModelGateway(
            engines, DatabaseMeter(db), max_answer_tokens=settings.models.max_answer_tokens
        )
        runtime = compose(settings, secrets, db, gateway, role)
        if role is not Role.WORKER:
            runtime.is_demo_open = await seed(db, settings)
        note_phase("seeded")
        try:
            yield runtime
        finally:
            await runtime.streams.close_all()
            await db.use(chat.RunningTurns).close()
            await gateway.aclose()


@asynccontextmanager
async def _opened(db: Database) -> AsyncIterator[Database]:
    try:
        yield db
    finally:
        await db.close()


def compose(
    settings: Settings,
    secrets: Secrets,
    db: Database,
    gateway: ModelGateway,
    role: Role = Role.ALL,
    *,
    socket_timing: ServerTiming | None = None,
) -> Runtime:
    """Put the parts together and make them known to transactions (`tx.use`)."""
    streams = Streams(db, bus=build_bus(settings, db))
    queue = JobQueue(db, all_jobs())
    db.provide(EventBus, build_event_bus())
    db.provide(JobQueue, queue)
    db.provide(ModelGateway, gateway)
    db.provide(Streams, streams)
    db.provide(Media, Media(settings.media_dir))
    db.provide(Mailer, build_mailer(settings.mail, db))
    db.provide(chat.AssistantRegistry, build_assistants())
    db.provide(chat.RunningTurns, chat.RunningTurns(db))
    sockets = None
    if role is not Role.WORKER:
        sockets = SocketServer(
            db,
            streams,
            recheck=build_login_check(db),
            guard=keep_claims,
            timing=socket_timing,
        )
    return Runtime(
        role=role,
        settings=settings,
        secrets=secrets,
        db=db,
        gateway=gateway,
        streams=streams,
        sockets=sockets,
        worker=JobWorker(db, queue),
        is_demo_open=False,
    )


def build_bus(settings: Settings, db: Database) -> Bus:
    """How text in the making leaves the process: over Redis where there is one, else by NOTIFY."""
    url = settings.realtime.redis_url
    return NotifyBus(db, None if url is None else RedisBus(url.get_secret_value()))


def all_jobs() -> Sequence[Job[Any]]:
    """Every job of the application."""
    return (
        chat.run_turn_job,
        chat.rescue_turns_job,
        chat.purge_sessions_job,
        chat.purge_uploads_job,
        executions.write_title_job,
        executions.index_executions_job,
        executions.purge_executions_job,
        identity.erase_user_job,
        identity.purge_logins_job,
        delete_file_job,
        delete_files_job,
        purge_jobs_job,
    )


def build_event_bus() -> EventBus:
    """Who hears of which domain event; handlers run in the order of these lines."""
    bus = EventBus()
    bus.subscribe(chat.TurnStateChanged, executions.follow_turn)
    bus.subscribe(chat.MessagesRead, executions.follow_reading)
    bus.subscribe(chat.SessionDeleted, executions.follow_session)
    bus.subscribe(identity.UserDeleted, chat.follow_deletion)
    bus.subscribe(identity.UserErased, chat.follow_erasure)
    return bus


def build_assistants() -> chat.AssistantRegistry:
    """Which assistant answers which kind of turn."""
    registry = chat.AssistantRegistry()
    registry.register(executions.InstructTaskAssistant.kind, executions.InstructTaskAssistant)
    return registry


def build_mailer(settings: MailSettings, db: Database) -> Mailer:
    """By the mail server when one is configured, else into the log."""
    return Mailer(
        build_smtp(settings) or ConsoleTransport(),
        sender_name=settings.sender_name,
        sender_email=settings.sender_email or NO_SENDER,
        clock=db.clock,
    )


def build_smtp(settings: MailSettings) -> SmtpTransport | None:
    """The mail server, when one is configured."""
    if not settings.smtp_address:
        return None
    return SmtpTransport(
        host=settings.smtp_address,
        port=settings.smtp_port,
        user=settings.smtp_user or settings.sender_email,
        password=settings.password.get_secret_value() if settings.password else None,
    )


def model_arguments(settings: ModelSettings) -> dict[str, Any]:
    """What `build_engines` takes of the settings."""
    key = settings.openai_api_key
    return {
        "openai_api_key": key.get_secret_value() if key is not None else None,
        "openai_base_url": settings.openai_base_url,
        "chat_model": settings.chat_model,
        "has_vision": settings.chat_model_vision,
        "models_conf": settings.models_conf,
        "demo_pace": settings.demo_pace,
    }


@asynccontextmanager
async def running(runtime: Runtime) -> AsyncIterator[None]:
    """Worker and sockets work while the block runs, as far as the role has them."""
    async with runtime.streams.bus.carrying(), _parts(runtime):
        yield


@asynccontextmanager
async def _parts(runtime: Runtime) -> AsyncIterator[None]:
    stop = asyncio.Event()
    tasks: list[asyncio.Task[None]] = []
    if runtime.role is not Role.WEB:
        tasks.append(asyncio.create_task(_work(runtime, stop), name="worker"))
    if runtime.sockets is not None:
        tasks.append(asyncio.create_task(runtime.sockets.run(stop), name="sockets"))
    try:
        yield
    finally:
        stop.set()
        _, late = await asyncio.wait(tasks, timeout=STOP_SECONDS)
        for task in late:
            log.warning("a part did not end in time", part=task.get_name())
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception):
                log.error("a part ended with an error", exc_info=result)


async def _work(runtime: Runtime, stop: asyncio.Event) -> None:
    runtime.is_working = True
    try:
        await runtime.worker.run(stop)
    finally:
        runtime.is_working = False
