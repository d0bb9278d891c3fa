"""`mojodex doctor`: looks at everything an installation stands on, and changes nothing."""

import asyncio
from datetime import timedelta

from mojodex.apps.doctor.findings import (
    Finding,
    State,
    fine,
    has_trouble,
    render_json,
    render_table,
    trouble,
    warning,
)
from mojodex.apps.doctor.place import (
    Surroundings,
    check_bundle,
    check_clock,
    check_directory,
    check_files,
    check_port,
    is_served_by_us,
)
from mojodex.apps.doctor.services import check_database, check_mail, check_models, check_redis
from mojodex.apps.troubles import Trouble
from mojodex.platform.settings import InvalidSettings, Settings, load_settings

__all__ = [
    "Finding",
    "State",
    "Surroundings",
    "examine",
    "examine_installation",
    "has_trouble",
    "render_json",
    "render_table",
]


async def examine_installation() -> list[Finding]:
    """All findings, from the settings on: wrong ones are a finding, and the only one."""
    try:
        settings = load_settings()
    except InvalidSettings as error:
        return [trouble("settings", error)]
    return await examine(settings)


async def examine(settings: Settings, around: Surroundings | None = None) -> list[Finding]:
    """Every check, the slow ones beside each other."""
    around = around or Surroundings()
    clocks: dict[str, timedelta] = {}
    is_running = await asyncio.to_thread(is_served_by_us, settings)
    database, models, redis, mail = await asyncio.gather(
        check_database(settings, around, clocks),
        check_models(settings, around, clocks),
        check_redis(settings),
        check_mail(settings),
    )
    findings = [check_settings(settings), check_port(settings, is_running=is_running)]
    if settings.is_embedded:
        findings.append(check_directory(settings, around, is_running=is_running))
    if not settings.is_embedded or settings.media.directory is not None:
        findings.append(check_files(settings, around))
    return [
        *findings,
        database,
        *models,
        redis,
        mail,
        check_bundle(around),
        check_clock(around, clocks),
    ]


def check_settings(settings: Settings) -> Finding:
    """Whether every variable is one that somebody reads."""
    check = "settings"
    if not settings.unknown_variables:
        return fine(check, "All are allowed.")
    names = ", ".join(settings.unknown_variables)
    return warning(
        check,
        Trouble(
            cause=f"Nothing reads {names}.",
            cure="Correct the name or remove it; `.env.example` has all names.",
        ),
    )
