"""The `x.toml` beside a prompt: the form of its answer, demo texts, sample variables."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mojodex.platform.llm import (
    PLAIN_TEXT,
    ContractKind,
    DemoAnswer,
    DemoCondition,
    OutputContract,
    TagParser,
)
from mojodex.platform.prompts.errors import PromptInvalid


@dataclass(frozen=True, kw_only=True, slots=True)
class PromptFacts:
    """What the file says. A prompt without one answers in plain text."""

    contract: OutputContract = PLAIN_TEXT
    sample: Mapping[str, object] = field(default_factory=dict)
    is_stated: bool = False


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _DemoTable(_Closed):
    when: list[DemoCondition] = []
    prompt_has: str | None = None
    en: str | None = None
    fr: str | None = None

    def build(self) -> DemoAnswer:
        texts = {"en": self.en, "fr": self.fr}
        return DemoAnswer(
            texts={language: text for language, text in texts.items() if text is not None},
            when=tuple(self.when),
            prompt_has=self.prompt_has,
        )


class _FactsFile(_Closed):
    kind: ContractKind
    tags: list[str] = []
    # "schema" would shadow a method of pydantic's.
    json_schema: str | dict[str, Any] | None = Field(default=None, alias="schema")
    echo: list[str] = ["inputs"]
    demo: list[_DemoTable] = []
    sample: dict[str, Any] = {}


def decode_facts(text: str, place: str) -> PromptFacts:
    """Read the file's text. Raises `PromptInvalid`, which names the field."""
    try:
        stated = _FactsFile.model_validate(tomllib.loads(text))
        schema = _decode_schema(stated)
        TagParser(stated.tags)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise PromptInvalid(prompt=place, reason=f"{where}: {first['msg']}") from error
    except ValueError as error:
        raise PromptInvalid(prompt=place, reason=str(error)) from error
    _check_kind(stated, schema, place)
    contract = OutputContract(
        kind=stated.kind,
        tags=tuple(stated.tags),
        schema=schema,
        echo=tuple(stated.echo),
        demo=tuple(table.build() for table in stated.demo),
    )
    return PromptFacts(contract=contract, sample=stated.sample, is_stated=True)


def _decode_schema(stated: _FactsFile) -> dict[str, Any] | None:
    given = stated.json_schema
    if not isinstance(given, str):
        return given
    schema = orjson.loads(given)
    if not isinstance(schema, dict):
        raise ValueError("schema: a JSON Schema is an object")
    return schema


def _check_kind(stated: _FactsFile, schema: object, place: str) -> None:
    if (stated.kind is ContractKind.TAGS) != bool(stated.tags):
        raise PromptInvalid(
            prompt=place, reason="tags: kind tags needs them, other kinds have none"
        )
    if (stated.kind is ContractKind.JSON) != (schema is not None):
        raise PromptInvalid(
            prompt=place, reason="schema: kind json needs it, other kinds have none"
        )
