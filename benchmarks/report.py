"""What came of the measurements: tables, aims, and the page of the reference.

Each benchmark's result is kept as JSON in `benchmarks/results`, so that one can be measured again
without the others; the page is made from all of them.
"""

import argparse
import os
import platform
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import psutil
from pydantic import Field

import mojodex
from benchmarks.load import Plain
from benchmarks.stage import cpu_seconds

RESULTS = Path(__file__).with_name("results")
PAGE = Path(__file__).parents[1] / "docs" / "reference" / "performance.md"
#: Share of the processors that others may take before a figure is called disturbed.
QUIET = 0.1
HEAD = """# How fast it is

<!-- Written by `make bench` from benchmarks/results; do not edit. -->

`make bench` measures all of this on one machine, the load generator and the model (`mojodex
mock-llm`) as processes beside the product, and writes this page. `make bench only=streams` repeats
one part, `.venv/bin/python -m benchmarks.streams --quick` tries one in small and writes nothing.
Where others took more than a tenth of the processors meanwhile, the part says so: its figures are
then lower bounds.
"""


class Table(Plain):
    """Some figures side by side. `note` says how they were measured."""

    title: str
    note: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def render(self) -> str:
        """As Markdown."""
        lines = [self.columns, ["---", *("--:" for _ in self.columns[1:])], *self.rows]
        table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
        return f"### {self.title}\n\n{self.note}\n\n{table}\n"


class Aim(Plain):
    """What is wanted, and what came. `obstacle`: what stands in the way of one that is missed."""

    what: str
    wanted: str
    reached: str
    is_reached: bool
    obstacle: str = ""


class Result(Plain):
    """One benchmark. `foreign` is the share of the processors that other programs took.

    `seconds`: how long it took.
    """

    name: str
    title: str
    tables: Sequence[Table]
    aims: Sequence[Aim] = ()
    machine: str = ""
    foreign: float = 0.0
    seconds: float = 0.0
    measured_at: datetime = Field(default_factory=lambda: datetime.now(UTC))

    def render(self) -> str:
        """As Markdown."""
        disturbed = (
            f" **Disturbed**: other programs took {self.foreign:.0%} of the processors meanwhile."
            if self.foreign > QUIET
            else ""
        )
        took = f", in {self.seconds:.0f} s" if self.seconds else ""
        when = f"Measured {self.measured_at:%Y-%m-%d %H:%M} UTC{took}."
        head = f"## {self.title}\n\n{when}{disturbed}\n"
        return "\n".join([head, *(table.render() for table in self.tables)])


class Benchmark(Protocol):
    """Measures something; `is_quick` in small, to see that it works."""

    def __call__(self, *, is_quick: bool) -> Result: ...


class Foreign:
    """How much of the machine others take. `share` is known when the block has ended."""

    share = 0.0

    @contextmanager
    def watching(self) -> Iterator[None]:
        before, own, at = psutil.cpu_times(), _own_seconds(), time.monotonic()
        yield
        after, capacity = psutil.cpu_times(), (time.monotonic() - at) * (os.cpu_count() or 1)
        busy = sum(after) - sum(before) - (after.idle - before.idle)
        busy -= getattr(after, "iowait", 0.0) - getattr(before, "iowait", 0.0)
        self.share = max(0.0, busy - (_own_seconds() - own)) / capacity


def _own_seconds() -> float:
    ours = psutil.Process()
    return cpu_seconds([ours, *ours.children(recursive=True)])


def measure(benchmark: Benchmark, *, is_quick: bool) -> Result:
    """Run it and note what else went on."""
    foreign, began = Foreign(), time.monotonic()
    with foreign.watching():
        result = benchmark(is_quick=is_quick)
    found = {"foreign": foreign.share, "seconds": time.monotonic() - began}
    return result.model_copy(update={**found, "machine": describe_machine()})


def describe_machine() -> str:
    """What it was measured on."""
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{os.cpu_count()} cores{_processor()}, {memory:.0f} GB, {platform.system()} "
        f"{platform.machine()}, Python {platform.python_version()}, Mojodex {mojodex.__version__}, "
        "PostgreSQL 18"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return ""
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f" ({names[0]})" if names and names[0] not in ("", "unknown") else ""


def keep(result: Result) -> None:
    """Write the result to where the page is made from."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{result.name}.json").write_text(result.model_dump_json(indent=1) + "\n")


def write_page(names: Sequence[str]) -> None:
    """Make the page from what was kept, in the order of the benchmarks."""
    paths = [RESULTS / f"{name}.json" for name in names]
    results = [Result.model_validate_json(path.read_text()) for path in paths if path.exists()]
    PAGE.write_text(render_page(results))


def render_page(results: Sequence[Result]) -> str:
    """The page of the reference."""
    machines = "\n".join(f"- {machine}" for machine in dict.fromkeys(r.machine for r in results))
    aims = [aim for result in results for aim in result.aims]
    rows = [
        f"| {aim.what} | {aim.wanted} | {aim.reached} | {'yes' if aim.is_reached else '**no**'} |"
        for aim in aims
    ]
    missed = _describe_obstacles(aims)
    parts = [
        HEAD,
        f"{machines}\n",
        "## Aims\n",
        "| what | aim | measured | reached |\n|---|--:|--:|--:|",
        "\n".join(rows) + "\n",
        *(["What stands in the way:\n", "\n".join(missed) + "\n"] if missed else []),
        *(result.render() for result in results),
    ]
    return "\n".join(parts).rstrip() + "\n"


def _describe_obstacles(aims: Sequence[Aim]) -> list[str]:
    """A line for each obstacle of missed aims, with all that it keeps from being reached."""
    kept: dict[str, list[str]] = {}
    for aim in aims:
        if not aim.is_reached and aim.obstacle:
            kept.setdefault(aim.obstacle, []).append(aim.what)
    return [f"- **{'; '.join(what)}**: {obstacle}" for obstacle, what in kept.items()]


def run_alone(benchmark: Benchmark) -> None:
    """The command line of one benchmark: prints what it found."""
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("--quick", action="store_true", help="small, to see that it works")
    result = measure(benchmark, is_quick=parser.parse_args().quick)
    print(result.render())
    for aim in result.aims:
        print(f"{'reached' if aim.is_reached else 'MISSED '} {aim.what}: {aim.reached}")
