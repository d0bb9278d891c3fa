"""What surrounds the pages: the palette, the keys, the settings, the connection."""

import re
from contextlib import ExitStack

import psycopg
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.stage import BRIEF, NOTES, Stage, open_product, open_stage
from tests.browser.staged import StagedModel

EMAIL = "grace@example.org"
PASSWORD = "a calm sea"
NEXT_PASSWORD = "a rough sea"


def options(page: Page) -> Locator:
    return page.get_by_role("listbox", name="Results").get_by_role("option")


def marked(page: Page) -> Locator:
    return page.get_by_role("option", selected=True)


def test_the_palette_finds_and_does_everything_by_keys(desktop: Stage) -> None:
    page, keys = desktop.page, desktop.page.keyboard
    desktop.sign_in()
    desktop.start(NOTES)
    desktop.expect_state("Done")
    expect(desktop.title("Minutes").or_(page.get_by_role("heading", level=1))).to_be_visible()

    keys.press("Control+k")
    field = page.get_by_role("combobox", name="Search and commands")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-expanded", "true")
    work = page.get_by_role("group", name="Your work").get_by_role("option")
    expect(work.first).to_contain_text("Done")
    expect(page.get_by_role("dialog").get_by_role("status")).to_contain_text("results")
    assert field.get_attribute("aria-activedescendant") == marked(page).get_attribute("id")

    # A task: found by the beginning of its name, opened by Enter.
    keys.type("follow-up")
    expect(marked(page)).to_have_text(re.compile("Follow-up e-mail"))
    keys.press("Enter")
    expect(page.get_by_role("dialog", name="Follow-up e-mail")).to_be_visible()
    expect(page.get_by_role("dialog").get_by_role("textbox").first).to_be_focused()
    keys.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()

    # What was chosen stands first; the arrows go round.
    keys.press("Control+k")
    expect(page.get_by_role("group", name="Recent").get_by_role("option")).to_have_text(
        re.compile("Follow-up e-mail")
    )
    first = marked(page).get_attribute("id")
    keys.press("ArrowUp")
    expect(options(page).last).to_have_attribute("aria-selected", "true")
    keys.press("ArrowDown")
    assert marked(page).get_attribute("id") == first

    # Nothing fits: said, and Escape gives the focus back.
    keys.type("zebra zebra")
    expect(page.get_by_role("dialog").get_by_role("status")).to_contain_text("Nothing fits")
    expect(field).to_have_attribute("aria-expanded", "false")
    keys.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()

    # A command, and a run by words of its title.
    keys.press("Control+k")
    keys.type("dark")
    keys.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    keys.press("Control+k")
    keys.type("minutes")
    expect(page.get_by_role("group", name="Your work").get_by_role("option")).to_have_count(1)
    while marked(page).locator("xpath=..").get_attribute("aria-label") != "Your work":
        keys.press("ArrowDown")
    keys.press("Enter")
    page.wait_for_url("**/executions/*")
    expect(page.get_by_role("heading", level=1)).to_be_focused()

    # Log out; what was chosen is forgotten.
    keys.press("Control+k")
    keys.type("log out")
    keys.press("Enter")
    expect(desktop.title("Sign in")).to_be_visible()
    assert "palette" not in page.evaluate("() => JSON.stringify({...localStorage})")


def test_single_keys_lead_through_the_app_and_can_be_turned_off(desktop: Stage) -> None:
    page, keys = desktop.page, desktop.page.keyboard
    desktop.sign_in()
    for second, place in (("t", "Tasks"), ("r", "History"), ("s", "Settings"), ("h", "Good ")):
        keys.press("g")
        keys.press(second)
        expect(desktop.title(place)).to_be_focused()
    keys.press("g")
    keys.press("t")
    expect(desktop.title("Tasks")).to_be_focused()
    keys.press("/")
    search = page.get_by_role("searchbox", name="Search tasks")
    expect(search).to_be_focused()
    # While one types, keys are letters.
    keys.type("g?t")
    expect(search).to_have_value("g?t")
    expect(page.get_by_role("dialog")).to_be_hidden()
    search.fill("")
    desktop.title("Tasks").focus()
    keys.press("?")
    help_sheet = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(help_sheet.get_by_text("Go to: History")).to_be_visible()
    help_sheet.get_by_role("link", name="Change it in the settings").click()
    expect(help_sheet).to_be_hidden()
    switch = page.get_by_role("switch", name="Single-key shortcuts")
    expect(switch).to_be_checked()
    switch.press("Space")
    expect(switch).not_to_be_checked()
    desktop.title("Settings").focus()
    keys.press("?")
    keys.press("g")
    keys.press("t")
    # What has a command key still works, and shows that the others did nothing.
    keys.press("Control+k")
    expect(page.get_by_role("dialog", name="Search and commands")).to_be_visible()
    keys.press("Escape")
    expect(help_sheet).to_be_hidden()
    expect(desktop.title("Settings")).to_be_visible()


def make_account(stage: Stage, pg_url: str) -> None:
    """A person of one's own, made by an administrator: the demo account keeps its password."""
    stage.sign_in()
    with psycopg.connect(pg_url) as connection:
        connection.execute("INSERT INTO md_grant SELECT user_id, 'admin' FROM md_user")
    body = {"email": EMAIL, "name": "Grace Hopper", "password": PASSWORD}
    stage.ask("POST", "/users", body)
    stage.ask("DELETE", "/logins/current")


def enter(stage: Stage, password: str, path: str = "/") -> None:
    page = stage.page
    stage.open(path)
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_role("textbox", name="Password").fill(password)
    stage.button("Sign in").click()


def test_settings_are_kept_and_other_browsers_logged_out(
    browser: Browser, desktop: Stage, pg_url: str
) -> None:
    page, keys = desktop.page, desktop.page.keyboard
    make_account(desktop, pg_url)
    enter(desktop, PASSWORD, "/settings")
    expect(desktop.title("Settings")).to_be_visible()

    name = page.get_by_label("Name", exact=True)
    name.fill(" ")
    name.press("Enter")
    expect(name).to_be_focused()
    expect(page.get_by_text("Please enter a name.")).to_be_visible()
    name.fill("Amazing Grace")
    name.press("Enter")
    expect(desktop.button("You: Amazing Grace")).to_be_visible()

    zone = page.get_by_role("combobox", name="Time zone")
    zone.focus()
    keys.press("ArrowDown")
    keys.type("tokyo")
    expect(page.get_by_role("option", selected=True)).to_contain_text("Tokyo")
    keys.press("Enter")
    expect(zone).to_have_value("Tokyo (Asia) · UTC+09:00")
    page.reload()
    expect(zone).to_have_value("Tokyo (Asia) · UTC+09:00")
    zone.click()
    keys.type("atlantis")
    expect(page.get_by_text("No time zone fits.")).to_be_visible()
    keys.press("Escape")
    expect(zone).to_have_value("Tokyo (Asia) · UTC+09:00")
    assert desktop.ask("GET", "/me")["time_zone"] == "Asia/Tokyo"

    logins = page.get_by_role("list", name="Where you are logged in").get_by_role("listitem")
    expect(logins).to_have_count(1)
    expect(logins).to_contain_text("This browser")
    expect(desktop.button("Log out everywhere else")).to_be_hidden()

    with open_stage(browser, desktop.url, desktop.model) as other:
        enter(other, PASSWORD)
        expect(other.title("Good ")).to_be_visible()
        page.reload()
        expect(logins).to_have_count(2)
        desktop.button("Log out: ").click()
        expect(logins).to_have_count(1)
        expect(other.title("Sign in")).to_be_visible(timeout=30_000)
        enter(other, PASSWORD)
        expect(other.title("Good ")).to_be_visible()
        change_password(desktop)
        expect(other.title("Sign in")).to_be_visible(timeout=30_000)
        enter(other, PASSWORD)
        expect(other.page.get_by_text("do not belong together")).to_be_visible()
        enter(other, NEXT_PASSWORD)
        expect(other.title("Good ")).to_be_visible()
        page.reload()
        expect(logins).to_have_count(2)
        desktop.button("Log out everywhere else").click()
        expect(logins).to_have_count(1)
        expect(other.title("Sign in")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("demo model", exact=False).first).to_be_visible()


def change_password(stage: Stage) -> None:
    """Refused at the field that is wrong, then done."""
    page = stage.page
    form = page.get_by_role("region", name="Password")
    current = form.get_by_role("textbox", name="Current password")
    following = form.get_by_role("textbox", name="New password")
    submit = stage.button("Change the password")
    submit.click()
    expect(current).to_be_focused()
    current.fill("wrong")
    following.fill("short")
    submit.click()
    expect(following).to_be_focused()
    expect(page.get_by_text("at least 8 characters")).to_be_visible()
    following.fill(NEXT_PASSWORD)
    submit.click()
    expect(current).to_be_focused()
    expect(page.get_by_text("The current password is wrong")).to_be_visible()
    current.fill(PASSWORD)
    submit.click()
    expect(
        page.get_by_role("region", name="Notices").get_by_text("Your password is changed.")
    ).to_be_visible()
    expect(current).to_have_value("")


def test_a_page_never_loaded_says_so_offline_and_opens_by_itself(desktop: Stage) -> None:
    page = desktop.page
    desktop.sign_in()
    page.route("**/assets/SettingsPage-*.js", lambda route: route.abort())
    page.context.set_offline(True)
    page.keyboard.press("g")
    page.keyboard.press("s")
    expect(desktop.title("You are offline")).to_be_focused()
    expect(page.get_by_text("Your work is kept on the server")).to_be_visible()
    expect(page.get_by_role("navigation").first).to_be_visible()
    assert page.get_by_role("main").count() == 1
    page.unroute("**/assets/SettingsPage-*.js")
    page.context.set_offline(False)
    expect(desktop.title("Settings")).to_be_visible()


def test_a_list_is_where_it_was_on_the_way_back(desktop: Stage) -> None:
    page = desktop.page
    desktop.sign_in()
    page.set_viewport_size({"width": 1280, "height": 480})
    desktop.fill_history(8)
    desktop.go("History")
    expect(desktop.title("History")).to_be_visible()
    # Rows of the skeleton lead nowhere.
    rows = page.get_by_role("main").get_by_role("listitem").filter(has=page.get_by_role("link"))
    expect(rows).to_have_count(8)
    rows.nth(7).scroll_into_view_if_needed()
    before = page.get_by_role("main").evaluate("(main) => main.scrollTop")
    assert before > 0
    rows.nth(7).get_by_role("link").click()
    page.wait_for_url("**/executions/*")
    expect(page.locator("article")).to_be_visible()
    page.go_back()
    expect(desktop.title("History")).to_be_visible()
    expect(rows.nth(7)).to_be_in_viewport()
    desktop.go("Tasks")
    expect(desktop.title("Tasks")).to_be_in_viewport()


def test_a_sentence_at_home_becomes_the_form_of_a_task(desktop: Stage) -> None:
    page, keys = desktop.page, desktop.page.keyboard
    desktop.sign_in()
    composer = page.get_by_role("textbox", name="What do you need to get done?")
    # A newcomer is shown how by an example.
    desktop.button("Try an example").click()
    expect(composer).to_be_focused()
    suggestions = page.get_by_role("listbox", name="Tasks that fit").get_by_role("option")
    expect(suggestions.first).to_contain_text("Follow-up e-mail")
    composer.fill("")
    expect(suggestions).to_have_count(0)
    keys.press("Enter")
    expect(desktop.title("Good ")).to_be_visible()

    sentence = "Write the minutes of my meeting in Lyon"
    keys.press("Escape")
    keys.type(sentence)
    expect(suggestions.first).to_contain_text("Meeting minutes")
    expect(suggestions.first).to_have_attribute("aria-selected", "true")
    # Closed by Escape, it stays what it is; what is typed survives a reload.
    keys.press("Escape")
    expect(suggestions).to_have_count(0)
    page.reload()
    expect(composer).to_have_value(sentence)
    composer.press("End")
    keys.type(".")
    expect(suggestions.first).to_be_visible()
    keys.press("ArrowDown")
    expect(suggestions.nth(1)).to_have_attribute("aria-selected", "true")
    keys.press("ArrowUp")
    keys.press("Enter")
    form = page.get_by_role("dialog", name="Meeting minutes")
    expect(form.get_by_role("textbox").first).to_have_value(sentence + ".")
    expect(form.get_by_role("textbox").first).to_be_focused()

    # What is begun and what waits stands on the way back; the sentence was taken.
    desktop.model.hold_after = 1
    form.get_by_role("textbox").first.fill(BRIEF)
    keys.press("Control+Enter")
    page.wait_for_url("**/executions/*")
    desktop.go("Home")
    expect(composer).to_have_value("")
    writing = page.get_by_role("region", name="Being written").get_by_role("listitem")
    expect(writing).to_have_count(1)
    desktop.model.hold_after = None
    waiting = page.get_by_role("region", name="Waiting for you").get_by_role("listitem")
    expect(waiting).to_contain_text("Asks you")
    expect(writing).to_have_count(0)
    expect(page.get_by_text("All your work stands above.")).to_be_visible()


def test_the_greeting_goes_by_the_clock_of_the_person(desktop: Stage) -> None:
    page = desktop.page
    desktop.sign_in()
    page.clock.set_fixed_time("2026-01-15T21:30:00Z")
    greetings = {"Asia/Tokyo": "Good morning", "America/Denver": "Good afternoon"}
    for zone, words in {**greetings, "Europe/Paris": "Good evening"}.items():
        desktop.ask("PATCH", "/me", {"time_zone": zone})
        page.reload()
        expect(desktop.title(words)).to_be_visible()


def test_the_app_opens_without_a_server_and_says_so(
    browser: Browser, pg_url: str, model: StagedModel
) -> None:
    with ExitStack() as window:
        with open_product(pg_url, model) as url:
            stage = window.enter_context(open_stage(browser, url, model, keeps_app=True))
            page = stage.page
            stage.sign_in()
            assert set(page.evaluate(ICON_TYPES)) == {"image/png", "image/svg+xml"}
            page.wait_for_function("() => navigator.serviceWorker.controller !== null")
            kept = page.evaluate(KEPT_PATHS)
            take_the_newer_version(stage)
        # The server is gone.
        assert "/app/index.html" in kept
        assert all(path.startswith("/app/") for path in kept)
        stage.open("/history")
        expect(stage.title("The server does not answer")).to_be_visible()
        expect(page.get_by_text("opens by itself when the connection is back")).to_be_visible()
        stage.check_axe("opened without a server")
        assert stage.faults == []


def take_the_newer_version(stage: Stage) -> None:
    """The same files under another name are a newer version to the browser: told quietly, and taken
    when the person says so."""
    page = stage.page
    page.evaluate(
        """async () => {
            window.isOld = true;
            await navigator.serviceWorker.register("/app/sw.js?newer", {scope: "/app/"});
        }"""
    )
    notices = page.get_by_role("region", name="Notices")
    expect(notices.get_by_text("A new version of Mojodex is ready.")).to_be_visible()
    assert page.evaluate("() => navigator.serviceWorker.controller.scriptURL").endswith("sw.js")
    notices.get_by_role("button", name="Reload to update").click()
    page.wait_for_function("() => window.isOld === undefined")
    page.wait_for_function("() => navigator.serviceWorker.controller?.scriptURL.endsWith('?newer')")
    expect(stage.title("Good ")).to_be_visible()


ICON_TYPES = """async () => {
    const link = document.querySelector("link[rel=manifest]");
    const manifest = await (await fetch(link.href)).json();
    const answers = await Promise.all(manifest.icons.map((icon) => fetch(icon.src)));
    return answers.map((answer) => answer.headers.get("content-type").split(";")[0]);
}"""
KEPT_PATHS = """async () => {
    const kept = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
    const requests = await Promise.all(kept.map((cache) => cache.keys()));
    return requests.flat().map((request) => new URL(request.url).pathname);
}"""
