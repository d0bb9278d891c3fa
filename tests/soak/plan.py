"""What is going to happen, drawn from a seed: conversations and troubles, as pure data."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

#: Turns of the longest conversation, its form included; the shortest has half of them.
LONGEST = 14


class Wire(StrEnum):
    """How something is said, or which window is open."""

    V1 = "v1"
    MOJODEX = "mojodex"
    #: The event `user_message` of the mojodex face; its answer is empty, so REST asks after it.
    MOJODEX_SOCKET = "mojodex socket"


class Trouble(StrEnum):
    """What is done to a running site."""

    WORKER_KILLED = "worker killed (-9)"
    WORKER_STOPPED = "worker stopped (SIGTERM)"
    WORKER_PAUSED = "worker paused for some seconds"
    WORKER_HUNG = "worker hung for longer than its heartbeat"
    WORKER_SILENT = "worker's network silent for some seconds"
    WORKER_LOST = "worker's connections lost, nobody told"
    WEB_KILLED = "web process killed (-9)"
    WEB_STOPPED = "web process stopped (SIGTERM)"
    WEB_PAUSED = "web process paused for some seconds"
    DATABASE_RESTARTED = "PostgreSQL restarted (fast)"
    DATABASE_CRASHED = "PostgreSQL restarted (immediate)"
    REDIS_KILLED = "Redis killed, back after some seconds"
    REDIS_PAUSED = "Redis paused for some seconds"
    CLIENTS_CUT = "clients' connections cut"
    CLIENTS_SILENT = "clients' network silent for some seconds"
    CLIENTS_LOST = "clients' connections lost, nobody told"


#: Trouble, how often it is drawn among the others, and how long it lasts, in seconds.
_WEIGHTS: tuple[tuple[Trouble, int, tuple[float, float]], ...] = (
    (Trouble.WORKER_KILLED, 6, (0.0, 3.0)),
    (Trouble.WORKER_STOPPED, 3, (0.0, 3.0)),
    (Trouble.WORKER_PAUSED, 3, (0.5, 6.0)),
    (Trouble.WORKER_HUNG, 1, (23.0, 27.0)),
    (Trouble.WORKER_SILENT, 2, (0.5, 8.0)),
    (Trouble.WORKER_LOST, 1, (26.0, 28.0)),
    (Trouble.WEB_KILLED, 5, (0.0, 3.0)),
    (Trouble.WEB_STOPPED, 3, (0.0, 3.0)),
    (Trouble.WEB_PAUSED, 3, (0.5, 4.0)),
    (Trouble.DATABASE_RESTARTED, 2, (0.0, 1.0)),
    (Trouble.DATABASE_CRASHED, 2, (0.0, 1.0)),
    (Trouble.REDIS_KILLED, 4, (0.5, 6.0)),
    (Trouble.REDIS_PAUSED, 2, (0.5, 4.0)),
    (Trouble.CLIENTS_CUT, 5, (0.0, 0.0)),
    (Trouble.CLIENTS_SILENT, 3, (0.5, 8.0)),
    (Trouble.CLIENTS_LOST, 2, (0.0, 3.0)),
)
LONE_SHARE = 0.5
NEEDS_REDIS = frozenset({Trouble.REDIS_KILLED, Trouble.REDIS_PAUSED})


@dataclass(frozen=True, kw_only=True)
class Injection:
    """One trouble: when, in seconds after the beginning, to which of several, for how long.

    `share` of the windows, where windows are meant. `is_lone`: nothing else is done before it is
    over, so that it can be told how long people wait for this trouble alone.
    """

    at: float
    trouble: Trouble
    which: int
    lasts: float
    share: float
    is_lone: bool = False


@dataclass(frozen=True, kw_only=True)
class TabPlan:
    """A window on a conversation. It opens so many seconds after the turn `turn` was asked for.

    `forgets`: the first acknowledgement of each final is empty, so that it must come again.
    """

    wire: Wire
    turn: int
    after: float
    forgets: bool


@dataclass(frozen=True, kw_only=True)
class TurnPlan:
    """Something that is said: over which wire, how often at once, and what happens then.

    `repeats`: said once more, under the same id, after it was answered. `waits` false: without
    waiting for the answer before it. `stops_after`: stopped so many seconds later, and then asked
    for again when `retries`.
    """

    wire: Wire
    pause: float
    n_copies: int
    repeats: bool
    waits: bool
    stops_after: float | None
    retries: bool


@dataclass(frozen=True, kw_only=True)
class ConversationPlan:
    """One execution of a task with its turns; the first is its form.

    `is_lone`: one window of the mojodex face alone, which never reads by REST.
    """

    number: int
    tabs: tuple[TabPlan, ...]
    turns: tuple[TurnPlan, ...]
    is_lone: bool


def draw_conversations(
    seed: int, n_turns: int, *, longest: int = LONGEST
) -> Sequence[ConversationPlan]:
    """Conversations of `n_turns` turns in all, none longer than `longest`."""
    dice = random.Random(f"{seed} conversations")
    drawn: list[ConversationPlan] = []
    left = n_turns
    while left > 0:
        size = min(left, dice.randint((longest + 1) // 2, longest))
        drawn.append(_draw_conversation(dice, len(drawn), size))
        left -= size
    return drawn


def _draw_conversation(dice: random.Random, number: int, n_turns: int) -> ConversationPlan:
    is_lone = dice.random() < 0.2
    return ConversationPlan(
        number=number,
        tabs=_draw_tabs(dice, n_turns, is_lone=is_lone),
        turns=tuple(_draw_turn(dice, is_first=index == 0) for index in range(n_turns)),
        is_lone=is_lone,
    )


def _draw_tabs(dice: random.Random, n_turns: int, *, is_lone: bool) -> tuple[TabPlan, ...]:
    if is_lone:
        return (TabPlan(wire=Wire.MOJODEX, turn=0, after=0.0, forgets=dice.random() < 0.2),)
    first = [
        TabPlan(wire=Wire.V1, turn=0, after=0.0, forgets=dice.random() < 0.1),
        TabPlan(wire=Wire.MOJODEX, turn=0, after=0.0, forgets=dice.random() < 0.1),
    ]
    joining = [
        TabPlan(
            wire=dice.choice((Wire.V1, Wire.V1, Wire.MOJODEX)),
            turn=dice.randrange(n_turns),
            after=dice.uniform(0.0, 1.5),
            forgets=False,
        )
        for _ in range(dice.choice((0, 1, 1, 2)))
    ]
    return (*first, *joining)


def _draw_turn(dice: random.Random, *, is_first: bool) -> TurnPlan:
    is_stopped = not is_first and dice.random() < 0.12
    return TurnPlan(
        wire=dice.choice((Wire.V1, Wire.V1, Wire.MOJODEX, Wire.MOJODEX_SOCKET)),
        pause=dice.uniform(0.0, 0.4),
        n_copies=dice.choice((1, 1, 1, 1, 2, 3)),
        repeats=dice.random() < 0.15,
        waits=is_first or dice.random() < 0.85,
        stops_after=dice.uniform(0.0, 1.2) if is_stopped else None,
        retries=dice.random() < 0.6,
    )


def draw_injections(seed: int, *, has_redis: bool, gap: float) -> Iterator[Injection]:
    """Troubles without end, `gap` seconds apart on the average."""
    dice = random.Random(f"{seed} troubles")
    choices = [row for row in _WEIGHTS if has_redis or row[0] not in NEEDS_REDIS]
    at = 0.0
    while True:
        at += dice.uniform(0.3, 1.7) * gap
        (trouble, _, (shortest, longest)) = dice.choices(choices, [row[1] for row in choices])[0]
        yield Injection(
            at=round(at, 3),
            trouble=trouble,
            which=dice.randrange(1_000),
            lasts=round(dice.uniform(shortest, longest), 3),
            share=round(dice.uniform(0.2, 1.0), 2),
            is_lone=dice.random() < LONE_SHARE,
        )
