"""Where the files of people are kept."""

from uuid import UUID


def user_folder(user_id: UUID) -> str:
    """The prefix of everything that belongs to a person."""
    return f"users/{user_id.hex}"


def session_folder(user_id: UUID, session_id: UUID) -> str:
    """The prefix of everything that was given to, or said in, a session."""
    return f"{user_folder(user_id)}/{session_id.hex}"
