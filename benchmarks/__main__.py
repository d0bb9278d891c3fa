"""All benchmarks, or some: prints what they find, keeps it, and writes the page of the reference.

.venv/bin/python -m benchmarks [--quick] [--only streams,lists]
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence

from benchmarks import (
    costs,
    lists,
    parts,
    starting,
    streamed_page,
    streams,
    text_without_redis,
    wire,
)
from benchmarks.report import Benchmark, keep, measure, write_page

BENCHMARKS: dict[str, Benchmark] = {
    "streams": streams.measure,
    "costs": costs.measure,
    "parts": parts.measure,
    "wire": wire.measure,
    "text_without_redis": text_without_redis.measure,
    "lists": lists.measure,
    "streamed_page": streamed_page.measure,
    "starting": starting.measure,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, keep, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="in small; keeps and writes nothing")
    parser.add_argument(
        "--only", default="", help="names with commas between: " + " ".join(BENCHMARKS)
    )
    given = parser.parse_args(arguments)
    names = given.only.split(",") if given.only else list(BENCHMARKS)
    if len(names) > 1:
        failed = [name for name in names if not run_apart(name, is_quick=given.quick)]
        if failed:
            sys.exit(f"These parts ended with an error: {', '.join(failed)}")
        return
    result = measure(BENCHMARKS[names[0]], is_quick=given.quick)
    print(result.render(), flush=True)
    if not given.quick:
        keep(result)
        write_page(list(BENCHMARKS))


def run_apart(name: str, *, is_quick: bool) -> bool:
    """One of several, in a process of its own: what one leaves behind, or breaks, is its own."""
    quick = ["--quick"] if is_quick else []
    command = [sys.executable, "-m", "benchmarks", "--only", name, *quick]
    return subprocess.run(command, check=False).returncode == 0


if __name__ == "__main__":
    main()
