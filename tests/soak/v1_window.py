"""A tab of the web app, on the socket of v1."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import socketio

from tests.soak.ledger import OPEN_STATES, Kind, Shown
from tests.soak.windows import ANSWER_SECONDS, NotReady, View, Window, answer_of


@dataclass
class _Stream:
    attempt: int
    seq: int
    texts: dict[str, str]


class V1Window(Window):
    """What our web app does: joins, reads, and folds the notices into what it read."""

    namespace = "/v1"

    def __init__(self, view: View) -> None:
        self._written_at: dict[int, str] = {}
        #: Attempt and state of each turn.
        self._turn_states: dict[str, tuple[int, str]] = {}
        self._facts: dict[str, object] = {}
        self._failed: set[int] = set()
        self._n_told = 0
        #: As this connection has told them.
        self._streams: dict[str, _Stream] = {}
        #: The last of each turn over all connections.
        self._streamed: dict[str, tuple[int, str]] = {}
        super().__init__(view)

    def shown(self) -> Shown:
        return Shown(
            name=self.view.name,
            order=sorted(self._texts, key=lambda one: (self._written_at[one], one)),
            texts=dict(self._texts),
            has_questions=True,
            turn_states={key: state for key, (_, state) in self._turn_states.items()},
            facts=self._facts | {"failed": sorted(self._failed)},
            streamed=dict(self._streamed),
            faults=tuple(self.faults),
        )

    def _subscribe(self, client: socketio.AsyncClient) -> None:
        self._streams = {}
        client.on("notice", self._take, namespace=self.namespace)

    async def _join(self, client: socketio.AsyncClient) -> None:
        answer = await client.call(
            "join",
            {"session_id": self.view.session_id},
            namespace=self.namespace,
            timeout=ANSWER_SECONDS,
        )
        if not answer["ok"]:
            raise NotReady(str(answer))

    async def _read(self, rest: httpx.AsyncClient, url: str) -> None:
        headers = {"Authorization": f"Bearer {self.view.token}"}
        base = f"{url}/api/v1"
        messages = f"{base}/sessions/{self.view.session_id}/messages?limit=100"
        execution = f"{base}/executions/{self.view.execution_id}"
        while True:
            n_told = self._n_told
            page = answer_of(await rest.get(messages, headers=headers))
            for message in page["items"]:
                self._add_message(message)
            read = answer_of(await rest.get(execution, headers=headers))
            # What was told while it was read may be newer.
            if n_told == self._n_told:
                break
        turn = read["turn"]
        self._turn_states = {}
        self._facts = _facts_of(read)
        if turn:
            self._turn_states[turn["id"]] = (turn["attempt"], turn["state"])
            self._tell_end(turn["id"], turn["attempt"], turn["state"])

    def _take(self, notice: Mapping[str, Any]) -> object:
        kind = notice["type"]
        if kind == "turn_snapshot":
            self._take_snapshot(notice)
        elif kind == "turn_delta":
            self._take_delta(notice)
        else:
            self._n_told += 1
            self._take_fact(kind, notice)
        key = notice.get("delivery_id")
        if key is None or not self._may_acknowledge(key):
            return None
        return {"delivery_id": key}

    def _take_fact(self, kind: str, notice: Mapping[str, Any]) -> None:
        if kind in ("message_added", "message_changed"):
            self._add_message(notice["message"])
        elif kind in ("turn_started", "turn_finished", "turn_failed", "turn_stopped"):
            self._take_state(notice, kind.removeprefix("turn_"))
        elif kind == "text_version_added":
            self._take_version(notice)
        elif notice.get("execution", {}).get("id") == self.view.execution_id:
            # A person's own room tells of their other executions, too.
            self._facts = _facts_of(notice["execution"])

    def _take_version(self, notice: Mapping[str, Any]) -> None:
        if notice["execution_id"] == self.view.execution_id:
            known = self._facts.get("n_versions", 0)
            self._facts["n_versions"] = max(notice["index"], int(str(known)))

    def _take_snapshot(self, notice: Mapping[str, Any]) -> None:
        turn_id, position = notice["turn_id"], (notice["attempt"], notice["seq"])
        known = self._streams.get(turn_id)
        if notice["part"] > 1 and known is not None:
            for channel, text in notice["texts"].items():
                known.texts[channel] += text
        else:
            if known is not None and position < (known.attempt, known.seq):
                self._fault(Kind.MISORDERED, f"a step back to {position} of {turn_id}")
            known = self._streams[turn_id] = _Stream(*position, dict(notice["texts"]))
        self._keep(turn_id, known)

    def _take_delta(self, notice: Mapping[str, Any]) -> None:
        turn_id, position = notice["turn_id"], (notice["attempt"], notice["seq"])
        known = self._streams.get(turn_id)
        if known is None or position != (known.attempt, known.seq + 1):
            before = None if known is None else (known.attempt, known.seq)
            self._fault(Kind.LOST, f"a hole between {before} and {position} of {turn_id}")
            known = self._streams[turn_id] = _Stream(notice["attempt"], notice["seq"], {})
        known.seq = notice["seq"]
        channel = notice["channel"]
        known.texts[channel] = known.texts.get(channel, "") + notice["text"]
        self._keep(turn_id, known)

    def _keep(self, turn_id: str, stream: _Stream) -> None:
        text = stream.texts.get("draft_body") or stream.texts.get("message") or ""
        self._streamed[turn_id] = (stream.attempt, text)
        self._tell(turn_id=turn_id, attempt=stream.attempt, has_text=bool(text))

    def _take_state(self, notice: Mapping[str, Any], state: str) -> None:
        turn_id, attempt = notice["turn_id"], notice["attempt"]
        name = {"started": "running", "finished": "done"}.get(state, state)
        known, _ = self._turn_states.get(turn_id, (0, ""))
        # That an attempt began is no news of one that is known.
        if attempt > known or (attempt == known and name != "running"):
            self._turn_states[turn_id] = (attempt, name)
        self._tell_end(turn_id, attempt, name)

    def _tell_end(self, turn_id: str, attempt: int, state: str) -> None:
        if state not in OPEN_STATES:
            self._tell(turn_id=turn_id, attempt=attempt, is_final=True, state=state)

    def _add_message(self, message: Mapping[str, Any]) -> None:
        message_id = int(message["id"])
        self._written_at[message_id] = message["written_at"]
        (self._failed.add if message["is_failed"] else self._failed.discard)(message_id)
        self._add(message_id, message["text"], is_answer=message["sender"] == "assistant")


def _facts_of(execution: Mapping[str, Any]) -> dict[str, object]:
    return {name: execution[name] for name in ("state", "title", "n_versions")}
