"""Errors on the wire: RFC 9457 problem documents."""

from typing import Annotated

from pydantic import Field

from mojodex.faces.v1.wire.base import WireOut


class FieldProblem(WireOut):
    """What is wrong with one field, in plain words. `field` is a dotted path."""

    field: str
    detail: str


class Problem(WireOut):
    """An error as `application/problem+json`. `detail` is in the caller's language."""

    type: Annotated[str, Field(description="`urn:mojodex:problem:` and the code.")]
    title: str
    status: int
    detail: str
    code: str
    errors: list[FieldProblem]
    latest_version_id: Annotated[
        str | None, Field(description="With `stale_version`: the version that was not seen.")
    ] = None
    latest_revision: Annotated[
        int | None, Field(description="With `stale_version`: that version's latest revision.")
    ] = None
