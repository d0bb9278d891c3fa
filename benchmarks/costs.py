"""What a run costs by itself, and what each of its tokens costs on top.

    .venv/bin/python -m benchmarks.costs [--quick]

Short and long texts, few at a time: the difference is the price of tokens, the rest is the price of
starting, claiming, saving and telling a run. Transactions are those that PostgreSQL counted. Beside
them a plain client that reads the same long texts from the model's endpoint.
"""

import time
from dataclasses import dataclass, replace

from benchmarks.load import Job, in_process
from benchmarks.report import Aim, Result, Table, run_alone
from benchmarks.stage import ONE, SETTLE_SECONDS, Model, Pace, Site, site

WANTED_SECONDS = 0.2
STARTS_PER_SECOND = 2.0


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Of one run: seconds of processor time, of it in PostgreSQL, and transactions.

    `plain_seconds`: what a plain client takes that reads the same from the model's endpoint.
    """

    n_tokens: float
    seconds: float
    postgres_seconds: float
    n_transactions: float
    plain_seconds: float = 0.0


def measure_cost(n_words: int, n_runs: int) -> Cost:
    """The mean of runs with texts of this length."""
    model = Model(Pace(n_words=n_words, between_tokens=0.02))
    with model.running(), site(ONE, OPENAI_BASE_URL=model.url) as site_:
        people = site_.people(n_runs + 10)
        _run(site_, Job(wire="v1", urls=site_.urls, people=people[n_runs:], starts_per_second=5))
        job = Job(
            wire="v1",
            urls=site_.urls,
            people=people[:n_runs],
            starts_per_second=STARTS_PER_SECOND,
        )
        found = _run(site_, job)
        plain = in_process(job.model_copy(update={"wire": "bare", "urls": [model.url]}))
    return replace(found, plain_seconds=plain.cpu_seconds / n_runs)


def _run(site_: Site, job: Job) -> Cost:
    seconds, postgres = site_.cpu_seconds(), site_.cpu_seconds(named="postgres")
    n_transactions = site_.count_transactions()
    outcome = in_process(job)
    time.sleep(SETTLE_SECONDS)
    n_runs = len(job.people)
    return Cost(
        n_tokens=outcome.n_tokens / n_runs,
        seconds=(site_.cpu_seconds() - seconds) / n_runs,
        postgres_seconds=(site_.cpu_seconds(named="postgres") - postgres) / n_runs,
        n_transactions=(site_.count_transactions() - n_transactions) / n_runs,
    )


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
        columns=(
            "text",
            "tokens",
            "ms per run",
            "of it PostgreSQL ms",
            "transactions per run",
            "a plain client of the model ms",
        ),
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
                "by itself; a plain client that only reads them takes "
                f"{1e6 * long.plain_seconds / max(1.0, long.n_tokens):.0f} ms per 1,000.",
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
        f"{1000 * cost.plain_seconds:.0f}",
    ]


if __name__ == "__main__":
    run_alone(measure)
