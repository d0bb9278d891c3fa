"""Log-ins and the person behind them."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from mojodex.faces.v1.wire.base import Id, Instant, Line, Text, WireIn, WireOut

Email = Annotated[Line, StringConstraints(min_length=3, max_length=254)]
Password = Annotated[Text, StringConstraints(min_length=1, max_length=1024)]
LanguageCode = Annotated[Line, StringConstraints(min_length=2, max_length=16)]
Grant = Literal["admin", "reviewer", "staff"]


class LoginIn(WireIn):
    """`cookie` sets an HttpOnly cookie (browsers); `token` answers the token (programs)."""

    email: Email
    password: Password
    transport: Literal["cookie", "token"] = "token"


class UserOut(WireOut):
    """A person, as they see themselves."""

    id: Id
    email: str
    name: str
    language: Annotated[str, Field(description="The language of texts for this person.")]
    time_zone: Annotated[str | None, Field(description="IANA name; null while unknown.")]
    grants: list[Grant]
    terms_accepted_at: Instant | None
    created_at: Instant


class LoginOut(WireOut):
    """A fresh log-in; `token` is null when it travels in the cookie."""

    login_id: Id
    user: UserOut
    token: str | None


class LoginItem(WireOut):
    """One place where the person is logged in."""

    id: Id
    client: str
    is_current: bool
    created_at: Instant
    last_seen_at: Instant | None
    expires_at: Instant


class MePatch(WireIn):
    """Absent fields stay as they are."""

    name: Annotated[Line, StringConstraints(min_length=1, max_length=255)] | None = None
    language: LanguageCode | None = None
    time_zone: Annotated[Line, StringConstraints(min_length=1, max_length=64)] | None = None


class PasswordIn(WireIn):
    """A change of password; every other log-in of the person ends."""

    current_password: Password
    new_password: Password


class NewUserIn(WireIn):
    """A person made by an administrator."""

    email: Email
    name: Annotated[Line, StringConstraints(min_length=1, max_length=255)]
    password: Password | None = None
    language: LanguageCode = "en"
    grants: list[Grant] = Field(default_factory=list, max_length=3)


class ModelOut(WireOut):
    """The chat model in use. A demo model invents its answers.

    `has_vision`: it is shown people's pictures; otherwise it only learns their names.
    """

    name: str
    provider: str
    is_demo: bool
    has_vision: bool


class DemoAccountOut(WireOut):
    """The account of a fresh installation, shown only where it may be used."""

    email: str
    password: str


class AboutOut(WireOut):
    """What anybody may know about this installation."""

    version: str
    model: ModelOut
    demo_account: DemoAccountOut | None
