"""What conversations and troubles share."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.soak.database import Observer
from tests.soak.ledger import Conversation, Fault
from tests.soak.recovery import Recoveries
from tests.soak.site import Site
from tests.soak.speaker import Person
from tests.soak.timeline import Timeline
from tests.soak.windows import Window


@dataclass(kw_only=True)
class Stage:
    """A running soak."""

    site: Site
    observer: Observer
    #: For logs and reports.
    directory: Path
    people: Sequence[Person]
    began: float = field(default_factory=time.monotonic)
    timeline: Timeline = field(default_factory=Timeline)
    recoveries: Recoveries = field(init=False)
    #: Those that are open.
    windows: set[Window] = field(default_factory=set)
    conversations: list[Conversation] = field(default_factory=list)
    #: Found when a conversation ended.
    faults: list[Fault] = field(default_factory=list)
    #: Of what happened: turns, posts, repetitions, stops, windows, troubles.
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.recoveries = Recoveries(self.timeline, self._history_of)

    def _history_of(self, name: str) -> Sequence[str]:
        return [line for one in self.windows if one.view.name == name for line in one.history]

    def note(self, faults: Sequence[Fault], windows: Sequence[Window] = ()) -> None:
        """Count faults and write them down, with what happened to the windows that erred."""
        self.faults += faults
        lines = [
            f"{self.seconds:.1f} {fault.session_id} {fault.kind}: {fault.what}" for fault in faults
        ]
        for window in windows:
            if any(window.view.name in fault.what for fault in faults):
                lines += [f"  {window.view.name}", *(f"    {one}" for one in window.history)]
        if lines:
            with (self.directory / "wrong.txt").open("a") as log:
                log.write("\n".join([*lines, ""]))

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return time.monotonic() - self.began
