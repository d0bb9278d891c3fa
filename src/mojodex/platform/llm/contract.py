"""What a prompt's answer looks like: free text, tags or JSON, and how a demo answers in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

JsonSchema = Mapping[str, object]


class ContractKind(StrEnum):
    """The three forms of an answer."""

    TEXT = "text"
    TAGS = "tags"
    JSON = "json"


class DemoCondition(StrEnum):
    """What must be true of the messages for a demo answer to be taken."""

    #: The person wrote fewer than six words so far and the assistant has not asked yet.
    BRIEF = "brief"
    #: An earlier turn of the assistant delivered a `<draft>`.
    REVISION = "revision"
    #: The person's last message ends with a question mark.
    QUESTION = "question"


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoAnswer:
    """One possible answer of the demo model: Jinja2 texts by language, and when to take them."""

    texts: Mapping[str, str]
    when: tuple[DemoCondition, ...] = ()
    #: A text that the prompt must contain, for example `<missing_`.
    prompt_has: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class OutputContract:
    """The form of an answer, read from the `x.toml` beside a prompt.

    `tags` are paths: `"execution"` may stand at the top of an answer, `"execution/draft"` directly
    inside it. `schema` is a JSON Schema for kind JSON. `echo` names the blocks of the prompt in
    which the person's own words stand. Demo answers are tried in order; without a fitting one the
    demo model fills the contract by itself.
    """

    kind: ContractKind = ContractKind.TEXT
    tags: tuple[str, ...] = ()
    schema: JsonSchema | None = None
    echo: tuple[str, ...] = ("inputs",)
    demo: tuple[DemoAnswer, ...] = field(default=())


#: The contract of a call that states none.
PLAIN_TEXT = OutputContract()
