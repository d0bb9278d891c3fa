"""Queries about tasks, what they show and what they produce."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, cast, delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB, REGCLASS, aggregate_order_by
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError

from mojodex.domains.catalog.models import (
    MdPlatform,
    MdPredefinedActionDisplayedData,
    MdTask,
    MdTaskDisplayedData,
    MdTaskPlatformAssociation,
    MdTaskPredefinedActionAssociation,
    MdTextType,
)
from mojodex.domains.catalog.views import (
    ActionDisplay,
    Choice,
    Info,
    InputKind,
    PredefinedAction,
    Task,
    TaskDisplay,
    TaskId,
    TaskInput,
    TaskKind,
    TextType,
    TextTypeId,
)
from mojodex.platform.db import Tx

#: The ancestor's numbers; the platforms that it had no row for follow.
PLATFORM_IDS = {"mobile": 1, "webapp": 2, "chrome": 3, "outlook": 4}


async def find_tasks(
    tx: Tx,
    *,
    task_ids: Collection[int] | None = None,
    name: str | None = None,
    after: int | None = None,
    offset: int = 0,
    limit: int | None = None,
) -> list[Task]:
    """Tasks by id, in one statement however many there are."""
    query = _TASKS.offset(offset).limit(limit)
    if task_ids is not None:
        query = query.where(MdTask.task_pk.in_(task_ids))
    if name is not None:
        query = query.where(MdTask.name_for_system == name)
    if after is not None:
        query = query.where(MdTask.task_pk > after)
    return [read_task(row) for row in await tx.execute(query)]


def _gathered(*columns: Any, order: Sequence[Any]) -> Any:
    """The rows of a subquery as one list of lists, null when there are none."""
    return func.jsonb_agg(aggregate_order_by(func.jsonb_build_array(*columns), *order), type_=JSONB)


# Every answer reads its task several times, so the whole is one round trip: with a statement for
# each part, tasks were a quarter of all statements of a run.
_DISPLAYS = (
    select(
        _gathered(
            MdTaskDisplayedData.language_code,
            MdTaskDisplayedData.name_for_user,
            MdTaskDisplayedData.definition_for_user,
            MdTaskDisplayedData.json_input,
            order=[MdTaskDisplayedData.task_displayed_data_pk],
        )
    )
    .where(MdTaskDisplayedData.task_fk == MdTask.task_pk)
    .scalar_subquery()
)
_PLATFORMS = (
    select(_gathered(MdPlatform.name, order=[MdPlatform.platform_pk]))
    .select_from(MdTaskPlatformAssociation)
    .join(MdPlatform, MdPlatform.platform_pk == MdTaskPlatformAssociation.platform_fk)
    .where(MdTaskPlatformAssociation.task_fk == MdTask.task_pk)
    .scalar_subquery()
)
_ACTIONS = (
    select(
        _gathered(
            MdTaskPredefinedActionAssociation.predefined_action_fk,
            MdPredefinedActionDisplayedData.language_code,
            MdPredefinedActionDisplayedData.displayed_data,
            order=[
                MdTaskPredefinedActionAssociation.task_predefined_action_association_pk,
                MdPredefinedActionDisplayedData.predefined_action_displayed_data_pk,
            ],
        )
    )
    .select_from(MdTaskPredefinedActionAssociation)
    .join(
        MdPredefinedActionDisplayedData,
        MdPredefinedActionDisplayedData.task_predefined_action_association_fk
        == MdTaskPredefinedActionAssociation.task_predefined_action_association_pk,
    )
    .where(MdTaskPredefinedActionAssociation.task_fk == MdTask.task_pk)
    .scalar_subquery()
)
#: What `read_task` reads, in its order.
PARTS = (
    MdTask.task_pk,
    MdTask.type,
    MdTask.name_for_system,
    MdTask.definition_for_system,
    MdTask.icon,
    MdTask.final_instruction,
    MdTask.output_format_instruction_title,
    MdTask.output_format_instruction_draft,
    MdTask.infos_to_extract,
    MdTextType.name,
    MdTask.output_text_type_fk,
    MdTask.result_chat_enabled,
    MdTask.visible_for_teasing,
    _PLATFORMS,
    _DISPLAYS,
    _ACTIONS,
)
_TASKS = (
    select(*PARTS)
    .select_from(MdTask)
    .outerjoin(MdTextType, MdTextType.text_type_pk == MdTask.output_text_type_fk)
    .order_by(MdTask.task_pk)
)


def _read_displays(rows: Sequence[Sequence[Any]]) -> dict[str, TaskDisplay]:
    return {
        language: TaskDisplay(
            language_code=language,
            name=name,
            description=description,
            inputs=tuple(read_input(item) for item in inputs),
        )
        for language, name, description, inputs in rows
    }


def _read_actions(rows: Sequence[Sequence[Any]]) -> tuple[PredefinedAction, ...]:
    texts: dict[int, dict[str, ActionDisplay]] = defaultdict(dict)
    for action_id, language, data in rows:
        texts[action_id][language] = ActionDisplay(
            language_code=language,
            name=data["name"],
            button_text=data.get("button_text"),
            message_prefix=data.get("message_prefix"),
        )
    return tuple(
        PredefinedAction(task_id=TaskId(action_id), displays=displays)
        for action_id, displays in texts.items()
    )


def read_input(item: Mapping[str, Any]) -> TaskInput:
    """One field of a form as it is stored."""
    return TaskInput(
        name=item["input_name"],
        label=item["description_for_user"],
        purpose=item["description_for_system"],
        kind=InputKind(item["type"]),
        placeholder=item.get("placeholder"),
        choices=tuple(
            Choice(value=choice["value"], label=choice["displayed_text"])
            for choice in item.get("possible_values") or ()
        ),
        is_optional=bool(item.get("optional", False)),
    )


def read_task(row: Sequence[Any]) -> Task:
    """A task from its `PARTS`."""
    (task_id, kind, name, definition, icon, instruction, title_format, draft_format) = row[:8]
    (infos, text_type, type_id, has_chat, teases, platforms, displays, actions) = row[8:]
    return Task(
        task_id=TaskId(task_id),
        kind=TaskKind(kind),
        name_for_system=name,
        definition_for_system=definition,
        icon=icon,
        final_instruction=instruction,
        title_format=title_format,
        draft_format=draft_format,
        infos_to_extract=tuple(
            Info(name=info["info_name"], description=info["description"]) for info in infos
        ),
        text_type=text_type,
        text_type_id=None if type_id is None else TextTypeId(type_id),
        is_result_chat_enabled=has_chat,
        is_visible_for_teasing=teases,
        platforms=tuple(name for (name,) in platforms or ()),
        displays=_read_displays(displays or ()),
        actions=_read_actions(actions or ()),
    )


async def find_task_ids(tx: Tx, *, names: Collection[str]) -> dict[str, TaskId]:
    rows = await tx.execute(
        select(MdTask.name_for_system, MdTask.task_pk).where(MdTask.name_for_system.in_(names))
    )
    return {name: TaskId(task_id) for name, task_id in rows}


async def find_known_ids(tx: Tx, task_ids: Collection[int]) -> set[int]:
    """Which of these tasks exist; they cannot be deleted until the transaction ends."""
    rows = await tx.scalars(
        select(MdTask.task_pk)
        .where(MdTask.task_pk.in_(task_ids))
        .order_by(MdTask.task_pk)
        .with_for_update(key_share=True, read=True)
    )
    return set(rows)


async def lock_task(tx: Tx, task_id: int) -> bool:
    """Let nobody else change the task until the transaction ends. False: there is none."""
    row = await tx.scalar(
        select(MdTask.task_pk).where(MdTask.task_pk == task_id).with_for_update(key_share=True)
    )
    return row is not None


async def insert_task(tx: Tx, values: Mapping[str, Any]) -> TaskId | None:
    """None when the name is taken, also by a transaction that commits meanwhile."""
    statement = (
        upsert(MdTask)
        .values(dict(values))
        .on_conflict_do_nothing(index_elements=["name_for_system"])
        .returning(MdTask.task_pk)
    )
    task_id = await tx.scalar(statement)
    return None if task_id is None else TaskId(task_id)


async def update_task(tx: Tx, task_id: int, values: Mapping[str, Any]) -> bool:
    """False when the new name is taken; nothing has changed then."""
    if not values:
        return True
    statement = (
        update(MdTask)
        .where(MdTask.task_pk == task_id)
        .values(dict(values))
        .execution_options(synchronize_session=False)
    )
    try:
        async with tx.savepoint():
            await tx.execute(statement)
    except IntegrityError as error:
        if "name_for_system" not in str(error.orig):
            raise
        return False
    return True


async def upsert_displays(tx: Tx, task_id: int, rows: Iterable[Mapping[str, Any]]) -> None:
    """Add or replace the texts of each language that is given."""
    statement = upsert(MdTaskDisplayedData).values([{**row, "task_fk": task_id} for row in rows])
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=["task_fk", "language_code"],
            set_={
                name: statement.excluded[name]
                for name in ("name_for_user", "definition_for_user", "json_input")
            },
        )
    )


async def replace_platforms(tx: Tx, task_id: int, names: Sequence[str]) -> None:
    await tx.execute(
        upsert(MdPlatform)
        .values([{"platform_pk": pk, "name": name} for name, pk in PLATFORM_IDS.items()])
        .on_conflict_do_nothing()
    )
    association = MdTaskPlatformAssociation
    wanted = select(MdPlatform.platform_pk).where(MdPlatform.name.in_(names))
    await tx.execute(
        delete(association).where(
            association.task_fk == task_id, association.platform_fk.not_in(wanted)
        )
    )
    await tx.execute(
        upsert(association)
        .from_select(
            ["task_fk", "platform_fk"],
            select(literal(task_id, BigInteger()), MdPlatform.platform_pk).where(
                MdPlatform.name.in_(names)
            ),
        )
        .on_conflict_do_nothing()
    )


async def upsert_action(
    tx: Tx, task_id: int, action_id: int, texts: Mapping[str, Mapping[str, str]]
) -> None:
    """Offer a task after another; add or replace its texts in the languages that are given."""
    association, display = MdTaskPredefinedActionAssociation, MdPredefinedActionDisplayedData
    statement = upsert(association).values(task_fk=task_id, predefined_action_fk=action_id)
    association_pk = await tx.scalar(
        statement.on_conflict_do_update(
            index_elements=["task_fk", "predefined_action_fk"],
            set_={"task_fk": statement.excluded.task_fk},
        ).returning(association.task_predefined_action_association_pk)
    )
    rows = upsert(display).values(
        [
            {
                "task_predefined_action_association_fk": association_pk,
                "language_code": language,
                "displayed_data": dict(data),
            }
            for language, data in texts.items()
        ]
    )
    await tx.execute(
        rows.on_conflict_do_update(
            index_elements=["task_predefined_action_association_fk", "language_code"],
            set_={"displayed_data": rows.excluded.displayed_data},
        )
    )


async def find_text_type(tx: Tx, name: str) -> TextTypeId | None:
    type_id = await tx.scalar(select(MdTextType.text_type_pk).where(MdTextType.name == name))
    return None if type_id is None else TextTypeId(type_id)


async def insert_text_type(tx: Tx, name: str) -> None:
    """Without effect when there is one of this name."""
    await tx.execute(upsert(MdTextType).values(name=name).on_conflict_do_nothing())


async def list_text_types(tx: Tx, *, after: int | None, offset: int, limit: int) -> list[TextType]:
    query = (
        select(MdTextType.text_type_pk, MdTextType.name)
        .order_by(MdTextType.text_type_pk)
        .offset(offset)
        .limit(limit)
    )
    if after is not None:
        query = query.where(MdTextType.text_type_pk > after)
    return [
        TextType(text_type_id=TextTypeId(type_id), name=name)
        for type_id, name in await tx.execute(query)
    ]


async def insert_numbered_text_types(tx: Tx, names: Mapping[int, str]) -> None:
    """Those whose name and number are both free."""
    await tx.execute(
        upsert(MdTextType)
        .values([{"text_type_pk": pk, "name": name} for pk, name in names.items()])
        .on_conflict_do_nothing()
    )
    await tx.execute(
        upsert(MdTextType)
        .values([{"name": name} for name in names.values()])
        .on_conflict_do_nothing()
    )


async def continue_numbers(tx: Tx) -> None:
    """Let the numbers of tasks, text types and platforms go on after the highest in use."""
    for column in (MdTask.task_pk, MdTextType.text_type_pk, MdPlatform.platform_pk):
        sequence = cast(
            func.pg_get_serial_sequence(column.class_.__tablename__, column.key), REGCLASS
        )
        highest = select(func.max(column)).scalar_subquery()
        last = func.pg_sequence_last_value(sequence)
        await tx.execute(select(func.setval(sequence, func.greatest(highest, last, 1))))
