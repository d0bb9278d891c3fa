"""Mails are built safely and reach a real server on loopback."""

import socket
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest
import structlog
from aiosmtpd.controller import Controller

from mojodex.kit.clock import FrozenClock
from mojodex.platform.db import Database, TransactionOpen
from mojodex.platform.mail import (
    ConsoleTransport,
    InvalidRecipient,
    Mail,
    Mailer,
    MailOutbox,
    MailRefused,
    MailUnavailable,
    SmtpTransport,
)

MAIL = Mail(to="ann@example.com", subject="Your day", text="Two things.", html="<p>Two things.</p>")


def mailer(transport: Any, clock: FrozenClock) -> Mailer:
    return Mailer(transport, sender_name="Mojodex", sender_email="mojo@example.com", clock=clock)


class Receiver:
    """Keeps what it receives; answers `reply` to the recipient when one is set."""

    def __init__(self) -> None:
        self.contents: list[bytes] = []
        self.reply: str | None = None

    async def handle_RCPT(  # the library's spelling
        self, _server: object, _session: object, envelope: Any, address: str, _options: object
    ) -> str:
        if self.reply is not None:
            return self.reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:
        self.contents.append(envelope.content)
        return "250 kept"


@pytest.fixture
def server() -> Iterator[tuple[Receiver, int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    receiver = Receiver()
    controller = Controller(receiver, hostname="127.0.0.1", port=port)
    controller.start()
    yield receiver, port
    controller.stop()


async def test_a_mail_reaches_a_server(server: tuple[Receiver, int], clock: FrozenClock) -> None:
    receiver, port = server
    await mailer(SmtpTransport(host="127.0.0.1", port=port), clock).send(MAIL)
    (content,) = receiver.contents
    assert b"Subject: Your day" in content
    assert b"From: Mojodex <mojo@example.com>" in content
    assert b"<p>Two things.</p>" in content
    assert b"Date: Mon, 02 Nov 2026 09:30:00 +0000" in content


@pytest.mark.parametrize(
    ("reply", "expected"), [("550 no such person", MailRefused), ("451 later", MailUnavailable)]
)
async def test_a_refusal_says_whether_to_try_again(
    server: tuple[Receiver, int], clock: FrozenClock, reply: str, expected: type[Exception]
) -> None:
    receiver, port = server
    receiver.reply = reply
    with pytest.raises(expected):
        await mailer(SmtpTransport(host="127.0.0.1", port=port), clock).send(MAIL)
    assert receiver.contents == []


async def test_a_server_that_is_not_there_is_named(clock: FrozenClock) -> None:
    with pytest.raises(MailUnavailable):
        await mailer(SmtpTransport(host="127.0.0.1", port=1), clock).send(MAIL)


@pytest.mark.parametrize(
    "address", ["", "ann", "ann@", "@example.com", "a@b\r\nBcc: c@d", "a@b.com, c@d.com", "a b@c.d"]
)
async def test_an_address_that_is_none_is_refused(address: str, clock: FrozenClock) -> None:
    outbox = MailOutbox()
    with pytest.raises(InvalidRecipient):
        await mailer(outbox, clock).send(Mail(to=address, subject="x", text="y"))
    assert outbox.messages == []


async def test_a_subject_cannot_add_headers(clock: FrozenClock) -> None:
    outbox = MailOutbox()
    await mailer(outbox, clock).send(Mail(to="a@b.com", subject="x\r\nBcc: c@d.com", text="y"))
    (message,) = outbox.messages
    assert message["Subject"] == "x Bcc: c@d.com"
    assert message["Bcc"] is None


async def test_nothing_is_sent_inside_a_transaction(db: Database, clock: FrozenClock) -> None:
    async with db.begin():
        with pytest.raises(TransactionOpen):
            await mailer(MailOutbox(), clock).send(MAIL)


async def test_without_a_server_mails_are_logged() -> None:
    message = EmailMessage()
    message["To"] = "a@b.com"
    message["Subject"] = "Hello"
    message.set_content("Text of it")
    with structlog.testing.capture_logs() as logs:
        await ConsoleTransport().send(message)
    assert logs == [
        {"event": "mail", "log_level": "info", "to": "a@b.com", "subject": "Hello",
         "text": "Text of it\n"}
    ]  # fmt: skip
