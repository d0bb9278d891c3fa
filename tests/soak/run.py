"""One soak from start to report."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.soak.database import Observer
from tests.soak.injector import Injector
from tests.soak.ledger import Fault, check_conversation, check_leftovers, count
from tests.soak.plan import LONGEST, ConversationPlan, draw_conversations, draw_injections
from tests.soak.report import Outcome, write_artefacts
from tests.soak.site import PASSWORD, Site, make_people, running_site
from tests.soak.speaker import log_in
from tests.soak.stage import Stage
from tests.soak.talk import PATIENCE_SECONDS, Talk

N_PEOPLE = 4
PROGRESS_SECONDS = 15.0


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to soak.

    `gap`: seconds between troubles, on the average. `n_at_once`: conversations that go on side by
    side, none with more than `longest` turns. `failure_rate`: of calls of the model. After
    `minutes` no conversation begins.
    """

    seed: int
    n_turns: int
    has_redis: bool
    directory: Path
    gap: float = 5.0
    n_at_once: int = 8
    longest: int = LONGEST
    failure_rate: float = 0.02
    minutes: float | None = None


async def soak(options: Options, say: Callable[[str], None]) -> Outcome:
    """Run it all. `say` hears a line now and then."""
    options.directory.mkdir(parents=True, exist_ok=True)
    async with running_site(
        seed=options.seed, has_redis=options.has_redis, failure_rate=options.failure_rate
    ) as site:
        try:
            async with _staged(site, options.directory) as stage:
                return await _soak(options, stage, say)
        finally:
            site.keep_outputs(options.directory)


@asynccontextmanager
async def _staged(site: Site, directory: Path) -> AsyncIterator[Stage]:
    emails = await make_people(site, N_PEOPLE)
    people = [await log_in(email, PASSWORD, site.any_web) for email in emails]
    observer = Observer(site.database_url)
    looking = asyncio.create_task(observer.run())
    try:
        yield Stage(site=site, observer=observer, people=people, directory=directory)
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
        await observer.close()
        for person in people:
            await person.close()


async def _soak(options: Options, stage: Stage, say: Callable[[str], None]) -> Outcome:
    telling = asyncio.create_task(_tell(stage, options, say))
    stop = asyncio.Event()
    log = options.directory / "schedule.jsonl"
    log.write_text("")
    (options.directory / "wrong.txt").write_text("")
    injections = draw_injections(options.seed, has_redis=options.has_redis, gap=options.gap)
    troubles = asyncio.create_task(Injector(stage, log).run(injections, stop))
    try:
        await _talk(options, stage, stop)
        stop.set()
        await troubles
        await stage.site.heal()
        await _settle(stage)
    finally:
        telling.cancel()
        troubles.cancel()
        await asyncio.gather(telling, troubles, return_exceptions=True)
    outcome = Outcome(
        seed=options.seed,
        has_redis=options.has_redis,
        seconds=stage.seconds,
        counts=stage.counts,
        faults=list(dict.fromkeys(stage.faults)),
        recoveries=stage.recoveries.seconds,
        dropped=stage.recoveries.dropped,
        failed_jobs=await stage.observer.failed_jobs(),
        own_ends={place.name: place.n_own_ends for place in stage.site.places},
    )
    write_artefacts(outcome, options.directory)
    (options.directory / "times.txt").write_text("\n".join(stage.recoveries.log))
    return outcome


async def _talk(options: Options, stage: Stage, stop: asyncio.Event) -> None:
    """Conversations, so many at once; troubles stop when few of the last ones still go on."""
    drawn = draw_conversations(options.seed, options.n_turns, longest=options.longest)
    plans = iter(drawn)
    deadline = None if options.minutes is None else options.minutes * 60
    n_talking = n_at_once = min(options.n_at_once, len(drawn))

    async def one_after_another() -> None:
        nonlocal n_talking
        for plan in _until(plans, lambda: deadline is not None and stage.seconds > deadline):
            await Talk(stage, plan, Random(f"{options.seed} {plan.number}")).run()
        n_talking -= 1
        if n_talking <= n_at_once // 4:
            stop.set()

    async with asyncio.TaskGroup() as group:
        for _ in range(n_at_once):
            group.create_task(one_after_another())


def _until(
    plans: Iterator[ConversationPlan], is_over: Callable[[], bool]
) -> Iterator[ConversationPlan]:
    while not is_over():
        plan = next(plans, None)
        if plan is None:
            return
        yield plan


async def _settle(stage: Stage) -> None:
    """Wait while anything still moves, then count what is left, and every session once more."""
    before: object = None
    moved_at = time.monotonic()
    while time.monotonic() - moved_at <= PATIENCE_SECONDS:
        left = await stage.observer.leftovers(
            unready=await stage.site.unready(), n_sockets=await stage.site.n_sockets()
        )
        faults = check_leftovers(left)
        if not faults:
            break
        if left != before:
            before, moved_at = left, time.monotonic()
        await asyncio.sleep(0.5)
    stage.note(faults)
    for conversation in stage.conversations:
        truth = await stage.observer.truth(conversation.session_id)
        known = set(stage.faults)
        stage.note([one for one in check_conversation(conversation, truth) if one not in known])


async def _tell(stage: Stage, options: Options, say: Callable[[str], None]) -> None:
    while True:
        await asyncio.sleep(PROGRESS_SECONDS)
        say(progress(stage, options, stage.faults))


def progress(stage: Stage, options: Options, faults: list[Fault]) -> str:
    """A line about how far it is."""
    n_turns = stage.counts["turns"]
    counted = ", ".join(f"{n} {kind}" for kind, n in count(faults).items())
    return (
        f"[{stage.seconds:5.0f} s] {n_turns}/{options.n_turns} turns,"
        f" {n_turns / stage.seconds:.1f} a second, {len(stage.windows)} windows open; {counted}"
    )
