"""The pages and their main states in French, walked by a test and by `make shots`."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from playwright.sync_api import expect

from mojodex.platform.llm.errors import ModelKeyWrong, ModelRateLimited
from tests.browser.stage import NOTES, Stage

TEXTS = Path(__file__).parents[2] / "web" / "src" / "i18n"
TASK = "Compte rendu de réunion"
#: A template says something when this much of it are words.
WORTH_LETTERS = 8


def french_tour(stage: Stage) -> Iterator[str]:
    """From the sign-in page to the offline line. The product has no work yet."""
    page = stage.page
    stage.open()
    expect(stage.title("Sign in")).to_be_visible()
    page.evaluate("() => localStorage.setItem('mojodex.language', 'fr')")
    page.reload()
    expect(stage.button("Remplir avec")).to_be_visible()
    yield "fr-sign-in"
    stage.button("Remplir avec").click()
    stage.button("Se connecter").click()
    expect(stage.title("Good ")).to_be_visible()
    stage.ask("PATCH", "/me", {"language": "fr"})
    page.reload()
    expect(stage.title("Bon")).to_be_visible()
    yield "fr-home-empty"
    yield from _form(stage)
    yield from _work(stage)
    yield from _states(stage)
    yield from _lists(stage)
    yield from _around(stage)


def _form(stage: Stage) -> Iterator[str]:
    page = stage.page
    stage.go("Tâches")
    page.get_by_role("link", name=TASK).click()
    field = page.get_by_role("dialog", name=TASK).get_by_role("textbox").first
    expect(field).to_be_focused()
    stage.button("Lancer l’écriture").click()
    expect(field).to_have_attribute("aria-invalid", "true")
    yield "fr-form-missing"
    field.fill(NOTES)
    stage.button("Lancer l’écriture").click()
    page.wait_for_url("**/executions/*")


def _work(stage: Stage) -> Iterator[str]:
    page = stage.page
    stage.expect_state("Terminé")
    page.get_by_text("Ce que vous avez donné").click()
    yield "fr-work"
    stage.button("Modifier", exact=True).click()
    expect(page.get_by_role("toolbar")).to_be_visible()
    page.get_by_label("Titre", exact=True).fill("Réunion de lancement")
    expect(page.get_by_text("Enregistré", exact=True)).to_be_visible()
    yield "fr-editor"
    stage.button("Terminé", exact=True).click()
    stage.button("Plus", exact=True).click()
    expect(page.get_by_role("dialog").get_by_role("button", name="Imprimer")).to_be_visible()
    yield "fr-work-more"
    page.keyboard.press("Escape")
    page.get_by_role("button", name=re.compile(r"Version \d sur")).click()
    page.get_by_role("dialog").get_by_role("button", name="Version 1").click()
    expect(page.get_by_text("Vous lisez la version 1")).to_be_visible()
    stage.button("Changements depuis").click()
    expect(page.locator("article ins").first).to_be_visible()
    yield "fr-version-changes"


def _states(stage: Stage) -> Iterator[str]:
    """A work that fails, waits, is stopped, is cut, and is being written."""
    page, model = stage.page, stage.model
    model.failure = ModelKeyWrong(model="demo", provider="demo", detail="")
    _open_new(stage)
    stage.expect_state("Échec")
    expect(stage.button("Réessayer")).to_be_visible()
    yield "fr-work-failed"
    model.failure = ModelRateLimited(model="demo", provider="demo", detail="", retry_after=100.0)
    _open_new(stage)
    stage.expect_state("En attente")
    yield "fr-work-waiting"
    model.failure = None
    stage.button("Arrêter").click()
    stage.expect_state("Arrêté")
    expect(page.get_by_text("avant qu’il n’écrive")).to_be_visible()
    yield "fr-work-stopped"
    model.cut_after = 700
    _open_new(stage)
    stage.button("Demander la suite").scroll_into_view_if_needed()
    yield "fr-work-cut"
    model.cut_after = None
    model.hold_after = 700
    _open_new(stage)
    expect(page.locator("article").get_by_role("heading").first).to_be_visible()
    yield "fr-work-writing"
    model.hold_after = None
    stage.expect_state("Terminé")


def _open_new(stage: Stage) -> None:
    stage.open(f"/executions/{stage.run_task(NOTES, '1')['id']}")


def _lists(stage: Stage) -> Iterator[str]:
    page = stage.page
    waiting = stage.run_task("Lancement", "1")
    stage.open(f"/executions/{waiting['id']}")
    stage.expect_state("Vous demande")
    yield "fr-work-asking"
    stage.open()
    expect(page.get_by_role("main").get_by_role("listitem").first).to_be_visible()
    page.get_by_role("textbox").first.fill("un e-mail de suivi")
    expect(page.get_by_role("option").first).to_be_visible()
    yield "fr-home-suggestions"
    stage.go("Historique")
    first = page.get_by_role("main").get_by_role("listitem").first
    first.get_by_role("button").last.click()
    expect(stage.button("Renommer")).to_be_visible()
    yield "fr-history-menu"
    page.keyboard.press("Escape")
    page.get_by_role("searchbox").fill("zèbre")
    expect(page.get_by_text("Aucun résultat").first).to_be_visible()
    yield "fr-history-nothing"


def _around(stage: Stage) -> Iterator[str]:
    page = stage.page
    stage.open("/settings")
    expect(page.get_by_text("Ce navigateur", exact=True)).to_be_visible()
    yield "fr-settings"
    page.get_by_role("region", name="Vos connexions").scroll_into_view_if_needed()
    yield "fr-settings-log-ins"
    stage.title("Réglages").focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    yield "fr-keyboard"
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="detached")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("option").first).to_be_visible()
    yield "fr-palette"
    page.keyboard.press("Escape")
    stage.button("Vous", exact=stage.is_phone).last.click()
    expect(stage.button("Se déconnecter")).to_be_visible()
    yield "fr-person"
    page.keyboard.press("Escape")
    stage.open("/executions/987654321")
    expect(stage.title("Il n’y a rien ici")).to_be_visible()
    yield "fr-not-found"
    page.context.set_offline(True)
    expect(page.get_by_text("Vous êtes hors ligne.")).to_be_visible()
    yield "fr-offline"
    page.context.set_offline(False)


def english_left(stage: Stage) -> list[str]:
    """What is read or announced on the page and stands among the English texts."""
    words, templates = _english()
    said = stage.page.evaluate(
        """() => [...document.querySelectorAll("body, body *")]
            .filter((element) => element.checkVisibility())
            .flatMap((element) => [
                ...[...element.childNodes].filter((node) => node.nodeType === 3)
                    .map((node) => node.data),
                ...["aria-label", "placeholder", "title", "alt"]
                    .map((name) => element.getAttribute(name) ?? ""),
            ])
            .map((text) => text.trim()).filter((text) => text !== "")"""
    )
    return [
        text for text in said if text in words or any(each.fullmatch(text) for each in templates)
    ]


@cache
def _english() -> tuple[frozenset[str], tuple[re.Pattern[str], ...]]:
    """The texts that French says otherwise: whole ones, and those with places for values."""
    texts = _texts_of("en") - _texts_of("fr")
    assert {"Home", "Settings", "Bring it back"} < texts
    templates = [text for text in texts if "{{" in text]
    said = [re.split(r"\{\{\w+\}\}", text) for text in templates]
    # A value has no space at its ends: "Version 1 : …" is French, and no "Version {{index}}: …".
    patterns = [
        re.compile(r"\S(?:.*\S)?".join(re.escape(part) for part in parts))
        for parts in said
        if len("".join(parts)) >= WORTH_LETTERS
    ]
    return frozenset(texts.difference(templates)), tuple(patterns)


def _texts_of(language: str) -> set[str]:
    files = [*TEXTS.rglob(f"{language}.ts"), TEXTS / f"page-{language}.ts"]
    return {text for file in files for text in re.findall(r'"([^"\n]+)"', file.read_text())}
