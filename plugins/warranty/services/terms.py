"""Writing warranty terms: drafted, put in force (perhaps after approval), ended, withdrawn."""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.api import Conflict, Ctx, Invalid, _, advance, check_version, emit, read_data_file, transaction
from plugins.base import queries as base_queries
from plugins.warranty import life, words
from plugins.warranty.contracts import TermData
from plugins.warranty.models import Term
from plugins.warranty.queries.periods import forget_terms
from plugins.warranty.queries.terms import get_term
from plugins.warranty.rules.terms import problems_of
from plugins.warranty.services.periods import refresh_all_later

_SHIPPED = Path(__file__).parents[1] / "data" / "terms.yaml"


def draft_term(
    ctx: Ctx,
    data: TermData,
    term_id: int | None = None,
    *,
    replaces_id: int | None = None,
    reason: str = "",
    version: int | None = None,
) -> Term:
    """Write down a new term as a draft, or change a draft. ``replaces_id`` is the term in force that it is to replace.

    ``reason`` stands in its history.

    Raises Invalid with the field, Conflict when it is no draft any more or the term to replace is not in force.
    """
    ctx.require(life.EDIT_TERMS)
    with transaction(ctx):
        term = get_term(ctx, term_id) if term_id else None
        if term is not None:
            check_version(term, version)
            if term.state != "draft":
                raise Conflict("not_a_draft", _("What is in force is not changed. Draft a change that replaces it."))
        replaced = _to_replace(ctx, replaces_id)
        for field, message, values in problems_of(data):
            raise Invalid(f"bad_{field}", _(message, **values), field)
        _own(ctx, data)
        code = replaced.code if replaced else data.code.strip()
        if term is None:
            term = Term(revision=_next_revision(ctx, code), state="draft", replaces_id=replaces_id)
        elif term.code != code:
            term.revision = _next_revision(ctx, code)
        _write(ctx, term, data, code)
        ctx.session.add(term)
        ctx.session.flush()
        emit(ctx, "warranty.term_drafted", term, code=term.code, name=term.name, reason=reason)
        return term


def _to_replace(ctx: Ctx, replaces_id: int | None) -> Term | None:
    if replaces_id is None:
        return None
    replaced = get_term(ctx, replaces_id)
    if replaced.state != "in_force":
        raise Conflict("not_in_force", _("{code} is not in force; it can't be replaced.", code=replaced.code))
    return replaced


def _own(ctx: Ctx, data: TermData) -> None:
    """Product and customer are the company's own."""
    if data.product_id is not None:
        base_queries.get_product(ctx, data.product_id)
    if data.customer_id is not None:
        base_queries.get_customer(ctx, data.customer_id)


def _next_revision(ctx: Ctx, code: str) -> int:
    newest = ctx.session.scalar(sa.select(sa.func.max(Term.revision)).where(Term.code == code))
    return (newest or 0) + 1


def _write(ctx: Ctx, term: Term, data: TermData, code: str) -> None:
    term.code, term.name, term.cover = code, data.name.strip(), data.cover
    term.product_id, term.product_group = data.product_id, data.product_group.strip()
    term.part_group, term.customer_id = data.part_group.strip(), data.customer_id
    term.amount, term.amount_unit = data.amount, data.amount_unit
    term.meters = {kind: format(limit.normalize(), "f") for kind, limit in data.meters.items()}
    term.starts = [[event, days] for event, days in data.starts]
    term.start_day_counts, term.holiday_shift = data.start_day_counts, data.holiday_shift
    term.calendar, term.extends, term.repair_days = data.calendar, data.extends, data.repair_days
    term.on_exchange, term.exchange_days = data.on_exchange, data.exchange_days
    term.valid_from, term.valid_until = data.valid_from or ctx.today, data.valid_until
    term.earlier_units, term.clause, term.note = data.earlier_units, data.clause.strip(), data.note.strip()


def put_in_force(ctx: Ctx, term_id: int, *, version: int | None = None) -> Term:
    """Put a draft in force. The term it replaces keeps the units sold before its first day, or none.

    Raises Conflict when it overlaps another term of the same cover and scope, naming that one, or when an approval is
    lacking (which is asked for then).
    """
    ctx.require(life.PUBLISH_TERMS)
    with transaction(ctx):
        term = get_term(ctx, term_id)
        check_version(term, version)
        replaced = _to_replace(ctx, term.replaces_id)
        _refuse_overlap(ctx, term, replaced)
        advance(ctx, life.TERMS, term, "put_in_force")
        if replaced is not None:
            if term.earlier_units or term.valid_from <= replaced.valid_from:
                replaced.state = "withdrawn"
                reason = _("replaced by version {n}", n=term.revision)
                emit(ctx, "warranty.term_withdrawn", replaced, code=replaced.code, reason=reason)
            elif replaced.valid_until is None or replaced.valid_until >= term.valid_from:
                replaced.valid_until = term.valid_from - dt.timedelta(days=1)
                emit(ctx, "warranty.term_ended", replaced, code=replaced.code, day=replaced.valid_until)
            ctx.session.flush()
        emit(ctx, "warranty.term_in_force", term, code=term.code, day=term.valid_from)
        _work_out(ctx)
        return term


def _refuse_overlap(ctx: Ctx, term: Term, replaced: Term | None) -> None:
    others = sa.select(Term).where(
        Term.state == "in_force",
        Term.id != term.id,
        Term.cover == term.cover,
        Term.product_id.is_not_distinct_from(term.product_id),
        Term.product_group == term.product_group,
        Term.part_group == term.part_group,
        Term.customer_id.is_not_distinct_from(term.customer_id),
    )
    for other in ctx.session.scalars(others.order_by(Term.id)):
        if replaced is not None and other.id == replaced.id:
            continue
        starts_after = not other.earlier_units and term.valid_until is not None and other.valid_from > term.valid_until
        ends_before = not term.earlier_units and other.valid_until is not None and other.valid_until < term.valid_from
        if not (starts_after or ends_before):
            text = _(
                "{code} covers the same already ({scope}) for units sold in these days. Replace that term, or let it "
                "end first.",
                code=f"{other.code} {other.name}",
                scope=words.scope_words(other),
            )
            raise Conflict("overlapping_terms", text, field="valid_from")


def end_term(ctx: Ctx, term_id: int, last_day: dt.date, *, version: int | None = None) -> Term:
    """Say until which day of sale a term fits; units sold by then keep it."""
    ctx.require(life.PUBLISH_TERMS)
    with transaction(ctx):
        term = get_term(ctx, term_id)
        check_version(term, version)
        if last_day < term.valid_from:
            raise Invalid("ends_before_it_begins", _("It begins with {day}.", day=term.valid_from), "last_day")
        advance(ctx, life.TERMS, term, "end")
        term.valid_until = last_day
        ctx.session.flush()
        emit(ctx, "warranty.term_ended", term, code=term.code, day=last_day)
        _work_out(ctx)
        return term


def discard_term(ctx: Ctx, term_id: int, reason: str, *, version: int | None = None) -> Term:
    """Drop a draft, with the reason."""
    with transaction(ctx):
        term = get_term(ctx, term_id)
        check_version(term, version)
        advance(ctx, life.TERMS, term, "discard", reason=reason)
        ctx.session.flush()
        emit(ctx, "warranty.term_discarded", term, code=term.code, reason=reason.strip())
        return term


def withdraw_term(ctx: Ctx, term_id: int, reason: str, *, version: int | None = None) -> Term:
    """Take a term back for all units, with the reason."""
    with transaction(ctx):
        term = get_term(ctx, term_id)
        check_version(term, version)
        advance(ctx, life.TERMS, term, "withdraw", reason=reason)
        ctx.session.flush()
        emit(ctx, "warranty.term_withdrawn", term, code=term.code, reason=reason.strip())
        _work_out(ctx)
        return term


def _work_out(ctx: Ctx) -> None:
    """The terms in force changed: the ends of units follow."""
    forget_terms(ctx)
    refresh_all_later(ctx)


# --- terms that come as data ----------------------------------------------------------------------------------------


def load_shipped_terms(ctx: Ctx) -> None:
    """Give a company that has no terms yet those that come with the module, in its own language."""
    with transaction(ctx):
        if ctx.session.scalar(sa.select(Term.id).limit(1)) is not None:
            return
        terms = [term_of(ctx, entry) for entry in shipped_terms()]
        ctx.session.add_all(terms)
        ctx.session.flush()
        emit(ctx, "warranty.terms_loaded", n=len(terms))
        forget_terms(ctx)


@cache
def shipped_terms() -> list[dict]:
    """The terms that come with the module, as data."""
    return read_data_file(_SHIPPED)["terms"]


def term_of(ctx: Ctx, entry: dict[str, Any]) -> Term:
    """A term in force, as a data file says it; names are taken in the company's language."""
    language = "zh" if ctx.company.locale.startswith("zh") else "en"
    values = {key: value for key, value in entry.items() if key != "name"}
    values["starts"] = [[start["event"], int(start.get("days", 0))] for start in entry["starts"]]
    values["meters"] = {kind: str(limit) for kind, limit in (entry.get("meters") or {}).items()}
    values["valid_from"] = entry.get("valid_from") or dt.date(2000, 1, 1)
    return Term(name=entry["name"][language], revision=1, state="in_force", **values)
