"""Checks of the machine: port, data directory, files, web app, clock."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

import mojodex
from mojodex.apps.bundle import find_bundle
from mojodex.apps.doctor.findings import Finding, fine, trouble, warning
from mojodex.apps.errors import AddressUnavailable
from mojodex.apps.listening import listen
from mojodex.apps.troubles import BUNDLE_MISSING, Trouble
from mojodex.kit.clock import SystemClock
from mojodex.kit.errors import AppError
from mojodex.platform.db.embedded import DataDirectoryInUse
from mojodex.platform.db.embedded.inspection import (
    MEGABYTE,
    FreeBytes,
    free_bytes,
    inspect_directory,
    refuse_closed,
    refuse_full_disk,
)
from mojodex.platform.settings import Settings

#: Below this room on the disk people should look at it.
SCARCE_BYTES = 2_000 * MEGABYTE
#: Log-ins, time zones and signatures of other services bear less than a minute.
TOLERANCE = timedelta(seconds=60)
ASK_SECONDS = 3.0


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What the checks see of the machine; tests give their own."""

    now: Callable[[], datetime] = SystemClock().now
    free_bytes: FreeBytes = free_bytes
    find_bundle: Callable[[], Path | None] = find_bundle


def is_served_by_us(settings: Settings) -> bool:
    """Whether a Mojodex answers at the address of the settings."""
    here = settings.server.model_copy(update={"public_url": None}).url
    try:
        answer = httpx.get(f"{here}/readyz", timeout=ASK_SECONDS, trust_env=False)
        checks = answer.json().get("checks", {})
    except (httpx.HTTPError, ValueError, AttributeError):
        return False
    return "migrations" in checks


def check_port(settings: Settings, *, is_running: bool) -> Finding:
    """Whether the server can listen, or does."""
    check, port = "port", settings.server.port
    if is_running:
        return fine(check, f"Mojodex runs and answers on port {port}.")
    try:
        listen(settings.server.host, port).close()
    except AddressUnavailable as error:
        return trouble(check, error)
    return fine(check, f"Port {port} of {settings.server.host} is free.")


def check_directory(settings: Settings, around: Surroundings, *, is_running: bool) -> Finding:
    """The data directory of the embedded database."""
    check, path = "data directory", settings.database.data_dir
    try:
        found = inspect_directory(path, around.free_bytes)
    except AppError as error:
        return trouble(check, error)
    if found.holder is not None and not is_running:
        return trouble(check, DataDirectoryInUse(path=str(path), pid=found.holder))
    if found.free_bytes < SCARCE_BYTES:
        return warning(check, _scarce(path, found.free_bytes))
    if found.is_new:
        return fine(check, f"{path} is made at the first start.")
    return fine(check, f"{path}, {found.free_bytes // MEGABYTE} MB free.")


def check_files(settings: Settings, around: Surroundings) -> Finding:
    """Where people's files are kept, when that is not the data directory of the embedded one."""
    check, path = "files", settings.media_dir
    try:
        refuse_closed(path)
        free = refuse_full_disk(path, around.free_bytes)
    except AppError as error:
        return trouble(check, error)
    if free < SCARCE_BYTES:
        return warning(check, _scarce(path, free))
    return fine(check, f"{path}, {free // MEGABYTE} MB free.")


def _scarce(path: Path, free: int) -> Trouble:
    return Trouble(
        cause=f"Only {free // MEGABYTE} MB are free on the disk of {path}.",
        cure="Make room soon; the database stops when the disk is full.",
    )


def check_bundle(around: Surroundings) -> Finding:
    """Whether the web app is there."""
    place = around.find_bundle()
    if place is None:
        return trouble("web app", BUNDLE_MISSING)
    return fine("web app", f"It is built ({place}).")


def check_clock(around: Surroundings, others: dict[str, timedelta]) -> Finding:
    """Whether the clock agrees with `others`: how far each is ahead of ours.

    Without others it can only be told that it is behind the day on which this was installed.
    """
    check = "clock"
    for who, ahead in _worst_first(others):
        if abs(ahead) > TOLERANCE:
            return trouble(check, clock_off(who, ahead))
    installed = datetime.fromtimestamp(Path(mojodex.__file__).stat().st_mtime, UTC)
    behind = installed - around.now()
    if behind > timedelta(days=1):
        return trouble(check, clock_off("the day on which Mojodex was installed", behind))
    agrees = f"It agrees with {', '.join(others)}." if others else "Nothing speaks against it."
    return fine(check, agrees)


def _worst_first(others: dict[str, timedelta]) -> Iterator[tuple[str, timedelta]]:
    yield from sorted(others.items(), key=lambda item: -abs(item[1]))


def clock_off(who: str, ahead: timedelta) -> Trouble:
    """Words for a clock that is wrong; `ahead` of ours is the other one."""
    seconds = round(abs(ahead.total_seconds()))
    direction = "behind" if ahead > timedelta() else "ahead of"
    return Trouble(
        cause=f"The clock of this machine is {seconds} s {direction} {who}.",
        cure="Set it, and let it be kept right (systemctl enable --now systemd-timesyncd, or "
        "chrony); log-ins and certificates depend on it.",
    )
