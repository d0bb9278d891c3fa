"""The main job, from the sign-in to finding the text again, on a desktop and on a phone."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.stage import BRIEF, NOTES, TASK, Stage


@pytest.fixture(params=["desktop", "phone"])
def stage(request: pytest.FixtureRequest) -> Stage:
    found: Stage = request.getfixturevalue(request.param)
    return found


def test_a_newcomer_gets_a_text_and_finds_it_again(stage: Stage) -> None:
    page = stage.page
    stage.sign_in()
    expect(page.get_by_role("main")).to_be_visible()

    # A few words are not enough: the assistant asks, above the page and in the conversation.
    stage.open_form()
    field = page.get_by_role("dialog", name=TASK).get_by_role("textbox").first
    expect(field).to_be_focused()
    field.fill(BRIEF)
    field.press("Control+Enter")
    page.wait_for_url("**/executions/*")
    stage.expect_state("Asks you")
    card = page.get_by_role("region", name="The assistant asks")
    expect(card).to_contain_text("Launch meeting")

    # The answer is written before one's eyes.
    stage.model.hold_after = 500
    card.get_by_role("textbox").fill(NOTES)
    card.get_by_role("button", name="Send").click()
    stage.expect_state("Writing")
    article = page.locator("article")
    expect(article.get_by_role("heading").first).to_be_visible()
    half = article.inner_text()
    stage.model.hold_after = None
    stage.expect_state("Done")
    expect(article).not_to_have_text(half)
    expect(page.get_by_text("Written by the demo model")).to_be_visible()
    title = page.get_by_role("heading", level=1).inner_text()

    # A change asked for in the conversation is a new version.
    if stage.is_phone:
        stage.button("Show the conversation").click()
    page.get_by_role("textbox", name="Ask for a change").fill("Please make it shorter")
    stage.button("Send").last.click()
    if stage.is_phone:
        expect(page.get_by_role("log").get_by_text("Version 2")).to_be_visible()
        page.keyboard.press("Escape")
    expect(stage.button("Version 2 of 2")).to_be_visible()

    # It is found again, by a word of its title.
    stage.go("History")
    page.get_by_role("searchbox").fill(title.split()[-1])
    page.wait_for_url("**q=*")
    row = page.get_by_role("main").get_by_role("listitem").first
    expect(row).to_contain_text("Done")
    row.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("article")).not_to_be_empty()
    assert re.search(r"/executions/\w+$", page.url)


def test_a_text_survives_leaving_and_coming_back_in_mid_stream(desktop: Stage) -> None:
    page = desktop.page
    desktop.sign_in()
    desktop.model.hold_after = 500
    desktop.start()
    article = page.locator("article")
    expect(article).to_contain_text("Subject")
    words = article.inner_text().strip()[:60]
    page.reload()
    expect(article).to_contain_text(words, use_inner_text=True)
    desktop.go("Tasks")
    desktop.model.hold_after = None
    # On another page a small notice says that it is ready, and leads there.
    expect(page.get_by_text("Ready:").first).to_be_visible()
    desktop.button("Open").click()
    desktop.expect_state("Done")
    expect(article).to_contain_text(words, use_inner_text=True)


def test_an_edited_text_is_a_version_and_an_older_one_can_be_brought_back(desktop: Stage) -> None:
    page = desktop.page
    desktop.sign_in()
    desktop.start()
    desktop.expect_state("Done")
    first_title = page.get_by_role("heading", level=1).inner_text()
    desktop.button("Edit", exact=True).click()
    body = page.get_by_role("textbox", name="Text", exact=True)
    page.route("**/versions", lambda route: route.abort())
    page.get_by_label("Title").fill("My own title")
    body.press("Control+a")
    page.keyboard.type("Only **this** is left.")
    # What was typed survives a reload before it is saved, and is saved after it.
    expect(page.get_by_text("will retry").first).to_be_visible()
    page.reload()
    expect(page.get_by_label("Title")).to_have_value("My own title")
    page.unroute("**/versions")
    body.press("Control+s")
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    desktop.button("Done", exact=True).click()
    expect(desktop.title("My own title")).to_be_visible()
    expect(page.locator("article strong")).to_have_text("this")
    page.get_by_role("button", name=re.compile(r"Version \d of")).click()
    page.get_by_role("dialog").get_by_role("button", name="Version 1").click()
    desktop.button("Bring it back").click()
    expect(desktop.title(first_title)).to_be_visible()


def test_the_text_can_be_copied(desktop: Stage) -> None:
    page = desktop.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    desktop.sign_in()
    desktop.start()
    desktop.expect_state("Done")
    desktop.button("Copy").click()
    expect(desktop.button("Copied")).to_be_visible()
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert copied.startswith("# ")
