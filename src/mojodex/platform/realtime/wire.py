"""Stream items as bytes, for the way between processes: orjson arrays with short ids."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Sequence
from functools import lru_cache
from uuid import UUID

import orjson

from mojodex.platform.realtime.bus import Delta, StreamClosed, StreamItem, StreamSnapshot
from mojodex.platform.realtime.rooms import session_room

#: A batch is cut when its items have so many characters; subscribers are buffered by the server.
MAX_BATCH_CHARS = 500_000
_DELTA, _SNAPSHOT, _CLOSED = 0, 1, 2
_SESSION = "session:"
Row = Sequence[object]
#: Spellings that are remembered: each word of a stream names the same stream and room.
MAX_SPELLINGS = 4_000


class BatchMalformed(ValueError):
    """Bytes that no process of ours has written."""


def encode_batches(origin: str, items: Sequence[StreamItem]) -> Iterator[bytes]:
    """`items` in order, in as many messages as their size wants. `origin` names the process."""
    rows: list[Row] = []
    size = 0
    for item in items:
        rows.append(_encode(item))
        size += _size(item)
        if size >= MAX_BATCH_CHARS:
            yield orjson.dumps([origin, rows])
            rows, size = [], 0
    if rows:
        yield orjson.dumps([origin, rows])


def decode_batch(data: bytes) -> tuple[str, list[StreamItem]]:
    """The origin and the items of a message. Raises `BatchMalformed`."""
    try:
        origin, rows = orjson.loads(data)
        return str(origin), [_decode(row) for row in rows]
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise BatchMalformed(str(error)) from error


def encode_hello(origin: str) -> bytes:
    """A batch without items: a process whose way is open (again)."""
    return orjson.dumps([origin, []])


def encode_question(origin: str, rooms: Sequence[str]) -> bytes:
    """Which rooms' streams `origin` wants to be told again."""
    return orjson.dumps([origin, list(rooms)])


def decode_question(data: bytes) -> tuple[str, list[str]]:
    """The origin and the rooms. Raises `BatchMalformed`."""
    try:
        origin, rooms = orjson.loads(data)
        return str(origin), [str(room) for room in rooms]
    except (ValueError, TypeError) as error:
        raise BatchMalformed(str(error)) from error


def encode_notices(origin: str, items: Sequence[StreamItem], *, max_bytes: int) -> Iterator[str]:
    """As `encode_batches`, in texts of at most `max_bytes`; what does not fit is left out."""
    rows = [orjson.dumps(_encode(item)) for item in items]
    for joined in _joined(rows, max_bytes - len(origin) - 6):
        yield f'["{origin}",[{joined}]]'


def encode_interest(
    origin: str, rooms: Sequence[str], *, wants_answer: bool, max_bytes: int
) -> Iterator[str]:
    """Which rooms' streams `origin` wants to be told, and whether to begin with a snapshot."""
    flag = "true" if wants_answer else "false"
    rows = [orjson.dumps(_short_room(room)) for room in rooms]
    for joined in _joined(rows, max_bytes - len(origin) - 12):
        yield f'["{origin}",{flag},[{joined}]]'


def encode_greeting(origin: str) -> str:
    """A question for no room: a process that has just come, and knows nobody's wishes."""
    return f'["{origin}",true,[]]'


def decode_interest(data: bytes) -> tuple[str, list[str], bool]:
    """The origin, the rooms and whether an answer is wanted. Raises `BatchMalformed`."""
    try:
        origin, wants_answer, rooms = orjson.loads(data)
        return str(origin), [_long_room(str(room)) for room in rooms], bool(wants_answer)
    except (ValueError, TypeError) as error:
        raise BatchMalformed(str(error)) from error


def _joined(rows: Sequence[bytes], max_bytes: int) -> Iterator[str]:
    """`rows` with commas between them, in as many texts as their size wants."""
    parts: list[bytes] = []
    size = 0
    for row in rows:
        if len(row) > max_bytes:
            continue
        if size + len(row) + 1 > max_bytes:
            yield b",".join(parts).decode()
            parts, size = [], 0
        parts.append(row)
        size += len(row) + 1
    if parts:
        yield b",".join(parts).decode()


def _encode(item: StreamItem) -> Row:
    head = (_short(item.stream_id), _short_room(item.room), item.attempt)
    if isinstance(item, Delta):
        return (_DELTA, *head, item.seq, item.channel, item.text)
    if isinstance(item, StreamSnapshot):
        return (_SNAPSHOT, *head, item.seq, dict(item.texts), dict(item.meta))
    return (_CLOSED, *head)


def _decode(row: list[object]) -> StreamItem:
    kind, short, short_room, attempt, *rest = row
    stream_id, room = _long(str(short)), _long_room(str(short_room))
    if not isinstance(attempt, int):
        raise TypeError("an attempt is a number")
    if kind == _CLOSED:
        return StreamClosed(stream_id=stream_id, room=room, attempt=attempt)
    seq, first, second = rest
    if not isinstance(seq, int):
        raise TypeError("a delta has a number")
    if kind == _DELTA:
        return Delta(
            stream_id=stream_id,
            room=room,
            attempt=attempt,
            seq=seq,
            channel=str(first),
            text=str(second),
        )
    if not isinstance(first, dict) or not isinstance(second, dict):
        raise TypeError("texts and meta are objects")
    return StreamSnapshot(
        stream_id=stream_id, room=room, attempt=attempt, seq=seq, texts=first, meta=second
    )


def _size(item: StreamItem) -> int:
    if isinstance(item, Delta):
        return 100 + len(item.text)
    if isinstance(item, StreamSnapshot):
        return 200 + sum(map(len, item.texts.values()))
    return 60


@lru_cache(maxsize=MAX_SPELLINGS)
def _short(identifier: UUID) -> str:
    return urlsafe_b64encode(identifier.bytes)[:22].decode()


@lru_cache(maxsize=MAX_SPELLINGS)
def _long(short: str) -> UUID:
    return UUID(bytes=urlsafe_b64decode(f"{short}=="))


@lru_cache(maxsize=MAX_SPELLINGS)
def _short_room(room: str) -> str:
    """`.` and 22 characters for a session's room, spelt as we spell it; others as they are."""
    if not room.startswith(_SESSION):
        return room
    try:
        session_id = UUID(room.removeprefix(_SESSION))
    except ValueError:
        return room
    return f".{_short(session_id)}" if session_room(session_id) == room else room


@lru_cache(maxsize=MAX_SPELLINGS)
def _long_room(short: str) -> str:
    return session_room(_long(short[1:])) if short.startswith(".") else short
