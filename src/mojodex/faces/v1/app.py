"""The application of v1: mounted by the composition root under `/api/v1`."""

from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from mojodex.faces.edge import (
    BodyCap,
    Edge,
    NoStore,
    OriginPolicy,
    TokenForm,
    declared_routes,
    install_edge,
)
from mojodex.faces.v1.config import V1Config
from mojodex.faces.v1.openapi import build_openapi
from mojodex.faces.v1.problems import install_problems
from mojodex.faces.v1.routes import (
    about,
    admin,
    executions,
    logins,
    me,
    sessions,
    tasks,
    turns,
    uploads,
)
from mojodex.platform.db import Database

#: Room for the longest produced text with every character escaped.
MAX_BODY_BYTES = 2 * 1024 * 1024
TITLE = "Mojodex API"


class V1App(FastAPI):
    """FastAPI with the whole description: problem documents and notices too."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = build_openapi(self)
        return self.openapi_schema


def create_v1_app(db: Database, config: V1Config) -> FastAPI:
    """v1 over `db`, whose provisions the composition root has filled.

    Every route declares who may call it; `UndeclaredAccess` is raised otherwise.
    """
    return equip(build_routes(config.version), db, config)


def equip(app: FastAPI, db: Database, config: V1Config) -> FastAPI:
    """Give the routes what they work with."""
    app.state.config = config
    install_edge(
        app,
        Edge(
            db=db,
            forms=frozenset({TokenForm.BEARER, TokenForm.COOKIE}),
            origins=OriginPolicy([config.public_url or "", *config.origins]),
        ),
    )
    return app


def build_routes(version: str) -> FastAPI:
    """The routes alone, enough to describe them."""
    app = V1App(
        title=TITLE,
        version=version,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        separate_input_output_schemas=False,
        redirect_slashes=False,
        generate_unique_id_function=_name_operation,
    )
    app.add_middleware(
        BodyCap, max_bytes=MAX_BODY_BYTES, larger={"/uploads": uploads.MAX_UPLOAD_BYTES}
    )
    app.add_middleware(NoStore)
    install_problems(app)
    for module in (about, logins, me, tasks, executions, uploads, sessions, turns, admin):
        app.include_router(module.router)
    for _ in declared_routes(app.routes):
        pass
    return app


def _name_operation(route: APIRoute) -> str:
    return f"{route.tags[0]}_{route.name}"
