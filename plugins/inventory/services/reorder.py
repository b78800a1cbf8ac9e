"""Reorder points, and what they propose to buy: by the night, by a button, at once for guarantee parts (SB-4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from decimal import Decimal

import sqlalchemy as sa

from core.api import (
    N_,
    Conflict,
    Ctx,
    Invalid,
    RecordRef,
    _,
    check_version,
    emit,
    get_setting,
    notify,
    people_with_role,
    transaction,
)
from plugins.inventory.contracts import PART, PointData, Run
from plugins.inventory.models import PurchaseRequest, ReorderPoint, ReorderProposal
from plugins.inventory.models.places import INSIDE
from plugins.inventory.models.reorder import REORDER_RULES
from plugins.inventory.queries import reorder as queries
from plugins.inventory.queries.parts import get_part, part_words, plain_quantity
from plugins.inventory.queries.places import get_location
from plugins.inventory.queries.suppliers import terms_of
from plugins.inventory.rules.quantities import fits, sensible
from plugins.inventory.rules.reorder import Wanted, plan
from plugins.inventory.services.common import chosen, right
from plugins.inventory.services.purchasing import request_of

EDIT, RUN = "inventory.reorder.edit", "inventory.reorder.run"


# --- points ---------------------------------------------------------------------------------------------------------


def save_point(ctx: Ctx, data: PointData, *, version: int | None = None) -> ReorderPoint:
    """Say below which level a part is bought again and how far it is filled up."""
    ctx.require(EDIT)
    with transaction(ctx):
        row = queries.get_point(ctx, data.id, lock=True) if data.id else None
        check_version(row, version)
        part = get_part(ctx, row.part_id if row is not None else data.part_id)
        chosen(data.rule, REORDER_RULES, "rule")
        _check_levels(ctx, part.id, data)
        if data.location_id is not None and get_location(ctx, data.location_id).kind not in INSIDE:
            raise Invalid("outside", _("Choose a location inside the company."), "location_id")
        query = sa.select(ReorderPoint).where(
            ReorderPoint.part_id == part.id, ReorderPoint.location_id.is_not_distinct_from(data.location_id)
        )
        same = ctx.session.scalar(query)
        if same is not None and same is not row:
            raise Invalid("known", _("{part} has a reorder point for this already.", part=part.code), "location_id")
        row = row or ReorderPoint(part_id=part.id)
        row.location_id, row.rule, row.active = data.location_id, data.rule, data.active
        row.minimum, row.maximum = data.minimum, data.maximum
        ctx.session.add(row)
        ctx.session.flush()
        emit(
            ctx, "inventory.reorder_saved", row, links=[part], code=part.code, minimum=plain_quantity(row.minimum),
            maximum=plain_quantity(row.maximum),
        )  # fmt: skip
        return row


def _check_levels(ctx: Ctx, part_id: int, data: PointData) -> None:
    part = part_words(ctx, [part_id])[part_id]
    decimals = part.decimals if data.rule == "levels" else 0
    for value, field in ((data.minimum, "minimum"), (data.maximum, "maximum")):
        if not sensible(value):
            raise Invalid("bad_quantity", _("A number above 0 is needed."), field)
        if not fits(value, decimals):
            raise Invalid("not_exact", _("At most {n} decimals.", n=decimals), field)
    if data.maximum < data.minimum:
        raise Invalid("bad_levels", _("The maximum is not below the minimum."), "maximum")


# --- proposing ------------------------------------------------------------------------------------------------------


def propose(ctx: Ctx, part_ids: Collection[int] | None = None, *, allowed: bool = False) -> Run:
    """Look what is short (of these parts; of all, with None) and propose to buy it.

    What was proposed and is still open is put to what is needed now; so running it twice proposes nothing new.
    """
    right(ctx, RUN, allowed)
    with transaction(ctx):
        tree = queries.Tree(ctx)
        points = queries.points_in_force(ctx, tree, part_ids, lock=True)
        ctx.session.flush()
        wanted = plan(
            points, queries.positions(ctx, tree, points), terms_of(ctx, {p.part_id for p in points}), tree.within
        )
        known = queries.open_proposals_for(ctx, part_ids)
        words = part_words(ctx, {*(p.part_id for p in points), *(row.part_id for row in known.values())})
        made = changed = 0
        for one in wanted:
            row = known.pop(one.point.id, None)
            code = words[one.point.part_id].code
            amount = words[one.point.part_id].amount(one.quantity)
            if row is None:
                made += 1
                row = ReorderProposal(point_id=one.point.id, part_id=one.point.part_id, made_at=ctx.now)
                event = "inventory.proposed"
            elif _same(row, one):
                continue
            else:
                changed += 1
                event = "inventory.proposal_changed"
            _put(row, one)
            ctx.session.add(row)
            ctx.session.flush()
            emit(ctx, event, RecordRef(PART, row.part_id), code=code, quantity=amount)
        for row in known.values():
            row.state = "gone"
            ctx.session.flush()
            emit(ctx, "inventory.proposal_gone", RecordRef(PART, row.part_id), code=words[row.part_id].code)
        return Run(made, changed, len(known))


def _figures(one: Wanted) -> dict[str, Decimal | int | None]:
    return {
        "part_id": one.point.part_id, "quantity": one.quantity, "free": one.free, "coming": one.coming,
        "minimum": one.minimum, "target": one.target,
        "supplier_id": one.terms.supplier_id if one.terms else None, "location_id": one.point.location_id,
    }  # fmt: skip


def _same(row: ReorderProposal, one: Wanted) -> bool:
    return all(getattr(row, name) == value for name, value in _figures(one).items())


def _put(row: ReorderProposal, one: Wanted) -> None:
    for name, value in _figures(one).items():
        setattr(row, name, value)


def dismiss(ctx: Ctx, proposal_id: int) -> ReorderProposal:
    """Don't buy it now: its point stays silent for as many days as the company says."""
    ctx.require(RUN)
    with transaction(ctx):
        row = next(iter(queries.proposals(ctx, [proposal_id])), None)
        if row is None or row.state != "open":
            raise Conflict("not_open", _("This proposal was dealt with already."))
        row.state = "dismissed"
        row.until = ctx.today + dt.timedelta(days=int(get_setting(ctx, "inventory.dismissed_days")))
        ctx.session.flush()
        part = get_part(ctx, row.part_id)
        emit(ctx, "inventory.proposal_dismissed", part, code=part.code, until=row.until)
        return row


def request_proposals(ctx: Ctx, proposal_ids: Collection[int]) -> PurchaseRequest:
    """Put open proposals into one purchase request, with the suppliers and prices that are known."""
    with transaction(ctx):
        return request_of(ctx, _open(ctx, proposal_ids))


def _open(ctx: Ctx, proposal_ids: Collection[int]) -> list[ReorderProposal]:
    rows = queries.proposals(ctx, proposal_ids)
    if not rows or any(row.state != "open" for row in rows):
        raise Conflict("not_open", _("One of these proposals was dealt with already. Look at the list again."))
    return rows


# --- by itself ------------------------------------------------------------------------------------------------------


def nightly(ctx: Ctx) -> Run:
    """What a night proposes: for all points; guarantee parts are requested at once."""
    run = propose(ctx, allowed=True)
    replenish(ctx, None)
    return run


def replenish(ctx: Ctx, part_ids: Collection[int] | None) -> PurchaseRequest | None:
    """Guarantee parts among these that fell below their minimum are requested at once, without a night's wait (SB-4).

    Whoever buys is told. Answers None where nothing is short.
    """
    wanted = queries.guarantee_parts(ctx, part_ids)
    if not wanted:
        return None
    with transaction(ctx):
        propose(ctx, wanted, allowed=True)
        tree = queries.Tree(ctx)
        points = queries.points_in_force(ctx, tree, wanted)
        rows = sorted(queries.open_proposals(ctx, [p.id for p in points]).values(), key=lambda row: row.id)
        if not rows:
            return None
        request = request_of(ctx, rows, urgent=True, allowed=True)
        buyers = people_with_role(ctx, str(get_setting(ctx, "inventory.buyer_role")))
        text = N_("Guarantee parts are short: purchase request {number} ({what})")
        what = ", ".join(sorted(w.code for w in part_words(ctx, (row.part_id for row in rows)).values()))
        notify(ctx, buyers, text, record=request, once=f"request {request.id}", number=request.number, what=what)
        return request
