"""Finding executions by the words of all that was filled in and written."""

import asyncio
from typing import Any

from sqlalchemy import text

from mojodex.domains.executions import (
    Execution,
    ExecutionState,
    HighlightField,
    Hit,
    SaveMode,
    delete_execution,
    index_executions,
    index_executions_job,
    list_executions,
    list_hits,
    save_text,
    set_title,
    write_title_and_summary,
)
from mojodex.domains.executions.rules.searching import EXCERPT_LENGTH
from mojodex.domains.identity import Caller
from mojodex.kit.pagination import Page, Window
from mojodex.platform.jobs import JobContext
from tests.domains.counting import noted, statements
from tests.domains.executions.conftest import Desk, delivery, new_person, person

TITLED = "<title>École d'été</title><summary>It is about the *Harbour*.</summary>"
BODY = "## Programme\n\nWe **start** in May, at the café. 会议纪要 " + "More. " * 60


async def hits(desk: Desk, query: str | None = None, **changes: Any) -> Page[Hit]:
    window = Window(limit=changes.pop("limit", 50), cursor=changes.pop("cursor", None))
    async with desk.db.begin() as tx:
        return await list_hits(tx, desk.caller, window=window, query=query, **changes)


async def found(desk: Desk, query: str | None = None, **changes: Any) -> list[int]:
    return [hit.execution.execution_id for hit in (await hits(desk, query, **changes)).items]


async def written(desk: Desk, *, notes: str = "Bo’s naïve plan", tone: str = "warm") -> Execution:
    desk.script(delivery("Dear Zoë", BODY), title=TITLED)
    execution = await desk.create()
    await desk.submit(execution, {"notes": notes, "tone": tone})
    await desk.run()
    return await desk.read(execution)


FOUND: dict[str | None, list[str]] = {
    "ecole": ["title"],
    "ÉTÉ": ["title"],
    "harb": ["summary"],
    "naive": ["input"],
    "friendly": ["input"],
    "zoe": ["text"],
    "CAFE": ["text"],
    "议纪": ["text"],
    "may ete": ["title", "text"],
    "": [],
    "  ": [],
    None: [],
}
NOT_FOUND = ("cole", "ecole zebra", "wärmx", "%", "🎉", "x'):* | a")


async def test_everything_is_looked_through(desk: Desk) -> None:
    execution = await written(desk)
    seen: dict[str | None, list[str]] = {}
    for query in FOUND:
        (hit,) = (await hits(desk, query)).items
        assert hit.execution.execution_id == execution.execution_id
        assert hit.execution.text is None
        seen[query] = [highlight.field.value for highlight in hit.highlights]
    assert seen == FOUND
    assert [query for query in NOT_FOUND if await found(desk, query)] == []


async def test_a_place_says_where_it_is(desk: Desk) -> None:
    await written(desk)
    (hit,) = (await hits(desk, "friendly cafe harbour")).items
    summary, given, body = hit.highlights
    assert (summary.text, summary.label) == ("It is about the Harbour .", None)
    assert (given.field, given.label) == (HighlightField.INPUT, "Tone")
    assert given.text == "Warm and friendly"
    assert body.text.startswith("Dear Zoë Programme We start in May")
    assert [body.text[a:b] for a, b in body.ranges] == ["café"]


async def test_signs_without_words_are_looked_for_in_names(desk: Desk) -> None:
    execution = await written(desk)
    async with desk.db.begin() as tx:
        await set_title(tx, desk.caller, execution_id=execution.execution_id, title="100% 🎉")
    for query in ("%", "🎉"):
        (hit,) = (await hits(desk, query)).items
        (place,) = hit.highlights
        assert [place.text[a:b] for a, b in place.ranges] == [query]
    assert await found(desk, "_") == []


async def test_what_stands_far_down_is_shown_where_it_stands(desk: Desk) -> None:
    body = "Ein Tiger. " + "füller " * 8_000 + "**The zèbre** of\nLyon " + "ends " * 9_000 + "here."
    desk.script(delivery("Long", body), title=TITLED)
    execution = await desk.create()
    await desk.submit(execution)
    await desk.run()

    async def place(query: str) -> tuple[str, list[str]]:
        (hit,) = (await hits(desk, query)).items
        assert hit.execution.execution_id == execution.execution_id
        (found,) = (each for each in hit.highlights if each.field is HighlightField.TEXT)
        assert len(found.text) <= EXCERPT_LENGTH + 20
        return found.text, [found.text[a:b] for a, b in found.ranges]

    words, marks = await place("zebr lyon")
    assert "füller The zèbre of Lyon ends" in words
    assert (words[0], words[-1], marks) == ("…", "…", ["zèbr", "Lyon"])
    # What stands far apart is shown together.
    words, marks = await place("here tiger zebre")
    assert words.startswith("Long Ein Tiger. füller")
    assert words.endswith("ends here.")
    assert marks == ["Tiger", "zèbre", "here"]
    # What another field shows needs no look at the whole text.
    with statements() as near:
        await place("ete tiger")
    with statements() as far:
        await place("zebre")
    assert len(far) == len(near) + 1


async def test_only_the_newest_version_is_found(desk: Desk) -> None:
    execution = await written(desk)
    async with desk.db.begin() as tx:
        await save_text(
            tx,
            desk.caller,
            execution_id=execution.execution_id,
            title="Mine",
            body="Only zebras",
            mode=SaveMode.SITTING,
        )
    assert await found(desk, "zebra mine") == [execution.execution_id]
    assert await found(desk, "programme") == []
    assert await found(desk, "ecole naive") == [execution.execution_id]


async def test_a_renamed_one_is_found_by_its_new_name(desk: Desk) -> None:
    execution = await written(desk)
    async with desk.db.begin() as tx:
        await set_title(tx, desk.caller, execution_id=execution.execution_id, title="Zebra")
    assert await found(desk, "zebra cafe") == [execution.execution_id]
    assert await found(desk, "ecole") == []


async def test_a_started_one_is_found_by_its_form_at_once(desk: Desk) -> None:
    execution = await desk.create()
    assert await found(desk, "start") == []
    await desk.submit(execution)
    assert await found(desk, "start may") == [execution.execution_id]


async def test_narrowed_deleted_and_foreign_ones(desk: Desk) -> None:
    execution = await written(desk)
    number = execution.execution_id
    assert await found(desk, "cafe", task_ids=[desk.task.task_id]) == [number]
    assert await found(desk, "cafe", task_ids=[desk.task.task_id + 1]) == []
    assert await found(desk, "cafe", states=[ExecutionState.DONE, ExecutionState.FAILED]) == [
        number
    ]
    assert await found(desk, "cafe", states=[ExecutionState.FAILED]) == []
    bob = person(await new_person(desk.db, "bob@example.com"))
    async with desk.db.begin() as tx:
        assert (await list_hits(tx, bob, window=Window(), query="cafe")).items == ()
        await delete_execution(tx, desk.caller, execution_id=number)
    assert await found(desk, "cafe") == []


async def test_pages_neither_lose_nor_repeat_when_more_comes(desk: Desk) -> None:
    await many(desk, 7)
    seen: list[int] = []
    cursor = None
    while True:
        page = await hits(desk, "letter", limit=2, cursor=cursor)
        seen += [hit.execution.execution_id for hit in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
        await many(desk, 1)
    assert len(seen) == 7
    assert seen == sorted(set(seen), reverse=True)


async def test_a_search_asks_a_constant_number_of_statements(desk: Desk) -> None:
    numbers = []
    for n_more in (1, 30):
        await many(desk, n_more)
        await found(desk)
        with statements() as seen:
            assert len(await found(desk, "letter")) >= n_more
        numbers.append(len(seen))
    assert numbers == [2, 2]


async def test_words_of_an_older_release_are_noted_once(desk: Desk) -> None:
    execution = await written(desk)
    await many(desk, 3)
    async with desk.db.begin() as tx:
        await tx.execute(text("UPDATE md_user_task_execution SET search_words = NULL"))
    assert await found(desk, "cafe") == []
    assert await index_executions(desk.db) == 4
    assert await found(desk, "cafe ecole") == [execution.execution_id]
    await index_executions_job(JobContext(db=desk.db, job_id=1, attempt=1, worker_id="1"))
    assert await index_executions(desk.db) == 0


async def test_two_who_change_one_lose_no_words(committed_desk: Desk) -> None:
    desk = committed_desk
    execution = await written(desk)
    number = execution.execution_id

    async def rename(word: str) -> None:
        async with desk.db.begin() as tx:
            await set_title(tx, desk.caller, execution_id=number, title=word)

    async def write(word: str) -> None:
        async with desk.db.begin() as tx:
            await save_text(tx, desk.caller, execution_id=number, title=word, body=word)

    for round_number in range(5):
        await asyncio.gather(rename(f"name{round_number}"), write(f"body{round_number}"))
        assert await found(desk, f"name{round_number} body{round_number}") == [number]
    async with desk.db.begin() as tx:
        await tx.execute(text("UPDATE md_user_task_execution SET search_words = NULL"))
    counts = await asyncio.gather(*(index_executions(desk.db) for _ in range(3)), write("last"))
    assert sum(count for count in counts if count) <= 1
    assert await found(desk, "last name4") == [number]


async def test_names_and_a_text_that_come_at_once_are_both_found(committed_desk: Desk) -> None:
    desk = committed_desk
    execution = await written(desk)
    number = execution.execution_id

    async def write(word: str) -> None:
        async with desk.db.begin() as tx:
            await save_text(tx, desk.caller, execution_id=number, body=word)

    for round_number in range(5):
        async with desk.db.begin() as tx:
            await tx.execute(
                text(
                    "UPDATE md_user_task_execution SET title = NULL, summary = NULL,"
                    " search_text = '', search_words = ''"
                )
            )
        title, summary = f"name{round_number}", f"sum{round_number}"
        answer = f"<title>{title}</title><summary>{summary}</summary>"
        desk.model.add(answer, label="title_and_summary")
        await asyncio.gather(
            write_title_and_summary(desk.db, execution_id=number), write(f"body{round_number}")
        )
        assert await found(desk, f"{title} {summary} body{round_number} naive") == [number]
        assert await desk.value("SELECT search_text FROM md_user_task_execution") == (
            f"{title}\n{summary}"
        )


async def many(desk: Desk, count: int, *, owner: Caller | None = None) -> None:
    """Rows as executions leave them, without running any."""
    async with desk.db.begin() as tx:
        await tx.execute(
            text(
                "WITH opened AS (INSERT INTO md_session (session_id, user_id, platform,"
                " starting_mode) SELECT gen_random_uuid(), :user_id, 'webapp', 'form'"
                " FROM generate_series(1, :count) RETURNING session_id)"
                " INSERT INTO md_user_task_execution (user_id, user_task_fk, task_fk, session_id,"
                " state, title, summary, search_text, search_words, start_date)"
                " SELECT :user_id, (SELECT min(user_task_pk) FROM md_user_task), :task_id,"
                " session_id, 'done', given.word, given.word, given.word,"
                " array_to_tsvector(ARRAY[given.word, 'n' || row_number() OVER ()]),"
                " now() FROM opened, (SELECT CAST(:word AS text) AS word) AS given"
            ),
            {
                "user_id": (owner or desk.caller).require_user(),
                "task_id": desk.task.task_id,
                "word": "letter",
                "count": count,
            },
        )


async def plan_of(desk: Desk, caller: Caller, **asked: Any) -> str:
    """How PostgreSQL fetches a list: the plan of the statement that orders it."""
    with noted() as seen:
        async with desk.db.begin() as tx:
            if "query" in asked:
                await list_hits(tx, caller, window=Window(limit=20), **asked)
            else:
                await list_executions(tx, caller, window=Window(limit=20), **asked)
    caught = [
        pair for pair in seen if "ORDER BY" in pair[0] and "md_user_task_execution" in pair[0]
    ]
    statement, values = caught[0]
    async with desk.db.begin() as tx:
        connection = await tx.connection()
        rows = await connection.exec_driver_sql("EXPLAIN " + statement, values)
        return "\n".join(row[0] for row in rows)


async def test_lists_and_searches_have_their_indexes(desk: Desk) -> None:
    bob = person(await new_person(desk.db, "bob@example.com"))
    await many(desk, 9000, owner=bob)
    await many(desk, 300)
    async with desk.db.begin() as tx:
        await tx.execute(text("ANALYZE md_user_task_execution"))
    plan = await plan_of(desk, bob, query="n8999")
    assert "ix_md_user_task_execution_words" in plan, plan
    for asked in ({"query": "letter"}, {"query": None}, {}, {"states": [ExecutionState.DONE]}):
        plan = await plan_of(desk, desk.caller, **asked)
        assert "ix_md_user_task_execution_history" in plan, plan
        assert "Sort" not in plan, plan
