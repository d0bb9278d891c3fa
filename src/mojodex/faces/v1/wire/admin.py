"""What administrators read and write: task definitions and products."""

from typing import Any

from pydantic import JsonValue

from mojodex.faces.v1.wire.base import Id, WireIn, WireOut


class TaskDefinitionItem(WireOut):
    """A task as administrators list it."""

    id: Id
    name_for_system: str
    kind: str
    icon: str
    platforms: list[str]


class TaskDefinitionOut(WireOut):
    """A task with its whole definition, in the form that `mojodex task apply` reads."""

    id: Id
    definition: dict[str, JsonValue]


class ProductOut(WireOut):
    """A product: what a person may hold, and the tasks that come with it."""

    id: Id
    name: str
    is_free: bool
    task_ids: list[Id]


class ProductTaskIn(WireIn):
    """The task that a product shall contain."""

    task_id: Id


class ProductTaskOut(WireOut):
    """A task that comes with a product; `n_enabled` holders got it at once."""

    product_id: Id
    task_id: Id
    n_enabled: int


#: A definition as it is sent; the catalog validates it and names the field of each error.
RawDefinition = dict[str, Any]
