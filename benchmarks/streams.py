"""Texts in the making: the first word, how much later than the model words come, how many hold.

    .venv/bin/python -m benchmarks.streams [--quick]

The model paces 20 tokens a second and puts the time into each word; people start 40 texts a second,
each on a socket of their own. A number of streams holds while 99 % of the words come less than
50 ms after the model sent them, and none is lost or doubled. The bare figures are the same
generator, reading the model's endpoint without us.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.load import Job, Outcome, Person, in_process
from benchmarks.report import Aim, Result, Table, run_alone
from benchmarks.stage import APART, ONE, TWO_AND_TWO, Model, Pace, Shape, Site, site

HOLDS_MS = 50.0
STARTS_PER_SECOND = 40.0
#: The steps of the ramp.
LEVELS = (10, 25, 50, 100, 150, 200, 250, 300, 350, 400, 450, 500)
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
    """One number of streams. `cpu_seconds`: of the product per 1,000 tokens."""

    n_streams: int
    outcome: Outcome
    cpu_seconds: float

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
        }
    )
    before = site_.cpu_seconds()
    outcome = in_process(job)
    spent = site_.cpu_seconds() - before
    n_tokens = max(1, outcome.n_tokens)
    return Level(n_streams=len(people), outcome=outcome, cpu_seconds=1000 * spent / n_tokens)


def load_bare(model: Model, people: Sequence[Person]) -> Outcome:
    """The same from the model's own endpoint."""
    return in_process(
        Job(wire="bare", urls=[model.url], people=people, starts_per_second=STARTS_PER_SECOND)
    )


def ramp(site_: Site, people: Sequence[Person]) -> list[Level]:
    """More and more, until one number does not hold."""
    levels: list[Level] = []
    for n_streams in LEVELS:
        levels.append(load(site_, people[:n_streams]))
        if not levels[-1].holds:
            break
    return levels


def measure_first(shape: Shape, *, is_quick: bool) -> tuple[list[str], float]:
    """One text after another, from a model that waits for nothing. The row, and what we add."""
    n_runs = 5 if is_quick else 40
    model = Model(AT_ONCE)
    with model.running(), site(shape, OPENAI_BASE_URL=model.url) as site_:
        people = site_.people(n_runs + 5)
        in_process(Job(wire="v1", urls=site_.urls, people=people[n_runs:]))
        bare = in_process(Job(wire="bare", urls=[model.url], people=people[:n_runs])).first
        ours = in_process(Job(wire="v1", urls=site_.urls, people=people[:n_runs])).first
    row = [shape.name, *(f"{ms:.1f}" for ms in (bare.p50, bare.p95, ours.p50, ours.p95))]
    return [*row, f"{ours.p50 - bare.p50:.1f}"], ours.p50 - bare.p50


def measure_shape(shape: Shape, *, is_quick: bool) -> tuple[list[list[str]], list[Level]]:
    """Rows of the table, the bare model's last, and the levels."""
    model = Model(Pace(n_words=60 if is_quick else 400))
    with model.running(), site(shape, OPENAI_BASE_URL=model.url) as site_:
        people = site_.people(20 if is_quick else LEVELS[-1])
        load(site_, people[:10])
        levels = [load(site_, people)] if is_quick else ramp(site_, people)
        rows = [_row(shape.name, level.outcome, level.cpu_seconds) for level in levels]
        last = people[: levels[-1].n_streams]
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


def _best(levels: Sequence[Level]) -> Level | None:
    """The largest of which every smaller one held too."""
    return next((level for level in reversed(levels) if level.holds), None)


def aims_of(shape: Shape, levels: Sequence[Level]) -> list[Aim]:
    """What was wanted of this shape."""
    best = _best(levels)
    n_held = 0 if best is None else best.n_streams
    spent = (best or levels[-1]).cpu_seconds
    aims = [
        Aim(
            what=f"CPU per 1,000 tokens with all that runs cost, {shape.name}",
            wanted=f"{CPU_SECONDS} s",
            reached=f"{spent:.3f} s",
            is_reached=spent <= CPU_SECONDS,
            obstacle=_describe_load(levels[-1]),
        )
    ]
    if shape.name in WANTED:
        wanted = WANTED[shape.name]
        aims.insert(
            0,
            Aim(
                what=f"concurrent streams that hold, {shape.name}",
                wanted=str(wanted),
                reached=str(n_held),
                is_reached=n_held >= wanted,
                obstacle=_describe_load(levels[-1]),
            ),
        )
    return aims


def _describe_load(level: Level) -> str:
    outcome = level.outcome
    return (
        f"at {level.n_streams} streams p99 is {outcome.added.p99:.0f} ms, and half of the texts "
        f"show their first word after {outcome.first.p50:.0f} ms. Not the tokens stand in the way "
        "but the runs: starting, claiming, saving and telling one takes some 160 statements in "
        "30 transactions (*What a run costs*), most of it SQLAlchemy's and psycopg's own work for "
        "each statement, and reading the same execution, task, turn and person anew for each "
        f"notice. Words wait behind them. {outcome.n_late} texts did not end in time; the "
        f"generator took {outcome.cpu_share:.2f} of a processor."
    )


def measure(*, is_quick: bool) -> Result:
    """First words, then the ramps."""
    shapes = (ONE,) if is_quick else (ONE, APART, TWO_AND_TWO)
    first_rows, aims = [], []
    for shape in shapes:
        row, added = measure_first(shape, is_quick=is_quick)
        first_rows.append(row)
        aims.append(
            Aim(
                what=f"first delta after the model's (p50), {shape.name}",
                wanted=f"{FIRST_MS:.0f} ms",
                reached=f"{added:.1f} ms",
                is_reached=added <= FIRST_MS,
                obstacle="the request that starts a run asks the database 40 times, and claiming "
                "its turn and joining its room another 30, one after another; then come the bell "
                "of the job queue and the prompt.",
            )
        )
    rows: list[list[str]] = []
    for shape in shapes:
        more, levels = measure_shape(shape, is_quick=is_quick)
        rows += more
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
        note="Texts of about 400 words at 20 tokens a second, started at 40 per second. *Added* is "
        "from the moment at which the model sends a word to the moment at which the client has "
        "it; words lost are those of the saved text that no event brought.",
        columns=COLUMNS,
        rows=rows,
    )


if __name__ == "__main__":
    run_alone(measure)
