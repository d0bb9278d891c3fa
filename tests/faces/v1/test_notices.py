"""From saved facts to notices: every kind, in small events, and nothing for rows that are gone."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from mojodex.domains import executions, purchases
from mojodex.domains.chat import Platform
from mojodex.domains.executions import Execution, SaveMode
from mojodex.domains.executions.rules.titling import MAX_SUMMARY_LENGTH, MAX_TITLE_LENGTH
from mojodex.domains.identity import Caller, UserId, authenticate, secret_caller, set_profile
from mojodex.domains.identity.views import BACKOFFICE
from mojodex.faces.v1.encode.facts import READ, Facts, read_facts
from mojodex.faces.v1.encode.notices import (
    ENCODERS,
    STATE_KIND,
    drop_overtaken,
    encode_delivery,
)
from mojodex.faces.v1.wire.notices import Final, PersonChanged
from mojodex.platform.db import Database
from mojodex.platform.realtime import Delivery, session_room, user_room
from tests.browser.folding import fold_list
from tests.domains.counting import statements
from tests.faces.v1.conftest import Someone
from tests.harness.doubles import provide_doubles

MAX_EVENT_BYTES = 64 * 1024
FORM = {"meeting_informations": "They came, we talked about the price."}
#: Kinds whose rows may be gone by the time they are told.
FOLLOWING = READ - {"person.changed"}
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

    def delivery(self, kind: str, ids: Mapping[str, str | int | None], number: int = 7) -> Delivery:
        return Delivery(
            delivery_id=number,
            room=session_room(self.execution.session_id),
            user_id=self.caller.require_user(),
            kind=kind,
            ids=ids,
            needs_ack=True,
            created_at=self.db.clock.now(),
        )

    async def tell(self, kind: str, ids: Mapping[str, str | int | None]) -> Final | None:
        delivery = self.delivery(kind, ids)
        async with self.db.begin() as tx:
            notice = encode_delivery(await read_facts(tx, [delivery]), delivery)
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


@pytest.mark.parametrize("n_facts", [1, 20])
async def test_however_many_facts_are_read_in_a_constant_number_of_statements(
    stage: Stage, n_facts: int
) -> None:
    told = [
        stage.delivery(kind, stage.ids(), number)
        for number, kind in enumerate(sorted(ENCODERS) * n_facts)
    ]
    async with stage.db.begin() as tx:
        with statements() as seen:
            facts = await read_facts(tx, told)
    assert all(encode_delivery(facts, one) is not None for one in told)
    assert len(seen) <= 6, seen


async def test_what_the_ids_say_alone_is_told_without_reading(stage: Stage) -> None:
    for kind in set(ENCODERS) - READ:
        assert encode_delivery(Facts(), stage.delivery(kind, stage.ids())) is not None


#: A kind, whether it wants an acknowledgement, and whether it stands in the other room.
facts = st.lists(
    st.tuples(
        st.sampled_from([
            "execution.started", "execution.changed", "execution.titled", "execution.deleted",
            "todo.added",
        ]),
        st.integers(min_value=1, max_value=2),
        st.booleans(),
        st.booleans(),
    ),
    max_size=12,
)  # fmt: skip


@given(facts)
def test_of_changes_told_together_the_last_one_tells_the_state(
    facts: list[tuple[str, int, bool, bool]],
) -> None:
    """fold(shown, all of them) == fold(shown, those that are told), room by room, and whatever
    wants an acknowledgement, or is no change, is told."""
    heard = [
        Delivery(
            delivery_id=number,
            room=user_room(UUID(int=1 + is_other)),
            user_id=UUID(int=1 + is_other),
            kind=kind,
            ids={"execution_id": execution_id},
            needs_ack=needs_ack,
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
        for number, (kind, execution_id, needs_ack, is_other) in enumerate(facts)
    ]
    told = drop_overtaken(heard)
    known = [one for one in heard if one.kind in ENCODERS]
    assert [one for one in told if one in known] == told
    dropped = [one for one in known if one not in told]
    assert all(one.kind == STATE_KIND and not one.needs_ack for one in dropped)
    left = [_key(one) for one in told if one.kind == STATE_KIND and not one.needs_ack]
    assert len(left) == len(set(left))
    for room in {one.room for one in heard}:
        assert _shown(known, room) == _shown(told, room)


def _key(delivery: Delivery) -> tuple[str, object]:
    return delivery.room, delivery.ids["execution_id"]


def _shown(deliveries: list[Delivery], room: str) -> list[dict[str, Any]]:
    """A list after notices that all bring the newest state, as they do when told together."""
    shown: list[dict[str, Any]] = []
    for one in deliveries:
        key = str(one.ids["execution_id"])
        if one.room == room and one.kind == "execution.deleted":
            shown = fold_list(shown, {"type": "execution_deleted", "execution_id": key})
        elif one.room == room:
            item = {"id": key, "created_at": key, "started_at": "now"}
            notice = {"type": one.kind.replace(".", "_"), "execution": item}
            shown = fold_list(shown, notice)
    return shown


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
