"""Prompt files (MPT): which models they suit, their text, and the form of the answer."""

from mojodex.platform.prompts.errors import (
    PromptInvalid,
    PromptModelsDisjoint,
    PromptNotFound,
    PromptVariableMissing,
)
from mojodex.platform.prompts.library import PromptLibrary
from mojodex.platform.prompts.mpt import MPT, ModelChooser, ends_with_default
from mojodex.platform.prompts.source import PromptSource, load_source

__all__ = [
    "MPT",
    "ModelChooser",
    "PromptInvalid",
    "PromptLibrary",
    "PromptModelsDisjoint",
    "PromptNotFound",
    "PromptSource",
    "PromptVariableMissing",
    "ends_with_default",
    "load_source",
]
