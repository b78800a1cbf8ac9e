"""Closing a part of the company: refused while it holds people, parts or open work; history keeps showing it."""

from __future__ import annotations

import sqlalchemy as sa

from core import hooks
from core.companies.models import Membership, OrgUnit
from core.companies.services import unit_by_code
from core.context import Ctx
from core.contributions import OpenWork
from core.db import transaction
from core.errors import Conflict
from core.events import emit
from core.i18n import _


def held_by_unit(ctx: Ctx, unit: OrgUnit) -> list[OpenWork]:
    """What stands against closing a unit: parts below it, people, open work of any module, disabled ones too.

    Raises Conflict when a module can't say.
    """
    below = sa.select(sa.func.count(OrgUnit.id)).where(OrgUnit.parent_id == unit.id, OrgUnit.active.is_(True))
    people = sa.select(sa.func.count(Membership.id)).where(Membership.unit_id == unit.id, Membership.active.is_(True))
    found = [
        OpenWork(_("Organisation units below it"), ctx.session.scalar(below) or 0),
        OpenWork(_("People"), ctx.session.scalar(people) or 0),
    ]
    for answer in hooks.collect(ctx, "open_work_of_unit", disabled_too=True, unit_id=unit.id):
        if answer.error:
            module = ctx.registry.plugin_label(answer.plugin)
            text = _(
                "The module “{module}” could not say what this unit still holds. Nothing was changed.", module=module
            )
            raise Conflict("open_work_unknown", text)
        found += answer.value
    return [work for work in found if work.count]


def close_unit(ctx: Ctx, code: str) -> None:
    """Close a unit: it can't be chosen any more. Raises Conflict while it holds anything, saying what, or when it is
    the last headquarters, to which goes what fits nowhere else.
    """
    ctx.require("core.units.manage")
    with transaction(ctx):
        unit = _locked(ctx, code)
        if not unit.active:
            raise Conflict("unit_stands_so", _("“{name}” is closed already.", name=unit.name))
        if unit.kind == "headquarters" and not _other_headquarters(ctx, unit):
            raise Conflict("last_headquarters", _("“{name}” is the only headquarters and stays open.", name=unit.name))
        held = held_by_unit(ctx, unit)
        if held:
            what = _(", ").join(f"{work.label} {work.count}" for work in held)
            text = _("“{name}” still holds: {what}. Move that elsewhere first.", name=unit.name, what=what)
            raise Conflict("unit_holds", text)
        unit.active = False
        emit(ctx, "core.unit_closed", unit, name=unit.name)


def reopen_unit(ctx: Ctx, code: str) -> None:
    """Let a closed unit be chosen again. Raises Conflict while the unit above it is closed."""
    ctx.require("core.units.manage")
    with transaction(ctx):
        unit = _locked(ctx, code)
        if unit.active:
            raise Conflict("unit_stands_so", _("“{name}” is open already.", name=unit.name))
        parent = ctx.session.get(OrgUnit, unit.parent_id) if unit.parent_id else None
        if parent is not None and not parent.active:
            raise Conflict("parent_closed", _("“{name}” above it is closed. Open that first.", name=parent.name))
        unit.active = True
        emit(ctx, "core.unit_reopened", unit, name=unit.name)


def _locked(ctx: Ctx, code: str) -> OrgUnit:
    unit = unit_by_code(ctx, code)
    assert unit is not None
    return ctx.session.get_one(OrgUnit, unit.id, with_for_update=True, populate_existing=True)


def _other_headquarters(ctx: Ctx, unit: OrgUnit) -> bool:
    others = sa.select(OrgUnit.id).where(
        OrgUnit.kind == "headquarters", OrgUnit.active.is_(True), OrgUnit.id != unit.id
    )
    return ctx.session.scalar(others.limit(1)) is not None
