"""Every page and state of the web app, reached as a person reaches it.

The tour is walked by the accessibility tests and by `make shots`; each yielded name is a state
that stands still.
"""

import json
import re
from collections.abc import Iterator

from playwright.sync_api import Route, expect

from mojodex.platform.llm.errors import ModelKeyWrong, ModelRateLimited
from tests.browser.stage import BRIEF, NOTES, TASK, Stage

N_WORKS = 24


def tour(stage: Stage) -> Iterator[str]:
    """All states, on an empty product with the demo account."""
    yield from _signed_out(stage)
    yield from _empty(stage)
    yield from _form(stage)
    yield from _question(stage)
    yield from _writing(stage)
    yield from _text(stage)
    yield from _failed(stage)
    yield from _lists(stage)
    yield from _troubles(stage)
    yield from _palette(stage)
    yield from _settings(stage)
    yield from _shell(stage)


def _signed_out(stage: Stage) -> Iterator[str]:
    page = stage.page
    stage.open("/history")
    expect(stage.title("Sign in")).to_be_visible()
    expect(stage.button("Fill in")).to_be_visible()
    yield "sign-in"
    stage.button("Sign in").click()
    expect(page.get_by_text("Please enter your password.")).to_be_visible()
    yield "sign-in-missing"
    page.get_by_label("E-mail").fill("ada@example.org")
    page.get_by_role("textbox", name="Password").fill("wrong")
    stage.button("Sign in").click()
    expect(page.get_by_text("do not belong together")).to_be_visible()
    yield "sign-in-wrong"


def _empty(stage: Stage) -> Iterator[str]:
    stage.sign_in()
    expect(stage.page.get_by_text("Nothing written yet")).to_be_visible()
    yield "home-empty"
    stage.button("Try an example").click()
    expect(stage.page.get_by_role("option", name="Follow-up e-mail")).to_be_visible()
    yield "home-suggestions"
    stage.page.get_by_role("textbox", name="What do you need").fill("")
    stage.go("History")
    expect(stage.page.get_by_text("Nothing here yet")).to_be_visible()
    yield "history-empty"


def _form(stage: Stage) -> Iterator[str]:
    page = stage.page
    stage.go("Tasks")
    expect(page.get_by_role("link", name=TASK)).to_be_visible()
    yield "tasks"
    page.get_by_role("searchbox").fill("mail")
    expect(page.get_by_role("link", name=TASK)).to_be_hidden()
    yield "tasks-search"
    page.get_by_role("searchbox").fill("zebra")
    expect(page.get_by_text("No task fits")).to_be_visible()
    yield "tasks-nothing"
    page.get_by_role("searchbox").fill("")
    stage.open_form()
    yield "form"
    stage.button("Start writing").click()
    expect(page.get_by_text("Please fill this in").first).to_be_visible()
    yield "form-missing"


def _question(stage: Stage) -> Iterator[str]:
    page = stage.page
    stage.model.hold_after = 1
    page.get_by_role("dialog").get_by_role("textbox").first.fill(BRIEF)
    stage.button("Start writing").click()
    page.wait_for_url("**/executions/*")
    expect(page.get_by_text("The assistant is reading")).to_be_visible()
    yield "work-preparing"
    stage.model.hold_after = None
    stage.expect_state("Asks you")
    expect(page.get_by_role("region", name="The assistant asks")).to_be_visible()
    yield "work-asking"


def _writing(stage: Stage) -> Iterator[str]:
    page = stage.page
    stage.model.hold_after = 700
    card = page.get_by_role("region", name="The assistant asks")
    card.get_by_role("textbox").fill(NOTES)
    card.get_by_role("button", name="Send").click()
    expect(page.locator("article").get_by_role("heading").first).to_be_visible()
    yield "work-writing"
    if stage.is_phone:
        stage.button("Show the conversation").click()
        expect(page.get_by_role("dialog").get_by_text(NOTES)).to_be_visible()
        yield "work-writing-chat"
        page.keyboard.press("Escape")
    stage.model.hold_after = None
    stage.expect_state("Done")
    expect(stage.button("Edit", exact=True)).to_be_visible()
    yield "work-done"


def _text(stage: Stage) -> Iterator[str]:
    page = stage.page
    page.get_by_text("What you gave").click()
    yield "work-inputs"
    yield from _editor(stage)
    page.get_by_role("button", name=re.compile(r"Version \d of")).click()
    expect(page.get_by_role("dialog").get_by_role("button", name="Version 1")).to_be_visible()
    yield "versions"
    page.get_by_role("dialog").get_by_role("button", name="Version 1").click()
    expect(page.get_by_text("You are reading version 1")).to_be_visible()
    yield "version-old"
    stage.button("Changes since then").click()
    expect(page.locator("article ins").first).to_be_visible()
    yield "version-changes"
    if stage.is_phone:
        stage.button("Show the conversation").click()
        yield "work-chat"
        page.keyboard.press("Escape")
    else:
        stage.button("Hide the conversation").click()
        yield "work-without-chat"
        stage.button("Show the conversation").click()


def _editor(stage: Stage) -> Iterator[str]:
    page = stage.page
    stage.button("Edit", exact=True).click()
    body = page.get_by_role("textbox", name="Text", exact=True)
    expect(body).to_be_focused()
    expect(page.get_by_role("toolbar")).to_be_visible()
    yield "editor"
    page.route("**/versions", lambda route: route.abort())
    page.get_by_label("Title").fill("Minutes of the launch")
    expect(page.get_by_text("will retry").first).to_be_visible()
    yield "editor-not-saved"
    page.unroute("**/versions")
    stage.button("Try again").click()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    yield "editor-saved"
    page.route("**/versions", lambda route: route.abort())
    body.press("Control+Home")
    page.keyboard.type("Mine. ")
    expect(page.get_by_text("will retry").first).to_be_visible()
    _save_elsewhere(stage)
    expect(page.get_by_role("region", name="The same place was changed twice.")).to_be_visible()
    yield "editor-conflict"
    stage.button("Compare").click()
    expect(page.get_by_role("dialog").locator("ins").first).to_be_visible()
    yield "editor-compare"
    page.unroute("**/versions")
    page.get_by_role("dialog").get_by_role("button", name="Keep mine").click()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    stage.button("Done", exact=True).click()
    expect(stage.title("Minutes of the launch")).to_be_visible()
    stage.button("More", exact=True).click()
    expect(page.get_by_role("dialog").get_by_role("button", name="Print")).to_be_visible()
    yield "work-more"
    page.keyboard.press("Escape")


def _save_elsewhere(stage: Stage) -> None:
    """Somebody saves the same text in another window."""
    path = "/executions/" + stage.page.url.partition("?")[0].rpartition("/")[2]
    text = stage.ask("GET", path)["text"]
    edit = {
        "title": text["title"],
        "body": "Other words\n\n" + text["body"].partition("\n\n")[2],
        "base_version_id": text["version_id"],
    }
    # With the person's cookie, but past the page, whose own saving may be cut off.
    answer = stage.page.request.post(
        f"{stage.url}/api/v1{path}/versions", data=edit, headers={"Origin": stage.url}
    )
    assert answer.ok, answer.text()


def _failed(stage: Stage) -> Iterator[str]:
    stage.model.failure = ModelKeyWrong(model="demo", provider="demo", detail="")
    stage.start()
    stage.expect_state("Failed")
    expect(stage.button("Try again")).to_be_visible()
    yield "work-failed"
    stage.model.failure = None
    stage.model.hold_after = 300
    stage.button("Try again").click()
    stage.button("Stop").click()
    stage.expect_state("Stopped")
    stage.model.hold_after = None
    yield "work-stopped"
    yield from _waiting(stage)
    yield from _cut(stage)


def _waiting(stage: Stage) -> Iterator[str]:
    page = stage.page
    stage.model.failure = ModelRateLimited(
        model="demo", provider="demo", detail="", retry_after=100.0
    )
    stage.start()
    stage.expect_state("Waiting")
    yield "work-waiting"
    stage.model.failure = None
    stage.button("Stop").click()
    stage.expect_state("Stopped")
    # Stopped before its first word, it is not left without a way on.
    expect(page.get_by_text("before it wrote anything. What you gave is kept")).to_be_visible()
    yield "work-stopped-early"
    stage.button("Try again").click()
    stage.expect_state("Done")


def _cut(stage: Stage) -> Iterator[str]:
    stage.model.cut_after = 700
    stage.start()
    expect(stage.button("Ask to go on")).to_be_visible()
    stage.button("Ask to go on").scroll_into_view_if_needed()
    yield "work-cut"
    stage.model.cut_after = None


def _lists(stage: Stage) -> Iterator[str]:
    page = stage.page
    stage.fill_history(N_WORKS)
    stage.run_task(BRIEF, "1")
    stage.open("/")
    expect(page.get_by_role("heading", name="Waiting for you")).to_be_visible()
    yield "home"
    stage.go("History")
    expect(page.get_by_role("main").get_by_role("listitem").nth(19)).to_be_visible()
    yield "history"
    yield from _history(stage)


def _history(stage: Stage) -> Iterator[str]:
    page = stage.page
    first = page.get_by_role("main").get_by_role("listitem").first
    first.get_by_role("button", name="More for").click()
    expect(stage.button("Rename")).to_be_visible()
    yield "history-menu"
    stage.button("Rename").click()
    expect(page.get_by_role("textbox", name="New name")).to_be_focused()
    yield "history-rename"
    page.keyboard.press("Escape")
    stage.button("All tasks").click()
    page.get_by_role("checkbox", name=TASK).check()
    yield "history-tasks"
    page.keyboard.press("Escape")
    page.get_by_role("searchbox").fill("packag cert")
    expect(page.locator("mark").first).to_be_visible()
    first.get_by_role("link").focus()
    page.keyboard.press("Delete")
    expect(stage.button("Undo", exact=True)).to_be_visible()
    yield "history-found-and-deleted"
    stage.button("Undo", exact=True).click()
    page.get_by_role("group", name="Filter by state").get_by_role("button", name="Failed").click()
    expect(page.get_by_text("Nothing fits")).to_be_visible()
    yield "history-nothing"


def _troubles(stage: Stage) -> Iterator[str]:
    page = stage.page
    problem = {"code": "internal", "detail": "", "errors": []}

    def refuse(route: Route) -> None:
        route.fulfill(status=500, content_type="application/json", body=json.dumps(problem))

    page.route("**/api/v1/executions?*", refuse)
    stage.open("/history")
    expect(stage.button("Try again")).to_be_visible()
    yield "history-error"
    page.unroute("**/api/v1/executions?*")
    for name, path, pattern in (
        ("history-loading", "/history", "**/api/v1/executions?*"),
        ("tasks-loading", "/tasks", "**/api/v1/tasks?*"),
        ("form-loading", "/tasks/1", "**/api/v1/tasks/1"),
        ("work-loading", "/executions/1", "**/api/v1/executions/1"),
    ):
        page.route(pattern, lambda _route: None)
        stage.open(path)
        expect(page.get_by_role("status", name="Loading…").first).to_be_visible()
        yield name
        page.unroute(pattern)
    stage.open("/executions/987654321")
    expect(stage.title("There is nothing here")).to_be_visible()
    yield "work-unknown"
    stage.open("/nowhere")
    expect(stage.title("There is nothing here")).to_be_visible()
    assert page.get_by_role("main").count() == 1
    yield "not-found"
    # The ways to go on are those of every page.
    stage.go("Tasks")
    expect(stage.title("Tasks")).to_be_visible()


def _palette(stage: Stage) -> Iterator[str]:
    page = stage.page
    stage.open("/tasks")
    expect(page.get_by_role("link", name=TASK)).to_be_visible()
    stage.button("Search", exact=stage.is_phone).first.click()
    expect(page.get_by_role("option").nth(12)).to_be_visible()
    yield "palette"
    page.keyboard.type("minutes")
    expect(page.get_by_role("option", selected=True)).to_contain_text(TASK)
    yield "palette-found"
    page.keyboard.type(" zebra")
    expect(page.get_by_role("dialog").get_by_text("Nothing fits")).to_be_visible()
    yield "palette-nothing"
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="detached")
    stage.title("Tasks").focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    yield "keyboard"
    page.keyboard.press("Escape")


def _settings(stage: Stage) -> Iterator[str]:
    page = stage.page
    stage.open("/settings")
    expect(page.get_by_text("This browser", exact=True)).to_be_visible()
    yield "settings"
    zone = page.get_by_role("combobox", name="Time zone")
    zone.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.type("new")
    expect(page.get_by_role("option").first).to_be_visible()
    yield "settings-time-zone"
    page.keyboard.press("Escape")
    page.get_by_role("region", name="Where you are").scroll_into_view_if_needed()
    yield "settings-log-ins"


def _shell(stage: Stage) -> Iterator[str]:
    page = stage.page
    stage.open("/")
    expect(page.get_by_role("main").get_by_role("listitem").first).to_be_visible()
    if not stage.is_phone:
        stage.button("Demo model").click()
        expect(page.get_by_text("OPENAI_API_KEY")).to_be_visible()
        yield "demo-model"
        page.keyboard.press("Escape")
    stage.button("You", exact=stage.is_phone).last.click()
    expect(stage.button("Log out")).to_be_visible()
    yield "person"
    page.get_by_text("Français").click()
    expect(stage.button("Se déconnecter")).to_be_visible()
    yield "person-french"
    page.keyboard.press("Escape")
    yield "home-french"
    stage.open("/tasks/1")
    expect(stage.button("Lancer l’écriture")).to_be_visible()
    yield "form-french"
    stage.open("/executions/2")
    expect(page.locator("article")).to_be_visible()
    yield "work-french"
    stage.open("/history")
    expect(page.get_by_role("main").get_by_role("listitem").first).to_be_visible()
    yield "history-french"
    stage.ask("PATCH", "/me", {"language": "en"})
    stage.open("/tasks")
    expect(stage.title("Tasks")).to_be_visible()
    if not stage.is_phone:
        stage.button("Collapse the menu").click()
        expect(page.get_by_role("link", name="Follow-up e-mail")).to_be_visible()
        yield "rail-narrow"
    page.context.set_offline(True)
    expect(page.get_by_text("You are offline.")).to_be_visible()
    yield "offline"
    if not stage.is_phone:
        # Nothing has pointed at this card yet, so its form was not fetched.
        page.get_by_role("link", name="Ask anything").press("Enter")
        expect(page.get_by_role("dialog").get_by_text("This form was not loaded")).to_be_visible()
        yield "form-offline"
        page.keyboard.press("Escape")
    page.route("**/assets/SettingsPage-*.js", lambda route: route.abort())
    page.get_by_role("navigation").get_by_role("link", name="History").focus()
    page.keyboard.press("g")
    page.keyboard.press("s")
    expect(stage.title("You are offline")).to_be_visible()
    yield "page-offline"
    page.unroute("**/assets/SettingsPage-*.js")
    page.context.set_offline(False)
    expect(page.get_by_text("You are offline.")).to_be_hidden()
