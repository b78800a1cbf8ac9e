"""The lists of stock, moves, reservations and locations, declared."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import (
    N_,
    BulkAction,
    ChoiceFilter,
    Ctx,
    DaysFilter,
    ListColumn,
    ListDef,
    ListLink,
    ListTab,
    Mark,
    NewRecord,
    RecordFilter,
    RecordRef,
    UnitFilter,
    _,
    n_,
)
from plugins.inventory.contracts import MOVE_WORDS, PLACE_WORDS
from plugins.inventory.models import Balance, Batch, Location, Move, Part, Reservation, Serial
from plugins.inventory.models.places import PERSONAL
from plugins.inventory.queries import places, records
from plugins.inventory.queries import stock as queries
from plugins.inventory.queries.parts import tidy
from plugins.inventory.rules.picking import usable
from plugins.inventory.services import reserving

SEE = "inventory.stock.view"
SEE_PLACES, EDIT_PLACES = "inventory.location.view", "inventory.location.edit"
RECEIVE, RESERVE = "inventory.stock.receive", "inventory.reservation.edit"
NONE = Decimal(0)


def reachable(ctx: Ctx, column):
    """A condition: the location is within the actor's reach; nothing to ask for those who see all."""
    if ctx.actor.unit_ids is None:
        return sa.true()
    return column.in_(sa.select(Location.id))


# --- stock ----------------------------------------------------------------------------------------------------------


def balance_mark(balance: Balance, today) -> Mark:
    """Whether what is there may be used, in words with its colour."""
    if balance.held:
        return Mark(_("On hold"), "bad", "octagon-pause")
    if not usable(False, balance.usable_until, today):
        return Mark(_("Expired"), "bad", "calendar-x")
    kind = balance.location.kind
    if kind in ("quarantine", "loan", "transit"):
        return Mark(_(PLACE_WORDS[kind]), "warn", "circle-pause")
    if balance.on_hand > balance.reserved:
        return Mark(_("Free"), "ok", "circle-check")
    return Mark(_("Reserved"), "info", "lock") if balance.on_hand else Mark(_("None"), "", "circle")


@dataclass(frozen=True)
class StockRow:
    """A balance with how it stands today."""

    balance: Balance
    mark: Mark


def _stock(ctx: Ctx, rows: list[Balance]) -> list[StockRow]:
    return [StockRow(row, balance_mark(row, ctx.today)) for row in rows]


def _stock_rows(ctx: Ctx) -> sa.Select:
    query = sa.select(Balance).where(reachable(ctx, Balance.location_id))
    return query.options(
        orm.joinedload(Balance.part).joinedload(Part.measure), orm.joinedload(Balance.batch),
        orm.joinedload(Balance.serial), orm.joinedload(Balance.location),
    )  # fmt: skip


def lot_words(row: Any) -> str:
    """The serial number, or the batch."""
    if row.serial is not None:
        return row.serial.number
    return row.batch.number if row.batch is not None else ""


def _search_stock(_ctx: Ctx, text: str):
    parts = sa.select(Part.id).where(
        sa.or_(Part.code.istartswith(text, autoescape=True), Part.name.icontains(text, autoescape=True))
    )
    batches = sa.select(Batch.id).where(Batch.number.istartswith(text, autoescape=True))
    serials = sa.select(Serial.id).where(Serial.number.istartswith(text, autoescape=True))
    return sa.or_(Balance.part_id.in_(parts), Balance.batch_id.in_(batches), Balance.serial_id.in_(serials))


def _kinds(_ctx: Ctx) -> list[tuple[str, str]]:
    return [(code, _(words)) for code, words in PLACE_WORDS.items()]


STOCK = ListDef(
    "inventory.stock",
    N_("Stock"),
    Balance,
    SEE,
    (
        ListColumn("code", N_("Code"), lambda r: r.balance.part.code, "id", "id", Balance.part_id, fixed=True),
        ListColumn("name", N_("Name"), lambda r: r.balance.part.name, "main", "main"),
        ListColumn("lot", N_("Batch or serial number"), lambda r: lot_words(r.balance)),
        ListColumn("place", N_("Location"), lambda r: r.balance.location.name, place="left"),
        ListColumn("on_hand", N_("On hand"), lambda r: tidy(r.balance.on_hand), "number", "tag"),
        ListColumn("reserved", N_("Reserved"), lambda r: tidy(r.balance.reserved), "number"),
        ListColumn(
            "free", N_("Not reserved"), lambda r: tidy(r.balance.on_hand - r.balance.reserved), "number"
        ),
        ListColumn("measure", N_("Unit of measure"), lambda r: r.balance.part.measure.name),
        ListColumn("until", N_("Usable until"), lambda r: r.balance.usable_until, "date"),
        ListColumn("state", N_("State"), lambda r: r.mark, "mark", "right"),
    ),
    "/inventory/stock/",
    icon="package",
    query=_stock_rows,
    prepare=_stock,
    search=_search_stock,
    search_words=N_("Part, batch, serial number"),
    filters=(
        RecordFilter("place", N_("Location"), Balance.location_id, model=Location, by=Location.name),
        RecordFilter("part", N_("Part"), Balance.part_id, model=Part, by=Part.code),
        ChoiceFilter(
            "kind", N_("Sort of location"), None, _kinds,
            lambda _ctx, kind: Balance.location_id.in_(sa.select(Location.id).where(Location.kind == kind)),
        ),
    ),
    tabs=(
        ListTab("there", N_("There"), lambda _ctx: Balance.on_hand > NONE, counted=False),
        ListTab("reserved", N_("Reserved"), lambda _ctx: Balance.reserved > NONE, counted=False),
        ListTab(
            "unusable", N_("Not usable"),
            lambda ctx: sa.and_(
                Balance.on_hand > NONE, sa.or_(Balance.held.is_(True), Balance.usable_until < ctx.today)
            ),
            counted=False,
        ),
        ListTab("all", N_("All"), counted=False),
    ),
    order=((Balance.part_id, False),),
    new=NewRecord(N_("Receive parts"), "inventory.receive_form", RECEIVE),
    links=(
        ListLink(N_("Issue parts"), "inventory.issue_form", "inventory.stock.issue", "package-minus"),
        ListLink(N_("Move parts"), "inventory.transfer_form", "inventory.stock.transfer", "arrow-right-left"),
        ListLink(N_("Correct stock"), "inventory.adjust_form", "inventory.stock.adjust", "scale"),
        ListLink(N_("Reservations"), "inventory.reservations_list", SEE, "lock"),
        ListLink(N_("Stock book"), "inventory.book_page", "inventory.period.close", "book-lock"),
    ),
    export=SEE,
    empty=N_("Nothing in stock here"),
    empty_hint=N_("Receive parts, and they stand here."),
)  # fmt: skip


# --- moves ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MoveRow:
    """A move with what it was for."""

    move: Move
    about: str
    reversed: bool


def _moves(ctx: Ctx, rows: list[Move]) -> list[MoveRow]:
    known = records.words_of(ctx, [queries.reference_of(row) for row in rows])
    gone = queries.reversed_among(ctx, [row.id for row in rows])
    return [
        MoveRow(row, known[ref].text if (ref := queries.reference_of(row)) in known else "", row.id in gone)
        for row in rows
    ]


def _move_rows(ctx: Ctx) -> sa.Select:
    within = sa.or_(reachable(ctx, Move.from_id), reachable(ctx, Move.to_id))
    if ctx.actor.unit_ids is None:
        within = sa.true()
    return queries.with_words(sa.select(Move).where(within))


def place_name(place: Location | None) -> str:
    """The name of a location; of one out of the actor's reach that it is elsewhere."""
    return place.name if place is not None else _("elsewhere")


_MOVE_ICONS = {
    "receipt": ("ok", "package-plus"), "issue": ("", "package-minus"), "return": ("", "undo-2"),
    "transfer": ("", "arrow-right-left"), "adjustment": ("warn", "scale"), "reversal": ("warn", "rotate-ccw"),
    "release": ("ok", "shield-check"), "scrap": ("bad", "trash-2"), "supplier": ("warn", "truck"),
}  # fmt: skip


def move_mark(move: Move) -> Mark:
    """What sort of move it is, with its icon."""
    tone, icon = _MOVE_ICONS[move.kind]
    return Mark(_(MOVE_WORDS[move.kind]), tone, icon)


def _reversed(row: MoveRow) -> list[Mark]:
    return [Mark(_("reversed"), "warn", "rotate-ccw", tag=True)] if row.reversed else []


MOVES = ListDef(
    "inventory.moves",
    N_("Stock moves"),
    Move,
    SEE,
    (
        ListColumn("number", N_("Number"), lambda r: r.move.id, "id", "id", Move.id, fixed=True),
        ListColumn("part", N_("Part"), lambda r: f"{r.move.part.code} {r.move.part.name}", "main", "main",
                   notes=_reversed),
        ListColumn("kind", N_("Kind of move"), lambda r: move_mark(r.move), "mark", "right"),
        ListColumn("quantity", N_("Quantity"), lambda r: tidy(r.move.quantity), "number", "tag"),
        ListColumn("measure", N_("Unit of measure"), lambda r: r.move.part.measure.name),
        ListColumn("source", N_("From (place)"), lambda r: place_name(r.move.source), place="left"),
        ListColumn("target", N_("To (place)"), lambda r: place_name(r.move.target), place="under"),
        ListColumn("lot", N_("Batch or serial number"), lambda r: lot_words(r.move)),
        ListColumn("day", N_("Counts for"), lambda r: r.move.effective_on, "date", sort=Move.effective_on),
        ListColumn("about", N_("What for"), lambda r: r.about),
        ListColumn("by", N_("Entered by"), lambda r: r.move.posted_by),
        ListColumn("at", N_("Entered on"), lambda r: r.move.posted_at, "moment", shown=False),
        ListColumn("reason", N_("Reason"), lambda r: r.move.reason, shown=False),
    ),
    "/inventory/moves/",
    icon="arrow-right-left",
    query=_move_rows,
    prepare=_moves,
    search=lambda _ctx, text: Move.part_id.in_(
        sa.select(Part.id).where(
            sa.or_(Part.code.istartswith(text, autoescape=True), Part.name.icontains(text, autoescape=True))
        )
    ),
    search_words=N_("Part"),
    filters=(
        ChoiceFilter(
            "kind", N_("Kind of move"), Move.kind,
            lambda _ctx: [(code, _(words)) for code, words in MOVE_WORDS.items()],
        ),
        RecordFilter("part", N_("Part"), Move.part_id, model=Part, by=Part.code),
        RecordFilter("batch", N_("Batch"), Move.batch_id, model=Batch, by=Batch.number),
        RecordFilter("source", N_("From (place)"), Move.from_id, model=Location, by=Location.name),
        RecordFilter("target", N_("To (place)"), Move.to_id, model=Location, by=Location.name),
        DaysFilter("day", N_("Counts for"), Move.effective_on),
    ),
    order=((Move.id, True),),
    links=(ListLink(N_("Stock"), "inventory.stock_list", SEE, "package"),),
    export=SEE,
    empty=N_("No moves here"),
)  # fmt: skip


# --- reservations ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ReservationRow:
    """A reservation with what it is for."""

    reservation: Reservation
    about: str


def _reservations(ctx: Ctx, rows: list[Reservation]) -> list[ReservationRow]:
    refs = [RecordRef(row.record_kind, row.record_id) for row in rows]
    known = records.words_of(ctx, refs)
    return [
        ReservationRow(row, known[ref].text if ref in known else "") for row, ref in zip(rows, refs, strict=True)
    ]


def _reservation_rows(ctx: Ctx) -> sa.Select:
    query = sa.select(Reservation).join(Balance, Balance.id == Reservation.balance_id)
    balance = orm.joinedload(Reservation.balance)
    return query.where(reachable(ctx, Balance.location_id)).options(
        orm.joinedload(Reservation.part).joinedload(Part.measure), balance.joinedload(Balance.location),
        balance.joinedload(Balance.batch), balance.joinedload(Balance.serial),
    )  # fmt: skip


def _lot(row: ReservationRow) -> str:
    return lot_words(row.reservation.balance)


RESERVATIONS = ListDef(
    "inventory.reservations",
    N_("Reservations"),
    Reservation,
    SEE,
    (
        ListColumn("part", N_("Part"), lambda r: f"{r.reservation.part.code} {r.reservation.part.name}", "main",
                   "main"),
        ListColumn("about", N_("What for"), lambda r: r.about, place="id", fixed=True),
        ListColumn("quantity", N_("Reserved"), lambda r: tidy(r.reservation.quantity), "number", "tag"),
        ListColumn("taken", N_("Issued of it"), lambda r: tidy(r.reservation.taken), "number"),
        ListColumn("measure", N_("Unit of measure"), lambda r: r.reservation.part.measure.name),
        ListColumn("place", N_("Location"), lambda r: place_name(r.reservation.balance.location), place="left"),
        ListColumn("lot", N_("Batch or serial number"), _lot),
        ListColumn("by", N_("By"), lambda r: r.reservation.by_name),
        ListColumn("at", N_("When"), lambda r: r.reservation.made_at, "moment", "right"),
    ),
    "/inventory/reservations/",
    icon="lock",
    query=_reservation_rows,
    prepare=_reservations,
    search=lambda _ctx, text: Reservation.part_id.in_(
        sa.select(Part.id).where(
            sa.or_(Part.code.istartswith(text, autoescape=True), Part.name.icontains(text, autoescape=True))
        )
    ),
    search_words=N_("Part"),
    filters=(RecordFilter("part", N_("Part"), Reservation.part_id, model=Part, by=Part.code),),
    tabs=(
        ListTab("open", N_("Open"), lambda _ctx: Reservation.quantity > NONE),
        ListTab("ended", N_("Ended"), lambda _ctx: Reservation.quantity == NONE, counted=False),
        ListTab("all", N_("All"), counted=False),
    ),
    order=((Reservation.id, True),),
    actions=(
        BulkAction(
            "release", N_("Set free"), RESERVE, lambda n, _choice: n_("{n} set free", "{n} set free", n),
            each=lambda ctx, i, _value: reserving.release_one(ctx, i),
            question=N_("Set {n} reservations free?"), icon="lock-open",
        ),
    ),
    links=(ListLink(N_("Stock"), "inventory.stock_list", SEE, "package"),),
    export=SEE,
    empty=N_("Nothing is reserved"),
)  # fmt: skip


# --- locations ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LocationRow:
    """A location with whose it is."""

    location: Location
    above: str
    unit: str
    whose: str


def _whose(row: Location, name: str) -> str:
    """The person who has it, or in words why there is none."""
    if name:
        return name
    if row.kind in PERSONAL:
        return _("Nobody has it yet")
    return _("Shared") if row.inside else _("Outside the company")


def _locations(ctx: Ctx, rows: list[Location]) -> list[LocationRow]:
    above = places.locations(ctx, [row.parent_id for row in rows if row.parent_id])
    units, names = places.unit_names(ctx), places.names_of(ctx, [row.assignee_id for row in rows])
    return [
        LocationRow(
            row, above[row.parent_id].name if row.parent_id in above else "", units.get(row.unit_id or 0, ""),
            _whose(row, names.get(row.assignee_id or 0, "")),
        )
        for row in rows
    ]  # fmt: skip


def _in_use(row: LocationRow) -> Mark:
    return Mark(_("In use"), "ok", "circle-check") if row.location.active else Mark(_("Not in use"), "", "circle-x")


LOCATIONS = ListDef(
    "inventory.locations",
    N_("Locations"),
    Location,
    SEE_PLACES,
    (
        ListColumn("code", N_("Code"), lambda r: r.location.code, "id", "id", Location.code, fixed=True),
        ListColumn("name", N_("Name"), lambda r: r.location.name, "main", "main"),
        ListColumn("kind", N_("Sort of location"), lambda r: _(PLACE_WORDS[r.location.kind]), place="tag"),
        ListColumn("above", N_("Below"), lambda r: r.above),
        ListColumn("unit", N_("Organisation unit"), lambda r: r.unit, place="left"),
        ListColumn("person", N_("Who has it"), lambda r: r.whose),
        ListColumn("state", N_("State"), _in_use, "mark", "right"),
    ),
    "/inventory/locations/",
    icon="warehouse",
    prepare=_locations,
    search=lambda _ctx, text: sa.or_(
        Location.code.istartswith(text, autoescape=True), Location.name.icontains(text, autoescape=True)
    ),
    search_words=N_("Code, name"),
    filters=(
        ChoiceFilter("kind", N_("Sort of location"), Location.kind, _kinds),
        UnitFilter("unit", N_("Organisation unit"), Location.unit_id),
    ),
    tabs=(
        ListTab("active", N_("In use"), lambda _ctx: Location.active.is_(True)),
        ListTab("closed", N_("Not in use"), lambda _ctx: Location.active.is_(False)),
        ListTab("all", N_("All"), counted=False),
    ),
    order=((Location.code, False),),
    new=NewRecord(N_("Add a location"), "inventory.location_new", EDIT_PLACES),
    links=(ListLink(N_("As a tree"), "inventory.locations_tree", SEE_PLACES, "list-tree"),),
    export=SEE_PLACES,
    empty=N_("No locations here"),
)  # fmt: skip
