"""Acts of a person on the served product, each recorded as before, notices and after.

One page has joined the session of the work; a second device shows only the list. What each of them
fetched before an act, brought up to date by what each of them heard, is what is fetched afterwards.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx

from mojodex.domains.chat import delete_session, run_turn
from mojodex.domains.identity import Caller, CallerKind, secret_caller
from mojodex.domains.identity.views import BACKOFFICE
from mojodex.domains.purchases import (
    current_purchases,
    end_purchase,
    ensure_examples,
    grant_product,
)
from mojodex.platform.llm.errors import ModelKeyWrong, ModelUnavailable
from mojodex.platform.realtime import announce, session_room, user_room
from tests.browser.stage import BRIEF, NOTES
from tests.browser.staged import StagedModel
from tests.harness.listening import Listener, wait_until
from tests.harness.served import Human, Served

Json = dict[str, Any]
#: Ids of no work: notices about them mark the place up to which everything was heard.
MARK = 10**9


@dataclass
class Desk:
    """A person before two screens, and the model that answers."""

    served: Served
    person: Human
    model: StagedModel
    http: httpx.AsyncClient
    page: Listener
    other: Listener
    #: Joins anew whenever it is asked what a newcomer would see.
    newcomer: Listener
    work: Json = field(default_factory=dict)
    #: What was made first and is started last.
    older: Json = field(default_factory=dict)
    posted: Json = field(default_factory=dict)
    n_marks: int = 0

    async def open(self, work: Json) -> None:
        """Show this work from now on."""
        for listener in (self.page, self.newcomer):
            if self.work:
                await listener.call("leave", {"session_id": self.work["session_id"]})
        assert (await self.page.join(work["session_id"]))["ok"]
        self.work = work

    async def make(self) -> Json:
        made: Json = (await self.http.post("/executions", json={"task_id": "1"})).json()
        return made

    @property
    def caller(self) -> Caller:
        return Caller(kind=CallerKind.USER, user_id=self.person.user.user_id)

    @property
    def path(self) -> str:
        return f"/executions/{self.work['id']}"

    async def read(self, path: str) -> Json | None:
        answer = await self.http.get(path)
        assert answer.status_code in (200, 404), answer.text
        body: Json = answer.json()
        return body if answer.status_code == 200 else None

    async def fetch(self) -> Json:
        execution = await self.read(self.path)
        return {
            "live": await self.look(execution),
            "execution": execution,
            "messages": await self.read(f"/sessions/{self.work['session_id']}/messages"),
            "versions": await self.read(f"{self.path}/versions"),
            "executions": await self.read("/executions"),
            "me": await self.read("/me"),
            "tasks": await self.read("/tasks"),
        }

    async def look(self, execution: Json | None) -> Json | None:
        """The words that somebody sees who comes now: no fewer than the page has heard."""
        if execution is None or execution["turn"] is None:
            return None
        while execution["turn"]["state"] == "running":
            self.newcomer.notices.clear()
            await self.newcomer.call("leave", {"session_id": self.work["session_id"]})
            assert (await self.newcomer.join(self.work["session_id"]))["ok"]
            (seen, *_) = await self.newcomer.wait_for("turn_snapshot")
            if seen["seq"] >= self.n_heard(seen):
                return dict(seen)
        return None

    def n_heard(self, snapshot: Json) -> int:
        return max(
            (n["seq"] for n in self.page.of("turn_delta") if n["attempt"] == snapshot["attempt"]),
            default=0,
        )

    async def settle(self) -> None:
        """Until both screens heard all that was told so far."""
        self.n_marks += 1
        mark = MARK + self.n_marks
        user_id = self.person.user_id
        async with self.served.db.begin() as tx:
            for room in (session_room(UUID(self.work["session_id"])), user_room(user_id)):
                ids = {"execution_id": mark}
                await announce(tx, room=room, user_id=user_id, kind="execution.deleted", ids=ids)
        await wait_until(lambda: count_marks(self.page, mark) == 2, 30)
        await wait_until(lambda: count_marks(self.other, mark) == 1, 30)

    async def say(self, text: str, **more: str) -> Json:
        body = {"client_id": str(uuid4()), "text": text} | more
        answer = await self.http.post(f"/sessions/{self.work['session_id']}/messages", json=body)
        assert answer.status_code == 202, answer.text
        self.posted = {**answer.json(), "body": body}
        return self.posted

    async def act(self, turn: Json, act: str) -> None:
        answer = await self.http.post(f"/turns/{turn['id']}/{act}")
        assert answer.status_code == 202, answer.text

    async def save(self, title: str, body: str) -> None:
        text = (await self.http.get(self.path)).json()["text"]
        edit = {"title": title, "body": body, "base_version_id": text["version_id"]}
        answer = await self.http.post(f"{self.path}/versions", json=edit)
        assert answer.status_code == 201, answer.text

    async def hear(self, kind: str, n: int = 1) -> None:
        await self.page.wait_for(kind, n, 30)

    async def hear_words(self, n: int) -> None:
        """So many characters of the draft, or of a message."""

        def is_heard() -> bool:
            return sum(len(told["text"]) for told in self.page.of("turn_delta")) >= n

        await wait_until(is_heard, 30)


def count_marks(listener: Listener, mark: int) -> int:
    marks = listener.of("execution_deleted")
    return sum(notice["execution_id"] == str(mark) for notice in marks)


def without_marks(notices: list[Json]) -> list[Json]:
    return [told for told in notices if int(told.get("execution_id") or 0) <= MARK]


async def start_by_form(desk: Desk) -> None:
    """It asks for what the form does not say."""
    task = (await desk.http.get("/tasks/1")).json()
    inputs = {task["inputs"][0]["name"]: BRIEF}
    assert (await desk.http.post(f"{desk.path}/run", json={"inputs": inputs})).status_code == 200
    await desk.hear("turn_finished")
    await wait_until(lambda: any(n["execution"]["summary"] for n in told_of(desk)), 30)


def told_of(desk: Desk) -> list[Json]:
    return [*desk.page.of("execution_titled"), *desk.page.of("execution_changed")]


async def answer_the_question(desk: Desk) -> None:
    await desk.say(NOTES)
    await desk.hear("turn_finished")


async def edit_the_text(desk: Desk) -> None:
    await desk.save("Mine", "My words")


async def edit_it_again(desk: Desk) -> None:
    """Within one sitting the version is replaced."""
    await desk.save("Mine", "My better words")


async def rename_it(desk: Desk) -> None:
    answer = await desk.http.patch(desk.path, json={"title": "Lyon, at last"})
    assert answer.status_code == 200


async def ask_for_a_change(desk: Desk) -> None:
    """The answer stops in the middle of its words."""
    desk.model.hold_after = 100
    await desk.say("Make it shorter, please.")
    await desk.hear_words(1)


async def write_more_words(desk: Desk) -> None:
    desk.model.hold_after = 160
    await desk.hear("turn_delta")


async def say_more_meanwhile(desk: Desk) -> None:
    await desk.say("And add a greeting.")


async def stop_what_waits(desk: Desk) -> None:
    await desk.act(desk.posted["turn"], "stop")
    await desk.hear("turn_stopped")


async def take_the_turn_over(desk: Desk) -> None:
    """As another worker does when the first one died."""
    turn = (await desk.http.get(desk.path)).json()["turn"]
    desk.model.hold_after = 100
    again = asyncio.create_task(run_turn(desk.served.db, turn_id=UUID(turn["id"])))
    await desk.hear("turn_started")
    await desk.hear_words(1)
    assert not again.done()


async def stop_what_runs(desk: Desk) -> None:
    await desk.act((await desk.http.get(desk.path)).json()["turn"], "stop")
    await desk.hear("turn_stopped")
    desk.model.hold_after = None


async def retry_what_was_stopped(desk: Desk) -> None:
    await desk.act((await desk.http.get(desk.path)).json()["turn"], "retry")
    await desk.hear("turn_finished")


async def let_it_fail(desk: Desk) -> None:
    desk.model.failure = ModelKeyWrong(model="demo")
    await desk.say("Translate it into French.")
    await desk.hear("turn_failed")
    desk.model.failure = None


async def post_the_failed_again(desk: Desk) -> None:
    """With the same client's id."""
    path = f"/sessions/{desk.work['session_id']}/messages"
    answer = await desk.http.post(path, json=desk.posted["body"])
    assert (answer.status_code, answer.json()["is_new"]) == (202, False)
    await desk.hear("turn_finished")


async def let_it_be_tried_again(desk: Desk) -> None:
    """A failure that may pass: the turn waits, says why, and goes on by itself."""
    desk.model.failure = ModelUnavailable(model="demo")
    await desk.say("Add the date.")
    await wait_until(
        lambda: any((n["execution"]["turn"] or {})["error"] for n in told_of(desk)), 30
    )
    desk.model.failure = None
    await desk.hear("turn_finished")


async def repeat_a_message(desk: Desk) -> None:
    """Nothing is new."""
    path = f"/sessions/{desk.work['session_id']}/messages"
    assert (await desk.http.post(path, json=desk.posted["body"])).json()["is_new"] is False


async def say_something_earlier(desk: Desk) -> None:
    """Written while the person was offline: it stands where it was written."""
    written_at = datetime.now(UTC) - timedelta(hours=1)
    await desk.say("I wrote this in the train.", written_at=written_at.isoformat())
    await desk.hear("turn_finished")


async def go_beyond_what_fits(desk: Desk) -> None:
    """A text and a message that no notice can hold: they are named and fetched."""
    await desk.say("long " * 9_000)
    await desk.hear("turn_finished")
    await desk.save("Long", "long " * 9_000)


async def delete_it(desk: Desk) -> None:
    assert (await desk.http.delete(desk.path)).status_code == 204


async def restore_it(desk: Desk) -> None:
    assert (await desk.http.post(f"{desk.path}/restore")).status_code == 200


async def delete_it_while_it_is_written(desk: Desk) -> None:
    desk.model.hold_after = 100
    await desk.say("One more time.")
    await desk.hear_words(1)
    await delete_it(desk)
    await desk.hear("turn_stopped")
    desk.model.hold_after = None


async def start_the_older_by_message(desk: Desk) -> None:
    """It was made first: the list shows it below what was made later."""
    await desk.say(NOTES)
    await desk.hear("turn_finished")
    await wait_until(lambda: any(n["execution"]["summary"] for n in told_of(desk)), 30)


async def rename_oneself(desk: Desk) -> None:
    change = {"name": "Ada Lovelace", "time_zone": "Europe/London"}
    assert (await desk.http.patch("/me", json=change)).status_code == 200


async def end_what_was_bought(desk: Desk) -> None:
    """By an administrator: all tasks are taken."""
    office = secret_caller(BACKOFFICE)
    async with desk.served.db.begin() as tx:
        (held,) = await current_purchases(tx, desk.caller)
        await end_purchase(tx, office, purchase_id=held.purchase_id)


async def buy_again(desk: Desk) -> None:
    office = secret_caller(BACKOFFICE)
    async with desk.served.db.begin() as tx:
        product_id = await ensure_examples(tx)
        user_id = desk.person.user.user_id
        await grant_product(tx, office, user_id=user_id, product_id=product_id)


async def delete_the_session(desk: Desk) -> None:
    async with desk.served.db.begin() as tx:
        await delete_session(tx, desk.caller, session_id=UUID(desk.work["session_id"]))


Act = Callable[[Desk], Awaitable[None]]
#: In this order; each begins where the one before it ended.
FIRST: tuple[Act, ...] = (
    start_by_form, answer_the_question, edit_the_text, edit_it_again, rename_it, ask_for_a_change,
    write_more_words, say_more_meanwhile, stop_what_waits, take_the_turn_over, stop_what_runs,
    retry_what_was_stopped, let_it_fail, post_the_failed_again, let_it_be_tried_again,
    repeat_a_message, say_something_earlier, delete_it, restore_it,
)  # fmt: skip
#: On what was made before that and is started after it.
THEN: tuple[Act, ...] = (
    start_the_older_by_message, go_beyond_what_fits, delete_it_while_it_is_written,
)  # fmt: skip
LAST: tuple[Act, ...] = (
    rename_oneself, end_what_was_bought, buy_again, delete_the_session,
)  # fmt: skip


async def record_all(served: Served, person: Human, model: StagedModel) -> dict[str, Json]:
    """Every act's recording, by its name."""
    async with (
        served.client(person) as http,
        Listener(served.url, person.token) as page,
        Listener(served.url, person.token) as other,
        Listener(served.url, person.token) as newcomer,
    ):
        desk = Desk(
            served=served, person=person, model=model, http=http, page=page, other=other,
            newcomer=newcomer,
        )  # fmt: skip
        older, newer = await desk.make(), await desk.make()
        recordings: dict[str, Json] = {}
        for work, acts in ((newer, FIRST), (older, THEN), (newer, LAST)):
            await desk.open(work)
            for act in acts:
                recordings[act.__name__] = await record(desk, act)
        return recordings


async def record(desk: Desk, act: Act) -> Json:
    await desk.settle()
    for listener in (desk.page, desk.other):
        listener.notices.clear()
    before = await desk.fetch()
    await act(desk)
    await desk.settle()
    after = await desk.fetch()
    return {
        "act": act.__name__,
        "about": desk.work["id"],
        "before": before,
        "notices": without_marks(desk.page.notices),
        "elsewhere": without_marks(desk.other.notices),
        "after": after,
    }
