"""A life of an application with the embedded server, to be killed by tests. Run as a module.

Prints one JSON line, {"url", "pid"} or {"error", "text"}, and lives until its input ends.
"""

import asyncio
import json
import sys
from pathlib import Path

import structlog

from mojodex.kit.errors import AppError
from mojodex.platform.db.embedded import EmbeddedPostgres, claim_data_directory


def tell(value: dict[str, str | int | None]) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


async def live(data_dir: Path) -> None:
    with claim_data_directory(data_dir):
        async with EmbeddedPostgres(data_dir) as server:
            tell({"url": server.url, "pid": server.pid})
            await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    try:
        asyncio.run(live(Path(sys.argv[1])))
    except AppError as error:
        tell({"error": error.code, "text": error.describe()})
        sys.exit(1)
