"""Loaners and loans: what there is, who has it, whether it can be had on given days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import (
    Clock,
    Ctx,
    Invalid,
    NotFound,
    RecordRef,
    _,
    due_by_table,
    get_setting,
    label,
    parse_choices,
)
from plugins.base.queries import persons_of, sites_of
from plugins.inventory.loaner_contracts import LOAN, LOAN_DUE, About, LoanerOffer, UseFigures
from plugins.inventory.models import Balance, Loan, Loaner, LoanerProduct, Location, Part, Serial
from plugins.inventory.models.loaners import AWAY
from plugins.inventory.queries.trace import CUSTOMER
from plugins.inventory.rules import loaners as rules
from plugins.inventory.rules.loaners import Stay, Taken

OFFERED = 200
_NOBODY = Decimal(0)


# --- what a loan is for ---------------------------------------------------------------------------------------------


def about_of(ctx: Ctx, ref: RecordRef) -> About:
    """What a loan is for, read from a record that this person may see. Raises NotFound.

    Any kind of record may borrow that names its customer; a customer may, too.
    """
    kind = ctx.registry.kinds.get(ref.kind)
    if kind is None or ctx.registry.owner_of("kinds", ref.kind) not in {"core", *ctx.enabled}:
        raise NotFound("unknown_record", _("There is no such record."))
    if kind.view:
        ctx.require(kind.view)
    model: Any = kind.model
    row = ctx.session.scalar(sa.select(model).where(model.id == ref.id))
    if row is None or (kind.sees is not None and not kind.sees(ctx, row)):
        raise NotFound("unknown_record", _("There is no such record."))
    return about_row(ctx, ref, row)


def about_row(ctx: Ctx, ref: RecordRef, row: Any) -> About:
    """The same of a row at hand."""
    kind = ctx.registry.kinds[ref.kind]
    coverage = getattr(row, "coverage_ref", None)
    return About(
        ref, f"{_(kind.label)} {kind.number(row)}", kind.endpoint,
        row.id if ref.kind == CUSTOMER else getattr(row, "customer_id", None),
        getattr(row, "site_id", None), getattr(row, "product_id", None), getattr(row, "device_id", None),
        str(getattr(row, "person_name", "") or ""),
        RecordRef(row.coverage_kind, coverage) if coverage is not None else None,
    )  # fmt: skip


def may_borrow(ctx: Ctx, ref: RecordRef) -> bool:
    """Whether loans can be for records of this kind: they name a customer."""
    kind = ctx.registry.kinds.get(ref.kind)
    return kind is not None and (ref.kind == CUSTOMER or hasattr(kind.model, "customer_id"))


def over(ctx: Ctx, ref: RecordRef, row: Any) -> bool:
    """Whether a record has come to an end, so that nothing is lent for it any more."""
    workflow = ctx.registry.workflows.get(ref.kind)
    state = getattr(row, "state", None)
    return workflow is not None and state is not None and workflow.state(state).final


# --- loaners --------------------------------------------------------------------------------------------------------


def loaner_rows(_ctx: Ctx) -> sa.Select:
    """Loaners with piece, part and place."""
    piece = orm.joinedload(Loaner.serial).joinedload(Serial.part)
    return sa.select(Loaner).options(piece, orm.joinedload(Loaner.home))


def get_loaner(ctx: Ctx, loaner_id: int, *, lock: bool = False) -> Loaner:
    """One loaner, locked so that nobody else reserves it or hands it out meanwhile. Raises NotFound."""
    query = loaner_rows(ctx).where(Loaner.id == loaner_id)
    if lock:
        query = query.with_for_update(of=Loaner).execution_options(populate_existing=True)
    row = ctx.session.scalar(query)
    if row is None:
        raise NotFound("unknown_loaner", _("There is no such loaner."))
    return row


def of_serial(ctx: Ctx, serial_id: int) -> Loaner | None:
    """The loaner that a piece is, out of the pool or in it."""
    return ctx.session.scalar(sa.select(Loaner).where(Loaner.serial_id == serial_id))


def products_of(ctx: Ctx, loaner_ids: Iterable[int]) -> dict[int, list[int]]:
    """Loaner → the products it stands in for."""
    query = sa.select(LoanerProduct.loaner_id, LoanerProduct.product_id).order_by(LoanerProduct.id)
    found: dict[int, list[int]] = {}
    for loaner_id, product_id in ctx.session.execute(
        query.where(LoanerProduct.loaner_id.in_(sorted(set(loaner_ids)) or [0]))
    ):
        found.setdefault(loaner_id, []).append(product_id)
    return found


def product_names(ctx: Ctx, ids: Iterable[int]) -> dict[int, str]:
    """Product → its name."""
    model: Any = ctx.registry.kinds["base.product"].model
    query = sa.select(model.id, model.name).where(model.id.in_(sorted(set(ids)) or [0]))
    return {row.id: row.name for row in ctx.session.execute(query)}


def products_coded(ctx: Ctx, codes: Iterable[str]) -> dict[str, int]:
    """Code → product, of those there are."""
    model: Any = ctx.registry.kinds["base.product"].model
    query = sa.select(model.code, model.id).where(model.code.in_(sorted(set(codes)) or [""]))
    return {row.code: row.id for row in ctx.session.execute(query)}


def places_of(ctx: Ctx, serial_ids: Iterable[int]) -> dict[int, tuple[int, str, str]]:
    """Piece → (location, its sort, its name), of those that are in stock; whosever the location is."""
    query = (
        sa.select(Balance.serial_id, Balance.location_id, Location.kind, Location.name)
        .join(Location, Location.id == Balance.location_id)
        .where(Balance.serial_id.in_(sorted(set(serial_ids)) or [0]), Balance.on_hand > _NOBODY)
    )
    return {row[0] or 0: (row[1], row[2], row[3]) for row in ctx.session.execute(query)}


def stores(ctx: Ctx) -> list[Location]:
    """The locations in which loaners lie: all for loans, but for that of what is out."""
    out = out_place(ctx)
    query = sa.select(Location).where(Location.kind == "loan", Location.active.is_(True))
    return [row for row in ctx.session.scalars(query.order_by(Location.code)) if out is None or row.id != out.id]


def out_place(ctx: Ctx) -> Location | None:
    """Where the book has what is with customers: the company's first location for loans."""
    query = sa.select(Location).where(Location.kind == "loan", Location.active.is_(True)).order_by(Location.id)
    return ctx.session.scalars(query.limit(1)).first()


# --- loans ----------------------------------------------------------------------------------------------------------


def loan_rows(ctx: Ctx) -> sa.Select:
    """The loans of those customers whom this person may see, with loaner and customer."""
    model: Any = ctx.registry.kinds[CUSTOMER].model
    piece = orm.joinedload(Loan.loaner).joinedload(Loaner.serial).joinedload(Serial.part)
    query = sa.select(Loan).options(piece, orm.joinedload(Loan.customer))
    return query.where(Loan.customer_id.in_(sa.select(model.id)))


def sees_loan(ctx: Ctx, row: Loan) -> bool:
    """Whether this person may see a loan: whoever sees its customer may."""
    return ctx.actor.unit_ids is None or row.customer is not None


def get_loan(ctx: Ctx, loan_id: int, *, lock: bool = False) -> Loan:
    """One loan. Raises NotFound."""
    query = loan_rows(ctx).where(Loan.id == loan_id)
    if lock:
        query = query.with_for_update(of=Loan).execution_options(populate_existing=True)
    row = ctx.session.scalar(query)
    if row is None:
        raise NotFound("unknown_loan", _("There is no such loan."))
    return row


def loans_for(ctx: Ctx, ref: RecordRef, limit: int = 40) -> list[Loan]:
    """The loans for a record, or of a customer, the newest first."""
    where = Loan.customer_id == ref.id if ref.kind == CUSTOMER else sa.and_(
        Loan.record_kind == ref.kind, Loan.record_id == ref.id
    )
    return list(ctx.session.scalars(loan_rows(ctx).where(where).order_by(Loan.id.desc()).limit(limit)))


def held_for(ctx: Ctx, ref: RecordRef) -> list[Loan]:
    """The loans for a record that ever went out, whoever asks: what conditions of closing depend on."""
    piece = orm.joinedload(Loan.loaner).joinedload(Loaner.serial).joinedload(Serial.part)
    query = sa.select(Loan).options(piece).where(Loan.record_kind == ref.kind, Loan.record_id == ref.id)
    return list(ctx.session.scalars(query.where(Loan.out_at.is_not(None)).order_by(Loan.id)))


def loans_of(ctx: Ctx, loaner_id: int, limit: int) -> list[Loan]:
    """The loans of a loaner that this person may see, the newest first."""
    query = loan_rows(ctx).where(Loan.loaner_id == loaner_id)
    return list(ctx.session.scalars(query.order_by(Loan.id.desc()).limit(limit)))


def open_of(ctx: Ctx, loaner_ids: Iterable[int]) -> list[Loan]:
    """What is reserved, out or not yet ready again of these loaners, whoever asks; the earliest first."""
    query = sa.select(Loan).where(Loan.state.in_(("reserved", *AWAY)))
    query = query.where(Loan.loaner_id.in_(sorted(set(loaner_ids)) or [0]))
    return list(ctx.session.scalars(query.order_by(Loan.from_on, Loan.id)))


def taken(ctx: Ctx, loaner_ids: Iterable[int]) -> dict[int, list[Taken]]:
    """Loaner → the days on which it is somebody's."""
    found: dict[int, list[Taken]] = {}
    for row in open_of(ctx, loaner_ids):
        until = rules.taken_until(row.state, row.due_on, ctx.today)
        found.setdefault(row.loaner_id, []).append(Taken(row.id, row.number, row.from_on, until))
    return found


def spare_days(ctx: Ctx) -> int:
    """So many days lie between two loans of a piece."""
    return int(get_setting(ctx, "inventory.loaner_spare_days") or 0)


def overdue(ctx: Ctx) -> Any:
    """The condition of a loan that should be back."""
    return sa.and_(Loan.state == "out", Loan.due_on < ctx.today)


def count_overdue(ctx: Ctx) -> int:
    """How many loans should be back, of the customers this person may see."""
    model: Any = ctx.registry.kinds[CUSTOMER].model
    query = sa.select(sa.func.count(Loan.id)).where(overdue(ctx), Loan.customer_id.in_(sa.select(model.id)))
    return ctx.session.scalar(query) or 0


def to_remind(ctx: Ctx, limit: int, after: int = 0) -> list[Loan]:
    """What should be back and whose customer was not written to, of the loans after the one with this id."""
    query = loan_rows(ctx).where(overdue(ctx), Loan.reminded_at.is_(None), Loan.id > after)
    return list(ctx.session.scalars(query.order_by(Loan.id).limit(limit)))


def to_work_on(ctx: Ctx, limit: int) -> list[Loan]:
    """What people have to do about loans now: overdue, to be made ready, to be handed out by today."""
    where = sa.or_(overdue(ctx), Loan.state == "back", sa.and_(Loan.state == "reserved", Loan.from_on <= ctx.today))
    return list(ctx.session.scalars(loan_rows(ctx).where(where).order_by(Loan.due_on, Loan.id).limit(limit)))


def clocks_of(ctx: Ctx, loan_ids: Sequence[int]) -> dict[int, Clock]:
    """Loan → its newest time limit; one statement."""
    query = sa.select(Clock).where(Clock.record_kind == LOAN, Clock.record_id.in_(list(loan_ids) or [0]))
    return {clock.record_id: clock for clock in ctx.session.scalars(query.order_by(Clock.id))}


# --- how they stand -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Standing:
    """How a loaner stands: its status, where the piece is, the loan that is away, what is reserved next."""

    status: str
    place: str
    loan: Loan | None
    following: Loan | None


def standing(ctx: Ctx, rows: Sequence[Loaner]) -> dict[int, Standing]:
    """Loaner → how it stands; a fixed number of statements."""
    places = places_of(ctx, [row.serial_id for row in rows])
    away: dict[int, Loan] = {}
    following: dict[int, Loan] = {}
    for one in open_of(ctx, [row.id for row in rows]):
        (away if one.state in AWAY else following).setdefault(one.loaner_id, one)
    found = {}
    for row in rows:
        loan, later = away.get(row.id), following.get(row.id)
        place_id, kind, name = places.get(row.serial_id, (0, "", ""))
        late = loan is not None and loan.state == "out" and loan.due_on < ctx.today
        status = rules.status(
            row.active, loan.state if loan else "", late, kind, place_id == row.home_id, later is not None
        )
        found[row.id] = Standing(status, name, loan, later)
    return found


def offers(ctx: Ctx, product_id: int | None, since: dt.date, until: dt.date) -> list[LoanerOffer]:
    """The loaners of the pool for these days: those that stand in for the product first, then the others; what can't be
    had says why.
    """
    query = loaner_rows(ctx).where(Loaner.active.is_(True)).order_by(Loaner.id).limit(OFFERED)
    fits = sa.select(LoanerProduct.loaner_id).where(LoanerProduct.product_id == (product_id or 0))
    fitting = list(ctx.session.scalars(query.where(Loaner.id.in_(fits)))) if product_id is not None else []
    others = list(ctx.session.scalars(query.where(Loaner.id.not_in([row.id for row in fitting]))))
    rows = [*fitting, *others][:OFFERED]
    stands, days = standing(ctx, rows), taken(ctx, [row.id for row in rows])
    found = []
    for number, row in enumerate(rows):
        why = why_not(ctx, stands[row.id], days.get(row.id, ()), since, until)
        words = f"{row.serial.part.name} {row.serial.number}"
        found.append(LoanerOffer(row.id, row.number, words, why, number < len(fitting)))
    return sorted(found, key=lambda o: (not o.fits, bool(o.why)))


def why_not(ctx: Ctx, stands: Standing, days: Iterable[Taken], since: dt.date, until: dt.date) -> str:
    """Why a loaner can't be had on these days, in words; empty where it can."""
    against = rules.clash(days, since, until, spare_days(ctx))
    if against is not None:
        if against.until is None:
            return _("{number} has it, and it is not ready again yet", number=against.number)
        return _("{number} has it from {since} to {until}", number=against.number, since=against.since,
                 until=against.until)  # fmt: skip
    if stands.status == "inspection":
        return _("in inspection")
    if stands.status == "elsewhere":
        return _("not in its place but in {place}", place=stands.place) if stands.place else _("not in stock")
    return ""


def free_now(ctx: Ctx, product_id: int | None) -> int:
    """How many loaners that stand in for a product can be had today."""
    if product_id is None:
        return 0
    return sum(1 for o in offers(ctx, product_id, ctx.today, ctx.today) if o.fits and not o.why)


# --- lists of points, days, addresses -------------------------------------------------------------------------------


@cache
def _shipped_points() -> str:
    return (Path(__file__).parents[1] / "data" / "loaner_points.txt").read_text("utf-8")


def points(ctx: Ctx) -> dict[str, dict[str, str]]:
    """Code → label of what is looked at when a loaner goes out and comes back: of the setting, or as shipped."""
    return dict(parse_choices(str(get_setting(ctx, "inventory.loaner_points"))) or parse_choices(_shipped_points()))


def point_words(ctx: Ctx, codes: Iterable[str]) -> dict[str, str]:
    """Code → its words now, in the order of the list; one that is no longer asked by its shipped name, or its code."""
    asked = points(ctx)
    known = asked | {code: words for code, words in parse_choices(_shipped_points()) if code not in asked}
    given = list(codes)
    ordered = [*(code for code in known if code in given), *sorted(set(given) - known.keys())]
    return {code: label(known[code]) if code in known else code for code in ordered}


def proposed_due(ctx: Ctx, part_code: str, kind: str, since: dt.date) -> dt.date | None:
    """The day by which a loaner is to be back by the company's table; None where it says nothing."""
    at = dt.datetime.combine(since, dt.time(12), ctx.tz).astimezone(dt.UTC)
    due = due_by_table(ctx, LOAN_DUE, limit_facts(part_code, kind), at=max(at, ctx.now))
    return (due - dt.timedelta(microseconds=1)).astimezone(ctx.tz).date() if due is not None else None


def limit_facts(part_code: str, kind: str) -> dict[str, Any]:
    """What the tables of loans ask for."""
    return {"part": part_code, "for": kind}


def address_of(ctx: Ctx, customer_id: int) -> tuple[str, str]:
    """(name, mail address) of the customer's first contact person who has one."""
    return next(((p.name, p.email) for p in persons_of(ctx, customer_id) if p.email), ("", ""))


def sites_offered(ctx: Ctx, customer_id: int) -> list[tuple[int, str]]:
    """(id, words) of the customer's sites."""
    return [
        (s.id, " ".join(part for part in (s.name, s.city, s.district, s.address) if part) or str(s.id))
        for s in sites_of(ctx, customer_id)
    ]  # fmt: skip


def own_site(ctx: Ctx, customer_id: int, site_id: int | None) -> int | None:
    """A site of this customer. Raises Invalid for another one's."""
    if site_id is not None and site_id not in dict(sites_offered(ctx, customer_id)):
        raise Invalid("unknown_site", _("Choose a site of this customer."), "site_id")
    return site_id


# --- figures --------------------------------------------------------------------------------------------------------


def use_of(ctx: Ctx, rows: Sequence[Loaner], since: dt.date) -> dict[int, UseFigures]:
    """Loaner → how it was used from a day through today; one statement."""
    begun = dt.datetime.combine(since, dt.time(), ctx.tz)
    query = sa.select(Loan.loaner_id, Loan.out_at, Loan.back_at, Loan.ended_at, Loan.due_on).where(
        Loan.loaner_id.in_([row.id for row in rows] or [0]), Loan.out_at.is_not(None),
        sa.or_(Loan.back_at.is_(None), Loan.back_at >= begun),
    )  # fmt: skip
    stays: dict[int, list[Stay]] = {}
    for loaner_id, out, back, ended, due in ctx.session.execute(query):
        end = back or ended
        stays.setdefault(loaner_id, []).append(
            Stay(_day(ctx, out), _day(ctx, end) if end is not None else None, due)
        )
    return {
        row.id: rules.figures(stays.get(row.id, ()), row.pooled_on, row.retired_on, since, ctx.today) for row in rows
    }


def _day(ctx: Ctx, moment: dt.datetime | None) -> dt.date:
    return (moment or ctx.now).astimezone(ctx.tz).date()


def part_ids_named(_ctx: Ctx, text: str) -> Any:
    """A statement of the pieces whose number or part begins with a text."""
    parts = sa.select(Part.id).where(
        sa.or_(Part.code.istartswith(text, autoescape=True), Part.name.icontains(text, autoescape=True))
    )
    return sa.select(Serial.id).where(
        sa.or_(Serial.number.istartswith(text, autoescape=True), Serial.part_id.in_(parts))
    )


def ref_of_loan(row: Loan) -> RecordRef:
    """The record for which a loan is."""
    return RecordRef(row.record_kind, row.record_id)


def count_fitting(ctx: Ctx, product_id: int | None) -> int:
    """How many loaners of the pool stand in for a product, lent or not."""
    if product_id is None:
        return 0
    query = sa.select(sa.func.count(LoanerProduct.id)).join(Loaner, Loaner.id == LoanerProduct.loaner_id)
    query = query.where(LoanerProduct.product_id == product_id, Loaner.active.is_(True))
    return ctx.session.scalar(query) or 0


def customer_names(ctx: Ctx, ids: Iterable[int]) -> dict[int, str]:
    """Customer → name, of those whom this person may see."""
    model: Any = ctx.registry.kinds[CUSTOMER].model
    query = sa.select(model.id, model.name).where(model.id.in_(sorted(set(ids)) or [0]))
    return {row.id: row.name for row in ctx.session.execute(query)}


def customer_numbers(ctx: Ctx, ids: Iterable[int]) -> dict[int, str]:
    """Customer → its number, of those whom this person may see."""
    model: Any = ctx.registry.kinds[CUSTOMER].model
    query = sa.select(model.id, model.number).where(model.id.in_(sorted(set(ids)) or [0]))
    return {row.id: row.number for row in ctx.session.execute(query)}


def customers_named(ctx: Ctx, text: str) -> Any:
    """A statement of the customers whose name or number begins with a text."""
    model: Any = ctx.registry.kinds[CUSTOMER].model
    return sa.select(model.id).where(
        sa.or_(model.name.istartswith(text, autoescape=True), model.number.istartswith(text, autoescape=True))
    )


def use_since(ctx: Ctx) -> dt.date:
    """The first day of the period for which use is reckoned."""
    return ctx.today - dt.timedelta(days=int(get_setting(ctx, "inventory.loaner_use_days") or 1) - 1)


def pool_use(ctx: Ctx, most: int) -> int | None:
    """Days out of a hundred on which the loaners of the pool were out; None for an empty pool, or one of more than
    ``most``.
    """
    rows = list(ctx.session.scalars(sa.select(Loaner).where(Loaner.active.is_(True)).limit(most + 1)))
    found = use_of(ctx, rows, use_since(ctx)) if 0 < len(rows) <= most else {}
    days = sum(f.days for f in found.values())
    return round(100 * sum(f.out for f in found.values()) / days) if days else None


def any_loaner(ctx: Ctx, product_id: int | None) -> bool:
    """Whether the pool has a loaner that stands in for a product; for none named, whether it has any."""
    query = sa.select(Loaner.id).where(Loaner.active.is_(True)).limit(1)
    if product_id is not None:
        fits = sa.select(LoanerProduct.loaner_id).where(LoanerProduct.product_id == product_id)
        query = query.where(Loaner.id.in_(fits))
    return ctx.session.scalar(query) is not None
