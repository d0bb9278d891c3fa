"""A person with a task to run, a scripted model, and all that executions need."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from mojodex.domains.catalog import Task, add_task, decode_definition
from mojodex.domains.chat import (
    AssistantRegistry,
    MessagesRead,
    Platform,
    PostedMessage,
    RunningTurns,
    TurnStateChanged,
    run_turn_job,
)
from mojodex.domains.executions import (
    Execution,
    ExecutionDeleted,
    ExecutionRestored,
    ExecutionStarted,
    InstructTaskAssistant,
    ResultProduced,
    TextEdited,
    access_execution,
    create_execution,
    follow_reading,
    follow_turn,
    run_by_form,
    run_by_message,
    write_title_job,
)
from mojodex.domains.identity import Caller, CallerKind, User, create_user, secret_caller
from mojodex.domains.purchases import (
    CategoryDisplay,
    add_category,
    add_product,
    associate_task,
    grant_product,
)
from mojodex.platform.db import Database, Tx
from mojodex.platform.events import DomainEvent, EventBus
from mojodex.platform.jobs import ImmediateJobs, JobQueue
from mojodex.platform.llm import MemoryMeter, ModelGateway, RetryPolicy, ScriptedModel
from mojodex.platform.media import Media, MemoryMedia
from mojodex.platform.realtime import Streams
from tests.domains.catalog.definitions import make_definition, make_display, make_input

BACKOFFICE = secret_caller("backoffice")
TONE = make_input(
    type="drop_down_list",
    input_name="tone",
    description_for_user="Tone",
    description_for_system="Tone of the letter",
    possible_values=[
        {"value": "warm", "displayed_text": "Warm and friendly"},
        {"value": "dry", "displayed_text": "Dry"},
    ],
    optional=True,
)
PHOTO = make_input(
    type="image",
    input_name="photo",
    description_for_user="Photo",
    description_for_system="A photo",
)
ASK = (
    "<user_language>en</user_language><ask_user_primary_info>Who reads it?</ask_user_primary_info>"
)
TITLED = "<title>A letter to Bo</title><summary>You want a letter. It is for Bo.</summary>"


def delivery(title: str = "Dear Bo", body: str = "We start in May.") -> str:
    return f"<execution><title>{title}</title><draft>{body}</draft></execution>"


def person(user: User) -> Caller:
    return Caller(kind=CallerKind.USER, user_id=user.user_id)


@dataclass
class Desk:
    """Ada's desk: one task, one product with room for some runs."""

    db: Database
    jobs: ImmediateJobs
    model: ScriptedModel
    streams: Streams
    user: User
    caller: Caller
    task: Task
    events: list[DomainEvent]

    async def create(self, **changes: Any) -> Execution:
        async with self.db.begin() as tx:
            return await create_execution(
                tx,
                self.caller,
                **{"task_id": self.task.task_id, "platform": Platform.WEBAPP, **changes},
            )

    async def submit(
        self, execution: Execution, values: dict[str, str] | None = None, **changes: Any
    ) -> Execution:
        async with self.db.begin() as tx:
            return await run_by_form(
                tx,
                self.caller,
                execution_id=execution.execution_id,
                values={"notes": "Bo and I start in May."} if values is None else values,
                **changes,
            )

    async def say(self, execution: Execution, words: str, **changes: Any) -> PostedMessage:
        async with self.db.begin() as tx:
            return await run_by_message(
                tx,
                self.caller,
                **{
                    "session_id": execution.session_id,
                    "client_message_id": words,
                    "text": words,
                    "written_at": tx.clock.now(),
                    **changes,
                },
            )

    async def run(self) -> int:
        return await self.jobs.run_all(self.db)

    def script(self, *answers: Any, title: Any = TITLED) -> None:
        """The next answers, and the next title."""
        for answer in answers:
            self.model.add(answer, label="instruct_run")
        self.model.add(title, label="title_and_summary")

    async def read(self, execution: Execution) -> Execution:
        async with self.db.begin() as tx:
            return await access_execution(tx, self.caller, execution_id=execution.execution_id)

    async def done(self, *answers: Any) -> Execution:
        """An execution that was run by its form."""
        self.script(*(answers or (delivery(),)))
        execution = await self.create()
        await self.submit(execution)
        await self.run()
        return await self.read(execution)

    async def value(self, query: str, **arguments: Any) -> Any:
        async with self.db.begin() as tx:
            return await tx.scalar(text(query), arguments)

    async def runs(self) -> tuple[int, int]:
        """Reserved and consumed runs of Ada's purchase."""
        async with self.db.begin() as tx:
            row = (
                await tx.execute(
                    text(
                        "SELECT sum(n_tasks_reserved), sum(n_tasks_consumed) FROM md_purchase"
                        " WHERE user_id = :user_id"
                    ),
                    {"user_id": self.user.user_id},
                )
            ).one()
        return int(row[0]), int(row[1])

    async def kinds(self) -> list[str]:
        """What was announced since the task was given, with the kind of room, in order."""
        announced = (
            "SELECT kind, room FROM md_delivery WHERE kind <> 'tasks.changed' ORDER BY delivery_id"
        )
        async with self.db.begin() as tx:
            rows = await tx.execute(text(announced))
            return [f"{room.split(':')[0]} {kind}" for kind, room in rows]

    def turn_id(self, execution: Execution) -> UUID:
        assert execution.turn is not None
        return execution.turn.turn_id


async def new_person(db: Database, email: str, name: str = "Ada") -> User:
    return await create_user(
        db, BACKOFFICE, email=email, name=name, password=None, accept_terms=True
    )


async def add_letter_task(tx: Tx, user: User, **changes: Any) -> Task:
    """A task in a product of its own, given to a person."""
    limit = changes.pop("n_tasks_limit", 3)
    name = changes.setdefault("name_for_system", "write_letter")
    form = changes.pop("form", [make_input(), TONE])
    task = await add_task(
        tx,
        BACKOFFICE,
        definition=decode_definition(
            make_definition(task_displayed_data=[make_display("en", *form)], **changes)
        ),
    )
    category = await add_category(
        tx,
        BACKOFFICE,
        label=name,
        emoji="✉️",
        implicit_goal="Write",
        displays={"en": CategoryDisplay(name="Letters", description="Letters")},
    )
    product = await add_product(
        tx,
        BACKOFFICE,
        label=name,
        category_id=category.category_id,
        names={"en": "Letters"},
        is_free=True,
        n_tasks_limit=limit,
    )
    await associate_task(tx, BACKOFFICE, product_id=product.product_id, task_id=task.task_id)
    await grant_product(tx, BACKOFFICE, user_id=user.user_id, product_id=product.product_id)
    return task


def provide(
    db: Database, events: list[DomainEvent]
) -> tuple[ImmediateJobs, ScriptedModel, Streams]:
    """What the composition root provides, with doubles."""
    jobs = ImmediateJobs(db, [run_turn_job, write_title_job])
    model = ScriptedModel()
    streams = Streams(db)
    registry = AssistantRegistry()
    registry.register(InstructTaskAssistant.kind, InstructTaskAssistant)
    db.provide(JobQueue, jobs)
    db.provide(Streams, streams)
    db.provide(AssistantRegistry, registry)
    db.provide(RunningTurns, RunningTurns(db))
    db.provide(ModelGateway, ModelGateway([model], MemoryMeter(), retries=RetryPolicy(delays=())))
    db.provide(Media, MemoryMedia())
    bus = db.use(EventBus)
    bus.subscribe(TurnStateChanged, follow_turn)
    bus.subscribe(MessagesRead, follow_reading)

    async def note(_: Tx, event: DomainEvent) -> None:
        events.append(event)

    for kind in (ExecutionStarted, ResultProduced, TextEdited, ExecutionDeleted, ExecutionRestored):
        bus.subscribe(kind, note)
    return jobs, model, streams


async def set_up(db: Database) -> Desk:
    events: list[DomainEvent] = []
    jobs, model, streams = provide(db, events)
    user = await new_person(db, "ada@example.com")
    async with db.begin() as tx:
        task = await add_letter_task(tx, user)
    return Desk(db, jobs, model, streams, user, person(user), task, events)


async def tear_down(desk: Desk) -> None:
    await desk.db.use(RunningTurns).close()
    await desk.streams.close_all()


@pytest.fixture
async def desk(db: Database) -> AsyncIterator[Desk]:
    """On a database that is rolled back; transactions run one after another."""
    desk = await set_up(db)
    yield desk
    await tear_down(desk)


@pytest.fixture
async def committed_desk(committed_db: Database) -> AsyncIterator[Desk]:
    """On a database of one's own; transactions run side by side."""
    desk = await set_up(committed_db)
    yield desk
    await tear_down(desk)
