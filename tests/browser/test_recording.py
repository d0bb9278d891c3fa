"""What the reducers of the web app are tested with is what the server says.

`web/test/recorded/slice.json` holds a run as it was fetched before, told by notices, and fetched
after; web/test/realtime/recorded.test.ts folds the notices and expects the second fetch. This test
runs the same again and compares the shapes. `MOJODEX_RECORD=1` writes the file anew.
"""

import json
import os
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.browser.stage import BRIEF, NOTES
from tests.browser.staged import StagedModel
from tests.harness.listening import Listener, wait_until
from tests.harness.served import Human, Served, serve

RECORDING = Path(__file__).parents[2] / "web" / "test" / "recorded" / "slice.json"
#: The names of these depend on what was typed, not on the wire.
FREE_FORM = ("inputs",)


async def test_the_recording_is_what_the_server_says(pg_url: str) -> None:
    model = StagedModel()
    async with serve(pg_url, model=model) as served:
        ada = await served.make_person("ada")
        recording = await record(served, ada, model)
    if os.environ.get("MOJODEX_RECORD"):
        RECORDING.parent.mkdir(exist_ok=True)
        RECORDING.write_text(json.dumps(recording, indent=1, ensure_ascii=False) + "\n")
    committed = json.loads(RECORDING.read_text())
    assert shapes(recording) == shapes(committed)


async def record(served: Served, person: Human, model: StagedModel) -> dict[str, Any]:
    """A question, its answer, a text, and an edit of it, from the moment it is written on."""
    async with (
        served.client(person) as http,
        Listener(served.url, person.token) as socket,
    ):
        model.hold_after = 1
        task = (await http.get("/tasks/1")).json()
        inputs = {task["inputs"][0]["name"]: BRIEF}
        run = await http.post("/executions", json={"task_id": "1", "inputs": inputs})
        execution = run.json()
        path, session = f"/executions/{execution['id']}", f"/sessions/{execution['session_id']}"

        async def fetch() -> dict[str, Any]:
            return {
                "execution": (await http.get(path)).json(),
                "messages": (await http.get(f"{session}/messages")).json(),
                "executions": (await http.get("/executions")).json(),
            }

        await socket.join(execution["session_id"])
        await socket.wait_for("turn_started")
        before = await fetch()
        model.hold_after = None
        await socket.wait_for("turn_finished", 1)
        answer = {"client_id": str(uuid4()), "text": NOTES}
        assert (await http.post(f"{session}/messages", json=answer)).status_code == 202
        await socket.wait_for("turn_finished", 2)
        await wait_until(lambda: socket.of("execution_titled"))
        text = (await http.get(path)).json()["text"]
        edit = {"title": "Mine", "body": "My words", "base_version_id": text["version_id"]}
        assert (await http.post(f"{path}/versions", json=edit)).status_code == 201
        await wait_until(lambda: len(socket.of("text_version_added")) == 2)
        return {"before": before, "notices": socket.notices, "after": await fetch()}


def shapes(recording: dict[str, Any]) -> dict[str, Any]:
    """Which kinds of notices came, and the fields of everything."""
    notices: dict[str, set[str]] = {}
    for notice in recording["notices"]:
        notices.setdefault(notice["type"], set()).add(json.dumps(fields(notice)))
    return {
        "notices": {kind: sorted(found)[0] for kind, found in sorted(notices.items())},
        "before": fields(recording["before"]),
        "after": fields(recording["after"]),
    }


def fields(value: Any) -> Any:
    """A value reduced to the names of its fields."""
    if isinstance(value, dict):
        return {
            name: None if name in FREE_FORM else fields(each)
            for name, each in sorted(value.items())
        }
    if isinstance(value, list):
        return [fields(value[0])] if value else []
    return None
