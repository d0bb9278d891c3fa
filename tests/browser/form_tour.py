"""The states of a form that takes files, walked by a test for axe and by `make shots`.

The task is applied by file, as whoever runs an installation does.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import FilePayload, Locator, Route, expect

from tests.browser.stage import Stage
from tests.harness.files import HTML, MP4, PNG, WAV, make_picture

TASK = "Describe what you show"


def field(kind: str, name: str, label: str, **more: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "input_name": name,
        "description_for_user": label,
        "description_for_system": f"The {name} of the user",
        **more,
    }


DEFINITION = {
    "task_type": "instruct",
    "name_for_system": "describe_files",
    "definition_for_system": "The user shows pictures and recordings and needs them described.",
    "icon": "🖼️",
    "output_type": "document",
    "platforms": ["webapp"],
    "final_instruction": "Describe what the user shows.",
    "output_format_instruction_title": "A few words",
    "output_format_instruction_draft": "A short text",
    "infos_to_extract": [],
    "task_displayed_data": [
        {
            "language_code": "en",
            "name_for_user": TASK,
            "definition_for_user": "Turns pictures and recordings into a short text.",
            "json_input": [
                field("text_area", "words", "What is it about?", placeholder="A shop, a room, …"),
                field(
                    "drop_down_list",
                    "length",
                    "Length",
                    possible_values=[{"value": "short", "displayed_text": "Short"}],
                    optional=True,
                ),
                field("image", "photo", "Photo of the front"),
                field("multiple_images", "shelves", "Photos of the shelves", optional=True),
                field("audio_file", "memo", "Voice memo", optional=True),
                field("video", "tour", "A tour", optional=True),
            ],
        }
    ],
}


def apply_by_file(pg_url: str) -> None:
    """`mojodex task apply` beside the running server."""
    with tempfile.TemporaryDirectory() as place:
        file = Path(place, "task.json")
        file.write_text(json.dumps(DEFINITION))
        command = [sys.executable, "-m", "mojodex.apps.cli", "task", "apply", str(file)]
        environment = {**os.environ, "MOJODEX_DATABASE_URL": pg_url}
        done = subprocess.run(
            command, env=environment, cwd=place, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stdout + done.stderr


def payload(name: str, content: bytes = PNG, kind: str = "image/png") -> FilePayload:
    return {"name": name, "mimeType": kind, "buffer": content}


def group(stage: Stage, name: str) -> Locator:
    return stage.page.get_by_role("dialog").get_by_role("group", name=name)


def choose(stage: Stage, field_name: str, *files: FilePayload) -> None:
    """By the button of a field and the dialog of the browser."""
    with stage.page.expect_file_chooser() as chooser:
        group(stage, field_name).get_by_role("button", name="Choose").or_(
            group(stage, field_name).get_by_role("button", name="Add")
        ).first.click()
    chooser.value.set_files(list(files))


def give(stage: Stage, event: str, selector: str, name: str, content: bytes = PNG) -> None:
    """Drop or paste a picture at an element, as browsers tell it."""
    stage.page.locator(selector).first.evaluate(
        """(element, [event, name, bytes]) => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], name, {type: "image/png"}));
            const init = {bubbles: true, cancelable: true};
            element.dispatchEvent(event === "paste"
                ? new ClipboardEvent(event, {...init, clipboardData: data})
                : new DragEvent(event, {...init, dataTransfer: data}));
        }""",
        [event, name, list(content)],
    )


#: Of each picture the name beside it, and whether it was drawn.
DRAWN = """async (pictures) => Promise.all(pictures.map(async (picture) => {
    await picture.decode();
    return [picture.closest("a").innerText.trim(), picture.naturalWidth > 0];
}))"""


def files_tour(stage: Stage) -> Iterator[str]:
    """From the empty form to the run that lists its files. The person is signed in."""
    page = stage.page
    stage.open("/tasks")
    page.get_by_role("link", name=TASK).click()
    photo, shelves = group(stage, "Photo of the front"), group(stage, "Photos of the shelves")
    expect(photo).to_contain_text("up to 20 MB")
    yield "files-empty"

    stage.button("Start writing").click()
    expect(photo.get_by_text("Please fill this in")).to_be_visible()
    words = page.get_by_role("dialog").get_by_role("textbox").first
    expect(words).to_be_focused()
    words.fill("Our shop by the harbour, which we opened again in May")
    stage.button("Start writing").click()
    expect(photo.get_by_role("button", name="Choose a picture")).to_be_focused()
    choose(stage, "Photo of the front", payload("fake.png", HTML))
    expect(photo.get_by_text("not of a kind that fits")).to_be_visible()
    # Sending it again would not help; another one may.
    expect(photo.get_by_role("button", name="Send fake.png again")).to_have_count(0)
    expect(photo.get_by_role("button", name="Remove fake.png")).to_be_visible()
    expect(photo.get_by_role("button", name="Choose another picture")).to_be_visible()
    choose(stage, "Photos of the shelves", payload("notes.txt", b"words", "text/plain"))
    expect(shelves.get_by_text("notes.txt is not of a kind")).to_be_visible()
    stage.button("Start writing").click()
    expect(photo.get_by_text("Remove what was not taken, or choose another.")).to_be_visible()
    yield "files-errors"

    page.route("**/uploads?*", lambda route: route.abort())
    choose(stage, "Photo of the front", payload("front.png", make_picture((60, 40))))
    again = photo.get_by_role("button", name="Send front.png again")
    expect(again).to_be_visible()
    expect(photo.get_by_text("The server does not answer.")).to_be_visible()
    yield "files-not-sent"
    page.unroute("**/uploads?*")
    held: list[Route] = []
    page.route("**/uploads?*", lambda route: held.append(route))
    again.click()
    expect(photo.get_by_role("progressbar")).to_be_visible()
    stage.button("Start writing").click()
    expect(photo.get_by_text("still being sent")).to_be_visible()
    yield "files-sending"
    for route in held:
        route.continue_()
    page.unroute("**/uploads?*")
    expect(photo.get_by_role("progressbar")).to_be_hidden()
    expect(photo.get_by_role("button", name="Remove front.png")).to_be_visible()
    expect(photo.get_by_text("still being sent")).to_be_hidden()

    give(stage, "dragover", "dialog form", "left.png")
    expect(shelves).to_have_attribute("data-target", "true")
    yield "files-drop-target"
    give(stage, "drop", '[data-file-field="shelves"]', "left.png")
    give(stage, "paste", "dialog textarea", "right.png", make_picture((40, 60), colour="green"))
    choose(stage, "Voice memo", payload("memo.wav", WAV, "audio/wav"))
    choose(stage, "A tour", payload("tour.mp4", MP4, "video/mp4"))
    for name in ("left.png", "right.png", "memo.wav", "tour.mp4"):
        expect(stage.button(f"Remove {name}")).to_be_visible()
    yield "files-filled"

    # A reload loses nothing: words from this browser, files from the server.
    page.reload()
    for name in ("front.png", "left.png", "right.png", "memo.wav", "tour.mp4"):
        expect(stage.button(f"Remove {name}")).to_be_visible()
    expect(words).to_have_value("Our shop by the harbour, which we opened again in May")
    stage.button("Remove right.png").click()
    expect(stage.button("Remove right.png")).to_be_hidden()
    yield "files-after-reload"

    words.press("Control+Enter")
    page.wait_for_url("**/executions/*")
    stage.expect_state("Done")
    expect(page.locator("article")).to_contain_text("front.png, left.png")
    page.get_by_text("What you gave").click()
    expect(page.get_by_role("link", name="tour.mp4")).to_be_visible()
    # Pictures are shown as such beside their names; other files by their names alone.
    given = page.get_by_role("main").locator("details")
    shown = given.locator("img").evaluate_all(DRAWN)
    assert shown == [["front.png", True], ["left.png", True]], shown
    expect(page.get_by_role("link", name="right.png")).to_have_count(0)
    yield "files-of-a-run"
