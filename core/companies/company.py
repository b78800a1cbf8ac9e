"""Writes on a company itself: its name, time zone, currency, language, whether everybody needs a second factor."""

from __future__ import annotations

import re
import zoneinfo
from dataclasses import dataclass

from core.companies.models import Company
from core.context import Ctx
from core.db import transaction
from core.errors import Invalid
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


def change_company(ctx: Ctx, facts: CompanyFacts) -> bool:
    """Change what a company says of itself, with an event for each change; answers whether anything was changed.

    Needs the right to change settings; for the second factor also that to manage people. Raises Invalid for a value
    that can't be.
    """
    ctx.require("core.settings.edit")
    facts = _checked(facts)
    with transaction(ctx):
        company = ctx.session.get_one(Company, ctx.company_id, with_for_update=True, populate_existing=True)
        before = facts_of(company)
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
