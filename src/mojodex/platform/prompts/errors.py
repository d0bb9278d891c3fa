"""What can be wrong with a prompt. All are mistakes of its author, none of a person."""

from mojodex.kit.errors import AppError, ErrorKind


class PromptInvalid(AppError):
    """A prompt file cannot be used. Data: prompt (package and file), reason."""

    kind = ErrorKind.INTERNAL
    code = "prompt_invalid"


class PromptNotFound(AppError):
    """There is no such file, or no prompt with this label. Data: prompt."""

    kind = ErrorKind.INTERNAL
    code = "prompt_not_found"


class PromptVariableMissing(AppError):
    """The text uses a variable that was not given. Data: prompt, reason."""

    kind = ErrorKind.INTERNAL
    code = "prompt_variable_missing"


class PromptModelsDisjoint(AppError):
    """A prompt and one nested in it share no model. Data: prompt, nested, models, nested_models."""

    kind = ErrorKind.INTERNAL
    code = "prompt_models_disjoint"
