"""The JSON objects of this wire: successful answers, field by field.

A key with a default may be absent, every other key is always there. Texts in quotation marks of
the contract: dates are ISO texts with a zone (the CLI subtracts them from an aware now).
"""

from typing import Literal

from pydantic import Field, JsonValue

from mojodex.faces.mojodex.wire import Body

TaskType = Literal["instruct", "workflow"]


class ErrorBody(Body):
    """The envelope of most failures; its text may be shown to a person."""

    error: str


class MessageBody(Body):
    """The envelope of what the ancestor's framework answered by itself."""

    message: str


class LoginBody(Body):
    token: str
    language_code: str | None
    name: str
    terms_and_conditions_agreed: bool
    company_fk: int | None


class SuccessBody(Body):
    success: str | bool


class OnboardingBody(Body):
    onboarding_presented: bool


class LanguageBody(Body):
    available_languages: dict[str, str]
    language_json_file: dict[str, JsonValue]


class WorkflowStepBody(Body):
    workflow_step_pk: int
    step_name_for_user: str
    step_definition_for_user: str


class UserTaskBody(Body):
    """`user_task_pk` is null for a task shown to whet the appetite of those who never had it."""

    user_task_pk: int | None
    task_pk: int
    task_name: str
    task_description: str
    task_icon: str
    task_type: TaskType
    steps: list[WorkflowStepBody]
    enabled: bool


class UserTaskListBody(Body):
    user_tasks: list[UserTaskBody]


class SingleUserTaskBody(UserTaskBody):
    user_task_name: str
    user_task_description: str
    user_task_icon: str


class PossibleValueBody(Body):
    value: str
    displayed_text: str


class JsonInputBody(Body):
    """A field of a form; `possible_values` only with a drop-down list, `value` only when stored."""

    type: str
    input_name: str
    description_for_user: str
    description_for_system: str
    placeholder: str = ""
    possible_values: list[PossibleValueBody] = Field(default_factory=list)
    value: str | list[str] | None = None


class ActionBody(Body):
    """A task that can follow this one."""

    task_pk: int
    name: str
    button_text: str
    message_prefix: str


class TextEditActionBody(Body):
    text_edit_action_pk: int
    name: str
    description: str
    emoji: str


class NewExecutionBody(Body):
    user_task_execution_pk: int
    json_input: list[JsonInputBody]
    actions: list[ActionBody]
    text_edit_actions: list[TextEditActionBody]
    session_id: str
    intro_done: bool


class ExecutionBody(Body):
    """`start_date` is absent before the start: the mobile app wants a text where the key is."""

    user_task_execution_pk: int
    start_date: str | None = None
    end_date: str | None
    title: str | None
    summary: str | None
    session_id: str
    json_inputs_values: list[JsonInputBody] | None
    icon: str
    task_name: str
    task_type: TaskType
    result_chat_enabled: bool
    actions: list[ActionBody]
    user_task_pk: int
    n_todos: int
    n_not_read_todos: int
    produced_text_pk: int | None
    produced_text_title: str | None
    produced_text_production: str | None
    produced_text_version_pk: int | None
    produced_text_version_index: int | None
    text_edit_actions: list[TextEditActionBody]
    working_on_todos: bool


class ExecutionListBody(Body):
    user_task_executions: list[ExecutionBody]


class SingleExecutionBody(ExecutionBody):
    deleted_by_user: bool


class DeletedExecutionBody(Body):
    """The key as it was sent, which is text."""

    user_task_execution_pk: str


class TextVersionBody(Body):
    produced_text_version_pk: int
    produced_text_pk: int
    produced_text_title: str | None
    produced_text_production: str
    produced_text_version_index: int


class NoTextVersionBody(Body):
    """The index lies beyond the last version."""

    produced_text_version_pk: None


class SavedTextBody(Body):
    produced_text_pk: int
    produced_text_version_pk: int


class SessionBody(Body):
    title: str | None
    session_id: str


class SessionListBody(Body):
    sessions: list[SessionBody]


class NewSessionBody(Body):
    session_id: str
    intro_done: bool


class StoredMessageBody(Body):
    """A message as it is stored and told, of a person or of the assistant.

    The keys of a produced text are there only when the message delivered one: the web app draws a
    document where it sees `produced_text`, even if it is null. A person's message that is still
    being understood, or could not be, may be no more than its `message_id`.
    """

    text: str = ""
    text_with_tags: str = ""
    message_pk: int = 0
    message_id: str = ""
    session_id: str = ""
    audio: bool = False
    user_task_execution_pk: int = 0
    produced_text: str = ""
    produced_text_title: str | None = None
    produced_text_pk: int = 0
    produced_text_version_pk: int = 0
    text_type: str | None = None
    error: str = ""


class ProcessingBody(Body):
    status: Literal["processing"]


class MessageItemBody(Body):
    message_pk: int
    sender: Literal["user", "mojo", "system"]
    message: StoredMessageBody
    audio: bool
    in_error_state: bool


class MessageListBody(Body):
    messages: list[MessageItemBody]


class CurrentPurchaseBody(Body):
    product_name: str
    remaining_days: int | None
    n_validity_days: int | None
    n_tasks_limit: int | None
    n_tasks_consumed: int
    tasks: list[str]
    is_free_product: bool


class PurchasableProductBody(Body):
    product_pk: int
    name: str
    product_stripe_id: str | None
    product_apple_id: str | None
    n_days_validity: int | None
    n_tasks_limit: int | None
    stripe_price: str | None
    tasks: list[str]


class ExpiredPurchaseBody(Body):
    product_name: str
    tasks: list[str]
    remaining_days: int | None
    n_tasks_limit: int | None
    n_days_validity: int | None
    is_free_product: bool
    n_tasks_consumed: int


class PurchaseListBody(Body):
    purchasable_products: list[PurchasableProductBody]
    current_purchases: list[CurrentPurchaseBody]
    last_expired_purchase: list[ExpiredPurchaseBody]


class TodoBody(Body):
    todo_pk: int
    user_task_execution_fk: int
    description: str
    scheduled_date: str
    completed: str | None
    creation_date: str
    read_by_user: str | None


class TodoListBody(Body):
    todos: list[TodoBody]
    user_has_never_done_todo: bool
    n_todos_not_read: int


class TaskKeyBody(Body):
    task_pk: int


class TaskDefinitionBody(Body):
    """A definition as administrators write it. The instruction keys and `infos_to_extract` are
    those of an instruct task, `steps` that of a workflow."""

    task_type: TaskType
    platforms: list[str]
    predefined_actions: list[dict[str, JsonValue]]
    task_displayed_data: list[dict[str, JsonValue]]
    name_for_system: str
    definition_for_system: str
    output_type: str
    icon: str
    result_chat_enabled: bool
    final_instruction: str = ""
    output_format_instruction_title: str = ""
    output_format_instruction_draft: str = ""
    infos_to_extract: list[dict[str, JsonValue]] = Field(default_factory=list)
    steps: list[dict[str, JsonValue]] = Field(default_factory=list)


class AssociationBody(Body):
    product_task_association_pk: int


class MessageTokenBody(Body):
    """The whole text so far, not a delta."""

    text: str
    session_id: str


class DraftTokenBody(Body):
    produced_text_title: str
    produced_text: str
    text: str
    session_id: str


class ReceptionBody(Body):
    success: str
    session_id: str


class ExecutionStartBody(Body):
    start_date: str
    user_task_execution_pk: int
    session_id: str


class ExecutionTitleBody(Body):
    title: str
    session_id: str


class SocketErrorBody(Body):
    error: str
    session_id: str | None
    user_message_pk: int = 0
    user_task_execution_pk: int = 0
