"""The socket of v1: namespace `/v1`, one event `notice`, joined session by session.

A peer hears its own room from the start, and a session's room once it joined, which asks the chat
domain for access each time. Log-ins are checked again by the server of sockets.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import ClassVar

from pydantic import ValidationError

from mojodex.domains.chat import SessionId, access_session
from mojodex.domains.identity import (
    Caller,
    CallerKind,
    LoginId,
    NotLoggedIn,
    UserId,
    UserNotFound,
    authenticate,
    get_user,
)
from mojodex.faces.edge import (
    DEFAULT_LANGUAGE,
    Credentials,
    InvalidRequest,
    OriginPolicy,
    TokenForm,
    find_credentials,
    negotiate,
    render_error,
)
from mojodex.faces.v1.config import V1Config
from mojodex.faces.v1.encode.facts import READ, Facts, read_facts
from mojodex.faces.v1.encode.notices import drop_overtaken, encode_delivery
from mojodex.faces.v1.encode.streams import encode_delta, encode_snapshot
from mojodex.faces.v1.parts import uuid_id
from mojodex.faces.v1.wire.base import WireOut
from mojodex.faces.v1.wire.notices import DeliveryAck, JoinAnswer, JoinRequest, SocketError
from mojodex.kit.errors import AppError
from mojodex.platform.db import Database, Reading
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
    session_room,
)

NOTICE = "notice"


class V1SocketFace(SocketFace):
    """Speaks v1 over Socket.IO. `SocketServer.add_face` makes it live."""

    namespace: ClassVar[str] = "/v1"
    max_event_bytes: ClassVar[int | None] = 64 * 1024

    def __init__(self, db: Database, config: V1Config) -> None:
        self._db = db
        self._origins = OriginPolicy([config.public_url or "", *config.origins])

    @property
    def handlers(self) -> Mapping[str, Callable[[Peer, object], Awaitable[object]]]:
        return {"join": self._join, "leave": self._leave}

    async def connect(self, auth: object, environ: Mapping[str, object]) -> PeerIdentity:
        """By the token in `auth`, or by the cookie when the page is ours."""
        try:
            credentials = self._find_credentials(auth, environ)
            async with self._db.read() as tx:
                caller = await authenticate(tx, token=credentials.token)
        except AppError as error:
            language = negotiate(_text(environ, "HTTP_ACCEPT_LANGUAGE"))
            answer = SocketError(code=error.code, detail=render_error(error, language))
            raise ConnectionRefused(error.code, answer.model_dump(mode="json")) from error
        return PeerIdentity(user_id=caller.require_user(), login_id=caller.login_id)

    def _find_credentials(self, auth: object, environ: Mapping[str, object]) -> Credentials:
        token = auth.get("token") if isinstance(auth, dict) else None
        if isinstance(token, str):
            headers = {"authorization": f"Bearer {token}"}
        else:
            headers = {"cookie": _text(environ, "HTTP_COOKIE") or ""}
        forms = (TokenForm.BEARER, TokenForm.COOKIE)
        credentials = find_credentials(headers, forms=forms)
        if credentials is None:
            raise NotLoggedIn()
        if credentials.form is TokenForm.COOKIE:
            self._origins.check_handshake(
                _text(environ, "HTTP_ORIGIN"),
                scheme=_scheme(environ),
                host=_text(environ, "HTTP_HOST") or "",
            )
        return credentials

    async def _join(self, peer: Peer, payload: object) -> object:
        return await self._answer(peer, self._enter(peer, payload))

    async def _leave(self, peer: Peer, payload: object) -> object:
        return await self._answer(peer, self._exit(peer, payload))

    async def _answer(self, peer: Peer, act: Awaitable[None]) -> object:
        """Acknowledge: done, or what is wrong in the person's language."""
        try:
            await act
        except AppError as error:
            return _refusal(error, await self._language_of(UserId(peer.user_id)))
        return _OK

    async def _language_of(self, user_id: UserId) -> str:
        async with self._db.read() as tx:
            try:
                return (await get_user(tx, user_id=user_id)).language
            except UserNotFound:
                return DEFAULT_LANGUAGE

    async def _enter(self, peer: Peer, payload: object) -> None:
        session_id = _read_session_id(payload)

        async def admit(tx: Reading) -> None:
            await access_session(tx, _caller_of(peer), session_id=session_id)

        await self.server.join(peer, session_room(session_id), admit=admit)

    async def _exit(self, peer: Peer, payload: object) -> None:
        await self.server.leave(peer, session_room(_read_session_id(payload)))

    async def encode(self, deliveries: Sequence[Delivery]) -> Mapping[int, Sequence[Emission]]:
        told = drop_overtaken(deliveries)
        facts = await self._read_facts([one for one in told if one.kind in READ])
        notices = [(one, encode_delivery(facts, one)) for one in told]
        return {
            one.delivery_id: (_emission(notice, needs_ack=one.needs_ack),)
            for one, notice in notices
            if notice is not None
        }

    async def _read_facts(self, told: Sequence[Delivery]) -> Facts:
        if not told:
            return Facts()
        async with self._db.read() as tx:
            return await read_facts(tx, told)

    def encode_delta(self, delta: Delta, stream: Growing) -> Emissions:
        payload = encode_delta(delta)
        return None if payload is None else Emission(NOTICE, payload)

    def encode_snapshot(self, snapshot: StreamSnapshot) -> Emissions:
        return [_emission(part) for part in encode_snapshot(snapshot)]

    def accepts_ack(self, delivery: Delivery, ack: object) -> bool:
        try:
            given = DeliveryAck.model_validate(ack)
        except ValidationError:
            return False
        return given.delivery_id == str(delivery.delivery_id)

    def encode_error(self, error: AppError) -> object:
        return _refusal(error, DEFAULT_LANGUAGE)


_OK: Mapping[str, object] = JoinAnswer(ok=True, error=None).model_dump(mode="json")


def _refusal(error: AppError, language: str) -> object:
    problem = SocketError(code=error.code, detail=render_error(error, language))
    return JoinAnswer(ok=False, error=problem).model_dump(mode="json")


def _emission(notice: WireOut, *, needs_ack: bool = False) -> Emission:
    return Emission(NOTICE, notice.model_dump(mode="json"), needs_ack)


def _caller_of(peer: Peer) -> Caller:
    login_id = None if peer.login_id is None else LoginId(peer.login_id)
    return Caller(kind=CallerKind.USER, user_id=UserId(peer.user_id), login_id=login_id)


def _read_session_id(payload: object) -> SessionId:
    try:
        return SessionId(uuid_id(JoinRequest.model_validate(payload).session_id))
    except ValidationError as error:
        raise InvalidRequest() from error


def _text(environ: Mapping[str, object], name: str) -> str | None:
    value = environ.get(name)
    return value if isinstance(value, str) else None


def _scheme(environ: Mapping[str, object]) -> str:
    scope = environ.get("asgi.scope")
    scheme = scope.get("scheme") if isinstance(scope, dict) else None
    return scheme if isinstance(scheme, str) else "http"
