"""Task definitions and products."""

from collections.abc import Mapping

from mojodex.domains.catalog import Task, export_task
from mojodex.domains.purchases import Product
from mojodex.faces.edge import InvalidRequest
from mojodex.faces.v1.wire.admin import ProductOut, TaskDefinitionItem, TaskDefinitionOut
from mojodex.faces.v1.wire.base import storable

MAX_DEPTH = 20


def encode_definition_item(task: Task) -> TaskDefinitionItem:
    """A task as administrators list it."""
    return TaskDefinitionItem(
        id=str(task.task_id),
        name_for_system=task.name_for_system,
        kind=task.kind.value,
        icon=task.icon,
        platforms=list(task.platforms),
    )


def encode_definition(task: Task) -> TaskDefinitionOut:
    """A task with its whole definition."""
    return TaskDefinitionOut(id=str(task.task_id), definition=dict(export_task(task)))


def encode_product(product: Product) -> ProductOut:
    """A product and its tasks."""
    return ProductOut(
        id=str(product.product_id),
        name=product.label,
        is_free=product.is_free,
        task_ids=[str(task_id) for task_id in product.task_ids],
    )


def read_definition(raw: Mapping[str, object]) -> Mapping[str, object]:
    """Refuse what cannot be stored anywhere in it. Raises `InvalidRequest`."""
    try:
        _check(raw, 0)
    except ValueError as error:
        raise InvalidRequest() from error
    return raw


def _check(value: object, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise ValueError("nested too deep")
    if isinstance(value, str):
        storable(value)
    elif isinstance(value, dict):
        for key, item in value.items():
            storable(key)
            _check(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _check(item, depth + 1)
