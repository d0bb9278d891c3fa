"""How a route of the ancestor's wire is declared.

A `Route` is data: method, path, authentication, parameters with their places, and the status and
envelope of each failure. The FastAPI routes, the OpenAPI document, the wire tests and the
authorization matrix are all made from it.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial

from pydantic import BaseModel, ConfigDict

from mojodex.domains.chat import Upload
from mojodex.domains.identity import Caller, TokenExpired, TokenInvalid
from mojodex.domains.purchases import NoPurchase
from mojodex.faces.edge import SecretRefused
from mojodex.faces.mojodex.errors import BadValue, MissingField, NotJson, UnreadableJson
from mojodex.faces.mojodex.values import Values
from mojodex.kit.errors import AppError, ErrorKind
from mojodex.platform.db import Database, Reading, Tx
from mojodex.platform.media import Media


class Authentication(StrEnum):
    """Who may call a route; both sorts of credential travel bare in the Authorization header."""

    NONE = "none"
    USER = "user token"
    BACKOFFICE = "backoffice secret"


class Place(StrEnum):
    """Where a parameter travels, in the words of the wire contract."""

    QUERY = "query"
    BODY = "json body"
    FORM = "form"
    FILE = "file"


class ValueKind(StrEnum):
    """What a parameter holds, in the words of JSON schema."""

    TEXT = "string"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    ARRAY = "array"


@dataclass(frozen=True)
class Outcome:
    """How a failure is told: a status and the key that carries its text, `error` or `message`.

    `words`: what clients compare the text with, where it is no sentence for a person.
    """

    status: int
    key: str = "error"
    words: str | None = None


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One value of a request. `bad`: the outcome when it is there but does not parse."""

    name: str
    place: Place
    kind: ValueKind = ValueKind.TEXT
    is_required: bool = False
    choices: tuple[str, ...] = ()
    default: str | int | bool | None = None
    description: str = ""
    bad: Outcome | None = None


query = partial(Parameter, place=Place.QUERY)
body = partial(Parameter, place=Place.BODY)
form = partial(Parameter, place=Place.FORM)
file = partial(Parameter, place=Place.FILE)


class Body(BaseModel):
    """A successful answer: an object. Keys that are not set are absent, not null."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request, authenticated and read. `address` is where it came from, by network."""

    caller: Caller
    values: Values
    address: str | None
    is_demo_allowed: bool


@dataclass(frozen=True, kw_only=True)
class FileAnswer:
    """A successful answer that is no JSON: a file of the caller's."""

    upload: Upload
    media: Media


@dataclass(frozen=True)
class PlainAnswer:
    """A successful answer as plain values, for lists that are polled: spelled as they stand.

    Making bodies of them first costs more than all the rest of the answer. That they have the
    shape of the route's body, in its order, is held by a test.
    """

    values: Mapping[str, object]


Use = Callable[[Tx, Call], Awaitable[Body | FileAnswer]]


@dataclass(frozen=True)
class Looking:
    """A use case that only reads, each statement by itself: it needs no transaction.

    Where the parameter `key` is given, `one` answers instead, inside a transaction.
    """

    use: Callable[[Reading, Call], Awaitable[Body | PlainAnswer]]
    key: str = ""
    one: Use | None = None


@dataclass(frozen=True)
class Outside:
    """A use case that must not run inside a transaction and opens its own."""

    use: Callable[[Database, Call], Awaitable[Body]]


#: What each sort of failure becomes where a route says nothing else. 403 is kept for credentials:
#: the mobile app logs its user out when it sees one.
OUTCOMES: Mapping[ErrorKind, Outcome] = {
    ErrorKind.INVALID: Outcome(400),
    ErrorKind.UNAUTHENTICATED: Outcome(403),
    ErrorKind.FORBIDDEN: Outcome(400),
    ErrorKind.NOT_FOUND: Outcome(404),
    ErrorKind.CONFLICT: Outcome(400),
    ErrorKind.GONE: Outcome(404),
    ErrorKind.TOO_LARGE: Outcome(413),
    ErrorKind.TOO_MANY: Outcome(429),
    ErrorKind.PAYMENT_REQUIRED: Outcome(402),
    ErrorKind.TERMS_REQUIRED: Outcome(401),
    ErrorKind.UNAVAILABLE: Outcome(503),
    ErrorKind.INTERNAL: Outcome(500),
}

#: Single errors whose outcome is the same on every route. Clients compare the words.
SPECIAL: Mapping[type[AppError], Outcome] = {
    TokenExpired: Outcome(403, words="Expired token"),
    TokenInvalid: Outcome(403, words="Invalid token"),
    SecretRefused: Outcome(403),
    NoPurchase: Outcome(402, words="no_purchase"),
    NotJson: Outcome(400),
    UnreadableJson: Outcome(400, "message"),
}


@dataclass(frozen=True, kw_only=True)
class Route:
    """One method of one path.

    `use` runs inside the request's transaction unless it is marked `Looking` or `Outside`.
    `outcomes` overrides the statuses of this route by kind, `special` those of single errors, first
    match first. `missing`: an absent parameter. A route without `answers` sends a file of
    `file_type`.
    """

    method: str
    path: str
    purpose: str
    use: Use | Looking | Outside
    authentication: Authentication = Authentication.USER
    parameters: tuple[Parameter, ...] = ()
    answers: tuple[type[Body], ...] = ()
    outcomes: Mapping[ErrorKind, Outcome] = field(default_factory=dict)
    special: Mapping[type[AppError], Outcome] = field(default_factory=dict)
    missing: Outcome = Outcome(400)
    max_form_bytes: int = 64 * 1024 * 1024
    file_type: str = "application/octet-stream"

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def place(self) -> Place:
        """Where its parameters travel; file parts travel in forms."""
        places = {parameter.place for parameter in self.parameters}
        if places & {Place.FORM, Place.FILE}:
            return Place.FORM
        return Place.BODY if Place.BODY in places else Place.QUERY

    @property
    def required(self) -> tuple[Parameter, ...]:
        return tuple(parameter for parameter in self.parameters if parameter.is_required)

    def outcome(self, error: AppError) -> Outcome:
        """The status and envelope of a failure on this route."""
        if isinstance(error, MissingField):
            return self.missing
        if isinstance(error, BadValue):
            for parameter in self.parameters:
                if parameter.name == error.data.get("name") and parameter.bad is not None:
                    return parameter.bad
        for kind, outcome in (*self.special.items(), *SPECIAL.items()):
            if isinstance(error, kind):
                return outcome
        return self.outcomes.get(error.kind, OUTCOMES[error.kind])
