"""All benchmarks, or some: prints what they find, keeps it, and writes the page of the reference.

.venv/bin/python -m benchmarks [--quick] [--only streams,lists]
"""

import argparse
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
    for name in given.only.split(",") if given.only else BENCHMARKS:
        result = measure(BENCHMARKS[name], is_quick=given.quick)
        print(result.render(), flush=True)
        if not given.quick:
            keep(result)
            write_page(list(BENCHMARKS))


if __name__ == "__main__":
    main()
