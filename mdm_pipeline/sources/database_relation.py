"""What a source table is at its database: the table or query, and its columns with their types.

In: an open connection and the table's configuration. Out: a `Relation`. Invariant: columns have the database's own
spelling and order; nothing is fetched. Does not belong here: what is selected from it.
"""

from __future__ import annotations

import sqlalchemy as sa

from mdm_pipeline.config.sources import SourceConfig
from mdm_pipeline.errors import SourceHeldBack
from mdm_pipeline.sources.database_dialects import Column, Dialect, mysql_type_word
from mdm_pipeline.sources.database_statements import Relation, nothing_of, query_origin, table_origin
from mdm_pipeline.sources.delivery import did_you_mean

_MSSQL_COLUMNS = "select name, system_type_name from sys.dm_exec_describe_first_result_set(N{}, null, 0)"


def plain_relation(name: str) -> Dialect:
    """A dialect for databases that are not known: standard quotes, values as the driver makes them."""
    return Dialect(name=name, quotes='""', text=lambda column, _: column, epoch="")


def relation_of(connection: sa.Connection, source: SourceConfig, table_name: str, dialect: Dialect) -> Relation:
    """Find one table at its database.

    Args:
        connection: to the database.
        source: the source.
        table_name: a key of `source.tables`.
        dialect: the database's.

    Raises:
        SourceHeldBack: there is no such table.
        sqlalchemy.exc.DBAPIError: the database refuses.
    """
    table = source.tables[table_name]
    if table.query is not None:
        origin = query_origin(dialect, table.query)
    else:
        schema, name = _existing_table(connection, source, table_name, table.table or table_name)
        origin = table_origin(dialect, schema, name)
    return Relation(dialect, origin, _columns(connection, dialect, nothing_of(origin)))


def _existing_table(connection: sa.Connection, source: SourceConfig, table_name: str, wanted: str) -> tuple[str, str]:
    schema, _, name = wanted.rpartition(".")
    inspector = sa.inspect(connection)
    if not inspector.has_table(name, schema=schema or None):
        there = [*inspector.get_table_names(schema=schema or None), *inspector.get_view_names(schema=schema or None)]
        raise SourceHeldBack(
            source.name,
            f"{table_name}: the database has no table {wanted!r}{did_you_mean(name, there)}; correct `table`",
        )
    if connection.dialect.requires_name_normalize:  # Oracle: what SQLAlchemy shows in lower case is in upper case
        schema, name = (connection.dialect.denormalize_name(part) if part else "" for part in (schema, name))
    return schema, name


def _columns(connection: sa.Connection, dialect: Dialect, nothing: str) -> tuple[Column, ...]:
    options = {"no_parameters": True}
    if dialect.name == "mssql":
        described = connection.exec_driver_sql(
            _MSSQL_COLUMNS.format(dialect.literal(nothing)), execution_options=options
        )
        return tuple(Column(name, type_name or "") for name, type_name in described)
    with connection.exec_driver_sql(nothing, execution_options=options) as result:
        described_by_driver = result.cursor.description if result.cursor else ()
        return tuple(Column(str(name), _type_word(dialect, code)) for name, code, *_ in described_by_driver or ())


def _type_word(dialect: Dialect, type_code: object) -> str:
    if dialect.name == "mysql":
        return mysql_type_word(type_code)
    if dialect.name == "oracle":  # DB_TYPE_TIMESTAMP_TZ and the like
        return str(getattr(type_code, "name", "")).removeprefix("DB_TYPE_").lower()
    return ""
