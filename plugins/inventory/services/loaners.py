"""The pool of loaners: which pieces are in it, what they stand in for, where they lie while nobody has them (GS-15).

They lie in locations for loans, never in a store: so nobody takes them as spare parts.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import sqlalchemy as sa

from core.api import Conflict, Ctx, Invalid, NotFound, _, check_version, emit, get_setting, next_number, transaction
from plugins.inventory.contracts import PLACE_WORDS, Circumstances
from plugins.inventory.loaner_contracts import LOANER, LoanerData
from plugins.inventory.models import Loan, Loaner, LoanerProduct, Location
from plugins.inventory.queries import loaners as queries
from plugins.inventory.queries import lots as lot_queries
from plugins.inventory.queries import places as place_queries
from plugins.inventory.services.common import fitting, required
from plugins.inventory.services.posting import Entry, post
from plugins.inventory.standard import standard

VIEW = "inventory.loaner.view"
RESERVE = "inventory.loaner.reserve"
LEND = "inventory.loaner.lend"
EDIT = "inventory.loaner.edit"
WRITE_OFF = "inventory.loaner.write_off"
ONE = Decimal(1)
_NO_STORE = ("quarantine", "transit")
_KIND = PLACE_WORDS["loan"]


def add(ctx: Ctx, serial_id: int, data: LoanerData) -> Loaner:
    """Take a piece that is in stock into the pool, or back into it; the book moves it to its place there.

    Raises Conflict for one that is in the pool already, lies in quarantine or is not in stock.
    """
    ctx.require(EDIT)
    with transaction(ctx):
        serial = lot_queries.get_serial(ctx, serial_id)
        known = queries.of_serial(ctx, serial_id)
        if known is not None and known.active:
            words = _("{serial} is in the pool already, as {number}.", serial=serial.number, number=known.number)
            raise Conflict("pooled_already", words, field="serial")
        home = _store(ctx, data.home_id)
        row = known or Loaner(
            number=next_number(ctx, LOANER, str(get_setting(ctx, "inventory.loaner_pattern"))), serial_id=serial.id
        )
        row.active, row.pooled_on, row.retired_on, row.retired_reason = True, ctx.today, None, ""
        _put(row, data, home)
        ctx.session.add(row)
        ctx.session.flush()
        _stand_in(ctx, row, data.product_ids)
        ctx.session.refresh(row)
        what = f"{serial.part.code} {serial.number}"
        emit(ctx, "inventory.loaner_pooled", row, links=[serial], number=row.number, what=what, place=home.name)
        bring(ctx, row, home.id, _("Into the pool of loaners"))
        return row


def change(ctx: Ctx, loaner_id: int, data: LoanerData, *, version: int | None = None) -> Loaner:
    """Change what it stands in for, where it belongs, what goes with it. A piece that lies there goes along."""
    ctx.require(EDIT)
    with transaction(ctx):
        row = queries.get_loaner(ctx, loaner_id, lock=True)
        check_version(row, version)
        before = row.home_id
        home = _store(ctx, data.home_id or row.home_id)
        _put(row, data, home)
        ctx.session.flush()
        _stand_in(ctx, row, data.product_ids)
        emit(ctx, "inventory.loaner_changed", row, number=row.number)
        place = queries.places_of(ctx, [row.serial_id]).get(row.serial_id)
        if place is not None and place[0] == before:
            bring(ctx, row, home.id, _("Another place for loaners"))
        return row


def retire(ctx: Ctx, loaner_id: int, reason: str, to_id: int | None = None, *, version: int | None = None) -> Loaner:
    """Take it out of the pool, with a reason; the piece goes to ``to_id`` where that is said. Not while somebody has
    it or waits for it. A loan that only waited for it to be made ready ends by it.
    """
    ctx.require(EDIT)
    with transaction(ctx):
        row = queries.get_loaner(ctx, loaner_id, lock=True)
        check_version(row, version)
        reason = required(reason, "reason", _("Give a reason."), 2000)
        if not row.active:
            raise Conflict("retired_already", _("{number} is out of the pool already.", number=row.number))
        for loan in queries.open_of(ctx, [row.id]):
            if loan.state != "back":
                words = _("{number} is promised or lent by {loan}: settle that first.", number=row.number,
                          loan=loan.number)  # fmt: skip
                raise Conflict("still_lent", words)
        if to_id is not None:
            place = queries.places_of(ctx, [row.serial_id]).get(row.serial_id)
            if place is None or place[1] in _NO_STORE:
                words = _("The piece is in {place}: leave it there.", place=place[2] if place else _("no location"))
                raise Conflict("not_here", words, field="to_id")
            bring(ctx, row, place_queries.get_location(ctx, to_id).id, reason)
        leave(ctx, row, reason)
        _end_preparing(ctx, row, reason)
        return row


def leave(ctx: Ctx, row: Loaner, reason: str) -> None:
    """It is out of the pool, inside the transaction of whoever calls."""
    row.active, row.retired_on, row.retired_reason = False, ctx.today, reason
    ctx.session.flush()
    emit(ctx, "inventory.loaner_retired", row, links=[row.serial], number=row.number, reason=reason)


def _end_preparing(ctx: Ctx, row: Loaner, reason: str) -> None:
    query = sa.select(Loan).where(Loan.loaner_id == row.id, Loan.state == "back")
    for loan in ctx.session.scalars(query.with_for_update(of=Loan)):
        loan.state, loan.ended_at, loan.ended_by, loan.ended_reason = "done", ctx.now, ctx.actor.name, reason
        ctx.session.flush()
        emit(ctx, "inventory.loan_cleared", loan, links=[row], number=loan.number, loaner=row.number)


def bring(ctx: Ctx, row: Loaner, to_id: int, reason: str, arrival=None, *, fit: bool = False) -> list[int]:
    """Move the piece from where it is; answers the moves, none where it is there already. Raises Conflict for one that
    is not in stock, or is on its way or in quarantine. ``fit``: only one that may be used goes.
    """
    place = queries.places_of(ctx, [row.serial_id]).get(row.serial_id)
    serial = lot_queries.get_serial(ctx, row.serial_id)
    if place is None:
        words = _("{serial} is not in stock by the book: receive it first.", serial=serial.number)
        raise Conflict("not_in_stock", words, field="serial")
    if place[0] == to_id:
        return []
    if place[1] in _NO_STORE:
        words = _("{serial} is in {place}: what lies there is decided on first.", serial=serial.number, place=place[2])
        raise Conflict("not_at_hand", words, field="serial")
    entry = Entry(serial.part_id, ONE, place[0], to_id, serial.batch_id, serial.id)
    given = Circumstances(reason)
    return post(ctx, "transfer", [entry], given, "inventory.transferred", fit=fit, arrival=arrival).moves


def _put(row: Loaner, data: LoanerData, home: Location) -> None:
    row.home_id = home.id
    row.accessories = fitting(data.accessories, "accessories", 2000)
    row.note = fitting(data.note, "note", 2000)


def _stand_in(ctx: Ctx, row: Loaner, product_ids: Iterable[int]) -> None:
    wanted = list(dict.fromkeys(product_ids))
    if not wanted:
        raise Invalid("no_product", _("Choose at least one product that it stands in for."), "products")
    known = queries.product_names(ctx, wanted)
    if len(known) != len(wanted):
        raise Invalid("unknown_product", _("There is no such product."), "products")
    query = sa.select(LoanerProduct).where(LoanerProduct.loaner_id == row.id).order_by(LoanerProduct.id)
    there = {line.product_id: line for line in ctx.session.scalars(query)}
    for product_id, line in there.items():
        if product_id not in known:
            ctx.session.delete(line)
    ctx.session.add_all(LoanerProduct(loaner_id=row.id, product_id=i) for i in wanted if i not in there)
    ctx.session.flush()


def _store(ctx: Ctx, home_id: int | None) -> Location:
    """A location in which loaners lie; the company's first where none is named, made where there is none."""
    known = queries.stores(ctx)
    if home_id is not None:
        found = next((place for place in known if place.id == home_id), None)
        if found is None:
            raise Invalid("no_store", _("Choose a location for loaners."), "home_id")
        return found
    if known:
        return known[0]
    if queries.out_place(ctx) is None:
        words = _("There is no active location of the sort “{kind}”: add one.", kind=_(_KIND))
        raise NotFound("no_location", words)
    entry = standard()["loaner_store"]
    if ctx.session.scalar(sa.select(Location.id).where(Location.code == entry["code"])) is not None:
        words = _("Add a location of the sort “{kind}” in which loaners lie.", kind=_(_KIND))
        raise Conflict("no_store", words, field="home_id")
    name = entry["zh"] if ctx.company.locale.startswith("zh") else entry["en"]
    place = Location(code=entry["code"], name=name, kind="loan", note="", active=True)
    ctx.session.add(place)
    ctx.session.flush()
    emit(ctx, "inventory.location_saved", place, code=place.code, name=place.name)
    return place
