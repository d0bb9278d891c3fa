"""The HTTP server around the application: its signals, and what it says at the start."""

import contextlib
import os
import signal
import socket
from collections.abc import Iterator
from http import HTTPStatus
from types import FrameType

import uvicorn
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from mojodex.apps.bundle import find_bundle
from mojodex.apps.head_start import HeadStart
from mojodex.apps.listening import say
from mojodex.apps.roles import Role
from mojodex.apps.troubles import BUNDLE_MISSING
from mojodex.apps.web import create_app
from mojodex.apps.wiring import Runtime
from mojodex.domains.identity import DEMO_EMAIL, DEMO_WORD
from mojodex.platform.realtime import FRAMES
from mojodex.platform.settings import Settings

SIGNALS = (signal.SIGINT, signal.SIGTERM)
BACKLOG = 2048
#: Time that open requests get at the end; sockets are told to come back elsewhere at once.
GRACE_SECONDS = 5
MAX_SOCKET_MESSAGE_BYTES = 1_000_000


class SocketProtocol(WebSocketsSansIOProtocol):
    """Lets the application put whole frames on the wire without a task, as `FRAMES` says."""

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.response.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
            extensions = self.scope["extensions"]
            if extensions is not None and not self.config.ws_per_message_deflate:
                extensions[FRAMES] = {"write": self.write_frame}

    def write_frame(self, frame: bytes) -> bool:
        """False when the connection cannot take it now: the client does not read, or is leaving."""
        is_open = self.handshake_complete and not (self.close_sent or self.disconnected)
        if not is_open or not self.writable.is_set() or self.transport.is_closing():
            return False
        self.transport.write(frame)
        return True


class SignalledServer(uvicorn.Server):
    """Ends well on SIGINT and SIGTERM. The first asks, the second hurries, the third ends it all.

    Uvicorn's own server raises the signal again when it has ended, so that the process dies of
    SIGTERM instead of exiting with 0.
    """

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        previous = {number: signal.signal(number, self.handle_exit) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self.force_exit:
            os._exit(128 + sig)
        if self.should_exit:
            self.force_exit = True
            if not self.started:
                raise KeyboardInterrupt
        self.should_exit = True


def serve(settings: Settings, role: Role, listener: socket.socket, early: HeadStart | None) -> None:
    """Serve or work until a signal.

    Raises what keeps a part from starting, and `KeyboardInterrupt` when a second signal hurries.
    """
    application = create_app(settings, role=role, on_ready=announce, early=early)
    server = SignalledServer(
        uvicorn.Config(
            application,
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            # The application reads forwarding headers itself, whichever server runs it.
            proxy_headers=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
            ws=SocketProtocol,
            ws_max_size=MAX_SOCKET_MESSAGE_BYTES,
            ws_ping_interval=None,
            # Small frames, many of them: compressing each costs more than it saves.
            ws_per_message_deflate=False,
            backlog=BACKLOG,
        )
    )
    try:
        server.run(sockets=[listener])
    except SystemExit:
        if application.failure is not None:
            raise application.failure from None
        raise


def announce(runtime: Runtime) -> None:
    """Where to click and how to log in; of a worker, where its health is told."""
    if runtime.role is Role.WORKER:
        say(f"The worker is ready; its health is at {runtime.settings.server.url}/readyz")
        return
    url = runtime.settings.server.url
    lines = ["", f"Mojodex is ready: {url}/app/"]
    if runtime.is_demo_open:
        lines.append(f"  Log in with      {DEMO_EMAIL}  password: {DEMO_WORD}")
    else:
        lines.append("  Make an account  mojodex user create --email you@example.org --admin")
    model = runtime.gateway.default_model
    if model.is_demo:
        lines.append("  Answers come from the built-in demo model; set OPENAI_API_KEY (or")
        lines.append("  OPENAI_BASE_URL) in the environment or in .env for a real one.")
    else:
        lines.append(f"  Answers come from {model.name} ({model.provider}).")
    if runtime.settings.is_embedded:
        data_dir = runtime.settings.database.data_dir
        lines.append(f"  Data is in       {data_dir}")
        database = data_dir / "postgres"
        if database.is_symlink():
            lines.append(f"  The database in  {database.resolve()}")
    if find_bundle() is None:
        lines.append(f"  {BUNDLE_MISSING}")
    lines.append("  Stop with Ctrl-C.")
    say("\n".join([*lines, ""]))
