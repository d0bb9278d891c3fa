"""What identity tells the domains above, in the transaction in which it became true."""

from uuid import UUID

from mojodex.platform.events import DomainEvent


class UserDeleted(DomainEvent):
    """A person was removed: their log-ins have ended, their rows go within a minute."""

    user_id: UUID


class UserErased(DomainEvent):
    """Told just before the rows of a removed person are deleted, with all that hangs on them.

    Handlers care for what does not hang on the person's row by a key: files, facts to be told.
    """

    user_id: UUID
