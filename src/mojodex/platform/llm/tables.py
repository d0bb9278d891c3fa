"""What each call of a model used."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Index, Numeric, func, text
from sqlalchemy.orm import Mapped, mapped_column

from mojodex.platform.db import Base, PkBigint


class ModelUsageRow(Base):
    """One call, whole, cut short or failed. Ids are bare: usage outlives what it was for."""

    __tablename__ = "md_model_usage"
    __table_args__ = (
        CheckConstraint("outcome IN ('finished', 'cancelled', 'failed')", name="outcome"),
        Index(None, "created_at"),
        Index(None, "user_id", "created_at"),
        Index(None, "execution_id"),
    )

    model_usage_pk: Mapped[PkBigint]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    user_id: Mapped[UUID | None]
    purpose: Mapped[str]
    #: Label of the prompt.
    label: Mapped[str]
    #: Key of an execution; domains above own it.
    execution_id: Mapped[int | None] = mapped_column(BigInteger())
    step_id: Mapped[int | None] = mapped_column(BigInteger())
    task: Mapped[str | None]
    provider: Mapped[str]
    model: Mapped[str]
    outcome: Mapped[str]
    #: Code of the error, when the call failed.
    error_code: Mapped[str | None]
    input_tokens: Mapped[int] = mapped_column(server_default=text("0"))
    output_tokens: Mapped[int] = mapped_column(server_default=text("0"))
    cached_tokens: Mapped[int] = mapped_column(server_default=text("0"))
    #: The endpoint gave no figures (or no end): tokens are counted from the text.
    is_estimated: Mapped[bool] = mapped_column(server_default=text("false"))
    n_attempts: Mapped[int] = mapped_column(server_default=text("1"))
    first_token_ms: Mapped[int | None]
    duration_ms: Mapped[int] = mapped_column(server_default=text("0"))
    #: Price in US dollars, where it is known.
    cost_usd: Mapped[Decimal | None] = mapped_column(Numeric(14, 8))
