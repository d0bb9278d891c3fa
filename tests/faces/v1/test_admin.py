"""What administrators do over v1, and nobody else."""

import json
from importlib import resources
from typing import Any

from mojodex.domains import purchases
from mojodex.domains.catalog import ensure_examples
from mojodex.domains.identity import secret_caller
from mojodex.domains.identity.views import BACKOFFICE
from mojodex.platform.db import Database
from tests.faces.v1.conftest import Someone
from tests.faces.v1.problems import named_fields, read_problem


def example() -> dict[str, Any]:
    """A task definition as a file of ours has it, under a name of its own."""
    file = resources.files("mojodex.domains.catalog").joinpath("examples", "follow-up_email.json")
    definition: dict[str, Any] = json.loads(file.read_text())
    return definition | {"name_for_system": "thank_you_note"}


async def test_a_definition_is_added_read_and_changed(db: Database, admin: Someone) -> None:
    added = await admin.client.post("/task_definitions", json=example())
    assert added.status_code == 201, added.text
    path = f"/task_definitions/{added.json()['id']}"
    read = (await admin.client.get(path)).json()
    assert read == added.json()
    assert read["definition"]["name_for_system"] == "thank_you_note"
    changed = await admin.client.put(path, json={"icon": "💌"})
    assert changed.status_code == 200, changed.text
    assert changed.json()["definition"]["icon"] == "💌"
    again = await admin.client.put(path, json=read["definition"])
    assert again.json() == read


async def test_definitions_are_listed_by_page(db: Database, admin: Someone) -> None:
    async with db.begin() as tx:
        await ensure_examples(tx)
    first = (await admin.client.get("/task_definitions?limit=4")).json()
    rest = (
        await admin.client.get(f"/task_definitions?limit=4&cursor={first['next_cursor']}")
    ).json()
    assert [item["id"] for item in first["items"] + rest["items"]] == list("123456")
    assert first["items"][1]["name_for_system"] == "follow-up_email"


async def test_a_wrong_definition_names_its_fields(admin: Someone) -> None:
    wrong = example() | {"platforms": ["pager"], "surprise": 1}
    del wrong["icon"]
    problem = read_problem(
        await admin.client.post("/task_definitions", json=wrong), 422, "invalid_task_definition"
    )
    named = named_fields(problem)
    assert "icon" in named
    assert "surprise" in named
    assert any(name.startswith("platforms") for name in named)


async def test_what_cannot_be_stored_is_refused(admin: Someone) -> None:
    poisoned = example() | {"icon": "\x00"}
    answer = await admin.client.post("/task_definitions", json=poisoned)
    assert answer.status_code == 422
    deep: Any = "x"
    for _ in range(50):
        deep = [deep]
    answer = await admin.client.post("/task_definitions", json=example() | {"icon": deep})
    assert answer.status_code == 422


async def test_names_are_unique(admin: Someone) -> None:
    await admin.client.post("/task_definitions", json=example())
    twice = await admin.client.post("/task_definitions", json=example())
    read_problem(twice, 409, "task_name_taken")


async def test_missing_definitions_are_missing_however_they_are_spelled(admin: Someone) -> None:
    for key in ("999", "0", "-1", "1e3", "٣", "nonsense", "9" * 30):
        answer = await admin.client.get(f"/task_definitions/{key}")
        read_problem(answer, 404, "task_not_found")


async def test_administrators_make_accounts(admin: Someone) -> None:
    new = {
        "email": "Grace@Example.org",
        "name": "Grace",
        "password": "a long password",
        "language": "fr",
        "grants": ["reviewer"],
    }
    made = await admin.client.post("/users", json=new)
    assert made.status_code == 201, made.text
    assert made.json()["email"] == "grace@example.org"
    assert made.json()["grants"] == ["reviewer"]
    twice = read_problem(await admin.client.post("/users", json=new), 409, "email_taken")
    assert named_fields(twice) == ["email"]


async def test_others_are_refused(ada: Someone) -> None:
    for method, path in (
        ("GET", "/task_definitions"),
        ("POST", "/task_definitions"),
        ("GET", "/task_definitions/1"),
        ("PUT", "/task_definitions/1"),
        ("GET", "/products"),
        ("POST", "/products/1/tasks"),
        ("POST", "/users"),
    ):
        read_problem(await ada.client.request(method, path, json={}), 403, "grant_missing")


async def test_a_task_in_a_product_is_everybodys_who_holds_it(
    db: Database, admin: Someone, ada: Someone
) -> None:
    office = secret_caller(BACKOFFICE)
    async with db.begin() as tx:
        product_id = await purchases.ensure_examples(tx)
        await purchases.grant_product(tx, office, user_id=ada.user.user_id, product_id=product_id)
    task = (await admin.client.post("/task_definitions", json=example())).json()
    assert len((await ada.client.get("/tasks")).json()["items"]) == 6
    [product] = (await admin.client.get("/products")).json()["items"]
    path = f"/products/{product['id']}/tasks"
    added = await admin.client.post(path, json={"task_id": task["id"]})
    assert added.status_code == 201, added.text
    assert added.json() == {
        "product_id": product["id"], "task_id": task["id"], "n_enabled": 1,
    }  # fmt: skip
    mine = (await ada.client.get("/tasks")).json()["items"]
    assert task["id"] in [item["id"] for item in mine if item["is_enabled"]]
    read_problem(
        await admin.client.post(path, json={"task_id": task["id"]}), 409, "task_already_associated"
    )
    read_problem(await admin.client.post(path, json={"task_id": "nonsense"}), 404, "task_not_found")
    read_problem(
        await admin.client.post("/products/9/tasks", json={"task_id": task["id"]}),
        404,
        "product_not_found",
    )
