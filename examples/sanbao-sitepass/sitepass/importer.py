"""Passes from the list that a gatekeeper keeps: each is with us until the day it says."""

from __future__ import annotations

import sqlalchemy as sa

from core.api import N_, Ctx, Field, Importer, ImportRow, Loaded, RowProblem, _, emit
from plugins.base import queries as archive
from sitepass.models import LENT, Pass

FIELDS = (
    Field("number", N_("Number of the pass"), required=True, longest=40, synonyms=("pass", "pass no")),
    Field("customer_key", N_("Customer, by the key of its import"), required=True, longest=120, synonyms=("customer",)),
    Field("holder", N_("Held by"), longest=120, synonyms=("holder", "name")),
    Field("back_by", N_("Back by"), "date", required=True, synonyms=("until", "valid until")),
)


def load(ctx: Ctx, rows: list[ImportRow]) -> Loaded:
    """Add the passes of a batch whose number is new and whose customer is known."""
    numbers = [row.values["number"] for row in rows]
    known = set(ctx.session.scalars(sa.select(Pass.number).where(Pass.number.in_(numbers))))
    added, bad = 0, []
    for row in rows:
        v = row.values
        if v["number"] in known:
            continue
        customer = archive.customer_by_key(ctx, v["customer_key"])
        if customer is None:
            text = _("There is no customer with the key “{key}”.", key=v["customer_key"])
            bad.append(RowProblem(row.line, "customer_key", text, v["customer_key"]))
            continue
        made = Pass(
            number=v["number"],
            customer_id=customer.id,
            holder=v.get("holder") or "",
            days=max(0, (v["back_by"] - ctx.today).days),
            state=LENT,
            back_by=v["back_by"],
        )
        ctx.session.add(made)
        ctx.session.flush()
        emit(
            ctx, "sitepass.lent", made, links=(customer,), number=made.number, holder=made.holder, back_by=made.back_by
        )
        added += 1
    return Loaded(added, sum(1 for row in rows if row.values["number"] in known), tuple(bad))


PASSES = Importer("passes", N_("Site passes"), FIELDS, load, "sitepass.pass.edit", key="number")
