"""The double of a model: says what it was told to say, and remembers what it was asked."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence

from mojodex.platform.db import refuse_open_transaction
from mojodex.platform.llm.engines import estimate_usage
from mojodex.platform.llm.errors import ModelError
from mojodex.platform.llm.vocabulary import (
    Finished,
    FinishReason,
    ModelEvent,
    ModelInfo,
    ModelRequest,
    TextDelta,
)

#: A piece of text is sent, an event is waited for, an error is raised, a reason ends the answer.
Step = str | asyncio.Event | ModelError | FinishReason
#: A text alone is cut in chunks of `chunk_size`; a list is sent step by step.
Script = str | ModelError | Sequence[Step]


class ScriptedModel:
    """Answers in order, or by the label of the prompt where there are answers for it.

    Like the gateway it refuses to answer inside a transaction. `requests` holds all it was asked,
    `n_abandoned` counts answers that the caller left early.
    """

    def __init__(
        self,
        *answers: Script,
        by_label: Mapping[str, Sequence[Script]] | None = None,
        chunk_size: int = 5,
        name: str = "scripted",
    ) -> None:
        self._answers = list(answers)
        self._by_label = {label: list(scripts) for label, scripts in (by_label or {}).items()}
        self._chunk_size = chunk_size
        self._name = name
        self.requests: list[ModelRequest] = []
        self.n_abandoned = 0

    @property
    def info(self) -> ModelInfo:
        return ModelInfo(name=self._name, provider="scripted")

    def add(self, answer: Script, *, label: str | None = None) -> None:
        """One more answer, for any prompt or for the prompt with this label."""
        answers = self._answers if label is None else self._by_label.setdefault(label, [])
        answers.append(answer)

    def requests_for(self, label: str) -> list[ModelRequest]:
        """What was asked with this label, in order."""
        return [request for request in self.requests if request.label == label]

    async def warm_up(self) -> None:
        """Nothing is slow to load."""

    async def aclose(self) -> None:
        """Nothing is held."""

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """The next scripted answer. Raises `AssertionError` when there is none."""
        refuse_open_transaction()
        self.requests.append(request)
        steps = self._next_steps(request.label)
        said: list[str] = []
        reason = FinishReason.STOP
        is_left = True
        try:
            for step in steps:
                match step:
                    case FinishReason():
                        # First: an enumeration of texts is a text itself.
                        reason = step
                    case str():
                        said.append(step)
                        yield TextDelta(step)
                    case asyncio.Event():
                        await step.wait()
                    case _:
                        raise step
            is_left = False
            yield Finished(reason, estimate_usage(request, "".join(said), self._name))
        except ModelError:
            is_left = False
            raise
        finally:
            self.n_abandoned += is_left

    def _next_steps(self, label: str) -> Sequence[Step]:
        answers = self._by_label.get(label) or self._answers
        if not answers:
            raise AssertionError(f"no answer is scripted for {label}")
        answer = answers.pop(0)
        if isinstance(answer, ModelError):
            return [answer]
        if isinstance(answer, str):
            size = self._chunk_size
            return [answer[start : start + size] for start in range(0, len(answer), size)]
        return answer
