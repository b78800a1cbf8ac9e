"""The page "My work": what waits for a person, today's figures, and what is out of order and can be mended."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from flask import g, url_for
from flask_login import current_user

from core import hooks
from core.calendar_store import calendar
from core.clocks import Clock
from core.context import Ctx
from core.contributions import Notice
from core.events import PARKED, Delivery
from core.i18n import N_, _, label, n_
from core.mail.models import WAITING, Mail
from core.mail.services import MANAGE
from core.notifications import role_name
from core.standing import standing
from core.web.explain import clock_view_of
from core.web.panels import home_panels_of
from core.web.ui import Stat

VIEWS = {"overview": N_("Overview"), "calls": N_("Calls")}
"""The two ways to see the page; whoever takes calls and manages nothing begins with the second."""

WORK_ORDER = 50
"""Where what waits stands among the panels of plugins."""
_SOON = dt.timedelta(hours=2)
_MOST_NOTICES = 100
_NEXT_YEAR_FROM = 11
"""From this month on next year's holidays should be known; they are announced in autumn."""


def home_page(ctx: Ctx) -> dict[str, Any]:
    """What the template shows: figures, work by urgency, today, notices, and the switch between the two views."""
    answers = hooks.collect(ctx, "work_items")
    items = sorted((i for a in answers if not a.error for i in a.value), key=lambda i: i.sort_key)
    figures = [
        Stat(f.label, f.value, f.url, f.icon, "" if f.tone == "plain" else f.tone, f.hint)
        for f in hooks.collect_items(ctx, "home_figures")
    ]
    view = _view(ctx)
    panels = home_panels_of(ctx)
    return {
        "view": view,
        "panels_before": [p for p in panels if p.where == "main" and p.order < WORK_ORDER],
        "panels_after": [p for p in panels if p.where == "main" and p.order >= WORK_ORDER],
        "panels_beside": [p for p in panels if p.where != "main"],
        "figures": figures if view == "overview" else [],
        "switcher": _switcher(view) if figures and _takes_calls() else [],
        "groups": _by_urgency(ctx, items),
        "total": len(items),
        "unavailable": [ctx.registry.plugin_label(a.plugin) for a in answers if a.error],
        "role_names": [label(role_name(ctx, code)) for code in sorted(ctx.actor.roles)],
        "today": hooks.collect_items(ctx, "home_today"),
        "notices": [*_own_notices(ctx), *hooks.collect_items(ctx, "home_notices")],
    }


def _takes_calls() -> bool:
    from core.web.shell import build

    if "shell" not in g:
        g.shell = build(g.ctx)
    return g.shell.primary_action is not None


def _view(ctx: Ctx) -> str:
    if not _takes_calls():
        return "overview"
    chosen = current_user.preferences.get("home")
    return chosen if chosen in VIEWS else "overview" if ctx.can("core.rules.view") else "calls"


def _switcher(view: str) -> list[tuple[str, str, bool]]:
    return [(key, _(words), key == view) for key, words in VIEWS.items()]


def _by_urgency(ctx: Ctx, items: list) -> list[tuple[str, list]]:
    """(heading, [(item, clock view)]): what comes ahead, by its own headings; then what is overdue, what is due within
    two hours or warned of, the rest.

    A time limit that stands still is not urgent, however near its deadline is.
    """
    groups: dict[str, list] = {"over": [], "soon": [], "later": []}
    ahead: dict[str, list] = {}
    for item in items:
        view = clock_view_of(ctx, item.clock) if isinstance(item.clock, Clock) else item.clock
        if item.ahead:
            ahead.setdefault(item.ahead, []).append((item, view))
        else:
            groups[_urgency(ctx, item, view.state if view else "")].append((item, view))
    titles = {"over": _("Overdue"), "soon": _("Due within 2 hours"), "later": _("Later")}
    return [*ahead.items(), *((titles[key], rows) for key, rows in groups.items() if rows)]


def _urgency(ctx: Ctx, item, state: str) -> str:
    if state == "paused":
        return "later"
    if state == "over" or (not state and item.due is not None and item.due < ctx.now):
        return "over"
    near = item.due is not None and item.due - ctx.now < _SOON
    return "soon" if near or state == "soon" else "later"


# --- what the core itself has to say ----------------------------------------------------------------------------------


def _own_notices(ctx: Ctx) -> list[Notice]:
    return [notice for check in (_parked, _mail, _resting, _holidays) if (notice := check(ctx)) is not None]


def _parked(ctx: Ctx) -> Notice | None:
    """Deliveries that failed too often and wait for somebody."""
    if not ctx.can("core.deliveries.manage"):
        return None
    some = sa.select(Delivery.id).where(Delivery.state == PARKED).limit(_MOST_NOTICES).subquery()
    count = ctx.session.scalar(sa.select(sa.func.count()).select_from(some)) or 0
    if not count:
        return None
    title = n_("{n} delivery is parked", "{n} deliveries are parked", count)
    text = _("A module could not do what follows from an event. See the error, mend it, and queue it again.")
    return Notice(title, text, url_for("audit.deliveries_list", state=PARKED), _("Look at it"), "bad", "send")


def _mail(ctx: Ctx) -> Notice | None:
    """Mail that was not sent, or perhaps not, and waits for somebody."""
    if not ctx.can(MANAGE):
        return None
    some = sa.select(Mail.id, Mail.state).where(Mail.state.in_(WAITING)).limit(_MOST_NOTICES).subquery()
    count, first = ctx.session.execute(sa.select(sa.func.count(), sa.func.min(some.c.state)).select_from(some)).one()
    if not count:
        return None
    title = n_("{n} mail was not sent for sure", "{n} mails were not sent for sure", count)
    text = _("The mail server refused it or did not answer. See the error, then send it again or drop it.")
    return Notice(title, text, url_for("mail.mail_list", state=first), _("Look at it"), "bad", "mail")


def _resting(ctx: Ctx) -> Notice | None:
    """Modules that failed repeatedly in this process."""
    names = sorted({ctx.registry.plugin_label(plugin) for plugin, _hook, _error in hooks.resting_hooks()})
    if not names or not ctx.can("core.modules.switch"):
        return None
    title = _("Not answering at the moment: {modules}", modules=_(", ").join(names))
    text = _("What these modules add to pages is left out for five minutes, then tried again.")
    return Notice(title, text, url_for("modules.modules_page"), _("Look at it"), "bad", "puzzle")


def _holidays(ctx: Ctx) -> Notice | None:
    """Calendars that reckon with holidays which nobody knows for sure yet."""
    if not ctx.can("core.calendars.edit"):
        return None
    years = [ctx.today.year, *([ctx.today.year + 1] if ctx.today.month >= _NEXT_YEAR_FROM else [])]
    for code in standing(ctx, "calendars"):
        reckons = calendar(ctx, code)
        own = {day.year for day in [*reckons.definition.holidays, *dict(reckons.definition.workdays)]}
        for year in years:
            warnings = [] if year in own else reckons.warnings(year)
            if warnings:
                url = url_for("settings.calendar_page", code=code)
                title = _("Holidays of {year} are not sure", year=year)
                return Notice(title, warnings[0].message, url, _("Enter them"))
    return None
