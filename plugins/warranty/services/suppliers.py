"""The verbs of what is agreed with suppliers: how long they answer, who gives technical support for their goods."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from core.api import (
    Conflict,
    Ctx,
    Invalid,
    RecordRef,
    _,
    check_version,
    emit,
    get_setting,
    next_number,
    require_unreferenced,
    transaction,
    use_locale,
)
from plugins.base import queries as base_queries
from plugins.base.contracts import PRODUCT
from plugins.base.queries.suppliers import get_supplier
from plugins.warranty.agreed import (
    AGREEMENT,
    SUPPLIER_TERM,
    AgreementData,
    SupplierTermData,
)
from plugins.warranty.agreed_life import EDIT_SUPPLIERS
from plugins.warranty.contracts import COST_KINDS
from plugins.warranty.models.suppliers import (
    SUPPLIER_START_EVENTS,
    SUPPLIER_TERM_UNITS,
    SUPPORTERS,
    SupplierAgreement,
    SupplierTerm,
)
from plugins.warranty.queries import suppliers as queries
from plugins.warranty.rules.claims import says_nothing


def save_term(
    ctx: Ctx, data: SupplierTermData, term_id: int | None = None, *, version: int | None = None
) -> SupplierTerm:
    """Say how long a supplier answers for which goods. It counts for what comes in while it is valid."""
    ctx.require(EDIT_SUPPLIERS)
    with transaction(ctx):
        supplier = get_supplier(ctx, data.supplier_id)
        _check_term(ctx, data)
        row = SupplierTerm() if term_id is None else queries.get_term(ctx, term_id)
        check_version(row, version)
        for name in ("supplier_id", "product_id", "start_event", "amount", "unit", "valid_from", "valid_until"):
            setattr(row, name, getattr(data, name))
        row.product_group, row.maker = data.product_group.strip()[:80], data.maker.strip()[:200]
        row.part_group, row.note = data.part_group.strip()[:80], data.note.strip()
        for kind in COST_KINDS:
            setattr(row, f"covers_{kind}", kind in data.covers)
        if says_nothing(row):
            words = _("Say for which goods it is: a product, a group, a maker or a group of parts.")
            raise Invalid("about_nothing", words, "product_id")
        ctx.session.add(row)
        ctx.session.flush()
        emit(
            ctx,
            "warranty.supplier_term_saved",
            supplier,
            number=supplier.number,
            length=_in_both(lambda: queries.length_words(row)),
            about=_in_both(lambda: queries.about_words(row)),
        )
        return row


def _check_term(ctx: Ctx, data: SupplierTermData) -> None:
    _check_product(ctx, data.product_id)
    if data.amount <= 0:
        raise Invalid("no_length", _("Enter how long the supplier answers, more than nothing."), "amount")
    if data.unit not in SUPPLIER_TERM_UNITS or data.start_event not in SUPPLIER_START_EVENTS:
        raise Invalid("bad_choice", _("“{value}” is not one of the choices.", value=data.unit), "unit")
    if data.valid_until is not None and data.valid_until < data.valid_from:
        raise Invalid("ends_before_start", _("It would end before it begins."), "valid_until")
    if not data.covers or data.covers - set(COST_KINDS):
        words = _("Choose at least one kind of cost that the supplier answers for.")
        raise Invalid("covers_nothing", words, "covers")


def _check_product(ctx: Ctx, product_id: int | None) -> None:
    base_queries.require_own(ctx, ctx.registry.kinds[PRODUCT].model, product_id, "product_id")


def delete_term(ctx: Ctx, term_id: int) -> None:
    """Remove a term by which no claim was made. Raises Conflict otherwise: it can be ended by a last day instead."""
    ctx.require(EDIT_SUPPLIERS)
    with transaction(ctx):
        row = queries.get_term(ctx, term_id)
        supplier = get_supplier(ctx, row.supplier_id)
        what = _("the term of {supplier}", supplier=supplier.name)
        require_unreferenced(ctx, RecordRef(SUPPLIER_TERM, row.id), what, _("Give it a last day instead."))
        about = _in_both(lambda: queries.about_words(row))
        ctx.session.delete(row)
        ctx.session.flush()
        emit(ctx, "warranty.supplier_term_deleted", supplier, number=supplier.number, about=about)


def _in_both(say: Callable[[], str]) -> dict[str, str]:
    """Words that an event keeps, in both languages."""
    said = {}
    for locale in ("en", "zh"):
        with use_locale(locale):
            said[locale] = say()
    return said


# --- service agreements ---------------------------------------------------------------------------------------------


def save_agreement(
    ctx: Ctx, data: AgreementData, agreement_id: int | None = None, *, version: int | None = None
) -> SupplierAgreement:
    """Agree with a supplier on who gives technical support, or change such an agreement while it is in force (MD-4)."""
    ctx.require(EDIT_SUPPLIERS)
    with transaction(ctx):
        supplier = get_supplier(ctx, data.supplier_id)
        _check_agreement(ctx, data)
        row: Any = SupplierAgreement(state="in_force")
        if agreement_id is not None:
            row = queries.get_agreement(ctx, agreement_id)
        check_version(row, version)
        if row.state != "in_force":
            raise Conflict("not_in_force", _("{number} has ended.", number=row.number))
        for name in ("supplier_id", "product_id", "before_sale", "after_sale", "valid_from", "valid_until"):
            setattr(row, name, getattr(data, name))
        for name, longest in (("product_group", 80), ("maker", 200), ("third_party", 200), ("contact_name", 120),
                              ("phone", 60), ("email", 255), ("content", None)):  # fmt: skip
            setattr(row, name, getattr(data, name).strip()[:longest])
        if agreement_id is None:
            row.follows_id = _followed(ctx, data)
            row.number = next_number(ctx, AGREEMENT, get_setting(ctx, "warranty.agreement.pattern"))
            ctx.session.add(row)
        ctx.session.flush()
        emit(
            ctx,
            "warranty.agreement_saved",
            row,
            links=[supplier],
            number=row.number,
            supplier=supplier.name,
            begins=row.valid_from.isoformat(),
            ends=row.valid_until.isoformat(),
        )
        return row


def _check_agreement(ctx: Ctx, data: AgreementData) -> None:
    _check_product(ctx, data.product_id)
    if data.valid_until < data.valid_from:
        words = _(
            "It would end on {ends}, before it begins on {starts}. The last day must be the first day or later.",
            ends=data.valid_until.isoformat(),
            starts=data.valid_from.isoformat(),
        )
        raise Invalid("ends_before_start", words, "valid_until")
    for name in ("before_sale", "after_sale"):
        if getattr(data, name) not in SUPPORTERS:
            raise Invalid("bad_choice", _("“{value}” is not one of the choices.", value=getattr(data, name)), name)
    if "third" in (data.before_sale, data.after_sale) and not data.third_party.strip():
        raise Invalid("third_party_missing", _("Name the third party."), "third_party")
    if data.email and "@" not in data.email:
        raise Invalid("bad_email", _("“{text}” is not an e-mail address.", text=data.email), "email")


def _followed(ctx: Ctx, data: AgreementData) -> int | None:
    """The agreement that is renewed, of the same supplier; one is followed once."""
    if data.follows_id is None:
        return None
    before = queries.get_agreement(ctx, data.follows_id)
    other = queries.follower_of(ctx, before.id)
    if other is not None:
        words = _("{number} is renewed by {other} already.", number=before.number, other=other.number)
        raise Conflict("renewed_already", words)
    if data.valid_from <= queries.last_valid_day(before):
        words = _("{number} is valid until {day}. The next one begins later.", number=before.number,
                  day=queries.last_valid_day(before).isoformat())  # fmt: skip
        raise Invalid("begins_too_early", words, "valid_from")
    return before.id


def end_agreement(
    ctx: Ctx, agreement_id: int, last_day: dt.date, reason: str, *, version: int | None = None
) -> SupplierAgreement:
    """End an agreement before its time, for a reason; ``last_day`` is the last one on which it counts."""
    ctx.require(EDIT_SUPPLIERS)
    with transaction(ctx):
        row = queries.get_agreement(ctx, agreement_id)
        check_version(row, version)
        if row.state != "in_force":
            raise Conflict("not_in_force", _("{number} has ended.", number=row.number))
        if not row.valid_from <= last_day <= row.valid_until:
            words = _(
                "The last day lies between {begins} and {ends}.",
                begins=row.valid_from.isoformat(),
                ends=row.valid_until.isoformat(),
            )
            raise Invalid("bad_last_day", words, "last_day")
        if not reason.strip():
            raise Invalid("reason_missing", _("Give a reason."), "reason")
        row.state, row.ended_on, row.end_reason = "ended", last_day, reason.strip()
        supplier = get_supplier(ctx, row.supplier_id)
        emit(
            ctx,
            "warranty.agreement_ended",
            row,
            links=[supplier],
            number=row.number,
            last_day=last_day.isoformat(),
            reason=reason.strip(),
        )
        return row
