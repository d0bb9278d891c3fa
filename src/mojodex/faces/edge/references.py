"""Which rows deliveries refer to, by the ids that they carry."""

from collections.abc import Collection, Iterable
from uuid import UUID

from mojodex.kit.ids import decode_uuid
from mojodex.platform.realtime import Delivery


def find_numbers(told: Iterable[Delivery], kinds: Collection[str], name: str) -> set[int]:
    """The numbers under this name in deliveries of these kinds, where they have one."""
    found = (one.ids.get(name) for one in told if one.kind in kinds)
    return {int(number) for number in found if number is not None}


def find_turn_id(delivery: Delivery) -> UUID | None:
    """The turn that a delivery is about."""
    return decode_uuid(str(delivery.ids.get("turn_id")))
