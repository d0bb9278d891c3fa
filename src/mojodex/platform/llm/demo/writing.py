"""The demo model's prose: documents, questions, sentences and revisions."""

import re
from functools import lru_cache

from jinja2 import StrictUndefined, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment

from mojodex.kit.text import normalize, shorten
from mojodex.platform.llm.demo.phrases import (
    DOCUMENTS,
    LOOSE_WORDS,
    OPENING_WORDS,
    SENTENCES,
    SHAPES,
    STEPS,
)
from mojodex.platform.llm.demo.situation import Situation

_SHORTER = re.compile(r"short|brief|concise|summar|court|bref|concis|resum|raccourci")
_COMMON = frozenset(f"{LOOSE_WORDS} {OPENING_WORDS}".split())
_TAG_WORD = re.compile(r"[^\W\d_]{4,}")


def render_demo_text(source: str, situation: Situation) -> str:
    """A demo text of a prompt's file, with the variables of its README. Raises jinja2 errors."""
    return _compile(source).render(
        topic=topic_of(situation),
        words=situation.words,
        request=situation.request,
        points=points_of(situation),
        fields=situation.fields,
        document=write_document(situation),
        previous=situation.previous,
        language=situation.language,
        pictures=situation.pictures,
    )


def topic_of(situation: Situation) -> str:
    """The subject, or a stand-in when nothing was said."""
    return situation.topic or SENTENCES[situation.language]["no_topic"]


def points_of(situation: Situation) -> tuple[str, ...]:
    """The main phrases; the subject when there are none."""
    return situation.points or (topic_of(situation),)


def say(situation: Situation, phrase: str) -> str:
    """One of the stock sentences, about the subject."""
    return SENTENCES[situation.language][phrase].format(
        topic=topic_of(situation), request=shorten(situation.request, 120)
    )


def write_question(situation: Situation) -> str:
    """A question for what is missing."""
    return say(situation, "question" if situation.topic else "question_bare")


def write_reply(situation: Situation) -> str:
    """A plain answer in a conversation."""
    lines = "\n".join(f"- {point}" for point in points_of(situation))
    return f"{say(situation, 'reply')}\n\n{lines}\n\n{say(situation, 'reply_end')}"


def write_document(situation: Situation) -> str:
    """A whole Markdown text from the person's own points."""
    template = DOCUMENTS[situation.language][_find_shape(situation)]
    names = [
        word.capitalize()
        for word in _TAG_WORD.findall(topic_of(situation))
        if normalize(word) not in _COMMON
    ]
    return (
        _compile(template)
        .render(
            topic=topic_of(situation),
            points=points_of(situation),
            opening=say(situation, "opening"),
            steps=STEPS[situation.language],
            hashtags=" ".join(f"#{name}" for name in dict.fromkeys(names)) or "#Mojodex",
        )
        .strip()
    )


def revise_text(text: str, request: str) -> str:
    """The text, shorter when that was asked for, else with the wish taken up and carried on."""
    is_french = SENTENCES["fr"]["filler"].split()[0] in text or " le " in text
    language = "fr" if is_french else "en"
    if _SHORTER.search(normalize(request)):
        paragraphs = text.strip().split("\n\n")
        return "\n\n".join(paragraphs[: max(2, len(paragraphs) // 2)])
    note = SENTENCES[language]["revised"].format(request=shorten(request, 120))
    return f"> {note}\n\n{text.strip()}\n\n{SENTENCES[language]['longer']}"


def _find_shape(situation: Situation) -> str:
    names = normalize(" ".join(field.name for field in situation.fields))
    for text in (names, normalize(situation.request[:300])):
        for shape, pattern in SHAPES.items():
            if pattern and re.search(pattern, text):
                return shape
    return "report"


def _bullets(items: tuple[str, ...]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _make_environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    environment.filters.update(revise=revise_text, bullets=_bullets, shorten=shorten)
    return environment


_ENVIRONMENT = _make_environment()


@lru_cache(maxsize=256)
def _compile(source: str) -> Template:
    return _ENVIRONMENT.from_string(source)
