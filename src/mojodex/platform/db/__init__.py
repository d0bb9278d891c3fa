"""PostgreSQL: transactions, locks, notifications, the embedded server and migrations.

Only this room commits. Everything else receives a `Tx`, or a `Database` from which it opens short
transactions around calls that leave the machine.
"""

from mojodex.platform.db.base import Base, CreatedAt, PkBigint, PkUuid
from mojodex.platform.db.database import (
    Database,
    is_transaction_open,
    libpq_url,
    refuse_open_transaction,
    sqlalchemy_url,
    with_db_session,
)
from mojodex.platform.db.errors import STATEMENT_ERRORS, DatabaseUnavailable, TransactionOpen
from mojodex.platform.db.listener import CONNECT_ARGS
from mojodex.platform.db.locks import lock_key, lock_xact, notify, own_xact
from mojodex.platform.db.provisions import Provisions
from mojodex.platform.db.reading import (
    Prepared,
    Reading,
    Rows,
    Values,
    given,
    one_of_numbers,
    one_of_uuids,
)
from mojodex.platform.db.shares import Share, taking
from mojodex.platform.db.tx import Tx

__all__ = [
    "CONNECT_ARGS",
    "STATEMENT_ERRORS",
    "Base",
    "CreatedAt",
    "Database",
    "DatabaseUnavailable",
    "PkBigint",
    "PkUuid",
    "Prepared",
    "Provisions",
    "Reading",
    "Rows",
    "Share",
    "TransactionOpen",
    "Tx",
    "Values",
    "given",
    "is_transaction_open",
    "libpq_url",
    "lock_key",
    "lock_xact",
    "notify",
    "one_of_numbers",
    "one_of_uuids",
    "own_xact",
    "refuse_open_transaction",
    "sqlalchemy_url",
    "taking",
    "with_db_session",
]
