"""The rules of searching: words, folding, and the places that are shown."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mojodex.domains.executions.rules import searching
from mojodex.domains.executions.rules.searching import (
    EXCERPT_LENGTH,
    Excerpt,
    Query,
    find_excerpt,
    find_ranges,
    index_words,
    plain,
    read_query,
)
from mojodex.kit.text import normalize


def query(text: str) -> Query:
    found = read_query(text)
    assert found is not None
    return found


def marked(text: str, words: str) -> list[str]:
    return [text[start:end] for start, end in find_ranges(text, query(words))]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("L'École d'été, à Paris", ["l", "ecole", "d", "ete", "a", "paris"]),
        ("snake_case 3.14", ["snake", "case", "3", "14"]),
        ("Straße STRASSE", ["strasse"]),
        ("ﬁancé", ["fiance"]),
        ("İstanbul", ["istanbul"]),
        ("会议纪要", ["会议", "议纪", "纪要", "要"]),
        ("PDF会议", ["pdf", "会议", "议"]),
        ("🎉 … —", []),
    ],
)
def test_words_under_which_a_text_is_found(text: str, words: list[str]) -> None:
    assert index_words([text]) == words


@pytest.mark.parametrize(
    ("text", "lexemes"),
    [
        ("Réunion paris", ("reunion", "paris")),
        ("paris Paris", ("paris",)),
        ("会", ("会",)),
        ("议纪要", ("议纪", "纪要")),
        ("%", ()),
        ("🎉", ()),
        ("' & :* \\ x", ("x",)),
    ],
)
def test_what_a_query_asks_for(text: str, lexemes: tuple[str, ...]) -> None:
    assert query(text).lexemes == lexemes


def test_a_blank_query_asks_for_nothing() -> None:
    assert [read_query(text) for text in ("", "  \n", "\x00", "\u0301")] == [None] * 4


def test_endless_texts_and_queries_are_cut() -> None:
    assert len(query(" ".join(f"w{n}" for n in range(50))).lexemes) == 20
    assert query("x" * 500).lexemes == ("x" * 64,)
    assert index_words(["x" * 500]) == ["x" * 64]
    many = [f"w{n}" for n in range(30_000)]
    assert index_words([" ".join(many)]) == many[:20_000]
    wide = [f"{n:05}" + "é" * 59 for n in range(12_000)]
    found = index_words([" ".join(wide)])
    assert sum(len(word.encode()) for word in found) <= 500_000


@pytest.mark.parametrize(
    ("text", "words", "found"),
    [
        ("Réunion à PARIS", "reun par", ["Réun", "PAR"]),
        ("Re\u0301union", "re", ["Re\u0301"]),
        ("une re\u0301union", "reunion", ["re\u0301union"]),
        ("Straße", "strass", ["Straß"]),
        ("ﬁn", "fi", ["ﬁ"]),
        ("ﬁn", "f", ["ﬁ"]),
        ("👩‍🚒 Ada 👍🏽 ada", "ada", ["Ada", "ada"]),
        ("👩‍🚒🎉", "🎉", ["🎉"]),
        ("100% boat", "%", ["%"]),
        ("comparison", "par", []),
        ("明日の会议纪要です", "会议纪", ["会议纪"]),
        ("한국어 문서", "한국", ["한국"]),
        ("हिन्दी", "हि", ["हि"]),
        ("a", "zebra", []),
    ],
)
def test_places_are_whole_characters(text: str, words: str, found: list[str]) -> None:
    assert marked(text, words) == found


@given(st.text(max_size=60), st.text(min_size=1, max_size=6))
def test_places_hold_what_was_asked_for(text: str, words: str) -> None:
    asked = read_query(words)
    if asked is None:
        return
    last = 0
    for start, end in find_ranges(text, asked):
        assert last <= start < end <= len(text)
        assert end == len(text) or not unicodedata.combining(text[end])
        assert asked.pattern.search(normalize(text[start:end]))
        last = end


@given(st.text(max_size=80))
def test_folding_by_characters_is_folding(text: str) -> None:
    folded, offsets = searching._fold(text)
    assert folded == normalize(text)
    if offsets is not None:
        assert len(offsets) == len(folded)


def test_whatever_begins_an_index_word_is_found_and_shown() -> None:
    text = "Naïve Übersicht für 会议纪要, O’Brien’s café; straße"
    for word in index_words([text]):
        assert marked(text, word), word


def test_a_short_text_is_shown_whole() -> None:
    assert find_excerpt("A letter to Bo", query("bo")) == Excerpt(
        text="A letter to Bo", ranges=((12, 14),)
    )
    assert find_excerpt("A letter to Bo", query("cy")) is None


def test_an_excerpt_shows_where_most_words_stand() -> None:
    text = "alpha " + "filler " * 60 + "then alpha meets Bêta here " + "filler " * 60
    found = find_excerpt(text, query("alpha beta"))
    assert found is not None
    assert [found.text[a:b] for a, b in found.ranges] == ["alpha", "Bêta"]
    assert found.text.startswith("…")
    assert found.text.endswith("…")
    assert len(found.text) <= EXCERPT_LENGTH + 2
    assert "…filler" in found.text


def test_an_excerpt_of_a_text_without_spaces_cuts_no_character() -> None:
    text = "e\u0301" * 300 + " zebra " + "👩‍🚒" * 300
    found = find_excerpt(text, query("zebra"))
    assert found is not None
    assert [found.text[a:b] for a, b in found.ranges] == ["zebra"]
    assert not unicodedata.combining(found.text[1])
    assert not found.text.rstrip("…").endswith("\u200d")


def test_a_title_is_shown_whole() -> None:
    title = "word " * 50 + "end"
    found = find_excerpt(title, query("end"), is_whole=True)
    assert found == Excerpt(text=title, ranges=((250, 253),))


def test_the_signs_of_markdown_are_left_out() -> None:
    text = "# Agreed\n\n- [x] **Bo** pays\n- `code`\n> see [the plan](https://x.test/a)\n\na | b"
    assert plain(text) == "Agreed Bo pays code see [the plan] a b"
