"""Where the data is: the embedded database or an external one, migrated and ready."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
    nullcontext,
)
from functools import partial
from pathlib import Path

from mojodex.apps.errors import DatabaseNotRunning
from mojodex.apps.head_start import HeadStart
from mojodex.apps.migrations import SCRIPTS
from mojodex.apps.phases import note_phase
from mojodex.platform.db import Database
from mojodex.platform.db.embedded import DataDirectoryInUse, DataDirectoryUnusable
from mojodex.platform.db.migrate import migrate
from mojodex.platform.settings import Secrets, Settings, keep_in_database, keep_in_file

#: Under this name a running server leaves the address of its embedded database.
ADDRESS_FILE = "postgres.url"
SECRETS_FILE = "secrets.json"
Opened = Callable[[Settings], AbstractAsyncContextManager[str]]


@asynccontextmanager
async def open_server(settings: Settings, early: HeadStart | None = None) -> AsyncIterator[str]:
    """The address of the database as it is, not migrated.

    Holds the data directory while the embedded database runs; `early` is that one on its way.
    Raises the errors of `platform.db.embedded`.
    """
    external = settings.database.external_url
    if external is not None:
        yield external
        return
    async with (early or HeadStart(settings.database.data_dir)).running() as url:
        yield url


@asynccontextmanager
async def open_storage(settings: Settings, early: HeadStart | None = None) -> AsyncIterator[str]:
    """The address of a migrated database, for a process that serves.

    Raises the errors of `open_server` and of `platform.db.migrate`.
    """
    async with open_server(settings, early) as url:
        note_phase("database answers")
        await migrate(url, SCRIPTS)
        left = _leave_address(settings.database.data_dir / ADDRESS_FILE, url)
        with left if settings.is_embedded else nullcontext():
            yield url


@asynccontextmanager
async def join_storage(settings: Settings, early: HeadStart | None = None) -> AsyncIterator[str]:
    """The same for a process that never runs the embedded database itself, such as a worker.

    Raises `DatabaseNotRunning` when no server runs on the data directory.
    """
    if settings.is_embedded:
        yield find_address(settings)
        return
    async with open_storage(settings, early) as url:
        yield url


@asynccontextmanager
async def borrow_storage(settings: Settings, early: HeadStart | None = None) -> AsyncIterator[str]:
    """The same for a command that ends soon, and for a second web process.

    Beside a running server on the data directory it uses that one's database.
    """
    async with _borrow(settings, partial(open_storage, early=early)) as url:
        yield url


@asynccontextmanager
async def borrow_server(settings: Settings) -> AsyncIterator[str]:
    """As `borrow_storage`, for a command that takes the database as it is."""
    async with _borrow(settings, open_server) as url:
        yield url


@asynccontextmanager
async def _borrow(settings: Settings, opened: Opened) -> AsyncIterator[str]:
    async with AsyncExitStack() as stack:
        try:
            url = await stack.enter_async_context(opened(settings))
        except DataDirectoryInUse:
            url = find_address(settings)
        yield url


def find_address(settings: Settings) -> str:
    """Where the database answers now. Raises `DatabaseNotRunning`, `DataDirectoryUnusable`."""
    external = settings.database.external_url
    if external is not None:
        return external
    directory = settings.database.data_dir
    try:
        return (directory / ADDRESS_FILE).read_text().strip()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise DatabaseNotRunning(directory=str(directory)) from error
    except OSError as error:
        raise DataDirectoryUnusable(path=str(directory), reason=error.strerror or "") from error


@contextmanager
def _leave_address(path: Path, url: str) -> Iterator[None]:
    path.write_text(f"{url}\n")
    path.chmod(0o600)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


async def complete_secrets(settings: Settings, db: Database) -> Secrets:
    """All secrets; missing ones are made once, where the installation keeps its data."""
    if settings.is_embedded:
        return keep_in_file(settings.secrets, settings.database.data_dir / SECRETS_FILE)
    return await keep_in_database(settings.secrets, db)
