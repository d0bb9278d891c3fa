"""Tables of the face are complete, and the description holds what clients are generated from."""

from typing import get_args

from mojodex.domains.chat import TurnState
from mojodex.domains.executions import ExecutionState
from mojodex.domains.identity import Grant
from mojodex.faces.edge import Access, declared_routes, has_text
from mojodex.faces.v1 import build_routes
from mojodex.faces.v1.encode.notices import ENCODERS
from mojodex.faces.v1.parts import row_id, uuid_id
from mojodex.faces.v1.problems import FIELD_OF_CODE, INPUT_CODES, STATUS_OF_KIND
from mojodex.faces.v1.wire import executions as wire
from mojodex.faces.v1.wire.notices import AnyNotice
from mojodex.faces.v1.wire.people import Grant as WireGrant
from mojodex.kit.errors import ErrorKind

APP = build_routes("test")


def test_every_kind_of_error_has_a_status() -> None:
    assert set(STATUS_OF_KIND) == set(ErrorKind)
    assert all(400 <= status < 600 for status in STATUS_OF_KIND.values())


def test_codes_that_belong_to_fields_are_codes() -> None:
    assert [code for code in {*FIELD_OF_CODE, *INPUT_CODES} if not has_text(code, "en")] == []


def test_states_and_grants_are_those_of_the_domains() -> None:
    assert set(get_args(wire.ExecutionState)) == set(ExecutionState)
    assert set(get_args(wire.TurnState)) == set(TurnState)
    assert set(get_args(WireGrant)) == set(Grant)


def test_all_notices_are_in_the_description() -> None:
    union = get_args(AnyNotice)[0]
    schemas = APP.openapi()["components"]["schemas"]
    named = {model.__name__ for model in get_args(union)}
    refs = {item["$ref"].rsplit("/", 1)[1] for item in schemas["Notice"]["oneOf"]}
    assert refs == named
    assert named <= schemas.keys()
    assert all(not schemas[name].get("additionalProperties", True) for name in named)
    assert {"Problem", "JoinRequest", "JoinAnswer", "DeliveryAck"} <= schemas.keys()
    assert len(ENCODERS) == len(named) - 2


def test_every_operation_says_who_may_call_it_and_how_it_fails() -> None:
    document = APP.openapi()
    access = {(row.method, row.path): row.access for row in declared_routes(APP.routes)}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            is_open = access[method.upper(), path] is Access.ANYONE
            assert ("security" in operation) is not is_open, (method, path)
            assert "application/problem+json" in operation["responses"]["default"]["content"]


def test_every_schema_that_is_named_is_there() -> None:
    document = APP.openapi()
    schemas = document["components"]["schemas"]

    def walk(node: object) -> None:
        if isinstance(node, dict):
            reference = node.get("$ref")
            if isinstance(reference, str):
                assert reference.rsplit("/", 1)[1] in schemas
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(document)


def test_texts_that_are_no_ids_name_no_row() -> None:
    assert [row_id(text) for text in ("12", "0012", str(2**63 - 1))] == [12, 12, 2**63 - 1]
    for text in ("", "-1", "1.0", "1e3", "٣", "x", str(2**63), "9" * 5000):
        assert row_id(text) == 0
    assert uuid_id("nonsense").int == 0
