"""The settings of a company, made from what core and modules declare; its working calendars."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
import yaml
from flask import Blueprint, flash, g, redirect, render_template, request, url_for

from core.calendar_store import WorkingCalendar, save_calendar
from core.calendars import CalendarError, calendar_for, from_data, parse_yaml, to_data
from core.db import transaction
from core.errors import DomainError, NotFound
from core.i18n import _
from core.settings import get_setting, parse_setting, set_setting
from core.web.gate import needs

blueprint = Blueprint("settings", __name__)


@blueprint.get("/settings")
@needs("core.settings.edit")
def settings_page():
    """Every setting of the modules that are on, by module, with its value here."""
    return _page({}, {})


def _page(typed: dict[str, str], errors: dict[str, str], status: int = 200):
    ctx = g.ctx
    groups: dict[str, list] = {}
    for key, definition in ctx.registry.settings.items():
        owner = ctx.registry.owner_of("settings", key)
        if owner != "core" and owner not in ctx.enabled:
            continue
        value = typed.get(key, get_setting(ctx, key))
        groups.setdefault(owner, []).append((definition, value, errors.get(key)))
    named = [(_("General") if n == "core" else ctx.registry.plugin_label(n), rows) for n, rows in groups.items()]
    calendars = list(ctx.session.scalars(sa.select(WorkingCalendar).order_by(WorkingCalendar.code)))
    return render_template("web/settings.html", groups=named, errors=errors, calendars=calendars), status


@blueprint.post("/settings")
@needs("core.settings.edit")
def settings_save():
    """Save all settings or none; what was typed stays in the form."""
    ctx = g.ctx
    typed, errors, changed = {}, {}, {}
    for key, definition in ctx.registry.settings.items():
        owner = ctx.registry.owner_of("settings", key)
        if f"has:{key}" not in request.form or (owner != "core" and owner not in ctx.enabled):
            continue
        text = request.form.get(key, "no" if definition.type == "bool" else "")
        typed[key] = text
        try:
            value = parse_setting(ctx, key, text)
        except DomainError as error:
            errors[key] = error.message
            continue
        if value != get_setting(ctx, key):
            changed[key] = value
    if errors:
        return _page(typed, errors, 422)
    with transaction(ctx):
        for key, value in changed.items():
            set_setting(ctx, key, value)
    flash(_("Saved.") if changed else _("Nothing was changed."), "ok")
    return redirect(url_for("settings.settings_page"))


@blueprint.get("/settings/calendars/<code>")
@needs("core.calendars.edit")
def calendar_page(code: str):
    """One working calendar: as text to edit, and the coming weeks as they work out."""
    row = _calendar(code)
    return _calendar_page(row, yaml.safe_dump(row.body, allow_unicode=True, sort_keys=False), [])


def _calendar(code: str) -> WorkingCalendar:
    row = g.ctx.session.scalar(sa.select(WorkingCalendar).where(WorkingCalendar.code == code))
    if row is None:
        raise NotFound("unknown_calendar", _("This company has no working calendar “{code}”.", code=code))
    return row


def _calendar_page(row: WorkingCalendar, text: str, problems, status: int = 200):
    ctx = g.ctx
    calendar = calendar_for(from_data(row.body))
    monday = ctx.today - dt.timedelta(days=ctx.today.weekday())
    weeks = []
    for week in range(6):
        days = []
        for offset in range(7):
            day = monday + dt.timedelta(days=7 * week + offset)
            spans = calendar.opening_spans(day)
            local = [(a.astimezone(calendar.zone), b.astimezone(calendar.zone)) for a, b in spans]
            days.append((day, [f"{a:%H:%M}–{b:%H:%M}" for a, b in local]))
        weeks.append(days)
    warnings = [w.message for year in (ctx.today.year, ctx.today.year + 1) for w in calendar.warnings(year)]
    page = render_template(
        "web/calendar.html", row=row, text=text, problems=problems, weeks=weeks, warnings=warnings, today=ctx.today
    )
    return page, status


@blueprint.post("/settings/calendars/<code>")
@needs("core.calendars.edit")
def calendar_save(code: str):
    """Save a working calendar; mistakes are told by key and line, and the text stays."""
    row = _calendar(code)
    text = request.form.get("text", "")
    try:
        save_calendar(g.ctx, code, to_data(parse_yaml(text)))
    except CalendarError as error:
        return _calendar_page(row, text, error.problems, 422)
    flash(_("Saved. Time limits that start from now on reckon with it; running ones keep their deadline until they are paused or resumed."), "ok")
    return redirect(url_for("settings.calendar_page", code=code))
