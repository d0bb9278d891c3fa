"""Each event of a socket is a cause of its own in the log and in the jobs that it defers."""

from collections.abc import Mapping
from typing import ClassVar

from mojodex.platform.db import Database
from mojodex.platform.realtime import Handler, Peer
from mojodex.platform.telemetry import correlation_id
from tests.platform.realtime.support import ToyFace, client, serving


class TellingFace(ToyFace):
    """Answers with the id of what is going on."""

    namespace: ClassVar[str] = "/telling"

    @property
    def handlers(self) -> Mapping[str, Handler]:
        return {"tell": self._tell}

    async def _tell(self, peer: Peer, payload: object) -> object:
        return correlation_id()


async def test_events_have_ids_of_their_own(committed_db: Database) -> None:
    async with serving(committed_db) as web:
        web.server.add_face(TellingFace())
        async with client(web, namespace="/telling") as ann:
            first = await ann.sio.call("tell", {}, "/telling")
            second = await ann.sio.call("tell", {}, "/telling")
    assert len(str(first)) == len(str(second)) == 32
    assert first != second
    assert correlation_id() is None
