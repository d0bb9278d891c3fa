"""The table of all routes: one module per subject, put together here."""

from mojodex.faces.mojodex.routes.account import ACCOUNT_ROUTES
from mojodex.faces.mojodex.routes.administration import ADMINISTRATION_ROUTES
from mojodex.faces.mojodex.routes.executions import EXECUTION_ROUTES
from mojodex.faces.mojodex.routes.messages import MESSAGE_ROUTES
from mojodex.faces.mojodex.routes.tasks import TASK_ROUTES
from mojodex.faces.mojodex.routes.texts import TEXT_ROUTES
from mojodex.faces.mojodex.wire import Route

ROUTES: tuple[Route, ...] = (
    *ACCOUNT_ROUTES,
    *TASK_ROUTES,
    *EXECUTION_ROUTES,
    *MESSAGE_ROUTES,
    *TEXT_ROUTES,
    *ADMINISTRATION_ROUTES,
)

__all__ = ["ROUTES"]
