"""From the outcome of a request to its response: success is always 200 and a JSON object."""

import orjson
from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mojodex.faces.edge import language_of_request, render_error
from mojodex.faces.mojodex.wire import OUTCOMES, SPECIAL, Body, Outcome, PlainAnswer
from mojodex.kit.errors import AppError

WEB_APP = "/app/"
HEALTH_TEXT = "Mojodex is running."
JSON = "application/json"
NOT_FOUND_PAGE = (
    "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n"
    "<h1>Not Found</h1>\n<p>There is nothing at this address.</p>\n"
)


async def welcome(request: Request) -> Response:
    """Browsers go to our web app; health checks and old clients read that the server runs."""
    headers = {"Vary": "Accept"}
    if "text/html" in request.headers.get("accept", ""):
        return RedirectResponse(WEB_APP, headers=headers)
    return HTMLResponse(HEALTH_TEXT, headers=headers)


def encode_body(body: Body) -> Response:
    """Keys that were not set are left out; clients tell absent from null."""
    return Response(body.model_dump_json(exclude_unset=True), media_type=JSON)


def encode_plain(answer: PlainAnswer) -> Response:
    return Response(orjson.dumps(answer.values), media_type=JSON)


def encode_envelope(outcome: Outcome, text: str) -> Response:
    return Response(orjson.dumps({outcome.key: text}), outcome.status, media_type=JSON)


def encode_failure(outcome: Outcome, request: Request, error: AppError) -> Response:
    """The words clients compare, or a sentence in the person's language."""
    if outcome.words is not None:
        return encode_envelope(outcome, outcome.words)
    return encode_envelope(outcome, render_error(error, language_of_request(request)))


async def tell_refusal(request: Request, error: Exception) -> Response:
    """An error before any route ran: a credential is absent or wrong."""
    if not isinstance(error, AppError):
        raise error
    outcome = SPECIAL.get(type(error), OUTCOMES[error.kind])
    return encode_failure(outcome, request, error)


async def tell_framework_error(request: Request, error: Exception) -> Response:
    """What no route answers: unknown paths as a page, other methods and the rest as `message`."""
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code == 404:
        return HTMLResponse(NOT_FOUND_PAGE, 404)
    response = encode_envelope(Outcome(error.status_code, "message"), str(error.detail))
    response.headers.update(error.headers or {})
    return response


def server_failed() -> Response:
    """Something broke that no use case foresaw."""
    return encode_envelope(Outcome(500, "message"), "Internal server error")
