"""What the parts of the way of a token cost in processor time, each beside a plain loop.

    .venv/bin/python -m benchmarks.parts [--quick]

In this one process: the model reader takes paced streams from `mojodex mock-llm` (beside a plain
HTTP client that reads the same); the parser takes an answer token by token (beside joining them);
the fan-out takes a delta for one socket (beside spelling the same event as JSON).
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import aclosing
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import orjson

from benchmarks.costs import WANTED_SECONDS
from benchmarks.load import NOTES
from benchmarks.report import Aim, Result, Table, run_alone
from benchmarks.stage import ANSWER, Model, Pace
from mojodex.domains.chat import AnswerReader
from mojodex.domains.executions.rules.delivery import instruct_route
from mojodex.faces.mojodex import MojodexSocketFace
from mojodex.faces.v1 import V1Config, V1SocketFace
from mojodex.platform.db import Database
from mojodex.platform.llm import (
    Attribution,
    ChatMessage,
    MemoryMeter,
    ModelGateway,
    ModelRequest,
    Role,
    TextDelta,
    build_engines,
)
from mojodex.platform.realtime import LocalBus, Peer, SocketFace, Streams, session_room
from mojodex.platform.realtime.fanout import Fanout
from mojodex.platform.realtime.link import Link
from mojodex.platform.realtime.outbox import Frame
from mojodex.platform.realtime.streams import FLUSH_SECONDS
from mojodex.platform.realtime.transport import Line

#: Nothing is asked of it.
NOWHERE = "postgresql://nobody@127.0.0.1:1/none"
TOKENS = ("<execution><title>", "Lyon", "</title>", "<draft>")
WORDS = ("They", " accept", " the", " price", ",", " and", " want", " delivery", ".", "\n\n")


class Sink(Line):
    """A socket that takes everything at once."""

    def __init__(self) -> None:
        self.n_frames = 0

    @property
    def backlog(self) -> int:
        return 0

    def send(self, frame: Frame) -> None:
        self.n_frames += 1


class Clockwork:
    """Time that moves from token to token, at a pace at which no window takes two."""

    def __init__(self) -> None:
        self._now = 0.0

    def time(self) -> float:
        return self._now

    def call_later(self, delay: float, callback: Callable[[], object], /) -> "Clockwork":
        raise RuntimeError("a token waits for another one's window")

    def cancel(self) -> None:
        """Nothing waits."""

    def move(self) -> None:
        self._now += FLUSH_SECONDS


def answer_tokens(n_tokens: int) -> list[str]:
    """An answer with a title and a body."""
    body = [WORDS[number % len(WORDS)] for number in range(n_tokens - len(TOKENS) - 1)]
    return [*TOKENS, *body, "</draft></execution>"]


def cost(work: Callable[[], object], n_tokens: int, n_times: int) -> float:
    """Milliseconds of processor time per 1,000 tokens, the best of three."""
    found = []
    for _ in range(3):
        began = time.process_time()
        for _ in range(n_times):
            work()
        found.append((time.process_time() - began) * 1e6 / (n_tokens * n_times))
    return min(found)


def measure_parser(n_times: int) -> tuple[float, float]:
    """Ours, and joining."""
    tokens = answer_tokens(400)
    route = instruct_route(())

    def parse() -> None:
        reader = AnswerReader(route)
        for token in tokens:
            reader.feed(token)
        reader.finish()

    def join() -> str:
        text = ""
        for token in tokens:
            text += token
        return text

    return cost(parse, len(tokens), n_times), cost(join, len(tokens), n_times)


def measure_fanout(face: SocketFace, n_times: int) -> float:
    """From `append` to the frames in the line of one socket."""
    tokens = answer_tokens(400)

    def fan_out() -> None:
        clockwork = Clockwork()
        streams = Streams(Database(NOWHERE), bus=LocalBus(), timer=clockwork)
        fanout = Fanout(streams.bus)
        room = session_room(uuid4())
        peer = Peer(sid="1", namespace=face.namespace, user_id=UUID(int=1), login_id=None)
        fanout.enter(Link(peer, face, Sink()), room)
        stream = streams.open(stream_id=uuid4(), room=room, attempt=1)
        for token in tokens:
            stream.append("draft_body", token)
            clockwork.move()

    return cost(fan_out, len(tokens), n_times)


def measure_spelling(n_times: int) -> float:
    """The plain loop: the same event as JSON."""
    tokens = answer_tokens(400)
    known = {"type": "turn_delta", "session_id": str(uuid4()), "turn_id": str(uuid4())}

    def spell() -> None:
        for seq, token in enumerate(tokens):
            notice = {**known, "attempt": 1, "seq": seq, "channel": "draft_body", "text": token}
            orjson.dumps(["notice", notice])

    return cost(spell, len(tokens), n_times)


async def measure_reader(url: str, n_streams: int) -> tuple[float, float]:
    """Ours, and a plain HTTP client, in ms of processor time per 1,000 paced tokens."""
    gateway = ModelGateway(build_engines(openai_base_url=url, chat_model="mock"), MemoryMeter())
    await gateway.warm_up()
    ours = await _cost_of_all([_read(gateway) for _ in range(n_streams)])
    await gateway.aclose()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        plain = await _cost_of_all([_read_plainly(http, url) for _ in range(n_streams)])
    return ours, plain


async def _cost_of_all(reads: Sequence[Coroutine[Any, Any, int]]) -> float:
    began = time.process_time()
    n_tokens = sum(await asyncio.gather(*reads))
    return (time.process_time() - began) * 1e6 / n_tokens


async def _read(gateway: ModelGateway) -> int:
    request = ModelRequest(messages=(ChatMessage(Role.USER, NOTES),), label=ANSWER)
    n_tokens = 0
    async with aclosing(gateway.stream(request, Attribution(purpose="benchmark"))) as events:
        async for event in events:
            n_tokens += isinstance(event, TextDelta)
    return n_tokens


async def _read_plainly(http: aiohttp.ClientSession, url: str) -> int:
    body = {"model": "demo", "stream": True, "messages": [{"role": "user", "content": NOTES}]}
    n_tokens = 0
    async with http.post(
        f"{url}/chat/completions", json=body, headers={"X-Mojodex-Prompt": ANSWER}
    ) as answer:
        async for line in answer.content:
            if line.startswith(b"data: {"):
                chunk = orjson.loads(line[6:])
                n_tokens += any(choice["delta"].get("content") for choice in chunk["choices"])
    return n_tokens


async def _measure_loops(n_times: int) -> list[list[str]]:
    database = Database(NOWHERE)
    v1 = V1SocketFace(database, V1Config(version="0"))
    mojodex = MojodexSocketFace(database, purchase_updater_secret=None)
    parser, joining = measure_parser(n_times)
    spelling = measure_spelling(n_times)
    fanouts = [measure_fanout(face, n_times) for face in (v1, mojodex)]
    # Checkpoints that wait for their period have nowhere to go.
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    return [
        ["parser", f"{parser:.1f}", "joining the tokens", f"{joining:.1f}"],
        ["fan-out to a v1 socket", f"{fanouts[0]:.1f}", "the event as JSON", f"{spelling:.1f}"],
        [
            "fan-out to a Mojodex client",
            f"{fanouts[1]:.1f}",
            "the event as JSON",
            f"{spelling:.1f}",
        ],
    ]


def measure(*, is_quick: bool) -> Result:
    """One table."""
    model = Model(Pace(n_words=40 if is_quick else 200))
    with model.running():
        reader, plain = asyncio.run(measure_reader(model.url, 5 if is_quick else 100))
    rows = [
        ["model reader", f"{reader:.1f}", "a plain HTTP client", f"{plain:.1f}"],
        *asyncio.run(_measure_loops(5 if is_quick else 50)),
    ]
    table = Table(
        title="Processor time of the parts",
        note="Milliseconds of processor time per 1,000 tokens.",
        columns=("part", "ms", "beside", "ms"),
        rows=rows,
    )
    # The reader, the parser and the fan-out of one socket: the first three rows.
    whole = sum(float(row[1]) for row in rows[:3]) / 1000
    aim = Aim(
        what="CPU per 1,000 tokens of model reader, parser and fan-out",
        wanted=f"{WANTED_SECONDS} s",
        reached=f"{whole:.3f} s",
        is_reached=whole <= WANTED_SECONDS,
        obstacle="*The parts of the way* has each beside a plain one.",
    )
    return Result(name="parts", title="The parts of the way", tables=[table], aims=[aim])


if __name__ == "__main__":
    run_alone(measure)
