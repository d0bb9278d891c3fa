"""Fills a database with people, executions, texts and messages, as years of use leave them.

Everything is made by SQL, from the demo account's tasks and purchase and a thousand made-up texts.
"""

import random
from dataclasses import dataclass
from uuid import UUID

import psycopg

from benchmarks.load import Person
from mojodex.domains.executions.rules.searching import index_words
from mojodex.kit.ids import hash_token, new_id, new_token

VOCABULARY = 5_000
N_TEXTS = 1_000
WORDS_PER_TEXT = 250
#: Executions are written in parts, so that no statement needs the memory of all.
PART = 20_000

PEOPLE = """
WITH demo AS (SELECT user_id FROM md_user WHERE is_demo),
made AS (
    INSERT INTO md_user (user_id, name, email, language_code, terms_and_conditions_accepted)
    SELECT gen_random_uuid(), 'Person ' || n, 'person' || n || '@example.org', 'en', now()
    FROM generate_series(1, %(count)s::int) AS n RETURNING user_id
), bought AS (
    INSERT INTO md_purchase (user_id, product_fk, creation_date, active, never_expires)
    SELECT made.user_id, product_fk, creation_date, active, never_expires
    FROM made, md_purchase JOIN demo USING (user_id)
)
INSERT INTO md_user_task (user_id, task_fk, enabled)
SELECT made.user_id, task_fk, enabled FROM made, md_user_task JOIN demo USING (user_id)
"""
RUNS = """
CREATE TEMP TABLE run AS
SELECT n, gen_random_uuid() AS session_id, owner.user_id, right_to.user_task_pk, right_to.task_fk,
    n %% %(texts)s AS text_number, now() - (%(total)s - n) * interval '5 minutes' AS at
FROM generate_series(%(first)s::int, %(last)s::int) AS n
JOIN person owner ON owner.number = n %% %(people)s
JOIN LATERAL (
    SELECT user_task_pk, task_fk FROM md_user_task WHERE user_id = owner.user_id
    ORDER BY user_task_pk OFFSET n / %(people)s %% 6 LIMIT 1
) AS right_to ON true
"""
WRITTEN = (
    """
INSERT INTO md_session (session_id, user_id, platform, starting_mode, creation_date)
SELECT session_id, user_id, 'webapp', 'form', at FROM run ORDER BY n
""",
    """
INSERT INTO md_user_task_execution (user_id, user_task_fk, task_fk, session_id, state, title,
    summary, search_text, search_words, json_input_values, creation_date, start_date, end_date)
SELECT user_id, user_task_pk, task_fk, session_id,
    (ARRAY['done', 'done', 'done', 'done', 'asking', 'stopped'])[1 + n % 6],
    'Work ' || n || ' ' || left(body, 30), left(body, 200),
    'work ' || n || ' ' || left(body, 230), words,
    jsonb_build_array(jsonb_build_object('input_name', 'notes', 'description_for_user', 'Notes',
        'description_for_system', 'Notes', 'type', 'text_area', 'value', left(body, 300))),
    at, at, at + interval '1 minute'
FROM run JOIN written_text ON number = text_number ORDER BY n
""",
    """
INSERT INTO md_produced_text (user_id, user_task_execution_fk, session_id, creation_date)
SELECT user_id, user_task_execution_pk, session_id, at
FROM run JOIN md_user_task_execution USING (session_id, user_id) ORDER BY n
""",
    """
INSERT INTO md_produced_text_version (produced_text_fk, version_index, title, production, author,
    creation_date, edited_at)
SELECT produced_text_pk, version, 'Work ' || n, body, 'assistant', at, at
FROM run JOIN md_produced_text USING (session_id, user_id)
JOIN written_text ON number = text_number CROSS JOIN generate_series(1, 2) AS version ORDER BY n
""",
    """
INSERT INTO md_turn (turn_id, session_id, user_id, assistant_kind, subject_kind, subject_id,
    state, attempt, created_at, started_at, ended_at)
SELECT gen_random_uuid(), session_id, user_id, 'instruct', 'execution',
    user_task_execution_pk::text, 'done', 1, at, at, at
FROM run JOIN md_user_task_execution USING (session_id, user_id) ORDER BY n
""",
    """
INSERT INTO md_message (message_uuid, session_id, sender, message, creation_date, message_date,
    subject_kind, subject_id)
SELECT gen_random_uuid(), session_id, CASE m % 2 WHEN 1 THEN 'user' ELSE 'mojo' END,
    jsonb_build_object('text', left(body, 200)), at + m * interval '1 s', at + m * interval '1 s',
    'execution', user_task_execution_pk::text
FROM run JOIN md_user_task_execution USING (session_id, user_id)
JOIN written_text ON number = text_number CROSS JOIN generate_series(1, %(messages)s::int) AS m
ORDER BY n, m
""",
)


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much there is to be: messages are per execution."""

    n_people: int
    n_executions: int
    n_messages_each: int


def fill(url: str, size: Size) -> list[str]:
    """Fill a database that holds the demo account. Returns a log-in token for each of 50 people.

    One that was filled before is left as it is.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        if _is_filled(connection, size):
            _number_people(connection)
            return [token for _, token in _log_in(connection, 50)]
        _invite(connection, size.n_people)
        _write_texts(connection)
        for first in range(0, size.n_executions, PART):
            _write_runs(connection, size, first, min(first + PART, size.n_executions) - 1)
        connection.execute("VACUUM ANALYZE")
        return [token for _, token in _log_in(connection, 50)]


def make_people(url: str, n_people: int) -> list[Person]:
    """Add people, each logged in, who may run the example task that writes from notes."""
    with psycopg.connect(url, autocommit=True) as connection:
        _invite(connection, n_people)
        tokens = dict(_log_in(connection, n_people))
        rights: list[tuple[UUID, int, int]] = connection.execute(
            "SELECT user_id, task_fk, user_task_pk FROM person JOIN md_user_task USING (user_id)"
            " JOIN md_task ON task_pk = task_fk WHERE icon = '📧' ORDER BY person.number"
        ).fetchall()
        connection.execute("ANALYZE")
    return [
        Person(token=tokens[user_id], task_id=str(task_id), user_task_pk=right_id)
        for user_id, task_id, right_id in rights
    ]


def _is_filled(connection: psycopg.Connection, size: Size) -> bool:
    row = connection.execute("SELECT count(*) FROM md_user_task_execution").fetchone()
    return row is not None and int(row[0]) == size.n_executions


def _invite(connection: psycopg.Connection, n_people: int) -> None:
    connection.execute(PEOPLE, {"count": n_people})
    _number_people(connection)


def _number_people(connection: psycopg.Connection) -> None:
    connection.execute(
        "CREATE TEMP TABLE person AS SELECT user_id,"
        " row_number() OVER (ORDER BY user_id) - 1 AS number FROM md_user WHERE NOT is_demo"
    )


def _write_texts(connection: psycopg.Connection) -> None:
    chance = random.Random(1)
    connection.execute("CREATE TEMP TABLE written_text (number int, body text, words tsvector)")
    for number in range(N_TEXTS):
        # Few words are common, most are rare, as in any language.
        picked = (int(VOCABULARY * chance.random() ** 3) for _ in range(WORDS_PER_TEXT))
        body = " ".join(f"word{word}" for word in picked)
        connection.execute(
            "INSERT INTO written_text VALUES (%s, %s, array_to_tsvector(%s::text[]))",
            (number, body, index_words([body])),
        )
    connection.execute("ANALYZE written_text")


def _write_runs(connection: psycopg.Connection, size: Size, first: int, last: int) -> None:
    with connection.transaction():
        connection.execute(
            RUNS,
            {
                "first": first,
                "last": last,
                "total": size.n_executions,
                "people": size.n_people,
                "texts": N_TEXTS,
            },
        )
        connection.execute("CREATE INDEX ON run (session_id)")
        connection.execute("ANALYZE run")
        for statement in WRITTEN:
            if "%(messages)s" in statement:
                connection.execute(
                    statement.replace("m % 2", "m %% 2"), {"messages": size.n_messages_each}
                )
            else:
                connection.execute(statement)
        connection.execute("DROP TABLE run")


def _log_in(connection: psycopg.Connection, n_people: int) -> list[tuple[UUID, str]]:
    """Tokens made without passwords: hashing these would take longer than the rest."""
    people: list[tuple[UUID]] = connection.execute(
        "SELECT user_id FROM person ORDER BY number LIMIT %s", (n_people,)
    ).fetchall()
    logged_in = [(user_id, new_token()) for (user_id,) in people]
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO md_login (login_id, user_id, token_hash, client, expires_at)"
            " VALUES (%s, %s, %s, 'benchmark', now() + interval '1 day')",
            [(new_id(), user_id, hash_token(token)) for user_id, token in logged_in],
        )
    return logged_in
