"""Keyboard, screen reader, zoom, and narrow windows."""

import os

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.form_tour import apply_by_file, files_tour
from tests.browser.french_tour import english_left, french_tour
from tests.browser.stage import (
    BRIEF,
    DESKTOP,
    ENLARGED,
    NARROW,
    NOTES,
    PHONE,
    Scheme,
    Stage,
    open_stage,
)
from tests.browser.staged import StagedModel
from tests.browser.tour import tour

#: Each size in one theme; `make shots` asks for both themes in both. A phone is as narrow as a page
#: has to be usable: what cannot be reached there by its controls fails.
APPEARANCES: dict[str, tuple[tuple[int, int], Scheme]] = {
    "desktop-light": (DESKTOP, "light"),
    "narrow-dark": (NARROW, "dark"),
}
FRENCH: dict[str, tuple[tuple[int, int], Scheme]] = {"phone-light": (PHONE, "light")}
if os.environ.get("MOJODEX_ALL_THEMES"):
    APPEARANCES |= {"desktop-dark": (DESKTOP, "dark"), "narrow-light": (NARROW, "light")}
    FRENCH |= {
        "desktop-light": (DESKTOP, "light"),
        "desktop-dark": (DESKTOP, "dark"),
        "phone-dark": (PHONE, "dark"),
    }


@pytest.mark.parametrize(("size", "scheme"), APPEARANCES.values(), ids=APPEARANCES)
def test_every_page_and_state_is_free_of_violations(
    browser: Browser, product: str, model: StagedModel, size: tuple[int, int], scheme: Scheme
) -> None:
    with open_stage(browser, product, model, size=size, scheme=scheme) as stage:
        for name in tour(stage):
            stage.settle()
            stage.check_axe(name)
            stage.check_width(name)
            with stage.at_least(PHONE):
                stage.check_width(name)
                stage.check_cut(name)
        assert stage.faults == []


def test_nothing_is_lost_at_200_percent(
    browser: Browser, product: str, pg_url: str, model: StagedModel
) -> None:
    with open_stage(browser, product, model, size=ENLARGED, scale=2) as stage:
        # The states are reached by their controls, so what cannot be reached fails here.
        stage.is_phone = True
        for name in tour(stage):
            stage.check_width(name)
        apply_by_file(pg_url)
        for name in files_tour(stage):
            stage.check_width(name)


@pytest.mark.parametrize(("size", "scheme"), FRENCH.values(), ids=FRENCH)
def test_french_is_whole_and_fits(
    browser: Browser, product: str, model: StagedModel, size: tuple[int, int], scheme: Scheme
) -> None:
    """Nothing is cut by words that are longer than the English ones, and no English is left."""
    with open_stage(browser, product, model, size=size, scheme=scheme) as stage:
        stage.open()
        expect(stage.title("Sign in")).to_be_visible()
        assert "Sign in" in english_left(stage)
        for name in french_tour(stage):
            stage.settle()
            stage.check_width(name)
            stage.check_cut(name)
            assert english_left(stage) == [], name
            if os.environ.get("MOJODEX_ALL_THEMES"):
                stage.check_axe(name)
        assert stage.faults == []


def test_the_main_job_needs_no_mouse(desktop: Stage) -> None:
    page, keys = desktop.page, desktop.page.keyboard
    desktop.open()
    expect(page.get_by_label("E-mail")).to_be_focused()
    keys.type("demo@example.com")
    keys.press("Tab")
    keys.type("demo")
    keys.press("Enter")
    expect(desktop.title("Good ")).to_be_focused()

    _tab_to(desktop, "Tasks")
    keys.press("Enter")
    expect(desktop.title("Tasks")).to_be_focused()
    _tab_to(desktop, "Meeting minutes")
    keys.press("ArrowDown")
    keys.press("ArrowUp")
    keys.press("Enter")
    field = page.get_by_role("dialog").get_by_role("textbox").first
    expect(field).to_be_focused()

    # Escape gives the focus back to the card that opened the form.
    keys.press("Escape")
    expect(page.get_by_role("link", name="Meeting minutes")).to_be_focused()
    keys.press("Enter")
    expect(field).to_be_focused()
    keys.press("Control+Enter")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    keys.type(BRIEF)
    keys.press("Control+Enter")

    card = page.get_by_role("region", name="The assistant asks")
    expect(card).to_be_visible()
    expect(page.locator("[aria-live=polite]").first).to_contain_text("has a question")
    _tab_to(desktop, "Your answer")
    keys.type(NOTES)
    keys.press("Enter")
    desktop.expect_state("Done")
    expect(page.locator("[aria-live=polite]").first).to_contain_text("Ready:")
    _tab_to(desktop, "Edit")
    keys.press("Enter")
    expect(page.get_by_role("textbox", name="Text", exact=True)).to_be_focused()
    keys.press("Control+End")
    keys.press("Enter")
    keys.type("One more line.")
    keys.press("Control+s")
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    keys.press("Escape")
    expect(desktop.button("Edit", exact=True)).to_be_focused()
    expect(page.locator("article")).to_contain_text("One more line.")


def test_the_skip_link_leads_to_the_content(desktop: Stage) -> None:
    desktop.sign_in()
    desktop.page.reload()
    expect(desktop.title("Good ")).to_be_visible()
    desktop.page.keyboard.press("Tab")
    expect(desktop.button("Skip to the content")).to_be_focused()
    desktop.page.keyboard.press("Enter")
    expect(desktop.page.get_by_role("main")).to_be_focused()


def _tab_to(stage: Stage, name: str) -> None:
    """Press Tab until the control with that name has the focus."""
    for _ in range(40):
        stage.page.keyboard.press("Tab")
        focused = stage.page.evaluate(
            """() => {
                const at = document.activeElement;
                if (at === document.body) return "";
                return at.getAttribute("aria-label") ?? at.innerText;
            }"""
        )
        if name in (focused or ""):
            return
    raise AssertionError(f"Tab does not reach {name}")
