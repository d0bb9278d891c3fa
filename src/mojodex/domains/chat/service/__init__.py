"""The use cases of chat, one public function each."""

from mojodex.domains.chat.service.engine import give_up_turn, run_turn
from mojodex.domains.chat.service.locks import lock_session
from mojodex.domains.chat.service.messages import (
    add_assistant_message,
    find_posted,
    get_conversation,
    get_last_answers,
    get_messages,
    list_messages,
    mark_messages_read,
    post_message,
)
from mojodex.domains.chat.service.purging import (
    DELETED_MEMORY,
    follow_deletion,
    follow_erasure,
    lock_sessions,
    purge_deleted_sessions,
    remove_form_sessions,
    remove_subjects,
)
from mojodex.domains.chat.service.running import RunningTurns
from mojodex.domains.chat.service.sessions import (
    access_session,
    delete_session,
    list_sessions,
    open_session,
    readable_sessions,
    restore_session,
)
from mojodex.domains.chat.service.turns import (
    access_turn,
    current_turn,
    get_turn,
    list_turns,
    retry_turn,
    start_turn,
    stop_turn,
    stop_turns,
)
from mojodex.domains.chat.service.uploads import access_uploads, save_upload

__all__ = [
    "DELETED_MEMORY",
    "RunningTurns",
    "access_session",
    "access_turn",
    "access_uploads",
    "add_assistant_message",
    "current_turn",
    "delete_session",
    "find_posted",
    "follow_deletion",
    "follow_erasure",
    "get_conversation",
    "get_last_answers",
    "get_messages",
    "get_turn",
    "give_up_turn",
    "list_messages",
    "list_sessions",
    "list_turns",
    "lock_session",
    "lock_sessions",
    "mark_messages_read",
    "open_session",
    "post_message",
    "purge_deleted_sessions",
    "readable_sessions",
    "remove_form_sessions",
    "remove_subjects",
    "restore_session",
    "retry_turn",
    "run_turn",
    "save_upload",
    "start_turn",
    "stop_turn",
    "stop_turns",
]
