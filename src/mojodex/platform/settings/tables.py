"""The table of this room."""

from sqlalchemy.orm import Mapped, mapped_column

from mojodex.platform.db import Base, CreatedAt


class MdSetting(Base):
    """A value that the installation made for itself, such as a generated secret."""

    __tablename__ = "md_setting"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
    created_at: Mapped[CreatedAt]
