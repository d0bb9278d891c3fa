"""The doubles of everything that leaves the process, provided to a database."""

from dataclasses import dataclass

from mojodex.apps.wiring import all_jobs, build_assistants, build_event_bus
from mojodex.domains.chat import AssistantRegistry, RunningTurns
from mojodex.platform.db import Database
from mojodex.platform.events import EventBus
from mojodex.platform.jobs import ImmediateJobs, JobQueue
from mojodex.platform.llm import DemoModel, Engine, MemoryMeter, ModelGateway
from mojodex.platform.mail import Mailer, MailOutbox
from mojodex.platform.media import Media, MemoryMedia
from mojodex.platform.realtime import Streams


@dataclass(frozen=True, kw_only=True)
class Doubles:
    """What tests look into. `await jobs.run_all(db)` does the work that waits."""

    jobs: ImmediateJobs
    streams: Streams
    meter: MemoryMeter
    outbox: MailOutbox
    media: MemoryMedia


def provide_doubles(db: Database, *, model: Engine | None = None) -> Doubles:
    """Wire `db` as the application does, with doubles; the model is the demo's, without pauses."""
    doubles = Doubles(
        jobs=ImmediateJobs(db, all_jobs()),
        streams=Streams(db),
        meter=MemoryMeter(),
        outbox=MailOutbox(),
        media=MemoryMedia(),
    )
    db.provide(EventBus, build_event_bus())
    db.provide(JobQueue, doubles.jobs)
    db.provide(ModelGateway, ModelGateway([model or DemoModel(pace=0)], doubles.meter))
    db.provide(Streams, doubles.streams)
    db.provide(Media, doubles.media)
    db.provide(
        Mailer,
        Mailer(
            doubles.outbox, sender_name="Tests", sender_email="tests@example.org", clock=db.clock
        ),
    )
    db.provide(AssistantRegistry, build_assistants())
    db.provide(RunningTurns, RunningTurns(db))
    return doubles
