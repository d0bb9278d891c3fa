"""A browser before the served product, and what a person does there."""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from mojodex.apps.bundle import find_bundle
from mojodex.platform.realtime import ServerTiming
from tests.browser.staged import StagedModel
from tests.harness.served import serve_in_thread

CHROMIUM = os.environ.get("MOJODEX_CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
PATIENCE_MS = 15_000
#: An ended log-in is noticed soon, so that nobody waits for it.
QUICK = ServerTiming(recheck=0.5)

Scheme = Literal["light", "dark"]
DESKTOP = (1280, 900)
PHONE = (390, 844)
#: As narrow as a page has to be usable, and as low as a desktop's window is at 200 %.
NARROW = (320, 640)
ENLARGED = (640, 450)

#: Long enough for the demo model to deliver at once, and short enough for it to ask.
NOTES = (
    "Meeting with the Lyon customer about the new packaging line: they accept the price, want "
    "delivery before March, and ask us to send the safety certificates by Friday."
)
BRIEF = "Launch meeting"
TASK = "Meeting minutes"


@dataclass
class Stage:
    """One page of one browser context. `faults` are what its console complained about."""

    page: Page
    url: str
    model: StagedModel
    is_phone: bool = False
    faults: list[str] = field(default_factory=list)

    def open(self, path: str = "/") -> None:
        self.page.goto(f"{self.url}/app{path}")

    def sign_in(self) -> None:
        """With the demo account, as a newcomer does."""
        self.open()
        self.page.get_by_role("button", name="Fill in the demo account").click()
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.title("Good ")).to_be_visible()

    def title(self, text: str) -> Locator:
        return self.page.get_by_role("heading", level=1, name=text)

    def button(self, name: str, *, exact: bool = False) -> Locator:
        return self.page.get_by_role("button", name=name, exact=exact)

    def go(self, place: str) -> None:
        """By the main menu, wherever it stands."""
        self.page.get_by_role("navigation").get_by_role("link", name=place).click()

    def open_form(self, task: str = TASK) -> Locator:
        """The form of a task, from the gallery. Answers its first field."""
        self.go("Tasks")
        self.page.get_by_role("link", name=task).click()
        form = self.page.get_by_role("dialog", name=task)
        return form.get_by_role("textbox").first

    def start(self, notes: str = NOTES) -> None:
        """Fill the form and start; ends on the page of the work."""
        self.open_form().fill(notes)
        self.button("Start writing").click()
        self.page.wait_for_url("**/executions/*")

    def expect_state(self, word: str) -> None:
        chip = self.page.locator("main").get_by_text(word, exact=True).first
        expect(chip).to_be_visible()

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """A request of the page itself: with its cookie and its origin."""
        answer = self.page.evaluate(
            """async ([method, path, body]) => {
                const headers = {"content-type": "application/json"};
                const answer = await fetch("/api/v1" + path, {
                    method, headers, body: body === null ? undefined : JSON.stringify(body),
                });
                const text = await answer.text();
                return {ok: answer.ok, status: answer.status, body: text ? JSON.parse(text) : null};
            }""",
            [method, path, body],
        )
        assert answer["ok"], answer
        return answer["body"]

    def run_task(self, notes: str, task_id: str) -> dict[str, Any]:
        """Start a task without its form."""
        task = self.ask("GET", f"/tasks/{task_id}")
        inputs = {item["name"]: notes for item in task["inputs"]}
        execution: dict[str, Any] = self.ask(
            "POST", "/executions", {"task_id": task_id, "inputs": inputs}
        )
        return execution

    def fill_history(self, count: int) -> None:
        """Many pieces of work, of all tasks."""
        tasks = [task["id"] for task in self.ask("GET", "/tasks")["items"]]
        for number in range(count):
            self.run_task(f"{NOTES} Part {number}.", tasks[number % len(tasks)])
        self.page.wait_for_function(
            """async () => {
                const answer = await fetch("/api/v1/executions?state=writing");
                return (await answer.json()).items.length === 0;
            }""",
            timeout=60_000,
        )

    def settle(self) -> None:
        """Until fonts are there, nothing moves and nothing has changed for a moment, so that a
        picture shows what a person sees. What never stands still is left after a third of a second.
        """
        self.page.evaluate(STANDS_STILL)

    def check_axe(self, where: str) -> None:
        """No violation of WCAG 2.2 A and AA, nor of axe's best practices.

        axe would fetch style sheets anew that this page could not load, and complain while offline;
        none of its rules in use reads them.
        """
        if self.page.evaluate("() => window.axe === undefined"):
            self.page.evaluate(AXE.read_text())
        found = self.page.evaluate(
            """async () => {
                const found = await axe.run(document, {
                    resultTypes: ["violations"], preload: {assets: ["media"]},
                });
                return found.violations.map((each) => ({
                    id: each.id, help: each.help,
                    nodes: each.nodes.slice(0, 3).map((node) => [node.html, node.failureSummary]),
                }));
            }"""
        )
        assert not found, f"{where}: {json.dumps(found, indent=2)}"

    def check_width(self, where: str) -> None:
        """Nothing to be scrolled to at the side."""
        lost = self.page.evaluate(
            """() => [...document.querySelectorAll("html, main, dialog, [popover]:popover-open")]
                .filter((element) => element.scrollWidth > element.clientWidth + 1)
                .map((element) => `${element.tagName} ${element.scrollWidth}`)"""
        )
        assert not lost, f"{where}: {lost}"

    @contextmanager
    def at_least(self, size: tuple[int, int]) -> Iterator[None]:
        """The same state in a window that has at least this width, while the block runs."""
        before = self.page.viewport_size
        assert before is not None
        if before["width"] < size[0]:
            self.page.set_viewport_size({"width": size[0], "height": size[1]})
            # The page hears of it a moment later, and would be measured as it was.
            self.page.wait_for_function("(width) => innerWidth === width", arg=size[0])
        yield
        self.page.set_viewport_size(before)

    def check_cut(self, where: str) -> None:
        """No words of the interface hidden by an edge or left out behind an ellipsis, nor hints
        in empty fields."""
        cut = self.page.evaluate(
            """() => [...document.querySelectorAll(
                    "button, button span, label, legend, nav a, h1, h2, dt, kbd, th, [role=radio]")]
                .filter((element) => element.checkVisibility() && element.clientWidth > 1
                    && getComputedStyle(element).overflowX !== "visible"
                    && element.scrollWidth > element.clientWidth + 1)
                .map((element) => element.innerText)
                .concat([...document.querySelectorAll(":is(input, textarea):placeholder-shown")]
                    .filter((element) => element.checkVisibility() && element.placeholder !== "")
                    .filter((element) => {
                        // As if it were typed: of hints alone no size is told.
                        element.value = element.placeholder;
                        const isCut = element.scrollWidth > element.clientWidth + 1
                            || (element.tagName === "TEXTAREA"
                                && element.scrollHeight > element.clientHeight + 1);
                        element.value = "";
                        return isCut;
                    })
                    .map((element) => element.placeholder))"""
        )
        assert not cut, f"{where}: {cut}"


STANDS_STILL = """async () => {
    const began = performance.now();
    let changed = began;
    const observer = new MutationObserver(() => { changed = performance.now(); });
    observer.observe(document, {
        attributes: true, characterData: true, childList: true, subtree: true,
    });
    const moves = (animation) => animation.playState === "running"
        && Number.isFinite(animation.effect.getComputedTiming().endTime);
    await document.fonts.ready;
    while (performance.now() - began < 350
        && (performance.now() - changed < 100 || document.getAnimations().some(moves)))
        await new Promise((resolve) => setTimeout(resolve, 20));
    observer.disconnect();
}"""


@contextmanager
def open_stage(
    browser: Browser,
    url: str,
    model: StagedModel,
    *,
    size: tuple[int, int] = DESKTOP,
    scheme: Scheme = "light",
    scale: float = 1,
    keeps_app: bool = False,
) -> Iterator[Stage]:
    """A fresh browser context: nobody is signed in, nothing is kept.

    `keeps_app` lets the service worker in; what it answers escapes `page.route`.
    """
    is_phone = size[0] < 600
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        device_scale_factor=scale,
        color_scheme=scheme,
        has_touch=is_phone,
        is_mobile=is_phone,
        locale="en-GB",
        reduced_motion="reduce",
        service_workers="allow" if keeps_app else "block",
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    stage = Stage(page=page, url=url, model=model, is_phone=is_phone)
    page.on("pageerror", lambda error: stage.faults.append(str(error)))
    page.on("console", lambda message: _take(stage, message.type, message.text))
    try:
        yield stage
    finally:
        model.hold_after = None
        model.failure = None
        context.close()


#: A browser writes every answer outside 2xx to the console; the pages speak of them themselves.
_EXPECTED = re.compile(
    r"Failed to load resource|WebSocket connection to .* failed"
    r"|Service Worker registration blocked"
)


def _take(stage: Stage, kind: str, text: str) -> None:
    if kind in ("error", "warning") and not _EXPECTED.search(text):
        stage.faults.append(text)


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Debian's chromium, driven over its pipe."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def open_product(pg_url: str, model: StagedModel) -> Iterator[str]:
    """The served product with its web app and its demo account; answers its address."""
    if find_bundle() is None:
        raise RuntimeError("the web app is not built; run `make web` first")
    with serve_in_thread(pg_url, model=model, is_demo_open=True, socket_timing=QUICK) as served:
        yield served.url
