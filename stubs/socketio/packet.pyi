EVENT: int

class Packet:
    def __init__(
        self,
        packet_type: int,
        data: object,
        namespace: str | None,
        ack_id: int | None,
        binary: bool | None,
        /,
    ) -> None: ...
    def encode(self) -> str | list[str | bytes]: ...
