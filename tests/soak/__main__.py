"""`python -m tests.soak`: run it, tell what came of it, end with 1 when anything was counted."""

import argparse
import asyncio
import shutil
import sys
from pathlib import Path

from tests.soak.report import Outcome, describe, render, render_page
from tests.soak.run import Options, soak


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--turns", type=int, default=1_000, help="how many, in each run")
    parser.add_argument("--seed", type=int, default=7, help="what the schedule is drawn from")
    parser.add_argument("--minutes", type=float, help="begin no conversation after so many")
    parser.add_argument("--gap", type=float, default=5.0, help="seconds between troubles")
    parser.add_argument("--at-once", type=int, default=8, help="conversations side by side")
    parser.add_argument("--write", type=Path, help="page for the table of recovery times")
    parser.add_argument(
        "--out", type=Path, default=Path(".soak"), help="directory for logs and reports"
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--no-redis", action="store_true", help="only without Redis")
    which.add_argument("--both", action="store_true", help="first with Redis, then without")
    return parser.parse_args()


def run(arguments: argparse.Namespace, *, has_redis: bool) -> Outcome:
    name = f"seed-{arguments.seed}-{'redis' if has_redis else 'no-redis'}"
    options = Options(
        seed=arguments.seed,
        n_turns=arguments.turns,
        has_redis=has_redis,
        directory=arguments.out / name,
        gap=arguments.gap,
        n_at_once=arguments.at_once,
        minutes=arguments.minutes,
    )
    say(f"Soaking {'with' if has_redis else 'without'} Redis; logs in {options.directory}")
    outcome = asyncio.run(soak(options, say))
    say(f"\n{render(outcome)}\n{describe(outcome)}")
    return outcome


def main() -> int:
    arguments = read_arguments()
    variants = (True, False) if arguments.both else (not arguments.no_redis,)
    if True in variants and shutil.which("redis-server") is None:
        say("redis-server is not installed: scripts/setup --system, or --no-redis")
        return 2
    outcomes = [run(arguments, has_redis=has_redis) for has_redis in variants]
    if arguments.write is not None:
        arguments.write.write_text(render_page(outcomes))
    return 0 if all(one.is_good for one in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
