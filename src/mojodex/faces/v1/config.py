"""What the composition root tells the face about the installation."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class DemoAccount:
    """The account of a fresh installation."""

    email: str
    password: str


@dataclass(frozen=True, kw_only=True)
class V1Config:
    """`public_url` as people type it; `demo_account` is None where it may not be used.

    `origins` are further origins whose pages may use the cookie (a development server).
    """

    version: str
    public_url: str | None = None
    demo_account: DemoAccount | None = None
    origins: Sequence[str] = ()
