"""What leaves identity: who calls, who a person is, where they are logged in."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, auto
from typing import NewType
from uuid import UUID

from mojodex.domains.identity.errors import NotLoggedIn

UserId = NewType("UserId", UUID)
LoginId = NewType("LoginId", UUID)
CompanyId = NewType("CompanyId", int)

DEFAULT_LANGUAGE = "en"
BACKOFFICE = "backoffice"


class Grant(StrEnum):
    """A power of a person. (A *role* is a purchased profile and gives no power.)"""

    ADMIN = "admin"
    REVIEWER = "reviewer"
    STAFF = "staff"


class CallerKind(StrEnum):
    USER = auto()
    SECRET = auto()
    API_KEY = auto()
    JOB = auto()


@dataclass(frozen=True, kw_only=True)
class Caller:
    """On whose behalf a use case runs. A secret has scopes and no person.

    `language_code` is the language that the person had chosen when they were authenticated.
    """

    kind: CallerKind
    user_id: UserId | None = None
    grants: frozenset[Grant] = frozenset()
    scopes: frozenset[str] = frozenset()
    login_id: LoginId | None = None
    language_code: str | None = None

    @property
    def language(self) -> str:
        """The language to write in; English until the person chose one."""
        return self.language_code or DEFAULT_LANGUAGE

    @property
    def is_admin(self) -> bool:
        """Whether this caller may administrate: a person with the grant, or the back office."""
        if self.kind is CallerKind.SECRET:
            return BACKOFFICE in self.scopes
        return self.kind is CallerKind.USER and Grant.ADMIN in self.grants

    def require_user(self) -> UserId:
        """The person. Raises `NotLoggedIn` for a caller that is none."""
        if self.user_id is None:
            raise NotLoggedIn()
        return self.user_id


@dataclass(frozen=True, kw_only=True)
class User:
    """A person. `utc_offset_min` is local time minus UTC, in minutes (Paris in winter: +60);
    `time_zone` wins over it where both are set."""

    user_id: UserId
    email: str
    name: str | None
    language_code: str | None
    time_zone: str | None
    utc_offset_min: int
    company_id: CompanyId | None
    company_name: str | None
    company_description: str | None
    goal: str | None
    summary: str | None
    product_category_id: int | None
    is_demo: bool
    has_password: bool
    wants_todo_email: bool
    terms_accepted_at: datetime | None
    onboarding_presented_at: datetime | None
    created_at: datetime
    grants: frozenset[Grant]

    @property
    def language(self) -> str:
        """The language to write in; English until the person chose one."""
        return self.language_code or DEFAULT_LANGUAGE


@dataclass(frozen=True, kw_only=True)
class LoggedIn:
    """A fresh log-in. `token` is shown this once; only its hash is stored."""

    user: User
    token: str
    login_id: LoginId


@dataclass(frozen=True, kw_only=True)
class Login:
    """A place where a person is logged in. `is_current` marks the one that asks."""

    login_id: LoginId
    client: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    is_current: bool
