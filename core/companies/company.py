"""Writes on a company itself: its name, time zone, currency, language, whether everybody needs a second factor."""

from __future__ import annotations

import re
import zoneinfo
from dataclasses import dataclass

from core.companies.models import Company
from core.context import Ctx
from core.db import stale, transaction
from core.errors import Conflict, Forbidden, Invalid
from core.events import emit
from core.i18n import LOCALES, _


@dataclass(frozen=True)
class CompanyFacts:
    """What a company says of itself. Its code never changes; its country decides holidays and so stays, too."""

    name: str
    timezone: str
    currency: str
    locale: str
    second_factor_required: bool


def facts_of(company: Company) -> CompanyFacts:
    """A company's facts as they stand."""
    names = CompanyFacts.__dataclass_fields__
    return CompanyFacts(**{name: getattr(company, name) for name in names})


_EVENTS = {
    "name": "core.company_renamed",
    "timezone": "core.company_timezone_changed",
    "currency": "core.company_currency_changed",
    "locale": "core.company_language_changed",
    "second_factor_required": "core.company_second_factor_changed",
}


def change_company(ctx: Ctx, facts: CompanyFacts, was: CompanyFacts | None = None) -> bool:
    """Change what a company says of itself, with an event for each change; answers whether anything was changed.

    Needs the right to change settings; for the second factor also that to manage people. Raises Invalid for a value
    that can't be, and Conflict ("stale") when the facts are no longer those that a person saw (``was``).
    """
    ctx.require("core.settings.edit")
    facts = _checked(facts)
    with transaction(ctx):
        company = ctx.session.get_one(Company, ctx.company_id, with_for_update=True, populate_existing=True)
        before = facts_of(company)
        if was is not None and was != before:
            raise stale(current=vars(before))
        changed = [name for name in _EVENTS if getattr(before, name) != getattr(facts, name)]
        if "second_factor_required" in changed:
            ctx.require("core.users.manage")
        for name in changed:
            setattr(company, name, getattr(facts, name))
            emit(ctx, _EVENTS[name], company, before=getattr(before, name), after=getattr(facts, name))
        return bool(changed)


def _checked(facts: CompanyFacts) -> CompanyFacts:
    name, currency = facts.name.strip(), facts.currency.strip().upper()
    if not name or len(name) > 200:
        raise Invalid("bad_name", _("Enter the company's name, 200 characters at most."), "name")
    if facts.timezone not in zoneinfo.available_timezones():
        raise Invalid(
            "bad_timezone", _("“{name}” is no time zone. Write it like Asia/Shanghai.", name=facts.timezone), "timezone"
        )
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise Invalid("bad_currency", _("A currency has three letters, like CNY."), "currency")
    if facts.locale not in LOCALES:
        raise Invalid("bad_locale", _("The language must be zh or en."), "locale")
    return CompanyFacts(name, facts.timezone, currency, facts.locale, facts.second_factor_required)


def close_company(ctx: Ctx, reason: str) -> None:
    """Close a company: nobody enters, its clocks stand still, deliveries, jobs and tasks are held; all data is kept.

    Only for the installation's administrator, who acts as the system here. Raises Conflict when it is closed already.
    """
    _turn(ctx, False, "core.company_closed", reason=_reason(reason))


def reopen_company(ctx: Ctx) -> None:
    """Open a closed company again: its clocks go on from where they stood, what was held is done."""
    _turn(ctx, True, "core.company_reopened")


def _reason(text: str) -> str:
    text = text.strip()
    if not text:
        raise Invalid("no_reason", _("Say why; the people of the company read it."), "reason")
    return text[:500]


def _turn(ctx: Ctx, wanted: bool, event: str, **facts: str) -> None:
    from core.clocks import pause_for_company, resume_for_company

    if not ctx.actor.is_system:
        raise Forbidden("installation_only", _("Only an administrator of the installation can do this."))
    with transaction(ctx):
        company = ctx.session.get_one(Company, ctx.company_id, with_for_update=True, populate_existing=True)
        if company.active == wanted:
            raise Conflict("company_stands_so", _("It is open already.") if wanted else _("It is closed already."))
        company.active = wanted
        (resume_for_company if wanted else pause_for_company)(ctx)
        emit(ctx, event, company, **facts)
