"""What contracts, follow-ups, agreements and claims are found by in the search box."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, Searchable, SearchText
from plugins.warranty.models.agreements import ContractItem, FollowUp, ServiceContract
from plugins.warranty.models.claims import SupplierClaim
from plugins.warranty.models.suppliers import SupplierAgreement


def _contracts(ctx: Ctx, ids: list[int]) -> dict[int, SearchText]:
    serials: dict[int, list[str]] = {}
    items = sa.select(ContractItem).where(ContractItem.contract_id.in_(ids), ContractItem.device_id.is_not(None))
    for item in ctx.session.scalars(items.options(orm.joinedload(ContractItem.device))):
        serials.setdefault(item.contract_id, []).append(item.device.serial or "")
    query = sa.select(ServiceContract).where(ServiceContract.id.in_(ids))
    found = {}
    for c in ctx.session.scalars(query.options(orm.joinedload(ServiceContract.customer))):
        words = (c.external_key or "", c.contact_name, *serials.get(c.id, [])[:20])
        found[c.id] = SearchText(f"{c.number} {c.title}", c.customer.name, words, c.unit_id, c.assignee_id)
    return found


def _follow_ups(ctx: Ctx, ids: list[int]) -> dict[int, SearchText]:
    rows = ctx.session.scalars(sa.select(FollowUp).where(FollowUp.id.in_(ids)))
    return {f.id: SearchText(f"{f.number} {f.about}", "", (f.task,), f.unit_id, f.assignee_id) for f in rows}


def _agreements(ctx: Ctx, ids: list[int]) -> dict[int, SearchText]:
    query: Any = sa.select(SupplierAgreement).where(SupplierAgreement.id.in_(ids))
    rows = ctx.session.scalars(query.options(orm.joinedload(SupplierAgreement.supplier)))
    return {a.id: SearchText(f"{a.number} {a.supplier.name}", a.third_party, (a.product_group, a.maker)) for a in rows}


def _claims(ctx: Ctx, ids: list[int]) -> dict[int, SearchText]:
    query: Any = sa.select(SupplierClaim).where(SupplierClaim.id.in_(ids))
    found = {}
    for c in ctx.session.scalars(query.options(orm.joinedload(SupplierClaim.supplier))):
        words = (c.part, c.batch, c.problem[:200])
        found[c.id] = SearchText(f"{c.number} {c.subject}", c.supplier.name, words, c.unit_id, c.assignee_id)
    return found


CONTRACTS = Searchable(_contracts)
FOLLOW_UPS = Searchable(_follow_ups)
AGREEMENTS = Searchable(_agreements)
CLAIMS = Searchable(_claims)
