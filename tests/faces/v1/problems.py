"""How tests read problem documents."""

import httpx

from mojodex.faces.v1.wire.problem import Problem


def read_problem(answer: httpx.Response, status: int, code: str) -> Problem:
    """The problem document of an answer, which must have this status and code."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    problem = Problem.model_validate_json(answer.text)
    assert problem.status == status
    assert problem.code == code, answer.text
    assert problem.type == f"urn:mojodex:problem:{code}"
    assert problem.detail
    return problem


def named_fields(problem: Problem) -> list[str]:
    return [error.field for error in problem.errors]
