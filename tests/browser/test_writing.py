"""Writing in the page itself: what is typed, saved, merged, compared, taken away."""

import re

from playwright.sync_api import Browser, Locator, Route, expect

from tests.browser.stage import Stage, open_stage


def body_of(stage: Stage) -> Locator:
    return stage.page.get_by_role("textbox", name="Text", exact=True)


def write(stage: Stage, *, body: str) -> None:
    """The text as if it had been written so."""
    path = "/executions/" + stage.page.url.partition("?")[0].rpartition("/")[2]
    text = stage.ask("GET", path)["text"]
    edit = {"title": text["title"], "body": body, "base_version_id": text["version_id"]}
    stage.ask("POST", f"{path}/versions", edit)


def saved(stage: Stage) -> str:
    path = "/executions/" + stage.page.url.partition("?")[0].rpartition("/")[2]
    text: str = stage.ask("GET", path)["text"]["body"]
    return text


def test_writing_is_saved_by_itself_and_leaves_the_rest_as_it_was(desktop: Stage) -> None:
    page, keys = desktop.page, desktop.page.keyboard
    desktop.sign_in()
    desktop.start()
    desktop.expect_state("Done")
    write(desktop, body="* star\n* list\n\nPlain words.\n\n| A | B |\n|---|:-:|\n| 1 | 2 |\n")
    article = page.locator("article")
    expect(article).to_contain_text("Plain words.")

    # A click on the words opens the editor under the pointer, in their place.
    article.get_by_text("Plain words.").click()
    expect(body_of(desktop)).to_be_focused()
    keys.press("End")
    keys.type(" More, ")
    keys.press("Control+b")
    keys.type("bold")
    keys.press("Control+b")
    keys.press("Enter")
    keys.type("[ ] to do")
    keys.press("Enter")
    keys.press("Enter")
    keys.type("## Heading")
    expect(body_of(desktop).get_by_role("heading", name="Heading")).to_be_visible()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    keys.press("Escape")
    expect(article.locator("strong")).to_have_text("bold")
    assert saved(desktop) == (
        "* star\n* list\n\nPlain words. More, **bold**\n\n- [ ] to do\n\n## Heading\n\n"
        "| A | B |\n|---|:-:|\n| 1 | 2 |\n"
    )


def test_two_windows_edit_one_text(browser: Browser, desktop: Stage) -> None:
    page = desktop.page
    desktop.sign_in()
    desktop.start()
    desktop.expect_state("Done")
    write(desktop, body="First.\n\nSecond.\n\nThird.")

    # Keys typed before the editor's code has come are in the text when it is there.
    held: list[Route] = []
    page.route("**/assets/TextEditor-*.js", lambda route: held.append(route))
    page.locator("article").get_by_text("Second.").click(position={"x": 1, "y": 10})
    expect(page.get_by_role("textbox", name="Opening the editor")).to_be_focused()
    page.keyboard.type("Then ")
    for route in held:
        route.continue_()
    expect(body_of(desktop)).to_contain_text("Then Second.")
    expect(body_of(desktop)).to_be_focused()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    page.keyboard.press("End")
    with open_stage(browser, desktop.url, desktop.model) as other:
        other.sign_in()
        other.page.goto(page.url)
        other.page.locator("article").get_by_text("Third.").click()
        expect(body_of(other)).to_be_focused()
        other.page.keyboard.press("End")
        other.page.keyboard.type(" Theirs.")
        expect(other.page.get_by_text("Saved", exact=True)).to_be_visible()

        # It comes into the open editor, and the cursor stays where it was.
        expect(body_of(desktop)).to_contain_text("Third. Theirs.")
        expect(page.get_by_text("saved elsewhere").first).to_be_visible()
        page.keyboard.type(" Mine.")
        expect(body_of(desktop)).to_contain_text("Second. Mine.")
        expect(body_of(other)).to_contain_text("Second. Mine.")

        # Both at one place: the person sees both and chooses; nothing is lost.
        page.route("**/versions", lambda route: route.abort())
        page.keyboard.type(" Here.")
        expect(page.get_by_text("will retry").first).to_be_visible()
        other.page.keyboard.press("Control+Home")
        other.page.keyboard.press("ArrowDown")
        other.page.keyboard.press("End")
        other.page.keyboard.type(" There.")
        expect(page.get_by_role("region", name="The same place")).to_be_visible()
        page.unroute("**/versions")
        desktop.button("Keep mine").click()
        expect(page.get_by_text("Saved", exact=True)).to_be_visible()
        assert saved(desktop) == "First.\n\nThen Second. Mine. Here.\n\nThird. Theirs."
        expect(body_of(other)).to_contain_text("Second. Mine. Here.")

        # Whoever takes the other text has their own among the versions.
        page.route("**/versions", lambda route: route.abort())
        page.keyboard.type(" Again.")
        expect(page.get_by_text("will retry").first).to_be_visible()
        other.page.keyboard.type(" Once more.")
        expect(page.get_by_role("region", name="The same place")).to_be_visible()
        page.unroute("**/versions")
        desktop.button("Take the other").click()
        expect(body_of(desktop)).to_contain_text("Once more.")
        expect(page.get_by_text("Saved", exact=True)).to_be_visible()
        assert saved(desktop).endswith("Here. Once more.\n\nThird. Theirs.")
        assert other.faults == []
    page.get_by_role("button", name=re.compile(r"Version \d of")).click()
    listed = page.get_by_role("dialog")
    expect(listed.get_by_text("You edited it").nth(1)).to_be_visible()
    listed.get_by_role("button", name="You edited it").first.click()
    expect(page.locator("article")).to_contain_text("Mine. Here. Again.")


def test_a_text_is_taken_away_used_again_and_deleted(desktop: Stage) -> None:
    page = desktop.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    desktop.sign_in()
    desktop.start()
    desktop.expect_state("Done")
    write(desktop, body="- [x] **done**\n\n[site](https://example.org)")
    expect(page.locator("article")).to_contain_text("site")

    def choose(name: str) -> None:
        desktop.button("More", exact=True).click()
        page.get_by_role("dialog").get_by_role("button", name=name).click()

    choose("Copy as plain text")
    expect(page.get_by_text("Copied").first).to_be_visible()
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert copied.endswith("[x] done\n\nsite (https://example.org)\n")
    with page.expect_download() as download:
        choose("Download as Markdown")
    assert download.value.suggested_filename.endswith(".md")
    assert (
        download.value.path()
        .read_text()
        .endswith("- [x] **done**\n\n[site](https://example.org)\n")
    )
    with page.expect_download() as download:
        choose("Download as web page")
    html = download.value.path().read_text()
    assert "<strong>done</strong>" in html
    assert "class=" not in html

    choose("Use again")
    form = page.get_by_role("dialog")
    expect(form.get_by_role("textbox").first).to_have_value(re.compile("Lyon"))
    page.go_back()
    choose("Delete")
    page.wait_for_url("**/history*")
    desktop.button("Undo").click()
    expect(page.get_by_role("main").get_by_role("listitem").first).to_be_visible()


def test_on_a_phone_a_text_is_followed_spoken_of_edited_and_printed(phone: Stage) -> None:
    page = phone.page
    phone.sign_in()
    page.set_viewport_size({"width": 390, "height": 520})
    phone.model.hold_after = 900
    phone.start()
    article = page.locator("article")
    expect(article.get_by_role("heading").first).to_be_visible()

    # Who scrolls up stays there, and gets back to the end by one tap.
    end = article.locator("> div > *").last
    expect(end).to_be_in_viewport()
    title = page.get_by_role("heading", level=1)
    title.evaluate("(element) => element.scrollIntoView()")
    jump = phone.button("Jump to the end")
    jump.tap()
    expect(end).to_be_in_viewport()
    expect(jump).to_be_hidden()
    phone.model.hold_after = None
    phone.expect_state("Done")

    # The conversation is a sheet over the page.
    phone.button("Show the conversation").tap()
    page.get_by_role("textbox", name="Ask for a change").fill("Please make it shorter")
    page.get_by_role("dialog").get_by_role("button", name="Send").tap()
    expect(page.get_by_role("log").get_by_text("Version 2")).to_be_visible()
    page.keyboard.press("Escape")
    expect(phone.button("Version 2 of 2")).to_be_visible()

    # Touching words does not write; the button does.
    article.get_by_role("paragraph").first.tap()
    expect(body_of(phone)).to_be_hidden()
    phone.button("Edit", exact=True).tap()
    expect(body_of(phone)).to_be_focused()
    page.keyboard.type("By hand. ")
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    phone.check_width("editor")
    phone.button("Done", exact=True).tap()
    expect(article).to_contain_text("By hand. ")
    assert "By hand. " in saved(phone)

    # On paper are the title and the text, nothing to press.
    page.emulate_media(media="print")
    expect(title).to_be_visible()
    expect(article).to_be_visible()
    expect(page.locator("button:visible, nav:visible, textarea:visible")).to_have_count(0)
    clipped = article.evaluate(
        """(element) => {
            for (let each = element; each !== null; each = each.parentElement) {
                if (each.scrollHeight > each.clientHeight + 1 && each !== document.documentElement
                    && getComputedStyle(each).overflowY !== "visible") return each.className;
            }
            return null;
        }"""
    )
    assert clipped is None
