"""Mail: one `Mailer` with a transport behind it.

Send from jobs, never inside a transaction: the call waits for another machine.
"""

from mojodex.platform.mail.errors import InvalidRecipient, MailRefused, MailUnavailable
from mojodex.platform.mail.mailer import Mail, Mailer
from mojodex.platform.mail.transports import ConsoleTransport, MailOutbox, SmtpTransport

__all__ = [
    "ConsoleTransport",
    "InvalidRecipient",
    "Mail",
    "MailOutbox",
    "MailRefused",
    "MailUnavailable",
    "Mailer",
    "SmtpTransport",
]
