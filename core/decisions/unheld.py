"""Roles that rules in force name and nobody holds: what such a rule gives or tells reaches nobody."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from core.companies.models import Membership
from core.context import Ctx
from core.decisions.store import PUBLISHED, DecisionTable, DecisionVersion, declared_table


def unheld_roles(ctx: Ctx, plugins: Collection[str]) -> dict[str, list[str]]:
    """Role code → names of the tables of these plugins that name it in force, where no active member holds it.

    Three statements, however many tables there are.
    """
    held = {
        code for codes in ctx.session.scalars(sa.select(Membership.role_codes).where(Membership.active.is_(True)))
        for code in codes
    }  # fmt: skip
    found: dict[str, list[str]] = {}
    for name, body in _in_force(ctx, plugins):
        for code in sorted(_roles_in(ctx, name, body) - held):
            found.setdefault(code, []).append(name)
    return dict(sorted(found.items()))


def _in_force(ctx: Ctx, plugins: Collection[str]) -> list[tuple[str, dict]]:
    t, v = DecisionTable, DecisionVersion
    query = sa.select(t.name, v.id).join(v, v.table_id == t.id).where(t.plugin.in_(sorted(plugins)))
    query = query.where(v.status == PUBLISHED, v.effective_from <= ctx.today)
    newest: dict[str, int] = dict(ctx.session.execute(query.order_by(v.effective_from, v.number)).all())
    read = sa.select(v.id, v.body).where(v.id.in_(sorted(newest.values())))
    bodies: dict[int, dict] = dict(ctx.session.execute(read).all())
    return [(name, bodies[newest[name]]) for name in sorted(newest)]


def _roles_in(ctx: Ctx, name: str, body: dict) -> set[str]:
    """The codes in the columns that hold roles, said by the version itself or by what the module ships."""
    shipped = declared_table(ctx, name)
    columns = {c["name"] for c in body["outputs"] if c.get("of") == "roles"}
    if shipped is not None:
        columns |= {c.name for c in shipped.outputs if c.of == "roles"}
    outputs = [row["then"] for row in body["rows"]] + [body.get("default") or {}]
    codes = {str(out.get(column) or "") for out in outputs for column in columns}
    return codes - {""}
