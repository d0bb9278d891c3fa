"""Texts in the making: the first word, how much later than the model words come, how many hold.

    .venv/bin/python -m benchmarks.streams [--quick]

The model paces 20 tokens a second and puts the time into each word; people start 40 texts a second,
each on a socket of their own. A number of streams holds while 99 % of the words come less than
50 ms after the model sent them, and none is lost or doubled. The number grows until two in a row do
not hold: one alone may have met somebody else's work. The bare figures are the same generator,
reading the model's endpoint without us.
"""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.load import Job, Outcome, Person, in_process
from benchmarks.report import Aim, Result, Table, run_alone
from benchmarks.stage import APART, ONE, SETTLE_SECONDS, TWO_AND_TWO, Model, Pace, Shape, Site, site

HOLDS_MS = 50.0
STARTS_PER_SECOND = 40.0
#: The steps of the climb, and how many that do not hold end it.
LEVELS = (10, 25, 50, 100, 150, 200, 300, 400, 500)
MISSES = 2
#: Long enough that the first text still grows when the last of 500 begins.
N_WORDS = 240
#: A text takes a quarter of it when nothing is in its way.
TEXT_SECONDS = 60.0
#: Shapes with aims; the third is measured beside them.
WANTED = {ONE.name: 300, APART.name: 200}
FIRST_MS = 25.0
CPU_SECONDS = 0.2
AT_ONCE = Pace(between_tokens=0.0, n_words=60)
COLUMNS = (
    "what",
    "streams",
    "first p50 ms",
    "added p50 ms",
    "p95",
    "p99",
    "longest",
    "lost",
    "doubled",
    "CPU s per 1,000 tokens",
)


@dataclass(frozen=True, kw_only=True)
class Level:
    """One number of streams. `cpu_seconds`: of the product per 1,000 tokens.

    `shares`: of all processors, what the product with its database took, and PostgreSQL of it.
    """

    n_streams: int
    outcome: Outcome
    cpu_seconds: float
    shares: tuple[float, float] = (0.0, 0.0)

    @property
    def holds(self) -> bool:
        faults = self.outcome.n_lost + self.outcome.n_doubled + self.outcome.n_late
        return faults == 0 and self.outcome.added.p99 < HOLDS_MS


def load(site_: Site, people: Sequence[Person], *, wire: str = "v1") -> Level:
    """Everybody starts a text."""
    job = Job.model_validate(
        {
            "wire": wire,
            "urls": site_.urls,
            "people": people,
            "starts_per_second": STARTS_PER_SECOND,
            "seconds": TEXT_SECONDS,
        }
    )
    before, postgres, began = _spent(site_), _spent(site_, "postgres"), time.monotonic()
    outcome = in_process(job)
    spent, postgres = _spent(site_) - before, _spent(site_, "postgres") - postgres
    capacity = (time.monotonic() - began) * (os.cpu_count() or 1)
    return Level(
        n_streams=len(people),
        outcome=outcome,
        cpu_seconds=1000 * spent / max(1, outcome.n_tokens),
        shares=(spent / capacity, postgres / capacity),
    )


def _spent(site_: Site, named: str = "") -> float:
    return site_.cpu_seconds(named=named)


def load_bare(model: Model, people: Sequence[Person]) -> Outcome:
    """The same from the model's own endpoint."""
    return in_process(
        Job(wire="bare", urls=[model.url], people=people, starts_per_second=STARTS_PER_SECOND)
    )


def climb(measure_level: Callable[[int], Level]) -> list[Level]:
    """More and more, until two numbers in a row do not hold."""
    levels: list[Level] = []
    for n_streams in LEVELS:
        levels.append(measure_level(n_streams))
        if len(levels) >= MISSES and not any(level.holds for level in levels[-MISSES:]):
            break
    return levels


def highest(levels: Sequence[Level]) -> Level | None:
    """The largest number that holds."""
    return next((level for level in reversed(levels) if level.holds), None)


def measure_first(shape: Shape, *, is_quick: bool) -> tuple[list[str], Aim]:
    """One text after another, from a model that waits for nothing. The row, and the aim."""
    n_runs = 5 if is_quick else 40
    model = Model(AT_ONCE)
    with model.running(), site(shape, OPENAI_BASE_URL=model.url) as site_:
        people = site_.people(n_runs + 5)
        in_process(Job(wire="v1", urls=site_.urls, people=people[n_runs:]))
        bare = in_process(Job(wire="bare", urls=[model.url], people=people[:n_runs])).first
        before, postgres = _spent(site_), _spent(site_, "postgres")
        n_before = site_.count_transactions()
        ours = in_process(Job(wire="v1", urls=site_.urls, people=people[:n_runs])).first
        spent, postgres = _spent(site_) - before, _spent(site_, "postgres") - postgres
        time.sleep(SETTLE_SECONDS)
        n_transactions = (site_.count_transactions() - n_before) / n_runs
    row = [shape.name, *(f"{ms:.1f}" for ms in (bare.p50, bare.p95, ours.p50, ours.p95))]
    added = ours.p50 - bare.p50
    aim = Aim(
        what=f"first delta after the model's (p50), {shape.name}",
        wanted=f"{FIRST_MS:.0f} ms",
        reached=f"{added:.1f} ms",
        is_reached=added <= FIRST_MS,
        obstacle=f"a whole run of 60 words takes {1000 * spent / n_runs:.0f} ms of processor time, "
        f"{1000 * postgres / n_runs:.0f} ms of it PostgreSQL's, in {n_transactions:.0f} "
        "transactions, much of it before the first word and one thing after another.",
    )
    return [*row, f"{added:.1f}"], aim


def measure_shape(shape: Shape, *, is_quick: bool) -> tuple[list[list[str]], list[Level]]:
    """Rows of the table, the bare model's last, and the levels."""
    model = Model(Pace(n_words=60 if is_quick else N_WORDS))
    with model.running(), site(shape, OPENAI_BASE_URL=model.url) as site_:
        people = site_.people(20 if is_quick else LEVELS[-1])
        load(site_, people[:10])
        levels = (
            [load(site_, people)]
            if is_quick
            else climb(lambda n_streams: load(site_, people[:n_streams]))
        )
        rows = [_row(shape.name, level.outcome, level.cpu_seconds) for level in levels]
        last = people[: (highest(levels) or levels[0]).n_streams]
        if shape.is_one:
            mojodex = load(site_, last, wire="mojodex")
            name = f"{shape.name}, Mojodex clients"
            rows.append(_row(name, mojodex.outcome, mojodex.cpu_seconds))
        rows.append(_row("bare model", load_bare(model, last), None))
    return rows, levels


def _row(name: str, outcome: Outcome, spent: float | None) -> list[str]:
    added = outcome.added
    times = (outcome.first.p50, added.p50, added.p95, added.p99, added.longest)
    return [
        name,
        str(outcome.n_streams),
        *(f"{ms:.1f}" for ms in times),
        str(outcome.n_lost),
        str(outcome.n_doubled),
        "" if spent is None else f"{spent:.3f}",
    ]


def aims_of(shape: Shape, levels: Sequence[Level]) -> list[Aim]:
    """What was wanted of a shape of `WANTED`."""
    best, wanted = highest(levels), WANTED[shape.name]
    n_held = 0 if best is None else best.n_streams
    spent = (best or levels[0]).cpu_seconds
    return [
        Aim(
            what=f"concurrent streams that hold, {shape.name}",
            wanted=str(wanted),
            reached=str(n_held),
            is_reached=n_held >= wanted,
            obstacle=_describe_obstacle(levels) if n_held < wanted else "",
        ),
        Aim(
            what=f"CPU per 1,000 tokens with all that runs cost, {shape.name}",
            wanted=f"{CPU_SECONDS} s",
            reached=f"{spent:.3f} s",
            is_reached=spent <= CPU_SECONDS,
            obstacle="the runs themselves, not their tokens: *What a run costs* has both apart.",
        ),
    ]


def _describe_obstacle(levels: Sequence[Level]) -> str:
    level = next((level for level in levels if not level.holds), None)
    if level is None:
        return f"more than {levels[-1].n_streams} were not tried."
    outcome, (all_of_us, postgres) = level.outcome, level.shares
    return (
        f"at {level.n_streams} streams p99 is {outcome.added.p99:.0f} ms, half of the texts show "
        f"their first word after {outcome.first.p50:.0f} ms, and {outcome.n_late} did not end in "
        f"time. The product took {all_of_us:.0%} of the processors meanwhile, {postgres:.0%} were "
        f"PostgreSQL's; the generator took {outcome.cpu_share:.2f} of one. Starting, claiming, "
        "saving and telling a run (*What a run costs*) keeps words waiting."
    )


def measure(*, is_quick: bool) -> Result:
    """First words, then the ramps."""
    shapes = (ONE,) if is_quick else (ONE, APART, TWO_AND_TWO)
    firsts = [measure_first(shape, is_quick=is_quick) for shape in shapes]
    first_rows = [row for row, _ in firsts]
    aims = [aim for shape, (_, aim) in zip(shapes, firsts, strict=True) if shape.name in WANTED]
    rows: list[list[str]] = []
    for shape in shapes:
        more, levels = measure_shape(shape, is_quick=is_quick)
        rows += more
        if shape.name in WANTED:
            aims += aims_of(shape, levels)
    return Result(
        name="streams",
        title="Texts in the making",
        tables=[_first_table(first_rows), _table(rows)],
        aims=aims,
    )


def _first_table(rows: Sequence[Sequence[str]]) -> Table:
    return Table(
        title="Time to the first delta",
        note="From the request that starts a run to its first words on the socket, one run after "
        "another, with a model that answers at once.",
        columns=("what", "bare p50 ms", "bare p95", "ours p50", "ours p95", "we add"),
        rows=rows,
    )


def _table(rows: Sequence[Sequence[str]]) -> Table:
    return Table(
        title="Many at once",
        note=f"Texts of about {N_WORDS} words at 20 tokens a second, started at 40 per second. "
        "*Added* is from the moment at which the model sends a word to the moment at which the "
        "client has it; words lost are those of the saved text that no event brought. *First* is "
        "from the request to the first words of the text; the answer's tags come before them at "
        "the same pace, some 17 tokens that take 0.85 s. The number "
        f"grows until {MISSES} in a row do not hold (p99 below {HOLDS_MS:.0f} ms, nothing lost, "
        "doubled or late); the bare model and the Mojodex clients have the highest that did.",
        columns=COLUMNS,
        rows=rows,
    )


if __name__ == "__main__":
    run_alone(measure)
