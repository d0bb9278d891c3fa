"""The settings of each room. Every field names its variables; units stand in the name or text."""

from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import BeforeValidator, SecretStr, model_validator

from mojodex.platform.settings.addresses import (
    DatabaseAddress,
    Directory,
    Networks,
    RedisAddress,
    WebAddress,
)
from mojodex.platform.settings.fields import SettingsRoom, setting


def _ip(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        return None


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


class LogLevel(StrEnum):
    """How much is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """Lines for people, or one JSON object per line for machines."""

    AUTO = "auto"
    CONSOLE = "console"
    JSON = "json"


class ServerSettings(SettingsRoom):
    """Where the server listens and how it is reached."""

    host: str = setting(
        "127.0.0.1",
        "MOJODEX_HOST",
        purpose="Address to listen on; 0.0.0.0 makes it reachable from other machines.",
        allowed="a host name or an IP address of this machine",
    )
    port: int = setting(
        5001,
        "MOJODEX_PORT",
        purpose="Port to listen on; 0 takes any free one.",
        allowed="a whole number from 0 to 65535",
        ge=0,
        le=65535,
    )
    public_url: WebAddress | None = setting(
        None,
        "MOJODEX_PUBLIC_URL",
        purpose="Address under which people reach the server, when a proxy stands before it.",
        allowed="http:// or https://, a host, and perhaps a port and a path",
        shown_default="http:// with host and port",
    )
    trusted_proxies: Networks = setting(
        "127.0.0.1, ::1",
        "MOJODEX_TRUSTED_PROXIES",
        purpose="Proxies that are believed about the client (X-Forwarded-For, X-Forwarded-Proto).",
        allowed="addresses or networks with commas between, or * for all that can connect",
        validate_default=True,
    )
    demo: bool | None = setting(
        None,
        "MOJODEX_DEMO",
        purpose="Whether the demo account may log in; unset: only while listening on loopback.",
        allowed="true or false",
        shown_default="only on loopback",
    )

    @property
    def is_loopback(self) -> bool:
        address = _ip(self.host)
        return self.host == "localhost" if address is None else address.is_loopback

    @property
    def is_demo_allowed(self) -> bool:
        return self.is_loopback if self.demo is None else self.demo

    @property
    def url(self) -> str:
        """Where a browser finds the server, without a slash at the end."""
        if self.public_url is not None:
            return self.public_url
        address = _ip(self.host)
        here = self.is_loopback or (address is not None and address.is_unspecified)
        host = "localhost" if here else self.host
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


class DatabaseSettings(SettingsRoom):
    """Which PostgreSQL is used. Without an address, the embedded one in the data directory."""

    data_dir: Directory = setting(
        Path("data"),
        "MOJODEX_DATA_DIR",
        purpose="Directory of everything that is kept: embedded database, files, secrets.",
        allowed="a path; it is made when missing",
        validate_default=True,
    )
    url: DatabaseAddress | None = setting(
        None,
        "MOJODEX_DATABASE_URL",
        purpose="An external PostgreSQL (15 or newer, with pgvector) in place of the embedded one.",
        allowed="postgresql://user:password@host:port/database",
        shown_default="the embedded database",
        is_secret=True,
    )
    host: str | None = setting(
        None,
        "DBHOST",
        purpose="Host of an external PostgreSQL, when MOJODEX_DATABASE_URL is not set.",
        allowed="a host name, perhaps with :port",
    )
    name: str | None = setting(
        None, "DBNAME", purpose="Name of the database on DBHOST.", allowed="a database name"
    )
    user: str | None = setting(
        None, "DBUSER", purpose="Role that logs in on DBHOST.", allowed="a role name"
    )
    password: SecretStr | None = setting(
        None, "DBPASS", purpose="Password of DBUSER.", allowed="any text", is_secret=True
    )
    pool_size: int = setting(
        10,
        "MOJODEX_DATABASE_POOL_SIZE",
        "FLASK_POOL_SIZE",
        purpose="Connections of a process; twice as many under load, which then stay open.",
        allowed="a whole number from 2 to 200",
        ge=2,
        le=200,
    )

    @model_validator(mode="after")
    def _is_complete(self) -> "DatabaseSettings":
        if self.url is None and self.host and not (self.name and self.user):
            raise ValueError("DBHOST is set, so DBNAME and DBUSER must be set too")
        return self

    @property
    def external_url(self) -> str | None:
        """The address of the external server, with its password; None: use the embedded one."""
        if self.url is not None:
            return self.url.get_secret_value()
        if not self.host:
            return None
        login = quote(self.user or "", safe="")
        if self.password is not None:
            login += ":" + quote(self.password.get_secret_value(), safe="")
        return f"postgresql://{login}@{self.host}/{quote(self.name or '', safe='')}"


class RealtimeSettings(SettingsRoom):
    """How text in the making travels from workers to web processes."""

    redis_url: RedisAddress | None = setting(
        None,
        "MOJODEX_REDIS_URL",
        purpose="A Redis or Valkey that carries text in the making between processes.",
        allowed="redis://, rediss:// or unix://, with host or path",
        shown_default="none: other processes' text comes from the database once a second",
        is_secret=True,
    )


class ModelSettings(SettingsRoom):
    """Which language models answer. Without a key or an address, the built-in demo model."""

    openai_api_key: SecretStr | None = setting(
        None,
        "OPENAI_API_KEY",
        purpose="Key of OpenAI, or of the service at OPENAI_BASE_URL.",
        allowed="the key as the service gave it",
        shown_default="none: the demo model answers",
        is_secret=True,
    )
    openai_base_url: WebAddress | None = setting(
        None,
        "OPENAI_BASE_URL",
        purpose="Address of any OpenAI-compatible service (Ollama: http://localhost:11434/v1).",
        allowed="http:// or https:// and a host",
        shown_default="OpenAI's, when there is a key",
    )
    chat_model: str | None = setting(
        None,
        "MOJODEX_CHAT_MODEL",
        purpose="Name of the model that writes, as the service knows it.",
        allowed="a model name",
        shown_default="the service's usual one",
    )
    chat_model_vision: bool = setting(
        True,
        "MOJODEX_CHAT_MODEL_VISION",
        purpose="Whether that model is shown people's pictures (in a models.conf: VISION).",
        allowed="true or false",
    )
    models_conf: Directory | None = setting(
        None,
        "MOJODEX_MODELS_CONF",
        purpose="A models.conf with several models and providers, in the ancestor's format.",
        allowed="the path of a file",
        shown_default="models.conf in the working directory, if there is one",
    )
    demo_pace: float = setting(
        60.0,
        "MOJODEX_DEMO_PACE",
        purpose="Tokens per second of the demo model; 0 answers at once.",
        allowed="a number from 0 to 10000",
        ge=0,
        le=10_000,
    )
    max_answer_tokens: int = setting(
        16_000,
        "MOJODEX_MAX_ANSWER_TOKENS",
        purpose="Tokens of the longest answer, about 4 characters each. A longer one is cut there, "
        "which its page says.",
        allowed="a whole number from 100 to 1000000",
        ge=100,
        le=1_000_000,
    )


class SecretSettings(SettingsRoom):
    """Secrets shared with other programs. Those not set are generated once and kept."""

    backoffice_secret: SecretStr | None = setting(
        None,
        "BACKOFFICE_SECRET",
        purpose="Opens the administration routes of the Mojodex wire.",
        allowed="any text",
        shown_default="generated",
        is_secret=True,
    )
    scheduler_secret: SecretStr | None = setting(
        None,
        "MOJODEX_SCHEDULER_SECRET",
        purpose="Opens the scheduler's routes of the Mojodex wire.",
        allowed="any text",
        shown_default="generated",
        is_secret=True,
    )
    webapp_secret: SecretStr | None = setting(
        None,
        "MOJODEX_WEBAPP_SECRET",
        purpose="Opens what the ancestor's web app asks before log-in.",
        allowed="any text",
        shown_default="generated",
        is_secret=True,
    )
    purchase_updater_secret: SecretStr | None = setting(
        None,
        "PURCHASE_UPDATER_SOCKETIO_SECRET",
        purpose="Opens the ancestor's internal purchase routes.",
        allowed="any text",
        shown_default="generated",
        is_secret=True,
    )


class MediaSettings(SettingsRoom):
    """Where people's files are kept."""

    directory: Directory | None = setting(
        None,
        "MOJODEX_MEDIA_DIR",
        "USERS_DATA_STORAGE",
        purpose="Directory of people's files; a shared volume when several servers run.",
        allowed="a path; it is made when missing",
        shown_default="media in the data directory",
    )


class MailSettings(SettingsRoom):
    """How mail is sent. Without SMTP_ADDRESS it is written to the log."""

    smtp_address: str | None = setting(
        None,
        "SMTP_ADDRESS",
        purpose="Host of the mail server.",
        allowed="a host name",
        shown_default="none: mails are printed",
    )
    smtp_port: int = setting(
        587,
        "SMTP_PORT",
        purpose="Port of the mail server: 465 speaks TLS at once, others upgrade with STARTTLS.",
        allowed="a whole number from 1 to 65535",
        ge=1,
        le=65535,
    )
    smtp_user: str | None = setting(
        None,
        "MOJODEX_SMTP_USER",
        purpose="Account at the mail server.",
        allowed="a user name",
        shown_default="SENDER_EMAIL, when there is a password",
    )
    password: SecretStr | None = setting(
        None,
        "SENDER_PASSWORD",
        purpose="Password at the mail server.",
        allowed="any text",
        is_secret=True,
    )
    sender_email: str | None = setting(
        None,
        "SENDER_EMAIL",
        purpose="Address that mails come from.",
        allowed="an e-mail address",
        pattern=r"^[^@\s<>]+@[^@\s<>]+$",
    )
    sender_name: str = setting(
        "Mojodex", "SENDER_NAME", purpose="Name that mails come from.", allowed="any text"
    )

    @model_validator(mode="after")
    def _is_complete(self) -> "MailSettings":
        if self.smtp_address and not self.sender_email:
            raise ValueError("SMTP_ADDRESS is set, so SENDER_EMAIL must be set too")
        return self


class LoggingSettings(SettingsRoom):
    """What is logged, and how."""

    level: Annotated[LogLevel, BeforeValidator(_lower)] = setting(
        LogLevel.INFO,
        "MOJODEX_LOG_LEVEL",
        "LOG_LEVEL",
        purpose="How much is logged.",
        allowed="debug, info, warning or error",
    )
    format: Annotated[LogFormat, BeforeValidator(_lower)] = setting(
        LogFormat.AUTO,
        "MOJODEX_LOG_FORMAT",
        purpose="Log lines for people (console) or machines (json).",
        allowed="auto (console on a terminal, else json), console or json",
    )


class Settings(SettingsRoom):
    """Everything that was set, by room."""

    server: ServerSettings = ServerSettings()
    database: DatabaseSettings = DatabaseSettings()
    realtime: RealtimeSettings = RealtimeSettings()
    models: ModelSettings = ModelSettings()
    secrets: SecretSettings = SecretSettings()
    media: MediaSettings = MediaSettings()
    mail: MailSettings = MailSettings()
    logging: LoggingSettings = LoggingSettings()
    #: MOJODEX_* variables that nothing reads; told at start, as they are mostly misspelt.
    unknown_variables: tuple[str, ...] = ()

    @property
    def is_embedded(self) -> bool:
        """Whether the database is the embedded one."""
        return self.database.external_url is None

    @property
    def media_dir(self) -> Path:
        return self.media.directory or self.database.data_dir / "media"

    def with_server(self, **changes: Any) -> "Settings":
        """A copy with other server settings, as the command line gives them."""
        server = self.server.model_copy(update=changes)
        return self.model_copy(update={"server": server})


def rooms() -> dict[str, type[SettingsRoom]]:
    """The rooms in order, by their name in `Settings`."""
    found: dict[str, type[SettingsRoom]] = {}
    for name, field in Settings.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, SettingsRoom):
            found[name] = kind
    return found
