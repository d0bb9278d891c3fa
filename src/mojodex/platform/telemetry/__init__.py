"""Logs, correlation ids, metrics, health. Rooms log with structlog; only the apps configure it."""

from mojodex.platform.telemetry.correlation import correlated, correlation_id
from mojodex.platform.telemetry.health import Check, HealthEndpoints
from mojodex.platform.telemetry.logs import configure_logging
from mojodex.platform.telemetry.middleware import TelemetryMiddleware

__all__ = [
    "Check",
    "HealthEndpoints",
    "TelemetryMiddleware",
    "configure_logging",
    "correlated",
    "correlation_id",
]
