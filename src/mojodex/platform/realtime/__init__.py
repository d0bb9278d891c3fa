"""What happens now: text that grows under the reader's eyes, and facts told once they are saved.

Two ways lead to a socket. *Streams* are text in the making: numbered deltas, coalesced, never
stored except in a checkpoint a second; whoever enters a room gets a snapshot and every delta after
it. *Deliveries* are facts: rows written in the transaction that made them true, told when it has
committed, and told again until a socket of the person has acknowledged. A wire format
(`SocketFace`) says how either looks to its clients.
"""

from mojodex.platform.realtime.bus import (
    Bus,
    Delta,
    Growing,
    LocalBus,
    StreamClosed,
    StreamItem,
    StreamSnapshot,
)
from mojodex.platform.realtime.checkpoints import end_checkpoint, find_checkpoint
from mojodex.platform.realtime.deliveries import (
    Delivery,
    announce,
    announce_to_people,
    forget_person,
    forget_rooms,
    mark_delivered,
)
from mojodex.platform.realtime.errors import ConnectionRefused, RoomRefused, TooManyRooms
from mojodex.platform.realtime.faces import (
    Admit,
    Emission,
    Emissions,
    Handler,
    Peer,
    PeerIdentity,
    Resend,
    SocketFace,
)
from mojodex.platform.realtime.notify_bus import NotifyBus
from mojodex.platform.realtime.outbox import FRAMES
from mojodex.platform.realtime.redis_bus import RedisBus
from mojodex.platform.realtime.rooms import find_session_id, room_id, session_room, user_room
from mojodex.platform.realtime.server import (
    Claim,
    Recheck,
    RoomGuard,
    ServerTiming,
    SocketServer,
)
from mojodex.platform.realtime.streams import Stream, Streams

__all__ = [
    "FRAMES",
    "Admit",
    "Bus",
    "Claim",
    "ConnectionRefused",
    "Delivery",
    "Delta",
    "Emission",
    "Emissions",
    "Growing",
    "Handler",
    "LocalBus",
    "NotifyBus",
    "Peer",
    "PeerIdentity",
    "Recheck",
    "RedisBus",
    "Resend",
    "RoomGuard",
    "RoomRefused",
    "ServerTiming",
    "SocketFace",
    "SocketServer",
    "Stream",
    "StreamClosed",
    "StreamItem",
    "StreamSnapshot",
    "Streams",
    "TooManyRooms",
    "announce",
    "announce_to_people",
    "end_checkpoint",
    "find_checkpoint",
    "find_session_id",
    "forget_person",
    "forget_rooms",
    "mark_delivered",
    "room_id",
    "session_room",
    "user_room",
]
