"""Plans that an industry profile brings: files ``service_plans/<code>.yaml``, compared and added.

A profile's plan is about the house's own places, which it lists; a plan for a customer or a unit is the company's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from core.api import N_, Ctx, OrgUnit, ProfileSection, _, label, unit_by_code, use_locale
from plugins.service.models import CarePlan
from plugins.service.plan_contracts import CLOSED_WORDS, PERIOD_WORDS, PLAN_KIND_WORDS, RHYTHM_WORDS, CarePlanData
from plugins.service.services.plans import save_plan

_PLAIN = ("kind", "rhythm", "every", "period", "calendar", "closed_days", "lead_days", "checklist")
_CHOICES = {"kind": PLAN_KIND_WORDS, "rhythm": RHYTHM_WORDS, "period": PERIOD_WORDS, "closed_days": CLOSED_WORDS}
_DEFAULTS = {
    "kind": "inspection", "rhythm": "fixed", "every": 1, "period": "days", "calendar": "always", "closed_days": "as_is",
    "lead_days": 0, "checklist": "",
}  # fmt: skip
_KEYS = {"name", "text", "places", "unit", *_PLAIN}
PREFIX = "profile:"


def problems(_code: str, entry: Any) -> list[str]:
    """Everything that is wrong with a plan's file, in words."""
    if not isinstance(entry, Mapping):
        return [_("a mapping is expected")]
    wrong = [_("unknown key “{key}”", key=key) for key in sorted(set(entry) - _KEYS)]
    for key, allowed in _CHOICES.items():
        if entry.get(key, _DEFAULTS[key]) not in allowed:
            wrong.append(_("“{value}” is not one of: {allowed}.", value=entry[key], allowed=", ".join(allowed)))
    if not label(entry.get("name") or ""):
        wrong.append(_("a name is missing"))
    if not label(entry.get("places") or ""):
        wrong.append(_("the places are missing"))
    wrong += [
        _("“{value}” is no number.", value=entry[key])
        for key in ("every", "lead_days")
        if not isinstance(entry.get(key, _DEFAULTS[key]), int)
    ]
    return wrong


def _body(name: str, text: str, places: str, unit: str, given: Mapping[str, Any]) -> dict[str, Any]:
    plain = {key: given.get(key, _DEFAULTS[key]) for key in _PLAIN}
    return {"name": name, "text": text, "places": places.strip(), "unit": unit, **plain}


def _wanted(ctx: Ctx, _code: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    with use_locale(ctx.company.locale):
        said = [label(entry.get(key) or "") for key in ("name", "text", "places")]
    return _body(said[0], said[1], said[2], str(entry.get("unit") or ""), entry)


def _find(ctx: Ctx, code: str) -> CarePlan | None:
    return ctx.session.scalar(sa.select(CarePlan).where(CarePlan.external_key == PREFIX + code))


def _of(ctx: Ctx, plan: CarePlan) -> dict[str, Any]:
    unit = ctx.session.get(OrgUnit, plan.unit_id) if plan.unit_id else None
    own = {key: getattr(plan, key) for key in _PLAIN}
    return _body(plan.name, plan.text, plan.places, unit.code if unit else "", own)


def _current(ctx: Ctx, code: str) -> dict[str, Any] | None:
    plan = _find(ctx, code)
    return _of(ctx, plan) if plan is not None else None


def _put(ctx: Ctx, code: str, wanted: Mapping[str, Any], _reason: str) -> None:
    known = _find(ctx, code)
    unit = unit_by_code(ctx, wanted["unit"], required=False) if wanted["unit"] else None
    own = {key: wanted[key] for key in _PLAIN}
    data = CarePlanData(
        wanted["name"], text=wanted["text"], places=wanted["places"], unit_id=unit.id if unit else None,
        starts_on=known.starts_on if known else ctx.today, external_key=PREFIX + code, **own,
    )  # fmt: skip
    save_plan(ctx, data, known.id if known is not None else None)


def _everything(ctx: Ctx) -> dict[str, Any]:
    query = sa.select(CarePlan).where(CarePlan.external_key.startswith(PREFIX), CarePlan.state != "ended")
    found = {}
    for plan in ctx.session.scalars(query.order_by(CarePlan.id)):
        body = _of(ctx, plan)
        for key in ("name", "text", "places"):
            body[key] = {"en": body[key], "zh": body[key]} if body[key] else ""
        found[str(plan.external_key).removeprefix(PREFIX)] = {k: v for k, v in body.items() if v not in ("", None)}
    return found


PLANS = ProfileSection(
    "service_plans",
    N_("Preventive plans"),
    _wanted,
    _current,
    _put,
    _everything,
    title=lambda _ctx, _code, wanted: wanted["name"],
    problems=problems,
)
