"""Reads of suppliers: who answers for goods and until when, who gives technical support for them (MD-4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, NotFound, _, get_setting, n_
from plugins.base import queries as base_queries
from plugins.base.contracts import PRODUCT
from plugins.base.queries.suppliers import Supplier
from plugins.warranty.agreed import START_EVENT_WORDS, WITHIN_WORDS, Responsible, SupplierFacts
from plugins.warranty.contracts import COST_KINDS
from plugins.warranty.models.suppliers import SupplierAgreement, SupplierTerm
from plugins.warranty.rules.claims import Goods, closest, last_day, within

START_COLUMNS = {
    "sale": "sale_date",
    "delivery": "delivery_date",
    "installation": "installed_on",
    "acceptance": "accepted_on",
    "production": "production_date",
}


def terms_of(ctx: Ctx, supplier_id: int) -> list[SupplierTerm]:
    """How long a supplier answers for what, the newest first."""
    query = sa.select(SupplierTerm).where(SupplierTerm.supplier_id == supplier_id)
    query = query.options(orm.joinedload(SupplierTerm.product))
    return list(ctx.session.scalars(query.order_by(SupplierTerm.valid_from.desc(), SupplierTerm.id.desc())))


def get_term(ctx: Ctx, term_id: int) -> SupplierTerm:
    """The term; NotFound when there is none."""
    row = ctx.session.scalar(sa.select(SupplierTerm).where(SupplierTerm.id == term_id))
    if row is None:
        raise NotFound("unknown_term", _("There is no such term."))
    return row


def agreements_of(ctx: Ctx, supplier_id: int) -> list[SupplierAgreement]:
    """The service agreements with a supplier, those in force first."""
    query = sa.select(SupplierAgreement).where(SupplierAgreement.supplier_id == supplier_id)
    query = query.options(orm.joinedload(SupplierAgreement.product))
    order = (SupplierAgreement.state.desc(), SupplierAgreement.valid_until.desc(), SupplierAgreement.id.desc())
    return list(ctx.session.scalars(query.order_by(*order)))


def get_agreement(ctx: Ctx, agreement_id: int) -> SupplierAgreement:
    """The service agreement; NotFound when there is none."""
    query = sa.select(SupplierAgreement).where(SupplierAgreement.id == agreement_id)
    row = ctx.session.scalar(query.options(orm.joinedload(SupplierAgreement.supplier)))
    if row is None:
        raise NotFound("unknown_agreement", _("There is no such service agreement."))
    return row


def follower_of(ctx: Ctx, agreement_id: int) -> SupplierAgreement | None:
    """The agreement that renews this one."""
    query = sa.select(SupplierAgreement).where(SupplierAgreement.follows_id == agreement_id)
    return ctx.session.scalar(query.order_by(SupplierAgreement.id.desc()).limit(1))


def about_words(row: SupplierTerm | SupplierAgreement) -> str:
    """For which goods a term or an agreement is meant."""
    parts = [row.product.name if row.product is not None else "", row.product_group]
    if row.maker:
        parts.append(_("made by {maker}", maker=row.maker))
    if getattr(row, "part_group", ""):
        parts.append(_("parts: {group}", group=row.part_group))  # type: ignore[union-attr]
    return _(", ").join(p for p in parts if p) or _("all goods of this supplier")


# --- who answers ----------------------------------------------------------------------------------------------------


def supplier_of(
    ctx: Ctx, *, unit_id: int | None = None, product_id: int | None = None, part_group: str = "", on: dt.date
) -> SupplierFacts | None:
    """The supplier that answers for a unit (or a product) or one of its parts, by the narrowest term; None: our own.

    A term counts for goods that came in while it was valid: on the unit's day of production, else of sale or delivery,
    else on the day asked about. ``within`` tells whether the supplier still answers on that day.
    """
    unit: Any = base_queries.get_unit(ctx, unit_id) if unit_id is not None else None
    product = _product(ctx, unit.product_id if unit is not None else product_id)
    if product is None:
        return None
    return answering(terms_about(ctx, [product]), product, unit, part_group, on)


def terms_about(ctx: Ctx, products: Iterable[Any]) -> list[SupplierTerm]:
    """The terms that may be about any of these products, the newest first, in one statement."""
    known = list(products)
    query = (
        sa.select(SupplierTerm)
        .where(
            sa.or_(SupplierTerm.product_id.is_(None), SupplierTerm.product_id.in_(sorted({p.id for p in known}))),
            SupplierTerm.product_group.in_(sorted({"", *(p.group for p in known)})),
        )
        .options(orm.joinedload(SupplierTerm.supplier))
    )
    return list(ctx.session.scalars(query.order_by(SupplierTerm.id.desc())))


def answering(
    offered_terms: Iterable[SupplierTerm], product: Any, unit: Any, part_group: str, on: dt.date
) -> SupplierFacts | None:
    """``supplier_of`` from terms that were read before; ``unit`` is None where only the product is known."""
    goods = Goods(product.id, product.group, product.maker, part_group)
    came = on if unit is None else unit.production_date or unit.sale_date or unit.delivery_date or on
    valid = (t for t in offered_terms if t.valid_from <= came and (t.valid_until is None or t.valid_until >= came))
    term = next(iter(closest(valid, goods)), None)
    if term is None:
        return None
    start = getattr(unit, START_COLUMNS[term.start_event]) if unit is not None else None
    until = last_day(start, term.amount, term.unit)
    found = within(until, on)
    return SupplierFacts(
        term.supplier_id,
        term.supplier.name,
        term.id,
        found,
        until,
        frozenset(kind for kind in COST_KINDS if getattr(term, f"covers_{kind}")),
        term.start_event,
        _within_words(term, found, until),
    )


def knows_suppliers(ctx: Ctx) -> bool:
    """Whether the company has written down which supplier answers for what at all; asked once per request."""
    key = "warranty knows suppliers"
    if key not in ctx.memo:
        ctx.memo[key] = ctx.session.scalar(sa.select(SupplierTerm.id).limit(1)) is not None
    return ctx.memo[key]


def _product(ctx: Ctx, product_id: int | None) -> Any:
    model: Any = ctx.registry.kinds[PRODUCT].model
    return base_queries.find(ctx, model, product_id) if product_id is not None else None


def _may_fit(model: Any, product: Any) -> list[Any]:
    """What the database can tell of ``rules.claims.fits``."""
    return [
        sa.or_(model.product_id.is_(None), model.product_id == product.id),
        model.product_group.in_(("", product.group)),
    ]


def length_words(term: SupplierTerm) -> str:
    """12 months, 30 days."""
    if term.unit == "months":
        return n_("{n} month", "{n} months", term.amount)
    return n_("{n} day", "{n} days", term.amount)


def _within_words(term: SupplierTerm, found: str, until: dt.date | None) -> str:
    return _(
        "{supplier}: {verdict}. {length} from: {event}; last day: {day}.",
        supplier=term.supplier.name,
        verdict=_(WITHIN_WORDS[found]),
        length=length_words(term),
        event=_(START_EVENT_WORDS[term.start_event]),
        day=until.isoformat() if until is not None else _("the start is not known"),
    )


def responsible_for(ctx: Ctx, product_id: int | None, on: dt.date) -> Responsible | None:
    """Who gives technical support for a product on a day, by the narrowest agreement in force (MD-4).

    Where none is in force, the one that ran out last, marked so; None where nothing was ever agreed.
    """
    product = _product(ctx, product_id)
    if product is None:
        return None
    goods = Goods(product.id, product.group, product.maker)
    query = (
        sa.select(SupplierAgreement)
        .where(SupplierAgreement.valid_from <= on, *_may_fit(SupplierAgreement, product))
        .options(orm.joinedload(SupplierAgreement.supplier))
        .order_by(SupplierAgreement.valid_until.desc(), SupplierAgreement.id.desc())
    )
    rows = [row for row in ctx.session.scalars(query) if _concerns(ctx, row, product)]
    fitting = closest(rows, goods)
    valid = [row for row in fitting if last_valid_day(row) >= on]
    chosen = valid[0] if valid else max(fitting, key=last_valid_day, default=None)
    return _responsible(ctx, chosen, on) if chosen is not None else None


def _concerns(ctx: Ctx, row: SupplierAgreement, product: Any) -> bool:
    """An agreement that names no goods is about what the supplier's terms say that it sold us."""
    if row.product_id is not None or row.product_group or row.maker:
        return True
    query = sa.select(SupplierTerm).where(SupplierTerm.supplier_id == row.supplier_id, *_may_fit(SupplierTerm, product))
    goods = Goods(product.id, product.group, product.maker)
    return bool([t for t in closest(ctx.session.scalars(query), goods) if not t.part_group])


def last_valid_day(row: SupplierAgreement) -> dt.date:
    """The last day on which an agreement counts: that agreed, or the one on which it was ended."""
    return min(row.valid_until, row.ended_on) if row.ended_on is not None else row.valid_until


def state_words(ctx: Ctx, row: SupplierAgreement) -> tuple[str, str]:
    """(words, tone) of an agreement's validity."""
    last = last_valid_day(row)
    if last < ctx.today:
        return _("Expired on {day}", day=last.isoformat()), "bad"
    if row.valid_from > ctx.today:
        return _("From {day}", day=row.valid_from.isoformat()), "info"
    return _("Valid until {day}", day=last.isoformat()), "ok"


def _responsible(ctx: Ctx, row: SupplierAgreement, on: dt.date) -> Responsible:
    last = last_valid_day(row)
    names = {"we": ctx.company.name, "supplier": row.supplier.name, "third": row.third_party}
    return Responsible(
        row.id,
        row.number,
        row.supplier_id,
        row.supplier.name,
        row.before_sale,
        names[row.before_sale],
        row.after_sale,
        names[row.after_sale],
        row.contact_name or row.supplier.contact_name,
        row.phone or row.supplier.phone,
        row.email or row.supplier.email,
        last,
        (last - on).days + 1 if last >= on else None,
        last < on,
    )


def agreement_search(text: str) -> Any:
    """The condition of the search box of the list of service agreements."""
    names = sa.select(Supplier.id).where(Supplier.name.icontains(text, autoescape=True))
    return sa.or_(
        SupplierAgreement.number.icontains(text, autoescape=True),
        SupplierAgreement.product_group.icontains(text, autoescape=True),
        SupplierAgreement.supplier_id.in_(names),
    )


def agreement_tab(ctx: Ctx, key: str) -> Any:
    """The condition of a tab of the list of service agreements."""
    in_force = sa.and_(SupplierAgreement.state == "in_force", SupplierAgreement.valid_until >= ctx.today)
    if key == "ending":
        soon = ctx.today + dt.timedelta(days=int(get_setting(ctx, "warranty.contract.ending_days")))
        return sa.and_(in_force, SupplierAgreement.valid_until <= soon)
    if key == "over":
        return sa.or_(SupplierAgreement.state == "ended", SupplierAgreement.valid_until < ctx.today)
    return in_force if key == "in_force" else sa.true()
