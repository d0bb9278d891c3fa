"""What can go wrong with a model: the class says what, `is_retryable` whether to try again."""

from datetime import timedelta
from typing import ClassVar

from mojodex.kit.errors import AppError, ErrorKind


class ModelError(AppError):
    """Base of all failures of a call. Never raised itself."""

    kind = ErrorKind.UNAVAILABLE
    is_retryable: ClassVar[bool] = False


class ModelUnavailable(ModelError):
    """The endpoint answered with a failure of its own (5xx). Data: model, provider, detail."""

    code = "model_unavailable"
    is_retryable = True


class ModelUnreachable(ModelUnavailable):
    """No connection: refused, unknown host. Data: model, provider, detail, is_certificate."""

    code = "model_unreachable"


class ModelStreamCut(ModelUnavailable):
    """The answer ended before its end was announced. Data: model, provider."""

    code = "model_stream_cut"


class ModelStreamMalformed(ModelUnavailable):
    """The endpoint sent what is not its protocol. Data: model, provider, detail."""

    code = "model_stream_malformed"


class ModelTimeout(ModelUnavailable):
    """Too slow. Data: model, provider, seconds and phase.

    The phase is connect, first_token, between_tokens or total.
    """

    code = "model_timeout"


class ModelRateLimited(ModelError):
    """Too many calls at the moment. `retry_after` is the endpoint's advice in seconds, or None."""

    code = "model_rate_limited"
    is_retryable = True

    @property
    def retry_after(self) -> float | None:
        value = self.data.get("retry_after")
        return float(value) if isinstance(value, int | float) else None


def asked_wait(error: BaseException) -> timedelta | None:
    """How long the endpoint wants to be left alone, if it said so; for retry policies of jobs."""
    if not isinstance(error, ModelRateLimited) or error.retry_after is None:
        return None
    return timedelta(seconds=error.retry_after)


class ModelRefused(ModelError):
    """The endpoint will not do it, however often it is asked. Data: model, provider, detail."""

    code = "model_refused"


class ModelKeyWrong(ModelRefused):
    """The API key is missing, wrong or may not use this model."""

    code = "model_key_wrong"


class ModelUnknown(ModelRefused):
    """The endpoint does not know the model (or the address has no such path)."""

    code = "model_unknown"


class ModelQuotaSpent(ModelRefused):
    """The account behind the key has no credit left; waiting does not help."""

    code = "model_quota_spent"


class ContentFiltered(ModelRefused):
    """The endpoint's content filter refused the question or stopped the answer."""

    code = "model_content_filtered"


class PicturesRefused(ModelRefused):
    """The endpoint does not take the pictures of the request; without them it may answer."""

    code = "model_pictures_refused"


class ContextTooLong(ModelError):
    """The messages are longer than the model can read."""

    kind = ErrorKind.TOO_LARGE
    code = "model_context_too_long"


class MalformedAnswer(ModelError):
    """The answer still broke its form after all repairs. Data: label, attempts, reason, answer."""

    code = "model_answer_malformed"


class ModelNotConfigured(ModelError):
    """None of the models a request accepts is configured. Data: accepted, configured."""

    code = "model_not_configured"


class ModelConfigurationInvalid(AppError):
    """A model setting is unusable. Data: source (file or environment), section, key, reason."""

    kind = ErrorKind.INVALID
    code = "model_configuration_invalid"

    def describe(self) -> str:
        place = ", ".join(
            str(self.data[name]) for name in ("source", "section", "key") if self.data.get(name)
        )
        return f"{place}: {self.data.get('reason')}"
