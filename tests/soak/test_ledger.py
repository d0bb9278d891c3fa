"""Each kind of broken history is counted, and a good one is not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.soak.ledger import (
    Conversation,
    Kind,
    Leftovers,
    Post,
    Shown,
    StoredMessage,
    StoredTurn,
    Truth,
    check_conversation,
    check_leftovers,
    count,
)

BEGAN = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


def turn(number: int, message_id: int | None, **changes: Any) -> StoredTurn:
    made = StoredTurn(
        turn_id=f"turn {number}",
        message_id=message_id,
        state="done",
        attempt=1,
        queue_number=number,
        started_at=at(10 * number + 1),
        ended_at=at(10 * number + 5),
    )
    return replace(made, **changes)


def said(message_id: int, client_id: str, seconds: float) -> StoredMessage:
    return StoredMessage(
        message_id=message_id,
        sender="user",
        client_id=client_id,
        text=f"Words of {client_id}",
        written_at=at(seconds),
    )


def answered(message_id: int, seconds: float) -> StoredMessage:
    return StoredMessage(
        message_id=message_id,
        sender="mojo",
        client_id=None,
        text="Here it is.",
        written_at=at(seconds),
        body=f"Text {message_id}",
    )


def history() -> tuple[Conversation, Truth]:
    """A form and two messages, all answered; two windows that saw everything."""
    messages = (
        answered(1, 15),
        said(2, "a", 20),
        answered(3, 25),
        said(4, "b", 30),
        answered(5, 35),
    )
    truth = Truth(messages=messages, turns=(turn(1, None), turn(2, 2), turn(3, 4)))
    posts = [
        Post(client_id=name, text=f"Words of {name}", written_at=at(when), message_ids={key})
        for name, when, key in (("a", 20, 2), ("b", 30, 4))
    ]
    new = Shown(
        name="new window",
        order=[1, 2, 3, 4, 5],
        texts={one.message_id: one.text for one in messages},
        has_questions=True,
        turn_states={"turn 1": "done", "turn 2": "done", "turn 3": "done"},
        streamed={"turn 3": (1, "Text ")},
    )
    old = Shown(
        name="old window",
        order=[1, 3, 5],
        texts={one.message_id: one.body or "" for one in messages},
        has_questions=False,
    )
    talk = Conversation(session_id="s", posts=posts, windows=[new, old])
    return talk, truth


def test_a_good_history_has_no_faults() -> None:
    assert check_conversation(*history()) == []


Breaking = Callable[[Conversation, Truth], Truth]


def without(*message_ids: int) -> Breaking:
    def break_it(_talk: Conversation, truth: Truth) -> Truth:
        left = [one for one in truth.messages if one.message_id not in message_ids]
        return replace(truth, messages=left)

    return break_it


def with_more(*messages: StoredMessage) -> Breaking:
    return lambda _talk, truth: replace(truth, messages=[*truth.messages, *messages])


def with_turns(*turns: StoredTurn) -> Breaking:
    return lambda _talk, truth: replace(truth, turns=turns)


def shown(number: int, **changes: Any) -> Breaking:
    def break_it(talk: Conversation, truth: Truth) -> Truth:
        talk.windows[number] = replace(talk.windows[number], **changes)
        return truth

    return break_it


def refused(talk: Conversation, truth: Truth) -> Truth:
    talk.posts[0].message_ids.clear()
    return truth


def told_two_ids(talk: Conversation, truth: Truth) -> Truth:
    talk.posts[0].message_ids.add(9)
    return truth


def in_other_words(talk: Conversation, truth: Truth) -> Truth:
    talk.posts[0].text = "Something else"
    return truth


def stored_backwards(_talk: Conversation, truth: Truth) -> Truth:
    later = [replace(one, written_at=at(50)) if one.message_id == 2 else one
             for one in truth.messages]  # fmt: skip
    return replace(truth, messages=later)


@pytest.mark.parametrize(
    ("kind", "break_it"),
    [
        pytest.param(Kind.LOST, without(2), id="a post that is not stored"),
        pytest.param(Kind.LOST, without(5), id="a done turn without answer"),
        pytest.param(Kind.LOST, in_other_words, id="a post in other words"),
        pytest.param(Kind.LOST, with_turns(turn(1, None), turn(2, 2)), id="a post without turn"),
        pytest.param(Kind.LOST, with_turns(turn(2, 2), turn(3, 4)), id="a form without turn"),
        pytest.param(Kind.LOST, shown(0, order=[1, 2, 3, 4]), id="a window that lacks an answer"),
        pytest.param(Kind.LOST, shown(1, order=[1, 5]), id="an old window that lacks an answer"),
        pytest.param(
            Kind.LOST, shown(0, texts=dict.fromkeys(range(9), "?")), id="a window in other words"
        ),
        pytest.param(Kind.LOST, shown(0, streamed={"turn 3": (1, "No")}), id="another stream"),
        pytest.param(Kind.DOUBLED, with_more(said(6, "a", 21)), id="a post that is stored twice"),
        pytest.param(Kind.DOUBLED, with_more(answered(6, 40)), id="an answer too many"),
        pytest.param(
            Kind.DOUBLED,
            with_turns(turn(1, None), turn(2, 2), turn(3, 4), turn(4, 4)),
            id="a post with two turns",
        ),
        pytest.param(Kind.DOUBLED, told_two_ids, id="a post that became two messages"),
        pytest.param(
            Kind.DOUBLED, shown(1, order=[1, 3, 3, 5]), id="a window that shows one twice"
        ),
        pytest.param(Kind.STUCK, refused, id="a post that was never accepted"),
        pytest.param(
            Kind.STUCK,
            with_turns(turn(1, None), turn(2, 2), turn(3, 4), turn(4, 9, state="running")),
            id="a turn that runs for ever",
        ),
        pytest.param(
            Kind.STUCK, lambda _talk, truth: replace(truth, n_unacknowledged=2), id="finals wait"
        ),
        pytest.param(
            Kind.STUCK,
            shown(0, turn_states={"turn 1": "running"}),
            id="a window that shows a spinner",
        ),
        pytest.param(Kind.STUCK, shown(0, facts={"state": "writing"}), id="an old state"),
        pytest.param(Kind.MISORDERED, stored_backwards, id="not in the author's order"),
        pytest.param(
            Kind.MISORDERED,
            with_turns(turn(1, None), turn(2, 2), turn(3, 4, started_at=at(22))),
            id="two turns at once",
        ),
        pytest.param(Kind.MISORDERED, shown(0, order=[2, 1, 3, 4, 5]), id="a window out of order"),
    ],
)
def test_a_broken_history_is_counted(kind: Kind, break_it: Breaking) -> None:
    talk, truth = history()
    counted = count(check_conversation(talk, break_it(talk, truth)))
    assert counted[kind] >= 1, counted


def test_a_retried_turn_may_end_after_later_ones() -> None:
    talk, truth = history()
    turns = (turn(1, None), turn(2, 2, ended_at=at(60)), turn(3, 4))
    counted = count(check_conversation(talk, replace(truth, turns=turns)))
    assert counted[Kind.MISORDERED] == 1
    talk.retried.add("turn 2")
    talk.windows.clear()
    assert check_conversation(talk, replace(truth, turns=turns)) == []


def test_a_stopped_answer_is_no_answer_too_many() -> None:
    talk, truth = history()
    partial = replace(answered(6, 40), is_stopped=True)
    talk.windows.clear()
    assert check_conversation(talk, replace(truth, messages=[*truth.messages, partial])) == []


def test_leftovers_of_the_site_are_counted() -> None:
    assert check_leftovers(Leftovers()) == []
    left = Leftovers(open_turns=["a"], jobs=["b", "c"], streams=["d"], unready=["e"], n_sockets=2)
    assert count(check_leftovers(left))[Kind.STUCK] == 7
