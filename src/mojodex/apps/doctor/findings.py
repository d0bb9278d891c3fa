"""What a check found, and how it is shown: a table for people, JSON for machines."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

from mojodex.apps.troubles import Trouble, explain
from mojodex.kit.errors import AppError


class State(StrEnum):
    """How it stands: fine, works but look at it, or does not work."""

    OK = "ok"
    WARNING = "warning"
    TROUBLE = "trouble"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one check found. With a cure when something should be done."""

    check: str
    state: State
    text: str
    cure: str = ""


def fine(check: str, text: str) -> Finding:
    return Finding(check=check, state=State.OK, text=text)


def warning(check: str, trouble: Trouble) -> Finding:
    return Finding(check=check, state=State.WARNING, text=trouble.cause, cure=trouble.cure)


def trouble(check: str, found: Trouble | AppError) -> Finding:
    words = explain(found) if isinstance(found, AppError) else found
    return Finding(check=check, state=State.TROUBLE, text=words.cause, cure=words.cure)


def has_trouble(findings: Sequence[Finding]) -> bool:
    return any(finding.state is State.TROUBLE for finding in findings)


def render_json(findings: Sequence[Finding]) -> str:
    """One object: whether all is well, and every finding."""
    report = {
        "ok": not has_trouble(findings),
        "findings": [asdict(finding) for finding in findings],
    }
    return json.dumps(report, indent=1, ensure_ascii=False)


def render_table(findings: Sequence[Finding]) -> str:
    """A line for each finding, its cure below it, and the sum at the end."""
    return "\n".join(_lines(findings))


def _lines(findings: Sequence[Finding]) -> Iterator[str]:
    width = max(len(finding.check) for finding in findings)
    margin = " " * (len(State.TROUBLE) + width + 4)
    for finding in findings:
        first, *rest = finding.text.splitlines() or [""]
        yield f"{finding.state:<{len(State.TROUBLE)}}  {finding.check:<{width}}  {first}"
        yield from (f"{margin}{line}" for line in rest)
        if finding.cure:
            yield f"{margin}→ {finding.cure}"
    yield ""
    counts = {state: sum(finding.state is state for finding in findings) for state in State}
    if not counts[State.TROUBLE] and not counts[State.WARNING]:
        yield "All is well."
    else:
        yield f"{counts[State.TROUBLE]} in trouble, {counts[State.WARNING]} to look at."
