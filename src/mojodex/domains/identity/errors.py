"""Failures of identity. The edge has the words."""

from typing import ClassVar

from mojodex.kit.errors import AppError, ErrorKind


class NotLoggedIn(AppError):
    """The caller is no person, and one is needed."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAUTHENTICATED
    code: ClassVar[str] = "not_logged_in"


class TokenExpired(AppError):
    """The log-in ended within the last 30 days. Old clients read the words "Expired token"."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAUTHENTICATED
    code: ClassVar[str] = "token_expired"


class TokenInvalid(AppError):
    """No log-in knows this token. Old clients read the words "Invalid token"."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAUTHENTICATED
    code: ClassVar[str] = "token_invalid"


class WrongCredentials(AppError):
    """Unknown e-mail or wrong password: one error, the same time, so that neither is disclosed."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAUTHENTICATED
    code: ClassVar[str] = "wrong_credentials"


class NoPasswordSet(AppError):
    """The account is reached through a provider and has no password."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAUTHENTICATED
    code: ClassVar[str] = "no_password_set"


class NoPasswordToChange(AppError):
    """The account has no password, so there is none to change. The log-in itself is fine."""

    kind: ClassVar[ErrorKind] = ErrorKind.CONFLICT
    code: ClassVar[str] = "no_password_to_change"


class DemoRefused(AppError):
    """The demo account may not be used here, or may not do this."""

    kind: ClassVar[ErrorKind] = ErrorKind.FORBIDDEN
    code: ClassVar[str] = "demo_refused"


class TooManyAttempts(AppError):
    """Too many failed log-ins for this e-mail or address. Data: `retry_after_seconds`."""

    kind: ClassVar[ErrorKind] = ErrorKind.TOO_MANY
    code: ClassVar[str] = "too_many_attempts"


class GrantMissing(AppError):
    """The caller lacks a power. Data: `grant`."""

    kind: ClassVar[ErrorKind] = ErrorKind.FORBIDDEN
    code: ClassVar[str] = "grant_missing"


class UserNotFound(AppError):
    """No such person, or an account that was deleted."""

    kind: ClassVar[ErrorKind] = ErrorKind.NOT_FOUND
    code: ClassVar[str] = "user_not_found"


class LoginNotFound(AppError):
    """No such log-in of this person, or one that has ended."""

    kind: ClassVar[ErrorKind] = ErrorKind.NOT_FOUND
    code: ClassVar[str] = "login_not_found"


class EmailTaken(AppError):
    """Another account has this e-mail."""

    kind: ClassVar[ErrorKind] = ErrorKind.CONFLICT
    code: ClassVar[str] = "email_taken"


class InvalidEmail(AppError):
    """Not an e-mail address, or one of more than 254 characters."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    code: ClassVar[str] = "invalid_email"


class WeakPassword(AppError):
    """The new password is refused. Data: `reason` (too_short | too_long | is_email), `min_length`,
    `max_length`."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    code: ClassVar[str] = "weak_password"


class WrongPassword(AppError):
    """The current password, asked for again, is wrong."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    code: ClassVar[str] = "wrong_password"


class InvalidName(AppError):
    """Empty, or longer than `max_length`."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    code: ClassVar[str] = "invalid_name"


class InvalidGoal(AppError):
    """Longer than `max_length`."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    code: ClassVar[str] = "invalid_goal"


class InvalidLanguage(AppError):
    """Not a language code of the form `fr` or `fr-CA`."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    code: ClassVar[str] = "invalid_language"


class InvalidTimeZone(AppError):
    """Not a name of the IANA database, such as Europe/Paris."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    code: ClassVar[str] = "invalid_time_zone"


class InvalidUtcOffset(AppError):
    """No place on Earth is that far from UTC. Data: `min_offset_min`, `max_offset_min`."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    code: ClassVar[str] = "invalid_utc_offset"
