"""The bus that carries domain events to handlers of the same transaction."""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict

from mojodex.platform.db import Tx


class DomainEvent(BaseModel):
    """A fact, named in the past tense, closed and immutable."""

    model_config = ConfigDict(frozen=True, extra="forbid")


E = TypeVar("E", bound=DomainEvent)


class EventBus:
    """Holds who wants to hear of which event. Filled once, by the composition root."""

    def __init__(self) -> None:
        self._handlers: dict[type[DomainEvent], list[Callable[[Tx, Any], Awaitable[None]]]] = (
            defaultdict(list)
        )

    def subscribe(self, event_type: type[E], handler: Callable[[Tx, E], Awaitable[None]]) -> None:
        """Call `handler` for each event of exactly this type, after those subscribed before."""
        self._handlers[event_type].append(handler)

    async def publish(self, tx: Tx, event: DomainEvent) -> None:
        for handler in self._handlers.get(type(event), ()):
            await handler(tx, event)


async def publish(tx: Tx, event: DomainEvent) -> None:
    """Tell `event` to the handlers of the bus that the composition root provided."""
    await tx.use(EventBus).publish(tx, event)
