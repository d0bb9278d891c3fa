"""The description of v1: FastAPI's, with the problem document and all notices as components."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from mojodex.faces.edge import LOGIN_COOKIE, Access, EdgeRoute
from mojodex.faces.v1.wire.notices import DeliveryAck, JoinAnswer, JoinRequest, Notice
from mojodex.faces.v1.wire.problem import Problem

PREFIX = "/api/v1"
EXTRA_MODELS: tuple[type[BaseModel], ...] = (Problem, Notice, JoinRequest, JoinAnswer, DeliveryAck)
_REF = "#/components/schemas/{model}"


def build_openapi(app: FastAPI) -> dict[str, Any]:
    """OpenAPI 3.1 of the face, sorted so that it can be committed and compared."""
    document = get_openapi(
        title=app.title,
        version=app.version,
        routes=app.routes,
        servers=[{"url": PREFIX}],
        description="REST and socket of Mojodex. Notices of the `/v1` socket are components here.",
    )
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    _, extra = models_json_schema(
        [(model, "serialization") for model in EXTRA_MODELS], ref_template=_REF
    )
    schemas.update(extra["$defs"])
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    components["schemas"] = dict(sorted(schemas.items()))
    components["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer"},
        "cookie": {"type": "apiKey", "in": "cookie", "name": LOGIN_COOKIE},
    }
    _declare_security(app, document)
    return document


def _declare_security(app: FastAPI, document: dict[str, Any]) -> None:
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, EdgeRoute) and route.access is not Access.ANYONE:
            for method in context.methods or ():
                operation = document["paths"][context.path][method.lower()]
                operation["security"] = [{"token": []}, {"cookie": []}]
