"""Where a mail goes: the log, a mail server, or a list for tests.

The client of mail servers is loaded with the first mail to one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

import structlog

from mojodex.platform.mail.errors import MailRefused, MailUnavailable

if TYPE_CHECKING:
    import aiosmtplib

log = structlog.stdlib.get_logger(__name__)

TIMEOUT_SECONDS = 20.0
IMPLICIT_TLS_PORT = 465


class ConsoleTransport:
    """Writes mails to the log; what runs when no mail server is configured."""

    async def send(self, message: EmailMessage) -> None:
        body = message.get_body(("plain",))
        text = body.get_content() if body is not None else ""
        log.info("mail", to=str(message["To"]), subject=str(message["Subject"]), text=text)


class SmtpTransport:
    """A mail server: TLS at once on port 465, STARTTLS where the server offers it elsewhere."""

    def __init__(
        self, *, host: str, port: int, user: str | None = None, password: str | None = None
    ) -> None:
        self._host = host
        self._port = port
        self._user = user
        self._password = password

    async def send(self, message: EmailMessage) -> None:
        import aiosmtplib

        with _mapped_errors():
            await aiosmtplib.send(message, **self._arguments())

    async def probe(self, sender: str) -> None:
        """Log in and name `sender` as sender and recipient, then take it back: nothing is sent.

        Raises `MailUnavailable`, `MailRefused`.
        """
        import aiosmtplib

        with _mapped_errors():
            async with aiosmtplib.SMTP(**self._arguments()) as client:
                await client.mail(sender)
                await client.rcpt(sender)
                await client.rset()

    def _arguments(self) -> dict[str, Any]:
        implicit = self._port == IMPLICIT_TLS_PORT
        return {
            "hostname": self._host,
            "port": self._port,
            "username": self._user if self._password else None,
            "password": self._password,
            "use_tls": implicit,
            "start_tls": False if implicit else None,
            "timeout": TIMEOUT_SECONDS,
        }


@contextmanager
def _mapped_errors() -> Iterator[None]:
    import aiosmtplib

    try:
        yield
    except aiosmtplib.SMTPResponseException as error:
        kind = MailUnavailable if 400 <= error.code < 500 else MailRefused
        raise kind(reason=f"{error.code} {error.message}") from error
    except aiosmtplib.SMTPRecipientsRefused as error:
        raise _refusal(error) from error
    except (aiosmtplib.SMTPException, OSError) as error:
        raise MailUnavailable(reason=str(error)) from error


def _refusal(error: aiosmtplib.SMTPRecipientsRefused) -> MailRefused | MailUnavailable:
    """Only a server that says "not now" (4xx) of every recipient may be asked again."""
    codes = [recipient.code for recipient in error.recipients]
    kind = MailUnavailable if codes and all(code < 500 for code in codes) else MailRefused
    return kind(reason="; ".join(f"{r.code} {r.message}" for r in error.recipients))


class MailOutbox:
    """The double: keeps what was sent."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []

    async def send(self, message: EmailMessage) -> None:
        self.messages.append(message)
