"""The embedded database, on its way while the rest of a process is still being loaded."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

from mojodex.platform.db.embedded import EmbeddedPostgres, claim_data_directory
from mojodex.platform.db.embedded.inspection import refuse_full_disk


class HeadStart:
    """Claims a data directory and starts its database, in a thread that begins at once.

    Most of that is the work of other processes: making a cluster, reading it. What goes wrong is
    raised by `running`. Whoever made it closes it, whether it was used or not.
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._held = ExitStack()
        self._thread = ThreadPoolExecutor(1, "head-start")
        self._started = self._thread.submit(self._start)

    def _start(self) -> EmbeddedPostgres:
        self._held.enter_context(claim_data_directory(self._data_dir))
        refuse_full_disk(self._data_dir)
        server = EmbeddedPostgres(self._data_dir)
        self._held.callback(server.stop)
        server.start()
        return server

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        """The address of the database while the block runs, as it is, not migrated.

        Stops it and gives the directory back at the end. Raises the errors of
        `platform.db.embedded`.
        """
        try:
            async with await asyncio.wrap_future(self._started) as server:
                yield server.url
        finally:
            await asyncio.to_thread(self.close)

    def close(self) -> None:
        """Stop what was started and give the directory back. Blocks; harmless to repeat."""
        self._thread.shutdown()
        self._held.close()
