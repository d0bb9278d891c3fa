"""The one metadata: naming convention, base class and the column types that tables share."""

from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Identity, MetaData, Text, func
from sqlalchemy import Uuid as SqlUuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of all tables. Python types map to one database type each: text, timestamptz, jsonb."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text(),
        datetime: DateTime(timezone=True),
        UUID: SqlUuid(as_uuid=True),
        dict[str, Any]: JSONB(),
        list[Any]: JSONB(),
    }


#: A numbered key, as the ancestor's wire knows it.
PkBigint = Annotated[
    int, mapped_column(BigInteger(), Identity(always=False), primary_key=True, sort_order=-1)
]
#: A key made by the application (`kit.ids.new_id`).
PkUuid = Annotated[UUID, mapped_column(SqlUuid(as_uuid=True), primary_key=True, sort_order=-1)]
#: The instant at which a row came to be.
CreatedAt = Annotated[datetime, mapped_column(DateTime(timezone=True), server_default=func.now())]
