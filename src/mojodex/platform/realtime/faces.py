"""What a wire format says about its sockets: a port that the face packages implement."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar, Protocol
from uuid import UUID

import structlog

from mojodex.kit.errors import AppError
from mojodex.platform.db import Reading, Tx
from mojodex.platform.realtime.bus import Delta, Growing, StreamSnapshot
from mojodex.platform.realtime.deliveries import Delivery

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class PeerIdentity:
    """Whom a socket speaks for."""

    user_id: UUID
    login_id: UUID | None


@dataclass(eq=False, kw_only=True)
class Peer:
    """One connected socket of one namespace."""

    sid: str
    namespace: str
    user_id: UUID
    login_id: UUID | None
    rooms: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Emission:
    """One event for a client. `needs_ack` counts only for deliveries that need it too.

    With `once`, a name for what it says, a socket is sent it once until it enters a room again:
    what a face tells at an entry may be told by the room at the same moment.
    """

    event: str
    payload: object
    needs_ack: bool = False
    once: str | None = None


#: What an encoder answers: nothing, one event, or several in order.
Emissions = Emission | Sequence[Emission] | None


@dataclass(frozen=True, kw_only=True)
class Resend:
    """How often an unacknowledged fact is sent to a connected socket."""

    every: timedelta
    times: int


Handler = Callable[[Peer, object], Awaitable[object]]
#: Asks a domain for access, in the server's transaction; an error says that there is none.
Admit = Callable[[Reading], Awaitable[object]]


class Sockets(Protocol):
    """What a face does with its peers; `SocketServer` is it."""

    async def join(
        self, peer: Peer, room: str, *, admit: Admit | None = None
    ) -> Sequence[StreamSnapshot]:
        """Let a peer into a room to which `admit` gives access."""

    async def leave(self, peer: Peer, room: str) -> None:
        """Take a peer out of a room."""

    async def emit(
        self, peer: Peer, event: str, payload: object, *, once: str | None = None
    ) -> None:
        """Send one event to one peer; `once` as in `Emission`."""


class SocketFace(ABC):
    """One wire format on one namespace. Encoders are called once for all its sockets in a room."""

    namespace: ClassVar[str]
    #: Deltas carry the whole text so far: an event replaces the one before, so that some may be
    #: left out. They are then spaced to `bytes_per_second` for each socket; the last one is sent.
    is_cumulative: ClassVar[bool] = False
    bytes_per_second: ClassVar[int | None] = None
    #: Larger events are not sent; encoders cut what may get larger.
    max_event_bytes: ClassVar[int | None] = None
    resend_policy: ClassVar[Resend] = Resend(every=timedelta(seconds=5), times=120)

    #: Set by `SocketServer.add_face`.
    server: Sockets

    @property
    @abstractmethod
    def handlers(self) -> Mapping[str, Handler]:
        """Client events and their handlers; what one returns is the acknowledgement (None: empty).

        A handler that lets a peer into a room says with `server.join` how to ask its domain for
        access.
        """

    @abstractmethod
    async def connect(self, auth: object, environ: Mapping[str, object]) -> PeerIdentity:
        """Authenticate. Raises `ConnectionRefused`. `environ` is WSGI-like (`HTTP_COOKIE`, …)."""

    @abstractmethod
    async def encode(self, deliveries: Sequence[Delivery]) -> Mapping[int, Sequence[Emission]]:
        """The events of saved facts, by their numbers; nothing where this format does not tell one.

        What they refer to is read once for all of them. Of facts of one room that say nothing but
        how something is now, and want no acknowledgement, the last one may tell it for all.
        """

    @abstractmethod
    def encode_delta(self, delta: Delta, stream: Growing) -> Emissions:
        """The event of a delta; `stream` stands after it. Called for each word: be quick."""

    @abstractmethod
    def encode_snapshot(self, snapshot: StreamSnapshot) -> Emissions:
        """What a socket gets when it enters a room in which a stream runs, or when one begins."""

    @abstractmethod
    def accepts_ack(self, delivery: Delivery, ack: object) -> bool:
        """Whether `ack` (None when empty) says that the client has `delivery`."""

    async def acknowledged(self, tx: Tx, peer: Peer, delivery: Delivery) -> None:
        """Called once per fact, in the transaction that notes the first valid acknowledgement."""
        log.debug("acknowledged", kind=delivery.kind, namespace=peer.namespace)

    @abstractmethod
    def encode_error(self, error: AppError) -> object:
        """The acknowledgement of an event whose handler raised `error`."""
