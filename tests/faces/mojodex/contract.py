"""The wire contract of the ancestor, as facts that tests are generated from.

`contract.json` is a copy; `SLICE` names the routes of it that this face has by now.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent

#: Every route of the face but the welcome page and the alias of a run.
SLICE = (
    "POST /user",
    "GET /language",
    "POST /language",
    "POST /timezone",
    "GET /onboarding",
    "GET /purchase",
    "GET /user_task",
    "PUT /user_task_execution",
    "GET /user_task_execution",
    "DELETE /user_task_execution",
    "POST /user_task_execution_run",
    "POST /user_task_execution_title",
    "GET /user_task_execution_produced_text",
    "POST /produced_text",
    "PUT /session",
    "GET /session",
    "GET /message",
    "PUT /user_message",
    "GET /image",
    "GET /todos",
    "GET /task",
    "PUT /task",
    "POST /task",
    "PUT /product_task_association",
)


@dataclass(frozen=True, kw_only=True)
class ContractError:
    """One failure of a route: the key of its envelope and when it happens."""

    status: int
    condition: str
    key: str


@dataclass(frozen=True, kw_only=True)
class ContractRoute:
    """One route as the ancestor's clients know it."""

    name: str
    authentication: str
    parameters: Sequence[Mapping[str, Any]]
    success: Mapping[str, Any]
    #: Set where the answer is no JSON: a family of media types.
    file_type: str | None
    variants: Sequence[Mapping[str, Any]]
    errors: Sequence[ContractError]

    @property
    def method(self) -> str:
        return self.name.split(" ")[0]

    @property
    def path(self) -> str:
        return self.name.split(" ")[1]

    @property
    def required(self) -> list[Mapping[str, Any]]:
        return [item for item in self.parameters if item["required"]]

    def missing(self) -> ContractError:
        """How an absent parameter is told."""
        for error in self.errors:
            told = any(word in error.condition for word in ("absent", "missing key"))
            if told and error.status != 403:
                return error
        raise AssertionError(f"{self.name}: the contract names no answer to an absent parameter")


def _route(entry: Mapping[str, Any]) -> ContractRoute:
    success = entry["success"]
    return ContractRoute(
        name=f"{entry['method']} {entry['path']}",
        authentication=entry["auth"]["kind"],
        parameters=entry["parameters"],
        success=success["body"] if isinstance(success["body"], dict) else {},
        file_type=success.get("content_type"),
        variants=success.get("variants", []),
        errors=[
            ContractError(
                status=error["status"], condition=error["condition"], key=error["json_key"]
            )
            for error in entry["errors"]
        ],
    )


@cache
def load_contract() -> Mapping[str, Any]:
    contract: Mapping[str, Any] = json.loads((HERE / "contract.json").read_text())
    return contract


@cache
def contract_routes() -> Mapping[str, ContractRoute]:
    """The routes of the slice, in its order."""
    routes = {route.name: route for route in map(_route, load_contract()["rest"])}
    return {name: routes[name] for name in SLICE}
