"""What an answer means: a question, plain words, or a delivery. (Source: behaviour §3.5.)"""

from collections.abc import Sequence
from dataclasses import dataclass

from mojodex.domains.catalog import Info
from mojodex.domains.chat import THOUGHTS, Answer, Channel, TagRoute
from mojodex.platform.llm import TaggedAnswer, strip_tags

LANGUAGE = "user_language"
PRIMARY = "primary_info"
ASK = "ask_user_primary_info"
EXECUTION = "execution"
#: A delivery stands inside <execution>; models that forget it are understood too.
DELIVERIES = ((EXECUTION, "execution/title", "execution/draft"), (None, "title", "draft"))
DRAFT_TAGS = ("title", "draft")
#: What these hold is never said to the person.
SILENT = frozenset({LANGUAGE, *THOUGHTS})
MAX_TITLE_LENGTH = 255


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A text: the answer becomes a version."""

    title: str | None
    body: str


@dataclass(frozen=True, kw_only=True)
class Reply:
    """Words: the answer becomes a message. `is_question` before the first text."""

    text: str
    is_question: bool = False


def missing_tags(infos: Sequence[Info]) -> tuple[str, ...]:
    """The tags in which the model says which information is missing."""
    return tuple(f"missing_{name}" for name in ([info.name for info in infos] or [PRIMARY]))


def instruct_route(infos: Sequence[Info]) -> TagRoute:
    """The tags of an answer of the instruct assistant and where their words are shown."""
    return TagRoute(
        tags=(
            LANGUAGE,
            *dict.fromkeys((*missing_tags(infos), *missing_tags(()))),
            ASK,
            EXECUTION,
            *(tag for _, title, draft in DELIVERIES for tag in (title, draft)),
        ),
        channels={
            ASK: Channel.MESSAGE,
            EXECUTION: Channel.MESSAGE,
            **{title: Channel.DRAFT_TITLE for _, title, _ in DELIVERIES},
            **{draft: Channel.DRAFT_BODY for _, _, draft in DELIVERIES},
        },
        first=frozenset({ASK}),
    )


def read_answer(answer: Answer) -> Delivery | Reply | None:
    """The meaning of an answer; None when it says nothing.

    Of several meanings a delivery wins, then a question, then the raw text. An answer that ends
    anywhere, because it was stopped or cut, means what the person has seen of it.
    """
    if answer.is_partial:
        return _read_shown(answer)
    found = _read_delivery(answer)
    if found is not None:
        return found
    question = (answer.tagged.find(ASK) or "").strip()
    if question:
        return Reply(text=question, is_question=True)
    # Outside all tags stands the answer of a model that used them for its notes only; failing
    # that, what its notes say is better than nothing.
    text = answer.tagged.texts[()].strip() or _notes(answer.tagged)
    return Reply(text=text) if text else None


def _notes(tagged: TaggedAnswer) -> str:
    said = [text.strip() for path, text in tagged.texts.items() if path and path[0] not in SILENT]
    return "\n".join(text for text in said if text)


def render_delivery(delivery: Delivery) -> str:
    """A delivery as a model would have written it whole."""
    title = f"<title>{delivery.title}</title>" if delivery.title else ""
    return f"<{EXECUTION}>{title}<draft>{delivery.body}</draft></{EXECUTION}>"


def _read_shown(answer: Answer) -> Delivery | Reply | None:
    body = answer.shown[Channel.DRAFT_BODY]
    if body:
        return Delivery(title=_title(answer.shown[Channel.DRAFT_TITLE]), body=body)
    text = answer.shown[Channel.MESSAGE]
    return Reply(text=text) if text else None


def _read_delivery(answer: Answer) -> Delivery | Reply | None:
    for outer, title, draft in DELIVERIES:
        if answer.tagged.find(draft) is not None:
            return _delivery(answer, outer, title, draft)
    text = strip_tags((answer.tagged.find(EXECUTION) or ""), DRAFT_TAGS).strip()
    return Reply(text=text) if text else None


def _delivery(answer: Answer, outer: str | None, title: str, draft: str) -> Delivery | None:
    tagged: TaggedAnswer = answer.tagged
    body = (tagged.find(draft) or "").strip()
    if tagged.has_proper(draft):
        return Delivery(title=_title(tagged.find(title)), body=body) if body else None
    # Without a proper pair the four tags go and the whole is the text.
    whole = strip_tags(_inner(answer.raw, outer), DRAFT_TAGS).strip()
    return Delivery(title=None, body=whole) if whole else None


def _inner(raw: str, outer: str | None) -> str:
    if outer is None:
        starts = [raw.find(f"<{tag}>") for tag in DRAFT_TAGS]
        return raw[min(start for start in starts if start >= 0) :]
    _, _, after = raw.partition(f"<{outer}>")
    return after.partition(f"</{outer}>")[0]


def _title(text: str | None) -> str | None:
    return " ".join((text or "").split())[:MAX_TITLE_LENGTH].rstrip() or None
