"""What clients read, field by field, where absent and null are not the same."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import orjson
import pytest

from mojodex.domains.catalog import (
    ActionDisplay,
    Choice,
    InputKind,
    PredefinedAction,
    Task,
    TaskDisplay,
    TaskId,
    TaskInput,
    TaskKind,
)
from mojodex.domains.chat import Message, MessageId, Sender, SessionId
from mojodex.domains.executions import (
    Author,
    Cause,
    Ending,
    Execution,
    ExecutionId,
    ExecutionInput,
    ExecutionState,
    ProducedTextId,
    TextVersion,
    VersionId,
    execution_subject,
)
from mojodex.domains.identity import LoggedIn, LoginId, User, UserId
from mojodex.domains.purchases import UserTaskId
from mojodex.faces.mojodex.bodies import DraftTokenBody, ExecutionBody, MessageTokenBody
from mojodex.faces.mojodex.encode.account import encode_login
from mojodex.faces.mojodex.encode.events import (
    encode_answer,
    encode_draft_token,
    encode_message_token,
)
from mojodex.faces.mojodex.encode.executions import (
    encode_new_execution,
    encode_single_execution,
    encode_time,
    execution_fields,
)
from mojodex.faces.mojodex.encode.messages import encode_message_item
from mojodex.faces.mojodex.socket_face import MojodexSocketFace
from mojodex.faces.mojodex.wire import Body
from mojodex.platform.db import Database
from mojodex.platform.realtime import Delta, StreamSnapshot
from tests.faces.mojodex.contract import contract_routes, load_contract
from tests.faces.mojodex.shapes import differences

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
SESSION = SessionId(UUID("0190a1b2c3d47e5f80718293a4b5c6d7"))
USER = UserId(UUID(int=1))


def wire(body: Body) -> dict[str, Any]:
    return body.model_dump(mode="json", exclude_unset=True)


def encode_execution(execution: Execution, language: str) -> ExecutionBody:
    return ExecutionBody.model_validate(execution_fields(execution, language))


def socket_shape(event: str) -> Mapping[str, Any]:
    told = load_contract()["socketio"]["server_to_client"]
    shape: Mapping[str, Any] = next(item["payload"] for item in told if item["event"] == event)
    return shape


@pytest.fixture
def task() -> Task:
    choices = (Choice(value="s", label="Short"), Choice(value="l", label="Long"))
    inputs = (
        TaskInput(name="notes", label="Notes", purpose="the notes", kind=InputKind.TEXT_AREA),
        TaskInput(
            name="length",
            label="Length",
            purpose="how long",
            kind=InputKind.DROP_DOWN_LIST,
            choices=choices,
        ),
    )
    display = TaskDisplay(language_code="en", name="Mail", description="Writes.", inputs=inputs)
    french = replace(display, language_code="fr", name="Courriel")
    action = PredefinedAction(
        task_id=TaskId(4), displays={"en": ActionDisplay(language_code="en", name="Post it")}
    )
    return Task(
        task_id=TaskId(2),
        kind=TaskKind.INSTRUCT,
        name_for_system="mail",
        definition_for_system="writes",
        icon="📝",
        final_instruction="write",
        title_format="short",
        draft_format="long",
        infos_to_extract=(),
        text_type="email",
        text_type_id=None,
        is_result_chat_enabled=True,
        is_visible_for_teasing=False,
        platforms=("webapp",),
        displays={"en": display, "fr": french},
        actions=(action,),
    )


@pytest.fixture
def execution(task: Task) -> Execution:
    inputs = tuple(
        ExecutionInput(
            name=item.name,
            label=item.label,
            purpose=item.purpose,
            placeholder=item.placeholder,
            kind=item.kind,
            choices=item.choices,
            is_optional=item.is_optional,
            value=None,
        )
        for item in task.display("en").inputs
    )
    return Execution(
        execution_id=ExecutionId(5),
        user_id=USER,
        user_task_id=UserTaskId(3),
        task_id=task.task_id,
        session_id=SESSION,
        title=None,
        summary=None,
        inputs=inputs,
        created_at=NOW,
        started_at=None,
        ended_at=None,
        deleted_at=None,
        purchase_id=None,
        origin_execution_id=None,
        state=ExecutionState.CREATED,
        turn=None,
        text=None,
        n_versions=0,
        question=None,
        task=task,
    )


@pytest.fixture
def version() -> TextVersion:
    return TextVersion(
        version_id=VersionId(7),
        produced_text_id=ProducedTextId(6),
        index=1,
        title="Hello",
        body="Dear all",
        created_at=NOW,
        edited_at=NOW,
        revision=1,
        author=Author.ASSISTANT,
        cause=Cause.ANSWER,
        ending=Ending.WHOLE,
        restored_index=None,
        message_id=MessageId(12),
        text_type="email",
    )


@pytest.fixture
def message() -> Message:
    return Message(
        message_id=MessageId(12),
        message_uuid=UUID(int=2),
        session_id=SESSION,
        sender=Sender.MOJO,
        text="Which tone?",
        text_with_tags="<ask_user_primary_info>Which tone?</ask_user_primary_info>",
        body={},
        client_message_id=None,
        written_at=NOW,
        created_at=NOW,
        read_at=None,
        in_error_at=None,
        event_name="mojo_message",
        subject=execution_subject(ExecutionId(5)),
        is_audio=False,
        is_stopped=False,
    )


def test_a_started_execution_has_every_key_of_the_contract(
    execution: Execution, version: TextVersion
) -> None:
    shape = contract_routes()["GET /user_task_execution"].success["user_task_executions"][0]
    filled = tuple(replace(item, value="x") for item in execution.inputs)
    started = replace(
        execution, started_at=NOW, ended_at=NOW, inputs=filled, text=version, n_versions=1
    )
    assert list(differences(wire(encode_execution(started, "en")), shape)) == []
    blank = replace(execution, started_at=NOW)
    assert list(differences(wire(encode_execution(blank, "en")), shape)) == []


def test_without_a_version_the_list_says_null_and_the_single_form_zero(
    execution: Execution,
) -> None:
    assert encode_execution(execution, "en").produced_text_version_index is None
    single = encode_single_execution(execution, "en")
    assert single.produced_text_version_index == 0
    assert single.deleted_by_user is False


def test_start_date_is_absent_before_the_start_and_other_dates_are_null(
    execution: Execution,
) -> None:
    told = wire(encode_execution(execution, "en"))
    assert "start_date" not in told
    assert told["end_date"] is None


def test_times_have_an_offset_that_the_cli_can_subtract() -> None:
    paris = NOW.astimezone(timezone(timedelta(hours=1)))
    assert encode_time(paris) == "2026-11-02T09:30:00+00:00"
    assert datetime.now(UTC) - datetime.fromisoformat(encode_time(NOW)) is not None


def test_inputs_are_null_until_one_has_a_value(execution: Execution) -> None:
    assert encode_execution(execution, "en").json_inputs_values is None
    first, second = execution.inputs
    filled = replace(execution, inputs=(replace(first, value="x"), second))
    told = wire(encode_execution(filled, "en"))["json_inputs_values"]
    assert [item["value"] for item in told] == ["x", None]


def test_a_new_form_carries_no_value_and_choices_only_for_a_list(execution: Execution) -> None:
    told = wire(encode_new_execution(execution, "en", is_intro_done=False))
    notes, length = told["json_input"]
    assert notes == {
        "type": "text_area",
        "input_name": "notes",
        "description_for_user": "Notes",
        "description_for_system": "the notes",
        "placeholder": "",
    }
    assert length["possible_values"] == [
        {"value": "s", "displayed_text": "Short"},
        {"value": "l", "displayed_text": "Long"},
    ]
    shape = contract_routes()["PUT /user_task_execution"].success
    assert list(differences(told, shape)) == []


def test_names_of_the_wire_follow_the_language(execution: Execution) -> None:
    assert encode_execution(execution, "fr-CA").task_name == "Courriel"
    assert encode_execution(execution, "de").task_name == "Mail"


def test_actions_have_a_text_in_every_key(execution: Execution) -> None:
    assert wire(encode_execution(execution, "en"))["actions"] == [
        {"task_pk": 4, "name": "Post it", "button_text": "Post it", "message_prefix": ""}
    ]


def test_a_plain_message_has_no_trace_of_a_produced_text(message: Message) -> None:
    emission = encode_answer(message, None)
    assert emission.event == "mojo_message"
    assert emission.needs_ack
    assert isinstance(emission.payload, dict)
    assert "produced_text" not in emission.payload
    assert list(differences(emission.payload, socket_shape("mojo_message"))) == []


def test_a_draft_has_unique_keys_and_booleans(message: Message, version: TextVersion) -> None:
    emission = encode_answer(message, version)
    assert emission.event == "draft_message"
    assert isinstance(emission.payload, dict)
    assert list(differences(emission.payload, socket_shape("draft_message"))) == []
    assert emission.payload["message_pk"] == 12
    assert emission.payload["produced_text_version_pk"] == 7
    assert emission.payload["audio"] is False


def test_a_user_s_message_that_is_not_understood_yet_is_only_its_id(message: Message) -> None:
    waiting = replace(
        message, sender=Sender.USER, text=None, text_with_tags=None, client_message_id="iso_1"
    )
    assert wire(encode_message_item(waiting, None))["message"] == {"message_id": "iso_1"}
    known = replace(waiting, text="Hi", in_error_at=NOW)
    told = wire(encode_message_item(known, None))
    assert told["in_error_state"] is True
    assert told["message"] == {
        "message_id": "iso_1",
        "message_pk": 12,
        "text": "Hi",
        "user_task_execution_pk": 5,
    }


def test_a_system_message_is_only_its_text(message: Message) -> None:
    told = wire(encode_message_item(replace(message, sender=Sender.SYSTEM), None))
    assert told["message"] == {"text": "Which tone?"}


def user(**changes: Any) -> User:
    fields: dict[str, Any] = {
        "user_id": USER,
        "email": "ada@example.org",
        "name": None,
        "language_code": None,
        "time_zone": None,
        "utc_offset_min": 0,
        "company_id": None,
        "company_name": None,
        "company_description": None,
        "goal": None,
        "summary": None,
        "product_category_id": None,
        "is_demo": False,
        "has_password": True,
        "wants_todo_email": True,
        "terms_accepted_at": None,
        "onboarding_presented_at": None,
        "created_at": NOW,
        "grants": frozenset(),
    }
    return User(**(fields | changes))


@pytest.mark.parametrize(
    ("name", "told"), [(None, ""), ("Ada", "Ada"), ("Ada: the first", "Ada  the first")]
)
def test_a_name_is_never_null_and_has_no_colon(name: str | None, told: str) -> None:
    logged_in = LoggedIn(user=user(name=name), token="t", login_id=LoginId(UUID(int=3)))
    body = encode_login(logged_in)
    assert body.name == told
    assert list(differences(wire(body), contract_routes()["POST /user"].success)) == []


def snapshot(**texts: str) -> StreamSnapshot:
    return StreamSnapshot(
        stream_id=UUID(int=4),
        room=f"session:{SESSION}",
        attempt=1,
        seq=len(texts),
        texts=texts,
        meta={},
    )


def delta(channel: str, text: str) -> Delta:
    return Delta(
        stream_id=UUID(int=4),
        room=f"session:{SESSION}",
        attempt=1,
        seq=2,
        channel=channel,
        text=text,
    )


def test_tokens_carry_the_whole_text_so_far() -> None:
    emission = encode_message_token(snapshot(message="Which to"))
    assert (emission.event, emission.needs_ack) == ("mojo_token", False)
    assert emission.payload == {"text": "Which to", "session_id": SESSION.hex}


def test_a_draft_token_repeats_no_title_in_its_text() -> None:
    emission = encode_draft_token(snapshot(draft_title="Hello", draft_body="Dear all"))
    assert emission.payload == {
        "produced_text_title": "Hello",
        "produced_text": "Dear all",
        "text": "Dear all",
        "session_id": SESSION.hex,
    }
    assert list(differences(emission.payload, socket_shape("draft_token"))) == []


def test_tokens_are_spelt_as_their_models() -> None:
    told = encode_message_token(snapshot(message="é\u2028"))
    model = MessageTokenBody(text="é\u2028", session_id=SESSION.hex)
    assert orjson.dumps(told.payload) == orjson.dumps(model.model_dump(exclude_unset=True))
    told = encode_draft_token(snapshot(draft_title="Hello", draft_body="Dear"))
    draft = DraftTokenBody(
        produced_text_title="Hello", produced_text="Dear", text="Dear", session_id=SESSION.hex
    )
    assert orjson.dumps(told.payload) == orjson.dumps(draft.model_dump(exclude_unset=True))


@pytest.fixture
def face() -> MojodexSocketFace:
    db = Database("postgresql://nobody@/nothing?host=/nonexistent")
    return MojodexSocketFace(db, purchase_updater_secret=None)


def test_each_channel_has_its_event(face: MojodexSocketFace) -> None:
    now = snapshot(message="a", draft_title="b", draft_body="c")
    events = {
        channel: getattr(face.encode_delta(delta(channel, "x"), now), "event", None)
        for channel in ("message", "draft_title", "draft_body")
    }
    assert events == {
        "message": "mojo_token",
        "draft_title": "draft_token",
        "draft_body": "draft_token",
    }


def test_who_joins_gets_what_was_written_so_far(face: MojodexSocketFace) -> None:
    def names(now: StreamSnapshot) -> list[str]:
        told = face.encode_snapshot(now)
        assert isinstance(told, list)
        return [emission.event for emission in told]

    assert names(snapshot()) == []
    assert names(snapshot(message="")) == []
    assert names(snapshot(message="a")) == ["mojo_token"]
    assert names(snapshot(draft_title="b")) == ["draft_token"]
    assert names(snapshot(message="a", draft_body="c")) == ["mojo_token", "draft_token"]


def test_a_socket_gets_at_most_256_kilobytes_a_second(face: MojodexSocketFace) -> None:
    assert face.is_cumulative
    assert face.bytes_per_second == 256_000
    assert (face.resend_policy.every.total_seconds(), face.resend_policy.times) == (5, 120)
