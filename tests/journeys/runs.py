"""Runs of a task as a v1 client makes and follows them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from mojodex.kit.ids import new_id
from tests.harness.listening import wait_until_async
from tests.harness.served import Human, Served

NOTES = (
    "Meeting with the Lyon customer about the new packaging line: they accept the price, want "
    "delivery before March, and ask us to send the safety certificates by Friday."
)
LETTER = "<execution><title>Lyon</title><draft>They accept the price.</draft></execution>"
TITLED = "<title>Lyon</title><summary>You met a customer.</summary>"
Run = dict[str, Any]


@dataclass(frozen=True)
class Runner:
    """A person who runs tasks on a served product."""

    served: Served
    human: Human

    async def start(self, notes: str = NOTES) -> Run:
        """Send the form of the first task."""
        async with self.served.client(self.human) as client:
            task = (await client.get("/tasks")).json()["items"][0]
            definition = (await client.get(f"/tasks/{task['id']}")).json()
            inputs = {item["name"]: notes for item in definition["inputs"]}
            made = await client.post("/executions", json={"task_id": task["id"], "inputs": inputs})
        assert made.status_code == 201, made.text
        run: Run = made.json()
        return run

    async def read(self, run: Run) -> Run:
        async with self.served.client(self.human) as client:
            answer = await client.get(f"/executions/{run['id']}")
        assert answer.status_code == 200, answer.text
        found: Run = answer.json()
        return found

    async def wait_for(self, run: Run, state: str, seconds: float = 30) -> Run:
        """Until the run is in this state."""
        return await self.wait_until(run, lambda found: found["state"] == state, seconds)

    async def wait_until(
        self, run: Run, condition: Callable[[Run], object], seconds: float = 30
    ) -> Run:
        found = run

        async def holds() -> bool:
            nonlocal found
            found = await self.read(run)
            return bool(condition(found))

        await wait_until_async(holds, seconds)
        return found

    async def say(self, run: Run, words: str, *, client_id: UUID | None = None) -> Run:
        """Post a message; the answer of the request."""
        async with self.served.client(self.human) as client:
            answer = await client.post(
                f"/sessions/{run['session_id']}/messages",
                json={"client_id": str(client_id or new_id()), "text": words},
            )
        assert answer.status_code == 202, answer.text
        posted: Run = answer.json()
        return posted

    async def act(self, turn_id: str, act: str) -> tuple[int, Run]:
        """`stop` or `retry` a turn."""
        async with self.served.client(self.human) as client:
            answer = await client.post(f"/turns/{turn_id}/{act}")
        body: Run = answer.json()
        return answer.status_code, body

    async def messages(self, run: Run) -> list[Run]:
        """Oldest first."""
        async with self.served.client(self.human) as client:
            answer = await client.get(
                f"/sessions/{run['session_id']}/messages", params={"limit": 100}
            )
        items: list[Run] = answer.json()["items"]
        return items[::-1]
