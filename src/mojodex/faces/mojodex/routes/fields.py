"""Parameters that many routes share."""

from mojodex.faces.mojodex.wire import Outcome, Parameter, ValueKind, body, form, query

PRESENCE = "Only its presence is asked for; no value is refused."

DATETIME_QUERY = query(name="datetime", is_required=True, description=PRESENCE)
DATETIME_BODY = body(name="datetime", is_required=True, description=PRESENCE)
DATETIME_FORM = form(name="datetime", is_required=True, description=PRESENCE)
EXECUTION_BODY = body(name="user_task_execution_pk", kind=ValueKind.INTEGER, is_required=True)
EXECUTION_QUERY = query(name="user_task_execution_pk", kind=ValueKind.INTEGER, is_required=True)
EXECUTION_FORM = form(name="user_task_execution_pk", kind=ValueKind.INTEGER, is_required=True)

SESSION_PLATFORMS = ("webapp", "mobile", "chrome", "outlook")
DEFAULT_PLATFORM = "webapp"


def page(count_name: str, bad: Outcome | None = None) -> tuple[Parameter, Parameter]:
    """The two parameters of a list: how many (at most fifty) and from where."""
    return (
        query(name=count_name, kind=ValueKind.INTEGER, default=50, bad=bad),
        query(name="offset", kind=ValueKind.INTEGER, default=0, bad=bad),
    )
