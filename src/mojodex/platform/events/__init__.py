"""Domain events: facts told inside the transaction in which they became true.

A handler runs at once, in the publisher's transaction and in order of subscription; it writes rows
or defers jobs, nothing else. If it raises, the whole transaction is undone.
"""

from mojodex.platform.events.bus import DomainEvent, EventBus, publish

__all__ = ["DomainEvent", "EventBus", "publish"]
