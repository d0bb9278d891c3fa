"""Finding, renaming, deleting and getting back what was written; two windows agree."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.stage import Stage

N_WORKS = 23


def rows(page: Page) -> Locator:
    return page.get_by_role("main").get_by_role("listitem")


def link(row: Locator) -> Locator:
    return row.get_by_role("link")


def test_the_history_by_keyboard_in_two_windows(desktop: Stage) -> None:
    page = desktop.page
    desktop.sign_in()
    desktop.fill_history(N_WORKS)
    desktop.open("/history")
    expect(page.get_by_role("heading", level=2, name="Today")).to_be_visible()
    other = page.context.new_page()
    other.goto(page.url)
    expect(rows(other).nth(19)).to_be_visible()

    # The next page comes where the end is reached. Arrows move among the rows.
    rows(page).nth(19).scroll_into_view_if_needed()
    expect(rows(page)).to_have_count(N_WORKS)
    link(rows(page).first).focus()
    page.keyboard.press("ArrowDown")
    expect(link(rows(page).nth(1))).to_be_focused()
    page.keyboard.press("End")
    expect(link(rows(page).last)).to_be_focused()
    page.keyboard.press("Home")
    expect(link(rows(page).first)).to_be_focused()

    # A name is given in place, refused by Escape, and told to the other window.
    page.keyboard.press("F2")
    field = page.get_by_role("textbox", name="New name")
    expect(field).to_be_focused()
    page.keyboard.type("Never")
    page.keyboard.press("Escape")
    expect(link(rows(page).first)).to_be_focused()
    expect(page.get_by_text("Never")).to_be_hidden()
    page.keyboard.press("r")
    page.keyboard.type("Zèbre d’été")
    page.keyboard.press("Enter")
    expect(link(rows(page).first)).to_be_focused()
    expect(rows(page).first).to_contain_text("Zèbre d’été")
    expect(rows(other).first).to_contain_text("Zèbre d’été")

    # It is found without its accents, with the words marked; the filters stand in the address.
    page.get_by_role("searchbox").focus()
    page.keyboard.type("zebre lyon")
    expect(rows(page)).to_have_count(1)
    expect(page.locator("mark").first).to_have_text("Zèbre")
    expect(page.locator("mark", has_text="Lyon").first).to_be_visible()
    desktop.button("Done", exact=True).press("Enter")
    page.wait_for_url(re.compile(r"q=zebre(\+|%20)lyon&state=done$"))
    desktop.button("All tasks").press("Enter")
    page.get_by_role("checkbox").nth(1).press("Space")
    page.keyboard.press("Escape")
    page.wait_for_url("**task=*")
    page.reload()
    expect(page.get_by_role("searchbox")).to_have_value("zebre lyon")
    desktop.button("Failed", exact=True).press("Enter")
    desktop.button("Done", exact=True).press("Enter")
    expect(page.get_by_text("Nothing fits")).to_be_visible()
    desktop.button("Clear search and filters").press("Enter")
    expect(page.get_by_role("searchbox")).to_be_focused()
    expect(page.get_by_role("searchbox")).to_have_value("")

    # What is deleted goes from both windows, and comes back to its place in both.
    expect(rows(page).nth(2)).to_be_visible()
    link(rows(page).first).focus()
    second = link(rows(page).nth(1)).get_attribute("href")
    page.keyboard.press("Delete")
    expect(page.get_by_text("“Zèbre d’été” is deleted.").first).to_be_visible()
    expect(link(rows(page).first)).to_have_attribute("href", str(second))
    expect(link(rows(page).first)).to_be_focused()
    expect(link(rows(other).first)).to_have_attribute("href", str(second))
    page.keyboard.press("Control+z")
    expect(rows(page).first).to_contain_text("Zèbre d’été")
    expect(rows(other).first).to_contain_text("Zèbre d’été")
    expect(link(rows(page).nth(1))).to_be_focused()

    # How it looks is the same in both.
    desktop.button("You: ").click()
    page.get_by_role("dialog").get_by_text("Dark").click()
    for window in (page, other):
        expect(window.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    page.keyboard.press("Escape")
    link(rows(page).nth(1)).focus()

    # Enter opens it, and the way back leads to the list.
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    desktop.expect_state("Done")
    page.go_back()
    expect(desktop.title("History")).to_be_visible()


def test_the_history_by_touch(phone: Stage) -> None:
    page = phone.page
    phone.sign_in()
    phone.fill_history(2)
    phone.open("/history")
    expect(rows(page)).to_have_count(2)
    rows(page).nth(1).get_by_role("button", name="More for").tap()
    page.get_by_role("dialog").get_by_role("button", name="Rename").tap()
    page.get_by_role("textbox", name="New name").fill("Mine")
    page.get_by_role("searchbox").tap()
    expect(rows(page).nth(1)).to_contain_text("Mine")
    page.get_by_role("button", name="More for “Mine”").tap()
    page.get_by_role("dialog").get_by_role("button", name="Delete").tap()
    expect(rows(page)).to_have_count(1)
    phone.button("Undo", exact=True).tap()
    expect(rows(page).nth(1)).to_contain_text("Mine")
