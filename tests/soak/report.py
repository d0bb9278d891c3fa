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
from tests.soak.recovery import summarize_all

HOW = """## Do it again

`make soak` writes this page; one schedule is
`.venv/bin/python -m tests.soak --seed 7 --turns 3000` with `--no-redis`, `--both` or `--minutes`.
Each run leaves a directory in `.soak/`: the log of the schedule, what went wrong with the histories
of the windows that erred, what was seen after long waits, and the logs of every process. The exit
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
being written and that the trouble hit; after a restart of PostgreSQL, to the saved answer. A pause
counts with its length. Where a process was ended, the next attempt counts, or the window's next
connection.
"""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One soak."""

    seed: int
    has_redis: bool
    seconds: float
    counts: Mapping[str, int]
    faults: Sequence[Fault]
    recoveries: Mapping[Trouble, Sequence[float]]
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
        "| trouble | times | answers hit | median | 95 % | longest |",
        "|---|--:|--:|--:|--:|--:|",
        *_rows(outcome),
        "",
    ]
    return "\n".join(lines)


def _rows(outcome: Outcome) -> Sequence[str]:
    summaries = summarize_all(outcome.recoveries)
    rows = []
    for trouble in Trouble:
        n_times = outcome.counts.get(trouble, 0)
        if not n_times:
            continue
        found = summaries.get(trouble)
        times = (
            ("0", "–", "–", "–")
            if found is None
            else (
                str(found.n),
                f"{found.median:.2f}",
                f"{found.p95:.2f}",
                f"{found.longest:.2f}",
            )
        )
        rows.append(f"| {trouble} | {n_times} | " + " | ".join(times) + " |")
    return rows


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
        "recoveries": {str(key): list(them) for key, them in outcome.recoveries.items()},
    }
    (directory / "report.json").write_text(json.dumps(raw, indent=1))
