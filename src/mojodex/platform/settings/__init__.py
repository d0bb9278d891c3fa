"""Settings: frozen, one class per room, read once from the environment and `.env`.

`load_settings()` is called by a composition root; nothing else reads the environment. Secrets that
nobody set are generated once and kept where the installation keeps its data.
"""

from mojodex.platform.settings.classes import (
    DatabaseSettings,
    LogFormat,
    LoggingSettings,
    LogLevel,
    MailSettings,
    MediaSettings,
    ModelSettings,
    RealtimeSettings,
    SecretSettings,
    ServerSettings,
    Settings,
)
from mojodex.platform.settings.errors import InvalidSettings, SecretsUnreadable
from mojodex.platform.settings.example import render_example
from mojodex.platform.settings.secrets import Secrets, keep_in_database, keep_in_file
from mojodex.platform.settings.source import load_settings

__all__ = [
    "DatabaseSettings",
    "InvalidSettings",
    "LogFormat",
    "LogLevel",
    "LoggingSettings",
    "MailSettings",
    "MediaSettings",
    "ModelSettings",
    "RealtimeSettings",
    "SecretSettings",
    "Secrets",
    "SecretsUnreadable",
    "ServerSettings",
    "Settings",
    "keep_in_database",
    "keep_in_file",
    "load_settings",
    "render_example",
]
