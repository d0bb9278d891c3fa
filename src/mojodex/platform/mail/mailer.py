"""What a mail is, and the one way to send it."""

from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Protocol

from mojodex.kit.clock import Clock
from mojodex.platform.db import refuse_open_transaction
from mojodex.platform.mail.errors import InvalidRecipient


@dataclass(frozen=True, kw_only=True)
class Mail:
    """One message to one person. `html` was sanitised by who made it."""

    to: str
    subject: str
    text: str
    html: str | None = None


class Transport(Protocol):
    """Takes a finished message away. Raises `MailUnavailable` or `MailRefused`."""

    async def send(self, message: EmailMessage) -> None: ...


class Mailer:
    """Builds messages with the installation's sender and hands them to the transport."""

    def __init__(
        self, transport: Transport, *, sender_name: str, sender_email: str, clock: Clock
    ) -> None:
        self._transport = transport
        self._sender = _address(sender_email, sender_name)
        self._clock = clock

    async def send(self, mail: Mail) -> None:
        """Raises `InvalidRecipient`, `MailUnavailable`, `MailRefused`."""
        refuse_open_transaction()
        await self._transport.send(self._build(mail))

    def _build(self, mail: Mail) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = _address(mail.to)
        message["Subject"] = " ".join(mail.subject.split())
        message["Date"] = format_datetime(self._clock.now())
        message["Message-ID"] = make_msgid(domain=self._sender.domain)
        message.set_content(mail.text)
        if mail.html is not None:
            message.add_alternative(mail.html, subtype="html")
        return message


def _address(email: str, name: str = "") -> Address:
    """Raises `InvalidRecipient` for what is no address, line breaks included."""
    try:
        address = Address(display_name=" ".join(name.split()), addr_spec=email)
    except (MessageError, ValueError, IndexError) as error:
        raise InvalidRecipient() from error
    if not address.username or not address.domain or not email.isprintable():
        raise InvalidRecipient()
    return address
