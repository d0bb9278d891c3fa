"""The OpenAPI document of this face, from the table of routes."""

from collections.abc import Awaitable, Callable
from functools import reduce
from operator import or_
from typing import Any

from fastapi import FastAPI, Request, Response
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from mojodex.faces.mojodex.bodies import ErrorBody, MessageBody
from mojodex.faces.mojodex.wire import (
    OUTCOMES,
    SPECIAL,
    Authentication,
    Outcome,
    Parameter,
    Place,
    Route,
    ValueKind,
)
from mojodex.kit.errors import ErrorKind

JSON = "application/json"
FORM = "multipart/form-data"
SCHEMES = {
    "login": ("The token of a log-in, bare: no scheme before it.", Authentication.USER),
    "backoffice": ("The secret of the back office, bare.", Authentication.BACKOFFICE),
}


Answerer = Callable[[Request], Awaitable[Response]]


class ClientsApp(FastAPI):
    """The face's application; its OpenAPI document knows both sorts of credential.

    Routes that need nothing of the framework (no body, no parameter in the path, their own words
    for every error) are answered past it: its stack and its search for the route cost a polled
    list more than the list itself.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._short_ways: dict[tuple[str, str], tuple[BaseRoute, Answerer]] = {}

    def shorten_way(self, method: str, path: str, answerer: Answerer) -> None:
        """Answer the route of this method and path, which was added last, with `answerer`."""
        self._short_ways[method, path] = self.router.routes[-1], answerer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        way = None
        if scope["type"] == "http" and not scope.get("root_path"):
            way = self._short_ways.get((scope["method"], scope["path"]))
        if way is None:
            await super().__call__(scope, receive, send)
            return
        scope["app"] = self
        scope["route"], answerer = way
        response = await answerer(Request(scope, receive))
        await response(scope, receive, send)

    def openapi(self) -> dict[str, Any]:
        """The document, made once."""
        document = super().openapi()
        document.setdefault("components", {})["securitySchemes"] = {
            name: {
                "type": "apiKey",
                "in": "header",
                "name": "Authorization",
                "description": description,
            }
            for name, (description, _) in SCHEMES.items()
        }
        return document


def describe_route(route: Route) -> dict[str, Any]:
    """The keyword arguments by which FastAPI documents a route."""
    extra: dict[str, Any] = {}
    queries = [_parameter(item) for item in route.parameters if item.place is Place.QUERY]
    if queries:
        extra["parameters"] = queries
    if route.place in (Place.BODY, Place.FORM):
        extra["requestBody"] = _request_body(route)
    extra["security"] = [
        {name: []} for name, (_, kind) in SCHEMES.items() if kind is route.authentication
    ]
    return {
        "operation_id": f"{route.method.lower()}{route.path.replace('/', '_')}",
        "responses": _responses(route),
        "openapi_extra": extra,
    }


def _responses(route: Route) -> dict[int | str, dict[str, Any]]:
    responses: dict[int | str, dict[str, Any]] = {200: _success(route)}
    for outcome in sorted(_outcomes(route), key=lambda item: (item.status, item.key)):
        body = ErrorBody if outcome.key == "error" else MessageBody
        known = responses.setdefault(
            outcome.status, {"model": body, "description": f"Told as {outcome.key}"}
        )
        if known["model"] is not body:
            responses[outcome.status] = {
                "model": ErrorBody | MessageBody,
                "description": "Told as error or message",
            }
    return responses


def _success(route: Route) -> dict[str, Any]:
    if route.answers:
        return {"model": reduce(or_, route.answers), "description": "Success"}
    binary = {"schema": {"type": "string", "format": "binary"}}
    return {"description": "The file", "content": {route.file_type: binary}}


def _outcomes(route: Route) -> set[Outcome]:
    outcomes = {*route.outcomes.values(), *route.special.values(), Outcome(500, "message")}
    outcomes |= {item.bad for item in route.parameters if item.bad is not None}
    outcomes.add(OUTCOMES[ErrorKind.UNAVAILABLE])
    if route.required:
        outcomes.add(route.missing)
    if route.place is not Place.QUERY:
        outcomes |= {OUTCOMES[ErrorKind.INVALID], OUTCOMES[ErrorKind.TOO_LARGE]}
    if route.place is Place.BODY:
        outcomes |= {outcome for outcome in SPECIAL.values() if outcome.key == "message"}
    if route.authentication is not Authentication.NONE:
        outcomes.add(OUTCOMES[ErrorKind.UNAUTHENTICATED])
    return {Outcome(item.status, item.key) for item in outcomes}


def _schema(parameter: Parameter) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": parameter.kind.value}
    if parameter.place is Place.FILE:
        schema["format"] = "binary"
    if parameter.kind is ValueKind.ARRAY:
        schema["items"] = {}
    if parameter.choices:
        schema["enum"] = list(parameter.choices)
    if parameter.default is not None:
        schema["default"] = parameter.default
    return schema


def _parameter(parameter: Parameter) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": parameter.name,
        "in": "query",
        "required": parameter.is_required,
        "schema": _schema(parameter),
    }
    if parameter.description:
        described["description"] = parameter.description
    return described


def _request_body(route: Route) -> dict[str, Any]:
    properties = {}
    for parameter in route.parameters:
        properties[parameter.name] = _schema(parameter)
        if parameter.description:
            properties[parameter.name]["description"] = parameter.description
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    required = [parameter.name for parameter in route.required]
    if required:
        schema["required"] = required
    content = FORM if route.place is Place.FORM else JSON
    return {"required": True, "content": {content: {"schema": schema}}}
