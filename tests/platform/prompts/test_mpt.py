"""Prompt files: header, body, variables, nesting, and errors that say what to mend."""

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from jinja2.exceptions import SecurityError

from mojodex.platform.llm import (
    Attribution,
    ChatMessage,
    ContractKind,
    MemoryMeter,
    ModelGateway,
    ModelInfo,
    ModelNotConfigured,
    Role,
    ScriptedModel,
)
from mojodex.platform.prompts import (
    MPT,
    PromptInvalid,
    PromptLibrary,
    PromptModelsDisjoint,
    PromptNotFound,
    PromptVariableMissing,
    ends_with_default,
    load_source,
)
from mojodex.platform.prompts.contract_file import decode_facts
from mojodex.platform.prompts.source import parse_mpt

WHO = Attribution(purpose="test")


class Shelf:
    """A package in which a test puts prompt files."""

    def __init__(self, root: Path, name: str) -> None:
        self.package = name
        self.path = root / name
        (self.path / "prompts").mkdir(parents=True)
        (self.path / "__init__.py").write_text("")

    def put(self, name: str, text: str, facts: str | None = None) -> "Shelf":
        (self.path / "prompts" / name).write_text(text)
        if facts is not None:
            (self.path / "prompts" / f"{Path(name).stem}.toml").write_text(facts)
        return self

    def mpt(self, name: str, /, **variables: object) -> MPT:
        return MPT(self.package, name, forced_model=None, **variables)


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Shelf:
    monkeypatch.syspath_prepend(str(tmp_path))
    # Files are cached by package and name: each test has a package of its own.
    return Shelf(tmp_path, f"shelf_{abs(hash(request.node.nodeid))}")


def test_a_whole_prompt(shelf: Shelf) -> None:
    text = (
        "#! gpt-4o/2024-05-13\n#!mistral-large\n#!  default \n\n\nHello {{ name }}.\n\n  bye\n\n\n"
    )
    prompt = shelf.put("greet.mpt", text).mpt("greet.mpt", name="Ada")
    assert prompt.models == ("gpt-4o", "mistral-large", "default")
    assert prompt.render() == "Hello Ada.\n\n  bye"
    assert prompt.label == "greet"
    assert prompt.variables == ("name",)
    assert prompt.contract.kind is ContractKind.TEXT
    assert ends_with_default(prompt)
    assert shelf.package in repr(prompt)


def test_introspection_reads_tags_and_variables_without_rendering(shelf: Shelf) -> None:
    body = "#! default\n{% if a is defined %}<x>{{ a.b }}</x>{% endif %}{% for i in items %}{{ i }}"
    prompt = shelf.put("p.mpt", body + "{% endfor %}<y_1> < z> <x>{{ model }}").mpt("p.mpt")
    assert prompt.tags == ("x", "y_1")
    assert prompt.variables == ("a", "items", "model")


def test_blocks_leave_no_blank_lines(shelf: Shelf) -> None:
    body = "#! default\na\n  {% if yes %}\nb\n  {% endif %}\nc\n"
    assert shelf.put("p.mpt", body).mpt("p.mpt", yes=True).render() == "a\nb\nc"


def test_json_is_readable_ordered_and_closed(shelf: Shelf) -> None:
    prompt = shelf.put("p.mpt", "#! default\n{{ v | tojson }}").mpt(
        "p.mpt", v={"b": "déjà", "a": "</inputs> & '"}
    )
    assert prompt.render() == '{"b": "déjà", "a": "\\u003c/inputs\\u003e \\u0026 \\u0027"}'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no model"),
        ("Hello\n", "no model"),
        ("\n#! default\nHello\n", "no model"),
        ("#! default\n", "body is missing"),
        ("#! default\n\n  \n", "body is missing"),
        ("#!\nHello", "without a model"),
        ("#! /latest\nHello", "without a model"),
        ("#! default\nHello\n{% if x %}\n", "line 2"),
        ("#! default\n{{ x y }}\n", "line 1"),
    ],
)
def test_a_broken_file_says_why(shelf: Shelf, text: str, reason: str) -> None:
    shelf.put("broken.mpt", text)
    with pytest.raises(PromptInvalid) as caught:
        shelf.mpt("broken.mpt")
    assert reason in str(caught.value)
    assert f"{shelf.package}:broken.mpt" in str(caught.value)


def test_a_file_in_another_encoding_says_so(shelf: Shelf) -> None:
    (shelf.path / "prompts" / "p.mpt").write_bytes(b"#! default\n\xe9")
    with pytest.raises(PromptInvalid, match="UTF-8"):
        shelf.mpt("p.mpt")


def test_models_are_named_once_and_windows_files_are_read() -> None:
    models, body = parse_mpt("\ufeff#! a\r\n#! a/2\r\n#! default\r\n\r\nHello\r\n", "x")
    assert models == ("a", "default")
    assert body == "Hello"


def test_a_missing_file_or_package_is_named(shelf: Shelf) -> None:
    with pytest.raises(PromptNotFound, match=r"none\.mpt"):
        shelf.mpt("none.mpt")
    with pytest.raises(PromptNotFound, match="no_such_package"):
        MPT("no_such_package", "x.mpt")


@pytest.mark.parametrize("body", ["{{ who }}", "{% if who %}x{% endif %}", "{{ a.b.c }}"])
def test_an_unknown_variable_is_an_error(shelf: Shelf, body: str) -> None:
    prompt = shelf.put("p.mpt", f"#! default\n{body}").mpt("p.mpt", a={})
    with pytest.raises(PromptVariableMissing) as caught:
        prompt.render()
    assert "p.mpt" in str(caught.value)
    assert "undefined" in str(caught.value) or "no attribute" in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ items.append(1) }}",
        "{{ self.__init__.__globals__ }}",
        "{% for x in range(10000000) %}{% endfor %}",
    ],
)
def test_templates_are_sandboxed(shelf: Shelf, body: str) -> None:
    prompt = shelf.put("p.mpt", f"#! default\n{body}").mpt("p.mpt", items=[])
    with pytest.raises((PromptInvalid, PromptVariableMissing, SecurityError, OverflowError)):
        prompt.render()


def test_text_given_is_never_a_template(shelf: Shelf) -> None:
    prompt = shelf.put("p.mpt", "#! default\n{{ text }}").mpt("p.mpt", text="{{ 7 * 7 }}")
    assert prompt.render() == "{{ 7 * 7 }}"


class Chooser:
    """Has one model."""

    def __init__(self, name: str) -> None:
        self.name = name

    def choose(self, models: Sequence[str]) -> ModelInfo:
        if self.name not in models and "default" not in models:
            raise ModelNotConfigured(accepted=", ".join(models), configured=self.name)
        return ModelInfo(name=self.name, provider="x")


def test_the_template_knows_the_chosen_model(shelf: Shelf) -> None:
    shelf.put("inner.mpt", "#! default\n[{{ model }}]")
    shelf.put("p.mpt", "#! big\n#! default\n{{ model }} {{ inner }}")
    prompt = shelf.mpt("p.mpt", inner=shelf.mpt("inner.mpt"))
    assert prompt.models == ("default",)
    assert prompt.render(Chooser("small")) == "small [small]"
    assert prompt.render() == "default [default]"


def test_nested_models_are_intersected_in_the_outer_order(shelf: Shelf) -> None:
    shelf.put("outer.mpt", "#! c\n#! a\n#! b\n#! default\n{{ one }}{{ two }}")
    shelf.put("one.mpt", "#! a\n#! b\n#! c\n1")
    shelf.put("two.mpt", "#! b\n#! c\n2")
    prompt = shelf.mpt("outer.mpt", one=shelf.mpt("one.mpt"), two=shelf.mpt("two.mpt"))
    assert prompt.models == ("c", "b")
    assert prompt.render() == "12"
    assert not ends_with_default(prompt)


def test_nested_prompts_without_a_shared_model_are_named(shelf: Shelf) -> None:
    shelf.put("outer.mpt", "#! a\n{{ one }}").put("one.mpt", "#! b\n1")
    with pytest.raises(PromptModelsDisjoint) as caught:
        shelf.mpt("outer.mpt", one=shelf.mpt("one.mpt"))
    assert "outer.mpt" in str(caught.value)
    assert "one.mpt" in str(caught.value)


def test_a_forced_model_overrides_the_header(shelf: Shelf) -> None:
    shelf.put("p.mpt", "#! a\n{{ model }}")
    prompt = MPT(shelf.package, "p.mpt", forced_model="mine")
    assert prompt.models == ("mine",)
    assert prompt.request_run().models == ("mine",)
    assert prompt.render(Chooser("mine")) == "mine"
    with pytest.raises(ModelNotConfigured) as caught:
        prompt.render(Chooser("other"))
    assert caught.value.data["accepted"] == "mine"
    assert caught.value.data["configured"] == "other"
    assert "p.mpt" in str(caught.value.data["prompt"])


FACTS = """
kind = "tags"
tags = ["execution", "execution/draft"]
echo = ["form"]
[[demo]]
when = ["brief"]
prompt_has = "x"
en = "a"
fr = "b"
"""


def test_requests_carry_label_contract_and_messages(shelf: Shelf) -> None:
    prompt = shelf.put("ask.mpt", "#! default\nHello", FACTS).mpt("ask.mpt")
    turn = ChatMessage(Role.USER, "Yes")
    chat = prompt.request_chat([turn], temperature=0.3, max_tokens=10)
    assert chat.messages == (ChatMessage(Role.SYSTEM, "Hello"), turn)
    assert (chat.label, chat.temperature, chat.max_tokens) == ("ask", 0.3, 10)
    assert chat.contract.tags == ("execution", "execution/draft")
    assert chat.contract.echo == ("form",)
    assert chat.contract.demo[0].texts == {"en": "a", "fr": "b"}
    run = prompt.request_run()
    assert run.messages == (ChatMessage(Role.USER, "Hello"),)
    assert (run.temperature, run.max_tokens) == (0.0, 4000)


async def test_asking_goes_through_the_gateway(shelf: Shelf) -> None:
    prompt = shelf.put("ask.mpt", "#! default\nHello {{ model }}").mpt("ask.mpt")
    engine = ScriptedModel("one", "two")
    gateway = ModelGateway([engine], MemoryMeter())
    assert (await prompt.run(gateway, WHO)).text == "one"
    turn = ChatMessage(Role.USER, "Yes")
    assert (await prompt.chat(gateway, WHO, [turn], max_tokens=9)).text == "two"
    assert engine.requests[0].messages[0].text == "Hello scripted"
    assert engine.requests[1].max_tokens == 9


def test_files_are_read_and_compiled_once(shelf: Shelf) -> None:
    shelf.put("p.mpt", "#! default\nHello")
    assert load_source(shelf.package, "p.mpt") is load_source(shelf.package, "p.mpt")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("kind = ", "Invalid value"),
        ("", "kind: Field required"),
        ('kind = "prose"', "kind: "),
        ('kind = "text"\ncolour = 1', "colour: Extra inputs"),
        ('kind = "tags"', "tags: "),
        ('kind = "text"\ntags = ["a"]', "tags: "),
        ('kind = "tags"\ntags = ["a b"]', "not a tag name"),
        ('kind = "json"', "schema: "),
        ('kind = "json"\nschema = "[1]"', "schema: "),
        ('kind = "json"\nschema = "{"', "unexpected end"),
        ('kind = "text"\n[[demo]]\nwhen = ["never"]', "demo.0.when.0"),
    ],
)
def test_a_broken_contract_names_the_field(text: str, reason: str) -> None:
    with pytest.raises(PromptInvalid) as caught:
        decode_facts(text, "x.toml")
    assert reason in str(caught.value)
    assert "x.toml" in str(caught.value)


def test_a_schema_is_a_text_or_a_table() -> None:
    as_text = decode_facts('kind = "json"\nschema = \'{"type": "object"}\'', "x")
    as_table = decode_facts('kind = "json"\n[schema]\ntype = "object"', "x")
    assert as_text.contract.schema == as_table.contract.schema == {"type": "object"}
    assert as_text.is_stated


def test_a_library_knows_all_packages_below_its_root(shelf: Shelf) -> None:
    inner = Shelf(shelf.path, "inner")
    inner.put("greet.mpt", "#! default\n{{ word }}", FACTS + '[sample]\nword = "Hi"')
    sample = f'[sample]\ngreet = {{ mpt = "{shelf.package}.inner:greet.mpt" }}\nn = [1]'
    shelf.put("outer.mpt", "#! default\n{{ greet }}{{ n }}", f'kind = "text"\n{sample}')
    library = PromptLibrary.scan(shelf.package)
    assert [source.label for source in library] == ["outer", "greet"]
    assert len(library) == 2
    assert library.build_sample("outer").render() == "Hi[1]"
    contract = library.find_contract("greet")
    assert contract is not None
    assert contract.kind is ContractKind.TAGS
    assert library.find_contract("none") is None
    with pytest.raises(PromptNotFound):
        library.build_sample("none")
    assert f"{shelf.package}.inner" in sys.modules


def test_a_sample_names_nested_prompts_by_package_and_file(shelf: Shelf) -> None:
    shelf.put("p.mpt", "#! default\n{{ a }}", 'kind = "text"\n[sample]\na = { mpt = "x.mpt" }')
    with pytest.raises(PromptInvalid, match="package:file"):
        PromptLibrary.scan(shelf.package).build_sample("p")


def test_a_label_is_used_once(shelf: Shelf) -> None:
    shelf.put("p.mpt", "#! default\n1")
    Shelf(shelf.path, "inner").put("p.mpt", "#! default\n2")
    with pytest.raises(PromptInvalid, match="same label"):
        PromptLibrary.scan(shelf.package)
