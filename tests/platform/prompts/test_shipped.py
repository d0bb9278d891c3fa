"""Every prompt that we ship: it renders, any model may answer it, and the demo answers in form."""

import re

import jsonschema_rs
import orjson
import pytest

from mojodex.platform.llm import ContractKind, DemoAuthor, parse_tags
from mojodex.platform.prompts import PromptLibrary, ends_with_default

LIBRARY = PromptLibrary.scan()
LABELS = [source.label for source in LIBRARY]


@pytest.mark.parametrize("label", LABELS)
def test_renders_with_its_sample(label: str) -> None:
    prompt = LIBRARY.build_sample(label)
    text = prompt.render()
    assert text.strip()
    assert ends_with_default(prompt), "one setting must make any model work"
    assert not re.search(r"\{\{|\{%|\bNone\b|\bUndefined\b", text)
    assert not re.search(r"\n{4}", text), "blocks leave gaps"


@pytest.mark.parametrize("label", LABELS)
def test_states_the_form_of_its_answer(label: str) -> None:
    (source,) = [source for source in LIBRARY if source.label == label]
    assert source.facts.is_stated, "a .toml stands beside each prompt"
    for answer in source.contract.demo:
        assert set(answer.texts) == {"en", "fr"}


@pytest.mark.parametrize("label", LABELS)
def test_the_demo_model_answers_in_its_form(label: str) -> None:
    prompt = LIBRARY.build_sample(label)
    contract = prompt.contract
    answer = DemoAuthor().write(contract, prompt.request_run().messages)
    if contract.kind is ContractKind.JSON:
        assert contract.schema is not None
        jsonschema_rs.validator_for(dict(contract.schema)).validate(orjson.loads(answer))
    elif contract.kind is ContractKind.TAGS:
        parsed = parse_tags(answer, contract.tags)
        assert parsed.texts[()].strip() == ""
        assert len(parsed.texts) > 1
        assert parsed.proper == set(parsed.texts) - {()}
    else:
        assert answer.strip()
