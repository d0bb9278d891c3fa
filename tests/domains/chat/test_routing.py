"""Where the words of an answer go: priorities, trimming, any chunking."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mojodex.domains.chat import AnswerReader, Channel, TagRoute

ROUTE = TagRoute(
    tags=("note", "ask", "work", "work/title", "work/draft"),
    channels={
        "ask": Channel.MESSAGE,
        "work": Channel.MESSAGE,
        "work/title": Channel.DRAFT_TITLE,
        "work/draft": Channel.DRAFT_BODY,
    },
    first=frozenset({"ask"}),
)


@dataclass(frozen=True)
class Case:
    answer: str
    message: str = ""
    title: str = ""
    body: str = ""


CASES = {
    "plain words": Case("Hello there.", message="Hello there."),
    "plain words are trimmed": Case(" \n Hello there. \n", message="Hello there."),
    "a question": Case("<note>en</note>\n<ask>Who?</ask>", message="Who?"),
    "a delivery": Case(
        "<note>en</note><work>\n<title>A</title>\n<draft>\n B\nC \n</draft></work>",
        title="A",
        body="B\nC",
    ),
    "a question silences what follows": Case(
        "<ask>Who?</ask><work><title>A</title><draft>B</draft></work>", message="Who?"
    ),
    "an empty question silences nothing": Case(
        "<ask> </ask><work><title>A</title><draft>B</draft></work>", title="A", body="B"
    ),
    "a question after a delivery is shown too": Case(
        "<work><draft>B</draft></work><ask>Who?</ask>", message="Who?", body="B"
    ),
    "a delivery without a draft": Case("<work>Just words</work>", message="Just words"),
    "an unclosed draft": Case("<work><title>A</title><draft>B", title="A", body="B"),
    "words after notes": Case("<note>en</note> Hello", message="Hello"),
    "words before a delivery": Case(
        "Sure:\n<work><draft>B</draft></work> Bye", message="Sure:", body="B"
    ),
    "thoughts are not shown": Case(
        "<think>I say <ask>Who?</ask></think><ask>What?</ask>", message="What?"
    ),
    "an unknown tag first": Case("<unknown>Hello</unknown>", message=""),
    "a tag the model made up after one of ours": Case(
        "<note>en</note> <made_up>no</made_up><work><draft>B</draft></work>", body="B"
    ),
    "unknown tags in plain words": Case("Use <b>bold</b>", message="Use <b>bold</b>"),
    "notes are not shown": Case("<note>yes</note>"),
    "nothing": Case(""),
}


def read(answer: str, size: int) -> AnswerReader:
    reader = AnswerReader(ROUTE)
    for start in range(0, len(answer), size):
        reader.feed(answer[start : start + size])
    reader.finish()
    return reader


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize("name", CASES)
def test_words_go_to_their_channels(name: str, size: int) -> None:
    case = CASES[name]
    reader = read(case.answer, size)
    assert reader.raw == case.answer
    assert reader.shown(Channel.MESSAGE) == case.message
    assert reader.shown(Channel.DRAFT_TITLE) == case.title
    assert reader.shown(Channel.DRAFT_BODY) == case.body


@given(
    st.lists(
        st.sampled_from(
            ["<ask>", "</ask>", "<work>", "</work>", "<title>", "</title>", "<draft>", "</draft>",
             "<note>", "</note>", "<", ">", "a", " ", "\n", "é", "<think>", "</think>"]
        ),
        max_size=30,
    ),
    st.lists(st.integers(1, 7), min_size=1, max_size=10),
)  # fmt: skip
def test_chunking_changes_nothing(parts: list[str], sizes: list[int]) -> None:
    answer = "".join(parts)
    whole = read(answer, max(1, len(answer)))
    reader = AnswerReader(ROUTE)
    told: dict[Channel, str] = {}
    position = turn = 0
    while position < len(answer):
        size = sizes[turn % len(sizes)]
        for routed in reader.feed(answer[position : position + size]):
            told[routed.channel] = told.get(routed.channel, "") + routed.text
        position, turn = position + size, turn + 1
    for routed in reader.finish():
        told[routed.channel] = told.get(routed.channel, "") + routed.text
    for channel in Channel:
        assert told.get(channel, "") == whole.shown(channel) == reader.shown(channel)
        assert told.get(channel, "") == told.get(channel, "").strip()


def test_the_first_word_is_shown_at_once() -> None:
    reader = AnswerReader(ROUTE)
    assert [routed.text for routed in reader.feed("Hel")] == ["Hel"]
    assert [routed.text for routed in reader.feed("lo ")] == ["lo"]
    assert [routed.text for routed in reader.feed("you")] == [" you"]
