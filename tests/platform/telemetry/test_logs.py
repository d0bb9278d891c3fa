"""Log lines: one format for all libraries, correlation inside, secrets outside."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from mojodex.platform.telemetry import configure_logging, correlated, correlation_id
from mojodex.platform.telemetry.redaction import HIDDEN, redact, redact_text

TOKEN = "q3Jx-9fPZ0aLk2mN5bV7cX8zY1wE4rT6uI"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield io.StringIO()
    structlog.reset_defaults()
    logging.captureWarnings(capture=False)
    root.handlers[:], root.level = handlers, level


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_both_kinds_of_loggers_speak_json(stream: io.StringIO) -> None:
    configure_logging(level="info", is_json=True, stream=stream)
    with correlated("request-1234"):
        structlog.stdlib.get_logger("ours").info("it happened", n=1)
        logging.getLogger("theirs").warning("it %s too", "happened")
    ours, theirs = lines(stream)
    assert ours["event"] == "it happened"
    assert ours["n"] == 1
    assert (ours["logger"], ours["level"]) == ("ours", "info")
    assert (theirs["event"], theirs["level"]) == ("it happened too", "warning")
    assert ours["correlation_id"] == theirs["correlation_id"] == "request-1234"
    assert str(ours["timestamp"]).endswith("Z")


def test_the_level_is_kept_and_libraries_are_quiet(stream: io.StringIO) -> None:
    configure_logging(level="info", is_json=True, stream=stream)
    structlog.stdlib.get_logger("ours").debug("no")
    logging.getLogger("uvicorn.access").info("no")
    logging.getLogger("httpx").info("no")
    logging.getLogger("httpx").warning("yes")
    assert [line["event"] for line in lines(stream)] == ["yes"]


def test_the_console_is_for_people(stream: io.StringIO) -> None:
    configure_logging(level="debug", is_json=False, stream=stream)
    try:
        raise ValueError("boom")
    except ValueError:
        structlog.stdlib.get_logger("ours").exception("it failed", where="here")
    text = stream.getvalue()
    assert "it failed" in text
    assert "where=here" in text
    assert "ValueError: boom" in text


def test_no_token_reaches_the_log(stream: io.StringIO) -> None:
    configure_logging(level="debug", is_json=True, stream=stream)
    log = structlog.stdlib.get_logger("ours")
    log.info("login", token=TOKEN, password=TOKEN, user={"api_key": TOKEN, "name": "a"})
    log.info("headers", headers={"authorization": f"Bearer {TOKEN}", "cookie": f"login={TOKEN}"})
    log.info("call", url=f"http://h/x?a=1&token={TOKEN}&b=2", header=f"Bearer {TOKEN}")
    log.info("db", url=f"postgresql://me:{TOKEN}@host/db")
    log.info(f"model key sk-{TOKEN} refused")
    logging.getLogger("theirs").warning("Authorization: Bearer %s", TOKEN)
    logging.getLogger("theirs").info("asked", extra={"secret": TOKEN})
    try:
        raise RuntimeError(f"cannot open http://h/?token={TOKEN}")
    except RuntimeError:
        log.exception("failed")
        logging.getLogger("theirs").exception("failed")
    assert TOKEN not in stream.getvalue()
    assert len(lines(stream)) == 9
    assert "a=1&token=[hidden]&b=2" in stream.getvalue()


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("input_tokens", 12, 12),
        ("max_tokens", 4000, 4000),
        ("has_token", True, True),
        ("token", 1234, HIDDEN),
        ("access_token", "abc", HIDDEN),
        ("DBPASS", "abc", HIDDEN),
        ("Set-Cookie", "a=b", HIDDEN),
        ("apikey", b"abc", HIDDEN),
        ("user_id", "abc", "abc"),
        ("items", ["a", {"secret": "x"}], ["a", {"secret": HIDDEN}]),
        ("payload", '{"password": "hunter2", "a": 1}', '{"password": [hidden], "a": 1}'),
        ("nothing", None, None),
    ],
)
def test_values_are_hidden_by_name_or_shape(name: str, value: object, shown: object) -> None:
    assert redact(name, value) == shown


def test_a_deep_structure_ends() -> None:
    deep: list[object] = []
    for _ in range(100):
        deep = [deep]
    assert "…" in str(redact("deep", deep))


@given(st.text(max_size=200))
def test_plain_text_stays_and_redaction_settles(text: str) -> None:
    once = redact_text(text)
    assert redact_text(once) == redact_text(redact_text(once))
    if text.isalpha():
        assert once == text


def test_a_correlation_id_is_sane_and_nests() -> None:
    assert correlation_id() is None
    with correlated() as outer:
        assert correlation_id() == outer
        assert len(outer) == 32
        with correlated("from-outside") as inner:
            assert correlation_id() == inner == "from-outside"
        assert correlation_id() == outer
    for bad in ("", "short", "x" * 65, "two words", "line\nbreak", "ünïcödé-id", "a" * 8 + ";"):
        with correlated(bad) as made:
            assert made != bad
