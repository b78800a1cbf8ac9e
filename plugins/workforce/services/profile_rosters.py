"""Duty rosters that an industry profile brings: files ``workforce_rosters/<code>.yaml``, compared and added.

A file says what is covered: ``name``, ``begins`` and ``ends`` of every day (the same: around the clock) or a working
``calendar``, and how many people are ``needed``. Who answers for it, its number and who has duty are the company's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from core.api import N_, Ctx, Invalid, ProfileSection, _, label, use_locale
from plugins.workforce.contracts import RosterData
from plugins.workforce.models import Roster
from plugins.workforce.rules.duty import clock_of, minutes_of
from plugins.workforce.services.rosters import save_roster

_KEYS = {"name", "begins", "ends", "calendar", "needed"}


def problems(_code: str, entry: Any) -> list[str]:
    """Everything that is wrong with a roster's file, in words."""
    if not isinstance(entry, Mapping):
        return [_("a mapping is expected")]
    wrong = [_("unknown key “{key}”", key=key) for key in sorted(set(entry) - _KEYS)]
    if not label(entry.get("name") or ""):
        wrong.append(_("a name is missing"))
    if not isinstance(entry.get("needed", 1), int):
        wrong.append(_("“{value}” is no number.", value=entry["needed"]))
    for key in () if entry.get("calendar") else ("begins", "ends"):
        try:
            minutes_of(str(entry.get(key, "")))
        except (Invalid, ValueError):
            wrong.append(_("“{value}” is no time; write it as 09:00.", value=entry.get(key, "")))
    return wrong


def _body(name: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    calendar = entry.get("calendar") or ""
    hours = {key: "" if calendar else clock_of(minutes_of(str(entry[key]))) for key in ("begins", "ends")}
    return {"name": name, "calendar": calendar, **hours, "needed": entry.get("needed", 1)}


def _wanted(ctx: Ctx, _code: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    with use_locale(ctx.company.locale):
        return _body(label(entry.get("name") or ""), entry)


def _find(ctx: Ctx, code: str) -> Roster | None:
    return ctx.session.scalar(sa.select(Roster).where(Roster.code == code))


def _entry(row: Roster) -> dict[str, Any]:
    covered = (
        {"calendar": row.calendar}
        if row.covers == "calendar"
        else {"begins": clock_of(row.begins), "ends": clock_of(row.ends)}
    )
    return {**covered, "needed": row.needed}


def _current(ctx: Ctx, code: str) -> dict[str, Any] | None:
    row = _find(ctx, code)
    return _body(row.name, _entry(row)) if row is not None else None


def _put(ctx: Ctx, code: str, wanted: Mapping[str, Any], _reason: str) -> None:
    """Add it from today, or change what it covers; what the company has entered beside that stays."""
    row = _find(ctx, code)
    kept: dict[str, Any] = {"valid_from": ctx.today}
    if row is not None:
        same = ("phone", "unit_id", "skill_id", "valid_from", "valid_until", "cycle_weeks", "cycle_from", "active")
        kept = {key: getattr(row, key) for key in same} | {"user_id": row.assignee_id}
    if wanted["calendar"]:
        covered: dict[str, Any] = {"covers": "calendar", "calendar": wanted["calendar"]}
    else:
        covered = {"begins": minutes_of(wanted["begins"]), "ends": minutes_of(wanted["ends"])}
    data = RosterData(code, wanted["name"], needed=wanted["needed"], **covered, **kept)
    save_roster(ctx, data, row.id if row is not None else None)


def _everything(ctx: Ctx) -> dict[str, Any]:
    rows = ctx.session.scalars(sa.select(Roster).where(Roster.active.is_(True)).order_by(Roster.code))
    return {row.code: {"name": {"en": row.name, "zh": row.name}, **_entry(row)} for row in rows}


ROSTERS = ProfileSection(
    "workforce_rosters",
    N_("Duty rosters"),
    _wanted,
    _current,
    _put,
    _everything,
    title=lambda _ctx, _code, wanted: wanted["name"],
    problems=problems,
)
