"""How parts stand where a reorder point counts, and what was proposed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, NotFound, Quantity, _, get_setting
from plugins.inventory.models import (
    Balance,
    Location,
    Move,
    Part,
    PurchaseRequest,
    PurchaseRequestLine,
    ReorderPoint,
    ReorderProposal,
)
from plugins.inventory.models.places import PICKED
from plugins.inventory.queries.ordering import open_lines
from plugins.inventory.queries.parts import NOTHING, ordered_instead, part_words
from plugins.inventory.queries.places import parents
from plugins.inventory.queries.stock import stock_of
from plugins.inventory.rules.reorder import Point, Position

NONE = Decimal(0)
COMING_STATES = ("draft", "approved")


class Tree:
    """The tree of locations, for asking what lies in what."""

    def __init__(self, ctx: Ctx):
        self._above = parents(ctx)

    def within(self, inner: int | None, outer: int | None) -> bool:
        """Whether a location is another one or lies below it; everything lies in the whole company (None)."""
        if outer is None:
            return True
        return outer in self._path(inner)

    def depth(self, location_id: int | None) -> int:
        """How many locations are above it."""
        return len(self._path(location_id))

    def below(self, location_id: int) -> list[int]:
        """A location and all below it."""
        return sorted(i for i in self._above if self.within(i, location_id))

    def _path(self, at: int | None) -> list[int]:
        path: list[int] = []
        while at is not None and at not in path:
            path.append(at)
            at = self._above.get(at)
        return path


def with_words(query: sa.Select) -> sa.Select:
    """Points with what their lines say."""
    return query.options(
        orm.joinedload(ReorderPoint.part).joinedload(Part.measure), orm.joinedload(ReorderPoint.location)
    )


def get_point(ctx: Ctx, point_id: int, *, lock: bool = False) -> ReorderPoint:
    """One reorder point. Raises NotFound."""
    query = with_words(sa.select(ReorderPoint).where(ReorderPoint.id == point_id))
    row = ctx.session.scalar(query.with_for_update(of=ReorderPoint) if lock else query)
    if row is None:
        raise NotFound("unknown_point", _("There is no such reorder point."))
    return row


def points_of(ctx: Ctx, part_id: int) -> list[ReorderPoint]:
    """The reorder points of a part."""
    query = with_words(sa.select(ReorderPoint).where(ReorderPoint.part_id == part_id))
    return list(ctx.session.scalars(query.order_by(ReorderPoint.id)))


def points_in_force(
    ctx: Ctx, tree: Tree, part_ids: Collection[int] | None = None, *, lock: bool = False
) -> list[Point]:
    """The points that count: active, of active parts; locked in the order of ids, so that one run follows another.

    That of a superseded part counts for the part that is ordered instead, unless that has one for the same location.
    """
    instead = ordered_instead(ctx)
    query = sa.select(ReorderPoint).join(Part, Part.id == ReorderPoint.part_id)
    query = query.where(ReorderPoint.active.is_(True), Part.active.is_(True))
    if part_ids is not None:
        query = query.where(ReorderPoint.part_id.in_(_with_older(instead, part_ids)))
    query = query.order_by(ReorderPoint.id)
    rows = list(ctx.session.scalars(query.with_for_update(of=ReorderPoint) if lock else query))
    words = part_words(ctx, (row.part_id for row in rows))
    own = {(row.part_id, row.location_id) for row in rows}
    found: list[Point] = []
    for row in rows:
        bought = instead.get(row.part_id, row.part_id)
        if bought != row.part_id and (bought, row.location_id) in own:
            continue
        own.add((bought, row.location_id))
        found.append(Point(
            row.id, bought, row.location_id, row.rule, row.minimum, row.maximum, tree.depth(row.location_id),
            words[row.part_id].decimals, row.part_id if bought != row.part_id else None,
        ))  # fmt: skip
    return found


def _with_older(instead: Mapping[int, int], part_ids: Collection[int]) -> list[int]:
    """These parts and those, one way or the other, that are superseded by them or by which they are."""
    bought = {instead.get(i, i) for i in part_ids}
    return sorted({*part_ids, *bought, *(old for old, new in instead.items() if new in bought)}) or [0]


def positions(ctx: Ctx, tree: Tree, points: Sequence[Point]) -> dict[int, Position]:
    """Point → how its part stands there; a few statements for each location named by points."""
    silent = silent_points(ctx, [p.id for p in points])
    found: dict[int, Position] = {}
    lines = coming_lines(ctx, {i for p in points for i in _parts(p)})
    for place in sorted({p.location_id or 0 for p in points}):
        here = [p for p in points if (p.location_id or 0) == place]
        inside = tree.below(place) if place else None
        free = free_in(ctx, {i for p in here for i in _parts(p)}, inside)
        daily = daily_use(ctx, {i for p in here if p.rule == "cover" for i in _parts(p)}, inside)
        for p in here:
            coming = sum((q for part, at, q in lines if part in _parts(p) and tree.within(at, p.location_id)), NONE)
            there, used = (sum((figures.get(i, NONE) for i in _parts(p)), NONE) for figures in (free, daily))
            found[p.id] = Position(there, coming, used, p.id in silent)
    return found


def _parts(point: Point) -> tuple[int, ...]:
    return (point.part_id,) if point.older is None else (point.part_id, point.older)


def free_in(ctx: Ctx, part_ids: Collection[int], inside: Sequence[int] | None) -> dict[int, Decimal]:
    """Part → what is free today in these locations; None: in the whole company."""
    if inside is None:
        return {part_id: stock.free for part_id, stock in stock_of(ctx, part_ids).items()}
    query = (
        sa.select(Balance.part_id, sa.type_coerce(sa.func.sum(Balance.on_hand - Balance.reserved), Quantity))
        .join(Location, Location.id == Balance.location_id)
        .where(
            Balance.part_id.in_(sorted(part_ids) or NOTHING),
            Balance.location_id.in_(list(inside) or NOTHING),
            Location.kind.in_(PICKED), Location.active.is_(True), Balance.held.is_(False),
            sa.or_(Balance.usable_until.is_(None), Balance.usable_until >= ctx.today),
        )
        .group_by(Balance.part_id)
    )  # fmt: skip
    return {row[0]: row[1] for row in ctx.session.execute(query)}


def daily_use(ctx: Ctx, part_ids: Collection[int], inside: Sequence[int] | None) -> dict[int, Decimal]:
    """Part → what was issued in a day on average, over the days that the company looks back; less what came back."""
    if not part_ids:
        return {}
    days = int(get_setting(ctx, "inventory.use_days"))
    since = ctx.today - dt.timedelta(days=days)
    undone = orm.aliased(Move)
    signed = sa.case((Move.kind == "return", -Move.quantity), else_=Move.quantity)
    query = sa.select(Move.part_id, sa.func.sum(signed)).where(
        Move.part_id.in_(sorted(part_ids)), Move.kind.in_(("issue", "return")), Move.effective_on > since,
        ~sa.exists(sa.select(undone.id).where(undone.reverses_id == Move.id)),
    )  # fmt: skip
    if inside is not None:
        query = query.where(sa.case((Move.kind == "return", Move.to_id), else_=Move.from_id).in_(list(inside)))
    rows = ctx.session.execute(query.group_by(Move.part_id))
    return {row[0]: max(row[1], NONE) / days for row in rows}


def coming_lines(ctx: Ctx, part_ids: Collection[int]) -> list[tuple[int, int | None, Decimal]]:
    """(part, for which location, how much) of all that is asked for and not refused, or ordered and still to come."""
    line = PurchaseRequestLine
    query = sa.select(line.part_id, line.location_id, sa.func.sum(line.quantity))
    query = query.join(PurchaseRequest, PurchaseRequest.id == line.request_id)
    query = query.where(line.part_id.in_(sorted(part_ids) or NOTHING), PurchaseRequest.state.in_(COMING_STATES))
    asked = ctx.session.execute(query.group_by(line.part_id, line.location_id))
    return [*((row[0], row[1], row[2]) for row in asked), *open_lines(ctx, part_ids)]


# --- proposals ------------------------------------------------------------------------------------------------------


def silent_points(ctx: Ctx, point_ids: Iterable[int]) -> set[int]:
    """Those points of which a proposal was dismissed until today or later."""
    query = sa.select(ReorderProposal.point_id).where(
        ReorderProposal.point_id.in_(sorted(set(point_ids)) or NOTHING),
        ReorderProposal.state == "dismissed", ReorderProposal.until >= ctx.today,
    )  # fmt: skip
    return set(ctx.session.scalars(query))


def proposal_words(query: sa.Select) -> sa.Select:
    """Proposals with what their lines say."""
    return query.options(
        orm.joinedload(ReorderProposal.part).joinedload(Part.measure), orm.joinedload(ReorderProposal.location),
        orm.joinedload(ReorderProposal.supplier), orm.joinedload(ReorderProposal.request),
    )  # fmt: skip


def open_proposals(ctx: Ctx, point_ids: Iterable[int]) -> dict[int, ReorderProposal]:
    """Point → its open proposal."""
    wanted = sorted(set(point_ids)) or NOTHING
    query = sa.select(ReorderProposal).where(ReorderProposal.state == "open", ReorderProposal.point_id.in_(wanted))
    return {row.point_id: row for row in ctx.session.scalars(query.order_by(ReorderProposal.id))}


def open_proposals_for(ctx: Ctx, part_ids: Collection[int] | None) -> dict[int, ReorderProposal]:
    """Point → its open proposal, of all points of these parts and of those they supersede; of all, with None."""
    points = sa.select(ReorderPoint.id)
    if part_ids is not None:
        points = points.where(ReorderPoint.part_id.in_(_with_older(ordered_instead(ctx), part_ids)))
    query = sa.select(ReorderProposal).where(ReorderProposal.state == "open", ReorderProposal.point_id.in_(points))
    return {row.point_id: row for row in ctx.session.scalars(query.order_by(ReorderProposal.id))}


def proposals(ctx: Ctx, ids: Iterable[int]) -> list[ReorderProposal]:
    """These proposals, locked, in the order of ids."""
    query = sa.select(ReorderProposal).where(ReorderProposal.id.in_(sorted(set(ids)) or NOTHING))
    return list(ctx.session.scalars(query.order_by(ReorderProposal.id).with_for_update()))


def count_open(ctx: Ctx) -> int:
    """How many proposals wait to be looked at."""
    query = sa.select(sa.func.count()).select_from(ReorderProposal).where(ReorderProposal.state == "open")
    return ctx.session.scalar(query) or 0


def guarantee_without_point(ctx: Ctx) -> int:
    """How many guarantee parts have no minimum anywhere (SB-4)."""
    point = sa.select(ReorderPoint.id).where(ReorderPoint.part_id == Part.id, ReorderPoint.active.is_(True))
    query = sa.select(sa.func.count()).select_from(Part)
    query = query.where(Part.guarantee.is_(True), Part.active.is_(True), ~point.exists())
    return ctx.session.scalar(query) or 0


def guarantee_parts(ctx: Ctx, part_ids: Collection[int] | None) -> set[int]:
    """Those of these parts (of all, with None) that are guarantee parts with a reorder point."""
    query = sa.select(ReorderPoint.part_id).join(Part, Part.id == ReorderPoint.part_id)
    query = query.where(Part.guarantee.is_(True), Part.active.is_(True), ReorderPoint.active.is_(True))
    if part_ids is not None:
        query = query.where(ReorderPoint.part_id.in_(_with_older(ordered_instead(ctx), part_ids)))
    return set(ctx.session.scalars(query))
