"""A person, a session, an assistant that says what its model says, and all that turns need."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from mojodex.domains.chat import (
    Answer,
    AssistantRegistry,
    Channel,
    ChatAssistant,
    Platform,
    RunningTurns,
    Session,
    SessionMode,
    TagRoute,
    TurnResult,
    TurnStateChanged,
    add_assistant_message,
    build_conversation,
    get_conversation,
    open_session,
    run_turn_job,
)
from mojodex.domains.identity import Caller, CallerKind, User, create_user, secret_caller
from mojodex.kit.errors import AppError
from mojodex.platform.db import Database, Tx
from mojodex.platform.events import EventBus
from mojodex.platform.jobs import ImmediateJobs, JobQueue
from mojodex.platform.llm import (
    Attribution,
    ChatMessage,
    MemoryMeter,
    ModelGateway,
    RetryPolicy,
    ScriptedModel,
)
from mojodex.platform.media import Media, MemoryMedia
from mojodex.platform.prompts import MPT
from mojodex.platform.realtime import Streams

KIND = "parrot"


class Parrot(ChatAssistant):
    """Stores what the model says. Errors are raised where the test wants them."""

    kind = KIND
    prepare_error: AppError | None = None
    finish_error: Exception | None = None

    async def prepare(self, tx: Tx) -> None:
        if self.prepare_error is not None:
            raise self.prepare_error
        said = await get_conversation(
            tx, session_id=self.turn.session_id, answering=self.turn.message_id
        )
        shown = build_conversation(said, tags=("ask",))
        self.said, self.is_history_trimmed = shown.messages, shown.is_trimmed

    @property
    def mpt(self) -> MPT:
        return MPT("mojodex.domains.chat", "mojodex_knowledge.mpt")

    @property
    def conversation(self) -> tuple[ChatMessage, ...]:
        return self.said

    @property
    def response_tags(self) -> TagRoute:
        return TagRoute(tags=("ask",), channels={"ask": Channel.MESSAGE})

    @property
    def attribution(self) -> Attribution:
        return Attribution(purpose="test", user_id=self.turn.user_id)

    async def finish(self, tx: Tx, answer: Answer) -> TurnResult:
        text = answer.shown[Channel.MESSAGE]
        if not text:
            return TurnResult(message=None)
        message = await add_assistant_message(
            tx, turn=self.turn, text=text, text_with_tags=answer.raw, is_stopped=answer.is_stopped
        )
        if self.finish_error is not None:
            raise self.finish_error
        return TurnResult(message=message, ids={"parrot": 1})


@dataclass
class Stage:
    """Everything around a turn."""

    db: Database
    jobs: ImmediateJobs
    model: ScriptedModel
    streams: Streams
    user: User
    caller: Caller
    session: Session
    told: list[TurnStateChanged] = field(default_factory=list)

    async def run(self) -> int:
        return await self.jobs.run_all(self.db)


def person(user: User) -> Caller:
    return Caller(kind=CallerKind.USER, user_id=user.user_id)


async def new_person(db: Database, email: str) -> User:
    return await create_user(
        db, secret_caller("backoffice"), email=email, name="Ada", password=None, accept_terms=True
    )


async def set_up(db: Database) -> Stage:
    jobs = ImmediateJobs(db, [run_turn_job])
    model = ScriptedModel()
    streams = Streams(db)
    registry = AssistantRegistry()
    registry.register(KIND, Parrot)
    db.provide(JobQueue, jobs)
    db.provide(Streams, streams)
    db.provide(AssistantRegistry, registry)
    db.provide(RunningTurns, RunningTurns(db))
    db.provide(ModelGateway, ModelGateway([model], MemoryMeter(), retries=RetryPolicy(delays=())))
    db.provide(Media, MemoryMedia())
    user = await new_person(db, "ada@example.com")
    caller = person(user)
    async with db.begin() as tx:
        session = await open_session(tx, caller, mode=SessionMode.CHAT, platform=Platform.WEBAPP)
    stage = Stage(db, jobs, model, streams, user, caller, session)

    async def note(_: Tx, event: TurnStateChanged) -> None:
        stage.told.append(event)

    db.use(EventBus).subscribe(TurnStateChanged, note)
    return stage


async def tear_down(stage: Stage) -> None:
    await stage.db.use(RunningTurns).close()
    await stage.streams.close_all()


@pytest.fixture
async def stage(db: Database) -> AsyncIterator[Stage]:
    """On a database that is rolled back; transactions run one after another."""
    stage = await set_up(db)
    yield stage
    await tear_down(stage)


@pytest.fixture
async def committed_stage(committed_db: Database) -> AsyncIterator[Stage]:
    """On a database of one's own; transactions run side by side."""
    stage = await set_up(committed_db)
    yield stage
    await tear_down(stage)
