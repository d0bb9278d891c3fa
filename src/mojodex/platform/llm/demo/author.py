"""Writes the demo model's answers, each in its contract."""

import re
from collections.abc import Callable, Sequence

import orjson

from mojodex.platform.llm.contract import (
    PLAIN_TEXT,
    ContractKind,
    DemoAnswer,
    DemoCondition,
    JsonSchema,
    OutputContract,
)
from mojodex.platform.llm.demo.schema import ValueMaker
from mojodex.platform.llm.demo.situation import LANGUAGES, Situation, read_situation
from mojodex.platform.llm.demo.writing import (
    render_demo_text,
    revise_text,
    say,
    topic_of,
    write_document,
    write_question,
    write_reply,
)
from mojodex.platform.llm.structured import SCHEMA_MARK
from mojodex.platform.llm.vocabulary import ChatMessage

_CLOSING_TAGS = re.compile(r"(?:\s*</[A-Za-z0-9_]+>)*\s*\Z")


class DemoAuthor:
    """Answers from (contract, messages) alone: the same question has the same answer."""

    def write(
        self,
        contract: OutputContract | None,
        messages: Sequence[ChatMessage],
        *,
        n_words: int | None = None,
    ) -> str:
        """The whole answer. `n_words` draws its text out, or cuts it, to about that length."""
        contract = contract or _find_asked_schema(messages) or PLAIN_TEXT
        situation = read_situation(contract, messages)
        text = _write_demo_text(contract, situation) or _write_by_form(contract, situation)
        if n_words is None or contract.kind is ContractKind.JSON:
            return text
        return _stretch(text, n_words, say(situation, "filler"))

    @staticmethod
    def has_stated_schema(messages: Sequence[ChatMessage]) -> bool:
        """Whether a structured call states its schema in words."""
        return _find_asked_schema(messages) is not None


def _write_demo_text(contract: OutputContract, situation: Situation) -> str | None:
    for answer in contract.demo:
        if _fits(answer, situation):
            for language in (situation.language, *LANGUAGES):
                if language in answer.texts:
                    return render_demo_text(answer.texts[language], situation).strip()
    return None


def _fits(answer: DemoAnswer, situation: Situation) -> bool:
    holds = {
        DemoCondition.BRIEF: situation.is_brief,
        DemoCondition.REVISION: situation.has_delivered,
        DemoCondition.QUESTION: situation.is_question,
    }
    if answer.prompt_has is not None and answer.prompt_has not in situation.prompt:
        return False
    return all(holds[condition] for condition in answer.when)


def _write_by_form(contract: OutputContract, situation: Situation) -> str:
    if contract.kind is ContractKind.JSON:
        value = ValueMaker(contract.schema or {"type": "object"}, situation).make()
        return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
    if contract.kind is ContractKind.TAGS and contract.tags:
        return _fill_tags(contract, situation)
    return write_reply(situation)


def _fill_tags(contract: OutputContract, situation: Situation) -> str:
    """Each tag by its name. A question is asked, or something is delivered, never both."""
    asks = [tag for tag in contract.tags if tag.startswith("ask_")]
    if asks and situation.is_brief:
        return f"<{asks[0]}>{write_question(situation)}</{asks[0]}>"
    wanted = [tag for tag in contract.tags if tag not in asks]
    roots = dict.fromkeys(tag.split("/")[0] for tag in wanted)
    return "\n".join(_fill_tag(root, wanted, situation) for root in roots)


def _fill_tag(path: str, wanted: Sequence[str], situation: Situation) -> str:
    name = path.rpartition("/")[2]
    children = [tag for tag in wanted if tag.rpartition("/")[0] == path]
    if children:
        inside = "\n".join(_fill_tag(child, wanted, situation) for child in children)
        return f"<{name}>\n{inside}\n</{name}>"
    return f"<{name}>{_text_of_tag(name)(situation)}</{name}>"


def _text_of_tag(name: str) -> Callable[[Situation], str]:
    if "language" in name:
        return lambda situation: situation.language
    if "title" in name or "header" in name:
        return lambda situation: situation.previous.get(name) or topic_of(situation)
    if name in ("draft", "body", "document", "execution"):
        return _write_draft
    if name.startswith("missing_"):
        return lambda situation: "no"
    if "summary" in name:
        return lambda situation: say(situation, "summary")
    return write_reply


def _write_draft(situation: Situation) -> str:
    if situation.previous.get("draft"):
        return revise_text(situation.previous["draft"], situation.request)
    return write_document(situation)


def _find_asked_schema(messages: Sequence[ChatMessage]) -> OutputContract | None:
    """The schema that a structured call states in words, where no contract came along."""
    for message in messages:
        _, mark, rest = message.text.partition(SCHEMA_MARK)
        if mark and (schema := _read_schema(rest.strip())) is not None:
            return OutputContract(kind=ContractKind.JSON, schema=schema)
    return None


def _read_schema(text: str) -> JsonSchema | None:
    # The instruction is one line; what follows it belongs to the prompt.
    try:
        schema = orjson.loads(text.partition("\n")[0])
    except orjson.JSONDecodeError:
        return None
    return schema if isinstance(schema, dict) else None


def _stretch(text: str, n_words: int, filler: str) -> str:
    """About `n_words` words, keeping the closing tags at the end."""
    ending = _CLOSING_TAGS.search(text)
    end = ending.start() if ending else len(text)
    words = text[:end].split(" ")
    if len(words) > n_words:
        return " ".join(words[:n_words]) + text[end:]
    n_missing = n_words - len(words)
    more = (filler.split() * (n_missing // len(filler.split()) + 1))[:n_missing]
    return f"{text[:end]}\n\n{' '.join(more)}{text[end:]}" if more else text
