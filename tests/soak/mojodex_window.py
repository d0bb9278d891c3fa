"""A page of a released client, on the default namespace."""

from collections.abc import Mapping
from typing import Any

import httpx
import socketio

from tests.soak.ledger import Kind, Shown
from tests.soak.windows import ANSWER_SECONDS, NotReady, View, Window, answer_of


class MojodexWindow(Window):
    """What the released clients do: whole texts so far, messages by their key, acknowledged."""

    namespace = "/"

    def __init__(self, view: View) -> None:
        #: Over which connection each message was read by REST first: since then it counts as
        #: delivered, and who joins later is not told of it. What was on its way over the same
        #: connection may still arrive.
        self._read_over: dict[int, int] = {}
        super().__init__(view)

    def shown(self) -> Shown:
        return Shown(
            name=self.view.name,
            order=sorted(self._texts),
            texts=dict(self._texts),
            has_questions=False,
            faults=tuple(self.faults),
        )

    def _subscribe(self, client: socketio.AsyncClient) -> None:
        client.on("mojo_token", self._take_text)
        client.on("draft_token", self._take_text)
        client.on("mojo_message", self._take_message)
        client.on("draft_message", self._take_draft)

    async def _join(self, client: socketio.AsyncClient) -> None:
        refusals: list[object] = []
        client.on("error", refusals.append)
        payload = {"session_id": self.view.session_id.replace("-", ""), "version": "0.4.11"}
        await client.call("start_session", payload, timeout=ANSWER_SECONDS)
        if any(_is_refusal(one) for one in refusals):
            raise NotReady(str(refusals))

    async def _read(self, rest: httpx.AsyncClient, url: str) -> None:
        query: dict[str, str | int] = {
            "session_id": self.view.session_id.replace("-", ""),
            "datetime": "2026-11-02T09:30:00.000Z",
            "n_messages": 100,
            "offset": 0,
        }
        headers = {"Authorization": self.view.token}
        page = answer_of(await rest.get(f"{url}/message", params=query, headers=headers))
        for item in page["messages"]:
            if item["sender"] == "mojo":
                self._read_over.setdefault(item["message_pk"], self.n_connections)
                message = item["message"]
                self._add(item["message_pk"], message.get("produced_text") or message["text"])

    def _take_text(self, payload: Mapping[str, Any]) -> None:
        if payload["text"]:
            self._tell()

    def _take_message(self, payload: Mapping[str, Any]) -> object:
        pk = payload["message_pk"]
        self._add(pk, payload["text"])
        return self._acknowledge(f"message {pk}", "message_pk", payload)

    def _take_draft(self, payload: Mapping[str, Any]) -> object:
        pk = payload["message_pk"]
        self._add(pk, payload["produced_text"])
        return self._acknowledge(f"draft {pk}", "produced_text_version_pk", payload)

    def _acknowledge(self, key: str, name: str, payload: Mapping[str, Any]) -> object:
        # The web app gives what it read ids of its own, and would show this once more.
        if self._read_over.get(payload["message_pk"], self.n_connections) < self.n_connections:
            self._fault(Kind.DOUBLED, f"{key} is told to who joined after it was read")
        if not self._may_acknowledge(key):
            return None
        return {"session_id": payload["session_id"], name: payload[name]}


def _is_refusal(error: object) -> bool:
    """Of the join itself; that an answer failed is told by the same event, with more keys."""
    return not isinstance(error, dict) or not (
        {"user_message_pk", "user_task_execution_pk"} & error.keys()
    )
