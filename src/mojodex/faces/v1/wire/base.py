"""Types shared by all v1 models."""

from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    GetPydanticSchema,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import core_schema

from mojodex.kit.ids import decode_uuid
from mojodex.kit.pagination import MAX_LIMIT

#: The longest produced text (house rule), in characters.
MAX_TEXT = 200_000
MAX_TITLE = 200
MAX_MESSAGE = 50_000
MAX_FIELDS = 100

T = TypeVar("T")


class WireIn(BaseModel):
    """A body that a client sends: an unknown field is an error, not a shrug."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=False)


class WireOut(BaseModel):
    """A body that we send: closed, every field always present."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_serialization_defaults_required=True
    )


class Page(WireOut, Generic[T]):
    """Some items of a list. `next_cursor` continues it; null at the end."""

    items: list[T]
    next_cursor: str | None = None


def storable(text: str) -> str:
    """Refuse what PostgreSQL cannot keep: NUL characters and lone surrogates."""
    if "\x00" in text:
        raise ValueError("must not contain NUL characters")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("must be well-formed Unicode") from None
    return text


def _read_id(text: str) -> UUID:
    value = decode_uuid(text)
    if value is None:
        raise ValueError("must be a UUID")
    return value


def _utc(value: datetime) -> datetime:
    return value.astimezone(UTC)


def _spell_time(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _schema_of_id(_source: Any, _handler: Any) -> core_schema.CoreSchema:
    return core_schema.no_info_after_validator_function(
        _read_id,
        core_schema.str_schema(max_length=36),
        serialization=core_schema.plain_serializer_function_ser_schema(str),
    )


Text = Annotated[str, AfterValidator(storable)]
Line = Annotated[str, StringConstraints(max_length=1000), AfterValidator(storable)]
Title = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_TITLE, strip_whitespace=True),
    AfterValidator(storable),
]
LongText = Annotated[str, StringConstraints(max_length=MAX_TEXT), AfterValidator(storable)]
MessageText = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_MESSAGE), AfterValidator(storable)
]
#: An id that a client made: a UUID in dashed or 32-digit form.
ClientMadeId = Annotated[
    UUID,
    GetPydanticSchema(_schema_of_id),
    WithJsonSchema({"type": "string", "format": "uuid"}),
]
#: An id that we made; opaque to clients.
Id = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(storable)]
#: Input values by the names of their inputs.
Values = Annotated[dict[Line, LongText], Field(max_length=MAX_FIELDS)]
#: Ids of uploads by the names of their inputs.
Uploads = Annotated[
    dict[Line, Annotated[list[Id], Field(max_length=MAX_FIELDS)]], Field(max_length=MAX_FIELDS)
]
#: Aware on the way in, UTC with Z and milliseconds on the way out.
Instant = Annotated[
    AwareDatetime, AfterValidator(_utc), PlainSerializer(_spell_time, return_type=str)
]
Limit = Annotated[int, Field(ge=1, le=MAX_LIMIT)]
