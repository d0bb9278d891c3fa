"""What notices refer to, read once for all that are told together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from mojodex.domains.chat import Message, MessageId, Turn, TurnId, get_messages, get_turns
from mojodex.domains.executions import (
    Execution,
    ExecutionId,
    TextVersion,
    VersionId,
    get_executions,
    get_versions,
)
from mojodex.domains.identity import User, UserId, get_users
from mojodex.faces.edge import find_numbers, find_turn_id
from mojodex.platform.db import Reading
from mojodex.platform.realtime import Delivery

#: Facts by the id that leads to what they tell. Of the others the ids say all.
ABOUT_EXECUTIONS = frozenset({"execution.started", "execution.titled", "execution.changed"})
ABOUT_MESSAGES = frozenset({"message.added", "message.changed"})
ABOUT_VERSIONS = frozenset({"text.version_added"})
ABOUT_TURNS = frozenset({"turn.failed"})
#: What is told in the person's language, or of the person.
PERSONAL = ABOUT_EXECUTIONS | ABOUT_TURNS | {"person.changed"}
READ = ABOUT_MESSAGES | ABOUT_VERSIONS | PERSONAL


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Rows by their ids; what is gone is absent."""

    users: Mapping[UserId, User] = field(default_factory=dict)
    executions: Mapping[ExecutionId, Execution] = field(default_factory=dict)
    turns: Mapping[TurnId, Turn] = field(default_factory=dict)
    messages: Mapping[MessageId, Message] = field(default_factory=dict)
    #: The versions that these messages delivered.
    delivered: Mapping[MessageId, TextVersion] = field(default_factory=dict)
    versions: Mapping[VersionId, TextVersion] = field(default_factory=dict)

    def find_language(self, user_id: UUID) -> str | None:
        """None when the person is gone."""
        user = self.users.get(UserId(user_id))
        return None if user is None else user.language


async def read_facts(tx: Reading, told: Sequence[Delivery]) -> Facts:
    """What these deliveries refer to: a constant number of statements."""
    turn_ids = {find_turn_id(one) for one in told if one.kind in ABOUT_TURNS} - {None}
    versions = await get_versions(
        tx, version_ids=find_numbers(told, ABOUT_VERSIONS | ABOUT_MESSAGES, "version_pk")
    )
    return Facts(
        users=await get_users(
            tx, user_ids={UserId(one.user_id) for one in told if one.kind in PERSONAL}
        ),
        executions=await get_executions(
            tx,
            execution_ids=find_numbers(told, ABOUT_EXECUTIONS, "execution_id"),
            is_text_included=False,
        ),
        turns=await get_turns(tx, turn_ids=[one for one in turn_ids if one is not None]),
        messages=await get_messages(
            tx, message_ids=find_numbers(told, ABOUT_MESSAGES, "message_pk")
        ),
        versions=versions,
        delivered={
            version.message_id: version
            for version in versions.values()
            if version.message_id is not None
        },
    )
