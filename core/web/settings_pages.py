"""The settings of a company, made from what core and modules declare; its working calendars."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, flash, g, redirect, render_template, request, url_for

from core.approvals.people import staff
from core.calendar_store import WorkingCalendar, save_calendar
from core.calendars import CalendarError, calendar_for, from_data
from core.companies.models import OrgUnit, Role
from core.db import stale, transaction
from core.errors import Conflict, DomainError, NotFound
from core.events import Event
from core.i18n import _, label
from core.registry import SettingDef
from core.settings import (
    UNIT_WORDS,
    get_setting,
    is_set,
    parse_setting,
    reset_setting,
    set_setting,
    setting_text,
    setting_words,
)
from core.web.conflict import KEEP, ConflictView, Difference, version_of
from core.web.gate import needs

blueprint = Blueprint("settings", __name__)


@blueprint.get("/settings")
@needs("core.settings.edit")
def settings_page():
    """Every setting of the modules that are on, by module, with its value here."""
    return _page({}, {})


def _page(typed: dict[str, str], errors: dict[str, str], status: int = 200, conflict: ConflictView | None = None):
    ctx = g.ctx
    query = request.args.get("q", "").strip()
    groups: dict[str, list[SettingDef]] = {}
    for key, definition in ctx.registry.settings.items():
        owner = ctx.registry.owner_of("settings", key)
        if (owner == "core" or owner in ctx.enabled) and (key in errors or _fits(definition, query)):
            groups.setdefault(owner, []).append(definition)
    shown = [d for rows in groups.values() for d in rows]
    offered = {kind: OFFERS[kind](ctx) for kind in {d.type for d in shown} & OFFERS.keys()}
    last = _last_changes(ctx)
    rows = {
        d.key: {
            "text": typed.get(d.key, setting_text(get_setting(ctx, d.key))),
            "stands": setting_text(get_setting(ctx, d.key)),
            "own": is_set(ctx, d.key),
            "default": setting_words(ctx, d, d.default) or _("none"),
            "last": last.get(d.key),
        }
        for d in shown
    }
    calendars = list(ctx.session.scalars(sa.select(WorkingCalendar).order_by(WorkingCalendar.code)))
    return render_template(
        "web/settings.html",
        groups=[(ctx.registry.plugin_label(name), found) for name, found in groups.items()],
        rows=rows,
        offered=offered,
        units=[(unit, _(words)) for unit, words in UNIT_WORDS.items()],
        errors=errors,
        calendars=calendars,
        conflict=conflict,
        query=query,
    ), status


def _fits(definition: SettingDef, query: str) -> bool:
    """Whether a setting is found by what was searched for: in its name, help or key."""
    words = f"{_(definition.label)} {_(definition.help)} {definition.key}".lower()
    return all(part in words for part in query.lower().split())


def _people(ctx) -> list[tuple[str, str]]:
    return sorted(((str(p.id), p.name) for p in staff(ctx).values()), key=lambda pair: pair[1])


def _codes(model: Any):
    return lambda ctx: [
        (row.code, label(row.name)) for row in ctx.session.scalars(sa.select(model).order_by(model.code))
    ]


OFFERS = {
    "role": _codes(Role),
    "unit": _codes(OrgUnit),
    "calendar": _codes(WorkingCalendar),
    "person": _people,
}
"""Types whose values are chosen from what the company has: (value, words)."""


def _last_changes(ctx) -> dict[str, Event]:
    """Setting → the event of its last change, among the newest 300."""
    names = ("core.setting_saved", "core.setting_reset")
    query = sa.select(Event).where(Event.name.in_(names)).order_by(Event.id.desc()).limit(300)
    last: dict[str, Event] = {}
    for event in ctx.session.scalars(query):
        last.setdefault(str(event.facts.get("key")), event)
    return last


def _entered(definition: SettingDef) -> str:
    """What the form says about a setting, as the text that ``parse_setting`` reads."""
    key = definition.key
    if definition.type == "choices":
        return ", ".join(request.form.getlist(key))
    if definition.type == "duration":
        amount = request.form.get(key, "").strip()
        return f"{amount} {request.form.get(f'{key}:unit', '')}" if amount else ""
    return request.form.get(key, "no" if definition.type == "bool" else "")


@blueprint.post("/settings/reset")
@needs("core.settings.edit")
def setting_reset():
    """Back to the default."""
    ctx, key = g.ctx, request.form.get("key", "")
    owner = ctx.registry.owner_of("settings", key)
    if owner != "core" and owner not in ctx.enabled:
        raise NotFound("unknown_setting", _("There is no setting called “{key}”.", key=key))
    reset_setting(ctx, key)
    flash(_("The default counts again."), "ok")
    return redirect(url_for("settings.settings_page"))


@blueprint.post("/settings")
@needs("core.settings.edit")
def settings_save():
    """Save all settings or none; what was typed stays in the form.

    Only what was changed on the page is saved; where somebody else changed the same one meanwhile, both are shown.
    """
    ctx = g.ctx
    typed, errors, changed = {}, {}, {}
    differing: list[Difference] = []
    for key, definition in ctx.registry.settings.items():
        owner = ctx.registry.owner_of("settings", key)
        if f"has:{key}" not in request.form or (owner != "core" and owner not in ctx.enabled):
            continue
        text = _entered(definition)
        now = setting_text(get_setting(ctx, key))
        shown = request.form.get(f"was:{key}", now)
        if request.form.get(KEEP + key) == "theirs" or (text == shown and text != now):
            text = now
        typed[key] = text
        try:
            value = parse_setting(ctx, key, text)
        except DomainError as error:
            errors[key] = error.message
            continue
        if value != get_setting(ctx, key):
            changed[key] = value
            if shown != now:
                differing.append(Difference(key, _(definition.label), text, now or _("empty"), theirs=False))
    if errors:
        return _page(typed, errors, 422)
    if differing:
        return _page(typed, {}, 409, ConflictView("", None, differing))
    try:
        with transaction(ctx):
            before = {key: get_setting(ctx, key) for key in changed}
            ctx.memo.pop("settings", None)
            for key, value in changed.items():
                if get_setting(ctx, key) != before[key]:
                    raise stale()
                set_setting(ctx, key, value)
    except Conflict:  # somebody was faster by a moment; saving again shows both
        ctx.memo.pop("settings", None)
        return _page(typed, {}, 409, ConflictView("", None, []))
    flash(_("Saved.") if changed else _("Nothing was changed."), "ok")
    return redirect(url_for("settings.settings_page"))


DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LISTS = ("holidays", "workdays", "closures")


@blueprint.get("/settings/calendars/<code>")
@needs("core.calendars.edit")
def calendar_page(code: str):
    """One working calendar: hours, exceptions, and the coming weeks as they work out."""
    row = _calendar(code)
    return _calendar_page(row, _form_of(row.body), [])


def _calendar(code: str) -> WorkingCalendar:
    row = g.ctx.session.scalar(sa.select(WorkingCalendar).where(WorkingCalendar.code == code))
    if row is None:
        raise NotFound("unknown_calendar", _("This company has no working calendar “{code}”.", code=code))
    return row


def _form_of(body: dict) -> dict[str, str]:
    """A calendar's data as the texts of its form."""
    form = {day: ", ".join(f"{a}-{b}" for a, b in body.get("week", {}).get(day, [])) for day in DAYS}
    form["round_the_clock"] = "1" if body.get("round_the_clock") else ""
    form["holidays_country"] = body.get("holidays_country", "")
    form["timezone"] = body["timezone"]
    form["holidays"] = "\n".join(body.get("holidays", []))
    form["workdays"] = "\n".join(
        d if isinstance(d, str) else f"{d['date']} {', '.join(f'{a}-{b}' for a, b in d['spans'])}"
        for d in body.get("workdays", [])
    )
    form["closures"] = "\n".join(f"{a} / {b}" for a, b in body.get("closures", []))
    return form


def _body_of(form: dict[str, str], before: dict) -> dict:
    """The texts of the form as calendar data; what can't be right is left for ``core.calendars`` to tell."""
    body = {k: before[k] for k in ("name", "label", "description", "holidays_subdivision") if k in before}
    body["timezone"] = form["timezone"].strip()
    if form["holidays_country"].strip():
        body["holidays_country"] = form["holidays_country"].strip().upper()
    if form["round_the_clock"]:
        body["round_the_clock"] = True
    else:
        body["week"] = {day: _spans(form[day]) for day in DAYS if form[day].strip()}
    lines = {key: [line.strip() for line in form[key].splitlines() if line.strip()] for key in LISTS}
    body["holidays"] = lines["holidays"]
    body["workdays"] = [_workday(line) for line in lines["workdays"]]
    body["closures"] = [[part.strip() for part in line.split("/")] for line in lines["closures"]]
    return {k: v for k, v in body.items() if v not in ([], "")}


def _spans(text: str) -> list[list[str]]:
    """``09:00-12:00, 13:00-18:00`` with any dash, comma or blank."""
    for mark, plain in (("–", "-"), ("—", "-"), ("至", "-"), ("，", ","), ("、", ","), ("：", ":")):
        text = text.replace(mark, plain)
    return [[end.strip() for end in part.split("-")] for part in text.split(",") if part.strip()]


def _workday(line: str):
    date, _blank, spans = line.partition(" ")
    return {"date": date, "spans": _spans(spans)} if spans.strip() else date


def _calendar_page(
    row: WorkingCalendar, form: dict[str, str], problems, status: int = 200, conflict: ConflictView | None = None
):
    ctx = g.ctx
    calendar = calendar_for(from_data(row.body))
    monday = ctx.today - dt.timedelta(days=ctx.today.weekday())
    weeks = []
    for week in range(6):
        days = []
        for offset in range(7):
            day = monday + dt.timedelta(days=7 * week + offset)
            local = [(a.astimezone(calendar.zone), b.astimezone(calendar.zone)) for a, b in calendar.opening_spans(day)]
            days.append((day, [f"{a:%H:%M}–{'24:00' if b.date() > day else f'{b:%H:%M}'}" for a, b in local]))
        weeks.append(days)
    warnings = [w.message for year in (ctx.today.year, ctx.today.year + 1) for w in calendar.warnings(year)]
    page = render_template(
        "web/calendar.html",
        row=row,
        form=form,
        problems=problems,
        weeks=weeks,
        warnings=warnings,
        today=ctx.today,
        days=list(zip(DAYS, weekday_names(), strict=True)),
        version=row.version,
        conflict=conflict,
    )
    return page, status


def weekday_names() -> list[str]:
    """Monday to Sunday, short, in the language of the moment."""
    return [_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun")]


@blueprint.post("/settings/calendars/<code>")
@needs("core.calendars.edit")
def calendar_save(code: str):
    """Save a working calendar; every mistake is told by field, and what was typed stays."""
    row = _calendar(code)
    stands = _form_of(row.body)
    form = {name: request.form.get(name, "") for name in stands}
    form |= {name: stands[name] for name in stands if request.form.get(KEEP + name) == "theirs"}
    try:
        body = _body_of(form, row.body)
        save_calendar(g.ctx, code, body, version=version_of(request.form.get("record_version")))
    except CalendarError as error:
        return _calendar_page(row, form, error.problems, 422)
    except Conflict as error:
        if error.code != "stale":
            raise
        return _calendar_page(row, form, [], 409, _both_calendars(form, stands))
    flash(_("Saved. New time limits reckon with it; running ones keep their deadline until they are paused."), "ok")
    return redirect(url_for("settings.calendar_page", code=code))


def _both_calendars(form: dict[str, str], stands: dict[str, str]) -> ConflictView:
    words = {
        **dict(zip(DAYS, weekday_names(), strict=True)),
        "round_the_clock": _("Round the clock"),
        "timezone": _("Time zone"),
        "holidays_country": _("Public holidays of"),
        "holidays": _("Own holidays"),
        "workdays": _("Make-up workdays"),
        "closures": _("Closures"),
    }
    differing = [
        Difference(name, words[name], form[name] or _("empty"), stands[name] or _("empty"), theirs=False)
        for name in words
        if form[name].split() != stands[name].split()
    ]
    return ConflictView("", None, differing)
