"""How a setting is declared: its variables, what it does and what is allowed."""

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo


@dataclass(frozen=True, kw_only=True)
class SettingInfo:
    """What is told to people about a setting. The first variable is ours, or the best known."""

    variables: tuple[str, ...]
    purpose: str
    allowed: str
    shown_default: str
    is_secret: bool


def setting(
    default: object,
    *variables: str,
    purpose: str,
    allowed: str,
    shown_default: str = "",
    is_secret: bool = False,
    **constraints: Any,
) -> Any:
    """A pydantic field read from the first of `variables` that has a value."""
    info = SettingInfo(
        variables=variables,
        purpose=purpose,
        allowed=allowed,
        shown_default=shown_default or ("" if default is None else str(default)),
        is_secret=is_secret,
    )
    field: FieldInfo = Field(default=default, **constraints)
    field.metadata.append(info)
    return field


def info_of(field: FieldInfo) -> SettingInfo:
    """The declaration behind a field made by `setting`."""
    return next(m for m in field.metadata if isinstance(m, SettingInfo))


class SettingsRoom(BaseModel):
    """Base of the classes that hold one room's settings."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=False)
