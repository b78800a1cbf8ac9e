"""How a supplier that was entered twice is recognised and merged; the core moves what points to it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import N_, Alike, Ctx, Mergeable, _, is_told_apart
from plugins.warranty.agreed import SUPPLIER
from plugins.warranty.models.suppliers import Supplier


def _find(ctx: Ctx, text: str) -> Supplier | None:
    return ctx.session.scalar(sa.select(Supplier).where(Supplier.number == text.strip().upper()))


def _like(ctx: Ctx, record: Any) -> list[Alike]:
    own = Supplier.id != record.id
    query = sa.select(Supplier).where(Supplier.name == record.name, own, Supplier.merged_into_id.is_(None))
    return [Alike(row, _("same name")) for row in ctx.session.scalars(query.order_by(Supplier.id).limit(20))]


def _suspects() -> sa.Select:
    twin = orm.aliased(Supplier)
    later = sa.select(twin.id).where(
        twin.name == Supplier.name,
        twin.id > Supplier.id,
        twin.merged_into_id.is_(None),
        ~is_told_apart(SUPPLIER, Supplier.id, twin.id),
    )
    return sa.select(Supplier).where(Supplier.merged_into_id.is_(None), sa.exists(later))


SUPPLIERS = Mergeable(
    right="warranty.supplier.merge",
    fields=(
        ("name", N_("Name")),
        ("contact_name", N_("Contact person")),
        ("phone", N_("Phone")),
        ("email", N_("E-mail address")),
        ("address", N_("Address")),
        ("note", N_("Note")),
    ),
    merged="warranty.suppliers_merged",
    undone="warranty.suppliers_merge_undone",
    name=lambda supplier: supplier.name,
    find=_find,
    alike=_like,
    suspects=_suspects,
)
