"""Pages of locations. The list is declared."""

from __future__ import annotations

from flask import render_template, request, url_for

from core.api import Ctx, _, timeline
from core.web_api import current_ctx, first_line, form_page, needs, panels_of, record_id, timeline_items, typed
from plugins.inventory.contracts import PLACE_WORDS, LocationData
from plugins.inventory.forms.ledger import LocationForm
from plugins.inventory.lists.ledger import EDIT_PLACES, SEE, SEE_PLACES, balance_mark, lot_words
from plugins.inventory.models import Location
from plugins.inventory.models.places import INSIDE
from plugins.inventory.queries import places as queries
from plugins.inventory.queries import stock
from plugins.inventory.services import places as services
from plugins.inventory.views.blueprint import blueprint

SHOWN = 50


@blueprint.get("/locations/tree")
@needs(SEE_PLACES)
def locations_tree():
    """All locations, each below the one it belongs to."""
    ctx = current_ctx()
    units = queries.unit_names(ctx)
    rows = [(depth, row, _(PLACE_WORDS[row.kind]), units.get(row.unit_id or 0, "")) for depth, row in queries.tree(ctx)]
    return render_template("inventory/locations.html", rows=rows)


@blueprint.get("/locations/<int:record_id>")
@needs(SEE_PLACES)
def location_page(record_id: int):
    """One location: whose it is, what is in it."""
    ctx = current_ctx()
    row = queries.get_location(ctx, record_id)
    there = stock.balances_in(ctx, row.id, SHOWN + 1) if row.inside and ctx.can(SEE) else []
    return render_template(
        "inventory/location.html", location=row, kind=_(PLACE_WORDS[row.kind]),
        unit=queries.unit_names(ctx).get(row.unit_id or 0, ""),
        person=queries.names_of(ctx, [row.assignee_id]).get(row.assignee_id or 0, ""),
        above=queries.get_location(ctx, row.parent_id) if row.parent_id in queries.locations(ctx, [row.parent_id or 0])
        else None,
        balances=[(b, lot_words(b), balance_mark(b, ctx.today)) for b in there[:SHOWN]], more=len(there) > SHOWN,
        may={"edit": ctx.can(EDIT_PLACES), "see": ctx.can(SEE)},
        panels=panels_of(ctx, row), history=timeline_items(ctx, timeline(ctx, row)),
    )  # fmt: skip


@blueprint.route("/locations/new", methods=["GET", "POST"])
@needs(EDIT_PLACES)
def location_new():
    """Add a location."""
    form = LocationForm(formdata=typed(), version="", parent_id=record_id(request.args.get("below")) or 0)
    return _location_form(current_ctx(), form, None)


@blueprint.route("/locations/<int:record_id>/edit", methods=["GET", "POST"])
@needs(EDIT_PLACES)
def location_edit(record_id: int):
    """Change a location."""
    ctx = current_ctx()
    row = queries.get_location(ctx, record_id)
    values = {
        "parent_id": row.parent_id or 0, "unit_id": row.unit_id or 0, "user_id": row.assignee_id or 0,
        "version": row.version,
    }  # fmt: skip
    return _location_form(ctx, LocationForm(formdata=typed(), obj=row, **values), row)


def _location_form(ctx: Ctx, form: LocationForm, row: Location | None):
    own = row.id if row is not None else 0
    form.parent_id.choices = first_line(_("nothing: topmost"), [p for p in queries.offered(ctx, INSIDE) if p[0] != own])
    form.unit_id.choices = first_line(_("the whole company"), queries.units(ctx))
    form.user_id.choices = first_line(_("nobody"), queries.people(ctx))

    def save() -> Location:
        data = LocationData(
            form.code.data or "", form.name.data or "", form.kind.data, form.parent_id.data or None,
            form.unit_id.data or None, form.user_id.data or None, form.note.data or "", bool(form.active.data),
            row.id if row is not None else None,
        )  # fmt: skip
        return services.save_location(ctx, data, version=form.seen if row is not None else None)

    return form_page(
        form, save, "inventory/location_form.html", lambda r: url_for("inventory.location_page", record_id=r.id),
        location=row,
    )  # fmt: skip
