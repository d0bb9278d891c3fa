"""The wire of the ancestor's released web app, mobile app and CLI, which work on it unmodified.

REST at the root (`HttpRouteManager`) and the default Socket.IO namespace (`MojodexSocketFace`).
"""

from mojodex.faces.mojodex.http_routes import HttpRouteManager
from mojodex.faces.mojodex.routes import ROUTES
from mojodex.faces.mojodex.socket_face import MojodexSocketFace
from mojodex.faces.mojodex.wire import Route

__all__ = ["ROUTES", "HttpRouteManager", "MojodexSocketFace", "Route"]
