"""Locations: made, changed, closed; and those that every company begins with."""

from __future__ import annotations

import sqlalchemy as sa

from core.api import Conflict, Ctx, Invalid, _, check_version, emit, emit_if_changed, transaction
from plugins.inventory.contracts import LocationData
from plugins.inventory.models import Book, Location, Measure
from plugins.inventory.models.places import INSIDE, KINDS, PERSONAL
from plugins.inventory.queries import places as queries
from plugins.inventory.queries import stock
from plugins.inventory.services.common import chosen, required
from plugins.inventory.standard import standard

EDIT = "inventory.location.edit"


def save_location(ctx: Ctx, data: LocationData, *, version: int | None = None) -> Location:
    """Add a location or change one. One that was used keeps its sort; one that holds something can't be closed."""
    ctx.require(EDIT)
    with transaction(ctx):
        code = required(data.code, "code", _("Give it a code."), 40)
        name = required(data.name, "name", _("Give it a name."), 120)
        chosen(data.kind, KINDS, "kind")
        row = queries.get_location(ctx, data.id, lock=True) if data.id else None
        check_version(row, version)
        same = ctx.session.scalar(sa.select(Location).where(Location.code == code))
        if same is not None and same is not row:
            raise Invalid("code_taken", _("“{name}” has the code {code} already.", name=same.name, code=code), "code")
        if row is not None:
            _keep_what_counts(ctx, row, data)
        _check_parent(ctx, row, data)
        if data.unit_id is not None and data.unit_id not in dict(queries.units(ctx)):
            raise Invalid("unknown_unit", _("There is no such organisation unit."), "unit_id")
        if data.user_id is not None and data.user_id not in dict(queries.people(ctx)):
            raise Invalid("unknown_person", _("Choose somebody who works here."), "user_id")
        if data.user_id is not None and data.kind not in PERSONAL:
            raise Invalid("no_person", _("Only a van or a technician’s store belongs to a person."), "user_id")
        row = row or Location()
        row.code, row.name, row.kind, row.parent_id = code, name, data.kind, data.parent_id
        row.unit_id, row.assignee_id = data.unit_id, data.user_id
        row.note, row.active = data.note.strip(), data.active
        ctx.session.add(row)
        ctx.session.flush()
        emit(ctx, "inventory.location_saved", row, code=code, name=name)
        return row


def _keep_what_counts(ctx: Ctx, row: Location, data: LocationData) -> None:
    if data.kind != row.kind and stock.location_used(ctx, row.id):
        raise Conflict("used_already", _("Parts were moved here already, so its sort stays."), field="kind")
    if row.active and not data.active and stock.location_holds(ctx, row.id):
        words = _("There are still parts in {place}: move them first.", place=row.name)
        raise Conflict("not_empty", words, field="active")


def _check_parent(ctx: Ctx, row: Location | None, data: LocationData) -> None:
    if data.parent_id is None:
        return
    parents = queries.parents(ctx)
    if data.parent_id not in parents:
        raise Invalid("unknown_location", _("There is no such location."), "parent_id")
    if data.kind not in INSIDE:
        raise Invalid("outside", _("What is outside stands below nothing."), "parent_id")
    at: int | None = data.parent_id
    while at is not None:
        if row is not None and at == row.id:
            raise Invalid("circle", _("It can't stand below itself."), "parent_id")
        at = parents.get(at)


def furnish(ctx: Ctx) -> None:
    """Give a company what it can't be without: outside locations, a warehouse, a quarantine, the usual units.

    What is there already, by its sort or code, stays as it is.
    """
    with transaction(ctx):
        zh = ctx.company.locale.startswith("zh")
        kinds = set(ctx.session.scalars(sa.select(Location.kind)))
        for entry in standard()["locations"]:
            if entry["kind"] not in kinds:
                name = entry["zh"] if zh else entry["en"]
                ctx.session.add(Location(code=entry["code"], name=name, kind=entry["kind"], note="", active=True))
        codes = set(ctx.session.scalars(sa.select(Measure.code)))
        for entry in standard()["measures"]:
            if entry["code"] not in codes:
                name = entry["zh"] if zh else entry["en"]
                ctx.session.add(Measure(code=entry["code"], name=name, decimals=entry["decimals"], active=True))
        if ctx.session.scalar(sa.select(Book)) is None:
            ctx.session.add(Book())
        emit_if_changed(ctx, "inventory.furnished")
