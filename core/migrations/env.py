"""Alembic's environment for every branch: the connection and the branch come in the configuration's attributes."""

import sqlalchemy as sa
from alembic import context

from core.db import Base

branch = context.config.attributes["branch"]
connection = context.config.attributes["connection"]


def owned(name, kind, _parents) -> bool:
    """Whether a table is of this branch: its name begins with the branch's prefix."""
    return kind != "table" or (name or "").startswith(branch.prefix)


def owned_object(_object, name, kind, _reflected, compare_to) -> bool:
    """The same for objects, so that autogenerate never drops what another plugin owns."""
    return kind != "table" or name.startswith(branch.prefix)


def rendered(kind, item, _autogen):
    """Our own types by their names in core.db, so that a migration says the same on both databases."""
    if kind == "type" and isinstance(item, sa.JSON):
        return "db.JsonType"
    if kind == "type" and isinstance(item, sa.BigInteger) and "sqlite" in item._variant_mapping:
        return "db.BigId"
    if kind == "type" and type(item).__module__ == "core.db":
        return f"db.{type(item).__name__}()"
    return False


context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    version_table=branch.version_table,
    include_name=owned,
    include_object=owned_object,
    render_as_batch=True,
    render_item=rendered,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
