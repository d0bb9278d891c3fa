"""How soon the page answers a key or a click while a long text is being written on it.

    .venv/bin/python -m benchmarks.streamed_page [--quick]

A model writes 20,000 characters with tables, lists and code at 200 tokens a second; meanwhile
somebody clicks and types into the conversation, in Debian's chromium. Beside it the plain way: a
page without any product that gets the same tokens from a timer and makes its whole text anew for
each (`marked` and `innerHTML`).

A delay is from the event's own time stamp (the browser's, before any script) to the end of the
frame that follows; blocks of the main thread are the browser's long tasks (50 ms and more).
"""

import asyncio
import json
import statistics
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from playwright.sync_api import Browser, Page, Route
from tests.browser.stage import DESKTOP, NOTES, open_browser, open_product, open_stage
from tests.browser.staged import NAMING, StagedModel
from tests.postgres import TEMPLATE, clone, running_server
from tests.template import build_template

from benchmarks.report import Aim, Result, Table, run_alone
from mojodex.platform.llm.vocabulary import ModelEvent, ModelRequest, TextDelta

N_CHARACTERS = 20_000
TOKENS_PER_SECOND = 200
TOKEN_LENGTH = 4
ANSWER_MS = 100.0
#: The plain page falls behind; after that long it has shown what it does.
PLAIN_SECONDS = 40
MARKED = Path(__file__).parents[1] / "web" / "node_modules" / "marked" / "lib" / "marked.umd.js"

PART = """## Part {number}

They accept the **price**, want delivery *before March*, and ask for the `certificates` by Friday;
[the offer](https://example.org/offer) stands until then, as was said in part {number}.

- [x] send the offer
- [ ] send the certificates
  - for the line
  - for the hall

| Item | Amount | Price |
|:-----|-------:|------:|
| Line | 1 | 48,000 |
| Belt | 12 | 1,150 |
| Motor | 4 | 2,300 |
| Cover | 24 | 75 |

```python
def total(items: list[Item]) -> Decimal:
    return sum((item.price * item.amount for item in items), start=Decimal(0))
```

> What is not ordered by then is offered anew.

"""

#: Notes each delay, and the longest blocks. Runs before any script of the page.
WATCH = """
window.delays = [];
window.blocks = [];
const answered = (event) => {
    const began = event.timeStamp;
    requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => window.delays.push(performance.now() - began);
        channel.port2.postMessage(null);
    });
};
for (const kind of ["keydown", "pointerdown"]) {
    addEventListener(kind, (event) => { if (event.isTrusted) answered(event); }, true);
}
new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.blocks.push(entry.duration);
}).observe({type: "longtask"});
"""

PLAIN = """<!doctype html><title>Plain</title>
<div style="display: flex; height: 100vh">
<main style="flex: 1; overflow: auto"><article></article></main>
<aside><textarea aria-label="Words"></textarea></aside></div>"""
GROW = """([text, length, pace, longest]) => {
    const article = document.querySelector("article");
    const began = performance.now();
    let shown = 0;
    const isOver = () => performance.now() - began > 1000 * longest;
    const timer = setInterval(() => {
        const due = Math.floor((performance.now() - began) / 1000 * pace) * length;
        while (shown < Math.min(due, text.length) && !isOver()) {
            shown += length;
            article.innerHTML = marked.parse(text.slice(0, shown));
            article.parentElement.scrollTop = article.parentElement.scrollHeight;
        }
        if (shown >= text.length || isOver()) { clearInterval(timer); window.isWritten = true; }
    }, 1000 / pace);
}"""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Delays and blocks of one page, in milliseconds; `seconds`: how long the text took."""

    delays: Sequence[float]
    blocks: Sequence[float]
    seconds: float

    @property
    def p95(self) -> float:
        return statistics.quantiles(self.delays, n=20)[18]


class LongModel(StagedModel):
    """Writes one long text at its pace; names what it wrote as the demo model does."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._answer = f"<execution><title>Offer</title><draft>{text}</draft></execution>"

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        if NAMING in request.label:
            async for event in super().stream(request):
                yield event
            return
        began = time.perf_counter()
        for number, at in enumerate(range(0, len(self._answer), TOKEN_LENGTH)):
            due = began + number / TOKENS_PER_SECOND
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            yield TextDelta(text=self._answer[at : at + TOKEN_LENGTH])


def build_text(length: int) -> str:
    parts = [PART.format(number=number) for number in range(1, length // len(PART) + 2)]
    return "".join(parts)[:length]


def watch(page: Page, is_written: Callable[[], bool], field: str) -> Seen:
    """Type and click until the text is written."""
    box = page.get_by_role("textbox", name=field).bounding_box()
    if box is None:
        raise RuntimeError("the field is not there")
    page.evaluate("() => { window.delays.length = 0; window.blocks.length = 0; }")
    began = time.monotonic()
    number = 0
    while not is_written():
        page.keyboard.press("abcdefg "[number % 8])
        number += 1
        if number % 5 == 1:
            page.mouse.click(box["x"] + 20, box["y"] + 10)
    seconds = time.monotonic() - began
    found = json.loads(page.evaluate("() => JSON.stringify([window.delays, window.blocks])"))
    return Seen(delays=found[0], blocks=found[1], seconds=seconds)


def watch_ours(browser: Browser, url: str, model: StagedModel) -> Seen:
    with open_stage(browser, url, model, size=DESKTOP) as stage:
        stage.page.add_init_script(WATCH)
        stage.sign_in()
        stage.start(NOTES)
        chip = stage.page.locator("main").get_by_text("Done", exact=True)
        stage.page.locator("article").get_by_role("heading").first.wait_for()
        return watch(stage.page, lambda: chip.count() > 0, "Write to the assistant")


def watch_plain(browser: Browser, text: str) -> Seen:
    page = browser.new_page(viewport={"width": DESKTOP[0], "height": DESKTOP[1]})
    page.add_init_script(WATCH)
    # Scripts that run first need a page that is loaded, not one that is written into.
    page.route("http://plain.invalid/", _fulfil)
    page.goto("http://plain.invalid/")
    page.add_script_tag(path=MARKED)
    page.evaluate(GROW, [text, TOKEN_LENGTH, TOKENS_PER_SECOND, PLAIN_SECONDS])
    seen = watch(page, lambda: bool(page.evaluate("() => window.isWritten === true")), "Words")
    page.close()
    return seen


def _fulfil(route: Route) -> None:
    route.fulfill(body=PLAIN, content_type="text/html")


def _row(name: str, seen: Seen) -> list[str]:
    return [
        name,
        str(len(seen.delays)),
        *(f"{ms:.0f}" for ms in (statistics.median(seen.delays), seen.p95, max(seen.delays))),
        str(len(seen.blocks)),
        f"{max(seen.blocks):.0f}" if seen.blocks else "under 50",
        f"{seen.seconds:.1f}",
    ]


def measure(*, is_quick: bool) -> Result:
    """Both pages, one after the other, in one browser."""
    text = build_text(N_CHARACTERS // 4 if is_quick else N_CHARACTERS)
    model = LongModel(text)
    with running_server() as server:
        admin = server.url("postgres")
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{TEMPLATE}"')
        asyncio.run(build_template(server.url(TEMPLATE)))
        with (
            clone(admin) as pg_url,
            open_product(pg_url, model) as url,
            open_browser() as browser,
        ):
            ours = watch_ours(browser, url, model)
            plain = watch_plain(browser, text)
    return Result(
        name="streamed_page",
        title="A page that answers while it is written on",
        tables=[_table(len(text), [_row("ours", ours), _row("made anew for each token", plain)])],
        aims=[
            Aim(
                what="a key or a click on a page being written on (p95)",
                wanted=f"{ANSWER_MS:.0f} ms",
                reached=f"{ours.p95:.0f} ms",
                is_reached=ours.p95 < ANSWER_MS,
                obstacle=f"the longest block of the thread: {max(ours.blocks, default=0):.0f} ms.",
            )
        ],
    )


def _table(n_characters: int, rows: Sequence[Sequence[str]]) -> Table:
    return Table(
        title="Delay of keys and clicks",
        note=f"A text of {n_characters:,} characters with tables, lists and code at "
        f"{TOKENS_PER_SECOND} tokens a second, in Debian's chromium without a graphics processor. "
        "From the event's time stamp to the end of the next frame, in milliseconds; *blocks* are "
        "long tasks of the main thread (50 ms and more). The other page gets its tokens from a "
        f"timer, without product, network or conversation; it is stopped after {PLAIN_SECONDS} s.",
        columns=(
            "page",
            "events",
            "median ms",
            "p95",
            "longest",
            "blocks",
            "longest ms",
            "seconds",
        ),
        rows=rows,
    )


if __name__ == "__main__":
    run_alone(measure)
