"""In words, what a profile says differently from the company."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.context import Ctx
from core.i18n import N_, _, label, n_
from core.profiles.applying import ADD, SAME, Step
from core.settings import setting_words

_UNIT_WORDS = {"name": N_("Name"), "kind": N_("Kind"), "parent": N_("Belongs to"), "region": N_("Region")}


def differences(ctx: Ctx, step: Step) -> list[tuple[str, str, str]]:
    """(what, the company's, the profile's) for a step that changes something; empty for what is new or the same."""
    if step.state in (ADD, SAME) or step.mine is None:
        return []
    if step.section == "settings":
        definition = ctx.registry.settings[step.code]
        mine, theirs = (setting_words(ctx, definition, value) for value in (step.mine, step.theirs))
        return [("", mine or _("empty"), theirs or _("empty"))]
    if step.section == "organisation":
        return [(_(_UNIT_WORDS[k]), str(step.mine[k]), str(step.theirs[k])) for k in _UNIT_WORDS
                if step.mine[k] != step.theirs[k]]
    if step.section == "roles":
        return _rights(ctx, step.mine, step.theirs)
    if step.section == "tables":
        return [(_("Rows"), _rows(step.mine), _rows(step.theirs))]
    return []


def _rights(ctx: Ctx, mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    had, gets = set(mine["permissions"]), set(theirs["permissions"])
    told = []
    if label(mine["name"]) != label(theirs["name"]):
        told.append((_("Name"), label(mine["name"]), label(theirs["name"])))
    if had - gets:
        told.append((_("Right taken"), _(", ").join(ctx.registry.permission_label(c) for c in sorted(had - gets)), ""))
    if gets - had:
        told.append((_("Right given"), "", _(", ").join(ctx.registry.permission_label(c) for c in sorted(gets - had))))
    return told


def _rows(body: Mapping[str, Any]) -> str:
    count = len(body.get("rows", ()))
    return n_("{n} row", "{n} rows", count)
