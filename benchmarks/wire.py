"""How many bytes a text costs on its way to a client.

    .venv/bin/python -m benchmarks.wire [--quick]

The same texts (by the model's own words, without stamps) on v1, which tells what is new, on the
Mojodex clients' socket, which tells the whole text so far, and from the model's endpoint.
"""

from benchmarks.load import Job, Outcome, in_process
from benchmarks.report import Result, Table, run_alone
from benchmarks.stage import ONE, Model, Pace, site

WIRES = {"v1": "v1", "mojodex": "Mojodex clients' socket", "bare": "the model's endpoint (SSE)"}


def measure(*, is_quick: bool) -> Result:
    """One table."""
    n_runs, n_words = (2, 60) if is_quick else (5, 400)
    model = Model(Pace(between_tokens=0.02, n_words=n_words, has_stamps=False))
    with model.running(), site(ONE, OPENAI_BASE_URL=model.url) as site_:
        people = site_.people(n_runs)
        found = {
            wire: in_process(
                Job.model_validate(
                    {
                        "wire": wire,
                        "urls": [model.url] if wire == "bare" else site_.urls,
                        "people": people,
                        "starts_per_second": 10,
                    }
                )
            )
            for wire in WIRES
        }
    table = Table(
        title="Bytes on the wire",
        note=f"Payload of everything that comes for one text of about {n_words} words at 50 tokens "
        "a second, its final among it.",
        columns=("what", "events per text", "kB per text", "text itself kB", "times the text"),
        rows=[[WIRES[wire], *_row(outcome)] for wire, outcome in found.items()],
    )
    return Result(name="wire", title="On the wire", tables=[table])


def _row(outcome: Outcome) -> list[str]:
    return [
        f"{outcome.n_events:.0f}",
        f"{outcome.n_bytes / 1000:.1f}",
        f"{outcome.n_text_bytes / 1000:.1f}",
        f"{outcome.n_bytes / outcome.n_text_bytes:.1f}",
    ]


if __name__ == "__main__":
    run_alone(measure)
