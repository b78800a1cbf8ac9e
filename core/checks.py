"""``sanbao check``: everything that can be known to be wrong before anybody asks for a page."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from core import config, migrate, plugins
from core.companies.models import Company
from core.companies.upkeep import companies_behind
from core.db import make_engine, system_session, unprotected, walks_past
from core.decisions.analysis import analyse
from core.decisions.errors import TableError
from core.decisions.parsing import from_data
from core.errors import ConfigurationError
from core.files import content_problems


def problems(without: Iterable[str] = ()) -> list[str]:
    """Sentences, each naming what is wrong and where; empty when all is well."""
    try:
        registry = plugins.load(without)
        config.secret_key()
    except ConfigurationError as error:
        return [str(error)]
    found = []
    for kind, workflow in registry.workflows.items():
        found += [f"workflow {kind}: {text}" for text in workflow.problems()]
    clock_tables = {c.table for c in registry.clock_kinds.values()}
    for name, definition in registry.tables.items():
        found += _table_problems(name, definition, name in clock_tables)
    for clock in registry.clock_kinds.values():
        found += [
            f"clock {clock.kind}: no plugin declares the table {t!r}"
            for t in (clock.table, clock.ladder)
            if t and t not in registry.tables
        ]
    try:
        engine = make_engine(config.database_url())
        pending = migrate.pending(engine, registry)
        if pending:
            found.append(f"migrations to run: {', '.join(pending)}; run: sanbao db upgrade")
        else:
            found += _wall_problems(engine)
            found += _file_problems(engine)
            found += [
                f"company {code}: lacks what {', '.join(late)} ship; start the worker, or run: sanbao company update"
                for code, late in companies_behind(engine, registry).items()
            ]
        engine.dispose()
    except sa.exc.SQLAlchemyError as error:
        found.append(f"database: {error}")
    return found


def _wall_problems(engine: sa.Engine) -> list[str]:
    """PostgreSQL keeps companies apart a second time, if every table has its policy and the role is bound by it."""
    with engine.connect() as connection:
        bare = unprotected(connection)
        found = [f"row-level security is missing on {', '.join(bare)}; run: sanbao db upgrade"] if bare else []
        if walks_past(connection):
            found.append(
                "the database role is a superuser or has BYPASSRLS, so row-level security does not bind it; "
                "use an ordinary role that owns the database"
            )
        return found


def _file_problems(engine: sa.Engine) -> list[str]:
    with system_session(engine, "sanbao check: stored files") as session:
        companies = session.execute(sa.select(Company.id, Company.code).order_by(Company.code)).all()
        return [text for row in companies for text in content_problems(session, row.id, row.code)]


def _table_problems(name: str, definition, needs_limit: bool) -> list[str]:
    try:
        table = from_data(definition.load())
    except TableError as error:
        return [f"rule table {name}: {error}"]
    analysis = analyse(table)
    found = [f"rule table {name}: row {row.row} can never fire" for row in analysis.unreachable]
    if needs_limit and not analysis.has_default and (analysis.gaps or not analysis.gaps_searched):
        found.append(f"rule table {name}: a clock takes its limit from it, so it needs a default or no gap")
    return found
