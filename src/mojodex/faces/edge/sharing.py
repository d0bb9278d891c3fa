"""Requests have their share of the database's connections, so that jobs and streams keep theirs."""

from starlette.types import ASGIApp, Receive, Scope, Send

from mojodex.platform.db import Share, taking


class RequestShare:
    """Around the application of a face. Sockets go by: they come one by one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with taking(Share.REQUESTS):
            await self._app(scope, receive, send)
