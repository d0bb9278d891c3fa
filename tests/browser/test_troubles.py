"""What happens when something does not work: in words, with what is kept and what to do."""

import psycopg
from playwright.sync_api import Browser, expect

from mojodex.platform.llm.errors import ModelKeyWrong
from tests.browser.form_tour import DEFINITION
from tests.browser.form_tour import TASK as FILES_TASK
from tests.browser.stage import NOTES, Stage, open_stage


def test_a_failed_answer_says_so_and_is_tried_again(desktop: Stage) -> None:
    page = desktop.page
    desktop.sign_in()
    desktop.model.failure = ModelKeyWrong(model="demo", provider="demo", detail="")
    desktop.start()
    desktop.expect_state("Failed")
    notice = page.get_by_role("region", name="Failed")
    expect(notice).to_contain_text("The assistant could not finish.")
    expect(notice).to_contain_text("What you gave is kept")
    expect(page.locator("[aria-live=assertive]")).to_contain_text("could not finish")
    page.reload()
    desktop.expect_state("Failed")
    desktop.model.failure = None
    notice.get_by_role("button", name="Try again").click()
    desktop.expect_state("Done")
    expect(notice).to_be_hidden()


def test_a_stopped_answer_keeps_its_words(desktop: Stage) -> None:
    page = desktop.page
    desktop.sign_in()
    desktop.model.hold_after = 600
    desktop.start()
    article = page.locator("article")
    expect(article).to_contain_text("What was said")
    words = article.inner_text().strip()[:80]
    desktop.button("Stop").click()
    desktop.expect_state("Stopped")
    desktop.model.hold_after = None
    page.reload()
    desktop.expect_state("Stopped")
    expect(article).to_contain_text(words, use_inner_text=True)


def test_a_cut_connection_is_told_and_caught_up_with(desktop: Stage) -> None:
    page = desktop.page
    desktop.sign_in()
    desktop.model.hold_after = 300
    desktop.start()
    expect(page.locator("article")).not_to_be_empty()
    page.context.set_offline(True)
    expect(page.get_by_text("You are offline.")).to_be_visible()
    expect(page.get_by_text("What is being written goes on")).to_be_visible()
    desktop.model.hold_after = None
    page.wait_for_timeout(1000)
    page.context.set_offline(False)
    expect(page.get_by_text("You are offline.")).to_be_hidden()
    desktop.expect_state("Done")
    expect(desktop.button("Edit", exact=True)).to_be_visible()


def test_a_message_that_was_not_sent_is_kept_and_sent_again(desktop: Stage) -> None:
    page = desktop.page
    desktop.sign_in()
    desktop.start()
    desktop.expect_state("Done")
    page.route("**/messages", lambda route: route.abort())
    composer = page.get_by_role("textbox", name="Ask for a change")
    composer.fill("Please make it shorter")
    composer.press("Enter")
    expect(page.get_by_text("The server does not answer")).to_be_visible()
    page.unroute("**/messages")
    desktop.button("Send again").click()
    expect(desktop.button("Version 2 of 2")).to_be_visible()
    mine = page.get_by_role("log").get_by_text("Please make it shorter")
    expect(mine).to_have_count(1)


def test_an_ended_log_in_leads_to_the_sign_in_page_and_back(desktop: Stage) -> None:
    page = desktop.page
    desktop.sign_in()
    desktop.go("History")
    page.wait_for_load_state("networkidle")
    page.context.clear_cookies()
    page.get_by_role("searchbox").fill("lyon")
    expect(desktop.title("Sign in")).to_be_visible()
    desktop.button("Fill in the demo account").click()
    desktop.button("Sign in").click()
    expect(desktop.title("History")).to_be_visible()
    expect(page.get_by_role("searchbox")).to_have_value("lyon")


def test_the_way_back_leads_only_into_the_app(desktop: Stage) -> None:
    desktop.open("/sign-in?to=//evil.example/app")
    desktop.button("Fill in the demo account").click()
    desktop.button("Sign in").click()
    expect(desktop.title("Good ")).to_be_visible()
    assert desktop.page.url == f"{desktop.url}/app/"


def test_logging_out_forgets_what_was_typed(desktop: Stage) -> None:
    page = desktop.page
    desktop.sign_in()
    desktop.open_form().fill("Something private")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    desktop.button("You: ").click()
    desktop.button("Log out").click()
    expect(desktop.title("Sign in")).to_be_visible()
    kept = page.evaluate("() => JSON.stringify({...localStorage})")
    assert "private" not in kept
    desktop.open("/history")
    expect(desktop.title("Sign in")).to_be_visible()


def test_two_windows_agree(browser: Browser, desktop: Stage, pg_url: str) -> None:
    desktop.sign_in()
    desktop.go("History")
    expect(desktop.page.get_by_text("Nothing here yet")).to_be_visible()
    with open_stage(browser, desktop.url, desktop.model) as other:
        other.sign_in()
        other.start(NOTES)
        other.expect_state("Done")
        row = desktop.page.get_by_role("main").get_by_role("listitem").first
        expect(row).to_contain_text("Done")
        (item,) = other.ask("GET", "/executions")["items"]
        row.get_by_role("link").first.click()
        expect(desktop.title(item["title"])).to_be_visible()
        # What is deleted in one window is gone in the other, and back when that is undone.
        other.ask("DELETE", f"/executions/{item['id']}")
        expect(desktop.title("There is nothing here")).to_be_visible()
        other.ask("POST", f"/executions/{item['id']}/restore")
        expect(desktop.title(item["title"])).to_be_visible()
        agree_on_the_person(desktop, other, pg_url)


def agree_on_the_person(desktop: Stage, other: Stage, pg_url: str) -> None:
    """What they are called, which language they read, and which tasks they have."""
    desktop.go("Tasks")
    other.ask("PATCH", "/me", {"name": "Ada Lovelace"})
    expect(desktop.button("You: Ada Lovelace")).to_be_visible()
    expect(other.button("You: Ada Lovelace")).to_be_visible()
    other.ask("PATCH", "/me", {"language": "fr"})
    expect(desktop.title("Tâches")).to_be_visible()
    expect(desktop.page.get_by_role("link", name="Compte rendu de réunion")).to_be_visible()
    other.ask("PATCH", "/me", {"language": "en"})
    expect(desktop.title("Tasks")).to_be_visible()
    # An administrator gives their product one more task.
    with psycopg.connect(pg_url) as connection:
        connection.execute("INSERT INTO md_grant SELECT user_id, 'admin' FROM md_user")
    task = other.ask("POST", "/task_definitions", DEFINITION)
    (product,) = other.ask("GET", "/products")["items"]
    expect(desktop.page.get_by_role("link", name=FILES_TASK)).to_have_count(0)
    other.ask("POST", f"/products/{product['id']}/tasks", {"task_id": task["id"]})
    expect(desktop.page.get_by_role("link", name=FILES_TASK)).to_be_visible()
