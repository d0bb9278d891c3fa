"""Messages, as they are stored and told: the same object by REST and by socket."""

from mojodex.domains.chat import Message, Sender
from mojodex.domains.executions import SUBJECT_KIND, TextVersion
from mojodex.faces.mojodex.bodies import MessageItemBody, StoredMessageBody
from mojodex.kit.ids import encode_hex


def encode_message(message: Message, version: TextVersion | None) -> StoredMessageBody:
    """`version` is the text that this message delivered, if it did."""
    fields: dict[str, object] = {}
    if message.sender is Sender.USER:
        fields = _user_fields(message)
    elif message.sender is Sender.MOJO:
        fields = _assistant_fields(message)
    if message.text is not None:
        fields["text"] = message.text
    if version is not None:
        fields |= _version_fields(version)
    return StoredMessageBody.model_validate(fields)


def execution_pk(message: Message) -> int | None:
    """The execution that the message is about."""
    subject = message.subject
    if subject is None or subject.kind != SUBJECT_KIND:
        return None
    return int(subject.subject_id)


def encode_message_item(message: Message, version: TextVersion | None) -> MessageItemBody:
    return MessageItemBody(
        message_pk=message.message_id,
        sender=message.sender.value,
        message=encode_message(message, version),
        audio=message.is_audio,
        in_error_state=message.in_error_at is not None,
    )


def _user_fields(message: Message) -> dict[str, object]:
    """While it is not understood yet, nothing but its `message_id`."""
    fields: dict[str, object] = {}
    if message.client_message_id is not None:
        fields["message_id"] = message.client_message_id
    if message.text is None:
        return fields
    fields["message_pk"] = message.message_id
    return fields | _execution_field(message)


def _assistant_fields(message: Message) -> dict[str, object]:
    fields: dict[str, object] = {
        "session_id": encode_hex(message.session_id),
        "message_pk": message.message_id,
        "audio": message.is_audio,
        "text_with_tags": message.text_with_tags or message.text or "",
    }
    return fields | _execution_field(message)


def _execution_field(message: Message) -> dict[str, object]:
    pk = execution_pk(message)
    return {} if pk is None else {"user_task_execution_pk": pk}


def _version_fields(version: TextVersion) -> dict[str, object]:
    return {
        "produced_text": version.body,
        "produced_text_title": version.title,
        "produced_text_pk": version.produced_text_id,
        "produced_text_version_pk": version.version_id,
        "text_type": version.text_type,
    }
