"""Builds the template from which every test database is cloned."""

from mojodex.apps.migrations import SCRIPTS
from mojodex.platform.db.migrate import migrate


async def build_template(url: str) -> None:
    """All tables by the revisions that an installation runs, in an empty database."""
    await migrate(url, SCRIPTS)
