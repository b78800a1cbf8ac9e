"""Terms that an industry profile brings: files ``warranty_terms/<code>.yaml``, compared and put in force."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import sqlalchemy as sa

from core.api import N_, Ctx, ProfileSection, _, label, use_locale
from plugins.base import queries as base_queries
from plugins.warranty.contracts import (
    AMOUNT_UNIT_WORDS,
    COVER_WORDS,
    EXTENDS_WORDS,
    ON_EXCHANGE_WORDS,
    REPAIR_DAYS_WORDS,
    START_WORDS,
    TermData,
)
from plugins.warranty.models import Term
from plugins.warranty.rules.terms import problems_of
from plugins.warranty.services import terms

ALWAYS = dt.date(2000, 1, 1)
"""From this day of sale on terms hold that come while the company has no units yet."""
_CHOICES = {
    "cover": COVER_WORDS,
    "amount_unit": AMOUNT_UNIT_WORDS,
    "extends": EXTENDS_WORDS,
    "repair_days": REPAIR_DAYS_WORDS,
    "on_exchange": ON_EXCHANGE_WORDS,
}
_PLAIN = (
    "cover", "product_group", "part_group", "amount", "amount_unit", "start_day_counts", "holiday_shift", "calendar",
    "extends", "repair_days", "on_exchange", "exchange_days", "earlier_units", "clause", "note",
)  # fmt: skip
_KEYS = {"name", "meters", "starts", *_PLAIN}


def _spelled(entry: Any) -> Iterator[str]:
    """What is wrong with a file itself: unknown keys, unknown values, no name."""
    if not isinstance(entry, Mapping):
        yield _("a mapping is expected")
        return
    for key in sorted(set(entry) - _KEYS):
        yield _("unknown key “{key}”", key=key)
    for key, words in _CHOICES.items():
        if key in entry and entry[key] not in words:
            yield _("“{value}” is not one of: {allowed}.", value=entry[key], allowed=", ".join(words))
    for start in entry.get("starts") or []:
        if not isinstance(start, Mapping) or start.get("event") not in START_WORDS:
            yield _("“{value}” is not one of: {allowed}.", value=start, allowed=", ".join(START_WORDS))
    for limit in (entry.get("meters") or {}).values():
        try:
            Decimal(str(limit))
        except InvalidOperation:
            yield _("“{value}” is no number.", value=limit)


def problems(code: str, entry: Any) -> list[str]:
    """Everything that is wrong with a term's file, in words."""
    wrong = list(_spelled(entry))
    if not wrong:
        wrong = [f"{field}: {_(text, **values)}" for field, text, values in problems_of(_data(code, _body(entry)))]
    return wrong


def _body(entry: Mapping[str, Any]) -> dict[str, Any]:
    """A term as plain data, with every key: what is compared."""
    plain = TermData("", "")
    body = {name: entry.get(name, getattr(plain, name)) for name in _PLAIN}
    body["name"] = label(entry.get("name") or "")
    body["starts"] = [[s["event"], int(s.get("days", 0))] for s in entry.get("starts") or [{"event": "sale"}]]
    body["meters"] = {kind: str(limit) for kind, limit in sorted((entry.get("meters") or {}).items())}
    return body


def _data(code: str, body: Mapping[str, Any]) -> TermData:
    own = {name: value for name, value in body.items() if name not in ("name", "starts", "meters")}
    meters = {kind: Decimal(limit) for kind, limit in body["meters"].items()}
    starts = tuple((event, days) for event, days in body["starts"])
    return TermData(code, body["name"], meters=meters, starts=starts, **own)


def _wanted(ctx: Ctx, _code: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    with use_locale(ctx.company.locale):
        return _body(entry)


def _of_company(ctx: Ctx, code: str) -> Term | None:
    """The newest term of this code that is in force, unless it is for one product or customer."""
    query = sa.select(Term).where(
        Term.code == code, Term.state == "in_force", Term.product_id.is_(None), Term.customer_id.is_(None)
    )
    return ctx.session.scalar(query.order_by(Term.valid_from.desc()).limit(1))


def _current(ctx: Ctx, code: str) -> dict[str, Any] | None:
    term = _of_company(ctx, code)
    return _of_term(term) if term is not None else None


def _of_term(term: Term) -> dict[str, Any]:
    body = {name: getattr(term, name) for name in _PLAIN}
    body["name"] = term.name
    body["starts"] = [[event, days] for event, days in term.starts]
    body["meters"] = dict(sorted(term.meters.items()))
    return body


def _untouched(ctx: Ctx, code: str) -> dict[str, Any] | None:
    """What the module ships under this code."""
    entry = next((e for e in terms.shipped_terms() if e["code"] == code), None)
    return _wanted(ctx, code, {k: v for k, v in entry.items() if k != "code"}) if entry is not None else None


def _put(ctx: Ctx, code: str, wanted: Mapping[str, Any], reason: str) -> None:
    """In force for units sold from today on; for all, where the company has no units yet."""
    known = _of_company(ctx, code)
    first = ctx.today if base_queries.count_units(ctx) else ALWAYS
    data = TermData(**{**vars(_data(code, wanted)), "valid_from": first})
    draft = terms.draft_term(ctx, data, replaces_id=known.id if known is not None else None, reason=reason)
    terms.put_in_force(ctx, draft.id)


def _everything(ctx: Ctx) -> dict[str, Any]:
    """Terms for groups and for all that say something else than those that the module ships."""
    found = {}
    codes = ctx.session.scalars(sa.select(Term.code).where(Term.state == "in_force").distinct().order_by(Term.code))
    for code in codes:
        body = _current(ctx, code)
        if body is not None and body != _untouched(ctx, code):
            found[code] = {
                **{name: value for name, value in body.items() if name not in ("starts", "name")},
                "name": {"en": body["name"], "zh": body["name"]},
                "starts": [{"event": event, "days": days} for event, days in body["starts"]],
            }
    return found


TERMS = ProfileSection(
    "warranty_terms",
    N_("Warranty terms"),
    _wanted,
    _current,
    _put,
    _everything,
    _untouched,
    lambda _ctx, _code, wanted: wanted["name"],
    problems,
)
