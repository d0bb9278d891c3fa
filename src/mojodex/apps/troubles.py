"""The one catalogue of troubles: what keeps an installation from working, its cause and its cure.

Errors that are for the operator alone carry their words themselves (`OperatorError`); those that a
person may meet as well get the operator's words here. The start and `mojodex doctor` both ask
`explain`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mojodex.faces.edge.texts import render_error
from mojodex.kit.errors import AppError, ErrorValue, OperatorError
from mojodex.platform.llm import (
    ModelConfigurationInvalid,
    ModelError,
    ModelKeyWrong,
    ModelQuotaSpent,
    ModelRateLimited,
    ModelRefused,
    ModelTimeout,
    ModelUnknown,
    ModelUnreachable,
)
from mojodex.platform.mail import MailRefused, MailUnavailable


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """What is wrong, and what to do about it; sentences without line breaks, mostly."""

    cause: str
    cure: str

    def __str__(self) -> str:
        return f"{self.cause} {self.cure}"


#: The first class that fits, so the special ones come first. `{…}` is the error's data.
WORDS: tuple[tuple[type[AppError], str, str], ...] = (
    (
        ModelUnreachable,
        "The model endpoint ({provider}) cannot be reached: {detail}.",
        "Check that it runs and that its address is right (OPENAI_BASE_URL or models.conf; most "
        "end in /v1), and that this machine may reach it (proxy, firewall).",
    ),
    (
        ModelTimeout,
        "The model endpoint ({provider}) does not answer in time ({phase}, {seconds} s).",
        "Check that it is not overloaded; a model on a machine of your own may still be loading.",
    ),
    (
        ModelKeyWrong,
        "The model endpoint ({provider}) refuses the key: {detail}.",
        "Set OPENAI_API_KEY, or the key in models.conf, to one that may use this model.",
    ),
    (
        ModelUnknown,
        "The model endpoint ({provider}) does not know the model {model}: {detail}.",
        "Set MOJODEX_CHAT_MODEL, or the section of models.conf, to a model that it has; with "
        "Ollama, see `ollama list`.",
    ),
    (
        ModelQuotaSpent,
        "The account at the model endpoint ({provider}) has no credit left: {detail}.",
        "Add credit there, or set another key or endpoint.",
    ),
    (
        ModelRateLimited,
        "The model endpoint ({provider}) limits the rate of calls: {detail}.",
        "Wait a moment and ask again; if it stays, ask the provider for a higher limit.",
    ),
    (
        ModelRefused,
        "The model endpoint ({provider}) refuses the model {model}: {detail}.",
        "Read what it says; the settings of the model are wrong for this endpoint.",
    ),
    (
        ModelError,
        "The model endpoint ({provider}) fails: {detail}.",
        "See the state of the provider; if it is a server of your own, see its log.",
    ),
    (
        MailRefused,
        "The mail server refuses: {reason}.",
        "Check SENDER_EMAIL, SENDER_PASSWORD and MOJODEX_SMTP_USER: the account must exist and "
        "may send as this address.",
    ),
    (
        MailUnavailable,
        "The mail server cannot be reached: {reason}.",
        "Check SMTP_ADDRESS and SMTP_PORT (465 speaks TLS at once), and that this machine may "
        "reach it.",
    ),
)
CERTIFICATE = Trouble(
    cause="The certificate of the model endpoint ({provider}) is refused: {detail}.",
    cure="Have it signed by an authority that this machine trusts, or add its authority's "
    "certificate to the machine's and name the bundle in SSL_CERT_FILE.",
)
BUNDLE_MISSING = Trouble(
    cause="The web app is not built, so /app/ shows a notice in its place.",
    cure="Run `make web` in the source directory (it needs node and npm), or install the wheel, "
    "which has it inside.",
)


class _Data(dict[str, ErrorValue]):
    def __missing__(self, key: str) -> str:
        return "unknown"


def explain(error: AppError) -> Trouble:
    """Cause and cure of an error, for whoever runs the server."""
    if isinstance(error, OperatorError):
        return Trouble(cause=error.cause, cure=error.cure)
    if isinstance(error, ModelConfigurationInvalid):
        return Trouble(
            cause=f"{error.describe()}.", cure="Correct this and start again; see docs/how-to."
        )
    if isinstance(error, ModelUnreachable) and error.data.get("is_certificate"):
        return _fill(CERTIFICATE.cause, CERTIFICATE.cure, error.data)
    for kind, cause, cure in WORDS:
        if isinstance(error, kind):
            return _fill(cause, cure, error.data)
    return Trouble(cause=render_error(error, "en"), cure="The log has more.")


def _fill(cause: str, cure: str, data: Mapping[str, ErrorValue]) -> Trouble:
    values = _Data({key: _without_stop(value) for key, value in data.items() if value != ""})
    return Trouble(cause=cause.format_map(values), cure=cure)


def _without_stop(value: ErrorValue) -> ErrorValue:
    """Others' sentences end inside ours."""
    return value.rstrip(". ") if isinstance(value, str) else value


def render_failure(error: AppError) -> str:
    """The sentences with which a command ends: the operator's, else what a person would read."""
    if isinstance(error, OperatorError):
        return error.describe()
    if isinstance(error, ModelConfigurationInvalid | ModelError | MailRefused | MailUnavailable):
        return str(explain(error))
    has_own_words = type(error).describe is not AppError.describe
    return error.describe() if has_own_words else render_error(error, "en")
