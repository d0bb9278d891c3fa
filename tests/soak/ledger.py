"""What was posted, what is stored, what was seen; and what does not add up."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

OPEN_STATES = frozenset({"queued", "running"})


class Kind(StrEnum):
    """What is counted, and must be zero."""

    LOST = "lost"
    DOUBLED = "doubled"
    STUCK = "stuck"
    MISORDERED = "mis-ordered"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing that is wrong."""

    kind: Kind
    session_id: str
    what: str


@dataclass(kw_only=True)
class Post:
    """Something that was said. `message_ids` are those that answers named; they must be one."""

    client_id: str
    text: str
    written_at: datetime
    message_ids: set[int] = field(default_factory=set)
    n_sent: int = 0

    @property
    def is_accepted(self) -> bool:
        return bool(self.message_ids)


@dataclass(frozen=True, kw_only=True)
class StoredMessage:
    """A message as the database has it. `body` is the text version that it delivered."""

    message_id: int
    sender: str
    client_id: str | None
    text: str
    written_at: datetime
    is_stopped: bool = False
    body: str | None = None


@dataclass(frozen=True, kw_only=True)
class StoredTurn:
    """A turn as the database has it."""

    turn_id: str
    message_id: int | None
    state: str
    attempt: int
    queue_number: int
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Truth:
    """One session in the database. `n_unacknowledged` finals wait for somebody.

    `facts` are what else clients are told of it, by name.
    """

    messages: Sequence[StoredMessage]
    turns: Sequence[StoredTurn]
    facts: Mapping[str, object] = field(default_factory=dict)
    n_unacknowledged: int = 0


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What one window shows at the end.

    `order`: ids of messages as displayed. `texts` by message. `has_questions`: whether it shows
    what the person said, too. `turn_states`: by turn, as it was told. `facts`: what it shows of the
    execution. `streamed`: attempt and text of what it saw being written, by turn. `faults`: what it
    noticed itself.
    """

    name: str
    order: Sequence[int]
    texts: Mapping[int, str]
    has_questions: bool
    turn_states: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, object] = field(default_factory=dict)
    streamed: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    faults: Sequence[Fault] = ()


@dataclass(kw_only=True)
class Conversation:
    """One session: what was posted, what was asked for anew, and who looked on."""

    session_id: str
    posts: list[Post] = field(default_factory=list)
    retried: set[str] = field(default_factory=set)
    windows: list[Shown] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def check_conversation(conversation: Conversation, truth: Truth) -> list[Fault]:
    """Everything that is wrong with one session."""
    checker = _Checker(conversation, truth)
    return [
        *conversation.faults,
        *checker.posts(),
        *checker.turns(),
        *checker.answers(),
        *checker.order(),
        *(fault for window in conversation.windows for fault in checker.window(window)),
    ]


def missing_from(shown: Shown, truth: Truth) -> set[int]:
    """Messages that a window should show and does not."""
    return _expected(shown, truth).keys() - set(shown.order)


def _expected(shown: Shown, truth: Truth) -> dict[int, StoredMessage]:
    return {
        one.message_id: one
        for one in truth.messages
        if one.sender == "mojo" or (one.sender == "user" and shown.has_questions)
    }


class _Checker:
    def __init__(self, conversation: Conversation, truth: Truth) -> None:
        self._talk = conversation
        self._truth = truth
        self._answers = sorted(
            (one for one in truth.messages if one.sender == "mojo" and not one.is_stopped),
            key=lambda one: one.message_id,
        )
        self._done = sorted(
            (one for one in truth.turns if one.state == "done" and one.ended_at is not None),
            key=lambda one: (one.ended_at, one.queue_number),
        )

    def _fault(self, kind: Kind, what: str) -> Fault:
        return Fault(kind=kind, session_id=self._talk.session_id, what=what)

    def posts(self) -> Iterator[Fault]:
        """Every accepted post is one message with one turn."""
        by_client = _group((one.client_id, one) for one in self._truth.messages)
        turns = Counter(one.message_id for one in self._truth.turns)
        for post in self._talk.posts:
            name = f"the post {post.client_id}"
            stored = by_client.get(post.client_id, [])
            if not post.is_accepted:
                yield self._fault(Kind.STUCK, f"{name} was never accepted")
                continue
            if len(post.message_ids) > 1:
                yield self._fault(Kind.DOUBLED, f"{name} was answered with several ids")
            if not stored:
                yield self._fault(Kind.LOST, f"{name} is not stored")
                continue
            if len(stored) > 1:
                yield self._fault(Kind.DOUBLED, f"{name} is stored {len(stored)} times")
            if stored[0].text != post.text:
                yield self._fault(Kind.LOST, f"{name} is stored in other words")
            yield from self._one_turn(name, turns[stored[0].message_id])
        yield from self._one_turn("the form", turns[None])

    def _one_turn(self, name: str, n_turns: int) -> Iterator[Fault]:
        if n_turns == 0:
            yield self._fault(Kind.LOST, f"{name} has no turn")
        if n_turns > 1:
            yield self._fault(Kind.DOUBLED, f"{name} has {n_turns} turns")

    def turns(self) -> Iterator[Fault]:
        """Nothing waits or runs, and nothing waits to be told."""
        for turn in self._truth.turns:
            if turn.state in OPEN_STATES:
                yield self._fault(Kind.STUCK, f"the turn {turn.turn_id} is {turn.state}")
        if self._truth.n_unacknowledged:
            n_waiting = self._truth.n_unacknowledged
            yield self._fault(Kind.STUCK, f"{n_waiting} finals wait to be acknowledged")

    def answers(self) -> Iterator[Fault]:
        """Each turn that is done has one answer."""
        surplus = len(self._answers) - len(self._done)
        for _ in range(-surplus):
            yield self._fault(Kind.LOST, "a turn is done and has no answer")
        for _ in range(surplus):
            yield self._fault(Kind.DOUBLED, "there is an answer more than turns that are done")

    def order(self) -> Iterator[Fault]:
        """By the author's time; one turn after another, as they were queued."""
        said = sorted(
            (one for one in self._truth.messages if one.sender == "user"),
            key=lambda one: (one.written_at, one.message_id),
        )
        posted = [one.client_id for one in sorted(self._talk.posts, key=lambda one: one.written_at)]
        stored = [one.client_id for one in said]
        if stored != [one for one in posted if one in stored]:
            yield self._fault(Kind.MISORDERED, "messages are not in their author's order")
        once = [one for one in self._truth.turns if one.turn_id not in self._talk.retried]
        once.sort(key=lambda one: one.queue_number)
        ran = [one for one in once if one.started_at is not None and one.ended_at is not None]
        for before, after in pairwise(ran):
            if _overlap(before, after):
                what = f"the turn {after.turn_id} began before {before.turn_id} had ended"
                yield self._fault(Kind.MISORDERED, what)

    def window(self, shown: Shown) -> Iterator[Fault]:
        """A window shows what is stored, each thing once, in the order of the conversation."""
        yield from shown.faults
        expected = _expected(shown, self._truth)
        for message_id in sorted(expected.keys() - set(shown.order)):
            yield self._fault(Kind.LOST, f"{shown.name} lacks the message {message_id}")
        for message_id, n_times in Counter(shown.order).items():
            if message_id not in expected:
                yield self._fault(Kind.DOUBLED, f"{shown.name} shows {message_id}, never stored")
            elif n_times > 1:
                yield self._fault(Kind.DOUBLED, f"{shown.name} shows {message_id} twice")
            elif shown.texts[message_id] != _words(expected[message_id], shown):
                yield self._fault(Kind.LOST, f"{shown.name} shows {message_id} in other words")
        yield from self._order_of(shown, expected)
        yield from self._states_of(shown)
        yield from self._streams_of(shown)

    def _order_of(self, shown: Shown, expected: Mapping[int, StoredMessage]) -> Iterator[Fault]:
        known = [one for one in shown.order if one in expected]
        if known != sorted(known, key=lambda one: in_order(expected[one].written_at, one)):
            yield self._fault(Kind.MISORDERED, f"{shown.name} shows another order")

    def _states_of(self, shown: Shown) -> Iterator[Fault]:
        states = {one.turn_id: one.state for one in self._truth.turns}
        for turn_id, state in shown.turn_states.items():
            if states.get(turn_id) != state:
                what = f"{shown.name} shows the turn {turn_id} {state}: {states.get(turn_id)}"
                yield self._fault(Kind.STUCK, what)

        for name, value in shown.facts.items():
            if self._truth.facts.get(name) != value:
                what = f"{shown.name} shows the {name} {value!r}: {self._truth.facts.get(name)!r}"
                yield self._fault(Kind.STUCK, what)

    def _streams_of(self, shown: Shown) -> Iterator[Fault]:
        """What was seen being written is how the saved text begins."""
        if len(self._answers) != len(self._done):
            return
        for turn, answer in zip(self._done, self._answers, strict=True):
            attempt, streamed = shown.streamed.get(turn.turn_id, (0, ""))
            saved = answer.body if answer.body is not None else answer.text
            if attempt == turn.attempt and streamed.strip() not in saved:
                what = f"{shown.name} saw other words for {turn.turn_id} than were saved"
                yield self._fault(Kind.LOST, what)


def in_order(written_at: datetime, message_id: int) -> tuple[int, int]:
    """Sorts messages as windows do, which know the time to a thousandth of a second."""
    return (int(written_at.timestamp() * 1_000), message_id)


def _words(message: StoredMessage, shown: Shown) -> str:
    """The mojodex face's windows show the text that a message delivered in its place."""
    return message.text if shown.has_questions or message.body is None else message.body


def _overlap(before: StoredTurn, after: StoredTurn) -> bool:
    return (
        before.ended_at is not None
        and after.started_at is not None
        and after.started_at < before.ended_at
    )


def _group(
    pairs: Iterable[tuple[str | None, StoredMessage]],
) -> dict[str | None, list[StoredMessage]]:
    grouped: dict[str | None, list[StoredMessage]] = {}
    for key, value in pairs:
        grouped.setdefault(key, []).append(value)
    return grouped


@dataclass(frozen=True, kw_only=True)
class Leftovers:
    """What the whole site may not have at the end."""

    open_turns: Collection[str] = ()
    jobs: Collection[str] = ()
    streams: Collection[str] = ()
    #: Processes that do not say that they are ready.
    unready: Collection[str] = ()
    #: Sockets that servers believe in, when every window is closed.
    n_sockets: int = 0


def check_leftovers(leftovers: Leftovers) -> list[Fault]:
    """Nothing runs, nothing is due, nothing is half written."""
    found: tuple[tuple[str, Collection[object]], ...] = (
        ("a turn is open", leftovers.open_turns),
        ("a job is not done", leftovers.jobs),
        ("a text in the making was left", leftovers.streams),
        ("a process is not ready", leftovers.unready),
        ("a socket of nobody is held", range(leftovers.n_sockets)),
    )
    return [
        Fault(kind=Kind.STUCK, session_id="-", what=f"{what}: {one}")
        for what, them in found
        for one in them
    ]


def count(faults: Iterable[Fault]) -> dict[Kind, int]:
    """How many of each kind, those that do not occur included."""
    counted = Counter(fault.kind for fault in faults)
    return {kind: counted[kind] for kind in Kind}
