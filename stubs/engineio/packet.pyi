MESSAGE: int

class Packet:
    packet_type: int
    data: str | bytes | None
    def __init__(
        self,
        packet_type: int = ...,
        data: str | bytes | None = None,
        encoded_packet: str | bytes | None = None,
    ) -> None: ...
