"""Tables of purchases. Names follow the ancestor's; the counters of runs and the ends are ours."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, false, text, true
from sqlalchemy.orm import Mapped, mapped_column

from mojodex.platform.db import Base, CreatedAt, PkBigint


class MdProductCategory(Base):
    """A family of products."""

    __tablename__ = "md_product_category"
    __table_args__ = (UniqueConstraint("label"),)

    product_category_pk: Mapped[PkBigint]
    label: Mapped[str]
    emoji: Mapped[str]
    implicit_goal: Mapped[str]
    visible: Mapped[bool] = mapped_column(server_default=false())


class MdProductCategoryDisplayedData(Base):
    """A category in one language."""

    __tablename__ = "md_product_category_displayed_data"
    __table_args__ = (UniqueConstraint("product_category_fk", "language_code"),)

    product_category_displayed_data_pk: Mapped[PkBigint]
    product_category_fk: Mapped[int] = mapped_column(
        ForeignKey("md_product_category.product_category_pk", ondelete="CASCADE")
    )
    language_code: Mapped[str]
    name_for_user: Mapped[str]
    description_for_user: Mapped[str]


class MdProduct(Base):
    """What can be bought or given. Its row is locked while its tasks or holders change."""

    __tablename__ = "md_product"
    __table_args__ = (
        UniqueConstraint("label"),
        UniqueConstraint("product_stripe_id"),
        UniqueConstraint("product_apple_id"),
        CheckConstraint("status IN ('active', 'inactive')", name="status"),
        CheckConstraint("n_days_validity > 0", name="n_days_validity"),
        CheckConstraint("n_tasks_limit > 0", name="n_tasks_limit"),
        Index(None, "product_category_fk"),
    )

    product_pk: Mapped[PkBigint]
    label: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="active")
    product_category_fk: Mapped[int | None] = mapped_column(
        ForeignKey("md_product_category.product_category_pk", ondelete="RESTRICT")
    )
    free: Mapped[bool] = mapped_column(server_default=false())
    n_days_validity: Mapped[int | None]
    n_tasks_limit: Mapped[int | None]
    product_stripe_id: Mapped[str | None]
    product_apple_id: Mapped[str | None]


class MdProductDisplayedData(Base):
    """A product in one language."""

    __tablename__ = "md_product_displayed_data"
    __table_args__ = (UniqueConstraint("product_fk", "language_code"),)

    product_displayed_data_pk: Mapped[PkBigint]
    product_fk: Mapped[int] = mapped_column(ForeignKey("md_product.product_pk", ondelete="CASCADE"))
    language_code: Mapped[str]
    name: Mapped[str]


class MdProductTask(Base):
    """A task that comes with a product."""

    __tablename__ = "md_product_task"
    __table_args__ = (UniqueConstraint("product_fk", "task_fk"), Index(None, "task_fk"))

    product_task_pk: Mapped[PkBigint]
    product_fk: Mapped[int] = mapped_column(ForeignKey("md_product.product_pk", ondelete="CASCADE"))
    task_fk: Mapped[int] = mapped_column(ForeignKey("md_task.task_pk", ondelete="CASCADE"))


class MdPurchase(Base):
    """A product in a person's hands. Pending: neither active nor ended."""

    __tablename__ = "md_purchase"
    __table_args__ = (
        UniqueConstraint("subscription_stripe_id"),
        UniqueConstraint("session_stripe_id"),
        UniqueConstraint("apple_transaction_id"),
        CheckConstraint("n_tasks_reserved >= 0", name="n_tasks_reserved"),
        CheckConstraint("n_tasks_consumed >= 0", name="n_tasks_consumed"),
        Index(None, "user_id", "creation_date", "purchase_pk"),
        Index(None, "product_fk"),
    )

    purchase_pk: Mapped[PkBigint]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("md_user.user_id", ondelete="CASCADE"))
    product_fk: Mapped[int] = mapped_column(
        ForeignKey("md_product.product_pk", ondelete="RESTRICT")
    )
    creation_date: Mapped[CreatedAt]
    active: Mapped[bool] = mapped_column(server_default=false())
    never_expires: Mapped[bool] = mapped_column(server_default=false())
    n_tasks_reserved: Mapped[int] = mapped_column(server_default=text("0"))
    n_tasks_consumed: Mapped[int] = mapped_column(server_default=text("0"))
    completed_date: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    custom_purchase_id: Mapped[str | None]
    subscription_stripe_id: Mapped[str | None]
    session_stripe_id: Mapped[str | None]
    customer_stripe_id: Mapped[str | None]
    apple_transaction_id: Mapped[str | None]
    apple_original_transaction_id: Mapped[str | None]


class MdUserTask(Base):
    """A task that a person has or had. Never deleted while the account stands."""

    __tablename__ = "md_user_task"
    __table_args__ = (UniqueConstraint("user_id", "task_fk"), Index(None, "task_fk"))

    user_task_pk: Mapped[PkBigint]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("md_user.user_id", ondelete="CASCADE"))
    task_fk: Mapped[int] = mapped_column(ForeignKey("md_task.task_pk", ondelete="RESTRICT"))
    enabled: Mapped[bool] = mapped_column(server_default=true())
