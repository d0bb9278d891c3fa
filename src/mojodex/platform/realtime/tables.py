"""Saved facts that wait to be told, and checkpoints of running streams."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from mojodex.platform.db import Base, CreatedAt, PkBigint, PkUuid

_WAITS = text("needs_ack AND delivered_at IS NULL")


class DeliveryRow(Base):
    """One fact for one person's sockets in one room. Written in the transaction that made it true.

    `ids` name what it is about; faces load the rest when they tell it. `delivered_at` is set by the
    first valid acknowledgement, or when the person read the thing by other means.
    """

    __tablename__ = "md_delivery"
    __table_args__ = (
        Index("ix_md_delivery_waiting_room", "room", "delivery_id", postgresql_where=_WAITS),
        Index("ix_md_delivery_waiting_user", "user_id", "kind", postgresql_where=_WAITS),
        Index(None, "created_at"),
    )

    delivery_id: Mapped[PkBigint]
    room: Mapped[str]
    user_id: Mapped[UUID]
    kind: Mapped[str]
    ids: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    needs_ack: Mapped[bool] = mapped_column(server_default=text("false"))
    n_sent: Mapped[int] = mapped_column(server_default=text("0"))
    created_at: Mapped[CreatedAt]
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]


class StreamRow(Base):
    """The texts of a running stream as of its last checkpoint.

    A stream that ended for good leaves a row without texts for a day, `ended_at` says when: a
    publisher that was paused meanwhile and knows nothing of it must not bring it back.
    """

    __tablename__ = "md_stream"
    __table_args__ = (Index(None, "room", "ended_at"), Index(None, "updated_at"))

    stream_id: Mapped[PkUuid]
    room: Mapped[str]
    attempt: Mapped[int]
    seq: Mapped[int] = mapped_column(BigInteger)
    texts: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    meta: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ended_at: Mapped[datetime | None]
