"""Pages of the bills of assemblies: one line, its form. The list is declared."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for

from core.api import Ctx, _, timeline
from core.web_api import current_ctx, first_line, flash_done, form_page, needs, panels_of, timeline_items, typed
from plugins.inventory.contracts import BillLineData
from plugins.inventory.forms.bills import LineForm
from plugins.inventory.lists.bills import EDIT, SEE
from plugins.inventory.models import BillLine
from plugins.inventory.queries import bills as queries
from plugins.inventory.queries import parts as part_queries
from plugins.inventory.services import bills as services
from plugins.inventory.views.blueprint import blueprint
from plugins.inventory.views.catalogue import part_of


@blueprint.get("/bills/<int:record_id>")
@needs(SEE)
def bill_line_page(record_id: int):
    """One line of a bill."""
    ctx = current_ctx()
    row = queries.get_line(ctx, record_id)
    return render_template(
        "inventory/bill_line.html", line=row, may={"edit": ctx.can(EDIT)}, panels=panels_of(ctx, row),
        history=timeline_items(ctx, timeline(ctx, row)),
    )  # fmt: skip


@blueprint.route("/bills/new", methods=["GET", "POST"])
@needs(EDIT)
def bill_line_new():
    """Add a line."""
    ctx = current_ctx()
    return _form(ctx, LineForm(formdata=typed(), version="", assembly=request.args.get("assembly", "")[:60]), None)


@blueprint.route("/bills/<int:record_id>/edit", methods=["GET", "POST"])
@needs(EDIT)
def bill_line_edit(record_id: int):
    """Change a line."""
    ctx = current_ctx()
    row = queries.get_line(ctx, record_id)
    shown = {
        "assembly": row.assembly.code if row.assembly else "", "part": row.part.code,
        "quantity": part_queries.tidy(row.quantity),
        "measure_id": row.measure_id, "since": row.since, "until": row.until, "version": row.version,
    }  # fmt: skip
    return _form(ctx, LineForm(formdata=typed(), **shown), row)


def _form(ctx: Ctx, form: LineForm, row: BillLine | None):
    units = part_queries.measures(ctx, row.measure_id if row else None)
    form.measure_id.choices = first_line(_("the part’s own unit"), units)

    def save() -> BillLine:
        assembly = part_of(ctx, form.assembly.data, "assembly") if (form.assembly.data or "").strip() else None
        data = BillLineData(
            part_of(ctx, form.part.data), form.quantity.data, assembly, form.measure_id.data or None, form.since.data,
            form.until.data, id=row.id if row else None,
        )  # fmt: skip
        return services.save_line(ctx, data, version=form.seen if row else None)

    return form_page(
        form, save, "inventory/bill_line_form.html", lambda r: url_for("inventory.bill_line_page", record_id=r.id),
        line=row, known=part_queries.offered_parts(ctx),
    )  # fmt: skip


@blueprint.post("/bills/<int:record_id>/drop")
@needs(EDIT)
def bill_line_drop(record_id: int):
    """Take a line out of its bill."""
    services.drop_line(current_ctx(), record_id)
    flash_done(_("Taken out"))
    return redirect(url_for("inventory.bill_lines_list"))
