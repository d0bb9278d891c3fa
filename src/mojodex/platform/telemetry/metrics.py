"""What is counted of HTTP. Routes are templates, never paths: a path would be a new series each."""

from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Counter(
    "mojodex_http_requests_total",
    "Answered requests by face, method, route and status.",
    ("face", "method", "route", "status"),
)
SECONDS = Histogram(
    "mojodex_http_request_seconds",
    "Time from request to the end of its response, in seconds.",
    ("face", "route"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
IN_PROGRESS = Gauge("mojodex_http_requests_in_progress", "Requests being answered.", ("face",))
FAILURES = Counter(
    "mojodex_http_failures_total", "Requests that ended in an unexpected error.", ("face",)
)
