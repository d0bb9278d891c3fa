"""From saved facts to notices: every kind, in small events, and nothing for rows that are gone."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

import orjson
import pytest
from sqlalchemy import text

from mojodex.domains import executions, purchases
from mojodex.domains.chat import Platform
from mojodex.domains.executions import Execution, SaveMode
from mojodex.domains.executions.rules.titling import MAX_SUMMARY_LENGTH, MAX_TITLE_LENGTH
from mojodex.domains.identity import Caller, UserId, authenticate, secret_caller, set_profile
from mojodex.domains.identity.views import BACKOFFICE
from mojodex.faces.v1.encode.notices import ENCODERS, encode_delivery
from mojodex.faces.v1.wire.notices import Final, PersonChanged
from mojodex.platform.db import Database
from mojodex.platform.realtime import Delivery, session_room
from tests.faces.v1.conftest import Someone
from tests.harness.doubles import provide_doubles

MAX_EVENT_BYTES = 64 * 1024
FORM = {"meeting_informations": "They came, we talked about the price."}
#: Kinds whose rows may be gone by the time they are told.
FOLLOWING = set(ENCODERS) - {
    "turn.started", "turn.finished", "turn.stopped", "execution.deleted", "person.changed",
    "tasks.changed",
}  # fmt: skip
#: Kinds about no execution.
OF_THE_PERSON = {"person.changed", "tasks.changed"}


@dataclass
class Stage:
    """An execution with a text, and what was said for it."""

    db: Database
    caller: Caller
    execution: Execution
    message_id: int

    def ids(self) -> dict[str, str | int | None]:
        assert self.execution.turn is not None
        assert self.execution.text is not None
        return {
            "turn_id": str(self.execution.turn.turn_id),
            "session_id": str(self.execution.session_id),
            "attempt": 1,
            "execution_id": self.execution.execution_id,
            "message_pk": self.message_id,
            "version_pk": self.execution.text.version_id,
        }

    async def tell(self, kind: str, ids: Mapping[str, str | int | None]) -> Final | None:
        delivery = Delivery(
            delivery_id=7,
            room=session_room(self.execution.session_id),
            user_id=self.caller.require_user(),
            kind=kind,
            ids=ids,
            needs_ack=True,
            created_at=self.db.clock.now(),
        )
        async with self.db.begin() as tx:
            notice = await encode_delivery(tx, delivery, "en")
        if notice is not None:
            assert notice.delivery_id == "7"
            assert len(orjson.dumps(notice.model_dump(mode="json"))) <= MAX_EVENT_BYTES
        return notice


@pytest.fixture
async def stage(db: Database, ada: Someone) -> Stage:
    doubles = provide_doubles(db)
    async with db.begin() as tx:
        product_id = await purchases.ensure_examples(tx)
        await purchases.grant_product(
            tx, secret_caller(BACKOFFICE), user_id=ada.user.user_id, product_id=product_id
        )
        caller = await authenticate(tx, token=ada.token)
        created = await executions.create_execution(tx, caller, task_id=2, platform=Platform.WEBAPP)
        await executions.run_by_form(tx, caller, execution_id=created.execution_id, values=FORM)
    await doubles.jobs.run_all(db)
    async with db.begin() as tx:
        execution = await executions.access_execution(tx, caller, execution_id=created.execution_id)
        message_id = await tx.scalar(text("SELECT max(message_pk) FROM md_message"))
    assert message_id is not None
    return Stage(db=db, caller=caller, execution=execution, message_id=message_id)


@pytest.mark.parametrize("kind", sorted(set(ENCODERS) - OF_THE_PERSON))
async def test_every_kind_is_told(stage: Stage, kind: str) -> None:
    notice = await stage.tell(kind, stage.ids())
    assert notice is not None
    told = notice.model_dump(mode="json")
    assert told["type"] == kind.replace(".", "_")
    known = told.get("execution_id") or told["execution"]["id"]
    assert known == str(stage.execution.execution_id)


async def test_the_person_is_told_as_they_are_now(stage: Stage) -> None:
    async with stage.db.begin() as tx:
        await set_profile(tx, stage.caller, name="Ada Lovelace", time_zone="Asia/Tokyo")
    notice = await stage.tell("person.changed", {})
    assert isinstance(notice, PersonChanged)
    assert (notice.person.name, notice.person.time_zone) == ("Ada Lovelace", "Asia/Tokyo")
    nobody = replace(stage, caller=replace(stage.caller, user_id=UserId(UUID(int=0))))
    assert await nobody.tell("person.changed", {}) is None


async def test_other_tasks_are_told_without_naming_them(stage: Stage) -> None:
    notice = await stage.tell("tasks.changed", {})
    assert notice is not None
    assert notice.model_dump() == {"delivery_id": "7", "type": "tasks_changed"}


async def test_a_kind_of_another_face_is_not_told(stage: Stage) -> None:
    assert await stage.tell("todo.added", stage.ids()) is None


@pytest.mark.parametrize("kind", sorted(FOLLOWING))
async def test_rows_that_are_gone_are_not_told(stage: Stage, kind: str) -> None:
    gone = stage.ids() | {
        "turn_id": str(UUID(int=0)), "execution_id": 0, "message_pk": 0, "version_pk": 0,
    }  # fmt: skip
    assert await stage.tell(kind, gone) is None


async def test_a_deleted_execution_is_told_only_as_deleted(stage: Stage) -> None:
    async with stage.db.begin() as tx:
        await executions.delete_execution(
            tx, stage.caller, execution_id=stage.execution.execution_id
        )
    assert await stage.tell("execution.changed", stage.ids()) is None
    assert await stage.tell("execution.deleted", stage.ids()) is not None


async def test_a_long_text_is_left_to_rest(stage: Stage) -> None:
    async with stage.db.begin() as tx:
        version = await executions.save_text(
            tx,
            stage.caller,
            execution_id=stage.execution.execution_id,
            title="Long",
            body="Ünïcödé “words” 𝄞\n" * 5_000,
            base_version_id=None,
            mode=SaveMode.APPEND,
        )
    notice = await stage.tell(
        "text.version_added", stage.ids() | {"version_pk": version.version_id}
    )
    assert notice is not None
    told = notice.model_dump(mode="json")
    assert told["version"] is None
    assert told["version_id"] == str(version.version_id)


async def test_a_long_message_is_cut_and_says_so(stage: Stage) -> None:
    words = "Ünïcödé “words” 𝄞\n" * 2_700
    async with stage.db.begin() as tx:
        posted = await executions.run_by_message(
            tx,
            stage.caller,
            session_id=stage.execution.session_id,
            client_message_id=str(uuid4()),
            text=words,
            written_at=tx.clock.now(),
        )
    ids = stage.ids() | {"message_pk": posted.message.message_id}
    notice = await stage.tell("message.added", ids)
    assert notice is not None
    message = notice.model_dump(mode="json")["message"]
    assert message["is_cut"]
    assert words.startswith(message["text"])
    assert len(message["text"]) > 10_000


async def test_an_answer_says_that_older_messages_were_left_out(stage: Stage) -> None:
    for is_trimmed in (False, True):
        notice = await stage.tell("message.added", stage.ids())
        assert notice is not None
        message = notice.model_dump(mode="json")["message"]
        assert (message["sender"], message["is_history_trimmed"]) == ("assistant", is_trimmed)
        async with stage.db.begin() as tx:
            mark = """UPDATE md_message SET message = message || '{"history_trimmed": true}'"""
            await tx.execute(text(mark))


async def test_the_longest_titles_and_summaries_fit(stage: Stage) -> None:
    async with stage.db.begin() as tx:
        await tx.execute(
            text("UPDATE md_user_task_execution SET title = :title, summary = :summary"),
            {"title": "𝄞" * MAX_TITLE_LENGTH, "summary": "𝄞" * MAX_SUMMARY_LENGTH},
        )
    assert await stage.tell("execution.changed", stage.ids()) is not None
