"""A prompt with its variables, ready to be asked."""

from collections.abc import Sequence
from typing import Protocol

from jinja2 import TemplateError, UndefinedError

from mojodex.platform.llm import (
    DEFAULT_MODEL,
    Attribution,
    ChatMessage,
    Completion,
    ModelGateway,
    ModelInfo,
    ModelNotConfigured,
    ModelRequest,
    OutputContract,
    Role,
)
from mojodex.platform.prompts.errors import (
    PromptInvalid,
    PromptModelsDisjoint,
    PromptVariableMissing,
)
from mojodex.platform.prompts.source import PromptSource, load_source


class ModelChooser(Protocol):
    """Knows which models are configured; `ModelGateway` does."""

    def choose(self, models: Sequence[str]) -> ModelInfo: ...


class MPT:
    """A prompt file of a package, with variables; nested prompts are variables too.

    `forced_model` overrides the models of the file. Raises `PromptNotFound`, `PromptInvalid`, and
    `PromptModelsDisjoint` when a nested prompt shares no model with this one.
    """

    def __init__(
        self, package: str, name: str, /, *, forced_model: str | None = None, **variables: object
    ) -> None:
        self._source: PromptSource = load_source(package, name)
        self._given = variables
        self.forced_model = forced_model
        self.models: tuple[str, ...] = (
            (forced_model,) if forced_model is not None else self._intersect_models()
        )

    @property
    def label(self) -> str:
        """The file name without `.mpt`."""
        return self._source.label

    @property
    def contract(self) -> OutputContract:
        """The form of the answer, from the `.toml` beside the file."""
        return self._source.contract

    @property
    def tags(self) -> tuple[str, ...]:
        """Names of the `<…>` tags in the body."""
        return self._source.tags

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the variables that the body uses."""
        return self._source.variables

    def render(self, chooser: ModelChooser | None = None) -> str:
        """The text. The variable `model` is the name that `chooser` picks.

        Without a chooser it is the first preference. Raises `PromptVariableMissing`,
        `PromptInvalid` and `ModelNotConfigured`.
        """
        return self._render(self._choose(chooser))

    def request_chat(
        self,
        conversation: Sequence[ChatMessage],
        *,
        chooser: ModelChooser | None = None,
        temperature: float | None = 0.0,
        max_tokens: int | None = 4000,
    ) -> ModelRequest:
        """The prompt as system message, then the conversation."""
        first = ChatMessage(Role.SYSTEM, self.render(chooser))
        return self._request((first, *conversation), temperature, max_tokens)

    def request_run(
        self,
        *,
        chooser: ModelChooser | None = None,
        temperature: float | None = 0.0,
        max_tokens: int | None = 4000,
    ) -> ModelRequest:
        """The prompt as the only message, from the user."""
        only = ChatMessage(Role.USER, self.render(chooser))
        return self._request((only,), temperature, max_tokens)

    async def chat(
        self,
        gateway: ModelGateway,
        attribution: Attribution,
        conversation: Sequence[ChatMessage],
        *,
        temperature: float | None = 0.0,
        max_tokens: int | None = 4000,
    ) -> Completion:
        """Ask with the conversation, and wait for the whole answer. Raises `ModelError`."""
        request = self.request_chat(
            conversation, chooser=gateway, temperature=temperature, max_tokens=max_tokens
        )
        return await gateway.complete(request, attribution)

    async def run(
        self,
        gateway: ModelGateway,
        attribution: Attribution,
        *,
        temperature: float | None = 0.0,
        max_tokens: int | None = 4000,
    ) -> Completion:
        """Ask the prompt alone, and wait for the whole answer. Raises `ModelError`."""
        request = self.request_run(chooser=gateway, temperature=temperature, max_tokens=max_tokens)
        return await gateway.complete(request, attribution)

    def _request(
        self,
        messages: tuple[ChatMessage, ...],
        temperature: float | None,
        max_tokens: int | None,
    ) -> ModelRequest:
        return ModelRequest(
            messages=messages,
            label=self.label,
            contract=self.contract,
            models=self.models,
            temperature=temperature,
            max_tokens=max_tokens,
        )

    def _choose(self, chooser: ModelChooser | None) -> str:
        if chooser is None:
            return self.models[0]
        try:
            return chooser.choose(self.models).name
        except ModelNotConfigured as error:
            raise ModelNotConfigured(prompt=self._source.place, **error.data) from error

    def _render(self, model: str) -> str:
        values = {
            name: value._render(model) if isinstance(value, MPT) else value
            for name, value in self._given.items()
        }
        try:
            return self._source.template.render({**values, "model": model})
        except UndefinedError as error:
            raise PromptVariableMissing(
                prompt=self._source.place, reason=str(error.message)
            ) from error
        except TemplateError as error:
            raise PromptInvalid(prompt=self._source.place, reason=str(error)) from error

    def _intersect_models(self) -> tuple[str, ...]:
        models = self._source.models
        for nested in self._given.values():
            if isinstance(nested, MPT):
                shared = tuple(model for model in models if model in nested.models)
                if not shared:
                    raise PromptModelsDisjoint(
                        prompt=self._source.place,
                        nested=nested._source.place,
                        models=", ".join(models),
                        nested_models=", ".join(nested.models),
                    )
                models = shared
        return models

    def __repr__(self) -> str:
        return f"MPT({self._source.place})"


def ends_with_default(prompt: MPT) -> bool:
    """Whether any configured model will do in the end, as every shipped prompt must allow."""
    return prompt.models[-1] == DEFAULT_MODEL
