"""The tag parser: what is a tag, what degrades to text, and that chunking changes nothing."""

import itertools
import re
import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mojodex.platform.llm.tags import (
    Closed,
    Opened,
    TagEvent,
    TagParser,
    Text,
    fold_events,
    parse_tags,
    strip_tags,
)

TAGS = ("ask", "execution", "execution/title", "execution/draft", "summary")


def read(chunks: Sequence[str], tags: Sequence[str] = TAGS) -> list[TagEvent]:
    parser = TagParser(tags)
    events = [event for chunk in chunks for event in parser.feed(chunk)]
    return events + parser.finish()


def folded(events: Sequence[TagEvent]) -> list[TagEvent]:
    """Join neighbouring texts, which is all that chunking may change."""
    result: list[TagEvent] = []
    for event in events:
        last = result[-1] if result else None
        if isinstance(event, Text) and isinstance(last, Text):
            assert last.path == event.path
            result[-1] = Text(last.path, last.text + event.text)
        else:
            result.append(event)
    return result


def rebuilt(events: Sequence[TagEvent]) -> str:
    """The text again; closings that had no tag of their own add nothing."""
    parts = []
    for event in events:
        match event:
            case Opened(tag=tag):
                parts.append(f"<{tag}>")
            case Text(text=text):
                parts.append(text)
            case Closed(tag=tag, is_proper=True):
                parts.append(f"</{tag}>")
            case _:
                pass
    return "".join(parts)


pieces = st.sampled_from(
    [f"<{name}>" for name in ("ask", "execution", "title", "draft", "summary", "other", "Draft")]
    + [f"</{name}>" for name in ("ask", "execution", "title", "draft", "summary", "other")]
    + ["<", ">", "</", "<draft ", "<draft id='1'>", "< draft>", "<<draft>", "é", "\n", "a", "1 < 2"]
)
texts = st.lists(pieces | st.text(max_size=5), max_size=25).map("".join)


@given(texts, st.data())
def test_any_chunking_gives_the_same_events(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=20)))
    bounds = [0, *cuts, len(text)]
    chunks = [text[start:end] for start, end in itertools.pairwise(bounds)]
    whole = folded(read([text]))
    assert folded(read(chunks)) == whole
    assert folded(read(list(text))) == whole


@given(texts)
def test_nothing_is_lost_and_tags_are_balanced(text: str) -> None:
    events = read([text])
    assert rebuilt(events) == text
    path: tuple[str, ...] = ()
    for event in events:
        match event:
            case Opened(tag=tag, path=inner):
                assert inner == (*path, tag)
                assert "/".join(inner) in TAGS
                path = inner
            case Text(path=inner, text=piece):
                assert inner == path
                assert piece
            case Closed(tag=tag, path=inner):
                assert inner == path
                path = path[:-1]
    assert path == ()
    opened = [event.path for event in events if isinstance(event, Opened)]
    assert len(opened) == len(set(opened))


@given(st.text())
def test_text_without_angle_brackets_is_plain(text: str) -> None:
    text = text.replace("<", "")
    assert folded(read([text])) == ([Text((), text)] if text else [])
    assert parse_tags(text, TAGS).is_plain


def test_a_delivery() -> None:
    text = "<execution><title>Hello</title>\n<draft># One\n<b>two</b></draft></execution>"
    answer = parse_tags(text, TAGS)
    assert answer.find("execution/title") == "Hello"
    assert answer.find("execution/draft") == "# One\n<b>two</b>"
    assert answer.find("execution") == "\n"
    assert answer.find("ask") is None
    assert answer.has_proper("execution/draft")
    assert not answer.is_plain


@pytest.mark.parametrize(
    "hostile",
    [
        "<Draft>x</Draft>",
        "<draft >x</draft >",
        "< draft>x",
        '<draft class="a">x',
        "</draft>x",
        "</execution>x",
        "<other>x</other>",
        "<draft>not at the top</draft>",
        "<<ask",
        "<ask",
        "&lt;ask&gt;x",
        "<ask\n>x",
        "<ask/>x",
    ],
)
def test_what_is_no_tag_is_text(hostile: str) -> None:
    assert folded(read([hostile])) == [Text((), hostile)]


def test_a_tag_is_read_once_at_its_place() -> None:
    answer = parse_tags("<ask>one</ask><ask>two</ask>", TAGS)
    assert answer.find("ask") == "one"
    assert answer.texts[()] == "<ask>two</ask>"


def test_a_title_inside_the_draft_is_text() -> None:
    answer = parse_tags("<execution><draft><html><title>T</title></html></draft></execution>", TAGS)
    assert answer.find("execution/draft") == "<html><title>T</title></html>"
    assert answer.find("execution/title") is None


def test_an_unclosed_tag_holds_the_content_so_far() -> None:
    answer = parse_tags("<execution><title>T</title><draft>so far", TAGS)
    assert answer.find("execution/draft") == "so far"
    assert answer.has_proper("execution/title")
    assert not answer.has_proper("execution/draft")


def test_an_outer_closing_tag_ends_what_is_open_inside() -> None:
    events = folded(read(["<execution><draft>a</execution>b"]))
    assert events == [
        Opened("execution", ("execution",)),
        Opened("draft", ("execution", "draft")),
        Text(("execution", "draft"), "a"),
        Closed("draft", ("execution", "draft"), is_proper=False),
        Closed("execution", ("execution",), is_proper=True),
        Text((), "b"),
    ]


def test_text_is_given_out_as_soon_as_it_cannot_be_a_tag() -> None:
    parser = TagParser(TAGS)
    assert parser.feed("one <") == [Text((), "one ")]
    assert parser.feed("as") == []
    assert parser.feed("h>") == [Text((), "<ash>")]
    assert parser.feed("<as") == []
    assert parser.feed("k>") == [Opened("ask", ("ask",))]
    assert parser.path == ("ask",)


def test_plainness_is_decided_by_the_first_character_that_is_not_blank() -> None:
    parser = TagParser(TAGS)
    seen: list[bool | None] = [parser.is_plain]
    for chunk in (" \n", "Sure: <ask>x</ask>", "<"):
        parser.feed(chunk)
        seen.append(parser.is_plain)
    assert seen == [None, None, True, True]
    assert parse_tags("  <ask>x</ask>", TAGS).is_plain is False


def test_tags_after_a_preamble_are_still_read() -> None:
    answer = parse_tags("Sure: <ask>x</ask>", TAGS)
    assert answer.texts[()] == "Sure: "
    assert answer.find("ask") == "x"


def test_a_finished_parser_takes_no_more() -> None:
    parser = TagParser(TAGS)
    parser.feed("<as")
    assert parser.finish() == [Text((), "<as")]
    assert parser.finish() == []
    with pytest.raises(ValueError):
        parser.feed("x")


@pytest.mark.parametrize("name", ["", "a b", "a>", "é", "a//b", "x.*"])
def test_a_tag_name_is_letters_digits_and_underscores(name: str) -> None:
    with pytest.raises(ValueError, match="tag name"):
        TagParser([name])


def test_without_tags_all_is_text() -> None:
    assert folded(read(["<a>", "b"], [])) == [Text((), "<a>b")]


def test_folding_an_empty_answer() -> None:
    assert fold_events([], is_plain=None).texts == {(): ""}


def test_strip_tags() -> None:
    text = "<execution><title>A</title> <b>x</b> <draft>B</draft>"
    assert strip_tags(text, TAGS) == "A <b>x</b> B"
    assert strip_tags(text, []) == text


FLOODS = {
    "brackets": "<" * 1_000_000,
    "almost": "<execution" * 100_000,
    "openings": "<execution>" * 90_000,
    "closings": "</ask>" * 170_000,
    "nested": "<execution><draft>" * 55_000,
}


@pytest.mark.no_cover
@pytest.mark.parametrize("flood", FLOODS)
@pytest.mark.parametrize("size", [1, 7, 1_000_000])
def test_floods_are_read_in_linear_time(flood: str, size: int) -> None:
    text = FLOODS[flood]
    started = time.process_time()
    parser = TagParser(TAGS)
    events = [
        event
        for start in range(0, len(text), size)
        for event in parser.feed(text[start : start + size])
    ]
    events += parser.finish()
    # A quadratic reader needs minutes; the bound is wide because machines differ.
    assert time.process_time() - started < 20
    assert rebuilt(events) == text


@given(texts)
def test_agrees_with_a_reader_of_whole_texts(text: str) -> None:
    """For one flat tag: what stands between the first opening and the next closing, or the end."""
    found = re.search(r"<ask>(.*?)(</ask>|\Z)", text, re.DOTALL)
    answer = parse_tags(text, ["ask"])
    assert answer.find("ask") == (found[1] if found else None)
