"""Pages of kits. The lists, and what is missing over all of them, are declared."""

from __future__ import annotations

from flask import render_template, request, url_for

from core.api import Ctx, _, timeline
from core.web_api import (
    carry_out,
    clock_view_of,
    current_ctx,
    first_line,
    form_page,
    needs,
    panels_of,
    pressed,
    timeline_items,
    typed,
)
from plugins.inventory.forms.tools import KitForm, KitLineForm
from plugins.inventory.lists.tools import VIEW, inspection_mark, kit_mark, line_mark, tool_mark
from plugins.inventory.models import Kit
from plugins.inventory.queries import kits as queries
from plugins.inventory.queries import tools as tool_queries
from plugins.inventory.queries.places import names_of, unit_names, units
from plugins.inventory.services import kits as services
from plugins.inventory.services.tools import EDIT
from plugins.inventory.tool_contracts import KitData
from plugins.inventory.views.blueprint import blueprint

SHOWN = 100


@blueprint.get("/kits/<int:record_id>")
@needs(VIEW)
def kit_page(record_id: int):
    """One kit: what belongs to it, what is ready, in repair, missing."""
    ctx = current_ctx()
    return _page(ctx, queries.get_kit(ctx, record_id))


def _page(ctx: Ctx, kit: Kit, form: KitLineForm | None = None, extra: list[str] | None = None, status: int = 200):
    tools = queries.tools_in(ctx, kit.id, SHOWN + 1)
    names = names_of(ctx, [tool.assignee_id for tool in tools])
    clock = queries.clocks_of(ctx, [kit.id]).get(kit.id)
    page = render_template(
        "inventory/kit.html", kit=kit, mark=kit_mark(kit), unit=unit_names(ctx).get(kit.unit_id or 0, ""),
        lines=[(line, line_mark(line)) for line in queries.lines_of(ctx, [kit.id])],
        tools=[
            (tool, tool_mark(tool), inspection_mark(tool, ctx), names.get(tool.assignee_id or 0, ""))
            for tool in tools[:SHOWN]
        ],
        more=len(tools) > SHOWN, clock=clock_view_of(ctx, clock) if clock else None,
        form=_line_form(ctx, form or KitLineForm(formdata=None, version=kit.version)), extra=extra or [],
        may={"edit": ctx.can(EDIT)}, panels=panels_of(ctx, kit), history=timeline_items(ctx, timeline(ctx, kit)),
    )  # fmt: skip
    return page, status


def _line_form(ctx: Ctx, form: KitLineForm) -> KitLineForm:
    form.kind_id.choices = tool_queries.offered_kinds(ctx)
    return form


@blueprint.route("/kits/new", methods=["GET", "POST"])
@needs(EDIT)
def kit_new():
    """Set up a kit."""
    return _kit_form(current_ctx(), KitForm(formdata=typed(), version=""), None)


@blueprint.route("/kits/<int:record_id>/edit", methods=["GET", "POST"])
@needs(EDIT)
def kit_edit(record_id: int):
    """Change a kit."""
    ctx = current_ctx()
    row = queries.get_kit(ctx, record_id)
    return _kit_form(ctx, KitForm(formdata=typed(), obj=row, version=row.version, unit_id=row.unit_id or 0), row)


def _kit_form(ctx: Ctx, form: KitForm, row: Kit | None):
    form.unit_id.choices = first_line(_("the whole company"), units(ctx))

    def save() -> Kit:
        data = KitData(
            form.code.data or "", form.name.data or "", form.unit_id.data or None, bool(form.reserved.data),
            form.note.data or "", bool(form.active.data), row.id if row is not None else None,
        )  # fmt: skip
        return services.save_kit(ctx, data, version=form.seen if row is not None else None)

    return form_page(
        form, save, "inventory/kit_form.html", lambda k: url_for("inventory.kit_page", record_id=k.id), kit=row
    )


@blueprint.get("/kit-lines/<int:record_id>")
@needs(VIEW)
def kit_line_page(record_id: int):
    """A line of a kit; it is changed on the page of the kit."""
    ctx = current_ctx()
    line = queries.get_line(ctx, record_id)
    return render_template(
        "inventory/kit_line.html", line=line, kit=line.kit, mark=line_mark(line), panels=panels_of(ctx, line)
    )


@blueprint.post("/kits/<int:record_id>/lines")
@needs(EDIT)
def kit_line_save(record_id: int):
    """So many of a kind belong to it."""
    ctx = current_ctx()
    queries.get_kit(ctx, record_id)
    form = _line_form(ctx, KitLineForm(formdata=request.form))
    return carry_out(
        form,
        lambda: services.save_line(ctx, record_id, form.kind_id.data or 0, form.quantity.data or 0, version=form.seen),
        _("Saved"), url_for("inventory.kit_page", record_id=record_id, _anchor="contents"),
        lambda extra, status: _page(ctx, queries.get_kit(ctx, record_id), form, extra, status),
    )  # fmt: skip


@blueprint.post("/kit-lines/<int:record_id>/drop")
@needs(EDIT)
def kit_line_drop(record_id: int):
    """Tools of this kind no longer belong to the kit."""
    ctx = current_ctx()
    line = queries.get_line(ctx, record_id)
    back = url_for("inventory.kit_page", record_id=line.kit_id, _anchor="contents")
    return pressed(lambda: services.drop_line(ctx, record_id), _("Taken out"), back)
