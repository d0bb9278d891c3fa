"""The load generator: people who start texts and watch them grow, in a process of their own.

    python -m benchmarks.load < job.json > outcome.json

Speaks websocket frames by hand, on one loop: a whole Socket.IO client for each stream would take
more of the machine than what is measured. Words carry the time at which the model sent them, on the
clock that all processes of a machine share.
"""

import asyncio
import gc
import re
import statistics
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

import aiohttp
import orjson
from pydantic import BaseModel, ConfigDict
from uvicorn.loops.auto import auto_loop_factory

from mojodex.apps.mock_llm import STAMP_LENGTH, now_us, read_stamps
from mojodex.platform.llm import cut_tokens

NOTES = (
    "Meeting with the Lyon customer about the new packaging line: they accept the price, want "
    "delivery before March, and ask us to send the safety certificates by Friday."
)
INPUT = "meeting_informations"
COMMON = {"datetime": "2026-11-02T09:30:00.000Z", "version": "0.4.11", "platform": "webapp"}
#: After a burst the product may need a moment.
READ_TRIES = 20
_STAMPED = re.compile(r"\d{5}:\d{15}")
_EVENT = re.compile(r"42(?:/v1,)?(\d*)(\[.*)", re.DOTALL)


class Plain(BaseModel):
    """What travels between the processes of a benchmark, as JSON."""

    model_config = ConfigDict(frozen=True)


class Person(Plain):
    """Somebody with a log-in and a task: `task_id` for v1, `user_task_pk` for Mojodex clients."""

    token: str
    task_id: str
    user_task_pk: int


class Job(Plain):
    """Each of `people` starts one text. `bare`: the model's own endpoint is read, without us.

    One after another when `starts_per_second` is 0. `seconds` is how long the last one may take.
    `idle_seconds`: only connect, and stay for so long.
    """

    wire: Literal["v1", "mojodex", "bare"]
    urls: Sequence[str]
    people: Sequence[Person]
    starts_per_second: float = 0.0
    seconds: float = 120.0
    idle_seconds: float = 0.0


class Spread(Plain):
    """Milliseconds within which parts of the measured came."""

    p50: float = 0.0
    p95: float = 0.0
    p99: float = 0.0
    longest: float = 0.0


class Outcome(Plain):
    """What the people saw. `n_bytes` per text, whichever way it came; `late` ended in no time."""

    n_streams: int
    n_words: int
    #: Of the saved texts, without the tags around them.
    n_tokens: int
    n_lost: int
    n_doubled: int
    n_late: int
    first: Spread
    added: Spread
    n_bytes: float
    n_events: float
    n_text_bytes: float
    #: Share of one processor that the generator itself took, and its seconds.
    cpu_share: float
    cpu_seconds: float = 0.0


class NotStarted(RuntimeError):
    """The product refused to start a text; why is the message."""


class Watcher(ABC):
    """One text, as one person sees it. `refusal`: why it was not started, in the end."""

    def __init__(self, http: aiohttp.ClientSession, url: str, person: Person) -> None:
        self.http = http
        self.url = url
        self.person = person
        self.numbers: list[int] = []
        self.added: list[float] = []
        self.started_at = 0.0
        self.first: float | None = None
        self.n_bytes = 0
        self.n_events = 0
        self.text = ""
        self.ended = asyncio.Event()
        self.refusal: str | None = None
        #: Characters of each channel that came.
        self.seen: dict[str, int] = {}
        self._tail: dict[str, str] = {}

    @abstractmethod
    async def connect(self) -> None:
        """Get ready to watch."""

    @abstractmethod
    async def run(self) -> None:
        """Start the text; `ended` is set at its end."""

    @abstractmethod
    async def read_saved(self) -> None:
        """Read the text as it was saved into `text`, where nothing brought it whole."""

    @abstractmethod
    async def close(self) -> None:
        """Leave."""

    def take(self, channel: str, text: str) -> None:
        """More of a channel."""
        now = now_us()
        if self.first is None and text:
            self.first = time.perf_counter() - self.started_at
        # A word is never cut, but it may come in two pieces.
        whole = self._tail.get(channel, "") + text
        end = 0
        for stamp in read_stamps(whole):
            self.numbers.append(stamp.number)
            self.added.append((now - stamp.sent_at) / 1000)
            end = whole.index(f"{stamp.number:05d}:{stamp.sent_at:015d}", end) + STAMP_LENGTH - 1
        self._tail[channel] = whole[end:][-STAMP_LENGTH:]


class BareWatcher(Watcher):
    """Reads the model's endpoint, as plainly as can be."""

    async def connect(self) -> None:
        """Each request brings its connection."""

    async def read_saved(self) -> None:
        """Nothing is saved."""

    async def close(self) -> None:
        """It has ended."""

    async def run(self) -> None:
        self.started_at = time.perf_counter()
        body = {"model": "demo", "stream": True, "messages": [{"role": "user", "content": NOTES}]}
        headers = {"X-Mojodex-Prompt": "instruct_run"}
        async with self.http.post(
            f"{self.url}/chat/completions", json=body, headers=headers
        ) as answer:
            async for line in answer.content:
                self.n_bytes += len(line)
                if line.startswith(b"data: {"):
                    self._take_chunk(orjson.loads(line[6:]))
        self.ended.set()

    def _take_chunk(self, chunk: dict[str, Any]) -> None:
        self.n_events += 1
        for choice in chunk["choices"]:
            if words := choice["delta"].get("content"):
                self.text += words
                self.take("", words)


class SocketWatcher(Watcher):
    """A Socket.IO client by hand, on one namespace."""

    prefix = ""

    async def connect(self) -> None:
        address = f"{self.url.replace('http', 'ws', 1)}/socket.io/?EIO=4&transport=websocket"
        self._socket = await self.http.ws_connect(address, compress=0, max_msg_size=0)
        await self._socket.receive_str()
        auth = orjson.dumps({"token": self.person.token}).decode()
        await self._socket.send_str(f"40{self.prefix}{auth}")
        while not (told := await self._socket.receive_str()).startswith("40"):
            if told.startswith("44"):
                raise RuntimeError(f"refused: {told}")
        self._reading = asyncio.create_task(self._read())

    async def close(self) -> None:
        self._reading.cancel()
        await self._socket.close()

    async def send(self, event: str, payload: object) -> None:
        await self._socket.send_str(f"42{self.prefix}{orjson.dumps([event, payload]).decode()}")

    async def _read(self) -> None:
        async for message in self._socket:
            if message.data == "2":
                await self._socket.send_str("3")
            elif (found := _EVENT.match(message.data)) is not None:
                self.n_bytes += len(message.data.encode())
                self.n_events += 1
                name, payload = orjson.loads(found[2])
                ack = self.take_event(name, payload)
                if found[1]:
                    told = orjson.dumps([ack] if ack is not None else []).decode()
                    await self._socket.send_str(f"43{self.prefix}{found[1]}{told}")

    @abstractmethod
    def take_event(self, name: str, payload: dict[str, Any]) -> object:
        """Look at an event. Returns its acknowledgement."""


class V1Watcher(SocketWatcher):
    """As our web app does."""

    prefix = "/v1,"
    _execution_id = ""

    async def run(self) -> None:
        self.started_at = time.perf_counter()
        body = {"task_id": self.person.task_id, "inputs": {INPUT: NOTES}}
        async with self.http.post(
            f"{self.url}/api/v1/executions", json=body, headers=self._headers
        ) as answer:
            made = await answer.json()
            if answer.status != 201:
                raise NotStarted(f"not started: {made}")
        self._execution_id = made["id"]
        await self.send("join", {"session_id": made["session_id"]})

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.person.token}"}

    async def read_saved(self) -> None:
        address = f"{self.url}/api/v1/executions/{self._execution_id}"
        for _ in range(READ_TRIES):
            async with self.http.get(address, headers=self._headers) as answer:
                if answer.status == 200:
                    text = (await answer.json())["text"] or {"title": "", "body": ""}
                    self.text = f"{text['title']}\n{text['body']}"
                    return
            await asyncio.sleep(1)
        raise RuntimeError(f"what was saved cannot be read: {answer.status}")

    def take_event(self, name: str, payload: dict[str, Any]) -> object:
        kind = payload["type"]
        if kind == "turn_delta":
            channel = payload["channel"]
            self.seen[channel] = self.seen.get(channel, 0) + len(payload["text"])
            self.take(channel, payload["text"])
        elif kind == "turn_snapshot":
            for channel, text in payload["texts"].items():
                self.take(channel, text[self.seen.get(channel, 0) :])
                self.seen[channel] = len(text)
        elif kind in ("turn_finished", "turn_failed") or (
            # Who joins after the end of a short text is told of its message alone.
            kind == "message_added" and payload["message"]["sender"] == "assistant"
        ):
            self.ended.set()
        key = payload.get("delivery_id")
        return None if key is None else {"delivery_id": key}


class MojodexWatcher(SocketWatcher):
    """As the released web app does: the whole text so far, each time."""

    async def read_saved(self) -> None:
        """The final brought it."""

    async def run(self) -> None:
        made = await self._ask("put", "user_task_execution", user_task_pk=self.person.user_task_pk)
        await self.send("start_session", {"session_id": made["session_id"], "version": "0.4.11"})
        form = aiohttp.FormData(default_to_multipart=True)
        pk = str(made["user_task_execution_pk"])
        inputs = orjson.dumps([{"input_name": INPUT, "input_value": NOTES}]).decode()
        for key, value in {**COMMON, "user_task_execution_pk": pk, "inputs": inputs}.items():
            form.add_field(key, value)
        self.started_at = time.perf_counter()
        async with self.http.post(
            f"{self.url}/user_task_execution_run", data=form, headers=self._headers
        ) as answer:
            if answer.status != 200:
                raise NotStarted(f"not started: {await answer.text()}")

    async def _ask(self, method: str, path: str, **body: object) -> dict[str, Any]:
        async with self.http.request(
            method, f"{self.url}/{path}", json={**COMMON, **body}, headers=self._headers
        ) as answer:
            made: dict[str, Any] = await answer.json()
            if answer.status != 200:
                raise NotStarted(f"{path}: {made}")
            return made

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": self.person.token}

    def take_event(self, name: str, payload: dict[str, Any]) -> object:
        if name == "draft_token":
            text = payload["produced_text"]
            self.take("body", text[self.seen.get("body", 0) :])
            self.seen["body"] = len(text)
        elif name == "draft_message":
            # Titles are told with each text, and are not followed here.
            self.text = payload["produced_text"]
            self.ended.set()
            return {
                "session_id": payload["session_id"],
                "produced_text_version_pk": payload["produced_text_version_pk"],
            }
        return None


KINDS: dict[str, type[Watcher]] = {
    "v1": V1Watcher,
    "mojodex": MojodexWatcher,
    "bare": BareWatcher,
}


async def carry_out(job: Job) -> Outcome:
    """Everybody connects, then everybody starts, at the pace of the job."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as http:
        kind = KINDS[job.wire]
        watchers = [
            kind(http, job.urls[number % len(job.urls)], person)
            for number, person in enumerate(job.people)
        ]
        for some in (watchers[start : start + 20] for start in range(0, len(watchers), 20)):
            await asyncio.gather(*(watcher.connect() for watcher in some))
        gc.collect()
        gc.disable()
        if job.idle_seconds:
            await asyncio.sleep(job.idle_seconds)
        began, cpu = time.perf_counter(), time.process_time()
        if not job.idle_seconds:
            await _run_all(watchers, job)
        spent = time.process_time() - cpu
        share = spent / (time.perf_counter() - began)
        refusals = [watcher.refusal for watcher in watchers if watcher.refusal is not None]
        if len(refusals) == len(watchers):
            raise RuntimeError(refusals[0])
        for watcher in () if job.idle_seconds else watchers:
            if watcher.refusal is None:
                await watcher.read_saved()
        await asyncio.gather(*(watcher.close() for watcher in watchers))
    return summarize(watchers, share).model_copy(update={"cpu_seconds": spent})


async def _run_all(watchers: Sequence[Watcher], job: Job) -> None:
    runs: list[asyncio.Task[None]] = []
    began = time.perf_counter()
    for number, watcher in enumerate(watchers):
        if job.starts_per_second:
            due = began + number / job.starts_per_second
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            runs.append(asyncio.create_task(_run(watcher, job.seconds)))
        else:
            await _run(watcher, job.seconds)
    await asyncio.gather(*runs)


async def _run(watcher: Watcher, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await watcher.run()
            await watcher.ended.wait()
    except TimeoutError:
        return
    except (NotStarted, aiohttp.ClientError) as error:
        # Too much for the product: this text is late for ever, and the others count.
        watcher.refusal = f"{type(error).__name__}: {error}"


def summarize(watchers: Sequence[Watcher], cpu_share: float) -> Outcome:
    """What all of them saw together."""
    n_lost = n_doubled = 0
    for watcher in watchers:
        saved = {stamp.number for stamp in read_stamps(watcher.text)}
        seen = Counter(watcher.numbers)
        n_lost += len(saved - seen.keys())
        n_doubled += sum(seen.values()) - len(seen)
    return Outcome(
        n_streams=len(watchers),
        n_words=sum(len(watcher.numbers) for watcher in watchers),
        n_tokens=sum(count_saved_tokens(watcher.text) for watcher in watchers),
        n_lost=n_lost,
        n_doubled=n_doubled,
        n_late=sum(not watcher.ended.is_set() for watcher in watchers),
        first=spread_of([1000 * one.first for one in watchers if one.first is not None]),
        added=spread_of([value for watcher in watchers for value in watcher.added]),
        n_bytes=statistics.fmean(watcher.n_bytes for watcher in watchers),
        n_events=statistics.fmean(watcher.n_events for watcher in watchers),
        n_text_bytes=statistics.fmean(len(watcher.text.encode()) for watcher in watchers),
        cpu_share=cpu_share,
    )


def count_saved_tokens(text: str) -> int:
    """How many tokens the model sent for this text; a stamp stands for one."""
    return len(cut_tokens(_STAMPED.sub("x" * 8, text)))


def spread_of(values: Sequence[float]) -> Spread:
    """Zeros when there is nothing."""
    if not values:
        return Spread()
    ordered = sorted(values)
    p50, p95, p99 = (
        ordered[min(len(ordered) - 1, int(len(ordered) * q))] for q in (0.5, 0.95, 0.99)
    )
    return Spread(p50=p50, p95=p95, p99=p99, longest=ordered[-1])


def in_process(job: Job) -> Outcome:
    """Carry out the job in another process. Raises `RuntimeError` with what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"],
        input=job.model_dump_json(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return Outcome.model_validate_json(done.stdout.splitlines()[-1])


def main() -> None:
    """Read a job, print its outcome."""
    job = Job.model_validate_json(sys.stdin.read())
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        sys.stdout.write(runner.run(carry_out(job)).model_dump_json() + "\n")


if __name__ == "__main__":
    main()
