"""Skills that an industry profile brings: files ``workforce_skills/<code>.yaml``, compared and added."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from core.api import N_, Ctx, ProfileSection, _, label, use_locale
from plugins.workforce.contracts import SkillData
from plugins.workforce.models import Skill
from plugins.workforce.models.skills import SKILL_KINDS
from plugins.workforce.services.skills import save_skill

_PLAIN = ("kind", "valid_months", "warn_days")
_KEYS = {"name", "under", *_PLAIN}


def problems(_code: str, entry: Any) -> list[str]:
    """Everything that is wrong with a skill's file, in words."""
    if not isinstance(entry, Mapping):
        return [_("a mapping is expected")]
    wrong = [_("unknown key “{key}”", key=key) for key in sorted(set(entry) - _KEYS)]
    if entry.get("kind", "skill") not in SKILL_KINDS:
        wrong.append(_("“{value}” is not one of: {allowed}.", value=entry["kind"], allowed=", ".join(SKILL_KINDS)))
    if not label(entry.get("name") or ""):
        wrong.append(_("a name is missing"))
    wrong += [
        _("“{value}” is no number.", value=entry[key])
        for key in ("valid_months", "warn_days")
        if entry.get(key) is not None and not isinstance(entry[key], int)
    ]
    return wrong


def _body(name: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "kind": entry.get("kind", "skill"),
        "under": entry.get("under") or "",
        "valid_months": entry.get("valid_months"),
        "warn_days": entry.get("warn_days"),
    }


def _wanted(ctx: Ctx, _code: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    with use_locale(ctx.company.locale):
        return _body(label(entry.get("name") or ""), entry)


def _codes(ctx: Ctx) -> dict[int, str]:
    return {row.id: row.code for row in ctx.session.execute(sa.select(Skill.id, Skill.code))}


def _find(ctx: Ctx, code: str) -> Skill | None:
    return ctx.session.scalar(sa.select(Skill).where(Skill.code == code))


def _current(ctx: Ctx, code: str) -> dict[str, Any] | None:
    skill = _find(ctx, code)
    if skill is None:
        return None
    above = ctx.session.get(Skill, skill.parent_id) if skill.parent_id else None
    own = {key: getattr(skill, key) for key in _PLAIN}
    return _body(skill.name, {**own, "under": above.code if above else ""})


def _put(ctx: Ctx, code: str, wanted: Mapping[str, Any], _reason: str) -> None:
    """Add it; the one above it, if that is still to come, is added first under its code and named by its own file."""
    known, above = _find(ctx, code), None
    if wanted["under"]:
        above = _find(ctx, wanted["under"])
        if above is None:
            above = save_skill(ctx, SkillData(wanted["under"], wanted["under"]))
    own = {key: wanted[key] for key in _PLAIN}
    save_skill(
        ctx,
        SkillData(code, wanted["name"], id=known.id if known else None, parent_id=above.id if above else None, **own),
    )


def _everything(ctx: Ctx) -> dict[str, Any]:
    codes = _codes(ctx)
    found = {}
    for skill in ctx.session.scalars(sa.select(Skill).where(Skill.active.is_(True)).order_by(Skill.code)):
        own = {key: getattr(skill, key) for key in _PLAIN if getattr(skill, key) is not None}
        under = {"under": codes[skill.parent_id]} if skill.parent_id in codes else {}
        found[skill.code] = {"name": {"en": skill.name, "zh": skill.name}, **own, **under}
    return found


SKILLS = ProfileSection(
    "workforce_skills",
    N_("Skills and certificates"),
    _wanted,
    _current,
    _put,
    _everything,
    title=lambda _ctx, _code, wanted: wanted["name"],
    problems=problems,
)
