"""A text that was being written when the application died is finished once, after it came back."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import socketio

from tests.journeys.app_process import AppProcess, app_process

NOTES = (
    "Meeting with the Lyon customer about the new packaging line: they accept the price, want "
    "delivery before March, and ask us to send the safety certificates by Friday."
)


def now() -> str:
    return datetime.now(UTC).isoformat()


class OldClient:
    """What the released command-line client does, over HTTP and one socket."""

    def __init__(self, app: AppProcess) -> None:
        self.app = app
        self.http = httpx.AsyncClient(base_url=app.url, timeout=20, verify=False)
        self.tokens: list[dict[str, Any]] = []
        self.drafts: list[dict[str, Any]] = []
        self.token = ""

    async def log_in(self) -> None:
        body = {
            "email": "demo@example.com",
            "password": "demo",
            "login_method": "email_password",
            "datetime": now(),
        }
        answer = await self.http.post("/user", json=body)
        assert answer.status_code == 200, answer.text
        self.token = answer.json()["token"]
        self.http.headers["Authorization"] = self.token

    async def start_run(self) -> dict[str, Any]:
        tasks = (await self.http.get("/user_task", params={"datetime": now()})).json()
        by_name = {task["task_name"]: task["user_task_pk"] for task in tasks["user_tasks"]}
        user_task = sorted(by_name.values())[1]
        created = await self.http.put(
            "/user_task_execution",
            json={"datetime": now(), "user_task_pk": user_task, "platform": "webapp"},
        )
        assert created.status_code == 200, created.text
        execution: dict[str, Any] = created.json()
        inputs = [
            {"input_name": item["input_name"], "input_value": NOTES}
            for item in execution["json_input"]
        ]
        run = await self.http.post(
            "/user_task_execution_run",
            data={
                "datetime": now(),
                "user_task_execution_pk": str(execution["user_task_execution_pk"]),
                "inputs": json.dumps(inputs),
                "platform": "webapp",
            },
            files={"unused": ("", b"")},
        )
        assert run.status_code == 200, run.text
        return execution

    async def join(self, session_id: str) -> socketio.AsyncClient:
        client = socketio.AsyncClient(reconnection=False)
        client.on("draft_token", self.tokens.append)

        async def take_draft(payload: dict[str, Any]) -> dict[str, Any]:
            self.drafts.append(payload)
            version = payload["produced_text_version_pk"]
            return {"session_id": session_id, "produced_text_version_pk": version}

        client.on("draft_message", take_draft)
        await client.connect(self.app.url, auth={"token": self.token}, transports=["websocket"])
        await client.emit("start_session", {"session_id": session_id, "version": "0.4.13"})
        return client

    async def read(self, execution_pk: int) -> dict[str, Any]:
        answer = await self.http.get(
            "/user_task_execution",
            params={"datetime": now(), "user_task_execution_pk": execution_pk},
        )
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


async def wait_for(condition: Any, seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


async def test_a_killed_application_finishes_the_answer_once(open_dir: Path) -> None:
    with app_process(open_dir, MOJODEX_DEMO_PACE="40") as app:
        client = OldClient(app)
        await client.log_in()
        execution = await client.start_run()
        socket = await client.join(execution["session_id"])
        await wait_for(lambda: len(client.tokens) >= 10)
        assert client.drafts == []
        app.kill()
        await socket.disconnect()
        app.start()
        tokens_before = len(client.tokens)
        socket = await client.join(execution["session_id"])
        await wait_for(lambda: client.drafts)
        await asyncio.sleep(1)
        assert len(client.drafts) == 1
        assert len(client.tokens) > tokens_before
        found = await client.read(execution["user_task_execution_pk"])
        assert found["produced_text_version_index"] == 1
        assert found["produced_text_production"] == client.drafts[0]["produced_text"]
        await socket.disconnect()
        await client.http.aclose()
        assert app.stop() == 0
