"""What administrators do: define tasks, put them into products, make people."""

from typing import Annotated

from fastapi import Body

from mojodex.domains.catalog import (
    TaskId,
    access_task,
    add_task,
    change_task,
    decode_changes,
    decode_definition,
    list_tasks,
)
from mojodex.domains.identity import create_user
from mojodex.domains.purchases import ProductId, associate_task, list_products
from mojodex.faces.edge import Admin, AdminApart, RequestDb, RequestTx
from mojodex.faces.v1.encode.admin import (
    encode_definition,
    encode_definition_item,
    encode_product,
    read_definition,
)
from mojodex.faces.v1.encode.people import decode_grants, encode_user
from mojodex.faces.v1.parts import PageWindow, PathId, build_router, row_id
from mojodex.faces.v1.wire.admin import (
    ProductOut,
    ProductTaskIn,
    ProductTaskOut,
    RawDefinition,
    TaskDefinitionItem,
    TaskDefinitionOut,
)
from mojodex.faces.v1.wire.base import Page
from mojodex.faces.v1.wire.people import NewUserIn, UserOut

router = build_router("admin")

DefinitionBody = Annotated[
    RawDefinition, Body(description="A task definition, as `mojodex task apply` reads it.")
]


@router.get("/task_definitions")
async def read_task_definitions(
    tx: RequestTx, caller: Admin, window: PageWindow
) -> Page[TaskDefinitionItem]:
    """All tasks, by id."""
    page = await list_tasks(tx, caller, window=window)
    items = [encode_definition_item(task) for task in page.items]
    return Page(items=items, next_cursor=page.next_cursor)


@router.post("/task_definitions", status_code=201)
async def add_task_definition(
    tx: RequestTx, caller: Admin, body: DefinitionBody
) -> TaskDefinitionOut:
    """Add a task."""
    definition = decode_definition(read_definition(body))
    return encode_definition(await add_task(tx, caller, definition=definition))


@router.get("/task_definitions/{task_id}")
async def read_task_definition(tx: RequestTx, caller: Admin, task_id: PathId) -> TaskDefinitionOut:
    """One task with its whole definition."""
    return encode_definition(await access_task(tx, caller, task_id=TaskId(row_id(task_id))))


@router.put("/task_definitions/{task_id}")
async def change_task_definition(
    tx: RequestTx, caller: Admin, task_id: PathId, body: DefinitionBody
) -> TaskDefinitionOut:
    """Replace the fields given; the others stay."""
    changes = decode_changes(read_definition(body))
    changed = await change_task(tx, caller, task_id=TaskId(row_id(task_id)), changes=changes)
    return encode_definition(changed)


@router.get("/products")
async def read_products(tx: RequestTx, caller: Admin, window: PageWindow) -> Page[ProductOut]:
    """All products, by id."""
    page = await list_products(tx, caller, window=window)
    return Page(items=[encode_product(item) for item in page.items], next_cursor=page.next_cursor)


@router.post("/products/{product_id}/tasks", status_code=201)
async def add_product_task(
    tx: RequestTx, caller: Admin, product_id: PathId, body: ProductTaskIn
) -> ProductTaskOut:
    """Put a task into a product; everybody who holds the product may run it at once."""
    added = await associate_task(
        tx,
        caller,
        product_id=ProductId(row_id(product_id)),
        task_id=TaskId(row_id(body.task_id)),
    )
    return ProductTaskOut(
        product_id=str(added.product_id), task_id=str(added.task_id), n_enabled=added.n_enabled
    )


@router.post("/users", status_code=201)
async def add_user(caller: AdminApart, db: RequestDb, body: NewUserIn) -> UserOut:
    """Make an account."""
    user = await create_user(
        db,
        caller,
        email=body.email,
        name=body.name,
        password=body.password,
        language_code=body.language,
        grants=decode_grants(body.grants),
    )
    return encode_user(user)
