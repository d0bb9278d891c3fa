"""A connected socket on our side: its peer, its face, its line and what it has not acknowledged."""

from collections import OrderedDict
from datetime import datetime

from mojodex.platform.realtime.deliveries import Delivery
from mojodex.platform.realtime.faces import Emission, Peer, SocketFace
from mojodex.platform.realtime.frames import Encoded, encode
from mojodex.platform.realtime.pace import Pace
from mojodex.platform.realtime.transport import Line

#: Frames waiting for one client, above which it gets no more deltas, and below which it gets a
#: fresh snapshot instead of what it missed.
LAG_FRAMES = 200
CAUGHT_UP_FRAMES = 20
#: Frames waiting for one client that does not read at all; it is disconnected.
STUCK_FRAMES = 2_000
#: Acknowledgements that one socket may owe us.
MAX_OWED_ACKS = 1_000


class Link:
    """One socket. Nothing in here waits: what cannot be sent is noticed, not awaited."""

    def __init__(self, peer: Peer, face: SocketFace, line: Line) -> None:
        self.peer = peer
        self.face = face
        self.line = line
        self.pace = Pace(self)
        self.is_gone = False
        #: When it entered each of its rooms, as the database's clock and the loop's tell.
        self.joined_at: dict[str, datetime] = {}
        self.entered_at: dict[str, float] = {}
        self._told_once: set[str] = set()
        self._owed: OrderedDict[int, int] = OrderedDict()
        self._ack_ids = 0

    def enter(self, room: str, at: float) -> None:
        """It enters a room, at a time of the loop; maybe again."""
        self.entered_at[room] = at
        self._told_once.clear()

    def has_no_need_of(self, delivery: Delivery, *, heard_at: float) -> bool:
        """Whether this is told, or known, to who entered the room since `heard_at` by other means.

        Who enters is told what nobody has acknowledged, read from the database; what waited here
        for its turn meanwhile may have been read. And what the poll found may have been delivered
        before the socket entered.
        """
        if delivery.needs_ack and self.entered_at.get(delivery.room, 0.0) > heard_at:
            return True
        joined_at = self.joined_at.get(delivery.room)
        if joined_at is None or delivery.delivered_at is None:
            return False
        return joined_at > delivery.delivered_at

    def close(self) -> None:
        """The client has disconnected."""
        self.is_gone = True
        self.pace.close()

    @property
    def is_lagging(self) -> bool:
        return self.line.backlog > LAG_FRAMES

    @property
    def has_caught_up(self) -> bool:
        return self.line.backlog <= CAUGHT_UP_FRAMES

    @property
    def is_stuck(self) -> bool:
        return self.line.backlog > STUCK_FRAMES

    def send_encoded(self, encoded: Encoded) -> None:
        for frame in encoded.frames:
            self.line.send(frame)

    def send(self, emission: Emission, *, delivery_id: int | None = None) -> bool:
        """Send one event; with `delivery_id` the client is asked to acknowledge it.

        False when the event is too large for this face, or was to be sent once and has been.
        """
        if emission.once is not None:
            if emission.once in self._told_once:
                return False
            self._told_once.add(emission.once)
        ack_id = None
        if delivery_id is not None:
            self._ack_ids += 1
            ack_id = self._ack_ids
        encoded = encode(self.face, emission, ack_id)
        if encoded is None:
            return False
        if ack_id is not None and delivery_id is not None:
            self._owed[ack_id] = delivery_id
            if len(self._owed) > MAX_OWED_ACKS:
                self._owed.popitem(last=False)
        self.send_encoded(encoded)
        return True

    def settle(self, ack_id: int) -> int | None:
        """The delivery that the client acknowledges, once; None for what it does not owe."""
        return self._owed.pop(ack_id, None)
