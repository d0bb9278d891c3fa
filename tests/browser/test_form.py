"""A form with files of all kinds, on a desktop and on a phone: chosen, dropped, pasted, kept."""

import pytest
from playwright.sync_api import expect

from tests.browser.form_tour import apply_by_file, choose, files_tour, group, payload
from tests.browser.stage import PHONE, Stage


@pytest.fixture(params=["desktop", "narrow"])
def stage(request: pytest.FixtureRequest, pg_url: str) -> Stage:
    found: Stage = request.getfixturevalue(request.param)
    apply_by_file(pg_url)
    return found


def test_files_of_all_kinds_reach_the_run(stage: Stage) -> None:
    stage.sign_in()
    for name in files_tour(stage):
        stage.settle()
        stage.check_axe(name)
        stage.check_width(name)
        with stage.at_least(PHONE):
            stage.check_width(name)
    # The file comes back as it was given, to its owner alone.
    with stage.page.expect_popup() as opened:
        stage.page.get_by_role("link", name="front.png").click()
    expect(opened.value.locator("img")).to_be_visible()
    address = opened.value.url
    opened.value.close()
    stage.page.context.clear_cookies()
    assert stage.page.request.get(address).status == 401


def test_what_was_given_is_forgotten_at_log_out(desktop: Stage, pg_url: str) -> None:
    apply_by_file(pg_url)
    desktop.sign_in()
    desktop.open_form("Describe what you show")
    choose(desktop, "Photo of the front", payload("secret.png"))
    expect(desktop.button("Remove secret.png")).to_be_visible()
    # One field holds one picture: another takes its place.
    choose(desktop, "Photo of the front", payload("other.png"))
    expect(desktop.button("Remove other.png")).to_be_visible()
    expect(group(desktop, "Photo of the front").get_by_role("listitem")).to_have_count(1)
    desktop.page.keyboard.press("Escape")
    desktop.button("You: ").click()
    desktop.button("Log out").click()
    expect(desktop.title("Sign in")).to_be_visible()
    kept = desktop.page.evaluate("() => JSON.stringify({...localStorage})")
    assert "executionId" not in kept
