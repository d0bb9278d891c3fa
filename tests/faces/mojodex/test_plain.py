"""Lists that are spelled without their bodies have the same spelling as with them."""

import pytest

from mojodex.faces.mojodex import ROUTES
from mojodex.faces.mojodex.bodies import ExecutionListBody, UserTaskListBody
from mojodex.faces.mojodex.wire import Body, Looking
from tests.faces.mojodex.stage import TABLE, Stage

PLAIN: dict[str, type[Body]] = {
    "GET /user_task": UserTaskListBody,
    "GET /user_task_execution": ExecutionListBody,
}


def test_every_plain_answer_is_compared() -> None:
    assert {route.name for route in ROUTES if isinstance(route.use, Looking)} == set(PLAIN)
    assert all(body in TABLE[name].answers for name, body in PLAIN.items())


@pytest.mark.parametrize("name", PLAIN)
async def test_a_plain_answer_is_spelled_as_its_body(stage: Stage, name: str) -> None:
    await stage.call(
        "POST /user_task_execution_run",
        {
            "datetime": "now",
            "user_task_execution_pk": stage.ada.form.execution_id,
            "inputs": "[]",
        },
    )
    answer = await stage.call(name)
    body = PLAIN[name].model_validate_json(answer.content)
    (items,) = answer.json().values()
    assert len(items) > 1
    assert body.model_dump_json(exclude_unset=True).encode() == answer.content
