"""The embedded PostgreSQL: the programs of a wheel under a supervisor of our own.

Order of events at start: claim the data directory (`claim_data_directory`, a second application is
told plainly), stop what an earlier life left behind, make the cluster when there is none, start the
server, make role and database. While the application runs, a server that ends is started again.
At the end it is stopped before the claim is given up.
"""

from mojodex.platform.db.embedded.directory import claim_data_directory, make_data_directory
from mojodex.platform.db.embedded.errors import (
    DataDirectoryForeign,
    DataDirectoryFull,
    DataDirectoryInUse,
    DataDirectoryUnusable,
    EmbeddedProgramsMissing,
    EmbeddedStartFailed,
    EmbeddedVersionMismatch,
)
from mojodex.platform.db.embedded.server import EmbeddedPostgres

__all__ = [
    "DataDirectoryForeign",
    "DataDirectoryFull",
    "DataDirectoryInUse",
    "DataDirectoryUnusable",
    "EmbeddedPostgres",
    "EmbeddedProgramsMissing",
    "EmbeddedStartFailed",
    "EmbeddedVersionMismatch",
    "claim_data_directory",
    "make_data_directory",
]
