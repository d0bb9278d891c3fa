"""What remains of a job that finally failed."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from mojodex.platform.db import Base


class JobFailureRow(Base):
    """One job that finally failed, with everything needed to understand it without its queue row.

    `job_id` is the queue's number; the queue keeps the job itself, in state `failed`, for a retry.
    """

    __tablename__ = "md_job_failure"
    __table_args__ = (Index(None, "failed_at", "job_id"),)

    job_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    job_name: Mapped[str]
    arguments: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    attempts: Mapped[int] = mapped_column(server_default=text("1"))
    error_type: Mapped[str]
    error_text: Mapped[str]
    correlation_id: Mapped[str | None]
    failed_at: Mapped[datetime] = mapped_column(server_default=func.now())
