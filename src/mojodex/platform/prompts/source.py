"""Reading a prompt file: its models, its body, compiled once (source: behaviour §3.1)."""

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from mojodex.platform.llm import OutputContract
from mojodex.platform.prompts.contract_file import PromptFacts, decode_facts
from mojodex.platform.prompts.errors import PromptInvalid, PromptNotFound

#: Directory of a package in which its prompts lie.
DIRECTORY = "prompts"
SUFFIX = ".mpt"
_HEADER = "#!"
_TAG = re.compile(r"</?([A-Za-z_][A-Za-z0-9_]*)>")


def _make_environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True
    )
    # Accented letters stay readable for the model; "<" is still escaped.
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "sort_keys": False}
    return environment


_ENVIRONMENT = _make_environment()


@dataclass(frozen=True, kw_only=True, slots=True)
class PromptSource:
    """One prompt file, read and compiled."""

    package: str
    name: str
    #: Model names in order of preference; `default` is the configured one.
    models: tuple[str, ...]
    body: str
    template: Template
    #: Names of tags that stand in the body, in order of their first appearance.
    tags: tuple[str, ...]
    #: Names of variables that the body uses, sorted.
    variables: tuple[str, ...]
    facts: PromptFacts

    @property
    def place(self) -> str:
        """Package and file, for errors."""
        return f"{self.package}:{self.name}"

    @property
    def label(self) -> str:
        """The file name without its ending."""
        return self.name.removesuffix(SUFFIX)

    @property
    def contract(self) -> OutputContract:
        return self.facts.contract


@lru_cache(maxsize=1024)
def load_source(package: str, name: str) -> PromptSource:
    """Read, check and compile `name` of the package's prompts; cached for the process.

    Raises `PromptNotFound` and `PromptInvalid`.
    """
    try:
        directory = files(package) / DIRECTORY
    except ModuleNotFoundError as error:
        raise PromptNotFound(prompt=f"{package}:{name}") from error
    return read_source(directory, package, name)


def read_source(directory: Traversable, package: str, name: str) -> PromptSource:
    """The same from a known directory, which imports nothing. Raises like `load_source`."""
    place = f"{package}:{name}"
    try:
        text = (directory / name).read_text("utf-8")
    except FileNotFoundError as error:
        raise PromptNotFound(prompt=place) from error
    except UnicodeDecodeError as error:
        raise PromptInvalid(prompt=place, reason="the file is not UTF-8") from error
    models, body = parse_mpt(text, place)
    try:
        template = _ENVIRONMENT.from_string(body)
        variables = meta.find_undeclared_variables(_ENVIRONMENT.parse(body))
    except TemplateSyntaxError as error:
        reason = f"line {error.lineno} of the body: {error.message}"
        raise PromptInvalid(prompt=place, reason=reason) from error
    return PromptSource(
        package=package,
        name=name,
        models=models,
        body=body,
        template=template,
        tags=tuple(dict.fromkeys(_TAG.findall(body))),
        variables=tuple(sorted(variables)),
        facts=_load_facts(directory, name, place),
    )


def _load_facts(directory: Traversable, name: str, place: str) -> PromptFacts:
    path = directory / (name.removesuffix(SUFFIX) + ".toml")
    if not path.is_file():
        return PromptFacts()
    return decode_facts(path.read_text("utf-8"), place.removesuffix(SUFFIX) + ".toml")


def parse_mpt(text: str, place: str) -> tuple[tuple[str, ...], str]:
    """Models and body of a prompt file. Raises `PromptInvalid`."""
    lines = text.lstrip("\ufeff").splitlines()
    models: list[str] = []
    while lines and lines[0].startswith(_HEADER):
        model = lines.pop(0).removeprefix(_HEADER).partition("/")[0].strip()
        if not model:
            raise PromptInvalid(prompt=place, reason=f"a line {_HEADER} without a model")
        models.append(model)
    if not models:
        raise PromptInvalid(
            prompt=place, reason=f"no model: the first lines must be like '{_HEADER} default'"
        )
    while lines and not lines[0].strip():
        lines.pop(0)
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        raise PromptInvalid(prompt=place, reason="the body is missing")
    return tuple(dict.fromkeys(models)), "\n".join(lines)
