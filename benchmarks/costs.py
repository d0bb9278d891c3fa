"""What a run costs by itself, and what each of its tokens costs on top.

    .venv/bin/python -m benchmarks.costs [--quick]

Short and long texts, few at a time: the difference is the price of tokens, the rest is the price of
starting, claiming, saving and telling a run. Transactions are those that PostgreSQL counted.
"""

import time
from dataclasses import dataclass

import psycopg

from benchmarks.load import Job, in_process
from benchmarks.report import Aim, Result, Table, run_alone
from benchmarks.stage import ONE, Model, Pace, Site, site

WANTED_SECONDS = 0.2
STARTS_PER_SECOND = 2.0
#: PostgreSQL publishes its counters when a connection has been idle for a while.
SETTLE_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Of one run: seconds of processor time, of it in PostgreSQL, and transactions."""

    n_tokens: float
    seconds: float
    postgres_seconds: float
    n_transactions: float


def measure_cost(n_words: int, n_runs: int) -> Cost:
    """The mean of runs with texts of this length."""
    model = Model(Pace(n_words=n_words, between_tokens=0.02))
    with model.running(), site(ONE, OPENAI_BASE_URL=model.url) as site_:
        people = site_.people(n_runs + 10)
        _run(site_, Job(wire="v1", urls=site_.urls, people=people[n_runs:], starts_per_second=5))
        return _run(
            site_,
            Job(
                wire="v1",
                urls=site_.urls,
                people=people[:n_runs],
                starts_per_second=STARTS_PER_SECOND,
            ),
        )


def _run(site_: Site, job: Job) -> Cost:
    seconds, postgres = site_.cpu_seconds(), site_.cpu_seconds(named="postgres")
    n_transactions = _count_transactions(site_.database_url)
    outcome = in_process(job)
    time.sleep(SETTLE_SECONDS)
    n_runs = len(job.people)
    return Cost(
        n_tokens=outcome.n_tokens / n_runs,
        seconds=(site_.cpu_seconds() - seconds) / n_runs,
        postgres_seconds=(site_.cpu_seconds(named="postgres") - postgres) / n_runs,
        n_transactions=(_count_transactions(site_.database_url) - n_transactions) / n_runs,
    )


def _count_transactions(url: str) -> int:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(
            "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
        ).fetchone()
    return int(row[0]) if row is not None else 0


def measure(*, is_quick: bool) -> Result:
    """One table."""
    n_runs = 5 if is_quick else 20
    short, long = (measure_cost(n_words, n_runs) for n_words in (40, 100 if is_quick else 600))
    per_token = max(0.0, long.seconds - short.seconds) / max(1.0, long.n_tokens - short.n_tokens)
    table = Table(
        title="A run and its tokens",
        note=f"Processor time of the product with its database, one process, {n_runs} runs started "
        f"{STARTS_PER_SECOND:.0f} per second at 50 tokens a second; the product's own periodic "
        "work is in it.",
        columns=("text", "tokens", "ms per run", "of it PostgreSQL ms", "transactions per run"),
        rows=[_row("short", short), _row("long", long)],
    )
    return Result(
        name="costs",
        title="What a run costs",
        tables=[table],
        aims=[
            Aim(
                what="CPU per 1,000 tokens, beside what each run costs",
                wanted=f"{WANTED_SECONDS} s",
                reached=f"{1000 * per_token:.3f} s",
                is_reached=1000 * per_token <= WANTED_SECONDS,
                obstacle="each token of a quiet stream is read, parsed, numbered, spelt and sent "
                "by itself.",
            )
        ],
    )


def _row(name: str, cost: Cost) -> list[str]:
    times = (cost.seconds, cost.postgres_seconds)
    return [
        name,
        f"{cost.n_tokens:.0f}",
        *(f"{1000 * seconds:.0f}" for seconds in times),
        f"{cost.n_transactions:.0f}",
    ]


if __name__ == "__main__":
    run_alone(measure)
