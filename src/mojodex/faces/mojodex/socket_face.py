"""The socket half of the face: the default namespace, as the released clients know it.

A socket is let into the room of a session by `start_session`, after its owner was checked; there
it gets the stream that runs, and what nobody acknowledged. Several sockets of one page, none of
which ever leaves, are normal.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import ClassVar
from uuid import UUID

import structlog

from mojodex.domains.chat import SessionNotFound, access_session, mark_messages_read
from mojodex.domains.identity import (
    Caller,
    CallerKind,
    LoginId,
    NotLoggedIn,
    TokenExpired,
    TokenInvalid,
    UserId,
    authenticate,
    get_user,
)
from mojodex.faces.edge import DEFAULT_LANGUAGE, match_secret, render_error
from mojodex.faces.mojodex.acks import clears
from mojodex.faces.mojodex.encode.events import (
    MESSAGE_CHANNEL,
    encode_draft_token,
    encode_event_error,
    encode_message_token,
    encode_reception,
)
from mojodex.faces.mojodex.errors import BadValue
from mojodex.faces.mojodex.talk import say
from mojodex.faces.mojodex.telling import (
    choose_told,
    read_facts,
    tell_delivery,
    tell_session,
)
from mojodex.faces.mojodex.values import Values
from mojodex.kit.errors import AppError
from mojodex.kit.ids import decode_uuid
from mojodex.platform.db import Database, Reading, Tx
from mojodex.platform.realtime import (
    ConnectionRefused,
    Delivery,
    Delta,
    Emission,
    Emissions,
    Growing,
    Peer,
    PeerIdentity,
    SocketFace,
    StreamSnapshot,
    TooManyRooms,
    session_room,
)

log = structlog.stdlib.get_logger(__name__)

#: The clients compare these words.
REFUSALS: Mapping[type[AppError], str] = {
    NotLoggedIn: "Missing token",
    TokenExpired: "Expired token",
    TokenInvalid: "Invalid token",
}


class MojodexSocketFace(SocketFace):
    """Speaks the ancestor's events over Socket.IO. `SocketServer.add_face` makes it live."""

    namespace: ClassVar[str] = "/"
    is_cumulative: ClassVar[bool] = True
    bytes_per_second: ClassVar[int | None] = 256_000

    def __init__(self, db: Database, *, purchase_updater_secret: str | None) -> None:
        self._db = db
        self._purchase_updater_secret = purchase_updater_secret

    @property
    def handlers(self) -> Mapping[str, Callable[[Peer, object], Awaitable[object]]]:
        return {
            "start_session": self._start_session,
            "user_message": self._receive_message,
            "manage_session_events": self._manage_events,
        }

    async def connect(self, auth: object, environ: Mapping[str, object]) -> PeerIdentity:
        """By the token of a log-in."""
        token = auth.get("token") if isinstance(auth, dict) else None
        try:
            if not isinstance(token, str) or not token:
                raise NotLoggedIn()
            async with self._db.read() as tx:
                caller = await authenticate(tx, token=token)
        except (NotLoggedIn, TokenExpired, TokenInvalid) as error:
            raise ConnectionRefused(REFUSALS[type(error)]) from error
        return PeerIdentity(user_id=caller.require_user(), login_id=caller.login_id)

    # What clients send. The acknowledgement is always empty; failures are events.

    async def _start_session(self, peer: Peer, payload: object) -> None:
        """Let the socket into a session's room. An unknown session is told by a bare text."""
        values = _values_of(payload)
        try:
            values.require("session_id", "version")
            session_id = _read_session_id(values)
            await self._join(peer, session_id)
            async with self._db.read() as tx:
                told = await tell_session(tx, session_id)
            for emission in told:
                await self.server.emit(peer, emission.event, emission.payload, once=emission.once)
        except SessionNotFound as error:
            await self.server.emit(peer, "error", await self._words(peer, error))
        except AppError as error:
            await self._tell_error(peer, error, values)

    async def _join(self, peer: Peer, session_id: UUID) -> None:
        """The mobile app opens one socket for its life and leaves no room: the session that is
        oldest (their ids are ordered by time) makes place when a socket has too many."""
        room = session_room(session_id)

        async def admit(tx: Reading) -> None:
            await access_session(tx, _caller_of(peer), session_id=session_id)

        try:
            await self.server.join(peer, room, admit=admit)
        except TooManyRooms:
            oldest = min(one for one in peer.rooms if one.startswith("session:"))
            await self.server.leave(peer, oldest)
            await self.server.join(peer, room, admit=admit)

    async def _receive_message(self, peer: Peer, payload: object) -> None:
        """As `PUT /user_message`. Who is not told by the room is told here."""
        values = _values_of(payload)
        try:
            async with self._db.begin() as tx:
                said = await say(tx, _caller_of(peer), values)
        except AppError as error:
            await self._tell_error(peer, error, values)
            return
        if not said.is_new or session_room(said.session_id) not in peer.rooms:
            reception = encode_reception(said.session_id)
            await self.server.emit(peer, reception.event, reception.payload)

    async def _manage_events(self, peer: Peer, payload: object) -> None:
        """The ancestor's internal client asked so to hear every session. Nobody needs it here: runs
        are counted where results are saved. So it gets its empty answer, and hears nothing."""
        secret = payload.get("secret") if isinstance(payload, dict) else None
        if not isinstance(secret, str) or not match_secret(secret, self._purchase_updater_secret):
            log.warning("a wrong secret was sent for session events", sid=peer.sid)

    async def _tell_error(self, peer: Peer, error: AppError, values: Values) -> None:
        told = values.raw.get("session_id")
        words = await self._words(peer, error)
        emission = encode_event_error(words, told if isinstance(told, str) else None)
        await self.server.emit(peer, emission.event, emission.payload)

    async def _words(self, peer: Peer, error: AppError) -> str:
        try:
            async with self._db.read() as tx:
                language = (await get_user(tx, user_id=UserId(peer.user_id))).language
        except AppError:
            language = DEFAULT_LANGUAGE
        return render_error(error, language)

    # What clients are told.

    async def encode(self, deliveries: Sequence[Delivery]) -> Mapping[int, Sequence[Emission]]:
        told = choose_told(deliveries)
        if not told:
            return {}
        async with self._db.read() as tx:
            facts = await read_facts(tx, told)
        events = [(one, tell_delivery(facts, one)) for one in told]
        return {one.delivery_id: (event,) for one, event in events if event is not None}

    def encode_delta(self, delta: Delta, stream: Growing) -> Emissions:
        if delta.channel == MESSAGE_CHANNEL:
            return encode_message_token(stream)
        return encode_draft_token(stream)

    def encode_snapshot(self, snapshot: StreamSnapshot) -> Emissions:
        """What has a text already; a stream that begins says nothing, its next text replaces."""
        texts = {channel for channel, text in snapshot.texts.items() if text}
        emissions = []
        if MESSAGE_CHANNEL in texts:
            emissions.append(encode_message_token(snapshot))
        if texts - {MESSAGE_CHANNEL}:
            emissions.append(encode_draft_token(snapshot))
        return emissions

    def accepts_ack(self, delivery: Delivery, ack: object) -> bool:
        return clears(delivery.ids, ack)

    async def acknowledged(self, tx: Tx, peer: Peer, delivery: Delivery) -> None:
        """What a client has, its person has read. A session that was deleted meanwhile has no
        reader."""
        session_id = decode_uuid(str(delivery.ids.get("session_id")))
        message_pk = delivery.ids.get("message_pk")
        if session_id is None or message_pk is None:
            return
        with suppress(SessionNotFound):
            await mark_messages_read(
                tx, _caller_of(peer), session_id=session_id, message_ids=[int(message_pk)]
            )

    def encode_error(self, error: AppError) -> object:
        """Acknowledgements of this wire carry nothing."""
        return None


def _caller_of(peer: Peer) -> Caller:
    login_id = None if peer.login_id is None else LoginId(peer.login_id)
    return Caller(kind=CallerKind.USER, user_id=UserId(peer.user_id), login_id=login_id)


def _values_of(payload: object) -> Values:
    """The keys of an event's payload; whatever is no object has none."""
    return Values(payload if isinstance(payload, dict) else {})


def _read_session_id(values: Values) -> UUID:
    """Raises `SessionNotFound` for what cannot be the id of one."""
    try:
        return values.session_id("session_id")
    except BadValue as error:
        raise SessionNotFound() from error
