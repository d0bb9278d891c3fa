"""The use cases of executions, one public function each."""

from mojodex.domains.executions.service.assistant import (
    InstructTaskAssistant,
)
from mojodex.domains.executions.service.creating import (
    create_execution,
    delete_execution,
    follow_session,
    restore_execution,
)
from mojodex.domains.executions.service.finding import (
    index_executions,
)
from mojodex.domains.executions.service.following import (
    follow_reading,
    follow_turn,
)
from mojodex.domains.executions.service.listing import (
    last_uses,
    list_executions,
    list_hits,
)
from mojodex.domains.executions.service.purging import (
    purge_deleted_executions,
)
from mojodex.domains.executions.service.reading import (
    access_execution,
    find_execution_by_session,
    get_execution,
    get_executions,
    get_version,
    get_versions,
    get_versions_of_messages,
    list_versions,
)
from mojodex.domains.executions.service.running import (
    run_by_form,
    run_by_message,
    start_execution,
)
from mojodex.domains.executions.service.session_controller import (
    SessionController,
)
from mojodex.domains.executions.service.texts import (
    restore_version,
    save_text,
)
from mojodex.domains.executions.service.titling import (
    set_title,
    write_title_and_summary,
)
from mojodex.domains.executions.service.uploading import (
    access_file_input,
    list_form_files,
    save_form_file,
)

__all__ = [
    "InstructTaskAssistant",
    "SessionController",
    "access_execution",
    "access_file_input",
    "create_execution",
    "delete_execution",
    "find_execution_by_session",
    "follow_reading",
    "follow_session",
    "follow_turn",
    "get_execution",
    "get_executions",
    "get_version",
    "get_versions",
    "get_versions_of_messages",
    "index_executions",
    "last_uses",
    "list_executions",
    "list_form_files",
    "list_hits",
    "list_versions",
    "purge_deleted_executions",
    "restore_execution",
    "restore_version",
    "run_by_form",
    "run_by_message",
    "save_form_file",
    "save_text",
    "set_title",
    "start_execution",
    "write_title_and_summary",
]
