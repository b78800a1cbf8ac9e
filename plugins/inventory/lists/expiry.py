"""The list of what expires, by location, declared."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import (
    N_,
    ChoiceFilter,
    Ctx,
    DaysFilter,
    ListColumn,
    ListDef,
    ListLink,
    ListTab,
    Mark,
    RecordFilter,
    _,
    n_,
)
from plugins.inventory.lists.ledger import StockRow, balance_mark, reachable
from plugins.inventory.models import Balance, Batch, Location, Part
from plugins.inventory.queries import expiry as queries
from plugins.inventory.queries.parts import tidy

SEE = "inventory.stock.view"


def _rows(ctx: Ctx) -> sa.Select:
    query = sa.select(Balance).join(Part, Part.id == Balance.part_id)
    query = query.where(
        Balance.on_hand > Decimal(0), Balance.usable_until.is_not(None), reachable(ctx, Balance.location_id)
    )
    return query.options(
        orm.joinedload(Balance.part).joinedload(Part.measure), orm.joinedload(Balance.batch),
        orm.joinedload(Balance.location),
    )  # fmt: skip


def _left(ctx: Ctx, until: dt.date) -> Mark:
    days = (until - ctx.today).days
    if days < 0:
        return Mark(n_("{n} day over", "{n} days over", -days), "bad", "calendar-x")
    return Mark(n_("{n} day left", "{n} days left", days), "warn" if days <= 30 else "", "calendar-clock")


def _prepare(ctx: Ctx, rows: list[Balance]) -> list[tuple[StockRow, Mark]]:
    return [
        (StockRow(row, balance_mark(row, ctx.today)), _left(ctx, row.usable_until or ctx.today)) for row in rows
    ]


def _of_sterility(_ctx: Ctx, value: str) -> sa.ColumnElement[bool]:
    batch = sa.select(Batch.id).where(Batch.id == Balance.batch_id)
    first = Batch.sterile_until == Balance.usable_until
    wanted = first if value == "sterile" else sa.or_(Batch.sterile_until.is_(None), ~first)
    return batch.where(wanted).exists()


EXPIRING = ListDef(
    "inventory.expiring",
    N_("Expiry"),
    Balance,
    SEE,
    (
        ListColumn("until", N_("Usable until"), lambda r: r[0].balance.usable_until, "date", "left",
                   Balance.usable_until, fixed=True),
        ListColumn("left", N_("Days left"), lambda r: r[1], "mark", "right"),
        ListColumn("code", N_("Code"), lambda r: r[0].balance.part.code, "id", "id"),
        ListColumn("name", N_("Name"), lambda r: r[0].balance.part.name, "main", "main"),
        ListColumn("batch", N_("Batch"), lambda r: r[0].balance.batch.number if r[0].balance.batch else ""),
        ListColumn("place", N_("Location"), lambda r: r[0].balance.location.name),
        ListColumn("on_hand", N_("On hand"), lambda r: tidy(r[0].balance.on_hand), "number", "tag"),
        ListColumn("measure", N_("Unit of measure"), lambda r: r[0].balance.part.measure.name),
        ListColumn(
            "sterile", N_("Sterile until"),
            lambda r: r[0].balance.batch.sterile_until if r[0].balance.batch else None, "date", shown=False,
        ),
        ListColumn("state", N_("State"), lambda r: r[0].mark, "mark", shown=False),
    ),
    "/inventory/expiring/",
    icon="calendar-clock",
    query=_rows,
    prepare=_prepare,
    search=lambda _ctx, text: sa.or_(
        Part.code.istartswith(text, autoescape=True), Part.name.icontains(text, autoescape=True)
    ),
    search_words=N_("Code, name"),
    filters=(
        RecordFilter("place", N_("Location"), Balance.location_id, model=Location, by=Location.name),
        RecordFilter("part", N_("Part"), Balance.part_id, model=Part, by=Part.code),
        DaysFilter("until", N_("Usable until"), Balance.usable_until),
        ChoiceFilter(
            "end", N_("What ends"), None,
            lambda _ctx: [("sterile", _("Sterility")), ("shelf", _("Shelf life"))], _of_sterility,
        ),
    ),
    tabs=(
        ListTab("soon", N_("Soon"), lambda ctx: sa.and_(queries.ends_soon(ctx), Balance.usable_until >= ctx.today)),
        ListTab("expired", N_("Expired"), lambda ctx: Balance.usable_until < ctx.today),
        ListTab("all", N_("All"), counted=False),
    ),
    first=("soon", "expired", "all"),
    order=((Balance.usable_until, False), (Balance.id, False)),
    links=(ListLink(N_("Stock"), "inventory.stock_list", SEE, "package"),),
    export=SEE,
    empty=N_("Nothing expires here"),
)  # fmt: skip
