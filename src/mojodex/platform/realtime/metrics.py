"""What the realtime room tells the operator."""

from prometheus_client import Counter, Gauge

PEERS = Gauge("mojodex_socket_peers", "Connected sockets by namespace.", ("namespace",))
STREAMS = Gauge("mojodex_streams", "Streams that this process publishes.")
DELTAS = Counter("mojodex_deltas_total", "Deltas published by this process.")
FINALS = Counter(
    "mojodex_finals_total",
    "Saved facts sent to sockets: first, again (not acknowledged in time), replayed (at a join).",
    ("round",),
)
ACKS = Counter("mojodex_acks_total", "Acknowledgements: accepted, refused.", ("outcome",))
OVERSIZED = Counter("mojodex_events_oversized_total", "Events too large to send.", ("namespace",))
LAGGING = Counter("mojodex_peers_lagging_total", "Times a socket fell behind its streams.")
EXPELLED = Counter(
    "mojodex_peers_expelled_total",
    "Sockets disconnected by us: login (ended), stuck (does not read), room (right ended).",
    ("reason",),
)
BUS_DROPPED = Counter(
    "mojodex_bus_dropped_total", "Items of streams that Redis did not take in time."
)
