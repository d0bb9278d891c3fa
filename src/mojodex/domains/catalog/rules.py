"""Pure rules of the catalogue: reading and writing definitions."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from mojodex.domains.catalog.views import Task


class TaskDefinition(BaseModel):
    """A task as administrators write it."""


class TaskChanges(BaseModel):
    """A part of a definition: only the keys that are present change anything."""


def decode_definition(raw: Mapping[str, Any]) -> TaskDefinition:
    """Raises `InvalidTaskDefinition`."""
    raise NotImplementedError


def decode_changes(raw: Mapping[str, Any]) -> TaskChanges:
    """Raises `InvalidTaskDefinition`."""
    raise NotImplementedError


def export_task(task: Task) -> dict[str, Any]:
    """The definition of a stored task, as JSON values."""
    raise NotImplementedError
