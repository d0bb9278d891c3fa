"""A model that fails, over a real socket: the answer is tried again by the kind of the failure, the
person sees why it waits, and what finally fails can be tried again by them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from mojodex.apps.mock_llm import MockKnobs, RunningMock, run_mock_llm
from mojodex.platform.llm import RetryPolicy, build_engines
from tests.faces.mojodex.clients import OldSocket, listening
from tests.harness.listening import Listener, wait_until
from tests.harness.served import Served, serve
from tests.journeys.app_process import free_port
from tests.journeys.runs import Run, Runner

AT_ONCE = MockKnobs(first_token=0, between_tokens=0)
PACED = MockKnobs(first_token=0, between_tokens=0.002)
ANSWER = "instruct_run"


class Stage:
    """Ada, the served product, and a model on a port that answers or not."""

    def __init__(self, served: Served, runner: Runner, port: int, stack: AsyncExitStack) -> None:
        self.served = served
        self.runner = runner
        self._port = port
        self._stack = stack
        self.mock: RunningMock | None = None

    async def start_model(self, *failures: str, knobs: MockKnobs = AT_ONCE) -> RunningMock:
        """From now on the model answers; its first answers meet these failures."""
        self.mock = await self._stack.enter_async_context(run_mock_llm(knobs, port=self._port))
        self.mock.mock.planned[ANSWER] = list(failures)
        return self.mock

    def plan(self, *failures: str, knobs: MockKnobs | None = None) -> None:
        assert self.mock is not None
        self.mock.mock.planned[ANSWER] = list(failures)
        self.mock.mock.knobs = knobs or self.mock.mock.knobs

    @property
    def outcomes(self) -> list[str]:
        """How the calls for the answer ended, in order."""
        assert self.mock is not None
        return [call.outcome for call in self.mock.mock.calls if call.label == ANSWER]

    async def count(self, query: str) -> int:
        async with self.served.db.begin() as tx:
            return int(await tx.scalar(text(query)) or 0)

    async def waits_for(self) -> int:
        """Seconds until the answer that waits in the queue is due, by the queue's own word."""
        return await self.count(
            "SELECT ceil(extract(epoch FROM scheduled_at - now())) FROM procrastinate_jobs"
            " WHERE task_name = 'chat.run_turn' AND status = 'todo'"
        )

    async def pass_time(self) -> None:
        """What waits in the queue for a later moment is due."""
        async with self.served.db.begin() as tx:
            await tx.execute(
                text("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'")
            )

    async def runs(self) -> tuple[int, int]:
        """Reserved and consumed."""
        return (
            await self.count("SELECT sum(n_tasks_reserved) FROM md_purchase"),
            await self.count("SELECT sum(n_tasks_consumed) FROM md_purchase"),
        )


@asynccontextmanager
async def staged(pg_url: str) -> AsyncIterator[Stage]:
    port = free_port()
    (engine,) = build_engines(openai_base_url=f"http://127.0.0.1:{port}/v1", chat_model="any")
    async with AsyncExitStack() as stack:
        served = await stack.enter_async_context(
            serve(pg_url, model=engine, retries=RetryPolicy(delays=(0.05,)))
        )
        ada = await served.make_person("ada")
        yield Stage(served, Runner(served, ada), port, stack)


def waits_because(code: str) -> Callable[[Run], bool]:
    """Whether the turn waits for another try, for this reason."""

    def check(run: Run) -> bool:
        turn = run["turn"]
        return turn["state"] == "queued" and turn["error"] is not None and (
            turn["error"]["code"] == code
        )  # fmt: skip

    return check


@asynccontextmanager
async def heard(stage: Stage, run: Run) -> AsyncIterator[tuple[Listener, OldSocket]]:
    """The session's sockets on both wires."""
    token = stage.runner.human.token
    async with (
        Listener(stage.served.url, token) as listener,
        listening(stage.served.url, token) as old,
    ):
        assert (await listener.join(run["session_id"]))["ok"]
        await old.start_session(run["session_id"])
        yield listener, old


async def test_an_unreachable_model_is_asked_again_and_the_person_sees_why(pg_url: str) -> None:
    async with staged(pg_url) as stage:
        run = await stage.runner.start()
        async with heard(stage, run) as (listener, old):
            waiting = await stage.runner.wait_until(run, waits_because("model_unreachable"))
            assert waiting["state"] == "writing"
            assert "trying again" in waiting["turn"]["error"]["detail"]
            await wait_until(
                lambda: (
                    waiting["turn"]
                    in [one["execution"]["turn"] for one in listener.of("execution_changed")]
                )
            )
            await stage.start_model()
            done = await stage.runner.wait_for(run, "done")
            await old.wait_for("draft_message")
            await listener.wait_for("turn_finished")
            assert done["turn"]["attempt"] in (2, 3)
            assert done["turn"]["error"] is None
            assert (done["n_versions"], stage.outcomes) == (1, ["finished"])
            assert (old.of("error"), listener.of("turn_failed")) == ([], [])
            assert len(old.of("draft_message")) == 1
        assert await stage.runs() == (0, 1)


async def test_who_stays_unreachable_fails_the_answer_and_a_retry_finishes_it(
    pg_url: str,
) -> None:
    async with staged(pg_url) as stage:
        run = await stage.runner.start()
        async with heard(stage, run) as (listener, old):
            failed = await stage.runner.wait_for(run, "failed")
            assert failed["turn"]["attempt"] == 3
            assert failed["turn"]["error"]["code"] == "model_unreachable"
            await listener.wait_for("turn_failed")
            await old.wait_for("error")
            # Nothing of ours failed, so there is nothing for the operator to look at.
            answers = "job_name = 'chat.run_turn'"
            assert await stage.count(f"SELECT count(*) FROM md_job_failure WHERE {answers}") == 0
            assert await stage.runs() == (0, 0)

            await stage.start_model()
            status, turn = await stage.runner.act(failed["turn"]["id"], "retry")
            assert (status, turn["state"], turn["error"]) == (202, "queued", None)
            done = await stage.runner.wait_for(run, "done")
            assert (done["n_versions"], done["turn"]["attempt"]) == (1, 4)
            await old.wait_for("draft_message")
            assert len(old.of("error")) == 1
            assert len(listener.of("turn_failed")) == 1
        assert await stage.runs() == (0, 1)
        (said,) = await stage.runner.messages(run)
        assert said["sender"] == "assistant"


async def test_a_refused_key_fails_at_once_without_another_call(pg_url: str) -> None:
    async with staged(pg_url) as stage:
        await stage.start_model("wrong_key")
        run = await stage.runner.start()
        async with heard(stage, run) as (_, old):
            failed = await stage.runner.wait_for(run, "failed")
            assert failed["turn"]["error"]["code"] == "model_key_wrong"
            assert "key" in failed["turn"]["error"]["detail"]
            assert (failed["turn"]["attempt"], stage.outcomes) == (1, ["wrong_key"])
            (error,) = await old.wait_for("error")
            assert error["error"] == failed["turn"]["error"]["detail"]
            await stage.runner.act(failed["turn"]["id"], "retry")
            await stage.runner.wait_for(run, "done")


async def test_a_short_rate_limit_is_waited_out_within_the_call(pg_url: str) -> None:
    async with staged(pg_url) as stage:
        await stage.start_model("rate_limit", knobs=replace(AT_ONCE, retry_after=1))
        run = await stage.runner.start()
        done = await stage.runner.wait_for(run, "done")
        # How long the call waits is the policy's affair; the turn was never in the queue again.
        assert (done["turn"]["attempt"], stage.outcomes) == (1, ["rate_limit", "finished"])


async def test_a_long_rate_limit_is_waited_out_in_the_queue(pg_url: str) -> None:
    async with staged(pg_url) as stage:
        await stage.start_model("rate_limit", knobs=replace(AT_ONCE, retry_after=60))
        run = await stage.runner.start()
        await stage.runner.wait_until(run, waits_because("model_rate_limited"))
        assert 30 < await stage.waits_for() <= 60
        await stage.pass_time()
        done = await stage.runner.wait_for(run, "done")
        assert (done["turn"]["attempt"], stage.outcomes) == (2, ["rate_limit", "finished"])


async def test_a_rate_limit_of_minutes_fails_at_once(pg_url: str) -> None:
    async with staged(pg_url) as stage:
        await stage.start_model("rate_limit", knobs=replace(AT_ONCE, retry_after=900))
        run = await stage.runner.start()
        failed = await stage.runner.wait_for(run, "failed", 5)
        assert failed["turn"]["error"]["code"] == "model_rate_limited"
        assert stage.outcomes == ["rate_limit"]


def folded(notices: list[dict[str, Any]]) -> dict[int, dict[str, str]]:
    """What a client shows at the end of each attempt, by the rules of the wire."""
    texts: dict[int, dict[str, str]] = {}
    for notice in notices:
        if notice["type"] == "turn_snapshot":
            texts[notice["attempt"]] = dict(notice["texts"])
        if notice["type"] == "turn_delta":
            assert notice["attempt"] == max(texts), "words of a lower attempt"
            shown = texts[notice["attempt"]]
            shown[notice["channel"]] = shown.get(notice["channel"], "") + notice["text"]
    return texts


async def test_an_answer_that_breaks_off_begins_anew(pg_url: str) -> None:
    async with staged(pg_url) as stage:
        await stage.start_model("cut", knobs=PACED)
        run = await stage.runner.start()
        async with heard(stage, run) as (listener, old):
            await stage.runner.wait_until(run, waits_because("model_stream_cut"))
            done = await stage.runner.wait_for(run, "done")
            await listener.wait_for("turn_finished")
            (draft,) = await old.wait_for("draft_message")
            texts = folded(listener.notices)
            snapshots = [one for one in listener.of("turn_snapshot") if one["attempt"] == 2]
            assert (snapshots[0]["seq"], set(snapshots[0]["texts"].values())) == (0, {""})
            assert texts[2]["draft_body"].strip() == done["text"]["body"]
            assert draft["produced_text"] == done["text"]["body"]
            assert (old.of("error"), len(old.of("draft_message"))) == ([], 1)
        assert (done["n_versions"], done["turn"]["attempt"]) == (1, 2)
        assert stage.outcomes == ["cut", "finished"]
        assert await stage.runs() == (0, 1)


async def test_an_answer_that_always_breaks_off_fails_and_stores_nothing(pg_url: str) -> None:
    async with staged(pg_url) as stage:
        await stage.start_model("cut", "cut", "cut")
        run = await stage.runner.start()
        failed = await stage.runner.wait_for(run, "failed")
        assert failed["turn"]["error"]["code"] == "model_stream_cut"
        assert (failed["text"], stage.outcomes) == (None, ["cut"] * 3)
        assert await stage.runner.messages(run) == []
        await stage.runner.act(failed["turn"]["id"], "retry")
        done = await stage.runner.wait_for(run, "done")
        assert (done["n_versions"], await stage.runs()) == (1, (0, 1))


async def test_an_answer_that_waits_is_stopped_at_once_and_the_next_one_goes_on(
    pg_url: str,
) -> None:
    async with staged(pg_url) as stage:
        run = await stage.runner.start()
        waiting = await stage.runner.wait_until(run, waits_because("model_unreachable"))
        posted = await stage.runner.say(run, "Write it to Bo, please.")
        assert posted["turn"]["state"] == "queued"
        status, turn = await stage.runner.act(waiting["turn"]["id"], "stop")
        assert (status, turn["state"]) == (202, "stopped")
        await stage.start_model()
        done = await stage.runner.wait_for(run, "done")
        assert done["turn"]["id"] == posted["turn"]["id"]
        assert stage.outcomes == ["finished"]


async def test_an_answer_that_waits_long_is_stopped_and_asked_for_anew_at_once(
    pg_url: str,
) -> None:
    async with staged(pg_url) as stage:
        await stage.start_model("rate_limit", knobs=replace(AT_ONCE, retry_after=60))
        run = await stage.runner.start()
        waiting = await stage.runner.wait_until(run, waits_because("model_rate_limited"))
        assert (await stage.runner.act(waiting["turn"]["id"], "stop"))[1]["state"] == "stopped"
        assert (await stage.runner.act(waiting["turn"]["id"], "retry"))[0] == 202
        await stage.runner.wait_for(run, "done", 5)
        assert stage.outcomes == ["rate_limit", "finished"]


async def test_a_failure_holds_up_nobody_else(pg_url: str) -> None:
    """Bo's answer comes while Ada's waits."""
    async with staged(pg_url) as stage:
        await stage.start_model("rate_limit", knobs=replace(AT_ONCE, retry_after=30))
        hers = await stage.runner.start()
        await stage.runner.wait_until(hers, waits_because("model_rate_limited"))
        bo = Runner(stage.served, await stage.served.make_person("bo"))
        his = await bo.start()
        await bo.wait_for(his, "done", 10)
        assert waits_because("model_rate_limited")(await stage.runner.read(hers))


async def test_messages_after_a_failed_one_are_answered_and_sending_it_again_retries(
    pg_url: str,
) -> None:
    async with staged(pg_url) as stage:
        await stage.start_model()
        run = await stage.runner.start()
        done = await stage.runner.wait_for(run, "done")
        stage.plan("wrong_key")
        posted = await stage.runner.say(run, "Shorter.")
        await stage.runner.wait_for(run, "failed")
        failed = next(one for one in await stage.runner.messages(run) if one["sender"] == "user")
        assert failed["is_failed"]
        await stage.runner.say(run, "Friendlier.")
        await stage.runner.wait_until(run, lambda one: one["n_versions"] == 2)
        async with stage.served.client(stage.runner.human) as client:
            again = await client.post(
                f"/sessions/{run['session_id']}/messages",
                json={"client_id": failed["client_id"], "text": "Shorter."},
            )
        assert again.json()["turn"]["id"] == posted["turn"]["id"]
        await stage.runner.wait_until(run, lambda one: one["n_versions"] == 3)
        after = await stage.runner.messages(run)
        assert [one["is_failed"] for one in after] == [False] * len(after)
        assert done["n_versions"] == 1


@pytest.mark.parametrize("failure", ["server_error", "rate_limit"])
async def test_storms_of_failures_leave_every_answer_in_a_state_to_act_on(
    pg_url: str, failure: str
) -> None:
    async with staged(pg_url) as stage:
        knobs = replace(PACED, failure_rate=0.5, failures=(failure, "cut"), retry_after=0, seed=7)
        await stage.start_model(knobs=knobs)
        runs = await asyncio.gather(*(stage.runner.start() for _ in range(8)))
        for run in runs:
            ended = await stage.runner.wait_until(
                run, lambda one: one["state"] in ("done", "failed", "asking")
            )
            stage.plan(knobs=AT_ONCE)
            if ended["state"] == "failed":
                await stage.runner.act(ended["turn"]["id"], "retry")
            done = await stage.runner.wait_for(run, "done")
            assert done["n_versions"] == 1
        assert await stage.count("SELECT count(*) FROM md_turn WHERE state <> 'done'") == 0
        assert await stage.runs() == (0, 8)
