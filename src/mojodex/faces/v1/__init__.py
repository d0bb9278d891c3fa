"""v1: our own API. REST under `/api/v1`, the Socket.IO namespace `/v1`, described by OpenAPI.

`create_v1_app(db, config)` is the application; `V1SocketFace(db, config)` the socket.
"""

from mojodex.faces.v1.app import build_routes, create_v1_app
from mojodex.faces.v1.config import DemoAccount, V1Config
from mojodex.faces.v1.socket import V1SocketFace

__all__ = [
    "DemoAccount",
    "V1Config",
    "V1SocketFace",
    "build_routes",
    "create_v1_app",
]
