"""Errors of v1: RFC 9457 problem documents in the caller's language."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from mojodex.domains.catalog import InvalidTaskDefinition
from mojodex.domains.identity import TokenExpired, TokenInvalid
from mojodex.faces.edge import (
    LOGIN_COOKIE,
    BodyTooLarge,
    InvalidRequest,
    MethodNotAllowed,
    NoSuchAddress,
    field_words,
    language_of_request,
    render_error,
    render_text,
)
from mojodex.faces.v1.wire.problem import FieldProblem, Problem
from mojodex.kit.errors import AppError, ErrorKind

PROBLEM_TYPE = "urn:mojodex:problem:"
MEDIA_TYPE = "application/problem+json"

#: Complete over all kinds; a test holds it to that.
STATUS_OF_KIND: Mapping[ErrorKind, int] = {
    ErrorKind.INVALID: 422,
    ErrorKind.UNAUTHENTICATED: 401,
    ErrorKind.FORBIDDEN: 403,
    ErrorKind.NOT_FOUND: 404,
    ErrorKind.CONFLICT: 409,
    ErrorKind.GONE: 410,
    ErrorKind.TOO_LARGE: 413,
    ErrorKind.TOO_MANY: 429,
    ErrorKind.PAYMENT_REQUIRED: 402,
    ErrorKind.TERMS_REQUIRED: 403,
    ErrorKind.UNAVAILABLE: 503,
    ErrorKind.INTERNAL: 500,
}

#: Errors that belong to one field of the request, by code.
FIELD_OF_CODE: Mapping[str, str] = {
    "empty_message": "text",
    "empty_title": "title",
    "invalid_cursor": "cursor",
    "invalid_email": "email",
    "email_taken": "email",
    "invalid_language": "language",
    "invalid_name": "name",
    "invalid_time_zone": "time_zone",
    "message_too_long": "text",
    "task_name_taken": "name_for_system",
    "text_too_long": "body",
    "weak_password": "password",
    "wrong_password": "current_password",
}
#: Errors whose data names an input of a form.
INPUT_CODES = frozenset(
    {
        "missing_input",
        "unknown_input",
        "invalid_choice",
        "input_too_long",
        "too_many_files",
        "wrong_input_kind",
    }
)
_HTTP_ERRORS: Mapping[int, type[AppError]] = {
    404: NoSuchAddress,
    405: MethodNotAllowed,
    413: BodyTooLarge,
}


def install_problems(app: FastAPI) -> None:
    """Render every error of this application as a problem document."""
    app.add_exception_handler(AppError, _on_app_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(Exception, _on_crash)


def build_problem(
    error: AppError,
    language: str,
    *,
    status: int | None = None,
    errors: Sequence[FieldProblem] = (),
) -> Problem:
    """The document for an error."""
    code = status or STATUS_OF_KIND[error.kind]
    return Problem(
        type=PROBLEM_TYPE + error.code,
        title=HTTPStatus(code).phrase,
        status=code,
        detail=render_error(error, language),
        code=error.code,
        errors=list(errors) or field_problems(error, language),
        latest_version_id=_latest_version(error),
        latest_revision=_latest_revision(error),
    )


def _latest_version(error: AppError) -> str | None:
    latest = error.data.get("latest_version_id")
    return None if latest is None else str(latest)


def _latest_revision(error: AppError) -> int | None:
    latest = error.data.get("latest_revision")
    return latest if isinstance(latest, int) else None


def field_problems(error: AppError, language: str) -> list[FieldProblem]:
    """The fields that an error of a domain speaks of."""
    if isinstance(error, InvalidTaskDefinition):
        return [
            FieldProblem(field=problem.field, detail=problem.reason) for problem in error.problems
        ]
    if error.code in INPUT_CODES:
        field = f"inputs.{error.data.get('name', '')}"
    elif error.code in FIELD_OF_CODE:
        field = FIELD_OF_CODE[error.code]
    else:
        return []
    return [FieldProblem(field=field, detail=render_error(error, language))]


async def _on_app_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, AppError):
        raise error
    language = language_of_request(request)
    response = _respond(build_problem(error, language), headers=_headers_of(error))
    if isinstance(error, TokenExpired | TokenInvalid) and LOGIN_COOKIE in request.cookies:
        # No script can remove the cookie of a log-in that has ended, so the server does.
        forget_login(response)
    return response


def _headers_of(error: AppError) -> dict[str, str]:
    headers = {}
    if error.kind is ErrorKind.UNAUTHENTICATED:
        headers["WWW-Authenticate"] = 'Bearer realm="mojodex"'
    retry_after = error.data.get("retry_after_seconds")
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return headers


async def _on_invalid_request(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    language = language_of_request(request)
    errors = [
        FieldProblem(field=_path_of(item["loc"]), detail=field_words(item, language))
        for item in error.errors()[:20]
    ]
    return _respond(build_problem(InvalidRequest(), language, errors=errors))


def _path_of(location: Sequence[Any]) -> str:
    parts = [str(part) for part in location[1:] if part != "[key]"]
    if len(location) == 2 and isinstance(location[1], int):
        return "body"
    return ".".join(parts)[:200] or str(location[0])


async def _on_http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    language = language_of_request(request)
    kind = _HTTP_ERRORS.get(error.status_code, InvalidRequest)
    problem = build_problem(kind(), language, status=error.status_code)
    return _respond(problem, headers=dict(error.headers or {}))


async def _on_crash(request: Request, _error: Exception) -> Response:
    """The outermost handler: the server logs the error itself, the client hears no detail."""
    language = language_of_request(request)
    problem = Problem(
        type=PROBLEM_TYPE + AppError.code,
        title=HTTPStatus.INTERNAL_SERVER_ERROR.phrase,
        status=500,
        detail=render_text(AppError.code, language),
        code=AppError.code,
        errors=[],
    )
    return _respond(problem)


def _respond(problem: Problem, *, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse(
        problem.model_dump(mode="json"),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers=dict(headers or {}),
    )


def forget_login(response: Response) -> None:
    """Have the browser remove the cookie of the log-in."""
    response.delete_cookie(LOGIN_COOKIE, path="/", httponly=True, samesite="lax")
