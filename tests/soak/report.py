"""What came of a soak: counts, a table of recovery times, and how to do it again."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.soak.ledger import Fault, Kind, count
from tests.soak.plan import Trouble
from tests.soak.recovery import STOP, Company, Row, Summary, find_summary

HOW = """## Do it again

`make soak` writes this page, and begins nothing more after six minutes of each run; one schedule is
`.venv/bin/python -m tests.soak --seed 7 --turns 3000` with `--no-redis`, `--both` or `--minutes`.
Each run leaves a directory in `.soak/`: the log of the schedule, what went wrong with the histories
of the windows that erred, every time that was measured, and the logs of every process. The exit
status is 1 when anything was counted. The schedule and what people do come from the seed; how they
meet depends on the machine, so a fault may need several runs to show again.
"""
HEAD = """# How long recovery takes

<!-- Written by `make soak`; do not edit. -->

`make soak` runs two web processes, two workers, PostgreSQL and a model of its own pace on one
machine, and does to them what the table lists, one trouble every few seconds, while people talk
over the v1 socket and the Mojodex clients' socket at once. It counts what was **lost** (a message,
an answer, a piece of a stream), **doubled**, **stuck** (whatever does not move any more) and
**mis-ordered**; all must be zero.

Times are in seconds, from the trouble to the next thing that a window showed of an answer that was
being written and that the trouble hit: of a worker that was ended, the next attempt, which begins
with an empty snapshot; of a web process that was ended, or of clients that were cut off, words or
the answer over the window's next connection; after a restart of PostgreSQL, the saved answer. A
pause counts with its length. *Alone* means that no other trouble lasted from its beginning to that
moment, or had ended less than three seconds before; what another trouble had to do with is below
it, and says how long troubles take that come together. A worker's row counts answers at which a
window of v1 looks, because released clients are not told of attempts.

Silent networks are a gate between the two sides: bytes wait, and arrive later; or connections carry
nothing any more while both sides believe in them. Clients find that out when no ping came for 55
seconds, servers when none was answered for 40, and a worker or PostgreSQL when the kernel has had
no sign of life for 25.

A **stop** counts from the first request that asks for it, over any web process, until the first
window of v1 shows the answer as stopped, which is told after its partial text is saved. One is
undisturbed when no trouble lasted in between, or had ended less than three seconds before.
"""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One soak."""

    seed: int
    has_redis: bool
    seconds: float
    counts: Mapping[str, int]
    faults: Sequence[Fault]
    recoveries: Mapping[Row, Sequence[float]]
    dropped: Mapping[str, int]
    failed_jobs: Sequence[str]
    own_ends: Mapping[str, int]

    @property
    def is_good(self) -> bool:
        return not self.faults

    @property
    def title(self) -> str:
        return "With Redis" if self.has_redis else "Without Redis"


def render(outcome: Outcome) -> str:
    """One soak in Markdown."""
    counted = count(outcome.faults)
    counts = outcome.counts
    lines = [
        f"## {outcome.title}",
        "",
        f"{counts['turns']} turns in {counts['conversations']} conversations, seen by "
        f"{counts['windows']} windows over {counts['connections']} connections, in "
        f"{outcome.seconds / 60:.1f} min; {counts['copies of posts']} copies of posts, "
        f"{counts['late repetitions']} late repetitions, {counts['stops']} stops, "
        f"{counts['retries']} retries. Seed {outcome.seed}.",
        "",
        "| lost | doubled | stuck | mis-ordered |",
        "|--:|--:|--:|--:|",
        "| " + " | ".join(str(counted[kind]) for kind in Kind) + " |",
        "",
        "| stops | number | median | 95 % | longest |",
        "|---|--:|--:|--:|--:|",
        f"| undisturbed | {_cells(find_summary(outcome.recoveries, (STOP, Company.ALONE)))} |",
        f"| in a trouble | {_cells(find_summary(outcome.recoveries, (STOP, Company.OTHERS)))} |",
        "",
        "| trouble | times | | answers hit | median | 95 % | longest |",
        "|---|--:|---|--:|--:|--:|--:|",
        *_rows(outcome),
        "",
    ]
    return "\n".join(lines)


def _rows(outcome: Outcome) -> Sequence[str]:
    rows = []
    for trouble in Trouble:
        n_times = outcome.counts.get(trouble, 0)
        if not n_times:
            continue
        head = f"{trouble} | {n_times}"
        for company in Company:
            cells = _cells(find_summary(outcome.recoveries, (trouble, company)))
            rows.append(f"| {head} | {company} | {cells} |")
            head = " | "
    return rows


def _cells(found: Summary | None) -> str:
    if found is None:
        return "0 | – | – | –"
    return f"{found.n} | {found.median:.2f} | {found.p95:.2f} | {found.longest:.2f}"


def render_page(outcomes: Sequence[Outcome]) -> str:
    """The page of the reference."""
    today = datetime.now(UTC).date().isoformat()
    where = (
        f"Measured on {today}: {os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, Mojodex {version('mojodex')}, "
        "PostgreSQL 18; everything, the clients too, on the one machine.\n"
    )
    return "\n".join([HEAD, where, *(render(one) for one in outcomes), HOW])


def describe(outcome: Outcome) -> str:
    """For whoever looks for a cause: the faults, failed jobs, and processes that ended."""
    lines = [f"{fault.kind}: {fault.what} (session {fault.session_id})" for fault in outcome.faults]
    lines += [f"failed job: {job}" for job in outcome.failed_jobs]
    lines += [f"{name} ended by itself {n} times" for name, n in outcome.own_ends.items() if n]
    return "\n".join(lines)


def write_artefacts(outcome: Outcome, directory: Path) -> None:
    """The report and the raw numbers, beside the log of the schedule."""
    (directory / "report.md").write_text(render(outcome))
    (directory / "faults.txt").write_text(describe(outcome))
    raw = {
        "seed": outcome.seed,
        "has_redis": outcome.has_redis,
        "seconds": outcome.seconds,
        "counts": {str(key): n for key, n in outcome.counts.items()},
        "recoveries": {
            f"{what}, {company}": list(them) for (what, company), them in outcome.recoveries.items()
        },
        "dropped": dict(outcome.dropped),
    }
    (directory / "report.json").write_text(json.dumps(raw, indent=1))
